package api

import (
	"net/http"
	"strings"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/validate"
)

// validate is http://hl7.org/fhir/R4/resource-operation-validate.html: of the
// resource that is sent, bare or in Parameters, or of the stored one. Only the
// base definitions of R4 are known: a profile is refused, not passed over.
func (c *call) validate() (*answer, error) {
	if err := c.only("mode", "profile"); err != nil {
		return nil, err
	}
	mode, profile := c.query.Get("mode"), c.query.Get("profile")
	var res fhir.Node
	if c.method == http.MethodPost {
		d, err := c.doc()
		if err != nil {
			return nil, err
		}
		if res = d.Root(); res.ResourceType() == "Parameters" && c.typ != "Parameters" {
			params := res
			res = fhir.Node{}
			for p := range params.Get("parameter").Items() {
				switch p.Get("name").Str() {
				case "resource":
					res = p.Get("resource")
				case "mode":
					mode = p.Get("valueCode").Str()
				case "profile":
					profile = p.Get("valueUri").Str() + p.Get("valueCanonical").Str()
				}
			}
		}
	}
	if base := "http://hl7.org/fhir/StructureDefinition/" + c.typ; profile != "" && profile != base {
		return nil, &refusal{http.StatusBadRequest, "not-supported", "no profile is known here but the base definitions of FHIR R4"}
	}
	switch mode {
	case "", "create", "update", "delete":
	default:
		return nil, &refusal{http.StatusBadRequest, "not-supported", "mode is create, update or delete"}
	}
	if mode == "delete" || !res.Exists() {
		if c.id == "" {
			return nil, &refusal{http.StatusBadRequest, "required", "there is no resource to validate"}
		}
		stored, err := c.s.Read(c.ctx, c.typ, c.id)
		if err != nil {
			return nil, err
		}
		if mode == "delete" {
			return &answer{status: http.StatusOK, body: information("the resource may be deleted")}, nil
		}
		res = stored.Node()
	}
	if err := c.fits(res); err != nil {
		return nil, err
	}
	var issues []record.Issue
	if id := res.ID(); mode == "update" && c.id != "" && id != c.id {
		issues = append(issues, record.Issue{Severity: "error", Code: "invalid", Path: c.typ + ".id", Text: "the resource's id must be the id in the URL"})
	}
	for _, i := range validate.Resource(res, validate.Options{}) {
		issues = append(issues, record.Issue{Severity: string(i.Severity), Code: string(i.Code), Path: i.Path, Text: i.Text})
	}
	if profiles := res.Get("meta").Get("profile"); profiles.Len() > 0 {
		var names []string
		for p := range profiles.Items() {
			names = append(names, word(p.Str()))
		}
		issues = append(issues, record.Issue{Severity: "warning", Code: "not-supported", Path: c.typ + ".meta.profile",
			Text: "not checked against " + strings.Join(names[:min(len(names), 5)], ", ") + ": only the base definitions of FHIR R4 are known here"})
	}
	if len(issues) == 0 {
		return &answer{status: http.StatusOK, body: information("the resource is valid by the base definitions of FHIR R4")}, nil
	}
	return &answer{status: http.StatusOK, body: outcome(issues)}, nil
}

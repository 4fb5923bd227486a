package api

import (
	"net/http"
	"net/url"
	"strings"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
)

// search is http://hl7.org/fhir/R4/http.html#search: of a type, of all types,
// or in a compartment; by GET, or by POST with a form.
func (c *call) search() (*answer, error) {
	if c.method == http.MethodPost {
		if err := c.formQuery(); err != nil {
			return nil, err
		}
	}
	typ, address := c.typ, c.base
	if c.member != "" {
		typ = c.member
		address += "/" + c.typ + "/" + c.id
	}
	if typ != "" {
		address += "/" + typ
	}
	q, err := search.Parse(typ, c.query, search.Options{Lenient: c.wants.lenient, DefaultCount: defaultCount, MaxCount: maxCount, Base: c.base, Now: c.api.Now()})
	if err != nil {
		return nil, err
	}
	if c.member != "" {
		if err := c.compartment(q); err != nil {
			return nil, err
		}
	}
	var remarks []record.Issue
	for _, name := range q.Ignored {
		remarks = append(remarks, record.Issue{Severity: "warning", Code: "not-supported", Text: "the search parameter " + word(name) + " is not known and was passed over"})
	}
	if c.lens == access.EHR && q.Patient != nil && q.After == "" {
		more, err := c.gather(q.Patient.ID)
		if err != nil {
			return nil, err
		}
		remarks = append(remarks, more...)
	}
	page, err := c.s.Search(c.ctx, q)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"_format", "_pretty"} {
		if v := c.query[name]; v != nil {
			q.Understood[name] = v
		}
	}
	c.wants.elements = q.Elements
	return c.searchset(page, link(address, q.Understood), following(address, q.Understood, page.Next), remarks)
}

// searchset writes a page (http://hl7.org/fhir/R4/bundle.html#searchset).
func (c *call) searchset(page *record.Page, self, next string, remarks []record.Issue) (*answer, error) {
	b := newBundle("searchset", c.api.Now(), page.Total, self, next)
	for _, res := range page.Matches {
		body, err := c.wants.part(res.Body)
		if err != nil {
			return nil, err
		}
		res.Body = body
		b.found(c.base, res, "match")
	}
	for _, res := range page.Included {
		body, err := wants{summary: c.wants.summary}.part(res.Body)
		if err != nil {
			return nil, err
		}
		res.Body = body
		b.found(c.base, res, "include")
	}
	for _, gap := range page.Missing {
		remarks = append(remarks, record.Issue{Severity: "warning", Code: "incomplete", Text: gap.Site.Name + ": " + gap.Why})
	}
	b.remark(remarks)
	return b.close(http.StatusOK), nil
}

// formQuery adds a form's parameters to those of the URL.
func (c *call) formQuery() error {
	c.asks = true
	data, err := c.bytes(1 << 20)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return nil
	}
	if !c.form && data[0] == '{' {
		return &refusal{http.StatusUnsupportedMediaType, "not-supported", "the body of _search is a form (application/x-www-form-urlencoded)"}
	}
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return &refusal{http.StatusBadRequest, "invalid", "the form is not well formed"}
	}
	all := url.Values{}
	for _, from := range []url.Values{c.query, form} {
		for name, values := range from {
			all[name] = append(all[name], values...)
		}
	}
	c.query = all
	if c.wants, err = readWants(c.query, c.head); err != nil {
		return err
	}
	return nil
}

// compartment narrows a search to one compartment
// (http://hl7.org/fhir/R4/compartmentdefinition.html).
func (c *call) compartment(q *search.Query) error {
	codes := fhir.CompartmentParams(c.typ, c.member)
	me := url.Values{}
	any := search.Cond{}
	for _, code := range codes {
		if code == "{def}" {
			continue
		}
		clear(me)
		me.Set(code, c.typ+"/"+c.id)
		one, err := search.Parse(c.member, me, search.Options{})
		if err != nil || len(one.Where) == 0 {
			continue
		}
		any.Any = append(any.Any, one.Where...)
		if len(codes) == 1 || c.lens == access.EHR && c.typ == "Patient" {
			if q.Patient == nil && one.Patient != nil {
				q.Patient = one.Patient
			}
		}
	}
	if len(any.Any) == 0 {
		return &refusal{http.StatusNotFound, "not-supported", "FHIR R4 has no " + c.member + " in the compartment of a " + c.typ}
	}
	if c.lens == access.EHR && c.typ == "Patient" && q.Patient == nil {
		q.Patient = &search.Ref{Type: "Patient", ID: c.id}
	}
	if len(any.Any) == 1 {
		any = any.Any[0]
	}
	q.Where = append(q.Where, any)
	return nil
}

// gather asks other sites about a patient, so that the whole record is as whole
// as it can be, and says of each that did not answer what is missing.
func (c *call) gather(patient string) ([]record.Issue, error) {
	if c.api.Exchange == nil {
		return nil, nil
	}
	answers, err := c.api.Exchange.Open(c.ctx, c.s, patient)
	if err != nil {
		if status, _, _ := verdict(err); status < http.StatusInternalServerError {
			return nil, err
		}
		c.api.Log.Error("other sites could not be asked", "site", c.site.Slug, "err", err)
		return []record.Issue{{Severity: "warning", Code: "incomplete", Text: "other sites could not be asked; what they told earlier is here"}}, nil
	}
	var out []record.Issue
	for _, a := range answers {
		if a.State == "answered" || a.State == "unknown" {
			continue
		}
		text := "site " + a.Site + " is not in this answer: " + a.State
		if a.Why != "" {
			text += ", " + a.Why
		}
		if a.State == "unreachable" && !a.When.IsZero() {
			text = "site " + a.Site + " was not reached; its facts are as of " + a.When.UTC().Format(instant)
		}
		out = append(out, record.Issue{Severity: "warning", Code: "incomplete", Text: text})
	}
	return out, nil
}

func splitList(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

package api

import (
	"encoding/json"
	"net/http"
	"slices"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/search"
)

// capabilities is http://hl7.org/fhir/R4/http.html#capabilities: made from the
// routes, the resource types and the search parameters that are really there,
// once an endpoint.
func (c *call) capabilities() (*answer, error) {
	if err := c.only("mode"); err != nil {
		return nil, err
	}
	if m := c.query.Get("mode"); m != "" && m != "full" {
		return nil, &refusal{http.StatusBadRequest, "not-supported", "the only mode is full"}
	}
	body, ok := c.api.said.Load(c.base)
	if !ok {
		made, err := json.Marshal(c.statement())
		if err != nil {
			return nil, err
		}
		n := 0
		c.api.said.Range(func(any, any) bool { n++; return true })
		if n > 64 { // one an endpoint; a Host header that changes must not fill memory
			c.api.said.Clear()
		}
		c.api.said.Store(c.base, made)
		body = made
	}
	part, err := c.wants.part(body.([]byte))
	return &answer{status: http.StatusOK, body: part}, err
}

type object = map[string]any

func (c *call) statement() object {
	what := "the chart of one site (EMR)"
	if c.lens == access.EHR {
		what = "the whole record across sites (EHR), read only"
	}
	system := []object{}
	add := func(code string, there bool) {
		if there {
			system = append(system, object{"code": code})
		}
	}
	emr := c.lens == access.EMR
	add("transaction", emr && routed("POST", ""))
	add("batch", emr && routed("POST", ""))
	add("search-system", routed("GET", ""))
	add("history-system", emr && routed("GET", "_history"))
	resources := []object{}
	incoming := map[string][]string{}
	for _, t := range fhir.ResourceTypes() {
		for _, p := range search.Params(t) {
			if p.Type == "reference" {
				for _, to := range p.Targets {
					incoming[to] = append(incoming[to], t+":"+p.Code)
				}
			}
		}
	}
	for _, t := range fhir.ResourceTypes() {
		resources = append(resources, c.resourceStatement(t, incoming[t]))
	}
	return object{
		"resourceType": "CapabilityStatement",
		"status":       "active",
		"date":         c.api.Now().UTC().Format("2006-01-02T15:04:05Z"),
		"kind":         "instance",
		"fhirVersion":  "4.0.1",
		"format":       []string{"application/fhir+json", "json"},
		"software":     object{"name": "Wholechart"},
		"implementation": object{
			"description": c.site.Name + ": " + what,
			"url":         c.base,
		},
		"rest": []object{{
			"mode": "server",
			"security": object{
				"cors": false,
				"service": []object{{"coding": []object{{"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "OAuth"}},
					"text": "Bearer tokens (RFC 6750) by client credentials (RFC 6749 section 4.4)"}},
			},
			"resource":    resources,
			"interaction": system,
			"searchParam": common(),
			"operation":   []object{{"name": "immds-forecast", "definition": immdsOperation}},
		}},
	}
}

// common are the parameters of every resource type.
func common() (out []object) {
	for _, p := range search.Params("Basic") {
		if p.Code[0] == '_' {
			out = append(out, object{"name": p.Code, "definition": p.URL, "type": p.Type})
		}
	}
	return out
}

func (c *call) resourceStatement(t string, incoming []string) object {
	var interactions, params, operations []object
	emr := c.lens == access.EMR
	for _, i := range []struct {
		code, method, path string
		there              bool
	}{
		{"read", "GET", "{type}/{id}", true},
		{"vread", "GET", "{type}/{id}/_history/{version}", true},
		{"update", "PUT", "{type}/{id}", emr},
		{"delete", "DELETE", "{type}/{id}", emr},
		{"history-instance", "GET", "{type}/{id}/_history", emr},
		{"history-type", "GET", "{type}/_history", emr},
		{"create", "POST", "{type}", emr},
		{"search-type", "GET", "{type}", true},
	} {
		if i.there && routed(i.method, i.path) {
			interactions = append(interactions, object{"code": i.code})
		}
	}
	includes := []string{"*", t + ":*"}
	for _, p := range search.Params(t) {
		if p.Code[0] != '_' {
			params = append(params, object{"name": p.Code, "definition": p.URL, "type": p.Type})
		}
		if p.Type == "reference" {
			includes = append(includes, t+":"+p.Code)
		}
	}
	operation := func(name, url string) { operations = append(operations, object{"name": name, "definition": url}) }
	operation("validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate")
	if t == "Patient" {
		operation("everything", "http://hl7.org/fhir/OperationDefinition/Patient-everything")
		operation("immds-forecast", immdsOperation)
		if c.api.Exchange != nil && emr {
			operation("match", "http://hl7.org/fhir/OperationDefinition/Patient-match")
			operation("changes", "https://wholechart.example/OperationDefinition/Patient-changes")
		}
	}
	out := object{
		"type":             t,
		"profile":          "http://hl7.org/fhir/StructureDefinition/" + t,
		"interaction":      interactions,
		"versioning":       "versioned",
		"conditionalRead":  "full-support",
		"searchInclude":    includes,
		"searchRevInclude": slices.Compact(slices.Sorted(slices.Values(incoming))),
		"searchParam":      params,
		"operation":        operations,
	}
	if emr {
		out["readHistory"] = true
		out["updateCreate"] = true
		out["conditionalCreate"] = true
		out["conditionalUpdate"] = true
		out["conditionalDelete"] = "single"
		out["referencePolicy"] = []string{"literal", "logical", "enforced", "local"}
	}
	for name, v := range out { // an element must not be empty
		switch list := v.(type) {
		case []object:
			if len(list) == 0 {
				delete(out, name)
			}
		case []string:
			if len(list) == 0 {
				delete(out, name)
			}
		}
	}
	return out
}

// routed says whether the table of contents has an interaction.
func routed(method, path string) bool {
	return slices.ContainsFunc(routes, func(r route) bool { return r.method == method && r.path == path })
}

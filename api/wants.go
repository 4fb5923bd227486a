package api

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// wants is what the asker wants of the answer's form
// (http://hl7.org/fhir/R4/http.html#general).
type wants struct {
	pretty   bool
	summary  string   // "", true, text, data; count and false are of searches
	elements []string // top-level elements
	give     string   // Prefer: return=minimal, representation, OperationOutcome
	lenient  bool     // Prefer: handling=lenient
}

// readWants reads Accept, Prefer, _format, _pretty, _summary and _elements.
func readWants(q url.Values, h http.Header) (w wants, err error) {
	if err := acceptable(q, h); err != nil {
		return w, err
	}
	switch q.Get("_pretty") {
	case "true":
		w.pretty = true
	case "", "false":
	default:
		return w, &refusal{http.StatusBadRequest, "invalid", "_pretty is true or false"}
	}
	switch s := q.Get("_summary"); s {
	case "true", "text", "data":
		w.summary = s
	case "", "false", "count":
	default:
		return w, &refusal{http.StatusBadRequest, "invalid", "_summary is true, text, data, count or false"}
	}
	for _, list := range q["_elements"] {
		for _, name := range strings.Split(list, ",") {
			if name = strings.TrimSpace(name); name != "" && len(w.elements) < 100 {
				w.elements = append(w.elements, name)
			}
		}
	}
	for _, line := range h.Values("Prefer") {
		for _, p := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' }) {
			name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
			value = strings.Trim(value, `"`)
			switch strings.ToLower(name) {
			case "return":
				w.give = value
			case "handling":
				w.lenient = value == "lenient"
			}
		}
	}
	return w, nil
}

// isJSON says whether a media type, or a word of _format, means FHIR JSON.
func isJSON(mediaType string) bool {
	switch mediaType {
	case "application/fhir+json", "application/json", "text/json", "json", "application/json+fhir", "application/fhir json":
		return true
	}
	return false
}

func acceptable(q url.Values, h http.Header) error {
	refuse := func() error {
		return &refusal{http.StatusNotAcceptable, "not-supported", "answers are FHIR R4 JSON (application/fhir+json); there is no XML or other format"}
	}
	if f := q.Get("_format"); f != "" {
		f, _, _ = strings.Cut(f, ";")
		if !isJSON(strings.ToLower(strings.TrimSpace(f))) {
			return refuse()
		}
		return nil
	}
	accept := h.Values("Accept")
	if len(accept) == 0 {
		return nil
	}
	for _, line := range accept {
		for _, one := range strings.Split(line, ",") {
			t, params, err := mime.ParseMediaType(strings.TrimSpace(one))
			if err != nil && t == "" || params["q"] == "0" || params["q"] == "0.0" {
				continue
			}
			if v := params["fhirversion"]; v != "" && v != "4.0" {
				continue
			}
			if isJSON(t) || t == "*/*" || t == "application/*" {
				return nil
			}
		}
	}
	return refuse()
}

// mediaType refuses a body that is not JSON, or, of a search, a form.
func (c *call) mediaType(r *http.Request) error {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return &refusal{http.StatusUnsupportedMediaType, "not-supported", "a body must not be compressed"}
	}
	given := r.Header.Get("Content-Type")
	if given == "" {
		return nil
	}
	t, params, err := mime.ParseMediaType(given)
	switch {
	case err != nil:
	case params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8"):
		return &refusal{http.StatusUnsupportedMediaType, "not-supported", "a body must be UTF-8"}
	case params["fhirversion"] != "" && params["fhirversion"] != "4.0":
	case isJSON(t):
		return nil
	case t == "application/x-www-form-urlencoded" && strings.HasSuffix(r.URL.Path, "/_search"):
		c.form = true
		return nil
	}
	return &refusal{http.StatusUnsupportedMediaType, "not-supported", "a body is FHIR R4 JSON (application/fhir+json), and of _search a form"}
}

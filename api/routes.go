package api

import (
	"net/http"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/fhir"
)

// route is one interaction of an endpoint. A segment of path is a word, or
// {type} (a resource type of R4), {id} or {version} (a FHIR id).
type route struct {
	method string
	path   string
	does   func(*call) (*answer, error)
	is     kind
}

// kind says what sort of interaction a route is.
type kind uint8

const (
	open  kind = 1 << iota // needs no token
	write                  // of the chart only
	peer                   // only with an Exchange
)

// routes are all interactions of the two endpoints, the more particular first
// (http://hl7.org/fhir/R4/http.html#summary).
var routes []route

// init fills the table: an interaction that reads it (metadata) makes a cycle otherwise.
func init() {
	routes = []route{
		{"GET", "metadata", (*call).capabilities, open},
		{"GET", ".well-known/smart-configuration", (*call).smart, open},

		{"GET", "", (*call).search, 0},
		{"POST", "", (*call).bundle, write},
		{"POST", "_search", (*call).search, 0},
		{"GET", "_history", (*call).history, 0},

		{"POST", "Patient/$match", (*call).match, peer},
		{"GET", "Patient/{id}/$changes", (*call).changes, peer},
		{"GET", "Patient/{id}/$everything", (*call).everything, 0},
		{"POST", "Patient/{id}/$everything", (*call).everything, 0},
		{"POST", "$immds-forecast", (*call).forecast, 0},
		{"GET", "Patient/{id}/$immds-forecast", (*call).forecastStored, 0},
		{"POST", "Patient/{id}/$immds-forecast", (*call).forecastStored, 0},
		{"POST", "{type}/$validate", (*call).validate, 0},
		{"POST", "{type}/{id}/$validate", (*call).validate, 0},
		{"GET", "{type}/{id}/$validate", (*call).validate, 0},

		{"GET", "{type}/_history", (*call).history, 0},
		{"GET", "{type}/{id}/_history", (*call).history, 0},
		{"GET", "{type}/{id}/_history/{version}", (*call).vread, 0},

		{"POST", "{type}/_search", (*call).search, 0},
		{"POST", "{type}/{id}/{member}/_search", (*call).search, 0},
		{"GET", "{type}/{id}/{member}", (*call).search, 0},

		{"GET", "{type}", (*call).search, 0},
		{"POST", "{type}", (*call).create, write},
		{"PUT", "{type}", (*call).update, write},
		{"DELETE", "{type}", (*call).delete, write},

		{"GET", "{type}/{id}", (*call).read, 0},
		{"PUT", "{type}/{id}", (*call).update, write},
		{"DELETE", "{type}/{id}", (*call).delete, write},
	}
	for i := range routes {
		segments = append(segments, split(routes[i].path))
	}
}

// segments are the routes' paths, cut.
var segments [][]string

func split(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// find is the route of a request, with what its path names put in the call.
// The refusal says what is wrong with a path that leads nowhere.
func (c *call) find(path string) (*route, error) {
	parts := split(strings.Trim(path, "/"))
	method := c.method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allow []string
	for i := range routes {
		r := &routes[i]
		if !matches(segments[i], parts) || r.is&peer != 0 && c.api.Exchange == nil {
			continue
		}
		if r.is&write != 0 && c.lens == access.EHR {
			continue
		}
		if r.method != method {
			if !slices.Contains(allow, r.method) {
				allow = append(allow, r.method)
			}
			continue
		}
		c.take(segments[i], parts)
		return r, nil
	}
	if len(allow) > 0 {
		c.allow = strings.Join(allow, ", ")
		text := "this address does not take " + method + "; it takes " + c.allow
		switch {
		case method == http.MethodPatch:
			text = "PATCH is not built: send the whole resource with PUT and If-Match"
		case c.lens == access.EHR:
			text = "the whole record is read only: write to the chart, at emr/fhir"
		}
		return nil, &refusal{http.StatusMethodNotAllowed, "not-supported", text}
	}
	return nil, astray(c, parts)
}

// astray says why a path is none.
func astray(c *call, parts []string) error {
	if c.lens == access.EHR && c.method != http.MethodGet && c.method != http.MethodHead {
		c.allow = "GET"
		return &refusal{http.StatusMethodNotAllowed, "not-supported", "the whole record is read only: write to the chart, at emr/fhir"}
	}
	if len(parts) > 0 && !fhir.IsResourceType(parts[0]) && !strings.HasPrefix(parts[0], "$") && !strings.HasPrefix(parts[0], "_") {
		return &refusal{http.StatusNotFound, "not-supported", "this is not a resource type of FHIR R4"}
	}
	if strings.HasPrefix(last(parts), "$") {
		return &refusal{http.StatusNotFound, "not-supported", "there is no such operation here"}
	}
	if len(parts) > 1 && !validID(parts[1]) && !strings.HasPrefix(parts[1], "_") {
		return &refusal{http.StatusNotFound, "not-found", "this cannot be the id of a resource"}
	}
	return &refusal{http.StatusNotFound, "not-found", "there is nothing at this address"}
}

func matches(want, have []string) bool {
	if len(want) != len(have) {
		return false
	}
	for i, w := range want {
		switch w {
		case "{type}", "{member}":
			if !fhir.IsResourceType(have[i]) {
				return false
			}
		case "{id}", "{version}":
			if !validID(have[i]) {
				return false
			}
		default:
			if w != have[i] {
				return false
			}
		}
	}
	return true
}

func (c *call) take(want, have []string) {
	for i, w := range want {
		switch w {
		case "{type}":
			c.typ = have[i]
		case "{member}":
			c.member = have[i]
		case "{id}":
			c.id = have[i]
		case "{version}":
			c.version = have[i]
		case "Patient":
			c.typ = "Patient"
		}
	}
}

func last(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return parts[len(parts)-1]
}

// validID holds http://hl7.org/fhir/R4/datatypes.html#id.
func validID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}

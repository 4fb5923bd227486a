package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
)

// maxPatients bounds the patients that sampling looks at; it chooses evenly among them.
const maxPatients = 512

// benchSystem is the identifier system of the patients that the driver itself writes; sampling leaves them out.
const benchSystem = "http://example.org/wholechart-bench"

// A sample is what the driver knows of a server's data, learnt by asking it.
type sample struct {
	patients []sampled
	names    map[string][]string // family and given names of every patient seen, by id
	ids      []string            // Type/id of resources to read
	codes    []string            // system|code of Observations
}

type sampled struct {
	id         string
	family     string
	identifier string // system|value
	laboratory bool   // has Observations of category laboratory
	encounters bool   // … that refer to an encounter
}

// resource is the part of a FHIR resource that the driver looks at.
type resource struct {
	ResourceType string
	ID           string
	Name         []struct {
		Family string
		Given  []string
		Text   string
	}
	Identifier []struct{ System, Value string }
	Code       concept
	Category   []concept
	Subject    struct{ Reference string }
	Encounter  *struct{ Reference string }

	EffectiveDateTime string
	EffectiveInstant  string
	EffectivePeriod   struct{ Start string }
}

type concept struct {
	Coding []struct{ System, Code string }
}

func (c concept) has(token string) bool {
	system, code, both := strings.Cut(token, "|")
	if !both {
		system, code = "", token
	}
	return slices.ContainsFunc(c.Coding, func(x struct{ System, Code string }) bool {
		return x.Code == code && (!both || x.System == system)
	})
}

// fetch reads one page of a search into resources and returns the link to the next.
func (c *caller) fetch(ctx context.Context, u *url.URL) ([]resource, string, error) {
	if _, err := c.get(ctx, u); err != nil {
		return nil, "", err
	}
	var list []resource
	for _, e := range c.seen.entries {
		if len(e.resource) == 0 || string(e.typ) == "OperationOutcome" {
			continue
		}
		var r resource
		if err := json.Unmarshal(e.resource, &r); err != nil {
			return nil, "", errors.New("a resource of the answer is not FHIR JSON")
		}
		list = append(list, r)
	}
	return list, c.seen.next, nil
}

// query is path?pairs below the base, escaped.
func (s *server) query(path string, pairs ...string) *url.URL {
	values := make([]string, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		values = append(values, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	u := *s.base
	u.Path, u.RawPath = u.Path+"/"+path, ""
	u.RawQuery = strings.Join(values, "&")
	return &u
}

// searchEscaper escapes a value for a search parameter: R4 Search 3.1.1.4.1.3, Escaping Search Parameters.
var searchEscaper = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `$`, `\$`, `|`, `\|`)

func newCaller(s *server) *caller { return &caller{server: s, rng: rand.New(rand.NewPCG(1, 1))} }

// learn samples n patients evenly among the first maxPatients, and the Observations of each.
func learn(ctx context.Context, s *server, n int) (*sample, error) {
	c := newCaller(s)
	var all []resource
	next := s.query("Patient", "_count", "200")
	for len(all) < maxPatients && next != nil {
		page, link, err := c.fetch(ctx, next)
		if err != nil {
			return nil, fmt.Errorf("searching patients: %w", err)
		}
		all = append(all, slices.DeleteFunc(page, func(r resource) bool { return r.ResourceType != "Patient" || r.own() })...)
		if next = nil; link != "" && len(page) > 0 {
			if next, err = s.follow(link); err != nil {
				return nil, err
			}
		}
	}
	if len(all) > maxPatients {
		all = all[:maxPatients]
	}
	return gather(ctx, c, all, n)
}

// learnAlike samples the patients of first on another server, found by their identifiers.
func learnAlike(ctx context.Context, s *server, first *sample) (*sample, error) {
	c := newCaller(s)
	var all []resource
	for _, p := range first.patients {
		if p.identifier == "" {
			continue
		}
		page, _, err := c.fetch(ctx, s.query("Patient", "identifier", p.identifier))
		if err != nil {
			return nil, fmt.Errorf("a patient by identifier: %w", err)
		}
		if len(page) > 0 {
			all = append(all, page[0])
		}
	}
	return gather(ctx, c, all, len(all))
}

func gather(ctx context.Context, c *caller, all []resource, n int) (*sample, error) {
	out := &sample{names: map[string][]string{}}
	for _, r := range all {
		out.names[r.ID] = r.allNames()
		out.ids = append(out.ids, "Patient/"+r.ID)
	}
	n = min(n, len(all))
	codes := map[string]bool{}
	for i := range n {
		r := all[i*len(all)/n]
		p := sampled{id: r.ID}
		if len(r.Name) > 0 {
			p.family = r.Name[0].Family
		}
		for _, x := range r.Identifier {
			if x.System != "" && x.Value != "" {
				p.identifier = searchEscaper.Replace(x.System) + "|" + searchEscaper.Replace(x.Value)
				break
			}
		}
		for _, also := range [][]string{nil, {"category", "laboratory"}} {
			page, _, err := c.fetch(ctx, c.query("Observation", append([]string{"patient", r.ID, "_count", "50"}, also...)...))
			if err != nil {
				return nil, fmt.Errorf("observations of a patient: %w", err)
			}
			for _, o := range page {
				if o.ResourceType != "Observation" {
					continue
				}
				if also != nil {
					p.laboratory = true
					p.encounters = p.encounters || o.Encounter != nil
					continue
				}
				out.ids = append(out.ids, "Observation/"+o.ID)
				if len(o.Code.Coding) > 0 && o.Code.Coding[0].Code != "" {
					codes[o.Code.Coding[0].System+"|"+o.Code.Coding[0].Code] = true
				}
			}
		}
		out.patients = append(out.patients, p)
	}
	out.codes = sortedKeys(codes)
	return out, nil
}

// own tells whether the driver wrote this patient.
func (r resource) own() bool {
	return slices.ContainsFunc(r.Identifier, func(x struct{ System, Value string }) bool { return x.System == benchSystem })
}

func (r resource) allNames() []string {
	var list []string
	for _, n := range r.Name {
		list = append(append(list, n.Family, n.Text), n.Given...)
	}
	return list
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

package bench

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// searchset checks what every answer to a search must be: a searchset with at least one match, matches of the type
// that was asked for, no error outcome.
func (c *caller) searchset(typ string) error {
	if string(c.seen.typ) != "Bundle" || string(c.seen.bundle) != "searchset" {
		return errors.New("answer is not a searchset")
	}
	n := 0
	for _, e := range c.seen.entries {
		switch mode := string(e.mode); {
		case mode == "outcome" || string(e.typ) == "OperationOutcome":
		case mode == "include":
		case string(e.typ) != typ:
			return errors.New("a match is of another type")
		default:
			n++
		}
	}
	if n == 0 {
		return errors.New("nothing was found where something is known to be")
	}
	return nil
}

// deepJSON proves one answer of deepEvery valid JSON in full.
func (c *caller) deepJSON() error {
	if c.n%deepEvery == 0 && !json.Valid(c.buf.Bytes()) {
		return errNotJSON
	}
	return nil
}

// matches decodes the matches of the last answer.
func (c *caller) matches() ([]resource, error) {
	if err := c.deepJSON(); err != nil {
		return nil, err
	}
	var list []resource
	for _, e := range c.seen.entries {
		if mode := string(e.mode); mode == "outcome" || mode == "include" || string(e.typ) == "OperationOutcome" {
			continue
		}
		var r resource
		if err := json.Unmarshal(e.resource, &r); err != nil {
			return nil, errors.New("a resource of the answer is not FHIR JSON")
		}
		list = append(list, r)
	}
	return list, nil
}

func eachHas(list []resource, code string) error {
	for _, r := range list {
		if !r.Code.has(code) {
			return errors.New("a match has another code")
		}
	}
	return nil
}

func eachNamed(list []resource, family string) error {
	for _, r := range list {
		if !begins(r.allNames(), family) {
			return errors.New("a match has another name")
		}
	}
	return nil
}

// begins tells whether one of names begins with the name, case aside (R4 Search 3.1.1.4.8, string). Outside ASCII the
// server may fold accents, so no verdict is given there.
func begins(names []string, name string) bool {
	if strings.ContainsFunc(name, func(r rune) bool { return r > 127 }) {
		return true
	}
	return slices.ContainsFunc(names, func(n string) bool {
		return len(n) >= len(name) && strings.EqualFold(n[:len(name)], name) || strings.ContainsFunc(n, func(r rune) bool { return r > 127 })
	})
}

func eachIdentified(list []resource, identifier string) error {
	for _, r := range list {
		if !slices.ContainsFunc(r.Identifier, func(x struct{ System, Value string }) bool {
			return searchEscaper.Replace(x.System)+"|"+searchEscaper.Replace(x.Value) == identifier
		}) {
			return errors.New("a match has another identifier")
		}
	}
	return nil
}

// eachOfNamed checks the subjects that are among the known patients; of others it knows no name.
func eachOfNamed(list []resource, names map[string][]string, name string) error {
	for _, r := range list {
		if known, ok := names[lastSegment(r.Subject.Reference)]; ok && !begins(known, name) {
			return errors.New("a match is of a patient with another name")
		}
	}
	return nil
}

func lastSegment(reference string) string { return reference[strings.LastIndexByte(reference, '/')+1:] }

// latestFirst checks subject, category and order. Dates that are not to the second are left out of the order, because
// a server may sort them by either end of the range they stand for.
func latestFirst(list []resource, patient string) error {
	var last time.Time
	for _, r := range list {
		if lastSegment(r.Subject.Reference) != patient {
			return errors.New("a match is of another patient")
		}
		if !slices.ContainsFunc(r.Category, func(c concept) bool { return c.has("laboratory") }) {
			return errors.New("a match is of another category")
		}
		at, err := time.Parse(time.RFC3339, r.EffectiveDateTime+r.EffectiveInstant)
		if err != nil {
			continue
		}
		if !last.IsZero() && at.After(last) {
			return errors.New("matches are not sorted by date")
		}
		last = at
	}
	return nil
}

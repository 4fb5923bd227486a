package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"wholechart/fhir"
	"wholechart/record"
)

// transaction does every change of a bundle or none of them, then answers its
// reads (http://hl7.org/fhir/R4/http.html#trules). An error says which entry it
// is about. A read that finds nothing, once the changes are made, undoes none.
func (c *call) transaction(b fhir.Node) (*answer, error) {
	list, errs, err := c.entries(b)
	if err != nil {
		return nil, err
	}
	for i, err := range errs {
		if err != nil {
			return nil, &inEntry{i, err}
		}
	}
	acts := make([]record.Act, 0, len(list))
	from := make([]int, 0, len(list)) // entry of each act
	names := make(map[string]bool, len(list))
	for i, e := range list {
		act, ok, err := e.act()
		if err != nil {
			return nil, &inEntry{i, err}
		}
		if !ok {
			continue
		}
		if act.FullURL != "" && names[act.FullURL] {
			return nil, &inEntry{i, &refusal{http.StatusBadRequest, "duplicate", "two entries have the same fullUrl"}}
		}
		names[act.FullURL] = true
		acts, from = append(acts, act), append(from, i)
	}
	done, err := c.s.Transact(c.ctx, acts)
	if err != nil {
		return nil, inBundle(err, acts, from)
	}
	answers := make([]*answer, len(list))
	for i, o := range done {
		if answers[from[i]], err = list[from[i]].done(o); err != nil {
			return nil, err
		}
	}
	out := newBundle("transaction-response", c.api.Now(), -1, "", "")
	for i, e := range list {
		if answers[i] == nil {
			answers[i] = c.alone(e, nil)
		}
		out.answered(c, e, answers[i])
	}
	return out.close(http.StatusOK), nil
}

// inBundle says an error about an act in the words of the bundle's entries.
func inBundle(err error, acts []record.Act, from []int) error {
	var broken *record.BrokenReference
	if errors.As(err, &broken) { // the store finds it when all is written
		for i, a := range acts {
			if !a.Resource.Exists() {
				continue
			}
			for ref := range fhir.References(a.Resource) {
				if ref.Is(broken.Type + "/" + broken.ID) {
					return &inEntry{from[i], err}
				}
			}
		}
	}
	var bad *record.Invalid
	if errors.As(err, &bad) {
		out := &record.Invalid{Issues: make([]record.Issue, len(bad.Issues))}
		for i, issue := range bad.Issues {
			issue.Path = entryPath(issue.Path, from)
			out.Issues[i] = issue
		}
		return out
	}
	var one *record.EntryError
	if errors.As(err, &one) && one.Entry < len(from) {
		return &inEntry{from[one.Entry], one.Err}
	}
	return err
}

// entryPath moves Bundle.entry[act] to the entry that the act came from.
func entryPath(path string, from []int) string {
	rest, ok := strings.CutPrefix(path, "Bundle.entry[")
	if !ok {
		if len(from) != 1 {
			return path
		}
		return strings.TrimSuffix(fmt.Sprintf("Bundle.entry[%d].resource.%s", from[0], path), ".")
	}
	number, rest, _ := strings.Cut(rest, "]")
	n, err := strconv.Atoi(number)
	if err != nil || n >= len(from) {
		return path
	}
	return fmt.Sprintf("Bundle.entry[%d]%s", from[n], rest)
}

package exchange

import (
	"context"
	"errors"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/identity"
	"wholechart/record"
)

// located is which other sites of a peer's node may know the person.
type located struct{ sites []string }

// ask asks one peer: who there is the person, and what changed in that record.
func (o *opening) ask(ctx context.Context, s source, who identity.Demographics, locate bool) (*located, record.Answer) {
	at, a, err := o.asked(ctx, s, who, locate)
	if err == nil {
		return at, a
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{state: Unreachable, why: "what it answered could not be kept here"}
	}
	since := f.since
	if before := o.before[s.Slug]; f.state == Unreachable && before.State == Unreachable && !before.Since.IsZero() {
		since = before.Since
	} else if f.state == Unreachable && since.IsZero() {
		since = o.x.opt.Now().UTC()
	}
	return nil, o.failed(s, f.state, f.why, since)
}

func (o *opening) asked(ctx context.Context, s source, who identity.Demographics, locate bool) (*located, record.Answer, error) {
	// A whole first chart may take several requests.
	ctx, cancel := context.WithTimeout(ctx, 5*o.x.opt.Timeout)
	defer cancel()
	c := &conversation{x: o.x, o: o, s: s}
	before := o.before[s.Slug]
	if before.Cursor != "" && !locate && o.links[s.Slug+"/"+before.Patient].State == record.Linked {
		a, err := o.pull(ctx, c, before.Patient, before.Cursor)
		if !denied(err) {
			return nil, a, err
		}
		// The match no longer stands there: consent was withdrawn, the record
		// was merged, or it is long ago. Who is it now?
	}
	if err := o.noteAsking(ctx, s); err != nil {
		return nil, record.Answer{}, err
	}
	confirmed := ""
	for _, l := range o.links {
		if l.Slug == s.Slug && l.State == record.Linked {
			confirmed = l.Patient
		}
	}
	at, matches, err := c.match(ctx, who, confirmed, locate)
	if err != nil {
		return nil, record.Answer{}, err
	}
	a, err := o.choose(ctx, c, who, matches)
	return at, a, err
}

// choose takes from what a peer matched the one who is the person, by this
// node's own comparison: a peer's word alone links nothing.
func (o *opening) choose(ctx context.Context, c *conversation, who identity.Demographics, matches []match) (record.Answer, error) {
	var found []identity.Candidate
	of := map[string]match{}
	for _, m := range matches {
		state := o.links[c.s.Slug+"/"+m.id].State
		if state == record.Apart {
			continue // a person decided that this is somebody else
		}
		score := identity.Compare(who, identity.DemographicsOf(m.doc.Root()))
		switch {
		case state == record.Linked:
			score.Grade, score.Value = identity.Certain, max(score.Value, 0.99)
		case score.Grade == identity.CertainlyNot || identity.Compare(o.own, identity.DemographicsOf(m.doc.Root())).Grade == identity.CertainlyNot:
			continue // whatever others say of her: it contradicts what this site knows
		case score.Grade.Sure() && !m.grade.Sure():
			score.Grade, score.Value = identity.Possible, min(score.Value, 0.949)
		}
		of[m.id] = m
		found = append(found, identity.Candidate{Site: c.s.site, Patient: record.Resource{ID: m.id}, Score: score})
	}
	if len(found) == 0 {
		return o.said(c.s, Unknown, whyUnknown), nil
	}
	for i, f := range found { // a confirmed record outranks what only looks alike
		if o.links[c.s.Slug+"/"+f.Patient.ID].State == record.Linked {
			found = found[i : i+1]
			break
		}
	}
	found = identity.Ambiguous(sorted(found))
	const maxReview = 3
	var review record.Answer
	for i, f := range found[:min(len(found), maxReview)] {
		m := of[f.Patient.ID]
		if o.links[c.s.Slug+"/"+m.id].State != record.Linked {
			// The Patient alone is kept first: until it is linked nothing of it is shown.
			a := o.said(c.s, Review, "a person must confirm that this is the same patient")
			a = withoutCopies(a)
			a.Patient = m.id
			if err := o.keepPatient(ctx, c.s, a, m); err != nil {
				return a, err
			}
			state, err := identity.Link(ctx, o.sys, o.patient, c.s.site, m.id, f.Score)
			if err != nil {
				return a, err
			}
			if state != record.Linked {
				if i == 0 {
					review = a
				}
				continue
			}
		}
		return o.pull(ctx, c, m.id, "")
	}
	return review, nil
}

// keepPatient keeps a matched Patient. What a source tells of who is only
// possible does not replace the whole Patient that another site of this node
// may have from it.
func (o *opening) keepPatient(ctx context.Context, s source, a record.Answer, m match) error {
	if !m.grade.Sure() {
		if _, err := o.x.system(s.Slug, o.purpose).Read(ctx, "Patient", m.id); err == nil {
			return o.sys.SaveAnswer(ctx, o.patient, a)
		}
	}
	return o.sys.Receive(ctx, s.site, o.patient, a, []record.Copy{m.copy()}, false)
}

// sorted puts sure candidates first, then by score and id.
func sorted(found []identity.Candidate) []identity.Candidate {
	for i := range found { // few: at most maxMatches
		for j := i; j > 0 && better(found[j], found[j-1]); j-- {
			found[j], found[j-1] = found[j-1], found[j]
		}
	}
	return found
}

func better(a, b identity.Candidate) bool {
	switch {
	case a.Score.Grade.Sure() != b.Score.Grade.Sure():
		return a.Score.Grade.Sure()
	case a.Score.Value != b.Score.Value:
		return a.Score.Value > b.Score.Value
	}
	return a.Patient.ID < b.Patient.ID
}

// pull fetches what changed in a patient's record at a peer and keeps it. A
// cursor is the terms under which the peer told before, a colon, and the place
// to go on from; with other terms everything is told anew.
func (o *opening) pull(ctx context.Context, c *conversation, patient, cursor string) (record.Answer, error) {
	terms, after, ok := strings.Cut(cursor, ":")
	if !ok {
		terms, after = "", "0"
	}
	var got *changes
	for attempt := 0; ; attempt++ {
		var err error
		if got, err = c.changes(ctx, patient, after); err != nil {
			return record.Answer{}, err
		}
		if after == "0" || got.terms == terms && !got.mixed {
			break
		}
		if attempt == 3 {
			return record.Answer{}, misunderstood
		}
		after = "0"
	}
	if after == "0" && got.mixed {
		return record.Answer{}, misunderstood
	}
	a := o.said(c.s, Answered, "")
	a.When, a.Patient, a.Cursor, a.Withheld = a.Asked, patient, got.terms+":"+got.next, got.withheld
	if len(got.copies) == 0 && after != "0" {
		return a, o.sys.SaveAnswer(ctx, o.patient, a)
	}
	if err := o.sys.Receive(ctx, c.s.site, o.patient, a, got.copies, after == "0"); err != nil {
		return a, err
	}
	said, err := o.sys.Answers(ctx, o.patient)
	for _, kept := range said { // with the number of facts
		if kept.Site == c.s.Slug {
			a = kept
		}
	}
	return a, err
}

// match is one Patient that a peer says may be the person.
type match struct {
	id      string
	doc     *fhir.Doc
	grade   identity.Grade
	version string
	updated time.Time
}

func (m match) copy() record.Copy {
	return record.Copy{Type: "Patient", ID: m.id, Body: m.doc, Version: m.version, Updated: m.updated}
}

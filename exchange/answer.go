package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/identity"
	"wholechart/record"
)

// errNoMatch is what a peer is told that asks for a record it was not matched
// with, or that is withheld from it: the two look the same.
var errNoMatch = &record.Refused{Why: "no match of this patient stands: unknown here, or withheld"}

// AnswerMatch answers Patient/$match: a searchset Bundle of who at the
// session's site may be the person that the Parameters describe, best first. A
// peer is told of nobody whose Patient may not be disclosed to it, and of who
// is only possible no more than name, birth date and sex; for who is certain or
// probable it may ask AnswerChanges from then on. Errors: *record.Refused,
// *record.Invalid.
func (x *Exchange) AnswerMatch(ctx context.Context, s record.Session, parameters fhir.Node) ([]byte, error) {
	var given fhir.Node
	count, only, locate, confirmed := 10, false, false, ""
	for p := range parameters.Get("parameter").Items() {
		switch p.Get("name").Str() {
		case "resource":
			given = p.Get("resource")
		case "count":
			if n, err := strconv.Atoi(string(p.Get("valueInteger").Raw())); err == nil && n > 0 {
				count = n
			}
		case "onlyCertainMatches":
			only = p.Get("valueBoolean").True()
		case "locate":
			locate = p.Get("valueBoolean").True()
		case "confirmed":
			confirmed = p.Get("valueId").Str()
		}
	}
	if given.ResourceType() != "Patient" {
		return nil, &record.Invalid{Issues: []record.Issue{{Severity: "error", Code: "required", Path: "Parameters.parameter", Text: "$match needs the parameter resource with a Patient"}}}
	}
	who := identity.DemographicsOf(given)
	found, err := identity.Match(ctx, s, who, min(count, maxMatches))
	if err != nil {
		return nil, err
	}
	peer := s.Actor().Kind == access.Peer
	if peer {
		if found, err = x.tellable(ctx, s, found, confirmed); err != nil {
			return nil, err
		}
	}
	if only {
		found = slices.DeleteFunc(found, func(c identity.Candidate) bool { return c.Score.Grade != identity.Certain })
		if len(found) > 1 {
			found = nil
		}
	}
	b := bundle{text: []byte(`{"resourceType":"Bundle"`)}
	if locate && peer {
		if err := x.locate(ctx, s, who, &b); err != nil {
			return nil, err
		}
	}
	b.raw(`,"type":"searchset","total":` + strconv.Itoa(len(found)))
	base := x.opt.Self(s.Site().Slug) + "/emr/fhir/"
	for i, c := range found {
		body, err := x.matched(ctx, s, c)
		if err != nil {
			return nil, err
		}
		b.raw(map[bool]string{true: `,"entry":[{`, false: `,{`}[i == 0])
		b.raw(`"fullUrl":`).str(base + "Patient/" + c.Patient.ID).raw(`,"resource":`).raw(string(body))
		b.raw(`,"search":{"extension":[{"url":"` + extGrade + `","valueCode":"` + string(c.Score.Grade) + `"}],"mode":"match","score":` + strconv.FormatFloat(c.Score.Value, 'f', -1, 64) + `}}`)
	}
	if len(found) > 0 {
		b.raw(`]`)
	}
	return b.raw(`}`).text, nil
}

// tellable leaves of what was found whom the peer may be told of. A record that
// a person at the peer confirmed outranks what is only possible here.
func (x *Exchange) tellable(ctx context.Context, s record.Session, found []identity.Candidate, confirmed string) ([]identity.Candidate, error) {
	sys := x.system(s.Site().Slug, s.Actor().Purpose)
	var out []identity.Candidate
	for _, c := range found {
		tells, err := sys.Discloses(ctx, c.Patient.ID, s.Actor().ID, s.Actor().Purpose)
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return nil, err
		}
		if tells {
			out = append(out, c)
		}
	}
	for _, c := range out {
		if confirmed != "" && c.Patient.ID == sys.Standing(confirmed) {
			if !c.Score.Grade.Sure() {
				c.Score.Grade, c.Score.Value = identity.Probable, max(c.Score.Value, 0.95)
			}
			return []identity.Candidate{c}, nil
		}
	}
	return identity.Ambiguous(out), nil
}

// matched is a matched Patient as the asker may see it, after the disclosure
// was noted.
func (x *Exchange) matched(ctx context.Context, s record.Session, c identity.Candidate) ([]byte, error) {
	if s.Actor().Kind != access.Peer {
		return c.Patient.Body, s.Note(ctx, audit.Event{Action: "match", Type: "Patient", ID: c.Patient.ID, Count: 1})
	}
	if c.Score.Grade.Sure() {
		return c.Patient.Body, s.Grant(ctx, c.Patient.ID, c.Score.Text())
	}
	d := identity.DemographicsOf(c.Patient.Node())
	few, err := fhir.Parse(identity.Demographics{Names: d.Names, Birth: d.Birth, Sex: d.Sex}.Patient())
	if err != nil {
		return nil, err
	}
	body := fhir.WithMeta(few.Root(), c.Patient.ID, c.Patient.Version, c.Patient.Updated)
	return body, s.Note(ctx, audit.Event{Action: "match", Type: "Patient", ID: c.Patient.ID, Count: 1, Recipient: s.Actor().ID, Why: c.Score.Text()})
}

// locate says which other sites of this node a peer may ask about the person:
// those whose own $match would name somebody to it.
func (x *Exchange) locate(ctx context.Context, s record.Session, who identity.Demographics, b *bundle) error {
	all, err := identity.Locate(ctx, x.system(s.Site().Slug, s.Actor().Purpose), who, s.Site().Slug)
	if err != nil {
		return err
	}
	b.raw(`,"meta":{"extension":[{"url":"` + extLocated + `","valueBoolean":true}`)
	seen := map[string]bool{}
	for _, c := range all {
		actor := s.Actor()
		actor.Site = c.Site.Slug
		if seen[c.Site.Slug] || !access.Decide(actor, access.EMR, access.Match, "Patient").Allowed {
			continue
		}
		tells, err := x.system(c.Site.Slug, actor.Purpose).Discloses(ctx, c.Patient.ID, actor.ID, actor.Purpose)
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return err
		}
		if !tells {
			continue
		}
		seen[c.Site.Slug] = true
		if err := x.records.As(actor, access.EMR).Note(ctx, audit.Event{Action: "match", Type: "Patient", ID: c.Patient.ID, Recipient: actor.ID, Why: "located"}); err != nil {
			return err
		}
		b.raw(`,{"url":"` + extAlsoAt + `","valueString":`).str(c.Site.Slug).raw(`}`)
	}
	b.raw(`]}`)
	return nil
}

// AnswerChanges answers Patient/{id}/$changes: a history Bundle of what changed
// in a patient's chart after a place in the log, at most count resources and
// those of the directory that they refer to. It is for a peer to whom
// AnswerMatch named that patient before; to anybody else, and for what is
// withheld, the refusal is the same.
func (x *Exchange) AnswerChanges(ctx context.Context, s record.Session, patient string, after record.Seq, count int) ([]byte, error) {
	actor := s.Actor()
	if actor.Kind != access.Peer || s.Lens() != access.EMR || !fhir.IsID(patient) {
		return nil, &record.Refused{Why: "only a peer asks for changes, and only of a chart"}
	}
	granted, err := s.Granted(ctx, patient)
	if err != nil {
		return nil, err
	}
	if !granted {
		note := audit.Event{Action: "disclose", Type: "Patient", ID: patient, Recipient: actor.ID, Outcome: audit.Refused, Why: "no match stands"}
		if err := s.Note(ctx, note); err != nil {
			return nil, err
		}
		return nil, errNoMatch
	}
	if count <= 0 || count > 2000 {
		count = pageSize
	}
	actor.Patients = []string{patient}
	bound := x.records.As(actor, access.EMR)
	p, err := bound.PatientChangesPage(ctx, patient, after, count)
	var refused *record.Refused
	var gone *record.Gone
	if errors.As(err, &refused) || errors.As(err, &gone) || errors.Is(err, record.ErrNotFound) {
		return nil, errNoMatch
	}
	if err != nil {
		return nil, err
	}
	return x.writeChanges(s.Site(), patient, p, count), nil
}

func (x *Exchange) writeChanges(site *record.Site, patient string, p *record.ChangesPage, count int) []byte {
	base := x.opt.Self(site.Slug) + "/emr/fhir/"
	next := strconv.FormatInt(int64(p.Next), 10)
	size := 1024
	for _, v := range p.Versions {
		size += len(v.Body) + 512
	}
	b := &bundle{text: make([]byte, 0, size)}
	b.raw(`{"resourceType":"Bundle","meta":{"extension":[{"url":"` + extNext + `","valueString":"` + next + `"},{"url":"` + extTerms + `","valueString":`).str(p.Terms)
	for _, id := range p.Together {
		if id != patient {
			b.raw(`},{"url":"` + extMerged + `","valueString":`).str(id)
		}
	}
	b.raw(`},{"url":"` + extWithheld + `","valueString":"` + strconv.FormatUint(p.Withheld, 36) + `"}]},"type":"history"`)
	if p.More {
		b.raw(`,"link":[{"relation":"next","url":`).str(base + "Patient/" + patient + "/$changes?after=" + next + "&_count=" + strconv.Itoa(count)).raw(`}]`)
	}
	for i, v := range p.Versions {
		b.raw(map[bool]string{true: `,"entry":[{`, false: `,{`}[i == 0])
		name := v.Type + "/" + v.ID
		b.raw(`"fullUrl":`).str(base + name)
		method, status := "PUT", "200"
		if v.Gone {
			method, status = "DELETE", "204"
		} else {
			b.raw(`,"resource":`)
			b.text = append(b.text, v.Body...)
		}
		b.raw(`,"request":{"method":"` + method + `","url":`).str(name)
		b.raw(`},"response":{`)
		if v.Author != "" {
			b.raw(`"extension":[{"url":"` + extAuthor + `","valueString":`).str(v.Author).raw(`}],`)
		}
		b.raw(`"status":"` + status + `","etag":"W/\"` + v.Version + `\"","lastModified":"` + v.Updated.UTC().Format("2006-01-02T15:04:05.000Z") + `"}}`)
	}
	if len(p.Versions) > 0 {
		b.raw(`]`)
	}
	return b.raw(`}`).text
}

// bundle is a Bundle being written around the bytes of its resources.
type bundle struct{ text []byte }

func (b *bundle) raw(s string) *bundle { b.text = append(b.text, s...); return b }

func (b *bundle) str(s string) *bundle {
	text, err := json.Marshal(s)
	if err != nil {
		text = []byte(`""`)
	}
	b.text = append(b.text, text...)
	return b
}

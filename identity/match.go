package identity

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
)

// Bounds of one Match.
const (
	maxQuestions  = 24
	maxFound      = 200 // candidates that one search may bring
	maxCandidates = 50
)

// Candidate is a patient who may be the person asked for.
type Candidate struct {
	Site    *record.Site
	Patient record.Resource
	Score   Score
}

// Match finds who at the session's site may be the person described, best
// first: grades down to Possible, at most max. Candidates come from searches by
// identifier, birth date, names, telephone and e-mail; a site is never walked.
// It says what the site knows: what may be told to whom is the caller's to ask
// (record.Session.Discloses).
func Match(ctx context.Context, s record.Session, d Demographics, max int) ([]Candidate, error) {
	if s.Records() == nil || s.Site() == nil {
		return nil, &record.Refused{Why: "no such site on this node, or nobody is signed in"}
	}
	if dec := access.Decide(s.Actor(), s.Lens(), access.Match, "Patient"); !dec.Allowed {
		if err := s.Note(ctx, audit.Event{Action: access.Match.String(), Type: "Patient", Outcome: audit.Refused, Why: dec.Why}); err != nil {
			return nil, err
		}
		return nil, &record.Refused{Why: dec.Why}
	}
	sys := system(s.Records(), s.Site().Slug)
	return candidates(ctx, d, nil, max, sys.Search)
}

// system is the session of identity's own work at a site.
func system(r *record.Records, site string) record.Session {
	return r.As(access.Actor{Kind: access.System, ID: "identity", Site: site, Purpose: access.Treatment}, access.EMR)
}

// candidates asks every question and compares what comes: with d, and with own
// when d is own and more.
func candidates(ctx context.Context, d Demographics, own *Demographics, limit int, ask func(context.Context, *search.Query) (*record.Page, error)) ([]Candidate, error) {
	if limit <= 0 || limit > maxCandidates {
		limit = maxCandidates
	}
	var out []Candidate
	seen := map[string]bool{}
	for _, values := range questions(d) {
		q, err := search.Parse("Patient", values, search.Options{DefaultCount: maxFound, MaxCount: maxFound})
		if err != nil {
			continue // a name that search cannot ask for
		}
		page, err := ask(ctx, q)
		var costly *record.TooCostly
		if errors.As(err, &costly) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, m := range page.Matches {
			if m.Type != "Patient" || m.Deleted || seen[m.Site.Slug+"/"+m.ID] {
				continue
			}
			seen[m.Site.Slug+"/"+m.ID] = true
			n := m.Node()
			if replaced(n) {
				continue
			}
			score := Compare(d, DemographicsOf(n))
			if own != nil && Compare(*own, DemographicsOf(n)).Grade == CertainlyNot {
				continue // what others say of her speaks for it, what this site says against it
			}
			if score.Grade != CertainlyNot {
				out = append(out, Candidate{m.Site, m, score})
			}
		}
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		switch {
		case rank(a.Score.Grade) != rank(b.Score.Grade):
			return rank(b.Score.Grade) - rank(a.Score.Grade)
		case a.Score.Value > b.Score.Value:
			return -1
		case a.Score.Value < b.Score.Value:
			return 1
		}
		return strings.Compare(a.Site.Slug+"/"+a.Patient.ID, b.Site.Slug+"/"+b.Patient.ID)
	})
	return out[:min(len(out), limit)], nil
}

func rank(g Grade) int { return map[Grade]int{Certain: 3, Probable: 2, Possible: 1}[g] }

// replaced says whether a Patient was merged into another
// (http://hl7.org/fhir/R4/patient.html#replaced).
func replaced(p fhir.Node) bool {
	for l := range p.Get("link").Items() {
		if l.Get("type").Is("replaced-by") {
			return true
		}
	}
	return false
}

// questions are the searches that bring candidates: any one thing that is too
// much for coincidence, or two that are not.
func questions(d Demographics) []url.Values {
	var out []url.Values
	seen := map[string]bool{}
	ask := func(pairs ...string) {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] == "" {
				return
			}
			v.Add(pairs[i], pairs[i+1])
		}
		if key := v.Encode(); !seen[key] && len(out) < maxQuestions {
			seen[key] = true
			out = append(out, v)
		}
	}
	for i, id := range d.Identifiers {
		if i < 8 {
			ask("identifier", escape(id.System)+"|"+escape(id.Value))
		}
	}
	if d.Birth.Precision >= fhir.Day {
		ask("birthdate", dateText(d.Birth))
	}
	for i, n := range names(d) {
		if i == 4 {
			break
		}
		family := ""
		if len(n.family) > 0 {
			family = n.family[0] // search compares the beginnings of names
		}
		given := n.given
		if len([]rune(given)) > 3 {
			given = string([]rune(given)[:3]) // Rob for Robert, Kat for Katherine
		}
		if d.Birth.Precision > 0 {
			year := dateText(d.Birth)[:4]
			ask("family", family, "birthdate", year)
			ask("given", n.given, "birthdate", year)
		}
		ask("family", family, "given", given)
		if len(n.family) == 1 {
			ask("family", n.given, "given", family) // the other way round
		}
	}
	for i, p := range d.Phones {
		if i < 3 {
			ask("phone", p)
		}
	}
	for i, m := range d.Emails {
		if i < 3 {
			ask("email", escape(m))
		}
	}
	return out
}

// escape writes a value so that search takes it as one (http://hl7.org/fhir/R4/search.html#escaping).
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `$`, `\$`, `|`, `\|`).Replace(s)
}

// Locate finds who at any of this node's sites, but one, may be the person
// described. Like Match it says what the sites know, not what may be told; s is
// a session of the system's own work.
func Locate(ctx context.Context, s record.Session, d Demographics, but string) ([]Candidate, error) {
	all, err := candidates(ctx, d, nil, maxCandidates, s.SearchNode)
	return slices.DeleteFunc(all, func(c Candidate) bool { return c.Site.Slug == but }), err
}

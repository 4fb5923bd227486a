package identity

import (
	"context"
	"errors"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/record"
	"wholechart/search"
)

// Found is another record that is, may be or is not the person's.
type Found struct {
	Site    *record.Site
	Patient string // id at Site
	State   record.LinkState
	Score   Score
}

// Join looks for a patient of the session's site at the other sites of this
// node and links what is surely the same person; what may be is put in review,
// and what was decided to be somebody else stays apart. A site that may not
// tell the session's that the person is its patient is as one that does not
// know her. It tells all links afterwards.
func Join(ctx context.Context, s record.Session, patient string) ([]Found, error) {
	res, err := s.Through(access.EMR).Read(ctx, "Patient", patient)
	if err != nil {
		return nil, err
	}
	sys := system(s.Records(), s.Site().Slug)
	d, err := Person(ctx, sys, res)
	if err != nil {
		return nil, err
	}
	own := DemographicsOf(res.Node())
	all, err := candidates(ctx, d, &own, maxCandidates, sys.SearchNode)
	if err != nil {
		return nil, err
	}
	// The site itself may hold the person twice: which of the two is linked is
	// then for a person to say.
	twice := slices.ContainsFunc(all, func(c Candidate) bool {
		return c.Site.Slug == s.Site().Slug && c.Patient.ID != patient && c.Score.Grade.Sure()
	})
	bySite := map[string][]Candidate{}
	var order []string
	for _, c := range all {
		if c.Site.Slug == s.Site().Slug {
			continue
		}
		tells, err := system(s.Records(), c.Site.Slug).Discloses(ctx, c.Patient.ID, s.Site().Slug, s.Actor().Purpose)
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return nil, err
		}
		if !tells {
			continue
		}
		if bySite[c.Site.Slug] == nil {
			order = append(order, c.Site.Slug)
		}
		bySite[c.Site.Slug] = append(bySite[c.Site.Slug], c)
	}
	slices.Sort(order)
	for _, slug := range order {
		for _, c := range Ambiguous(bySite[slug]) {
			if twice && c.Score.Grade.Sure() {
				c.Score = unsure(c.Score, "this site has more than one record that fits")
			}
			if _, err := Link(ctx, s, patient, c.Site, c.Patient.ID, c.Score); err != nil {
				return nil, err
			}
		}
	}
	return Links(ctx, s, patient)
}

// Person describes the person whose Patient at the system session's site is
// own: as that Patient does, and as the records that are linked to it do.
// Records of a sensitive kind are left out: what they say must not be told on.
func Person(ctx context.Context, sys record.Session, own record.Resource) (Demographics, error) {
	d := DemographicsOf(own.Node())
	links, err := sys.Links(ctx, own.ID)
	if err != nil {
		return d, err
	}
	for _, l := range links {
		if l.State != record.Linked {
			continue
		}
		other, err := system(sys.Records(), l.Site.Slug).Read(ctx, "Patient", l.Patient)
		if err != nil {
			continue // deleted there, or no longer disclosed
		}
		if n := other.Node(); search.LabelBits(n) == 0 {
			d = d.With(DemographicsOf(n))
		}
	}
	return d, nil
}

// Ambiguous lowers what cannot be decided without a person: where more than one
// record of one site is surely the person, none is. It keeps the order.
func Ambiguous(of []Candidate) []Candidate {
	sure := 0
	for _, c := range of {
		if c.Score.Grade.Sure() {
			sure++
		}
	}
	if sure < 2 {
		if sure == 1 { // the others are other people, or a person's business
			return of[:1]
		}
		return of
	}
	out := slices.Clone(of)
	for i := range out {
		if out[i].Score.Grade.Sure() {
			out[i].Score = unsure(out[i].Score, "more than one record there fits")
		}
	}
	return out
}

// unsure is a score that is no longer good enough to link by.
func unsure(s Score, why string) Score {
	return Score{min(s.Value, 0.949), Possible, append(slices.Clone(s.Why), Evidence{"site", "other", 0, why})}
}

// Link keeps what a comparison found: Linked when it is sure, else Review. What
// people decided stays: Apart is not proposed again, and nothing is linked that
// would make one person of two records that one site holds, or of two that
// were decided to be apart; that goes to Review. It tells the state afterwards.
func Link(ctx context.Context, s record.Session, patient string, site *record.Site, other string, score Score) (record.LinkState, error) {
	sys := system(s.Records(), s.Site().Slug)
	mine, err := sys.Links(ctx, patient)
	if err != nil {
		return "", err
	}
	for _, l := range mine {
		if l.Slug == site.Slug && l.Patient == other && l.State != record.Review {
			return l.State, nil
		}
	}
	state, why := record.Linked, score.Text()
	if !score.Grade.Sure() {
		state = record.Review
	} else {
		theirs, err := system(s.Records(), site.Slug).Links(ctx, other)
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return "", err
		}
		if contradiction(one(s.Records()), s.Site().Slug, patient, site.Slug, other, mine, theirs) {
			state, why = record.Review, why+"; but that would join records that are held apart"
		}
	}
	for _, l := range mine {
		if l.Slug == site.Slug && l.Patient == other && l.State == state {
			return state, nil
		}
	}
	return state, sys.SetLink(ctx, patient, site, other, state, score.Value, why)
}

// one says whether two records of a site are one there: the same, or merged.
func one(r *record.Records) func(slug, a, b string) bool {
	return func(slug, a, b string) bool { return a == b || system(r, slug).About("Patient/"+a, b) }
}

// contradiction says whether to join two persons would put two records of one
// site together that are not one there, or two that were decided to be apart.
func contradiction(one func(slug, a, b string) bool, mySite, me, theirSite, they string, mine, theirs []record.Link) bool {
	at := map[string]string{mySite: me}
	apart := map[string]bool{}
	for _, l := range mine {
		switch l.State {
		case record.Linked:
			at[l.Slug] = l.Patient
		case record.Apart:
			apart[l.Slug+"/"+l.Patient] = true
		}
	}
	clash := func(slug, id string) bool {
		have, ok := at[slug]
		return ok && !one(slug, have, id) || apart[slug+"/"+id]
	}
	if clash(theirSite, they) {
		return true
	}
	for _, l := range theirs {
		if l.State == record.Linked && clash(l.Slug, l.Patient) || l.State == record.Apart && at[l.Slug] != "" && one(l.Slug, at[l.Slug], l.Patient) {
			return true
		}
	}
	return false
}

// Links are a patient's links as the session may see them, by site: linked
// first, then what waits for a person, then what was decided to be apart.
func Links(ctx context.Context, s record.Session, patient string) ([]Found, error) {
	links, err := s.Links(ctx, patient)
	if err != nil {
		return nil, err
	}
	var out []Found
	for _, l := range settled(links) {
		grade := Possible
		switch {
		case l.State == record.Apart:
			grade = CertainlyNot
		case l.State == record.Linked && l.Score >= 0.99:
			grade = Certain
		case l.State == record.Linked:
			grade = Probable
		}
		out = append(out, Found{l.Site, l.Patient, l.State, Score{Value: l.Score, Grade: grade, Why: []Evidence{{Field: "kept", Text: l.Why}}}})
	}
	order := map[record.LinkState]int{record.Linked: 0, record.Review: 1, record.Apart: 2}
	slices.SortFunc(out, func(a, b Found) int {
		if order[a.State] != order[b.State] {
			return order[a.State] - order[b.State]
		}
		return strings.Compare(a.Site.Slug+"/"+a.Patient, b.Site.Slug+"/"+b.Patient)
	})
	return out, nil
}

// settled leaves out what waits for a person although it was linked meanwhile
// through a third record.
func settled(links []record.Link) []record.Link {
	linked := map[string]bool{}
	for _, l := range links {
		if l.State == record.Linked {
			linked[l.Slug+"/"+l.Patient] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(links), func(l record.Link) bool { return l.State == record.Review && linked[l.Slug+"/"+l.Patient] })
}

// Review is a pair that waits for a person, compared afresh. Theirs is names,
// birth date and sex only, unless it is surely the person.
type Review struct {
	record.Link
	Mine, Theirs Demographics
	Score        Score
}

// Reviews are a patient's pairs that wait for a person to decide.
func Reviews(ctx context.Context, s record.Session, patient string) ([]Review, error) {
	own, err := s.Through(access.EMR).Read(ctx, "Patient", patient)
	if err != nil {
		return nil, err
	}
	links, err := s.Links(ctx, patient)
	if err != nil {
		return nil, err
	}
	var out []Review
	mine := DemographicsOf(own.Node())
	for _, l := range settled(links) {
		if l.State != record.Review {
			continue
		}
		other, err := system(s.Records(), l.Site.Slug).Read(ctx, "Patient", l.Patient)
		if err != nil {
			continue
		}
		theirs := DemographicsOf(other.Node())
		score := Compare(mine, theirs)
		if !score.Grade.Sure() { // perhaps somebody else: enough to decide by, and no more
			theirs = Demographics{Names: theirs.Names, Birth: theirs.Birth, Sex: theirs.Sex}
		}
		out = append(out, Review{l, mine, theirs, score})
	}
	return out, nil
}

// Confirm is a person's decision that another record is this patient's. why is
// what that person says; it is kept.
func Confirm(ctx context.Context, s record.Session, patient string, site *record.Site, other, why string) error {
	return decided(ctx, s, patient, site, other, record.Linked, 1, why)
}

// Unlink is a person's decision that another record is not this patient's:
// both are again the persons they were, and it is not proposed again.
func Unlink(ctx context.Context, s record.Session, patient string, site *record.Site, other, why string) error {
	return decided(ctx, s, patient, site, other, record.Apart, 0, why)
}

// errWhy says that a decision needs its reason.
var errWhy = errors.New("say in a few words why (at most 500 letters)")

func decided(ctx context.Context, s record.Session, patient string, site *record.Site, other string, state record.LinkState, score float64, why string) error {
	if why = strings.TrimSpace(why); why == "" || len(why) > 500 {
		return errWhy
	}
	links, err := s.Links(ctx, patient)
	if err != nil {
		return err
	}
	for _, l := range links {
		if site != nil && l.Slug == site.Slug && l.Patient == other {
			return s.SetLink(ctx, patient, site, other, state, score, why)
		}
	}
	return record.ErrNotFound // only what was proposed can be decided
}

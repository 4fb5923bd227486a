package chart

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wholechart/fhir"
)

// Problems are the conditions.
type Problems struct {
	Active    []Problem // newest onset first
	Resolved  []Problem // newest end first; inactive and in remission too
	NoneKnown bool      // a source says that there are none
	Refuted   int       // found not to be: kept out
	Errors    int       // entered in error: kept out
}

// Problem is one condition, from all sources that know it.
type Problem struct {
	Name         string
	Codes        []fhir.Coding
	Clinical     string // active, recurrence, relapse, inactive, remission, resolved; "": not said
	Verification string // confirmed, provisional, differential, unconfirmed; "": not said
	Category     string // problem-list-item, encounter-diagnosis, health-concern
	Severity     string
	Stage        string
	Region       string
	Note         string
	Onset, Ended When
	OnsetText    string // an onset that is no date: "at 55 y"
	EndedText    string
	Prov
	Also    []Prov       // other sources and routes of the same
	Outside bool         // not yet in the own chart
	Differs []Difference // what another source says otherwise
}

// Active says whether the problem goes on as far as its source says.
func (p Problem) Active() bool {
	switch p.Clinical {
	case "inactive", "remission", "resolved":
		return false
	}
	return p.Clinical != "" || !p.Ended.Known() && p.EndedText == ""
}

func (b *builder) problems() {
	ps := &b.c.Problems
	groups := newGroups[Problem]()
	for _, f := range b.of("Condition") {
		f.used = true
		if f.status == "refuted" {
			ps.Refuted++
			continue
		}
		if code := b.code(f.Node.Get("code")); noneKnown[code] {
			ps.NoneKnown = true
			continue
		}
		p := b.problem(f)
		if p.Name == "" {
			b.unused(f, "Condition without a code or words")
			continue
		}
		groups.add(p, p.Codes, p.Name)
	}
	for _, p := range b.c.Errors {
		if p.Type == "Condition" {
			ps.Errors++
		}
	}
	for _, same := range groups.all() {
		var active []Problem
		var ended []Problem
		for _, p := range same {
			if p.Active() {
				active = append(active, p)
			} else {
				ended = append(ended, p)
			}
		}
		if len(active) > 0 {
			one := joinProblems(active)
			ended = one.endedElsewhere(ended)
			ps.Active = append(ps.Active, one)
		}
		for _, episode := range episodes(ended) {
			ps.Resolved = append(ps.Resolved, joinProblems(episode))
		}
	}
	slices.SortStableFunc(ps.Active, func(x, y Problem) int {
		return cmp.Or(newer(x.Onset, y.Onset), strings.Compare(x.Name, y.Name))
	})
	slices.SortStableFunc(ps.Resolved, func(x, y Problem) int {
		return cmp.Or(newer(x.last(), y.last()), strings.Compare(x.Name, y.Name))
	})
}

func (p Problem) last() When {
	if p.Ended.Known() {
		return p.Ended
	}
	return p.Onset
}

func (b *builder) problem(f *fact) Problem {
	n := f.Node
	p := Problem{Name: b.label(n.Get("code")), Codes: b.codings(n.Get("code")), Clinical: b.code(n.Get("clinicalStatus")), Verification: f.status,
		Category: b.code(n.Get("category")), Severity: b.label(n.Get("severity")), Region: b.label(n.Get("bodySite")), Note: b.notes(n),
		Also: b.routes(f), Outside: f.outside()}
	if p.Name == "" { // some charts have the words elsewhere only
		p.Name = b.label(n.Get("evidence").Index(0).Get("code"))
	}
	for s := range n.Get("stage").Items() {
		p.Stage = b.label(s.Get("summary"))
		break
	}
	p.Onset, _, p.OnsetText = b.choiceWhen(n, "onset")
	p.Ended, _, p.EndedText = b.choiceWhen(n, "abatement")
	recorded := b.when(n.Get("recordedDate"))
	p.Prov = b.prov(f, recorded)
	return p
}

// endedElsewhere takes out of the ended ones those that another source ended
// after this problem began: the sources differ.
func (p *Problem) endedElsewhere(ended []Problem) (rest []Problem) {
	for _, e := range ended {
		if e.Source != p.Source && (!p.Onset.Known() || !e.last().Known() || !e.last().Before(p.Onset)) {
			there := cmp.Or(e.Clinical, "resolved")
			if e.Ended.Known() {
				there += " " + e.Ended.String()
			}
			p.Differs = append(p.Differs, Difference{"status", cmp.Or(p.Clinical, "active"), there, e.Prov})
			p.Also = append(p.Also, e.Prov)
			p.Outside = p.Outside && e.Outside
			continue
		}
		rest = append(rest, e)
	}
	return rest
}

// episodes tells ended problems of the same code apart by when they began:
// what two sources say began within a month is one.
func episodes(ended []Problem) [][]Problem {
	slices.SortStableFunc(ended, func(x, y Problem) int { return x.Onset.At.Compare(y.Onset.At) })
	var out [][]Problem
	for _, p := range ended {
		if len(out) > 0 {
			last := out[len(out)-1]
			prev := last[len(last)-1]
			other := !slices.ContainsFunc(last, func(o Problem) bool { return o.Source == p.Source })
			if other && (!prev.Onset.Known() || !p.Onset.Known() || p.Onset.At.Sub(prev.Onset.Until()) < 31*24*time.Hour) {
				out[len(out)-1] = append(last, p)
				continue
			}
		}
		out = append(out, []Problem{p})
	}
	return out
}

// joinProblems makes one problem of what several sources say. The own chart's
// words lead, then the problem list's, then the newest.
func joinProblems(same []Problem) Problem {
	rank := func(p Problem) int {
		n := 0
		if !p.Source.Own {
			n += 2
		}
		if p.Category == "encounter-diagnosis" {
			n++
		}
		return n
	}
	slices.SortStableFunc(same, func(x, y Problem) int { return cmp.Or(cmp.Compare(rank(x), rank(y)), newer(x.Prov.When, y.Prov.When)) })
	p := same[0]
	p.Codes = slices.Clip(p.Codes)
	for _, o := range same[1:] {
		p.Also = append(append(p.Also, o.Prov), o.Also...)
		p.Outside = p.Outside && o.Outside
		for _, c := range o.Codes {
			if !slices.Contains(p.Codes, c) {
				p.Codes = append(p.Codes, c)
			}
		}
		if o.Onset.Known() && (!p.Onset.Known() || o.Onset.Until().Before(p.Onset.At)) {
			p.Onset = o.Onset
		}
		p.OnsetText = cmp.Or(p.OnsetText, o.OnsetText)
		p.Severity, p.Stage = cmp.Or(p.Severity, o.Severity), cmp.Or(p.Stage, o.Stage)
		if o.Note != "" && o.Note != p.Note {
			p.Note = strings.TrimSpace(p.Note + "\n" + o.Note)
		}
		if o.Verification == "confirmed" {
			p.Verification = o.Verification
		}
	}
	return p
}

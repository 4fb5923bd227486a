package test

import (
	"fmt"
	"slices"
	"strings"

	"wholechart/chart"
	"wholechart/decision/imaging"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

func coding(code, display string) []fhir.Coding {
	return []fhir.Coding{{System: LOINC, Code: code, Display: display}}
}

// windowOf is the row of the table for an examination, or nil.
func windowOf(e imaging.Exam) *window {
	t := load()
	for i := range t.images {
		w := &t.images[i]
		if w.modality != e.Modality || w.focus != "" && w.focus != e.Focus {
			continue
		}
		if slices.Contains(w.regions, "*") || slices.ContainsFunc(w.regions, func(r string) bool {
			shown, _ := imaging.Exam{Regions: []string{r}}.Covers(imaging.Exam{Regions: e.Regions})
			return len(shown) > 0
		}) {
			return w
		}
	}
	return nil
}

// again are words of a reason for which the same examination may be right.
var again = []string{"follow up", "followup", "surveillance", "restaging", "staging", "progress*", "worse", "worsen*", "trauma", "injur*", "fall", "fell", "post op", "postop*", "postoperative", "after surgery", "response to treatment", "control"}

// alike says how far an earlier study answers an order of the same modality, and
// in what it differs: 2 the same, 1 in part, 0 not.
func alike(s, o imaging.Exam) (int, string) {
	level, differs := 2, ""
	switch {
	case s.Focus == "guidance" || o.Focus == "guidance":
		return 0, "" // of a needle: no examination
	case s.Focus == o.Focus:
	case o.Modality == "MG" && o.Focus == "diagnostic":
		return 0, "" // a finding is looked at more closely
	case o.Modality == "MG":
	case o.Focus == "screening" && s.Focus == "", o.Focus == "stones" && s.Focus == "": // the full examination shows it too
	case o.Focus == "" && s.Focus != "calcium" && s.Focus != "stress":
		level, differs = 1, "it was made for "+protocol[s.Focus]
	default:
		return 0, ""
	}
	switch {
	case o.Given() && s.Contrast == "none" && (o.Modality == "CT" || o.Modality == "MR"):
		level, differs = min(level, 1), "it was made without contrast"
	case o.Contrast == "none" && s.Given():
		level, differs = min(level, 1), "it was made with contrast"
	}
	return level, differs
}

var protocol = map[string]string{"screening": "screening, with less dose", "angiography": "the vessels", "stones": "stones", "colonography": "the bowel", "ct": "PET with CT", "diagnostic": "a finding"}

// image compares a drafted examination with the studies, the open orders and the
// other drafts.
func (v *view) image(d *rule.Draft) {
	e := imaging.OfDraft(*d)
	w := windowOf(e)
	if !e.Known() || w == nil {
		v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Draft: d.ID, Why: "no window is known for " + fact.Quoted(d.Name)})
		return
	}
	v.study(d, e, w)
	v.pendingImage(d, e, w)
	v.basketImage(d, e, w)
}

func (v *view) study(d *rule.Draft, e imaging.Exam, w *window) {
	var best *chart.Study
	var shown, missing []string
	score, differs := 0, ""
	studies := v.imaged()
	for i := range studies {
		s := &studies[i]
		if s.Status == "cancelled" || s.Status == "entered-in-error" || !s.When.Known() || s.When.At.After(v.Now) {
			continue
		}
		x := v.exams[i]
		if x.Modality != e.Modality || len(x.Regions) == 0 {
			continue
		}
		if ok, _ := w.valid.still(fact.Days(s.When, v.Now), s.When.At, v.Now); !ok {
			continue
		}
		in, out := x.Covers(e)
		level, why := alike(x, e)
		if len(in) == 0 || level == 0 {
			continue
		}
		n := level*100 + 10*len(in)
		if s.Images > 0 {
			n++
		}
		if best == nil || n > score || n == score && (best.When.Before(s.When) || best.When.At.Equal(s.When.At) && s.Ref() < best.Ref()) {
			best, shown, missing, score, differs = s, in, out, n, why
		}
	}
	if best == nil {
		return
	}
	level := rule.Notice
	if differs != "" || 2*len(shown) < len(e.Regions) {
		level = rule.Quiet
	}
	_, next := w.valid.still(0, best.When.At, v.Now)
	c := rule.Card{Title: best.Description + " " + fact.On(best.When, best.Prov), Why: "It stays valid for " + w.valid.String() + "."}
	if dose, ok := e.Dose(); ok && dose > 0 {
		c.Why = fmt.Sprintf("It stays valid for %s; using it avoids %s, a typical dose.", w.valid, imaging.MSv(dose))
	}
	if x := imaging.OfStudy(*best); e.Side != "" && x.Side == "" {
		c.Why += " Which side it shows is not said."
		level = rule.Quiet
	}
	if differs != "" {
		c.Why += " But " + differs + "."
	}
	if fact.Any(fact.Words(d.Reason), again...) {
		level = rule.Quiet
		c.Why += " The reason may call for new images."
	}
	c.Do = "Look at it first; next useful from " + next.Format("2 Jan 2006") + "."
	if len(missing) > 0 {
		c.Do = "It shows " + list(shown) + ", not " + list(missing) + ". " + c.Do
	}
	where := "the report alone, no images in the record"
	if best.Images > 0 {
		where = fmt.Sprintf("%d images", best.Images)
		if site := fact.Site(best.Prov); site != "" {
			where += " at " + site
		}
	}
	c.Facts = []rule.Evidence{{Text: best.Description + ": " + where, Prov: best.Prov, When: best.When}}
	if best.Impression != "" {
		f := rule.Evidence{Text: "Impression: " + best.Impression, Prov: best.Prov, When: best.When}
		if best.Report != nil {
			f.Prov = best.Report.Prov
		}
		c.Facts = append(c.Facts, f)
	}
	v.card(d, w.rule, level, c, []rule.Evidence{{Text: best.Description, Prov: best.Prov, When: best.When}}, "study")
}

// pendingImage looks for an open order of the same that no study answers.
func (v *view) pendingImage(d *rule.Draft, e imaging.Exam, w *window) {
	var best *chart.Item
	for i := range v.c.Orders {
		o := &v.c.Orders[i]
		if !v.open(*o) {
			continue
		}
		x := imaging.Read(o.Name, o.Codes)
		level, _ := alike(x, e)
		if _, missing := x.Covers(e); x.Modality != e.Modality || !x.Known() || len(missing) > 0 || level == 0 || v.done(x, o.When) {
			continue
		}
		if best == nil || best.When.Before(o.When) || best.When.At.Equal(o.When.At) && o.Ref() < best.Ref() {
			best = o
		}
	}
	if best != nil {
		c := pendingCard(best, strings.TrimSpace(w.title), "no study stands in the record yet")
		v.card(d, w.rule, rule.Notice, c, []rule.Evidence{{Text: best.Name, Prov: best.Prov, When: best.When}}, "pending")
	}
}

func (v *view) done(order imaging.Exam, since chart.When) bool {
	if !since.Known() {
		return false
	}
	studies := v.imaged()
	for i := range studies {
		s := &studies[i]
		x := v.exams[i]
		if _, missing := x.Covers(order); x.Modality == order.Modality && len(missing) == 0 && s.When.Day() >= since.Day() {
			return true
		}
	}
	return false
}

func (v *view) basketImage(d *rule.Draft, e imaging.Exam, w *window) {
	for i := range v.Drafts {
		o := &v.Drafts[i]
		if o == d || o.Kind != rule.DraftImaging {
			continue
		}
		x := imaging.OfDraft(*o)
		_, missing := x.Covers(e)
		level, _ := alike(x, e)
		if x.Modality != e.Modality || len(missing) > 0 || level < 2 || e.Side != x.Side {
			continue
		}
		if _, back := e.Covers(x); len(back) == 0 && d.ID < o.ID {
			continue
		}
		v.card(d, w.rule, rule.Notice, rule.Card{Title: w.title + " is in this basket already", Why: "Both show " + e.Region() + ".", Do: "Take one of them away.",
			Facts: []rule.Evidence{{Text: o.Name, New: true}}}, nil, "basket", d.Name, o.Name)
		return
	}
}

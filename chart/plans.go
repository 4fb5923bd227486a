package chart

import (
	"cmp"
	"slices"
	"strings"
)

// CarePlan is a plan of what is to be done.
type CarePlan struct {
	Title      string
	Status     string
	Category   string
	Note       string
	Active     bool
	When, End  When
	Activities []Activity
	Addresses  []string // problems
	Goals      []string
	Prov
	Also []Prov
}

// Activity is one step of a plan.
type Activity struct {
	Text, Status string
	When         When
}

// Goal is what the patient and the team want to reach.
type Goal struct {
	Text        string
	Status      string // lifecycle: active, completed…
	Achievement string // in-progress, achieved…
	Target      string // "Hemoglobin A1c < 7.0 %"
	Note        string
	Active      bool
	Start, Due  When
	Prov
	Also []Prov
}

func (b *builder) plans() {
	for _, f := range b.of("CarePlan") {
		f.used = true
		n := f.Node
		p := CarePlan{Title: b.str(n.Get("title")), Status: f.status, Category: b.label(n.Get("category")), Note: b.notes(n), Also: b.routes(f)}
		period := n.Get("period")
		p.When, p.End = b.when(period.Get("start")), b.when(period.Get("end"))
		created := b.when(n.Get("created"))
		if !p.When.Known() {
			p.When = created
		}
		p.Active = (f.status == "active" || f.status == "on-hold") && (!p.End.Known() || p.End.Until().After(b.c.Now))
		for c := range n.Get("category").Items() { // assess-plan says nothing of what it is for
			if code := b.code(c); code != "assess-plan" && code != "" {
				p.Category = b.label(c)
			}
		}
		p.Title = cmp.Or(p.Title, strings.TrimSpace(n.Get("description").Str()), p.Category, "Care plan")
		for a := range n.Get("activity").Items() {
			d := a.Get("detail")
			act := Activity{Text: cmp.Or(strings.TrimSpace(d.Get("description").Str()), b.label(d.Get("code"))), Status: b.str(d.Get("status"))}
			act.When, _, _ = b.choiceWhen(d, "scheduled")
			if to := b.refTo(f, a.Get("reference")); act.Text == "" && to != nil {
				act.Text, act.Status = b.itemName(to), to.status
			}
			if act.Text == "" {
				act.Text = b.str(a.Get("reference").Get("display"))
			}
			if act.Text != "" {
				p.Activities = append(p.Activities, act)
			}
		}
		for r := range n.Get("addresses").Items() {
			if to := b.refTo(f, r); to != nil {
				p.Addresses = append(p.Addresses, b.label(to.Node.Get("code")))
			} else if d := b.str(r.Get("display")); d != "" {
				p.Addresses = append(p.Addresses, d)
			}
		}
		for r := range n.Get("goal").Items() {
			if to := b.refTo(f, r); to != nil {
				p.Goals = append(p.Goals, b.label(to.Node.Get("description")))
			}
		}
		p.Prov = b.prov(f, created)
		b.c.CarePlans = append(b.c.CarePlans, p)
	}
	slices.SortStableFunc(b.c.CarePlans, func(x, y CarePlan) int { return cmp.Or(activeFirst(x.Active, y.Active), newer(x.When, y.When)) })
	b.goals()
}

func (b *builder) goals() {
	for _, f := range b.of("Goal") {
		f.used = true
		n := f.Node
		g := Goal{Text: b.label(n.Get("description")), Status: f.status, Achievement: b.code(n.Get("achievementStatus")), Note: b.notes(n), Also: b.routes(f)}
		switch f.status {
		case "proposed", "planned", "accepted", "active", "on-hold":
			g.Active = true
		}
		g.Start = b.when(n.Get("startDate"))
		for t := range n.Get("target").Items() {
			g.Due = b.when(t.Get("dueDate"))
			detail := sayQuantity(t.Get("detailQuantity"))
			if r := t.Get("detailRange"); r.Exists() {
				detail = r.Get("low").Get("value").Text() + "–" + sayQuantity(r.Get("high"))
			}
			if detail != "" {
				g.Target = strings.TrimSpace(b.label(t.Get("measure")) + " " + detail)
			}
			break
		}
		g.Prov = b.prov(f, b.when(n.Get("statusDate")))
		if g.Text == "" {
			b.unused(f, "Goal without words")
			continue
		}
		b.c.Goals = append(b.c.Goals, g)
	}
	slices.SortStableFunc(b.c.Goals, func(x, y Goal) int { return cmp.Or(activeFirst(x.Active, y.Active), newer(x.Start, y.Start)) })
}

func activeFirst(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}

package document

import (
	"strings"

	"wholechart/chart"
)

// afterVisit is for the patient: plain words, what was done, what comes next.
func (w *writer) afterVisit() {
	v := w.visit
	if v == nil {
		w.line("There is no visit that this could be about: ", Marker)
		return
	}
	name := w.c.Patient.Name
	if name == "" {
		name = "Name not recorded"
	}
	who := ""
	if v.Who != "" {
		who = " with " + v.Who
	}
	w.line(name, ", this is about your visit on ", v.When.String(), who, ".")
	w.head("Why you came")
	if v.Reason != "" {
		w.line(v.Reason)
	} else {
		w.line("Not recorded.")
	}
	w.head("What was measured")
	if !w.vitals(v.Facts) {
		w.line("Nothing was measured at this visit, or it is not recorded.")
	}
	if n := len(v.Facts.Problems.Active); n > 0 {
		w.head("What was found")
		for _, p := range v.Facts.Problems.Active {
			w.item(p.Prov, p.Name)
		}
	}
	w.head("Your medicines: what is new or changed")
	changed := 0
	for _, m := range v.Facts.Medicines.Active {
		changed++
		sig := m.Sig
		if sig == "" {
			sig = "how to take it is not recorded: ask"
		}
		w.item(m.Prov, "START or CHANGE: "+m.Name, sig, m.Reason)
	}
	for _, m := range w.c.Medicines.Stopped {
		if m.State == "stopped" && m.Ended.Known() && m.Ended.Day() == day(v.When) {
			changed++
			w.item(m.Prov, "STOP: "+m.Name)
		}
	}
	if changed == 0 {
		w.line("No medicine was started or stopped at this visit, as far as it is recorded.")
	}
	w.head("All the medicines on your list")
	for _, m := range w.c.Medicines.Active {
		sig := m.Sig
		if sig == "" {
			sig = "how to take it is not recorded: ask"
		}
		w.item(m.Prov, m.Name, sig)
	}
	if len(w.c.Medicines.Active) == 0 {
		w.line("None is recorded. If you take any, tell us.")
	}
	if len(w.c.Medicines.Drafts) > 0 {
		w.line("Orders that are not signed yet are not listed.")
	}
	if n := len(v.Facts.Orders); n > 0 {
		w.head("Tests and referrals that were ordered")
		for _, o := range v.Facts.Orders {
			if o.Status == "draft" || o.Status == "revoked" {
				continue
			}
			w.item(o.Prov, o.Name)
		}
	}
	w.head("Results")
	if n := w.results1(v.Facts); n == 0 {
		w.line("No result came in at this visit.")
	}
	w.head("What to do now")
	switch {
	case v.Told != "" || v.Plan != "":
		if !v.Signed {
			w.line(Marker, " taken from a note that is not signed yet:")
		}
		for _, s := range []string{v.Told, v.Plan} {
			if s = strings.TrimSpace(s); s != "" {
				w.line(s)
			}
		}
	default:
		w.line(Marker, " The note of this visit says nothing of a plan: write what the patient is to do.")
	}
	w.head("Your next appointments")
	n := 0
	for _, a := range w.c.Appointments.Next {
		if a.Status == "cancelled" || n >= 6 || !a.When.At.After(w.now) {
			continue
		}
		n++
		when := a.When.String()
		if a.When.Clock() != "" {
			when += " at " + a.When.Clock()
		}
		w.item(a.Prov, when, a.Text, a.With, a.Where)
	}
	if n == 0 {
		w.line("None is booked.")
	}
	w.head("When to call us")
	w.line("Call us if anything gets worse or if you do not understand something here. In an emergency call 911.")
	w.missing()
}

func day(t chart.When) string {
	if len(t.Day()) >= 10 {
		return t.Day()[:10]
	}
	return t.Day()
}

// results1 are the results of a visit that are no vital signs.
func (w *writer) results1(c *chart.Chart) int {
	n := 0
	for _, s := range c.Results.Series {
		if s.Category == "vital-signs" || s.Category == "social-history" || s.Category == "survey" {
			continue
		}
		n++
		p := s.Latest()
		ref := ""
		if p.Range.Text != "" {
			ref = "usual " + p.Range.Text
		}
		w.item(p.Prov, s.Name+" "+value(p), ref)
	}
	return n
}

func (w *writer) referral() {
	w.line("Dear colleague,\n")
	w.person()
	w.line("\nThank you for seeing this patient. The question is: ", Marker)
	w.problems()
	w.medicines()
	w.allergies()
	w.head("Latest vital signs")
	if !w.vitals(w.c) {
		w.line("Not recorded.")
	}
	w.head("Results of the last year")
	if w.recent(366, 30) == 0 {
		w.line("None is recorded.")
	}
	w.missing()
	w.line("\nWith kind regards")
}

func (w *writer) results() {
	name := w.c.Patient.Name
	if name == "" {
		name = Marker
	}
	w.line("Dear ", name, ",\n")
	w.line("These are your latest results. What they mean for you: ", Marker)
	w.head("Results of the last 90 days")
	if w.recent(90, 40) == 0 {
		w.line("None is recorded in this time.")
	}
	w.missing()
	w.line("\nCall us if you have a question about them.\n\nWith kind regards")
}

func (w *writer) absence() {
	w.line("To whom it may concern,\n")
	w.person()
	if w.visit != nil && w.visit.When.Known() {
		w.line("\nwas seen here on ", w.visit.When.String(), ".")
	} else {
		w.line("\nwas seen here on ", Marker, ".")
	}
	w.line("\nUnable to attend from ", Marker, " to ", Marker, ".")
	w.line("\nLimitations after that: ", Marker)
}

func (w *writer) medicineList() {
	w.person()
	w.medicines()
	w.allergies()
	w.missing()
}

func (w *writer) immunisationRecord() {
	w.person()
	w.head("Immunisations")
	w.immunisations()
	w.missing()
}

func (w *writer) summary() {
	w.person()
	p := w.c.Patient
	sex := p.Sex
	if sex == "" {
		sex = "not recorded"
	}
	w.line("Sex: ", sex)
	if p.Language != "" {
		w.line("Language: ", p.Language)
	}
	w.problems()
	w.medicines()
	w.allergies()
	w.head("Immunisations")
	w.immunisations()
	w.head("Latest vital signs")
	if !w.vitals(w.c) {
		w.line("Not recorded.")
	}
	w.head("Results of the last year")
	if w.recent(366, 60) == 0 {
		w.line("None is recorded.")
	}
	w.head("Procedures")
	n := 0
	for _, x := range w.c.Procedures {
		if n++; n > 40 {
			w.line("And earlier ones.")
			break
		}
		state := ""
		if x.NotDone {
			state = "not done"
		}
		when := "date not recorded"
		if x.When.Known() {
			when = x.When.String()
		} else if x.WhenText != "" {
			when = x.WhenText
		}
		w.item(x.Prov, x.Name, state, when)
	}
	if n == 0 {
		w.line("None is recorded.")
	}
	if len(w.c.Devices) > 0 {
		w.head("Implants and equipment")
		for _, x := range w.c.Devices {
			w.item(x.Prov, x.Name, x.Detail, x.Safety)
		}
	}
	w.head("Family history")
	for _, x := range w.c.Family {
		var have []string
		for _, y := range x.Conditions {
			have = append(have, y.Name)
		}
		w.item(x.Prov, x.Relation, strings.Join(have, ", "))
	}
	if len(w.c.Family) == 0 {
		w.line("Not recorded.")
	}
	w.head("Care team")
	for _, x := range w.c.Team {
		w.item(x.Prov, x.Name, x.Role, x.Phone)
	}
	if len(w.c.Team) == 0 {
		w.line("Not recorded.")
	}
	w.missing()
}

package chart

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wholechart/fhir"
)

// Medicines are what the patient takes, took or is about to be ordered: the
// union of prescriptions, statements, fills and administrations.
type Medicines struct {
	Active    []Medicine // by name
	Stopped   []Medicine // newest end first: stopped, completed, only ever given
	Drafts    []Medicine // written, not yet signed
	NoneKnown bool       // a source says that there are none
	Errors    int        // entered in error: kept out
}

// Medicine is one ingredient (or fixed combination) in one way of taking it,
// from all sources.
type Medicine struct {
	Name       string // "Metoprolol succinate 50 mg"
	Full       string // as recorded
	Ingredient string // lower case, without salts; of several "a / b"
	Strength   string // "50 mg"
	Form       string // oral, inhaled, topical…; "" when not said
	Code       fhir.Coding
	Codes      []fhir.Coding // of all entries
	Sig        string        // how to take it
	Reason     string
	Prescriber string
	State      string // active, on-hold, draft, stopped, completed, dispensed, given, not-taken, unknown
	Since      When
	Ended      When
	LastFilled When
	FilledAt   Prov // the last fill
	Fills      int
	Supply     int // days that the last fill lasts; 0: not said
	// NotFilled is the number of days since the last fill when what was
	// handed out is used up; 0 otherwise. A medicine never filled anywhere that
	// answered is not said to be: fills elsewhere are unknown, not none.
	NotFilled int
	Differs   []Difference // other sources' dose or status
	Entries   []MedicineEntry
	Prov
	Also    []Prov
	Outside bool // in no list of the own chart; fills alone are no list
}

// EntryKind is what kind of resource speaks of a medicine.
type EntryKind string

// The kinds of entries.
const (
	Prescribed EntryKind = "prescribed" // MedicationRequest
	Taken      EntryKind = "taken"      // MedicationStatement
	Dispensed  EntryKind = "dispensed"  // MedicationDispense
	Given      EntryKind = "given"      // MedicationAdministration
)

// MedicineEntry is one resource about a medicine.
type MedicineEntry struct {
	Kind        EntryKind
	Name        string
	Strength    string
	Sig         string
	State       string // the resource's status
	Who         string // prescriber, informant, pharmacist
	Reason      string
	When, Until When
	Quantity    string
	Supply      int // days
	Prov
	Also    []Prov
	outside bool
	medication
}

// live says whether a list entry is in force.
func (e MedicineEntry) live(now time.Time) bool {
	if e.Kind != Prescribed && e.Kind != Taken {
		return false
	}
	switch e.State {
	case "active", "on-hold", "intended", "unknown", "":
		return !e.Until.Known() || e.Until.Until().After(now)
	}
	return false
}

func (b *builder) medicines() {
	ms := &b.c.Medicines
	entries, drafts := newGroups[MedicineEntry](), newGroups[MedicineEntry]()
	for _, kind := range [...]struct {
		typ  string
		kind EntryKind
	}{{"MedicationRequest", Prescribed}, {"MedicationStatement", Taken}, {"MedicationDispense", Dispensed}, {"MedicationAdministration", Given}} {
		for _, f := range b.of(kind.typ) {
			f.used = true
			e := b.medicineEntry(f, kind.kind)
			if slices.ContainsFunc(e.code, func(c fhir.Coding) bool { return c.Code == "no-known-medications" }) {
				ms.NoneKnown = true
				continue
			}
			if e.Name == "" {
				b.unused(f, kind.typ+" that names no medicine")
				continue
			}
			to := entries
			if e.State == "draft" {
				to = drafts
			}
			to.addKeys(e, e.keys)
		}
	}
	for _, p := range b.c.Errors {
		if strings.HasPrefix(p.Type, "Medication") {
			ms.Errors++
		}
	}
	for _, same := range entries.all() {
		m, active := b.medicine(same)
		if active {
			ms.Active = append(ms.Active, m)
		} else {
			ms.Stopped = append(ms.Stopped, m)
		}
	}
	for _, same := range drafts.all() {
		m, _ := b.medicine(same)
		ms.Drafts = append(ms.Drafts, m)
	}
	slices.SortStableFunc(ms.Active, func(x, y Medicine) int { return strings.Compare(x.Name, y.Name) })
	slices.SortStableFunc(ms.Stopped, func(x, y Medicine) int { return cmp.Or(newer(x.Ended, y.Ended), newer(x.Since, y.Since)) })
}

// way is the form as far as it tells two medicines of one ingredient apart: a
// form not said is taken for oral.
func way(form string) string {
	if form == "oral" {
		return ""
	}
	return form
}

// medicine makes one medicine of its entries, of which there is at least one.
func (b *builder) medicine(entries []MedicineEntry) (m Medicine, active bool) {
	slices.SortStableFunc(entries, func(x, y MedicineEntry) int { return newer(x.When, y.When) })
	lead := -1
	for i, e := range entries {
		better := lead < 0
		if !better {
			h := entries[lead]
			better = leads(e, b.c.Now) < leads(h, b.c.Now)
		}
		if better {
			lead = i
		}
	}
	l := entries[lead]
	active = l.live(b.c.Now)
	m = Medicine{Name: l.drug.name, Full: l.Name, Ingredient: l.drug.ingredient, Strength: l.Strength, Form: l.drug.form, Code: first(l.code), Sig: l.Sig,
		Reason: l.Reason, State: cmp.Or(l.State, "unknown"), Since: l.When, Ended: l.Until, Prov: l.Prov, Entries: entries, Outside: true}
	if m.Name == "" {
		m.Name = l.Name
	}
	if l.Kind == Prescribed {
		m.Prescriber = l.Who
	}
	m.Also = append(m.Also, l.Also...)
	for i, e := range entries {
		for _, c := range e.code {
			if !slices.Contains(m.Codes, c) {
				m.Codes = append(m.Codes, c)
			}
		}
		if !e.outside && e.Kind != Dispensed && e.Kind != Given {
			m.Outside = false
		}
		if i != lead && (e.Kind == Prescribed || e.Kind == Taken) {
			m.Also = append(m.Also, e.Prov)
		}
		if e.Kind == Dispensed && e.State != "declined" && e.State != "cancelled" {
			m.Fills++
			if !m.LastFilled.Known() {
				m.LastFilled, m.FilledAt, m.Supply = e.When, e.Prov, e.Supply
			}
		}
		if same := e.Kind == l.Kind && e.Source == l.Source && sameStrength(e.Strength, l.Strength); same && e.When.Known() && e.When.Before(m.Since) && e.live(b.c.Now) == active {
			m.Since = e.When
		}
	}
	if l.Kind == Dispensed || l.Kind == Given {
		m.State = string(l.Kind)
		// Handed out by somebody though in nobody's list: taken as long as it lasts.
		active = l.Kind == Dispensed && l.When.Known() && b.c.Now.Before(l.When.At.AddDate(0, 0, max(l.Supply, 30)+14))
	}
	if !active && !m.Ended.Known() && l.State != "active" && l.State != "draft" && l.Kind != Given {
		m.Ended = l.Prov.When
	}
	b.differing(&m, l, entries)
	if active && m.LastFilled.Known() {
		days := int(b.c.Now.Sub(m.LastFilled.At) / (24 * time.Hour))
		if limit := cmp.Or(m.Supply, 120); days > limit {
			m.NotFilled = days
		}
	}
	return m, active
}

// leads ranks entries: in force before ended, a list before fills. Among equals the newest leads.
func leads(e MedicineEntry, now time.Time) int {
	switch {
	case e.live(now) && e.State != "on-hold":
		return 0
	case e.live(now):
		return 1
	case e.Kind == Prescribed || e.Kind == Taken:
		return 2
	case e.Kind == Dispensed:
		return 3
	}
	return 4
}

// differing lists what other sources' newest entries say otherwise than the
// leading one: another strength, another number of tablets or times, or that it
// was stopped.
func (b *builder) differing(m *Medicine, l MedicineEntry, entries []MedicineEntry) {
	seen := map[string]bool{}
	for _, e := range entries {
		if e.Kind != Prescribed && e.Kind != Taken || e.Ref() == l.Ref() && e.Source == l.Source {
			continue
		}
		live := e.live(b.c.Now)
		key := e.Source.Slug + "\x00" + amountOf(e.Strength)
		switch {
		case live && l.live(b.c.Now) && e.Strength != "" && l.Strength != "" && !sameStrength(e.Strength, l.Strength):
			if !seen[key] {
				m.Differs = append(m.Differs, Difference{"dose", l.Strength, e.Strength, e.Prov})
			}
		case live && l.live(b.c.Now) && e.Source != l.Source && !seen[e.Source.Slug] && otherDose(e.Sig, l.Sig):
			m.Differs = append(m.Differs, Difference{"directions", l.Sig, e.Sig, e.Prov})
		case !live && l.live(b.c.Now) && e.Source != l.Source && !seen[e.Source.Slug]:
			if e.State == "stopped" || e.State == "not-taken" || e.State == "cancelled" {
				there := e.State
				if e.Until.Known() {
					there += " " + e.Until.String()
				}
				m.Differs = append(m.Differs, Difference{"status", cmp.Or(l.State, "active"), there, e.Prov})
			}
		}
		seen[key], seen[e.Source.Slug] = true, true
	}
}

package progress

import (
	"slices"
	"strings"

	"wholechart/chart"
	"wholechart/decision/substance"
	"wholechart/fhir"
)

// focus is a view of one problem: what is followed in it, and its medicines. It
// chooses what is shown and claims nothing about care.
type focus struct {
	ID, Title string
	ICD       []string // prefixes of ICD-10-CM codes, without the dot
	SNOMED    []string
	Series    []wanted
	Classes   []string // of package substance
	Drugs     []string // ingredients beside them
}

// wanted is one quantity that is followed, by LOINC codes that say it.
type wanted struct {
	Name  string
	LOINC []string
}

const (
	loinc  = "http://loinc.org"
	snomed = "http://snomed.info/sct"
)

func focusByID(id string) *focus {
	for i := range focuses {
		if focuses[i].ID == id {
			return &focuses[i]
		}
	}
	return nil
}

// of says whether a problem is one of the view's: by ICD-10 or SNOMED CT codes,
// never by its words.
func (f *focus) of(p chart.Problem) bool {
	for _, c := range p.Codes {
		switch {
		case strings.HasPrefix(c.System, "http://hl7.org/fhir/sid/icd-10"):
			code := strings.ReplaceAll(c.Code, ".", "")
			if slices.ContainsFunc(f.ICD, func(x string) bool { return strings.HasPrefix(code, x) }) {
				return true
			}
		case c.System == snomed:
			if slices.Contains(f.SNOMED, c.Code) {
				return true
			}
		}
	}
	return false
}

// takes says whether a medicine belongs to the view, and whether its ingredients
// are known at all.
func (f *focus) takes(m chart.Medicine) bool {
	list := ingredients(m)
	return slices.ContainsFunc(list, func(s substance.Substance) bool {
		return slices.Contains(f.Drugs, s.Name) || slices.ContainsFunc(f.Classes, s.Is)
	})
}

func ingredients(m chart.Medicine) []substance.Substance {
	name := m.Full
	if name == "" {
		name = m.Name
	}
	list, _ := substance.Find(name, m.Codes)
	if len(list) == 0 && m.Ingredient != "" {
		for part := range strings.SplitSeq(m.Ingredient, "/") {
			if s, ok := substance.Known(strings.TrimSpace(part)); ok {
				list = append(list, s)
			}
		}
	}
	return list
}

// chip is a preset in the row of presets.
type chip struct {
	Title, Why, Href string
	Active           bool
}

// chips are the presets: those of the problem list first, then all others.
func (v *view) chips(part string) (mine, others []chip) {
	active := v.Chart().Problems.Active
	for i := range focuses {
		f := &focuses[i]
		c := chip{Title: f.Title, Active: v.ask.Focus == f.ID, Href: v.href(part, func(a *ask) { a.Focus, a.Rows, a.Page, a.Text, a.Group = f.ID, nil, 0, "", "" })}
		for _, p := range active {
			if f.of(p) {
				c.Why = p.Name
				break
			}
		}
		if c.Why != "" {
			mine = append(mine, c)
		} else {
			others = append(others, c)
		}
	}
	return mine, others
}

// index finds series by their LOINC codes, the whole before its parts.
type index map[string][]*chart.Series

func indexOf(list []*chart.Series) index {
	x := index{}
	add := func(s, as *chart.Series) {
		for _, c := range s.Codes {
			if c.System == loinc && !slices.Contains(x[c.Code], as) {
				x[c.Code] = append(x[c.Code], as)
			}
		}
	}
	for _, s := range list {
		add(s, s)
	}
	for _, s := range list {
		for _, part := range s.Parts {
			add(part, s)
		}
	}
	return x
}

// find are the series of one quantity, each once, and whether there is any.
func (x index) find(w wanted) []*chart.Series {
	var out []*chart.Series
	for _, code := range w.LOINC {
		for _, s := range x[code] {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// followed are the series of a view in its order, and what of it is not recorded.
func (f *focus) followed(x index) (out []*chart.Series, lacking []string) {
	for _, w := range f.Series {
		list := x.find(w)
		if len(list) == 0 {
			lacking = append(lacking, w.Name)
		}
		for _, s := range list {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out, lacking
}

func hasCode(s *chart.Series, codes ...string) bool {
	return slices.ContainsFunc(s.Codes, func(c fhir.Coding) bool { return c.System == loinc && slices.Contains(codes, c.Code) })
}

package facts

import (
	"strings"

	"github.com/a-h/templ"

	"wholechart/chart"
	"wholechart/web/clinic"
	"wholechart/web/plot"
)

// roles are v3 RoleCodes by the words that records use for a relation.
var roles = map[string]string{"mother": "MTH", "father": "FTH", "sister": "SIS", "brother": "BRO", "daughter": "DAU", "son": "SON",
	"maternal grandmother": "MGRMTH", "maternal grandfather": "MGRFTH", "paternal grandmother": "PGRMTH", "paternal grandfather": "PGRFTH",
	"mother's mother": "MGRMTH", "mother's father": "MGRFTH", "father's mother": "PGRMTH", "father's father": "PGRFTH",
	"maternal aunt": "MAUNT", "maternal uncle": "MUNCLE", "paternal aunt": "PAUNT", "paternal uncle": "PUNCLE",
	"mother's sister": "MAUNT", "mother's brother": "MUNCLE", "father's sister": "PAUNT", "father's brother": "PUNCLE"}

var female = map[string]bool{"MTH": true, "SIS": true, "DAU": true, "MGRMTH": true, "PGRMTH": true, "MAUNT": true, "PAUNT": true}

// roleOf is a relation's code by its words: "natural mother" is a mother.
func roleOf(words string) string {
	w := strings.ToLower(strings.TrimSpace(words))
	for _, lead := range [...]string{"natural ", "biological ", "full ", "birth "} {
		w = strings.TrimPrefix(w, lead)
	}
	return roles[w]
}

// Pedigree is the family history of a chart as a picture, with the patient in
// it. href leads to a fact; nil: nowhere.
func Pedigree(c *chart.Chart, href func(chart.Prov) string) plot.Pedigree { return pedigree(c, href) }

func pedigree(c *chart.Chart, href func(chart.Prov) string) plot.Pedigree {
	self := plot.Relative{Sex: c.Patient.Sex, Age: c.Patient.Age, Dead: c.Patient.Deceased}
	var p plot.Pedigree
	for _, r := range c.Family {
		one := plot.Relative{Role: roleOf(r.Relation), Label: capital(strings.TrimPrefix(r.Relation, "natural ")), Name: r.Name, Sex: r.Sex, Age: strings.TrimSuffix(r.Age, " y"), Dead: r.Deceased != "", Note: r.Note}
		if one.Role == "" {
			one.Role = "other"
		} else if one.Sex == "" {
			one.Sex = "male"
			if female[one.Role] {
				one.Sex = "female"
			}
		}
		if one.Dead {
			one.Age = strings.TrimSpace("died " + strings.TrimPrefix(r.Deceased, "yes"))
		}
		if r.Unknown != "" {
			one.Note = strings.TrimSpace(r.Unknown + ". " + one.Note)
		}
		for _, k := range r.Conditions {
			one.Conditions, one.Onsets = append(one.Conditions, k.Name), append(one.Onsets, since(k.Onset))
		}
		if href != nil {
			one.Href = href(r.Prov)
		}
		p.People = append(p.People, one)
	}
	for _, name := range conditionsOf(p.People) {
		for _, pr := range c.Problems.Active {
			if strings.EqualFold(pr.Name, name) {
				self.Conditions, self.Onsets = append(self.Conditions, name), append(self.Onsets, began(pr))
				break
			}
		}
	}
	p.People = append([]plot.Relative{self}, p.People...)
	return p
}

// since words when something began: an age as it is, a date after "since".
func since(onset string) string {
	if onset != "" && onset[0] >= '0' && onset[0] <= '9' {
		return "since " + onset
	}
	return onset
}

// began is when a problem of the patient began.
func began(pr chart.Problem) string {
	if pr.OnsetText != "" || !pr.Onset.Known() {
		return since(pr.OnsetText)
	}
	return "since " + pr.Onset.At.Format("2006")
}

func conditionsOf(people []plot.Relative) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range people {
		for _, c := range r.Conditions {
			if !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	return out
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// picture is the pedigree at the top of the family section; nil where there is
// nobody to draw.
func picture(p *clinic.Patient, section string) templ.Component {
	if section != "family" {
		return nil
	}
	family := pedigree(p.Chart(), p.FactHref)
	if len(family.People) < 2 {
		return nil
	}
	return pedigreeCard(family)
}

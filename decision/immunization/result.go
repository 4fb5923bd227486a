package immunization

import (
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// titre is a laboratory result that tells of immunity or of an illness had.
type titre struct {
	observation string
	loinc       []string
	words       []string // all of the groups' phrases, one of each
	unless      []string
	least       float64 // of a number in mIU/mL or IU/L, IU/mL for rubella; 0: a number alone tells nothing
	unit        string
	name        string
}

var titres = []titre{
	{"019", []string{"16935-9", "22322-2", "10900-9", "5193-8", "39535-0", "75409-3"}, []string{"hepatitis b surface antibody", "hepatitis b surface ab", "hepatitis b virus surface ab", "anti hbs", "hbsab", "hep b surface ab", "hepatitis b virus surface ab igg"}, nil, 10, "miu/ml iu/l m[iu]/ml [iu]/l", "antibodies to hepatitis B surface antigen"},
	{"019", []string{"5195-3", "5196-1", "75410-1", "5197-9", "7905-3"}, []string{"hepatitis b surface antigen", "hbsag", "hepatitis b virus surface ag", "hepatitis b surface ag"}, []string{"antibody", "ab", "neutralization"}, 0, "", "hepatitis B surface antigen"},
	{"018", []string{"13951-9", "20575-7", "32018-4", "40724-7"}, []string{"hepatitis a antibody total", "hepatitis a igg", "hepatitis a virus ab igg", "hepatitis a virus igg ab", "hepatitis a ab total", "hepatitis a total antibody"}, []string{"igm"}, 0, "", "antibodies to hepatitis A"},
	{"020", []string{"20479-2", "5244-9", "35275-7", "7962-4"}, []string{"measles igg", "measles antibody", "measles virus igg ab", "measles virus ab igg", "measles immunity", "rubeola igg", "rubeola antibody", "measles titer"}, []string{"igm"}, 0, "", "measles IgG"},
	{"021", []string{"22415-4", "6476-6", "7966-5"}, []string{"mumps igg", "mumps antibody", "mumps virus igg ab", "mumps virus ab igg", "mumps immunity", "mumps titer"}, []string{"igm"}, 0, "", "mumps IgG"},
	{"022", []string{"25514-1", "5334-8", "8014-3", "40667-8"}, []string{"rubella igg", "rubella antibody", "rubella virus igg ab", "rubella virus ab igg", "rubella immunity", "rubella titer", "rubella immune status"}, []string{"igm"}, 10, "iu/ml [iu]/ml", "rubella IgG"},
	{"023", []string{"19162-7", "15410-4", "5403-1", "22602-7", "8047-3"}, []string{"varicella igg", "varicella antibody", "varicella zoster igg", "varicella zoster virus igg ab", "varicella zoster virus ab igg", "varicella zoster antibody", "vzv igg", "varicella immunity", "varicella titer", "varicella zoster igg antibody"}, []string{"igm"}, 0, "", "varicella IgG"},
}

func (k *titre) fits(s *chart.Series, words []string) bool {
	for _, c := range s.Codes {
		if c.System == "http://loinc.org" && slices.Contains(k.loinc, c.Code) {
			return true
		}
	}
	return fact.Any(words, k.words...) && !fact.Any(words, k.unless...)
}

// meaning is what a titre says: 1 positive, -1 negative or not clear, 0 cannot be told.
func (k *titre) meaning(p chart.Point) int {
	words := fact.Words(p.Value)
	switch {
	case fact.Any(words, "negative", "non", "nonreactive", "nonimmune", "not", "equivocal", "indeterminate", "borderline", "undetected", "absent", "susceptible", "no", "neg"):
		return -1
	case fact.Any(words, "positive", "reactive", "immune", "detected", "present", "pos"):
		return 1
	}
	if p.Number >= 0 && k.least > 0 && slices.Contains(strings.Fields(k.unit), strings.ToLower(p.Unit)) {
		switch low := strings.HasPrefix(strings.TrimSpace(p.Value), "<"); {
		case p.Number < k.least, low && p.Number <= k.least:
			return -1
		case !low:
			return 1
		}
	}
	switch strings.ToLower(p.FlagWord) {
	case "positive", "reactive", "detected", "immune":
		return 1
	case "negative", "non-reactive", "not detected", "indeterminate":
		return -1
	}
	return 0
}

// results are the titres: the newest that says anything decides.
func (o *observer) results() {
	type found struct {
		e       rule.Evidence
		meaning int
		at      time.Time
	}
	last := map[int]found{}
	for _, s := range o.c.Results.Series {
		if s.Category == "vital-signs" || s.Category == "social-history" {
			continue
		}
		words := fact.Words(s.Name)
		for i := range titres {
			k := &titres[i]
			if !k.fits(s, words) {
				continue
			}
			for _, p := range s.Points {
				if fact.UseOf(p, o.now) != fact.Usable {
					continue
				}
				e := rule.Evidence{Text: s.Name + ": " + fact.Value(p), Prov: p.Prov, When: p.When}
				switch m := k.meaning(p); {
				case m == 0:
					o.gap("whether " + fact.Quoted(e.Text) + " means immunity is not said")
				case p.When.At.After(last[i].at) || p.When.At.Equal(last[i].at) && m < last[i].meaning:
					last[i] = found{e, m, p.When.At}
				}
			}
		}
	}
	for i, f := range last {
		if f.meaning > 0 {
			o.add(titres[i].observation, f.e)
		}
	}
}

const (
	cd4Fresh  = 365 // days for which a CD4 count speaks of now; our choice
	cd4Recent = 183 // severe immunosuppression is looked for in the last six months (ACIP)
)

// hiv: how severe, by CD4: under 200 a microlitre, or under 15 %, is severe from 5
// years on; below that age the share alone decides (ACIP, MMR 2013).
func (o *observer) hiv() {
	if !o.has("186") {
		return
	}
	birth := o.c.Patient.Birth
	young := birth.Known() && o.now.Before(birth.At.AddDate(5, 0, 0))
	var low, fine *rule.Evidence
	for _, s := range o.c.Results.Series {
		words := fact.Words(s.Name)
		share := codeOf(s, "8123-2", "17822-8") || fact.Any(words, "cd4", "cd3 cd4", "helper") && fact.Any(words, "percent", "percentage", "100 cells", "cells 100", "%")
		count := !share && (codeOf(s, "24467-3", "20605-4", "32515-9") || fact.Any(words, "cd4", "cd3 cd4 cells", "helper t cells", "t helper")) && !fact.Any(words, "ratio", "cd8")
		if !share && !count {
			continue
		}
		for _, p := range s.Points {
			if fact.UseOf(p, o.now) != fact.Usable || !o.within(p.When, cd4Fresh) || !(p.Number >= 0) {
				continue
			}
			isShare := share || p.Unit == "%"
			n, limit := p.Number, 200.0
			if isShare {
				limit = 15
			} else {
				switch strings.ToLower(p.Unit) {
				case "10*9/l", "10^9/l", "x10*9/l", "x10e9/l", "10*3/ul", "10^3/ul", "k/ul":
					n *= 1000
				case "/ul", "cells/ul", "{cells}/ul", "cells/mcl", "/mm3", "cells/mm3", "10*6/l", "/mcl", "cells/µl", "/µl", "cells/cumm":
				default:
					o.gap("the unit of " + fact.Quoted(s.Name+": "+fact.Value(p)) + " could not be read")
					continue
				}
				if young {
					continue
				}
			}
			e := rule.Evidence{Text: s.Name + " " + fact.Value(p), Prov: p.Prov, When: p.When}
			if n < limit {
				low = newest(low, &e)
			} else {
				fine = newest(fine, &e)
			}
		}
	}
	switch {
	case low != nil && (fine == nil || fact.Days(low.When, o.now) <= cd4Recent):
		o.facts["154"] = append(slices.Clone(o.facts["186"]), *low)
	case fine != nil:
		o.facts["155"] = append(slices.Clone(o.facts["186"]), *fine)
	default:
		o.advise(Advice{Codes: []string{"154", "155"}, Facts: o.facts["186"], Text: "HIV infection without a CD4 count of the last year: whether live vaccines may be given is not known"})
		o.gap("HIV infection, and no CD4 count of the last year in the record: severe immunosuppression was neither found nor excluded")
	}
}

func codeOf(s *chart.Series, list ...string) bool {
	for _, c := range s.Codes {
		if c.System == "http://loinc.org" && slices.Contains(list, c.Code) {
			return true
		}
	}
	return false
}

const pregnancyDays = 300 // a pregnancy recorded longer ago is over, whether its end was written or not

// pregnancy: as it is recorded; a person of whom nothing is said is taken as not
// pregnant.
func (o *observer) pregnancy() {
	sex := strings.ToLower(o.c.Patient.SexAtBirth)
	if sex == "" {
		sex = strings.ToLower(o.c.Patient.Sex)
	}
	if sex == "male" || sex == "m" {
		return
	}
	if b := o.c.Patient.Birth; b.Known() && (o.now.Before(b.At.AddDate(9, 0, 0)) || o.now.After(b.Until().AddDate(58, 0, 0))) {
		return
	}
	var yes, no *rule.Evidence
	var ended, begun time.Time
	end := func(name string, w chart.When) {
		if words := fact.Words(name); fact.Any(words, "delivery", "vaginal birth", "cesarean*", "childbirth", "miscarriage", "spontaneous abortion", "termination of pregnancy", "induced abortion", "postpartum", "live birth", "stillbirth") &&
			!fact.Any(words, "planned", "date", "estimated", "history", "education", "previous") && w.Known() && !w.At.After(o.now) && w.At.After(ended) {
			ended = w.At
		}
	}
	for _, p := range o.c.Procedures {
		if !p.NotDone {
			end(p.Name, p.When)
		}
	}
	for _, list := range [][]chart.Problem{o.c.Problems.Active, o.c.Problems.Resolved} {
		for _, p := range list {
			end(p.Name, p.Onset)
			if words := fact.Words(p.Name); fact.Any(words, "pregnancy", "pregnant") && p.Ended.Known() && p.Ended.At.After(ended) && !p.Ended.At.After(o.now) {
				ended = p.Ended.At
			}
		}
	}
	for _, p := range o.c.Problems.Active {
		words := fact.Words(p.Name)
		coded := slices.ContainsFunc(p.Codes, func(c fhir.Coding) bool {
			return slices.ContainsFunc([]string{"Z33", "Z34", "Z3A", "O09"}, func(k string) bool { return strings.HasPrefix(c.Code, k) }) || c.Code == "77386006" || c.Code == "72892002"
		})
		if !coded && !fact.Any(words, "pregnancy", "pregnant", "gravid") || fact.Any(words, "history of", "past", "previous", "not", "no", "ectopic", "postpartum", "test", "unwanted", "prevention", "desires", "planning", "after", "infertility", "complicat* of previous") {
			continue
		}
		w := p.Onset
		if !w.Known() {
			w = p.Prov.When
		}
		if o.within(w, pregnancyDays) && w.At.After(ended) {
			if p.Verification == "provisional" || p.Verification == "unconfirmed" || p.Verification == "differential" {
				o.gap(fact.Quoted(p.Name) + " is " + p.Verification + ": it was not taken into account")
				continue
			}
			yes = newest(yes, &rule.Evidence{Text: p.Name, Prov: p.Prov, When: w})
		}
	}
	for _, s := range o.c.Results.Series {
		words := fact.Words(s.Name)
		due := codeOf(s, "11778-8", "11779-6", "11780-4", "11781-2") || fact.Any(words, "delivery date estimated", "estimated date of delivery", "estimated delivery date", "due date")
		weeks := codeOf(s, "18185-9", "49051-6", "11884-4", "11887-7") || fact.Any(words, "gestational age")
		status := codeOf(s, "82810-3") || fact.Any(words, "pregnancy status")
		for _, p := range s.Points {
			if !due && !weeks && !status || fact.UseOf(p, o.now) != fact.Usable || !p.When.At.After(ended) {
				continue
			}
			e := &rule.Evidence{Text: s.Name + ": " + fact.Value(p), Prov: p.Prov, When: p.When}
			val := fact.Words(p.Value)
			switch {
			case due:
				for _, form := range []string{time.DateOnly, "2 Jan 2006"} {
					if t, err := time.Parse(form, strings.TrimSpace(p.Value)); err == nil && t.After(o.now.AddDate(0, 0, -14)) && t.Before(o.now.AddDate(0, 0, 290)) {
						if yes = newest(yes, e); yes == e {
							begun = t.AddDate(0, 0, -280)
						}
					}
				}
			case weeks:
				if at := p.When.At.Add(-time.Duration(p.Number*7*24) * time.Hour); p.Number > 2 && p.Number <= 44 && o.now.Before(at.AddDate(0, 0, pregnancyDays)) {
					if yes = newest(yes, e); begun.IsZero() || yes == e {
						begun = at
					}
				}
			case fact.Any(val, "not pregnant", "no", "negative", "nonpregnant"):
				no = newest(no, e)
			case fact.Any(val, "pregnant", "yes", "positive") && o.within(p.When, pregnancyDays):
				yes = newest(yes, e)
			}
		}
	}
	if yes == nil || no != nil && no.When.At.After(yes.When.At) {
		return
	}
	o.add("007", *yes)
	if !begun.IsZero() {
		o.add("170", *yes)
		o.observed["170"] = begun
	}
}

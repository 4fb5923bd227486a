package caution

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// concept is a disease or something done, by its codes or its words.
type concept struct {
	name           string // as in a sentence
	icd, snomed    []string
	phrases, never []string
}

// readConcepts reads
//
//	[heart-failure] heart failure
//	icd I50* I11.0
//	snomed 84114007
//	words heart failure | hfref
//	unless diastolic
//
// An ICD code that ends with * stands for all below it.
func readConcepts(text string) (map[string]*concept, error) {
	out := map[string]*concept{}
	var c *concept
	in := bufio.NewScanner(strings.NewReader(text))
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "["); ok {
			id, name, ok := strings.Cut(rest, "] ")
			if !ok || out[id] != nil {
				return nil, fmt.Errorf("concepts line %d: want [id] name, once", n)
			}
			c = &concept{name: name}
			out[id] = c
			continue
		}
		kind, rest, _ := strings.Cut(line, " ")
		if c == nil {
			return nil, fmt.Errorf("concepts line %d: no concept begins before it", n)
		}
		switch kind {
		case "icd":
			c.icd = append(c.icd, strings.Fields(rest)...)
		case "snomed":
			c.snomed = append(c.snomed, strings.Fields(rest)...)
		case "words", "unless":
			for p := range strings.SplitSeq(rest, "|") {
				if p = strings.TrimSpace(p); p == "" {
					return nil, fmt.Errorf("concepts line %d: empty words", n)
				}
				if p = normal(p); kind == "words" {
					c.phrases = append(c.phrases, p)
				} else {
					c.never = append(c.never, p)
				}
			}
		default:
			return nil, fmt.Errorf("concepts line %d: %q", n, kind)
		}
	}
	return out, in.Err()
}

// normal spells a phrase as fact.Words spells names.
func normal(p string) string {
	open, star := strings.CutSuffix(p, "*")
	if p = strings.Join(fact.Words(open), " "); star {
		p += "*"
	}
	return p
}

// coded says whether one of the codes is the concept's.
func (c *concept) coded(codes []fhir.Coding) bool {
	for _, x := range codes {
		if x.System == "http://snomed.info/sct" {
			if slices.Contains(c.snomed, x.Code) {
				return true
			}
			continue
		}
		if !strings.Contains(x.System, "icd-10") && x.System != "urn:oid:2.16.840.1.113883.6.90" {
			continue
		}
		code := strings.ToUpper(x.Code)
		for _, i := range c.icd {
			if open, cut := strings.CutSuffix(i, "*"); cut && strings.HasPrefix(code, open) || i == code {
				return true
			}
		}
	}
	return false
}

// doubt are words of a problem that the person has not, or not for sure.
var doubt = []string{"family history", "fh of", "no history of", "denies", "rule out", "ruled out", "suspected", "possible", "probable", "risk of", "risk for", "at risk", "screening", "encounter for",
	"fear of", "concern for", "no evidence of", "negative for", "exposure to", "counsel*", "prevention of", "prophylaxis", "mother with", "father with", "sister with", "brother with"}

// past are words of something that is over.
var past = []string{"history of", "h o", "hx of", "status post", "s p", "resolved", "previous", "prior", "past", "old"}

// said is a problem or procedure with its words.
type said struct {
	name     string
	words    []string
	codes    []fhir.Coding
	when     chart.When
	prov     chart.Prov
	over     bool // resolved, or a procedure
	unsure   bool // provisional, differential, unconfirmed
	doubtful bool // by its words
	bygone   bool // by its words
}

func (s *said) is(c *concept) bool {
	if c.coded(s.codes) {
		return true
	}
	if s.doubtful || fact.Any(s.words, c.never...) {
		return false
	}
	return slices.ContainsFunc(c.phrases, func(p string) bool {
		return fact.Has(s.words, p) && !fact.Any(s.words, "without "+p, "no "+p, "not "+p)
	})
}

func (s *said) evidence() rule.Evidence {
	text := s.name
	if s.unsure {
		text += " (not confirmed)"
	}
	return rule.Evidence{Text: text, Prov: s.prov, When: s.when}
}

// history reads the problems, the procedures and what is implanted, once.
func (v *view) history() []said {
	if v.read {
		return v.said
	}
	v.read = true
	add := func(s said) {
		s.words = fact.Words(s.name)
		s.doubtful = fact.Any(s.words, doubt...)
		s.bygone = fact.Any(s.words, past...)
		v.said = append(v.said, s)
	}
	for i, list := range [][]chart.Problem{v.c.Problems.Active, v.c.Problems.Resolved} {
		for j := range list {
			p := &list[j]
			add(said{name: p.Name, codes: p.Codes, when: p.Onset, prov: origin(p.Prov, p.Also), over: i == 1,
				unsure: p.Verification == "provisional" || p.Verification == "differential" || p.Verification == "unconfirmed"})
			if len(p.Codes) == 0 && i == 0 {
				v.uncoded++
			}
		}
	}
	for i := range v.c.Procedures {
		p := &v.c.Procedures[i]
		if !p.NotDone && p.Status != "entered-in-error" {
			add(said{name: p.Name, codes: p.Codes, when: p.When, prov: origin(p.Prov, p.Also), over: true})
		}
	}
	for i := range v.c.Devices {
		d := &v.c.Devices[i]
		if d.Active {
			add(said{name: d.Name, codes: d.Codes, when: d.When, prov: origin(d.Prov, d.Also), over: true})
		}
	}
	return v.said
}

// has is what the record says of a concept: of all that say it the surest, and of
// those the newest. ever: also what is over.
func (v *view) has(id string, ever bool) *said {
	key := id
	if ever {
		key += " ever"
	}
	if s, ok := v.found[key]; ok {
		return s
	}
	c := v.k.concepts[id]
	var best *said
	list := v.history()
	for i := range list {
		s := &list[i]
		if !ever && (s.over || s.bygone && !c.coded(s.codes)) || v.future(s.when) || !s.is(c) {
			continue
		}
		if best == nil || better(s, best) {
			best = s
		}
	}
	v.found[key] = best
	return best
}

func better(x, y *said) bool {
	switch {
	case x.unsure != y.unsure:
		return !x.unsure
	case x.over != y.over:
		return !x.over
	case !x.when.At.Equal(y.when.At):
		return x.when.At.After(y.when.At)
	case x.name != y.name:
		return x.name < y.name
	}
	return fact.Site(x.prov)+x.prov.Ref() < fact.Site(y.prov)+y.prov.Ref()
}

package book

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	loinc    = regexp.MustCompile(`\b\d{3,6}-\d\b`)
	reaction = regexp.MustCompile(`^("[^"]+") "([^"]+)"`)
	years    = regexp.MustCompile(`^(\d+) y$`)
	months   = regexp.MustCompile(`^(\d+) mo$`)
	dose     = regexp.MustCompile(`\bdose "([^"]+)" (\S+)`)
	coded    = regexp.MustCompile(` loinc (\S+)`)
)

// plain is one fact of a case as a sentence's part. Names are what codes of LOINC
// measure: what a case says with a code, its reader sees in words.
func plain(fact string, names map[string]string) string {
	kind, rest, _ := strings.Cut(fact, " ")
	site := ""
	if i := strings.LastIndex(rest, " at "); i >= 0 && !strings.Contains(rest[i:], `" `) {
		site, rest = ", at "+strings.Trim(rest[i+4:], `"`), rest[:i]
	}
	rest = loinc.ReplaceAllStringFunc(rest, func(code string) string {
		if n := names[code]; n != "" {
			return n + " (LOINC " + code + ")"
		}
		return "LOINC " + code
	})
	rest = strings.TrimPrefix(rest, "loinc/")
	rest = reaction.ReplaceAllString(rest, "$1 ($2)")
	rest = strings.NewReplacer(" d ago", " days ago", " mo ago", " months ago", " wk ago", " weeks ago", " y ago", " years ago", " h ago", " hours ago", `"`, "", " sig ", ", directions: ", " icd ", ", ICD-10-CM ").Replace(rest)
	words := map[string]string{
		"problem": "has", "resolved": "had, resolved:", "suspected": "suspected:", "did": "done:", "notdone": "not done:", "declined": "declined:", "refused": "refused:",
		"result": "result:", "value": "result:", "status": "recorded:", "report": "report:", "image": "images:", "takes": "takes", "took": "took, now stopped:", "changed": "changed:",
		"allergy": "allergic to", "device": "carries", "olddevice": "carried once", "smokes": "smoking:", "smoking": "smoking:", "ordered": "ordered, no result yet:", "completed": "order completed:",
		"booked": "booked:", "family": "in the family:", "unreachable": "could not be reached:", "dose": "dose of CVX", "uncoded": "dose without a code:", "visit": "visit:", "document": "document:",
		"female": "female,", "male": "male,", "inhospital": "in hospital now", "pregnant": "pregnant,", "bmi": "body mass index", "dead": "has died", "born": "born",
		"medicine": "takes", "occupation": "occupation:", "race": "race:", "snomed": "recorded, SNOMED CT", "unsure": "not sure:", "gender": "gender:", "sex": "sex:",
	}
	w, ok := words[kind]
	if !ok {
		w = kind
	}
	rest = strings.NewReplacer(" y,", " years,").Replace(rest)
	rest = years.ReplaceAllString(rest, "$1 years old")
	rest = months.ReplaceAllString(rest, "$1 months old")
	return strings.TrimSpace(w+" "+rest) + site
}

// ordered is one drafted order in words.
func ordered(draft string) string {
	kind, rest, _ := strings.Cut(draft, " ")
	rest = dose.ReplaceAllString(rest, "$1, $2 times a day")
	rest = coded.ReplaceAllString(rest, " (LOINC $1)")
	rest = strings.NewReplacer(`"`, "", " sig ", ", directions: ", " contrast ", ", contrast: ", " modality ", ", modality ", " region ", ", region ", " side ", ", side ", " for ", ", for ", " route ", ", route ", " days ", ", for days: ").Replace(rest)
	if kind == "draft" {
		kind = "vaccine, CVX"
	}
	return kind + " " + rest
}

// expected is what must be answered, in words.
func expected(want string) string {
	w := strings.NewReplacer("interrupt", "interrupts", "nogap", "does not say that it could not look:", "gap", "says that it could not look:").Replace(want)
	return strings.NewReplacer(` not "`, ` but not "`).Replace(w)
}

// page is the cases of one area as Markdown: a part a rule.
func page(area string, all []Case, titles, names map[string]string) string {
	var b strings.Builder
	b.WriteString(generated)
	n := map[Kind]int{}
	for _, c := range all {
		n[c.Kind]++
	}
	fmt.Fprintf(&b, "# Cases: %s\n\n%d cases: %d in which the rule speaks, %d in which it is silent, %d at its boundary (they differ in one thing from a case\nthat is answered the other way, which is named). The clock of all cases is noon UTC on 23 November 2026. Sites other than Maple are\noutside. Needs review by a clinician: is what is expected right?\n", area, len(all), n[Positive], n[Negative], n[Near])
	var ids []string
	by := map[string][]Case{}
	for _, c := range all {
		if by[c.Rule] == nil {
			ids = append(ids, c.Rule)
		}
		by[c.Rule] = append(by[c.Rule], c)
	}
	slices.Sort(ids)
	for _, id := range ids {
		switch {
		case id == "":
			b.WriteString("\n## Persons\n")
		default:
			fmt.Fprintf(&b, "\n## `%s` %s\n", id, cell(titles[id]))
		}
		b.WriteString("\n| story | record | ordered | expected | kind |\n|---|---|---|---|---|\n")
		for _, c := range by[id] {
			var facts, orders []string
			for _, f := range c.Facts {
				facts = append(facts, cell(plain(f, names)))
			}
			for _, o := range c.Order {
				orders = append(orders, cell(ordered(o)))
			}
			kind := string(c.Kind)
			if c.Twin != "" {
				kind += " of " + c.Twin
			}
			fmt.Fprintf(&b, "| %s <br>(%s) | %s | %s | %s | %s |\n", cell(c.Story), c.Where, strings.Join(facts, ";<br>"), strings.Join(orders, ";<br>"), cell(expected(c.Want)), kind)
		}
	}
	return b.String()
}

package cases

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"wholechart/decision/cdsi"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

var (
	fields     = regexp.MustCompile(`"[^"]*"|\S+`)
	agePattern = regexp.MustCompile(`^@(?:(\d+)y)?(?:(\d+)mo)?(?:(\d+)wk)?([+-]\d+d)?$`)
)

// TellPerson reads a case of vaccines: who | facts | expected, the last two separated
// by ";". With the id of a rule before them it is about that rule alone, and expected
// is as of Tell: one card, or nothing.
//
// Facts are those of Tell, and
//
//	dose CVX WHEN [reported] [month] [lot L] [subpotent] · uncoded "words" WHEN · refused CVX WHEN · draft CVX "words"
//	medicine "words" "directions" WHEN · occupation "words" · race "words" · snomed CODE "words" · unsure "words"
//
// each with "at SITE" at its end when it is not of the own site. WHEN is a date, an age
// ("@2mo", "@12mo-5d", "@4y+1d") or "14 d ago". Expected are
//
//	GROUP [risk] NEED · absent GROUP [risk] · GROUP [risk] dose N · GROUP [risk] earliest|recommended|pastdue DATE|@AGE
//	doses N · dose N GROUP counts|no|extra ["words"] · observed CODE · unobserved CODE · because GROUP CODE · against GROUP CODE
//	gap "words" · nogap "words" · ask "words" · conflict "words" · interrupt "words" · notice "words" · silent
//
// GROUP is a title without spaces: "HepatitisB".
func TellPerson(where, line string) (c Case, err error) {
	w := newTeller(where)
	defer caught(&c, &err)
	of := ""
	if id, rest, ok := strings.Cut(line, "|"); ok && strings.Count(rest, "|") == 2 {
		of, line = strings.TrimSpace(id), rest
	}
	p := w.parts(line, 3)
	var mine [][]string
	for _, f := range between(p[1]) {
		switch word, _, _ := strings.Cut(f, " "); word {
		case "dose", "uncoded", "refused", "draft", "medicine", "occupation", "snomed", "unsure":
			mine = append(mine, fields.FindAllString(f, -1))
		case "race":
			w.race(strings.TrimSpace(strings.TrimPrefix(f, "race")))
		default:
			w.fact(f)
		}
	}
	birth, _ := time.Parse(time.DateOnly, strings.Trim(w.patient["birthDate"], `"`))
	w.person()
	c = Case{Rule: of, Who: p[0], Want: p[2], Where: where, Away: w.away}
	for i, f := range mine {
		if f[0] == "draft" && len(f) == 3 {
			c.Drafts = append(c.Drafts, rule.Draft{ID: fmt.Sprint("d", len(c.Drafts)+1), Kind: rule.DraftVaccine, Name: strings.Trim(f[2], `"`), Codes: []fhir.Coding{{System: cvxSystem, Code: f[1]}}})
			continue
		}
		w.dose(i, f, birth)
	}
	c.Facts = w.facts
	if of != "" {
		c.Expect = w.cards(of, p[2])
		return c, nil
	}
	for _, want := range between(p[2]) {
		w.vaccines(&c.Expect, want, birth)
	}
	if v := c.Expect.Vaccines; v != nil && reflect.ValueOf(*v).IsZero() {
		c.Expect.Vaccines = nil
	}
	return c, nil
}

const cvxSystem = "http://hl7.org/fhir/sid/cvx"

// race is the Patient's, in words with their quotes.
func (w *teller) race(words string) {
	w.patient["extension"] = `[{"url":"` + us + `us-core-race","extension":[{"url":"text","valueString":` + words + `}]}]`
}

// when reads a date, an age or "14 d ago"; the rest of the words follow.
func (w *teller) when(f []string, birth time.Time) (string, []string) {
	if len(f) >= 3 && f[2] == "ago" {
		n, err := strconv.Atoi(f[0])
		at, ok := ago(n, f[1])
		if err != nil || !ok {
			w.fail("no date %v", f)
		}
		return at.Format(time.DateOnly), f[3:]
	}
	if len(f) == 0 {
		w.fail("no date")
	}
	if f[0] == "today" {
		return Now.Format(time.DateOnly), f[1:]
	}
	if m := agePattern.FindStringSubmatch(f[0]); m != nil {
		n := func(s string) int { v, _ := strconv.Atoi(strings.TrimSuffix(s, "d")); return v }
		return birth.AddDate(n(m[1]), n(m[2]), 7*n(m[3])+n(m[4])).Format(time.DateOnly), f[1:]
	}
	if _, err := time.Parse(time.DateOnly, f[0]); err != nil {
		w.fail("no date %v", f)
	}
	return f[0], f[1:]
}

// dose tells one fact that the cases of vaccines have beside those of Tell.
func (w *teller) dose(i int, f []string, birth time.Time) {
	site := ""
	if n := len(f); n > 2 && f[n-2] == "at" {
		site, f = f[n-1], f[:n-2]
	}
	if len(f) < 2 || len(f) < 3 && f[0] != "occupation" && f[0] != "unsure" {
		w.fail("no fact %v", f)
	}
	cvx := `"vaccineCode":{"coding":[{"system":"` + cvxSystem + `","code":"` + f[1] + `"}],"text":"` + cmp.Or(cdsi.VaccineName(f[1]), "CVX "+f[1]) + `"}`
	body, typ := "", "Immunization"
	switch f[0] {
	case "dose":
		on, rest := w.when(f[2:], birth)
		body = `"status":"completed",` + cvx
		for len(rest) > 0 {
			switch {
			case rest[0] == "reported":
				body += `,"primarySource":false`
			case rest[0] == "month":
				on = on[:7]
			case rest[0] == "subpotent":
				body += `,"isSubpotent":true`
			case rest[0] == "lot" && len(rest) > 1:
				body += `,"lotNumber":"` + rest[1] + `"`
				rest = rest[1:]
			default:
				w.fail("no fact %v", f)
			}
			rest = rest[1:]
		}
		body += `,"occurrenceDateTime":"` + on + `"`
	case "uncoded":
		on, _ := w.when(f[2:], birth)
		body = `"status":"completed","vaccineCode":{"text":` + f[1] + `},"occurrenceDateTime":"` + on + `"`
	case "refused":
		on, _ := w.when(f[2:], birth)
		body = `"status":"not-done","statusReason":` + one("v3-ActReason", "PATOBJ") + `,` + cvx + `,"occurrenceDateTime":"` + on + `"`
	case "medicine":
		on, _ := w.when(f[3:], birth)
		typ = "MedicationRequest"
		body = `"status":"active","intent":"order","medicationCodeableConcept":{"text":` + f[1] + `},"dosageInstruction":[{"text":` + f[2] + `}],"authoredOn":"` + on + `"`
	case "occupation":
		typ = "Observation"
		body = `"status":"final","category":[` + one("observation-category", "social-history") + `],"code":{"text":"Occupation"},"valueString":` + f[1] + `,"effectiveDateTime":"2026-01-01"`
	case "snomed":
		typ = "Condition"
		body = states("active", "") + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"` + f[1] + `"}],"text":` + f[2] + `}`
	case "unsure":
		typ = "Condition"
		body = states("active", "provisional") + `,"code":{"text":` + f[1] + `}`
	default:
		w.fail("no fact %v", f)
	}
	w.named(site, typ, fmt.Sprint("m", i), body)
}

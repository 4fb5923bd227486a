package imaging

import (
	"strings"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
)

// agents are contrast media by name, besides those that begin with "gado".
var agents = map[string]string{
	"gadolinium": "gadolinium", "gbca": "gadolinium", "omniscan": "gadolinium", "magnevist": "gadolinium", "optimark": "gadolinium", "multihance": "gadolinium", "dotarem": "gadolinium",
	"clariscan": "gadolinium", "prohance": "gadolinium", "eovist": "gadolinium", "primovist": "gadolinium", "ablavar": "gadolinium", "elucirem": "gadolinium", "vueway": "gadolinium",
	"iohexol": "iodinated", "omnipaque": "iodinated", "iopamidol": "iodinated", "isovue": "iodinated", "iodixanol": "iodinated", "visipaque": "iodinated", "ioversol": "iodinated",
	"optiray": "iodinated", "iopromide": "iodinated", "ultravist": "iodinated", "ioxilan": "iodinated", "ioxaglate": "iodinated", "hexabrix": "iodinated", "iothalamate": "iodinated",
	"diatrizoate": "iodinated", "gastrografin": "iodinated", "iomeprol": "iodinated",
}

// mediumOf is the kind of contrast that a substance of an allergy is: iodinated,
// gadolinium, "any" when it says contrast alone, "" when it is none.
func mediumOf(a chart.Allergy) string {
	words := fact.Words(a.Substance + " " + a.Code.Display)
	any := fact.Any(words, "contrast", "contrast media", "radiocontrast", "iv dye", "x ray dye", "xray dye", "ct dye", "scan dye", "radiographic dye", "radiopaque") || a.Code.Code == "293637006"
	iodine := false
	for _, w := range words {
		if strings.HasPrefix(w, "gado") || agents[w] == "gadolinium" {
			return "gadolinium"
		}
		iodine = iodine || agents[w] == "iodinated" || w == "iodinated" || any && strings.HasPrefix(w, "iodi")
	}
	switch {
	case iodine || fact.Any(words, "ct dye", "x ray dye", "xray dye"):
		return "iodinated"
	case any:
		return "any"
	}
	return ""
}

// reaction is how bad an earlier reaction was: 3 severe, 2 allergic or not
// known, 1 bodily only (warmth, nausea), which no premedication prevents.
func reaction(a chart.Allergy) int {
	words := fact.Words(strings.Join(a.Reactions, " ; ") + " " + a.Note)
	if a.Severe || a.Severity == "severe" || fact.Any(words, "anaphyla*", "collapse*", "shock", "arrest", "bronchospasm", "laryng*", "stridor", "hypotension", "stevens johnson", "toxic epidermal", "dress", "intubat*", "resuscitat*", "epinephrine") {
		return 3
	}
	if len(a.Reactions) == 0 {
		return 2
	}
	for _, r := range a.Reactions {
		if !fact.Any(fact.Words(r), "nausea", "vomit*", "warm*", "flush*", "heat", "headache", "dizz*", "metallic taste", "anxiety") {
			return 2
		}
	}
	return 1
}

func allergyEvidence(a chart.Allergy) rule.Evidence {
	t := a.Substance
	if len(a.Reactions) > 0 {
		t += ": " + strings.ToLower(strings.Join(a.Reactions[:min(3, len(a.Reactions))], ", "))
	}
	if a.Severity != "" {
		t += " (" + a.Severity + ")"
	}
	return rule.Evidence{Text: t, Prov: a.Prov, When: a.Onset}
}

// allergies are the rules of earlier reactions to contrast, one card for all
// statements about it.
func (v *view) allergies(d *rule.Draft, kind string, sure bool) {
	var facts, myths []rule.Evidence
	worst, open := 0, false
	for _, a := range v.c.Allergies.Items {
		switch m := mediumOf(a); {
		case m == kind || m == "any":
			facts = append(facts, allergyEvidence(a))
			n := reaction(a)
			if m == "any" && kind == "gadolinium" {
				open, n = true, min(n, 2)
			}
			worst = max(worst, n)
		case m == "" && kind == "iodinated":
			if fact.Any(fact.Words(a.Substance+" "+a.Code.Display), "shellfish", "seafood", "shrimp*", "crab", "lobster", "crustacean*", "mollus*", "prawn*", "iodine", "povidone", "betadine") {
				myths = append(myths, allergyEvidence(a))
			}
		}
	}
	if worst > 0 {
		level := []rule.Level{rule.Off, rule.Quiet, rule.Notice, rule.Interrupt}[worst]
		c := rule.Card{Facts: facts, Severity: []string{"", "moderate", "moderate", "severe"}[worst], Choices: v.without(d)}
		switch {
		case open:
			c.Title, c.Why, c.Do = "A reaction to contrast is recorded, not to which", "Iodinated contrast and gadolinium do not cross-react, but which one it was is not said.", "Ask which examination it was; was it iodinated contrast, gadolinium may be given."
		case worst == 3:
			c.Title, c.Why, c.Do = "Severe earlier reaction to "+kind+mediumWord(kind), "Who had a severe reaction has another one several times as often as others.", "Choose an examination without it; where there is none, talk to radiology first: another agent, premedication, a team that can resuscitate."
		case worst == 2:
			c.Title, c.Why = "Earlier reaction to "+kind+mediumWord(kind), "An allergic reaction comes again in some, mostly as mild as before; another agent lowers that more than premedication."
			c.Do = "Another agent where it is known which one it was; no premedication after a mild reaction."
			if kind == "gadolinium" { // the consensus of 2025 is about iodinated contrast
				c.Do = "Another agent of the kind, and premedication 12 to 13 hours before where there is time."
			}
		default:
			c.Title, c.Why, c.Do = "Earlier discomfort with "+kind+mediumWord(kind), "Warmth and nausea are effects of contrast, no allergy.", "No premedication; say that it may come again."
		}
		c.Title = ifGiven(sure, c.Title)
		v.card(d, "imaging-contrast-allergy", lowered(level, sure), c)
		return
	}
	if len(myths) > 0 {
		v.card(d, "imaging-shellfish", rule.Quiet, rule.Card{Facts: myths, Title: ifGiven(sure, "Shellfish or iodine allergy does not forbid contrast"),
			Why: "These react to proteins or to the antiseptic, not to the iodine that contrast shares with the whole body.",
			Do:  "Give contrast as in everybody; where “iodine” stands, ask whether it meant contrast."})
	}
}

func mediumWord(kind string) string {
	if kind == "iodinated" {
		return " contrast"
	}
	return ""
}

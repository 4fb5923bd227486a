package medicine

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

var update = flag.Bool("update", false, "write testdata/cases/each-*.txt anew from the tables")

// TestCases holds the cases that a clinician can read.
func TestCases(t *testing.T) {
	all := cases.Read(t, "testdata/cases/*.txt")
	known := map[string]bool{}
	for _, r := range Rules() {
		known[r.ID] = true
	}
	for _, c := range all {
		if !known[c.Rule] {
			t.Errorf("%s: no rule %s", c.Where, c.Rule)
		}
		a := Check(c.Input())
		c.Check(t, a)
		cases.WellFormed(t, a)
	}
	t.Logf("%d cases", len(all))
}

// TestEachRuleHasItsCases writes a positive, a negative and a near case of every
// rule with -update, and otherwise holds that the files are those of the tables.
// Which case it is comes from the tables; what is expected is what the rule says.
func TestEachRuleHasItsCases(t *testing.T) {
	for name, lines := range map[string][]string{"each-interaction": eachInteraction(t), "each-duplicate": eachDuplicate(t), "each-allergy": eachAllergy(t)} {
		text := "# Written by go test ./decision/medicine -run TestEachRuleHasItsCases -update from the\n# tables: of every rule one case in which it speaks, one in which it does not, and one\n# that differs from the first in one thing. Needs review by a clinician.\n" + strings.Join(lines, "\n") + "\n"
		path := "testdata/cases/" + name + ".txt"
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%s is not what the tables give (%v): go test ./decision/medicine -run TestEachRuleHasItsCases -update", path, err)
		}
	}
}

// says is whether a line's rule speaks, and how loudly.
func says(t *testing.T, line string) (rule.Level, string) {
	c := cases.Parse(t, "each", line)
	for _, card := range Check(c.Input()).Cards {
		if card.Rule.ID == c.Rule {
			return card.Level, card.Title
		}
	}
	return rule.Off, ""
}

func proper(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func ago(days int) string {
	if days == 1 {
		return "yesterday"
	}
	return fmt.Sprintf("%d days ago", days)
}

const whoever = "female 50 y"

func eachInteraction(t *testing.T) (out []string) {
	for i := range builtin() {
		x := &builtin()[i]
		form := func(s Side, m string) string {
			if s.Route == "injected" {
				return proper(m) + " injection"
			}
			return proper(m)
		}
		line := func(story, fact, draft, want string) string {
			return fmt.Sprintf("%s | %s | %s; %s | %s | %s", x.ID, story, whoever, fact, draft, want)
		}
		found := false
		as, bs := slices.Sorted(maps.Keys(x.A.Members)), slices.Sorted(maps.Keys(x.B.Members))
	pairs:
		for _, p := range as {
			for _, q := range bs {
				if p == q {
					continue
				}
				draft := fmt.Sprintf("medicine %q", form(x.B, q))
				taken := fmt.Sprintf("takes %q 100 d ago at Lakeside", form(x.A, p))
				want := fmt.Sprintf("%s %q", x.Level, x.Danger)
				positive := line(p+" is taken elsewhere, "+q+" is ordered", taken, draft, want)
				if l, title := says(t, positive); l != x.Level || !strings.Contains(title, x.Danger) {
					continue
				}
				out = append(out, positive, line(p+" is taken, senna is ordered", taken, `medicine "Senna"`, "nothing"))
				// The last day on which a stopped medicine counts, and the next; where none
				// counts after its end, one that was stopped yesterday.
				days := x.A.Members[p]
				if d, both := x.B.Members[p]; both {
					days = max(days, d)
				}
				if days > 0 {
					out = append(out, line(fmt.Sprintf("%s was stopped %s: counts", p, ago(days)), fmt.Sprintf("took %q %d d ago at Lakeside", form(x.A, p), days), draft, want))
				}
				out = append(out, line(fmt.Sprintf("%s was stopped %s: counts no more", p, ago(days+1)), fmt.Sprintf("took %q %d d ago at Lakeside", form(x.A, p), days+1), draft, "nothing"))
				found = true
				break pairs
			}
		}
		if !found {
			t.Errorf("%s: no pair speaks as loudly as the rule", x.ID)
		}
	}
	return out
}

func eachDuplicate(t *testing.T) (out []string) {
	line := func(id, story, fact, draft, want string) string {
		return fmt.Sprintf("%s | %s | %s; %s | %s | %s", id, story, whoever, fact, draft, want)
	}
	out = append(out,
		line("dup-ingredient", "metoprolol is taken elsewhere and ordered again", `takes "Metoprolol succinate 50 mg tablet" 100 d ago at Lakeside`, `medicine "Metoprolol tartrate 25 mg tablet"`, "notice"),
		line("dup-ingredient", "atenolol is another ingredient", `takes "Atenolol 50 mg tablet" 100 d ago at Lakeside`, `medicine "Metoprolol tartrate 25 mg tablet"`, "nothing"),
		line("dup-ingredient", "metoprolol was stopped", `took "Metoprolol succinate 50 mg tablet" 2 d ago at Lakeside`, `medicine "Metoprolol tartrate 25 mg tablet"`, "nothing"))
	for i, c := range sameClasses {
		r := duplicateRules()[i+1]
		members, found := substance.Members(c.class), false
	pairs:
		for _, p := range members {
			for _, q := range members {
				if p == q || c.meant != nil && c.meant(known(t, p), known(t, q)) {
					continue
				}
				draft := fmt.Sprintf("medicine %q", proper(q))
				positive := line(r.ID, p+" is taken elsewhere, "+q+" is ordered", fmt.Sprintf("takes %q 100 d ago at Lakeside", proper(p)), draft, r.Level.String())
				if l, _ := says(t, positive); l != r.Level {
					continue
				}
				out = append(out, positive,
					line(r.ID, "senna is of another class", `takes "Senna" 100 d ago at Lakeside`, draft, "nothing"),
					line(r.ID, p+" was stopped yesterday", fmt.Sprintf("took %q 1 d ago at Lakeside", proper(p)), draft, "nothing"))
				found = true
				break pairs
			}
		}
		if !found {
			t.Errorf("%s: no pair speaks", r.ID)
		}
	}
	return out
}

func eachAllergy(t *testing.T) (out []string) {
	line := func(id, story, fact, draft, want string) string {
		return fmt.Sprintf("%s | %s | %s; %s | medicine %q | %s", id, story, whoever, fact, draft, want)
	}
	out = append(out,
		line("allergy-direct", "allergic to penicillin, amoxicillin is ordered", `allergy "Penicillin" "Hives" at Lakeside`, "Amoxicillin 500 mg capsule", "interrupt"),
		line("allergy-direct", "allergic to peanuts", `allergy "Peanut" "Hives" at Lakeside`, "Amoxicillin 500 mg capsule", "nothing"),
		line("allergy-direct", "allergic to penicillin, doxycycline is ordered", `allergy "Penicillin" "Hives" at Lakeside`, "Doxycycline 100 mg capsule", "nothing"))
	for i := range likenesses {
		l := &likenesses[i]
		found := false
	pairs:
		for _, reaction := range []string{`"Hives"`, `"Anaphylaxis" severe`, `"Swelling of the lips"`, `"Rash"`, `"Wheezing"`, `"Thrombocytopenia"`, `"Hepatitis" severe`} {
			for _, p := range substance.Members(l.from) {
				for _, q := range append(substance.Members(l.to), l.to) {
					if _, ok := substance.Known(q); !ok || p == q {
						continue
					}
					fact := fmt.Sprintf("allergy %q %s at Lakeside", proper(p), reaction)
					level, _ := says(t, line(l.rule.ID, "", fact, q, "notice"))
					if level == rule.Off || level != l.severe && level != l.usual {
						continue
					}
					out = append(out,
						line(l.rule.ID, "allergic to "+p+", "+q+" is ordered", fact, proper(q), level.String()),
						line(l.rule.ID, "allergic to peanuts", `allergy "Peanut" `+reaction+` at Lakeside`, proper(q), "nothing"),
						line(l.rule.ID, "allergic to "+p+", senna is ordered", fact, "Senna", "nothing"))
					found = true
					break pairs
				}
			}
		}
		if !found {
			t.Errorf("%s: no pair speaks", l.rule.ID)
		}
	}
	return out
}

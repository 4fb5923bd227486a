package test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"wholechart/decision/internal/cases"
)

var update = flag.Bool("update", false, "write testdata/cases/each.txt anew from the tables")

// TestEachRuleHasItsCases holds that each test, panel and examination has a case
// on the last day on which an earlier one is still valid, one on the day on which it
// is useful again, and one of another test. They are written with -update; what is
// expected comes from the tables.
func TestEachRuleHasItsCases(t *testing.T) {
	text := "# Written by go test ./decision/test -run TestEachRuleHasItsCases -update from the\n# tables: of every rule the last moment at which an earlier result is still valid, the\n# moment from which it is not, and another test. Needs review by a clinician.\n" + strings.Join(eachCase(t), "\n") + "\n"
	const path = "testdata/cases/each.txt"
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("%s is not what the tables give (%v): go test ./decision/test -run TestEachRuleHasItsCases -update", path, err)
	}
}

// says is whether a line's rule speaks, and how loudly.
func says(t *testing.T, line string) string {
	c := cases.Parse(t, "each", line)
	for _, card := range Check(c.Input()).Cards {
		if card.Rule.ID == c.Rule {
			return card.Level.String()
		}
	}
	return "nothing"
}

// near are the last time at which something is valid, and the first at which not.
func (v valid) near() (yes, no string) {
	if v.days > 0 {
		return fmt.Sprintf("%d d ago", v.days-1), fmt.Sprintf("%d d ago", v.days)
	}
	return fmt.Sprintf("%d h ago", v.hours-1), fmt.Sprintf("%d h ago", v.hours)
}

// spoken are words of orders where the title of the rule is none.
var spoken = map[string][]string{
	"CT": {"CT of the knee", "CT abdomen and pelvis", "CT of the hand"}, "MR": {"MRI knee", "MRI lumbar spine", "MRI of the foot", "MRI of the forearm"},
	"XR": {"X-ray of the hand", "X-ray lumbar spine"}, "US": {"Ultrasound of the kidneys", "Ultrasound of the breast"}, "NM": {"Bone scan", "Thyroid scan", "HIDA scan"}, "PT": {"PET-CT whole body", "PET whole body"},
	"XA": {"Angiography of the leg", "Renal artery angiography", "Coronary angiography"}, "RF": {"Barium swallow", "Upper GI series", "Fluoroscopy of the esophagus"},
}

func eachCase(t *testing.T) (out []string) {
	const who = "female 50 y"
	tab := load()
	other := `test "Ceruloplasmin"`
	for _, a := range tab.analytes {
		what := fmt.Sprintf("%q", a.title)
		draft := fmt.Sprintf("test %q", a.title)
		if len(a.loinc) > 0 {
			what, draft = a.loinc[0], draft+" loinc "+a.loinc[0]
		}
		yes, no := a.valid.near()
		line := func(story, when, draft, want string) string {
			return fmt.Sprintf("%s | %s | %s; value %s \"1\" %s | %s | %s", a.rule.ID, story, who, what, when, draft, want)
		}
		out = append(out, line(yes+": still valid", yes, draft, "notice"), line(no+": useful again", no, draft, "nothing"), line("another test is ordered", yes, other, "nothing"))
	}
	for _, p := range tab.panels {
		draft := fmt.Sprintf("test %q", p.title)
		if len(p.loinc) > 0 {
			draft += " loinc " + p.loinc[0]
		}
		line := func(story, facts, draft, want string) string {
			return fmt.Sprintf("%s | %s | %s; %s | %s | %s", p.rule.ID, story, who, facts, draft, want)
		}
		part := func(m *analyte, when string) string {
			if len(m.loinc) > 0 {
				return fmt.Sprintf("value %s \"1\" %s", m.loinc[0], when)
			}
			return fmt.Sprintf("value %q \"1\" %s", m.title, when)
		}
		var all []string
		for _, m := range p.members {
			yes, _ := m.valid.near()
			all = append(all, part(m, yes))
		}
		// So many parts as are enough, and one less.
		for k := 1; ; k++ {
			if k > len(all) {
				t.Errorf("%s: all valid parts say nothing", p.rule.ID)
				break
			}
			enough := line(fmt.Sprintf("%d parts are still valid", k), strings.Join(all[:k], "; "), draft, "notice")
			if says(t, enough) != "notice" {
				continue
			}
			less := line("one part less", strings.Join(all[:k-1], "; "), draft, "nothing")
			if k == 1 {
				_, no := p.members[0].valid.near()
				less = line("the same part, useful again", part(p.members[0], no), draft, "nothing")
			}
			if got := says(t, less); got == "quiet" {
				less = strings.TrimSuffix(less, "nothing") + "quiet"
			}
			out = append(out, enough, less, line("another test is ordered", strings.Join(all[:k], "; "), other, "nothing"))
			break
		}
	}
	for _, w := range tab.images {
		yes, no := w.valid.near()
		found := false
	words:
		for _, what := range append([]string{w.title}, spoken[w.modality]...) {
			for _, contrast := range []string{" contrast none", " contrast iodinated", ""} {
				line := func(story, fact, want string) string {
					return fmt.Sprintf("%s | %s | %s; %s | imaging %q modality %s%s | %s", w.rule.ID, story, who, fact, what, w.modality, contrast, want)
				}
				fact := fmt.Sprintf("image %s %q ", w.modality, what)
				positive := line(yes+": still valid", fact+yes, "notice")
				if says(t, positive) != "notice" {
					continue
				}
				out = append(out, positive, line(no+": useful again", fact+no, "nothing"), line("an X-ray of the elbow instead", `image CR "X-ray of the elbow" `+yes, "nothing"))
				found = true
				break words
			}
		}
		if !found {
			t.Errorf("%s: no order of it is known", w.rule.ID)
		}
	}
	return out
}

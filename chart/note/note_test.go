package note

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/validate"
)

var (
	when = time.Date(2026, 11, 22, 10, 31, 7, 0, time.FixedZone("EST", -5*3600))
	lena = Who{Ref: "Practitioner/lena", User: "lena", Name: "Lena Okonkwo, MD"}
	tomo = Who{User: "tomas", Name: "Tomás Reyes, RN", Role: "nurse"}
)

func visit() Note {
	return Note{Template: "progress", Type: "11506-3", Kind: "Progress note", Title: "Visit note", Patient: "rosa", Encounter: "e1", Begun: when.Add(-time.Hour),
		Sections: []Section{
			{Code: "10154-3", Title: "Reason", Text: "Burning since Thursday.\n\n\n<b>& \"quoted\"</b> 🙂 مريم  \n"},
			{Code: "61150-9", Title: "Subjective"},
			{Code: "51847-2", Title: "Assessment and plan", Text: "1. UTI\n2. Diabetes", Copied: &Copied{Note: "old", Who: "Aaron Feld, MD", When: when.AddDate(0, -6, 0), Text: "2. Diabetes\n3. Gout"}},
		}}
}

func valid4(t *testing.T, n fhir.Node) {
	t.Helper()
	for _, i := range validate.Resource(n, validate.Options{}) {
		if i.Severity == validate.Error {
			t.Errorf("%s: %+v\n%s", n.ResourceType(), i, n.Raw())
		}
	}
}

func signed(t *testing.T, n Note) (Note, fhir.Node) {
	t.Helper()
	n, acts, err := Sign(n, Signing{Now: when, By: lena, Note: "n1", Task: "t1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range acts {
		valid4(t, a.Resource)
	}
	return n, acts[0].Resource
}

func TestSignedNoteComesBackAsItWasWritten(t *testing.T) {
	n, c := signed(t, visit())
	got := Parse(c)
	if got.Status != "final" || got.Patient != "rosa" || got.Encounter != "e1" || got.Author != (Who{Ref: lena.Ref, Name: lena.Name}) || !got.Date.Equal(when) || got.Template != "progress" {
		t.Errorf("got %+v", got)
	}
	if want := "Burning since Thursday.\n\n<b>& \"quoted\"</b> 🙂 مريم"; got.Sections[0].Text != want {
		t.Errorf("text %q, want %q", got.Sections[0].Text, want)
	}
	if e := got.Empty(); len(e) != 1 || e[0] != "Subjective" {
		t.Errorf("empty: %v", e)
	}
	if !c.Get("section").Index(1).Get("emptyReason").Exists() {
		t.Error("an empty section must say that it is empty")
	}
	cp := got.Sections[2].Copied
	if cp == nil || cp.Who != "Aaron Feld, MD" || cp.Note != "old" || !cp.Stands("2. Diabetes") || cp.Stands("1. UTI") {
		t.Errorf("copied: %+v", cp)
	}
	if got.Signed[0].Mode != "legal" || got.Digest == "" || got.Digest != n.Digest {
		t.Errorf("signature: %+v", got.Signed)
	}
	if VerifyDigest(c) != Matches {
		t.Error("the digest must match")
	}
}

func TestDigestSeesEveryChange(t *testing.T) {
	_, c := signed(t, visit())
	raw := string(c.Raw())
	re := func(s string) fhir.Node {
		d, err := fhir.Parse([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return d.Root()
	}
	if stored := re(string(fhir.WithMeta(c, "n1", "1", when))); VerifyDigest(stored) != Matches {
		t.Error("what the server adds does not change the content")
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		t.Fatal(err)
	}
	indented, _ := json.MarshalIndent(m, "", "  ")
	if VerifyDigest(re(string(indented))) != Matches {
		t.Error("white space is not content")
	}
	if VerifyDigest(re(strings.Replace(raw, `"status":"final"`, `"status":"entered-in-error"`, 1))) != Matches {
		t.Error("the content of a note in error is still what was signed")
	}
	for _, change := range [][2]string{{"Thursday", "Tuesday"}, {"Lena", "Lina"}, {"Patient/rosa", "Patient/rose"}, {"10:31:07", "10:31:08"}, {`"legal"`, `"official"`}, {"notstarted", "nilknown"}} {
		if VerifyDigest(re(strings.Replace(raw, change[0], change[1], 1))) != Differs {
			t.Errorf("%s → %s is not seen", change[0], change[1])
		}
	}
	if VerifyDigest(re(`{"resourceType":"Composition"}`)) != NoDigest {
		t.Error("no digest")
	}
}

func TestSignCompletesNothing(t *testing.T) {
	n := visit()
	n.Sections = []Section{{Code: "10154-3", Title: "Reason", Text: " \n\t"}}
	if _, _, err := Sign(n, Signing{Now: when, By: lena}); !errors.Is(err, ErrNothing) {
		t.Errorf("an empty note: %v", err)
	}
	n.Sections[0].Text = "Heart: ***\nLungs: clear"
	var b *Blocked
	if _, _, err := Sign(n, Signing{Now: when, By: lena}); !errors.As(err, &b) || b.Unfilled[0] != "Heart: ***" {
		t.Errorf("unfilled: %v", err)
	}
	n.Sections[0].Text = DropUnfilled(n.Sections[0].Text)
	if n.Sections[0].Text != "Lungs: clear" {
		t.Errorf("dropped: %q", n.Sections[0].Text)
	}
	for _, tm := range Templates {
		for _, s := range tm.Sections {
			for l := range strings.SplitSeq(s.Outlined(), "\n") {
				if l != "" && !strings.HasSuffix(l, ": "+Marker) {
					t.Errorf("%s: the outline states something: %q", tm.ID, l)
				}
			}
		}
	}
}

func TestCosignerIsAsked(t *testing.T) {
	n, acts, err := Sign(visit(), Signing{Now: when, By: tomo, Cosigner: &lena, Note: "n1", Task: "t1"})
	if err != nil || len(acts) != 3 || acts[2].Type != "Task" {
		t.Fatal(err, len(acts))
	}
	for _, a := range acts {
		valid4(t, a.Resource)
	}
	if n.Signed[0].Mode != "personal" || acts[2].Resource.Path("owner", "reference").Str() != "Practitioner/lena" {
		t.Error("a nurse's note waits for a legal attester")
	}
	a, acts, err := Cosign(n, "Seen with the nurse; I agree.", Signing{Now: when, By: lena, Note: "n2"})
	if err != nil || !a.Attests || a.Appends != "n1" || len(acts) != 3 {
		t.Fatal(err, a, len(acts))
	}
	for _, a := range acts {
		valid4(t, a.Resource)
	}
	if acts[2].Resource.Path("target", "reference").Str() != "Composition/n1/_history/1" {
		t.Error("the attestation names the version that was seen")
	}
	if _, _, err := Cosign(n, " ", Signing{}); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
}

func TestAddendum(t *testing.T) {
	n, _ := signed(t, visit())
	if _, _, err := Addend(n, n.Sections, Addendum{Text: "x"}, Signing{Now: when}); !errors.Is(err, ErrReason) {
		t.Error("without a reason:", err)
	}
	if _, _, err := Addend(n, n.Sections, Addendum{Reason: "r", Amends: map[string]string{"51847-2": "1. UTI\n2. Diabetes"}}, Signing{Now: when}); !errors.Is(err, ErrNothing) {
		t.Error("nothing changed:", err)
	}
	a, acts, err := Addend(n, n.Sections, Addendum{Reason: "Culture came", Text: "E. coli.", Amends: map[string]string{"51847-2": "1. UTI, E. coli\n2. Diabetes"}}, Signing{Now: when, By: lena, Note: "n2"})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range acts {
		valid4(t, x.Resource)
	}
	got := Parse(acts[0].Resource)
	if got.Appends != "n1" || got.Reason != "Culture came" || len(got.Sections) != 2 || VerifyDigest(acts[0].Resource) != Matches {
		t.Errorf("got %+v", got)
	}
	r := Reading(n, []Note{a})
	if r[2].Text != "1. UTI, E. coli\n2. Diabetes" || n.Sections[2].Text == r[2].Text {
		t.Error("the reading changes, the note does not")
	}
	a.Status = "entered-in-error"
	if Reading(n, []Note{a})[2].Text != "1. UTI\n2. Diabetes" {
		t.Error("an addendum in error does not count")
	}
	n.Status = "preliminary"
	if _, _, err := Addend(n, nil, Addendum{Reason: "r", Text: "x"}, Signing{}); !errors.Is(err, ErrSigned) {
		t.Error(err)
	}
}

func TestEnterInError(t *testing.T) {
	_, c := signed(t, visit())
	if _, err := EnterInError(c, 1, " ", Signing{Now: when}); !errors.Is(err, ErrReason) {
		t.Error(err)
	}
	acts, err := EnterInError(c, 1, "wrong patient", Signing{Now: when, By: lena})
	if err != nil {
		t.Fatal(err)
	}
	was, now := string(c.Raw()), string(acts[0].Resource.Raw())
	if strings.Replace(was, `"status":"final"`, `"status":"entered-in-error"`, 1) != now || acts[0].IfMatch != 1 {
		t.Error("only the status may change")
	}
	valid4(t, acts[1].Resource)
	if acts[1].Resource.Path("reason", "text").Str() != "wrong patient" || acts[1].Resource.Path("target", "reference").Str() != "Composition/n1/_history/2" {
		t.Errorf("%s", acts[1].Resource.Raw())
	}
	if _, err := EnterInError(acts[0].Resource, 2, "again", Signing{Now: when}); !errors.Is(err, ErrSigned) {
		t.Error(err)
	}
}

func TestForwardMarksUntilEdited(t *testing.T) {
	n, _ := signed(t, visit())
	into := []Section{{Code: "10154-3", Title: "Reason", Text: "Knee"}, {Code: "51847-2", Title: "Assessment and plan"}, {Code: "x", Title: "X"}}
	out, filled := Forward(into, n)
	if len(filled) != 1 || out[0].Text != "Knee" || out[1].Text != "1. UTI\n2. Diabetes" || into[1].Text != "" {
		t.Fatalf("%v %+v", filled, out)
	}
	c := out[1].Copied
	for text, want := range map[string]string{"1. UTI\n2. Diabetes": "all", "1. UTI\n2. Diabetes, worse": "part", "All new": "", "": ""} {
		if got := c.Left(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	d := Draft{Sections: []DraftSection{{Section: out[1]}}}
	if _, err := d.Apply([]Edit{{Code: "51847-2", Base: out[1].Text, Text: "New", Save: "s"}}, lena, when, 2); err != nil || d.Sections[0].Copied != nil {
		t.Error("what is all new is not copied", err)
	}
}

// TestALongCopyIsLookedAtOnce: thirty thousand short lines against thirty
// thousand others are no nine hundred million comparisons.
func TestALongCopyIsLookedAtOnce(t *testing.T) {
	var old, new strings.Builder
	for i := range 12_000 {
		old.WriteString(strconv.Itoa(i) + "\n")
		new.WriteString("x" + strconv.Itoa(i%1000) + "\n")
	}
	c := &Copied{Text: old.String()}
	for range 20 {
		if c.Left(new.String()) != "" || c.Left(new.String()+"7") != "part" {
			t.Fatal("what stands of a copy")
		}
	}
	if strings.Contains(div(new.String(), c), "copied") {
		t.Error("what is new is marked as copied")
	}
}

func TestNobodySignedAddsNothing(t *testing.T) {
	n := Note{Sections: []Section{{Code: "51847-2", Text: "Signed"}}}
	for status, want := range map[string]string{"final": "Added", "preliminary": "Signed", "entered-in-error": "Signed"} {
		if got := Reading(n, []Note{{Status: status, Sections: []Section{{Code: "51847-2", Text: "Added"}}}}); got[0].Text != want {
			t.Errorf("%s: %q", status, got[0].Text)
		}
	}
}

// TestWhoseWordsAreBrought: what an addendum changed is its author's, and what was
// copied whole is still its first writer's.
func TestWhoseWordsAreBrought(t *testing.T) {
	n := Note{ID: "n", Author: Who{Name: "Lena"}, Sections: []Section{{Code: "a", Text: "Hers"}, {Code: "b", Text: "Older", Copied: &Copied{Note: "o", Who: "Aaron", Text: "Older"}}}}
	n.Sections = Reading(n, []Note{{ID: "add", Status: "final", Author: Who{Name: "Tomás"}, Sections: []Section{{Code: "a", Text: "His"}}}})
	out, _ := Forward([]Section{{Code: "a"}, {Code: "b"}}, n)
	if out[0].Copied.Who != "Tomás" || out[0].Copied.Note != "add" || out[1].Copied.Who != "Aaron" {
		t.Errorf("%+v %+v", out[0].Copied, out[1].Copied)
	}
}

func TestTemplatesFit(t *testing.T) {
	has := func(list []Template, id string) bool {
		for _, x := range list {
			if x.ID == id {
				return true
			}
		}
		return false
	}
	born := time.Date(2022, 3, 31, 0, 0, 0, 0, time.UTC)
	m := Months(born, when)
	if m != 55 {
		t.Errorf("months %d", m)
	}
	if l := For(m, "male"); !has(l, "child-early") || has(l, "physical") || has(l, "prenatal") || !has(l, "telephone") {
		t.Errorf("a boy of four: %v", l)
	}
	if l := For(12*68, "female"); has(l, "child-early") || !has(l, "physical") || has(l, "prenatal") {
		t.Error("a woman of 68")
	}
	if !has(For(-1, ""), "child-teen") {
		t.Error("an unknown age excludes nothing")
	}
	seen := map[string]bool{}
	for _, x := range Templates {
		codes := map[string]bool{}
		for _, s := range x.Sections {
			if codes[s.Code] || !codeOf(s.Code) {
				t.Errorf("%s: code %q", x.ID, s.Code)
			}
			codes[s.Code] = true
		}
		if seen[x.ID] {
			t.Errorf("%s twice", x.ID)
		}
		seen[x.ID] = true
	}
	for month := range 252 {
		n := 0
		for _, x := range For(month, "") {
			if strings.HasPrefix(x.ID, "child-") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("at %d months there are %d well child templates", month, n)
		}
	}
}

package clinic

import (
	"strings"
	"testing"
	"wholechart/internal/pagetest"
)

// TestWhatIsDue holds the storyboard and the section to the CDC's logic over
// what a lens shows: a child whose doses stand at two practices.
func TestWhatIsDue(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	born := pagetest.Anchor.AddDate(-4, -6, 0).Format("2006-01-02")
	dose := func(id, cvx, day string) string {
		return `{"resourceType":"Immunization","id":"` + id + `","status":"completed","patient":{"reference":"Patient/kid"},"occurrenceDateTime":"` + day +
			`","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"` + cvx + `"}],"text":"vaccine"}}`
	}
	n.Write("maple",
		`{"resourceType":"Patient","id":"kid","name":[{"family":"Okafor","given":["Amara"]}],"gender":"female","birthDate":"`+born+`"}`,
		dose("dtap", "20", pagetest.Anchor.AddDate(-4, -3, 0).Format("2006-01-02")), // the second is years past due
		dose("mmr", "03", pagetest.Anchor.AddDate(-3, -5, 0).Format("2006-01-02")),
		`{"resourceType":"Patient","id":"old","name":[{"family":"Old"}],"gender":"female","birthDate":"1958-03-14"}`,
		`{"resourceType":"Patient","id":"dead","name":[{"family":"Gone"}],"birthDate":"`+born+`","deceasedBoolean":true}`,
		`{"resourceType":"Patient","id":"year","name":[{"family":"Year"}],"birthDate":"2022"}`)
	b := n.user(physician)
	_, body := b.get("/maple/patients/kid/immunisations")
	for _, want := range []string{"MMR", "dose 2", "overdue", "due now", "none recorded", "Needs review by a clinician", "of this chart alone"} {
		if !strings.Contains(body, want) {
			t.Errorf("the section lacks %q", want)
		}
	}
	if _, body := b.get("/maple/patients/kid"); !strings.Contains(body, "by this chart alone") || !strings.Contains(body, "overdue") {
		t.Error("the storyboard does not say what is due")
	}
	_, old := b.get("/maple/patients/old/immunisations")
	if strings.Contains(old, "overdue") || !strings.Contains(old, "none recorded") {
		t.Error("an adult whose vaccines nobody recorded is told that they are overdue")
	}
	if _, body := b.get("/maple/patients/dead"); strings.Contains(body, "by this chart alone") {
		t.Error("something is due for the dead")
	}
	_, due := b.get("/maple/patients/old/due")
	for _, want := range []string{"Mammogram", "none recorded", "Not for this person", "grade B", "USPSTF", "needs review by a clinician"} {
		if !strings.Contains(due, want) {
			t.Errorf("what is due lacks %q", want)
		}
	}
}

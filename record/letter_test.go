package record

import (
	"errors"
	"strings"
	"testing"

	"wholechart/access"
)

// TestTheDeskSendsALetter: who sends the post gets the one file that they were
// asked to send, says what became of it, and reaches nothing else by that.
func TestTheDeskSendsALetter(t *testing.T) {
	r, ctx := node(t)
	phys, desk := r.user("a", access.Physician), r.user("a", access.FrontDesk)
	doc := func(id, more string) string {
		return `{"resourceType":"DocumentReference","id":"` + id + `","status":"current","subject":{"reference":"Patient/rosa"},"content":[{"attachment":{"contentType":"text/plain","title":"Referral"}},{"attachment":{"contentType":"application/pdf","url":"Binary/` + id + `"}}]` + more + `}`
	}
	file := func(id string) string {
		return `{"resourceType":"Binary","id":"` + id + `","contentType":"application/pdf","data":"JVBERi0=","securityContext":{"reference":"Patient/rosa"}}`
	}
	task := func(id, focus, code, status string) string {
		return `{"resourceType":"Task","id":"` + id + `","status":"` + status + `","intent":"order","code":{"coding":[{"system":"` + taskSystem + `","code":"` + code + `"}]},"description":"Send the letter: by post","focus":{"reference":"` + focus + `"},"for":{"reference":"Patient/rosa"},"authoredOn":"2026-11-22T09:00:00Z"}`
	}
	const signed = `,"extension":[{"url":"` + signedURL + `","valueInstant":"2026-11-22T09:00:00Z"}]`
	put(t, phys, rosa, `{"resourceType":"Patient","id":"walter"}`, file("ltr"), doc("ltr", signed), file("scan"), doc("scan", ""), obs("inr", "rosa", ""),
		task("send", "DocumentReference/ltr", "letter", "requested"), task("other", "DocumentReference/ltr", "letter", "requested"),
		task("scanned", "DocumentReference/scan", "letter", "requested"), task("look", "DocumentReference/ltr", "follow-up", "requested"),
		strings.Replace(task("strange", "DocumentReference/ltr", "letter", "requested"), "Patient/rosa", "Patient/walter", 1))

	if b, err := desk.Letter(ctx, "send"); err != nil || b.ID != "ltr" || b.Type != "Binary" {
		t.Fatalf("%v %v", b.ID, err)
	}
	for _, id := range []string{"scanned", "look", "strange", "none"} {
		if b, err := desk.Letter(ctx, id); err == nil {
			t.Errorf("by Task %s the desk gets %s", id, b.ID)
		}
	}
	var refused *Refused
	if _, err := desk.Read(ctx, "Binary", "ltr"); !errors.As(err, &refused) {
		t.Errorf("the file without a Task: %v", err)
	}
	write := func(s Session, id, text string) error {
		_, err := s.Transact(ctx, []Act{{Op: Update, Type: "Task", ID: id, Resource: root(t, text)}})
		return err
	}
	// What the desk cannot make of its Task, nor make a Task of.
	for what, text := range map[string]string{
		"another document": task("send", "DocumentReference/scan", "letter", "completed"),
		"another patient":  strings.Replace(task("send", "DocumentReference/ltr", "letter", "completed"), "Patient/rosa", "Patient/walter", 1),
		"another question": strings.Replace(task("send", "DocumentReference/ltr", "letter", "completed"), "by post", "to me", 1),
		"something else":   task("send", "Observation/inr", "letter", "completed"),
		"a new one":        task("mine", "DocumentReference/scan", "letter", "requested"),
		"one made a letter": strings.Replace(task("look", "DocumentReference/ltr", "letter", "requested"),
			"by post", "by post ", 1),
	} {
		id := "send"
		switch what {
		case "a new one":
			id = "mine"
		case "one made a letter":
			id = "look"
		}
		if err := write(desk, id, text); err == nil {
			t.Errorf("the desk made %s of a letter's Task", what)
		}
	}
	if err := write(desk, "look", task("look", "DocumentReference/ltr", "follow-up", "completed")); !errors.Is(err, ErrNotFound) {
		t.Errorf("a Task about a document that asks for no sending: %v", err)
	}
	if err := write(desk, "send", strings.Replace(task("send", "DocumentReference/ltr", "letter", "completed"), `"authoredOn"`, `"note":[{"text":"in the post"}],"owner":{"display":"Patricia Hughes"},"authoredOn"`, 1)); err != nil {
		t.Fatalf("the desk closes its own Task: %v", err)
	}
	if _, err := desk.Letter(ctx, "send"); !errors.Is(err, ErrNotFound) {
		t.Errorf("when it was sent the file is given out no more: %v", err)
	}
	put(t, phys, strings.Replace(doc("ltr", signed), `"current"`, `"entered-in-error"`, 1))
	if _, err := desk.Letter(ctx, "other"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a letter that was taken back: %v", err)
	}
	patient := r.As(access.Actor{Kind: access.Patient, ID: "rosa", Site: "a", Purpose: access.Request, Patients: []string{"rosa"}}, access.EMR)
	if _, err := patient.Letter(ctx, "other"); err == nil {
		t.Error("a patient sends letters")
	}
}

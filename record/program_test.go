package record

import (
	"errors"
	"strings"
	"testing"

	"wholechart/access"
)

func (r *Records) client(site string, scopes ...access.Scope) Session {
	return r.As(access.Actor{Kind: access.Client, ID: "prog", Site: site, Purpose: access.Treatment, Scopes: scopes}, access.EMR)
}

var anything = access.Scope{Context: "system", Type: "*", Rights: "cruds"}

// TestAProgramSaysNothingForPeople: that a letter is in the post, a result was
// reviewed or a refill decided is said by people, and no program's scope opens a
// file by a Task.
func TestAProgramSaysNothingForPeople(t *testing.T) {
	r, ctx := node(t)
	phys := r.user("a", access.Physician)
	signed := `,"extension":[{"url":"` + signedURL + `","valueInstant":"2026-11-22T09:00:00Z"}]`
	doc := func(id, more string) string {
		return `{"resourceType":"DocumentReference","id":"` + id + `","status":"current","subject":{"reference":"Patient/rosa"},"content":[{"attachment":{"contentType":"application/pdf","url":"Binary/ltr"}}]` + more + `}`
	}
	task := func(id, code, focus, status string) string {
		return `{"resourceType":"Task","id":"` + id + `","status":"` + status + `","intent":"order","code":{"coding":[{"system":"` + taskSystem + `","code":"` + code + `"}]},"focus":{"reference":"` + focus + `"},"for":{"reference":"Patient/rosa"}}`
	}
	put(t, phys, rosa, obs("inr", "rosa", ""), `{"resourceType":"Binary","id":"ltr","contentType":"application/pdf","data":"JVBERi0=","securityContext":{"reference":"Patient/rosa"}}`, doc("ltr", signed), doc("scan", ""),
		task("send", "letter", "DocumentReference/ltr", "requested"), task("look", "review-result", "Observation/inr", "requested"))
	write := func(s Session, text string) error {
		n := root(t, text)
		_, err := s.Transact(ctx, []Act{{Op: Update, Type: n.ResourceType(), ID: n.ID(), Resource: n}})
		return err
	}
	program, narrow := r.client("a", anything), r.client("a", access.Scope{Context: "system", Type: "Task", Rights: "cruds"})
	var refused *Refused
	for what, text := range map[string]string{
		"a letter in the post":            task("posted", "letter", "DocumentReference/ltr", "completed"),
		"a letter to be sent":             task("ask", "letter", "DocumentReference/ltr", "requested"),
		"a letter's Task without focus":   strings.Replace(task("ask", "letter", "x", "requested"), `"focus":{"reference":"x"},`, "", 1),
		"what became of a letter":         task("send", "letter", "DocumentReference/ltr", "completed"),
		"something else of a letter":      task("send", "scheduling", "DocumentReference/ltr", "requested"),
		"a result that was reviewed":      task("seen", "review-result", "Observation/inr", "completed"),
		"a review that nobody made":       task("look", "review-result", "Observation/inr", "completed"),
		"a review of another":             task("look", "review-result", "DocumentReference/scan", "requested"),
		"a refill refused":                task("refill", "refill", "Observation/inr", "rejected"),
		"the mark of a signature":         doc("forged", signed),
		"the mark of a signature, later":  doc("scan", signed),
		"another file in a signed letter": strings.Replace(doc("ltr", signed), "Binary/ltr", "Binary/other", 1),
		"a signed letter unsigned":        doc("ltr", ""),
		"another text in its file":        `{"resourceType":"Binary","id":"ltr","contentType":"application/pdf","data":"JVBERi0x","securityContext":{"reference":"Patient/rosa"}}`,
	} {
		if err := write(program, text); !errors.As(err, &refused) {
			t.Errorf("a program wrote %s: %v", what, err)
		}
	}
	for _, id := range []string{"Task/send", "Task/look", "DocumentReference/ltr", "Binary/ltr"} {
		typ, name, _ := strings.Cut(id, "/")
		if _, err := program.Transact(ctx, []Act{{Op: Delete, Type: typ, ID: name}}); !errors.As(err, &refused) {
			t.Errorf("a program deleted %s: %v", id, err)
		}
	}
	if err := write(narrow, task("blind", "fulfill", "Observation/inr", "requested")); !errors.As(err, &refused) {
		t.Errorf("a Task about what the program may not read: %v", err)
	}
	for _, s := range []Session{program, narrow} {
		if b, err := s.Letter(ctx, "send"); !errors.As(err, &refused) {
			t.Errorf("a program was handed %s: %v", b.ID, err)
		}
	}
	for _, text := range []string{task("please", "review-result", "Observation/inr", "requested"), task("slot", "scheduling", "Patient/rosa", "completed"), doc("new", ""),
		strings.Replace(task("lab", "fulfill", "Observation/inr", "completed"), taskSystem, "http://hl7.org/fhir/CodeSystem/task-code", 1)} {
		if err := write(program, text); err != nil {
			t.Errorf("a program's own work: %v\n%s", err, text)
		}
	}
	if err := write(phys, task("look", "review-result", "Observation/inr", "completed")); err != nil {
		t.Errorf("who reviews says so: %v", err)
	}
}

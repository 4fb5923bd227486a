package record

import (
	"bytes"
	"net/url"
	"slices"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// What people answer for, a program (client) neither does nor says that it was
// done. Of the kinds of task that this program keeps for people (a result to review,
// a note to sign, a refill to decide, somebody to call, a letter to send) a program
// may ask for one, as requested, and changes none that is there; a letter it does not
// even ask for, since by asking the file is handed out. And it does not put on a
// document the mark that it was signed here, nor changes one that has it, or its file.

// deskKinds are the codes of tasks that programs may work off: nobody's judgement
// is in them.
var deskKinds = []string{"scheduling", "registration", "reminder", "front-desk", "message"}

// ofPeople says whether a Task is of a kind that people do.
func ofPeople(t fhir.Node) (people, letter bool) {
	for c := range t.Get("code").Get("coding").Items() {
		if c.Get("system").Is(taskSystem) && !slices.Contains(deskKinds, c.Get("code").Str()) {
			people = true
			letter = letter || c.Get("code").Is("letter")
		}
	}
	return people, letter
}

// signedHere says whether a DocumentReference has the mark that it was written and
// signed here.
func signedHere(n fhir.Node) bool {
	for x := range n.Get("extension").Items() {
		if x.Get("url").Is(signedURL) {
			return true
		}
	}
	return false
}

// mayProgram says whether a program may do an act.
func (s Session) mayProgram(tx *store.Tx, p *planned, old store.Row, had bool) error {
	if s.actor.Kind != access.Client || p.Type != "Task" && p.Type != "DocumentReference" && p.Type != "Binary" {
		return nil
	}
	if had && p.Op != Delete && !old.Deleted && bytes.Equal(old.Body(), p.ready.Body) {
		return nil // nothing would change
	}
	if p.Type == "Binary" {
		if !had {
			return nil
		}
		return s.keepsLetter(tx, p.id)
	}
	var was, now fhir.Node
	if had && !old.Deleted {
		d, err := fhir.Parse(old.Body())
		if err != nil {
			return err
		}
		was = d.Root()
	}
	if p.Op != Delete {
		d, err := fhir.Parse(p.ready.Body)
		if err != nil {
			return err
		}
		now = d.Root()
	}
	if p.Type == "DocumentReference" {
		if signedHere(was) || signedHere(now) {
			return errLetter
		}
		return nil
	}
	if people, _ := ofPeople(was); people {
		return &Refused{Why: "this task is people's: what became of it is not for a program to say"}
	}
	people, letter := ofPeople(now)
	switch {
	case letter:
		return &Refused{Why: "that a letter is sent is asked, and said, by people"}
	case people && !now.Get("status").Is("requested") && !now.Get("status").Is("draft"):
		return &Refused{Why: "a program may ask for this task, as requested; what became of it people say"}
	}
	return nil
}

var errLetter = &Refused{Why: "a document that was signed here is written and changed by people"}

// keepsLetter refuses what would change a file that a document names which was
// signed here.
func (s Session) keepsLetter(tx *store.Tx, id string) error {
	q, err := ask("DocumentReference", url.Values{"location": {"Binary/" + id}, "_count": {"50"}}.Encode())
	if err != nil {
		return err
	}
	res, err := tx.Search(store.Scope{Ranges: []store.KeyRange{store.SiteRange(s.site.No)}}, q)
	if err != nil {
		return err
	}
	for _, row := range res.Matches {
		d, err := fhir.Parse(row.Resource())
		if err != nil || signedHere(d.Root()) {
			return errLetter
		}
	}
	return nil
}

package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wholechart/store"
)

func TestStirs(t *testing.T) {
	r, ctx := node(t)
	a := r.system("a")
	put(t, a, `{"resourceType":"Patient","id":"p","name":[{"family":"Canary"}]}`, `{"resourceType":"Practitioner","id":"x"}`, `{"resourceType":"Practitioner","id":"y"}`)
	task := `{"resourceType":"Task","id":"t","status":"requested","intent":"order","for":{"reference":"Patient/p"},"description":"Canary potassium"%s}`
	owned := func(by string) string {
		return fmt.Sprintf(task, `,"owner":{"reference":"Practitioner/`+by+`"}`)
	}
	at, err := a.Position(ctx)
	if err != nil || at == 0 {
		t.Fatalf("%d %v", at, err)
	}
	put(t, a, owned("x"))
	put(t, a, owned("y"))
	put(t, a, fmt.Sprintf(task, ""))
	put(t, r.system("b"), `{"resourceType":"Patient","id":"q"}`, `{"resourceType":"Practitioner","id":"z"}`, `{"resourceType":"Appointment","id":"v","status":"booked","start":"2026-11-22T10:00:00Z","end":"2026-11-22T10:20:00Z","participant":[{"actor":{"reference":"Patient/q"},"status":"accepted"},{"actor":{"reference":"Practitioner/z"},"status":"accepted"}]}`)
	put(t, a, `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Canary"},"subject":{"reference":"Patient/p"}}`)

	collect := func(step int) (got []string) {
		for next := at; ; {
			stirs, reached, more, err := a.Stirs(ctx, next, step, "Task", "Appointment")
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range stirs {
				got = append(got, fmt.Sprintf("%d %s %v", s.Site, s.Type, s.Of))
			}
			if next = reached; !more {
				return got
			}
		}
	}
	site := func(slug string) store.SiteNo { s, _ := r.Site(slug); return s.No }
	want := []string{
		fmt.Sprintf("%d Task [Practitioner/x]", site("a")),
		fmt.Sprintf("%d Task [Practitioner/x Practitioner/y]", site("a")), // it left x for y
		fmt.Sprintf("%d Task [ Practitioner/y]", site("a")),               // and y for nobody
		fmt.Sprintf("%d Appointment [Practitioner/z]", site("b")),         // never the patient
	}
	for _, step := range []int{1, 2, 100} {
		if got := collect(step); !slices.Equal(got, want) {
			t.Errorf("in steps of %d: %s", step, strings.Join(got, "; "))
		}
	}
	if _, err := a.Transact(ctx, []Act{{Op: Delete, Type: "Task", ID: "t"}}); err != nil {
		t.Fatal(err)
	}
	stirs, _, _, err := a.Stirs(ctx, at, 100, "Task")
	if err != nil || len(stirs) != 4 || !slices.Equal(stirs[3].Of, []string{""}) {
		t.Errorf("a deleted task of nobody: %v %v", stirs, err)
	}

	var no *Refused
	for name, s := range map[string]Session{"a clinician": r.user("a", "physician"), "nobody": {}} {
		if _, _, _, err := s.Stirs(ctx, 0, 1, "Task"); !errors.As(err, &no) {
			t.Errorf("%s reads the log: %v", name, err)
		}
		if _, err := s.Position(ctx); !errors.As(err, &no) {
			t.Errorf("%s is told how far the log has come: %v", name, err)
		}
	}
}

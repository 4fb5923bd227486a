package identity

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/store"
)

// house is one node with sites a, b and c.
type house struct {
	t *testing.T
	r *record.Records
}

func newHouse(t *testing.T) house {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "r.db")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.New(t.Context(), st, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); st.Close() })
	for _, slug := range []string{"a", "b", "c"} {
		if _, err := r.PutSite(context.Background(), record.Site{Slug: slug, Name: "Site " + slug, Local: true}); err != nil {
			t.Fatal(err)
		}
	}
	return house{t, r}
}

func (h house) as(site string, role access.Role) record.Session {
	return h.r.As(access.Actor{Kind: access.User, ID: string(role), Site: site, Role: role, Purpose: access.Treatment}, access.EMR)
}

func (h house) put(site, id, fields string) {
	h.t.Helper()
	d, err := fhir.Parse([]byte(fmt.Sprintf(`{"resourceType":"Patient","id":%q,%s}`, id, fields)))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.as(site, access.Admin).Transact(h.t.Context(), []record.Act{{Op: record.Update, Type: "Patient", ID: id, Resource: d.Root()}}); err != nil {
		h.t.Fatal(err)
	}
}

// join tells the links of a patient after Join, as site/id=state.
func (h house) join(site, id string) string {
	h.t.Helper()
	found, err := Join(h.t.Context(), h.as(site, access.Physician), id)
	if err != nil {
		h.t.Fatal(err)
	}
	out := ""
	for _, f := range found {
		out += fmt.Sprintf("%s/%s=%s ", f.Site.Slug, f.Patient, f.State)
	}
	return out
}

func (h house) want(got, want string) {
	h.t.Helper()
	if got != want {
		h.t.Errorf("%q, want %q", got, want)
	}
}

func TestJoin(t *testing.T) {
	h := newHouse(t)
	h.put("a", "1", named("Smith", `"Anna"`, born+at))
	h.put("a", "twin", named("Smith", `"Zoe"`, born+at))
	h.put("b", "x", named("Smith", `"Anna"`, born+at))
	h.put("b", "1", named("Brown", `"Ida"`, `"birthDate":"1944-01-01"`)) // the same id, another person
	h.put("c", "y", named("Smith", `"Anna"`, bornOff+at))
	h.put("c", "z", named("Smith", `"Zoe"`, born+at))
	h.want(h.join("a", "1"), "b/x=linked c/y=review ")
	h.want(h.join("a", "1"), "b/x=linked c/y=review ")
	h.want(h.join("a", "twin"), "c/z=linked ")
	h.want(h.join("b", "x"), "a/1=linked c/y=review ")
	h.want(h.join("b", "1"), "")

	desk, c := h.as("a", access.FrontDesk), func() *record.Site { s, _ := h.r.Site("c"); return s }()
	if err := Confirm(t.Context(), desk, "1", c, "y", "date corrected by her licence"); err != nil {
		t.Fatal(err)
	}
	h.want(h.join("a", "1"), "b/x=linked c/y=linked ")
	h.want(h.join("b", "x"), "a/1=linked c/y=linked ")
	if err := Unlink(t.Context(), desk, "1", c, "y", "it was her cousin"); err != nil {
		t.Fatal(err)
	}
	h.want(h.join("a", "1"), "b/x=linked c/y=apart ")
	h.want(h.join("c", "y"), "b/x=review a/1=apart ") // never again with a, and so not surely with b
	if err := Confirm(t.Context(), desk, "1", c, "z", "no"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("what was never proposed: %v", err)
	}
	var refused *record.Refused
	if err := Unlink(t.Context(), h.as("a", access.Radiologist), "ghost", c, "y", "no"); !errors.Is(err, record.ErrNotFound) && !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
}

func TestJoinWhereSeveralFit(t *testing.T) {
	h := newHouse(t)
	h.put("a", "1", named("Smith", `"Anna"`, born+at))
	h.put("b", "x", named("Smith", `"Anna"`, born+at))
	h.put("b", "y", named("Smith", `"Anna"`, born+at))
	h.want(h.join("a", "1"), "b/x=review b/y=review ")
	// c knows one; b's two are never made one person through it.
	h.put("c", "z", named("Smith", `"Anna"`, born+at))
	h.want(h.join("b", "x"), "a/1=review c/z=review ")
	h.join("b", "y")
	h.join("a", "1")
	links, err := h.as("c", access.Physician).Links(t.Context(), "z")
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, l := range links {
		if l.State == record.Linked {
			if at[l.Slug] != "" {
				t.Errorf("%s and %s of %s are one person", at[l.Slug], l.Patient, l.Slug)
			}
			at[l.Slug] = l.Patient
		}
	}
}

func TestMatchIsForWhoMay(t *testing.T) {
	h := newHouse(t)
	h.put("a", "1", named("Smith", `"Anna"`, born+at))
	h.put("a", "2", named("Smith", `"Anna"`, born+moved))
	h.put("b", "x", named("Smith", `"Anna"`, born+at))
	d := person(t, named("Smith", `"Anna"`, born+at))
	for _, s := range []record.Session{h.as("a", access.Physician), h.r.As(access.Actor{Kind: access.Peer, ID: "far", Site: "a", Purpose: access.Treatment}, access.EMR)} {
		got, err := Match(t.Context(), s, d, 10)
		if err != nil || len(got) != 2 || got[0].Patient.ID != "1" || got[0].Score.Grade != Certain || got[1].Score.Grade != Possible {
			t.Errorf("%+v %v", got, err)
		}
	}
	var refused *record.Refused
	for _, s := range []record.Session{{}, h.as("a", access.Operator), h.r.As(access.Actor{Kind: access.Peer, ID: "far", Site: "a", Purpose: access.Operations}, access.EMR), h.r.As(access.Actor{Kind: access.Patient, ID: "1", Site: "a", Patients: []string{"1"}}, access.EMR)} {
		if got, err := Match(t.Context(), s, d, 10); !errors.As(err, &refused) || len(got) > 0 {
			t.Errorf("%v %v", got, err)
		}
	}
}

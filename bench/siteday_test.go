package bench

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestSiteDayIsWhole(t *testing.T) {
	d := SiteDay{Practitioners: 7, Patients: 90, Today: 200, Appointments: 3000, Tasks: 100, Waiting: 5, Day: time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC), Zone: "America/New_York", Seed: 4}
	var a, b bytes.Buffer
	if err := d.Write(&a); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(&b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("the same seed makes another site: %v", err)
	}
	type resource struct {
		ResourceType, ID, Status, Start string
		Participant                     []struct{ Actor struct{ Reference string } }
		For, Owner                      struct{ Reference string }
	}
	seen, count, today := map[string]bool{}, map[string]int{}, 0
	taken := map[string]bool{}
	dec := json.NewDecoder(&a)
	for dec.More() {
		var r resource
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		name := r.ResourceType + "/" + r.ID
		if seen[name] {
			t.Errorf("%s twice", name)
		}
		seen[name] = true
		count[r.ResourceType]++
		refs := []string{r.For.Reference, r.Owner.Reference}
		for _, p := range r.Participant {
			refs = append(refs, p.Actor.Reference)
			if strings.HasPrefix(p.Actor.Reference, "Practitioner/") && r.Start != "" {
				if at := p.Actor.Reference + r.Start; taken[at] {
					t.Errorf("%s is double booked", at)
				} else {
					taken[at] = true
				}
			}
		}
		for _, ref := range refs {
			if ref != "" && !seen[ref] {
				t.Errorf("%s refers to %s, which comes later or never", name, ref)
			}
		}
		if strings.HasPrefix(r.Start, "2026-03-08T") {
			today++
			if r.Status == "" {
				t.Errorf("%s has no status", name)
			}
		}
	}
	if count["Patient"] != 90 || count["Appointment"] != 3005 || count["Task"] != 100 || today != 200 {
		t.Errorf("%v, %d today", count, today)
	}
	d.Today = 7*perDay + 1
	if err := d.Write(&a); err == nil {
		t.Error("more patients than a day has slots")
	}
}

package remind

import (
	"net/url"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/record"
)

// Who was merged into another record is reminded of what was booked in the one
// that is gone, as the record that stands says; and recalled once.
func TestAMergedPersonIsReminded(t *testing.T) {
	h := open2(t)
	s := h.service(func(c *Config) {
		c.Due = ByChart(func(c *chart.Chart, now time.Time) []DueItem {
			if c.PatientID == "old" || c.PatientID == "mail" {
				return []DueItem{{ID: "eye", Since: now.AddDate(0, -3, 0)}}
			}
			return nil
		})
	})
	h.write(`{"resourceType":"Patient","id":"old","active":true,"name":[{"family":"Delgado","given":["Rosa"]}],"telecom":[{"system":"email","value":"gone@example.org"}]}`)
	h.tick(s) // both are due, and drafts of recalls stand
	h.book("old", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	h.tick(s)
	office := h.records.As(access.Actor{Kind: access.User, ID: "office", Site: "maple", Role: access.RecordsOffice, Purpose: access.Operations}, access.EMR)
	if err := office.Merge(t.Context(), record.SideOf(h.read("Patient", "mail")), record.SideOf(h.read("Patient", "old")), "the same person"); err != nil {
		t.Fatal(err)
	}
	h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
	s = h.service(func(c *Config) { c.Due = s.Due })
	h.tick(s)
	h.tick(s)
	if len(h.mail.taken) != 1 || h.mail.taken[0].Header.Get("To") != "<rosa@example.org>" {
		t.Fatalf("%d mails %v", len(h.mail.taken), h.mail.subjects())
	}
	found, _ := find(t.Context(), h.system(), "CommunicationRequest", url.Values{"patient": {"mail"}, "category": {KindSystem + "|" + string(Recall)}, "status": {"draft,active,on-hold"}})
	if len(found) != 0 { // an appointment is booked, in either record
		t.Errorf("%d recalls are open", len(found))
	}
}

package facts

import (
	"net/url"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/record"
)

// What was written in a record that was merged into this one is kept up from here,
// in the record in which it is; what is new is this one's.
func TestFactsOfAMergedRecord(t *testing.T) {
	n := start(t)
	n.Write("maple", `{"resourceType":"Patient","id":"rosa-2","name":[{"family":"Delgado","given":["Rosa"]}],"birthDate":"1958-03-14"}`,
		`{"resourceType":"Condition","id":"two","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},"code":{"text":"Zebra fever"},"subject":{"reference":"Patient/rosa-2"}}`)
	office := n.Records.As(access.Actor{Kind: access.User, ID: "records", Site: "maple", Role: access.RecordsOffice, Purpose: access.Operations}, access.EMR)
	side := func(id string) record.Side {
		r, err := office.Read(t.Context(), "Patient", id)
		if err != nil {
			t.Fatal(err)
		}
		return record.SideOf(r)
	}
	doc := n.User(okonkwo)
	if res, _ := doc.Get(rosa + "/enter/problem/two"); res.StatusCode != 404 {
		t.Errorf("another's fact under her name: %d", res.StatusCode)
	}
	if err := office.Merge(t.Context(), side("rosa-delgado"), side("rosa-2"), "same"); err != nil {
		t.Fatal(err)
	}
	if page := doc.Open(rosa + "/fact/Condition/two"); !strings.Contains(page, "Zebra fever") {
		t.Error("the fact's own page")
	}
	doc.Open(rosa + "/enter/problem/two")
	form := url.Values{"what": {"Zebra fever, over"}, "clinical": {"resolved"}, "verification": {"confirmed"}, "ended": {"2026-11-01"}, "category": {"problem-list-item"}, "version": {"1"}, "act": {"save"}}
	if res, body := doc.Post(rosa+"/enter/problem/two", form); res.StatusCode != 200 {
		t.Errorf("edit: %d %.400s", res.StatusCode, body)
	}
	got := bodies(t, n, "Condition")["two"]
	if !strings.Contains(got, `"resolved"`) || !strings.Contains(got, `"Patient/rosa-2"`) {
		t.Errorf("%s", got)
	}
	if res, _ := doc.Post(rosa+"/enter/problem/two", url.Values{"version": {"2"}, "act": {"withdraw"}, "reason": {"of a horse"}}); res.StatusCode != 200 {
		t.Errorf("withdraw: %d", res.StatusCode)
	}
	if got := bodies(t, n, "Condition")["two"]; !strings.Contains(got, `"entered-in-error"`) {
		t.Errorf("%s", got)
	}
	before := bodies(t, n, "Condition")
	if res, _ := doc.Post("/maple/patients/rosa-2/enter/problem", url.Values{"what": {"Gout"}, "clinical": {"active"}}); res.StatusCode != 422 {
		t.Errorf("new in the replaced record, by a form that was open: %d", res.StatusCode)
	}
	if res, _ := doc.Post(rosa+"/enter/problem", url.Values{"what": {"Gout"}, "clinical": {"active"}}); res.StatusCode != 200 {
		t.Errorf("new in hers: %d", res.StatusCode)
	}
	if _, body := fresh(before, bodies(t, n, "Condition")); !strings.Contains(body, `"Patient/rosa-delgado"`) {
		t.Errorf("%s", body)
	}
}

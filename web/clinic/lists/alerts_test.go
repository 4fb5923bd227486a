package lists

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/decision/rule"
	"wholechart/decision/standing"
	"wholechart/internal/pagetest"
)

func takes(id, patient, name, since string) string {
	return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"active","intent":"order","authoredOn":"` + since + `","medicationCodeableConcept":{"text":"` + name + `"},"subject":{"reference":"Patient/` + patient + `"}}`
}

func allergic(id, patient, to string) string {
	return `{"resourceType":"AllergyIntolerance","id":"` + id + `","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"` + to + `"},"patient":{"reference":"Patient/` + patient + `"}}`
}

// TestStandingAlerts: everybody in whose record a danger stands, by how bad and by
// rule, newest first, with the way to the chart's place; other sites' patients, the
// dead and what the site switched off are not there; as CSV too, and noted.
func TestStandingAlerts(t *testing.T) {
	n, settle := start(t)
	n.Write("maple",
		somebody("old", "Zoe Longest"), takes("w1", "old", "Warfarin 5 mg tablet", "2024-01-01"), takes("i1", "old", "Ibuprofen 600 mg tablet", "2024-03-01"),
		somebody("new", "Amy Newest"), takes("w2", "new", "Warfarin 5 mg tablet", "2026-10-01"), takes("i2", "new", "Ibuprofen 600 mg tablet", "2026-11-12"),
		somebody("safe", "Fay Safe"), takes("w3", "safe", "Warfarin 5 mg tablet", "2026-10-01"),
		somebody("evil", "=cmd|' /C calc'!A0"), takes("w4", "evil", "Warfarin 5 mg tablet", "2025-10-01"), takes("i4", "evil", "Ibuprofen 600 mg tablet", "2025-11-12"),
		somebody("sens", "Sid Sensitive"), allergic("al", "sens", "Penicillin"), takes("p1", "sens", "Amoxicillin 500 mg capsule", "2026-11-10"),
		`{"resourceType":"Patient","id":"dead","name":[{"text":"Dead Person"}],"birthDate":"1960-01-01","deceasedBoolean":true}`, takes("w5", "dead", "Warfarin 5 mg tablet", "2026-10-01"), takes("i5", "dead", "Ibuprofen 600 mg tablet", "2026-11-12"),
	)
	n.Write("riverside", somebody("other", "Other Site"), takes("w6", "other", "Warfarin 5 mg tablet", "2026-10-01"), takes("i6", "other", "Ibuprofen 600 mg tablet", "2026-11-12"))
	doc := n.User(okonkwo)
	if page := doc.Open("/maple/lists/alerts"); !strings.Contains(page, "to be looked at for the first time") {
		t.Error("a list that is not complete does not say so")
	}
	settle()
	const id = "ddi-anticoagulant-nsaid"
	page := doc.Open("/maple/lists/alerts?show=severe")
	for _, want := range []string{"Zoe Longest", "Amy Newest", "12 Nov 2026", "1 Mar 2024", "As the whole record is known here", "By rule", `/maple/patients/new/whole/medicines`, "/maple/lists/alerts?rule=" + id + "&amp;show=severe"} {
		if !strings.Contains(page, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	for _, bad := range []string{"Fay Safe", "Dead Person", "Other Site", "to be looked at"} {
		if strings.Contains(page, bad) {
			t.Errorf("%s is on the list", bad)
		}
	}
	if strings.Index(page, "Amy Newest") > strings.Index(page, "Zoe Longest") {
		t.Error("the newest is not first")
	}
	if page := doc.Open("/maple/lists/alerts?show=severe&sort=longest"); strings.Index(page, "Amy Newest") < strings.Index(page, "Zoe Longest") {
		t.Error("the longest is not first")
	}
	if page := doc.Open("/maple/lists/alerts?show=severe&sort=name"); strings.Index(page, "Amy Newest") > strings.Index(page, "Zoe Longest") {
		t.Error("not by name")
	}
	one := doc.Open("/maple/lists/alerts?show=severe&rule=" + id)
	for _, want := range []string{"Zoe Longest", "Amy Newest", "Needs review by a clinician", "All rules"} {
		if !strings.Contains(one, want) {
			t.Errorf("the rule's list lacks %q", want)
		}
	}
	if page := doc.Open("/maple/lists/alerts?rule=" + id); !strings.Contains(page, "Zoe Longest") {
		t.Error("without a severity the worst that somebody is in is not shown")
	}
	// By kind: the allergy is among the allergies, and of the kinds only those are offered that speak here.
	var found bool
	for _, s := range standing.Severities {
		page := doc.Open("/maple/lists/alerts?quiet=yes&show=" + slug(s) + "&kind=" + url.QueryEscape(string(rule.Allergy)))
		found = found || strings.Contains(page, "Sid Sensitive")
		if strings.Contains(page, "Zoe Longest") {
			t.Error("an interaction is among the allergies")
		}
	}
	if !found {
		t.Error("the allergy is nowhere")
	}
	for _, odd := range []string{"?show=nonsense&sort=%00&from=-7&kind=x&quiet=maybe", "?from=999999999999999999999", "?rule=no-such-rule", "?from=100"} {
		if page := doc.Open("/maple/lists/alerts" + odd); !strings.Contains(page, "As the whole record") {
			t.Errorf("%s: not a list", odd)
		}
	}
	res, body := doc.Get("/maple/lists/alerts/csv?show=severe&rule=" + id)
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) < 4 || !strings.Contains(res.Header.Get("Content-Disposition"), "alerts-severe-2026-11-22.csv") {
		t.Fatalf("%v %d %s", err, len(rows), res.Header.Get("Content-Disposition"))
	}
	safe := false
	for _, r := range rows {
		safe = safe || r[1] == "'=cmd|' /C calc'!A0"
	}
	if !safe || rows[1][1] != "Amy Newest" || rows[1][6] != id || rows[1][9] != "severe" || rows[1][11] != "2026-11-12" {
		t.Errorf("%v", rows[:2])
	}
	if !strings.Contains(n.Noted(), "list alerts-severe") {
		t.Error("the export is not in the log")
	}
	if index := doc.Open("/maple/lists"); !strings.Contains(index, "/maple/lists/alerts") {
		t.Error("the lists do not lead to it")
	}
	// Switched off here it is not counted; made quiet it is left out until it is asked for.
	admin := n.Records.As(access.Actor{Kind: access.User, ID: "admin", Site: "maple", Role: access.Admin, Purpose: access.Operations}, access.EMR)
	for version, level := range []rule.Level{rule.Off, rule.Quiet} {
		if err := admin.PutSetting(t.Context(), "rules", fmt.Appendf(nil, `{"%s":{"level":%d,"who":"admin","when":"2026-11-22T00:00:00Z","why":"test"}}`, id, level), version, "test"); err != nil {
			t.Fatal(err)
		}
		page := doc.Open("/maple/lists/alerts?show=severe&rule=" + id)
		if strings.Contains(page, "Zoe Longest") || (level == rule.Off) != strings.Contains(page, "switched off at this site") {
			t.Errorf("%s: a rule that does not speak here is counted", level)
		}
		if page := doc.Open("/maple/lists/alerts?quiet=yes&show=severe&rule=" + id); strings.Contains(page, "quiet here") != (level == rule.Quiet) {
			t.Errorf("%s: quiet ones", level)
		}
	}
}

// TestWhoSeesStandingAlerts: who sees no care, and from whom something is withheld,
// is told of nobody, neither on the page nor in the file.
func TestWhoSeesStandingAlerts(t *testing.T) {
	n, _ := start(t)
	for i, role := range []access.Role{access.FrontDesk, access.Operator, access.Admin, access.RecordsOffice, access.PrivacyOfficer, access.Nurse} {
		b := n.User(auth.User{Site: "maple", Name: fmt.Sprint("u", i), FullName: "Some Body", Role: role})
		list, _ := b.Get("/maple/lists/due")
		for _, path := range []string{"/maple/lists/alerts", "/maple/lists/alerts/csv"} {
			res, _ := b.Get(path)
			if res.StatusCode != list.StatusCode && res.StatusCode != http.StatusForbidden {
				t.Errorf("%s at %s: %d, and what is due %d", role, path, res.StatusCode, list.StatusCode)
			}
			if role == access.FrontDesk && res.StatusCode != http.StatusForbidden {
				t.Errorf("the front desk at %s: %d", path, res.StatusCode)
			}
			if role == access.Nurse && res.StatusCode != http.StatusOK {
				t.Errorf("a nurse at %s: %d", path, res.StatusCode)
			}
		}
	}
}

func TestStandingAlertsAccessible(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n, settle := start(t)
	n.Write("maple", somebody("old", "Zoe Longest"), takes("w1", "old", "Warfarin 5 mg tablet", "2024-01-01"), takes("i1", "old", "Ibuprofen 600 mg tablet", "2024-03-01"))
	settle()
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Axe(t, ctx, n, "/maple/lists", "/maple/lists/alerts?show=severe", "/maple/lists/alerts?show=moderate&quiet=yes")
	pagetest.Shot(t, ctx, "standing-alerts")
}

package demo

import (
	"encoding/base64"
	"encoding/json"
	"sort"
	"strings"
	"testing"
	"time"
)

// The tests of this file read the bundles as a reader of the record would: by type and content, not by Go variable.

func ofType(resources map[string]object, kind string) []object {
	var urls []string
	for url := range resources {
		if strings.HasPrefix(url, kind+"/") {
			urls = append(urls, url)
		}
	}
	sort.Strings(urls)
	var out []object
	for _, u := range urls {
		out = append(out, resources[u])
	}
	return out
}

// about keeps what is about one Patient: by subject or patient.
func about(rs []object, patient string) []object {
	var out []object
	for _, r := range rs {
		for _, k := range []string{"subject", "patient"} {
			if s, ok := r[k].(object); ok && s["reference"] == "Patient/"+patient {
				out = append(out, r)
			}
		}
	}
	return out
}

func says(r object, words string) bool {
	b, _ := json.Marshal(r)
	if strings.Contains(string(b), words) {
		return true
	}
	found := false
	walk(r, "", func(name string, v any) { // and inside notes
		if s, ok := v.(string); ok && name == "data" {
			text, _ := base64.StdEncoding.DecodeString(s)
			found = found || strings.Contains(string(text), words)
		}
	})
	return found
}

func having(rs []object, words string) []object {
	var out []object
	for _, r := range rs {
		if says(r, words) {
			out = append(out, r)
		}
	}
	return out
}

func homes(t *testing.T, slug string) map[string]string {
	t.Helper()
	for _, p := range People() {
		if p.Slug == slug {
			m := map[string]string{}
			for _, v := range p.Home {
				m[v.Site] = v.Patient
			}
			return m
		}
	}
	t.Fatalf("nobody is called %s", slug)
	return nil
}

func TestRosaInteractionOnlyAcrossSites(t *testing.T) {
	n, at := parse(t, anchor), homes(t, "rosa")
	if got := having(ofType(n["maple"], "MedicationRequest"), "warfarin"); len(about(got, at["maple"])) != 0 {
		t.Error("Maple Street must not know of the warfarin")
	}
	warfarin := about(having(ofType(n["lakeside"], "MedicationRequest"), "855332"), at["lakeside"])
	draft := about(having(ofType(n["maple"], "MedicationRequest"), "198335"), at["maple"])
	if len(warfarin) != 1 || warfarin[0]["status"] != "active" || len(draft) != 1 || draft[0]["status"] != "draft" {
		t.Errorf("warfarin at Lakeside %d, draft antibiotic at Maple Street %d", len(warfarin), len(draft))
	}
	inr, total := map[string]int{}, 0
	for site, id := range at {
		for _, o := range about(having(ofType(n[site], "Observation"), "6301-6"), id) {
			inr[site]++
			if site == "riverside" && (!says(o, "4.1") || !says(o, `"code":"H"`) || !strings.HasPrefix(o["effectiveDateTime"].(string), "2024-12-05T21:40:00-05:00")) {
				t.Errorf("Riverside's INR: %v", o["valueQuantity"])
			}
		}
		for url, r := range n[site] {
			if strings.Contains(url, "rosa") || r["id"] == id {
				total++
			}
		}
	}
	if inr["maple"] != 1 || inr["riverside"] != 1 || inr["lakeside"] != 9 {
		t.Errorf("INR series: %v", inr)
	}
	if total < 200 {
		t.Errorf("%d resources about Rosa", total)
	}
	for _, site := range []string{"maple", "lakeside", "corner", "greatlakes"} {
		if len(having(ofType(n[site], "Condition"), "idney disease")) != 0 {
			t.Errorf("%s knows of kidney disease", site)
		}
	}
	if len(having(ofType(n["riverside"], "Condition"), "N18.31")) != 1 {
		t.Error("Riverside must know of kidney disease")
	}
	for words, site := range map[string]string{"91936005": "maple", "300916003": "maple"} {
		if len(about(having(ofType(n[site], "AllergyIntolerance"), words), at[site])) != 1 {
			t.Errorf("allergy %s is not at %s", words, site)
		}
	}
	if len(about(having(ofType(n["maple"], "MedicationRequest"), "866427"), at["maple"])) != 1 || len(having(ofType(n["lakeside"], "MedicationRequest"), "866436")) != 1 {
		t.Error("metoprolol: 25 mg at Maple Street, 50 mg at Lakeside")
	}
	last := ""
	for _, d := range about(having(ofType(n["corner"], "MedicationDispense"), "617311"), at["corner"]) {
		last = max(last, d["whenHandedOver"].(string)[:10])
	}
	if filled, _ := time.Parse(time.DateOnly, last); int(anchor.Truncate(24*time.Hour).Sub(filled).Hours()/24) != 94 {
		t.Errorf("atorvastatin last filled on %s", last)
	}
	// A refill without a prescription would open as a task like others.
	refill := n["maple"]["Task/rosa-task-refill"]
	if focus, _ := refill["focus"].(map[string]any); focus["reference"] != "MedicationRequest/rosa-rx-atorvastatin" || n["maple"]["MedicationRequest/rosa-rx-atorvastatin"] == nil {
		t.Errorf("the refill is of %v", focus)
	}
	studies := 0
	for site, id := range at {
		studies += len(about(ofType(n[site], "ImagingStudy"), id))
	}
	if studies < 6 {
		t.Errorf("%d imaging studies", studies)
	}
}

func TestEveryPrescriptionFilledExists(t *testing.T) {
	n := parse(t, anchor)
	written := map[string]bool{}
	for _, resources := range n {
		for _, r := range ofType(resources, "MedicationRequest") {
			k := r["identifier"].(list)[0].(object)
			written[k["system"].(string)+"|"+k["value"].(string)] = true
		}
	}
	for _, d := range ofType(n["corner"], "MedicationDispense") {
		k := d["authorizingPrescription"].(list)[0].(object)["identifier"].(object)
		if !written[k["system"].(string)+"|"+k["value"].(string)] {
			t.Fatalf("%s fills %v, which nobody wrote", d["id"], k["value"])
		}
	}
}

func TestGraceDuplicateTestAndOneFactByTwoRoutes(t *testing.T) {
	n, at := parse(t, anchor), homes(t, "grace")
	draft := having(about(ofType(n["maple"], "ServiceRequest"), at["maple"]), "24331-1")
	done := having(about(ofType(n["lakeside"], "DiagnosticReport"), at["lakeside"]), "24331-1")
	if len(draft) != 1 || draft[0]["status"] != "draft" || len(done) != 1 || done[0]["effectiveDateTime"].(string)[:10] != "2026-11-01" {
		t.Errorf("draft %d, done %d", len(draft), len(done))
	}
	const result = "RGL-26-448120"
	if len(having(ofType(n["maple"], "Observation"), result)) != 1 || len(having(ofType(n["riverside"], "Observation"), result)) != 1 {
		t.Error("the TSH of Riverside's laboratory must be at both sites under one identifier")
	}
	if len(about(having(ofType(n["maple"], "AllergyIntolerance"), "716186003"), at["maple"])) != 1 || len(about(ofType(n["lakeside"], "AllergyIntolerance"), at["lakeside"])) != 0 {
		t.Error("no known allergies at Maple Street, nothing recorded at Lakeside")
	}
}

func TestAmaraTwoPractices(t *testing.T) {
	n, at := parse(t, anchor), homes(t, "amara")
	buckeye, maple := about(ofType(n["buckeye"], "Immunization"), at["buckeye"]), about(ofType(n["maple"], "Immunization"), at["maple"])
	if len(buckeye) < 15 || len(maple) < 2 {
		t.Errorf("%d and %d shots", len(buckeye), len(maple))
	}
	hepatitisA := len(having(buckeye, "Hep A")) + len(having(maple, "Hep A"))
	if hepatitisA != 3 || len(having(buckeye, `"03"`)) != 1 {
		t.Errorf("hepatitis A given %d times", hepatitisA)
	}
	for _, k := range []string{"29463-7", "8302-2", "9843-4"} {
		if len(about(having(ofType(n["buckeye"], "Observation"), k), at["buckeye"])) < 8 {
			t.Errorf("too few points of growth for %s", k)
		}
	}
	if len(about(ofType(n["buckeye"], "AllergyIntolerance"), at["buckeye"])) != 1 || len(about(ofType(n["maple"], "AllergyIntolerance"), at["maple"])) != 0 {
		t.Error("amoxicillin rash at Buckeye only")
	}
}

func TestHaroldPriorsAtAnotherSite(t *testing.T) {
	n, at := parse(t, anchor), homes(t, "harold")
	priors := about(ofType(n["greatlakes"], "DiagnosticReport"), at["greatlakes"])
	last := having(about(ofType(n["riverside"], "DiagnosticReport"), at["riverside"]), "9 mm")
	if len(priors) != 2 || len(having(priors, "4 mm")) != 2 || len(having(priors, "6 mm")) != 1 || len(last) != 1 || !says(last[0], "None available") {
		t.Errorf("priors %d, last %d", len(priors), len(last))
	}
	for _, r := range append(priors, last...) {
		if r["imagingStudy"] == nil || r["conclusion"] == nil {
			t.Errorf("%s has no images or impression", r["id"])
		}
	}
}

func TestDanielConsent(t *testing.T) {
	n, at := parse(t, anchor), homes(t, "daniel")
	for url, r := range n["newleaf"] {
		if strings.HasPrefix(url, "Pr") || strings.HasPrefix(url, "Organization/") || strings.HasPrefix(url, "Location/") {
			if !strings.HasPrefix(url, "Procedure/") {
				continue
			}
		}
		for _, label := range []string{`"ETH"`, `"R"`, `"42CFRPart2"`} {
			if r["meta"] == nil || !says(r["meta"].(object), label) {
				t.Errorf("%s lacks label %s", url, label)
			}
		}
	}
	consents := about(ofType(n["newleaf"], "Consent"), at["newleaf"])
	if len(consents) != 1 {
		t.Fatalf("%d consents", len(consents))
	}
	c := consents[0]
	rule := c["provision"].(object)["provision"].(list)[0].(object)
	actor := rule["actor"].(list)[0].(object)
	who := actor["reference"].(object)["identifier"].(object)
	if c["status"] != "active" || rule["type"] != "permit" || !says(actor["role"].(object), `"IRCP"`) || who["system"] != SiteSystem || who["value"] != "riverside" ||
		!says(rule, `"42CFRPart2"`) || says(c, "maple") {
		t.Errorf("consent: %v", rule)
	}
	period := rule["period"].(object)
	today := anchor.Format(time.DateOnly)
	if period["start"].(string) > today || period["end"].(string) < today {
		t.Errorf("consent is not in force: %v", period)
	}
	for _, site := range []string{"maple", "riverside"} {
		if len(having(ofType(n[site], "MedicationRequest"), "uprenorphine")) != 0 || len(having(ofType(n[site], "DocumentReference"), "New Leaf")) != 0 {
			t.Errorf("%s itself knows of the treatment", site)
		}
	}
}

func TestYusufKnownElsewhere(t *testing.T) {
	n, at := parse(t, anchor), homes(t, "yusuf")
	here := n["riverside"]["Patient/"+at["riverside"]]
	if len(about(ofType(n["riverside"], "AllergyIntolerance"), at["riverside"])) != 0 || len(about(ofType(n["riverside"], "MedicationRequest"), at["riverside"])) != 0 {
		t.Error("Riverside must know nothing")
	}
	if len(about(having(ofType(n["lakeside"], "MedicationRequest"), "1364445"), at["lakeside"])) != 1 || len(about(having(ofType(n["greatlakes"], "AllergyIntolerance"), "293637006"), at["greatlakes"])) != 1 {
		t.Error("apixaban at Lakeside, contrast reaction at Great Lakes")
	}
	there := n["lakeside"]["Patient/"+at["lakeside"]]
	if here["birthDate"] != there["birthDate"] || says(here, "Haddad") || !says(there, "Haddad") {
		t.Error("same birth date, another spelling")
	}
	visit := about(ofType(n["riverside"], "Encounter"), at["riverside"])
	if len(visit) != 1 || visit[0]["status"] != "in-progress" || !says(visit[0], `"EMER"`) {
		t.Error("he is in the emergency room now")
	}
}

func TestWalterTwoLists(t *testing.T) {
	n, at := parse(t, anchor), homes(t, "walter")
	names := map[string]bool{}
	for _, site := range []string{"maple", "lakeside"} {
		for _, r := range about(ofType(n[site], "MedicationRequest"), at[site]) {
			name, _, _ := strings.Cut(r["medicationCodeableConcept"].(object)["text"].(string), " ")
			names[name] = true
		}
	}
	if len(names) != 14 {
		t.Errorf("%d medicines", len(names))
	}
	if got := about(having(having(ofType(n["maple"], "Observation"), "2823-3"), "6.1"), at["maple"]); len(got) != 1 || !says(got[0], `"HH"`) {
		t.Error("potassium 6.1 must be critical")
	}
}

func TestMeiRhNegativeOnlyAtTheHospital(t *testing.T) {
	n := parse(t, anchor)
	if len(having(ofType(n["riverside"], "Observation"), "A negative")) != 1 || len(having(ofType(n["maple"], "Observation"), "A negative")) != 0 {
		t.Error("blood group at Riverside only")
	}
	if due := n["maple"]["Observation/mei-due-date-2026-07-28"]; due == nil || due["valueDateTime"] != "2027-03-28" {
		t.Errorf("due date %v", due["valueDateTime"])
	}
}

func TestTwoJamesMillers(t *testing.T) {
	n, r, th := parse(t, anchor), homes(t, "james-r"), homes(t, "james-t")
	a, b := n["maple"]["Patient/"+r["maple"]], n["maple"]["Patient/"+th["maple"]]
	if a["birthDate"] != "1967-04-12" || b["birthDate"] != "1967-04-21" || !says(a, `"family":"Miller"`) || !says(b, `"family":"Miller"`) {
		t.Error("one name, nine days apart")
	}
	if len(about(ofType(n["maple"], "AllergyIntolerance"), r["maple"])) != 1 || len(about(ofType(n["maple"], "AllergyIntolerance"), th["maple"])) != 0 {
		t.Error("penicillin belongs to James Robert only")
	}
	if r["corner"] != th["riverside"] {
		t.Error("the same Patient id at two sites for two people: the trap is gone")
	}
	numbers := map[string]bool{}
	for site, resources := range n { // no two people share a number
		for _, p := range ofType(resources, "Patient") {
			for _, k := range p["identifier"].(list) {
				id := k.(object)
				if id["system"] == mrnSystem(site) {
					if numbers[site+id["value"].(string)] {
						t.Errorf("number %v twice at %s", id["value"], site)
					}
					numbers[site+id["value"].(string)] = true
				}
			}
		}
	}
}

func TestOwenAllergiesNotRecorded(t *testing.T) {
	if n := parse(t, anchor); len(about(ofType(n["maple"], "AllergyIntolerance"), "owen-brandt")) != 0 {
		t.Error("nobody asked Owen")
	}
}

func TestMemberNumberIsOnePersons(t *testing.T) {
	n, owner := parse(t, anchor), map[string]string{}
	shared := 0
	for _, p := range People() {
		for _, v := range p.Home {
			for _, k := range n[v.Site]["Patient/"+v.Patient]["identifier"].(list) {
				id := k.(object)
				if id["system"] != MemberSystem {
					continue
				}
				member := id["value"].(string)
				if owner[member] != "" && owner[member] != p.Slug {
					t.Errorf("member %s belongs to %s and %s", member, owner[member], p.Slug)
				}
				if owner[member] == p.Slug {
					shared++
				}
				owner[member] = p.Slug
			}
		}
	}
	if shared < 3 {
		t.Errorf("only %d registrations share a member number", shared)
	}
}

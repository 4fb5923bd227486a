package api

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"wholechart/access"
)

// TestSitesNeverMeet: two sites of one node with the same ids and their own
// canary words. Whatever a user of one asks, no byte of the other's leaves.
func TestSitesNeverMeet(t *testing.T) {
	n := newNode(t)
	canary := map[string]string{"maple": "CanaryMaple", "oak": "CanaryOak"}
	for site, word := range canary {
		base, token := "/"+site+"/emr/fhir", n.admin(site)
		own := strings.ToLower(site)
		for _, id := range []string{"shared", own + "-only"} {
			n.do(token, "PUT", base+"/Organization/org-"+id, `{"resourceType":"Organization","id":"org-`+id+`","name":"`+word+`"}`).status(201)
			n.do(token, "PUT", base+"/Practitioner/dr-"+id, `{"resourceType":"Practitioner","id":"dr-`+id+`","name":[{"family":"`+word+`"}]}`).status(201)
			n.do(token, "PUT", base+"/Patient/"+id, strings.Replace(patient(id, word), `"gender"`, `"managingOrganization":{"reference":"Organization/org-`+id+`"},"generalPractitioner":[{"reference":"Practitioner/dr-`+id+`"}],"gender"`, 1)).status(201)
			n.do(token, "PUT", base+"/Encounter/enc-"+id, `{"resourceType":"Encounter","id":"enc-`+id+`","status":"finished","class":{"code":"AMB","display":"`+word+`"},"subject":{"reference":"Patient/`+id+`"}}`).status(201)
			for i := range 3 {
				o := fmt.Sprint("obs-", id, i)
				n.do(token, "PUT", base+"/Observation/"+o, strings.Replace(observation(o, id, "1-1", "2020-01-01"), `"status"`, `"encounter":{"reference":"Encounter/enc-`+id+`"},"note":[{"text":"`+word+`"}],"status"`, 1)).status(201)
			}
		}
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("CANARY_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	id := func() string { return pick("shared", "maple-only", "oak-only") }
	types := []string{"Patient", "Observation", "Encounter", "Organization", "Practitioner"}
	param := func(typ string) string {
		switch typ {
		case "Patient":
			return pick("family=canary", "family:contains=anary", "_id="+id(), "identifier=urn:mrn|"+id(), "organization=Organization/org-"+id(), "organization.name=canary", "general-practitioner.family=canary",
				"_has:Observation:patient:code=1-1", "_has:Encounter:patient:status=finished", "_lastUpdated=gt2000", "_revinclude=Observation:subject", "_include=Patient:organization", "_revinclude=*", "gender=female")
		case "Observation":
			return pick("patient="+id(), "subject=Patient/"+id(), "patient.family=canary", "code=1-1", "encounter=Encounter/enc-"+id(), "patient.organization.name=canary", "subject:Patient.name:contains=anary",
				"_include=Observation:subject", "_include=Observation:encounter", "_include=*", "_include:iterate=Patient:organization", "date=2020", "subject=https://node.example/oak/emr/fhir/Patient/"+id())
		case "Encounter":
			return pick("patient="+id(), "status=finished", "patient.family=canary", "_revinclude=Observation:encounter", "_include=Encounter:patient", "class=AMB")
		case "Organization":
			return pick("name=canary", "_id=org-"+id(), "_revinclude=Patient:organization", "_revinclude:iterate=Observation:subject")
		}
		return pick("family=canary", "_id=dr-"+id(), "_revinclude=Patient:general-practitioner", "name:contains=anary")
	}
	asked, answered := 0, 0
	for site, word := range canary {
		other := canary[map[string]string{"maple": "oak", "oak": "maple"}[site]]
		tokens := []string{n.admin(site), n.token(access.Actor{Kind: access.User, ID: "doc", Site: site, Role: access.Physician, Purpose: access.Treatment}),
			n.token(access.Actor{Kind: access.Client, ID: "app", Site: site, Purpose: access.Treatment, Scopes: []access.Scope{{Context: "system", Type: "*", Rights: "cruds"}}})}
		look := func(token, method, path, body string, headers ...string) *reply {
			r := n.do(token, method, path, body, headers...)
			asked++
			if r.Status >= 500 {
				t.Errorf("seed %d: %s %s: %d %.300s", seed, method, path, r.Status, r.Body)
			}
			all := string(r.Body) + fmt.Sprint(r.Header)
			if strings.Contains(all, other) || strings.Contains(strings.ToLower(all), strings.ToLower(other)) {
				t.Errorf("seed %d: %s %s of %s told of the other site: %.600s", seed, method, path, site, all)
			}
			if strings.Contains(all, word) {
				answered++
			}
			return r
		}
		follow := func(token string, r *reply) {
			for hop := 0; hop < 6 && r.Status == 200; hop++ {
				next := r.link("next")
				if next == "" {
					return
				}
				own := strings.TrimPrefix(next, "https://node.example")
				r = look(token, "GET", own, "")
				// The other site's paging place, and ours at the other's door.
				crossed := strings.Replace(own, "/"+site+"/", "/"+map[string]string{"maple": "oak", "oak": "maple"}[site]+"/", 1)
				if x := n.do(token, "GET", crossed, ""); x.Status != 401 {
					t.Errorf("seed %d: a token of %s at %s: %d", seed, site, crossed, x.Status)
				}
				if x := n.do(n.admin(map[string]string{"maple": "oak", "oak": "maple"}[site]), "GET", crossed, ""); x.Status >= 500 || strings.Contains(string(x.Body), word) {
					t.Errorf("seed %d: a paging place of %s taken to %s: %d %.300s", seed, site, crossed, x.Status, x.Body)
				}
			}
		}
		for range 250 {
			token, lens := pick(tokens...), pick("emr", "emr", "ehr")
			base := "/" + site + "/" + lens + "/fhir/"
			typ := pick(types...)
			q := []string{}
			for range 1 + rng.IntN(3) {
				p := param(typ)
				name, value, _ := strings.Cut(p, "=")
				q = append(q, name+"="+url.QueryEscape(value))
			}
			q = append(q, pick("_count=1", "_count=2", "_count=50", "_sort=_id", "_sort=-_lastUpdated", "_total=accurate"))
			query := strings.Join(q, "&")
			switch rng.IntN(8) {
			case 0:
				follow(token, look(token, "POST", base+typ+"/_search", query, "Content-Type", "application/x-www-form-urlencoded"))
			case 1:
				follow(token, look(token, "GET", base+pick("_history", typ+"/_history", "Patient/"+id()+"/_history")+"?_count=2", ""))
			case 2:
				follow(token, look(token, "GET", base+"Patient/"+id()+"/$everything?_count=2", ""))
			case 3:
				look(token, "GET", base+pick("Patient/", "Patient/1.", "Patient/2.", "Patient/3.")+id()+pick("", "/_history/1", "/Observation", "/Observation?"+query), "")
			case 4:
				body := bundleOf(pick("transaction", "batch"), [4]string{"GET", typ + "?" + strings.ReplaceAll(query, `"`, "")},
					[4]string{"POST", "Observation", strings.Replace(observation("n", id(), "1-1", "2020"), "Patient/", pick("Patient/", "Patient?identifier=urn:mrn|", "Patient?family=canary&_id=", "/../oak/emr/fhir/Patient/"), 1)},
					[4]string{"POST", "Patient", patient("new", word), `,"ifNoneExist":"` + pick("family=canary&_id="+id(), "identifier=urn:mrn|"+id()) + `"`},
					[4]string{"GET", "https://node.example/" + pick("maple", "oak") + "/emr/fhir/Patient/" + id()})
				look(token, "POST", "/"+site+"/emr/fhir", body, "Prefer", "return=representation")
			case 5:
				look(token, "PUT", "/"+site+"/emr/fhir/Observation?_id=obs-"+id()+"0", observation("", id(), "1-1", "2020"), "Prefer", "return=representation")
			case 6:
				follow(token, look(token, "GET", base+"?_type=Patient,Observation&_count=2", ""))
			default:
				follow(token, look(token, "GET", base+typ+"?"+query, ""))
			}
		}
	}
	t.Logf("seed %d: %d questions, %d answers with the site's own facts", seed, asked, answered)
	if answered < asked/5 {
		t.Errorf("seed %d: only %d of %d questions had an answer: the test does not look", seed, answered, asked)
	}
}

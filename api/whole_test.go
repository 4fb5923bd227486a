package api

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/record"
)

// otherSites answers what a test says other sites answer.
type otherSites struct {
	noExchange
	answers []record.Answer
	err     error
	asked   []string
}

func (o *otherSites) Open(_ context.Context, _ record.Session, patient string) ([]record.Answer, error) {
	o.asked = append(o.asked, patient)
	return o.answers, o.err
}

// TestWholeRecord looks through the second lens: one person at two sites of a
// node, whose facts appear at either, read only, each as its site's.
func TestWholeRecord(t *testing.T) {
	ctx := context.Background()
	x := &otherSites{}
	n := newNode(t, func(c *Config) { c.Exchange = x })
	oak := n.admin("oak")
	n.maple("PUT", "/Patient/m", patient("m", "Person")).status(201)
	n.maple("PUT", "/Observation/m1", observation("m1", "m", "1-1", "2020-01-01")).status(201)
	n.maple("PUT", "/Patient/stranger", patient("stranger", "Person")).status(201)
	n.do(oak, "PUT", "/oak/emr/fhir/Patient/k", patient("k", "Person")).status(201)
	n.do(oak, "PUT", "/oak/emr/fhir/Observation/k1", observation("k1", "k", "1-1", "2021-01-01")).status(201)
	n.do(oak, "PUT", "/oak/emr/fhir/Observation/k2", strings.Replace(observation("k2", "k", "9-9", "2021-02-01"), `"status"`, `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}]},"status"`, 1)).status(201)
	n.do(oak, "PUT", "/oak/emr/fhir/Patient/other", patient("other", "Person")).status(201)
	n.do(oak, "PUT", "/oak/emr/fhir/Observation/o1", observation("o1", "other", "1-1", "2021-01-01")).status(201)

	doc := n.token(access.Actor{Kind: access.User, ID: "doc", Site: "maple", Role: access.Physician, Purpose: access.Treatment})
	ehr := func(path string) *reply { return n.do(doc, "GET", "/maple/ehr/fhir"+path, "") }
	sorted := func(ids []string) string { slices.Sort(ids); return strings.Join(ids, " ") }
	if got := sorted(ehr("/Patient/m/$everything").ids("match")); got != "m m1" {
		t.Errorf("before the link: %q", got)
	}
	site, err := n.records.Site("oak")
	if err != nil {
		t.Fatal(err)
	}
	system := n.records.As(access.Actor{Kind: access.System, ID: "test", Site: "maple", Purpose: access.Treatment}, access.EMR)
	if err := system.SetLink(ctx, "m", site, "k", record.Linked, 1, "test"); err != nil {
		t.Fatal(err)
	}
	all := ehr("/Patient/m/$everything").ids("match")
	theirs := ""
	for _, id := range all {
		if strings.HasSuffix(id, ".k1") {
			theirs = id
		}
		if strings.Contains(id, "k2") || strings.Contains(id, "o1") || strings.Contains(id, "stranger") {
			t.Errorf("what is sensitive, or another person's, is there: %v", all)
		}
	}
	if theirs == "" {
		t.Fatalf("oak's observation is not in %v", all)
	}
	one := ehr("/Observation/" + theirs).status(200).node()
	if one.ID() != theirs || one.Path("subject", "reference").Str() != "Patient/m" {
		t.Errorf("%s", one.Raw())
	}
	if got := sorted(ehr("/Observation?patient=m").ids("match")); got != sorted([]string{"m1", theirs}) {
		t.Errorf("search: %q", got)
	}
	if got := sorted(ehr("/Patient/m/Observation?date=2021").ids("match")); got != theirs {
		t.Errorf("compartment search: %q", got)
	}
	var pages []string
	for next := "/Observation?patient=m&_count=1&_sort=date"; next != ""; {
		p := ehr(next)
		pages = append(pages, p.ids("match")...)
		next = strings.TrimPrefix(p.link("next"), "https://node.example/maple/ehr/fhir")
	}
	if strings.Join(pages, " ") != "m1 "+theirs {
		t.Errorf("pages %v", pages)
	}
	ehr("/Observation?code=1-1").outcome(400, "business-rule")
	n.do(doc, "POST", "/maple/ehr/fhir/Observation/_search", "code=1-1", "Content-Type", "application/x-www-form-urlencoded").outcome(400, "business-rule")
	ehr("/Patient/m/_history").outcome(400, "not-supported")
	for _, id := range []string{strings.Replace(theirs, "k1", "o1", 1), strings.Replace(theirs, "k1", "k2", 1), strings.Replace(theirs, "k1", "none", 1)} {
		ehr("/Observation/"+id).outcome(404, "not-found")
	}
	for _, m := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		for _, path := range []string{"", "/Observation", "/Observation/m1"} {
			if r := n.do(n.admin("maple"), m, "/maple/ehr/fhir"+path, observation("m1", "m", "1", "2020")); r.Status != 405 || r.Header.Get("Allow") == "" {
				t.Errorf("%s %s: %d", m, path, r.Status)
			}
		}
	}
	n.do(doc, "GET", "/maple/emr/fhir/Observation/"+theirs, "").outcome(404, "not-found")
	if got := sorted(n.do(doc, "GET", "/maple/emr/fhir/Observation", "").ids("match")); got != "m1" {
		t.Errorf("the chart holds %q", got)
	}

	x.asked = nil
	x.answers = []record.Answer{{Site: "far", State: "unreachable", When: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, {Site: "elm", State: "refused"}, {Site: "birch", State: "answered"}}
	r := ehr("/Patient/m/$everything")
	remark := string(r.Body)
	if !strings.Contains(remark, "far") || !strings.Contains(remark, "2026-01-02") || !strings.Contains(remark, "elm") || strings.Contains(remark, "birch") {
		t.Errorf("what is missing is not said: %.600s", remark)
	}
	ehr("/Observation?patient=m").status(200)
	ehr("/Patient/m/Observation").status(200)
	ehr("/Patient?family=person").status(200)
	n.do(doc, "GET", "/maple/emr/fhir/Patient/m/$everything", "").status(200)
	if strings.Join(x.asked, " ") != "m m m" {
		t.Errorf("asked about %v", x.asked)
	}
	x.err = errors.New("the network is down at 10.0.0.7")
	if down := ehr("/Patient/m/$everything").status(200); !strings.Contains(string(down.Body), "could not be asked") || strings.Contains(string(down.Body), "10.0.0.7") {
		t.Errorf("%.500s", down.Body)
	}
	x.err = &record.Refused{Why: "no"}
	ehr("/Patient/m/$everything").outcome(403, "forbidden")
}

// TestWhatNobodyToldYetIsSaidToBeSo: a read of the whole record asks nobody, and
// says so, of whatever is not there alike.
func TestWhatNobodyToldYetIsSaidToBeSo(t *testing.T) {
	n := newNode(t)
	n.maple("PUT", "/Patient/p1", patient("p1", "One")).status(201)
	doctor := n.as(access.Physician)
	var texts []string
	for _, id := range []string{"3.unheard", "2.other", "none"} {
		r := n.do(doctor, "GET", "/maple/ehr/fhir/Observation/"+id, "").outcome(404, "not-found")
		texts = append(texts, string(r.Body))
	}
	if !strings.Contains(texts[0], "has not answered") || texts[0] != texts[1] || texts[0] != texts[2] {
		t.Errorf("%v", texts)
	}
	if r := n.do(doctor, "GET", "/maple/emr/fhir/Observation/none", "").outcome(404, "not-found"); strings.Contains(string(r.Body), "answered") {
		t.Errorf("of a chart: %s", r.Body)
	}
}

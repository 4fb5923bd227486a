package clinic

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/html"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/internal/pagetest"
	"wholechart/record"
)

func TestTheWholeRecordSaysWhoseFactsTheyAre(t *testing.T) {
	n := newNode(t, []string{"maple", "riverside", "greatlakes"}, []string{"lakeside", "corner"}, nil)
	n.Load("maple", "riverside", "greatlakes")
	n.Receive("maple", "lakeside", "rosa", record.Answer{State: "answered", Asked: pagetest.Anchor, When: pagetest.Anchor})
	far, _ := n.Records.Site("corner")
	if err := n.System("maple").Receive(t.Context(), far, "rosa-delgado", record.Answer{Site: "corner", State: "unreachable", Asked: pagetest.Anchor}, nil, false); err != nil {
		t.Fatal(err)
	}
	b := n.user(physician)
	const chart, whole = "/maple/patients/rosa-delgado", "/maple/patients/rosa-delgado/whole"

	own := b.open(chart)
	for _, other := range []string{"Warfarin", "Chronic kidney disease", "CT chest"} {
		for _, s := range []string{"Medicines", "Problems", "Timeline", "Results"} {
			if strings.Contains(text(own.card(s)), other) {
				t.Errorf("the chart alone shows %s in %s", other, s)
			}
		}
	}
	if own.has("Which sites answered") {
		t.Error("the chart alone has a strip of sites")
	}
	p := b.open(whole)
	for section, want := range map[string]string{"Medicines": "Warfarin", "Problems": "Chronic kidney disease", "Timeline": "Lakeside", "Imaging": "CT chest"} {
		if !strings.Contains(text(p.card(section)), want) {
			t.Errorf("%s lacks %s: %s", section, want, text(p.card(section)))
		}
	}
	strip := text(p.card("Which sites answered"))
	for _, want := range []string{"Maple Street this site", "Corner Pharmacy unreachable", "nothing kept", "retry", "Lakeside Cardiology just now", "4 of 5"} {
		if !strings.Contains(strip, want) {
			t.Errorf("the strip lacks %q: %s", want, strip)
		}
	}
	if s := text(p.card("Allergies")); !strings.Contains(s, "Corner Pharmacy could not be reached") {
		t.Errorf("allergies: %s", s)
	}
	for _, path := range []string{"", "/medicines", "/problems", "/allergies", "/documents", "/imaging", "/encounters", "/procedures", "/immunisations", "/family", "/timeline", "/outside", "/results", "/results/6301-6"} {
		sourced(t, b.open(whole+path), path)
	}
	warfarin := b.open(whole + "/medicines")
	var href string
	for _, a := range elementsOf(warfarin.Node, "a", "row-title") {
		if strings.HasPrefix(text(a), "Warfarin") {
			href = attr(a, "href")
		}
	}
	if !strings.HasPrefix(href, whole+"/fact/MedicationRequest/") {
		t.Fatalf("warfarin leads to %q", href)
	}
	fact := b.open(href)
	fact.says("Lakeside Cardiology")
	fact.says("copy as answered")
	if res, body := b.get(strings.Replace(href, "/whole", "", 1)); res.StatusCode != 404 || strings.Contains(body, "Warfarin") {
		t.Errorf("another site's fact through the chart: %d", res.StatusCode)
	}
	trend := b.open(whole + "/results/6301-6")
	for _, want := range []string{"INR", "LOINC 6301-6", "4.1", "from 3 sites"} {
		trend.says(want)
	}
}

// sourced asserts that every fact on a page of the whole record has its badge.
func sourced(t *testing.T, p page, path string) {
	t.Helper()
	facts := 0
	check := func(list []*html.Node) {
		for _, r := range list {
			if len(elementsOf(r, "a", "")) == 0 {
				continue // a heading
			}
			facts++
			if len(elementsOf(r, "", "src")) == 0 {
				t.Errorf("%s: no source: %s", path, text(r))
			}
		}
	}
	for c := range p.Descendants() {
		if c.Type != html.ElementNode || attr(c, "id") != "record" {
			continue
		}
		check(elementsOf(c, "li", "row"))
		check(elementsOf(c, "li", "tile"))
		for _, table := range elementsOf(c, "tbody", "") {
			if strings.Contains(attr(table.Parent, "class"), "flow") {
				check(elementsOf(table, "span", "flow-value"))
			} else if !within(table, "twin") {
				check(elementsOf(table, "tr", ""))
			}
		}
	}
	if facts == 0 {
		t.Errorf("%s shows no fact", path)
	}
}

// within says whether an element stands in one of this class.
func within(n *html.Node, class string) bool {
	for ; n != nil; n = n.Parent {
		if strings.Contains(" "+attr(n, "class")+" ", " "+class+" ") {
			return true
		}
	}
	return false
}

func TestAnotherSitesPatientIsNeverFound(t *testing.T) {
	n := newNode(t, []string{"maple", "riverside"}, nil, nil)
	n.Write("maple", rosa)
	n.Write("riverside", `{"resourceType":"Patient","id":"canary","identifier":[{"system":"urn:mrn","value":"C-1"}],"name":[{"family":"Canary","given":["Rosa"]}],"birthDate":"1958-03-14"}`,
		`{"resourceType":"Condition","id":"secret","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Canarypox"},"subject":{"reference":"Patient/canary"}}`)
	b := n.user(physician)
	for _, path := range []string{"/maple/patients", "/maple/patients?q=ros", "/maple/patients?q=canary", "/maple/patients?q=1958-03-14", "/maple/patients?q=C-1", "/maple/patients/suggest?q=can",
		"/maple/patients/canary", "/maple/patients/2.canary", "/maple/patients/canary/whole", "/maple/patients/2.canary/whole", "/maple/patients/rosa", "/maple/patients/rosa/whole",
		"/maple/patients/rosa/fact/Condition/secret", "/maple/patients/rosa/whole/fact/Condition/2.secret", "/maple/patients/rosa/whole/fact/Patient/2.canary", "/maple/patients/canary/fact/Patient/canary"} {
		_, body := b.get(path)
		if s := text(parse(t, body).Node); strings.Contains(s, "Canarypox") || strings.Contains(s, "Rosa Canary") {
			t.Errorf("%s shows it", path)
		}
	}
}

func TestAPageDoesNotWaitForSlowSites(t *testing.T) {
	release := make(chan struct{})
	var asked atomic.Int64
	var n *node
	n = newNode(t, []string{"maple"}, []string{"lakeside", "corner"}, opener(func(ctx context.Context, s record.Session, id string, force bool) ([]record.Answer, error) {
		asked.Add(1)
		if s.Lens() != access.EHR || id != "rosa-delgado" || s.Actor().ID != "okonkwo" {
			t.Errorf("asked as %+v for %s", s.Actor(), id)
		}
		select {
		case <-release:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		n.Receive("maple", "lakeside", "rosa", record.Answer{State: "answered", Asked: pagetest.Anchor, When: pagetest.Anchor})
		return nil, nil
	}))
	n.Load("maple")
	b := n.user(physician)
	const whole = "/maple/patients/rosa-delgado/whole"
	p := b.open(whole)
	strip := p.card("Which sites answered")
	if s := text(strip); !strings.Contains(s, "asking 2") || !strings.Contains(s, "Lakeside Cardiology asking…") {
		t.Errorf("while it is asked: %s", s)
	}
	p.says("Acid reflux") // what is known stands there at once
	line := refreshes(t, p)
	b.open(whole) // joins the question that is under way
	close(release)
	part := func(address, id string) page {
		req, _ := http.NewRequest("GET", n.Base+address, nil)
		req.Header.Set("Wholechart-Partial", id)
		_, body := b.Do(req)
		if strings.Contains(body, "<html") {
			t.Errorf("the answer for %s is a whole page", id)
		}
		return parse(t, body)
	}
	var got page
	for range 20 {
		if got = part(line, "late"); !strings.Contains(text(got.Node), "asking…") {
			break
		}
	}
	got.says("more facts from Lakeside Cardiology")
	got.silent("asking…")
	part(whole, "record").says("Warfarin")
	part(whole, "storyboard").says("Penicillin")
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	b.open(whole + "?ask=1")
	if asked.Load() != 2 {
		t.Errorf("after a retry asked %d times", asked.Load())
	}
}

func TestFirstLoadIsSmall(t *testing.T) {
	n := newNode(t, []string{"maple", "riverside", "greatlakes", "lakeside", "corner"}, nil, nil)
	n.Load("maple", "riverside", "greatlakes", "lakeside", "corner")
	b := n.user(physician)
	_, body := b.get("/maple/patients/rosa-delgado/whole")
	total := packed(t, body)
	p := parse(t, body)
	for _, tag := range []string{"script", "link"} {
		for _, e := range elementsOf(p.Node, tag, "") {
			_, file := b.get(attr(e, "src") + attr(e, "href"))
			total += packed(t, file)
		}
	}
	if total > 150_000 {
		t.Errorf("the first load is %d bytes compressed", total)
	}
	t.Logf("the first load of the whole record is %d kB compressed", total/1000)
}

func packed(t *testing.T, s string) int {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, s); err != nil {
		t.Fatal(err)
	}
	z.Close()
	return b.Len()
}

func TestAPersonWithoutLinks(t *testing.T) {
	n := newNode(t, []string{"maple"}, []string{"lakeside"}, nil)
	n.Write("maple", rosa)
	b := n.user(auth.User{Site: "maple", Name: "nurse", FullName: "N", Role: access.Nurse})
	p := b.open("/maple/patients/rosa/whole")
	p.says("1 of 1 site answered")
	if s := attr(elementsOf(p.Node, "nav", "lens")[0], "aria-label"); s == "" {
		t.Error("the lens has no name")
	}
}

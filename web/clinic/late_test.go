package clinic

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"

	"wholechart/chart"
	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/record"
)

// stranger is somebody whom no other site was ever asked about, and what
// Lakeside knows of her.
func stranger(id string) (here string, there []string) {
	here = `{"resourceType":"Patient","id":"` + id + `","identifier":[{"system":"urn:mrn","value":"` + id + `"}],"name":[{"family":"Late","given":["` + id + `"]}],"birthDate":"1961-02-03","gender":"female"}`
	of := `"subject":{"reference":"Patient/` + id + `"}`
	there = []string{
		strings.Replace(here, `"urn:mrn"`, `"urn:lakeside"`, 1),
		`{"resourceType":"AllergyIntolerance","id":"` + id + `-a","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"Latex"},"patient":{"reference":"Patient/` + id + `"}}`,
		`{"resourceType":"Condition","id":"` + id + `-c","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Atrial fibrillation"},` + of + `,"onsetDateTime":"2019-03-01"}`,
		`{"resourceType":"MedicationRequest","id":"` + id + `-m","status":"active","intent":"order","medicationCodeableConcept":{"text":"Apixaban 5 mg"},` + of + `,"authoredOn":"2025-01-05"}`,
		`{"resourceType":"Observation","id":"` + id + `-o","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"INR","coding":[{"system":"http://loinc.org","code":"6301-6"}]},` + of + `,"effectiveDateTime":"2026-11-01","valueQuantity":{"value":2.4}}`,
		`{"resourceType":"Observation","id":"` + id + `-p","status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Heart rate","coding":[{"system":"http://loinc.org","code":"8867-4"}]},` + of + `,"effectiveDateTime":"2026-11-01","valueQuantity":{"value":88,"unit":"/min"}}`,
		`{"resourceType":"Encounter","id":"` + id + `-e","status":"finished","class":{"code":"AMB"},` + of + `,"period":{"start":"2026-11-01"}}`,
		`{"resourceType":"Immunization","id":"` + id + `-i","status":"completed","vaccineCode":{"text":"Influenza"},"patient":{"reference":"Patient/` + id + `"},"occurrenceDateTime":"2025-10-01"}`,
	}
	return here, there
}

// tells is Lakeside's answer about a stranger.
func (n *node) tells(id string, there []string) {
	far, err := n.Records.Site("lakeside")
	if err != nil {
		n.T.Fatal(err)
	}
	var copies []record.Copy
	for _, text := range there {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			n.T.Fatal(err)
		}
		copies = append(copies, record.Copy{Type: d.Root().ResourceType(), ID: d.Root().ID(), Body: d, Version: "1", Updated: pagetest.Anchor.Add(-time.Hour), Author: "Lakeside"})
	}
	s := n.System("maple")
	ctx := context.Background()
	if err := s.Receive(ctx, far, id, record.Answer{Site: "lakeside", State: "answered", Patient: id, Asked: pagetest.Anchor, When: pagetest.Anchor}, copies, true); err != nil {
		n.T.Error(err)
	}
	if err := s.SetLink(ctx, id, far, id, record.Linked, .98, "matched there"); err != nil {
		n.T.Error(err)
	}
}

// TestWhatComesLateMovesNothing opens every page of the whole record of somebody
// who is asked about for the first time. Lakeside answers while the page is
// looked at, another site answers that it knows nobody, and one cannot be
// reached: nothing moves, the line says what came and what is dangerous of it,
// and the page has it once it is asked for.
func TestWhatComesLateMovesNothing(t *testing.T) {
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"desk", 1440, 900}, {"telephone", 360, 740}} {
		t.Run(size.name, func(t *testing.T) {
			ctx := pagetest.ChromiumFor(t, 5*time.Minute)
			var n *node
			told := map[string][]string{}
			n = newNode(t, []string{"maple"}, []string{"lakeside", "corner", "riverside"}, opener(func(_ context.Context, s record.Session, id string, _ bool) ([]record.Answer, error) {
				answer := func(site, state string) {
					far, err := n.Records.Site(site)
					if err == nil {
						err = n.System("maple").Receive(context.Background(), far, id, record.Answer{Site: site, State: state, Asked: pagetest.Anchor, Why: "no connection"}, nil, false)
					}
					if err != nil {
						t.Error(err)
					}
				}
				time.Sleep(openWait + 250*time.Millisecond)
				n.tells(id, told[id])
				answer("riverside", "unknown")
				if id == "late-0" {
					time.Sleep(2 * partWait) // the line says the one before the other
				}
				answer("corner", "unreachable")
				return nil, nil
			}))
			for i := range wholePaths {
				id := fmt.Sprintf("late-%d", i)
				here, there := stranger(id)
				told[id] = there
				n.Write("maple", here)
			}
			n.user(physician)
			pagetest.Do(t, ctx, cd.EmulateViewport(size.width, size.height))
			pagetest.SignIn(t, ctx, n.Node, "maple", "okonkwo")
			pagetest.Until(t, ctx, `location.pathname === "/maple/patients" && document.readyState === "complete"`)
			for i, path := range wholePaths {
				id := fmt.Sprintf("late-%d", i)
				whole := "/maple/patients/" + id + "/whole"
				pagetest.Do(t, ctx, cd.Navigate(n.Base+whole+strings.Replace(path, "Patient/rosa", "Patient/"+id, 1)))
				pagetest.Until(t, ctx, `document.querySelector("#late").textContent.startsWith("Asking ") && document.readyState === "complete"`)
				pagetest.JS(t, ctx, `(() => { window.moved = []; new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) window.moved.push(e.value.toFixed(4) + " " + e.sources.map((s) => s.node?.outerHTML?.slice(0, 80)).join(" | ")); }).observe({type: "layout-shift", buffered: true}); window.cells = document.querySelectorAll("#strip .ans").length; return 1; })()`)
				if i == 0 {
					pagetest.Until(t, ctx, `document.querySelector("#late.k-danger")?.textContent.includes("New allergy: Latex · 8 facts from Lakeside Cardiology · asking ")`)
					pagetest.Shot(t, ctx, "late-"+size.name)
				}
				pagetest.Until(t, ctx, `!document.querySelector("#late").dataset.refresh && document.querySelector("#late").textContent.includes("New allergy: Latex · 8 facts from Lakeside Cardiology · Corner Pharmacy could not be reached")`)
				strip := pagetest.JS(t, ctx, `document.querySelector("#strip")?.textContent.replace(/\s+/g, " ")`)
				for _, want := range []string{"3 of 4 sites answered", "Riverside not known there", "Corner Pharmacy unreachable · nothing kept from there"} {
					if !strings.Contains(strip, want) {
						t.Errorf("%s: the strip lacks %q: %s", path, want, strip)
					}
				}
				got := pagetest.JS(t, ctx, `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(JSON.stringify([window.moved, window.cells, document.querySelectorAll("#strip .ans").length, document.querySelector("#storyboard").textContent.includes("Latex")])), 60)))`)
				if got != `[[],4,4,false]` {
					t.Errorf("%s: what moved, cells before and after, and whether the storyboard changed: %s", path, got)
				}
				if axe, err := os.ReadFile(os.Getenv("WHOLECHART_AXE")); err == nil && i == 0 {
					for _, theme := range []string{"dark", "light"} {
						pagetest.AxeHere(t, ctx, string(axe), theme, "what came late")
					}
				}
				pagetest.JS(t, ctx, `(document.querySelector("#late a").click(), 1)`)
				pagetest.Until(t, ctx, `document.querySelector("#storyboard").textContent.includes("Latex") && document.querySelector("#late").textContent.includes("Corner Pharmacy could not be reached: there may be more")`)
				if at := pagetest.JS(t, ctx, `location.pathname.startsWith("`+whole+`") + " " + document.querySelectorAll("#late, #strip, #record, #storyboard").length`); at != "true 4" {
					t.Errorf("%s: after it was shown: %s", path, at)
				}
			}
		})
	}
}

func TestNews(t *testing.T) {
	lakeside, corner := &chart.Source{Slug: "lakeside", Name: "Lakeside Cardiology"}, &chart.Source{Slug: "corner", Name: "Corner Pharmacy"}
	at := func(s *chart.Source, id, version string) chart.Prov {
		return chart.Prov{Source: s, Type: "Condition", ID: id, Version: version}
	}
	was := &chart.Chart{
		Problems:     chart.Problems{Active: []chart.Problem{{Name: "Gout", Prov: at(lakeside, "1", "1")}}},
		Allergies:    chart.Allergies{Items: []chart.Allergy{{Substance: "Penicillin", Prov: chart.Prov{Source: lakeside, Type: "AllergyIntolerance", ID: "p", Version: "1"}}}},
		Completeness: chart.Completeness{Sites: []chart.SiteAnswer{{Source: lakeside, Facts: 2}}},
	}
	s := &seen{facts: map[string]int{"lakeside": 2}, allergies: []string{substance("penicillin ")}, digest: digest(was)}
	for _, x := range []struct {
		name, want string
		dangerous  bool
		change     func(c *chart.Chart)
	}{
		{"nothing", "", false, func(*chart.Chart) {}},
		{"in another order, later", "", false, func(c *chart.Chart) { c.Now = c.Now.Add(time.Hour) }},
		{"another version", "What is shown here has changed", false, func(c *chart.Chart) { c.Problems.Active[0].Version = "2" }},
		{"one fact", "1 more fact from Lakeside Cardiology", false, func(c *chart.Chart) {
			c.Problems.Active = append(c.Problems.Active, chart.Problem{Prov: at(lakeside, "2", "1")})
			c.Completeness.Sites[0].Facts++
		}},
		{"two sites", "5 more facts from Lakeside Cardiology and Corner Pharmacy", false, func(c *chart.Chart) {
			c.Problems.Active = append(c.Problems.Active, chart.Problem{Prov: at(lakeside, "2", "1")}, chart.Problem{Prov: at(corner, "2", "1")})
			c.Completeness.Sites[0].Facts, c.Completeness.Sites = 3, append(c.Completeness.Sites[:1], chart.SiteAnswer{Source: corner, Facts: 4})
			c.Completeness.Sites[0].Facts = 3
		}},
		{"an allergy", "New allergy: Latex · 1 fact from Corner Pharmacy", true, func(c *chart.Chart) {
			c.Allergies.Items = append(c.Allergies.Items, chart.Allergy{Substance: "Latex", Prov: at(corner, "9", "1")})
			c.Completeness.Sites = append(c.Completeness.Sites, chart.SiteAnswer{Source: corner, Facts: 1})
		}},
	} {
		c := *was
		c.Problems.Active = append([]chart.Problem(nil), was.Problems.Active...)
		c.Completeness.Sites = append([]chart.SiteAnswer(nil), was.Completeness.Sites...)
		x.change(&c)
		if got, dangerous := s.news(&c); got != x.want || dangerous != x.dangerous {
			t.Errorf("%s: %q, %v", x.name, got, dangerous)
		}
	}
}

// FuzzReadSeen reads what a browser gives back: whatever it is, little is kept of it, and what was written is read.
func FuzzReadSeen(f *testing.F) {
	f.Add((&seen{page: "/maple/patients/rosa/whole", swaps: true, full: []string{"Condition"}, sites: []string{"maple", "lakeside"}, facts: map[string]int{"maple": 12}, others: 3, allergies: []string{"ab12"}, digest: 7}).values().Encode())
	f.Add("facts=a:1&facts=b:-1&facts=c&site=../x&full=%00&digest=zz&others=9999999999999")
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		s := readSeen(q)
		if len(s.sites) > mostSeenSites || len(s.facts) > mostSeenSites || len(s.allergies) > mostSeenAllergies || len(s.full) > 30 || s.others < 0 {
			t.Errorf("%+v", s)
		}
		if again := readSeen(s.values()); !reflect.DeepEqual(again, s) {
			t.Errorf("written and read again: %+v and %+v", s, again)
		}
	})
}

func TestTheLineLeadsNowhereElse(t *testing.T) {
	n := newNode(t, []string{"maple"}, []string{"lakeside"}, nil)
	n.Write("maple", rosa)
	far, _ := n.Records.Site("lakeside")
	if err := n.System("maple").Receive(t.Context(), far, "rosa", record.Answer{Site: "lakeside", State: "unreachable", Asked: pagetest.Anchor}, nil, false); err != nil {
		t.Fatal(err)
	}
	b := n.user(physician)
	const own = "/maple/patients/rosa"
	for page, want := range map[string]string{
		own + "/whole/results?from=250": own + "/whole/results?from=250", "https://evil.example/": own + "/whole", "//evil.example/x": own + "/whole",
		"javascript:alert(1)": own + "/whole", own + "-else/whole": own + "/whole", own + "/../../x": own + "/whole", "": own + "/whole",
	} {
		p := b.open(own + "/whole/late?page=" + url.QueryEscape(page))
		var hrefs []string
		for _, a := range elementsOf(p.Node, "a", "btn") {
			hrefs = append(hrefs, attr(a, "href"))
		}
		if got, _ := json.Marshal(hrefs); len(hrefs) != 1 || hrefs[0] != want {
			t.Errorf("of %q it leads to %s", page, got)
		}
	}
	if res, _ := b.get("/maple/patients/nobody/whole/late"); res.StatusCode != 404 {
		t.Errorf("of nobody: %d", res.StatusCode)
	}
	if l := (&view{call: nil}).late(); l != nil {
		t.Errorf("of a chart alone: %+v", l)
	}
}

package exchange_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/demo"
	"wholechart/exchange"
	"wholechart/fhir"
	"wholechart/record"
)

// TestTheDemonstrationNetwork opens the whole record of everybody at every site
// that knows them: each finds the same person at the other sites, and nobody else.
func TestTheDemonstrationNetwork(t *testing.T) {
	sites := map[int][]string{}
	of := map[string]int{}
	for _, s := range demo.Sites() {
		sites[s.Node] = append(sites[s.Node], s.Slug)
		of[s.Slug] = s.Node - 1
	}
	var args []string
	for i := 1; len(sites[i]) > 0; i++ {
		args = append(args, strings.Join(sites[i], " "))
	}
	clock, nodes := network(t, args...)
	for _, s := range demo.Sites() {
		n := nodes[of[s.Slug]]
		for _, b := range demo.Bundles(s.Slug, clock.now()) {
			doc, err := fhir.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			var acts []record.Act
			for e := range doc.Root().Get("entry").Items() {
				one, err := fhir.Parse(e.Get("resource").Raw())
				if err != nil {
					t.Fatal(err)
				}
				acts = append(acts, record.Act{Op: record.Update, Type: one.Root().ResourceType(), ID: one.Root().ID(), Resource: one.Root()})
			}
			if _, err := n.user(s.Slug, access.Admin).Transact(t.Context(), acts); err != nil {
				t.Fatalf("%s: %v", s.Slug, err)
			}
		}
	}
	clock.pass(time.Hour)
	for _, p := range demo.People() {
		home := map[string]string{}
		for _, v := range p.Home {
			home[v.Site] = v.Patient
		}
		for _, v := range p.Home {
			got := nodes[of[v.Site]].open(v.Site, v.Patient)
			for slug, a := range got {
				want := exchange.Unknown
				if home[slug] != "" {
					want = exchange.Answered
				}
				switch asking := fmt.Sprint(p.Slug, " ", v.Site, " ", slug); {
				case p.Slug == "daniel" && slug == "newleaf" && v.Site == "maple":
					want = exchange.Unknown
				case p.Slug == "daniel" && v.Site == "newleaf" && slug != "riverside":
					want = exchange.Refused // asking would tell
				case asking == "james-r maple riverside", asking == "james-r corner riverside":
					want = exchange.Review
				}
				if a.State != want {
					t.Errorf("%s at %s asks %s: %s (%s), want %s", p.Slug, v.Site, slug, a.State, a.Why, want)
				}
				if a.State == exchange.Answered && a.Patient != home[slug] {
					t.Errorf("%s at %s: %s at %s is somebody else", p.Slug, v.Site, a.Patient, slug)
				}
			}
			for slug := range home {
				if _, ok := got[slug]; !ok && slug != v.Site && !(p.Slug == "daniel") {
					t.Errorf("%s at %s: %s says nothing", p.Slug, v.Site, slug)
				}
			}
		}
	}
}

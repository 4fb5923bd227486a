package standing

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/record"
)

var (
	seed   = flag.Uint64("standing-seed", 0, "of TestKeptIsWhatIsSo; 0: another each time")
	rounds = flag.Int("standing-rounds", 8, "of TestKeptIsWhatIsSo")
)

// TestKeptIsWhatIsSo changes records of the archive at random, links and parts
// them, forbids and allows, lets days go by and kills the Keeper; what it keeps is
// what an evaluation from nothing says of every patient at both sites.
func TestKeptIsWhatIsSo(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-standing-seed %d", *seed)
	rnd := rand.New(rand.NewPCG(*seed, 1))
	h := open(t)
	ids := map[string][]string{}
	most := 14
	if testing.Short() {
		most = 8
	}
	i := 0
	synthea(t, most, func(id string, entries []fhir.Node) {
		site := []string{"maple", "river"}[i%2]
		i++
		if len(entries) > 900 {
			return // its time is better spent on more patients
		}
		h.load(site, entries)
		ids[site] = append(ids[site], id)
	})
	ctx := context.Background()
	one := func(list []string) string { return list[rnd.IntN(len(list))] }
	day := func(years int) string {
		return h.now.AddDate(0, 0, -rnd.IntN(365*years)).Format(time.DateOnly)
	}
	river, _ := h.records.Site("river")
	zone := river.Location()
	written := 0
	var log []string // of what was done since the last comparison, for a failure
	act := func() {
		site := one([]string{"maple", "river"})
		who := one(ids[site])
		written++
		id := fmt.Sprintf("w%d", rnd.IntN(40)) // written over now and then
		subject := `"subject":{"reference":"Patient/` + who + `"}`
		var err error
		n := rnd.IntN(17)
		log = append(log, fmt.Sprintf("%d %s/%s %s", n, site, who, id))
		switch n {
		case 0, 1:
			err = h.try(site, result(id+"-"+who[:8], who, one([]string{"4548-4", "2160-0", "6301-6", "13457-7"}), day(3), fmt.Sprint(1+rnd.IntN(12))))
		case 2:
			err = h.try(site, problem("c"+id+"-"+who[:8], who, ""))
		case 3, 4:
			err = h.try(site, drug("m"+id+"-"+who[:8], who, one([]string{"warfarin 5 mg", "ibuprofen 600 mg", "simvastatin 40 mg", "clarithromycin 500 mg", "lithium carbonate 300 mg", "a white pill"})))
		case 5:
			err = h.try(site, mammogram("p"+id+"-"+who[:8], who, day(4)))
		case 6:
			err = h.try(site, `{"resourceType":"Immunization","id":"i`+id+"-"+who[:8]+`","status":"completed","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"`+one([]string{"140", "115", "187", "43", "133"})+`"}]},"patient":{"reference":"Patient/`+who+`"},"occurrenceDateTime":"`+day(6)+`"}`)
		case 7:
			err = h.try(site, `{"resourceType":"Encounter","id":"e`+id+"-"+who[:8]+`","status":"`+one([]string{"finished", "cancelled", "in-progress"})+`","class":{"code":"AMB"},`+subject+`,"period":{"start":"`+day(2)+`"}}`)
		case 8:
			err = h.try(site, `{"resourceType":"Appointment","id":"a`+id+"-"+who[:8]+`","status":"booked","description":"Mammogram","start":"`+h.now.AddDate(0, 0, rnd.IntN(30)).Format(time.RFC3339)+`","end":"`+h.now.AddDate(0, 0, 31).Format(time.RFC3339)+`","participant":[{"actor":{"reference":"Patient/`+who+`"},"status":"accepted"}]}`)
		case 9:
			err = h.try(site, `{"resourceType":"ServiceRequest","id":"s`+id+"-"+who[:8]+`","status":"active","intent":"order","code":{"text":"Screening colonoscopy"},`+subject+`,"authoredOn":"`+day(1)+`"}`)
		case 10, 11:
			state := []record.LinkState{record.Linked, record.Linked, record.Apart}[rnd.IntN(3)]
			a, b := one(ids["maple"]), one(ids["river"])
			log = append(log, fmt.Sprintf("%s %s %s", a, state, b))
			err = h.system("maple").SetLink(ctx, a, river, b, state, 1, "perhaps")
		case 12:
			err = h.try(site, `{"resourceType":"Consent","id":"o`+id+"-"+who[:8]+`","status":"`+one([]string{"active", "inactive"})+`","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"text":"disclosure"}],"patient":{"reference":"Patient/`+who+`"},"policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]}}`)
		case 13:
			err = h.system(site).SaveAnswer(ctx, who, record.Answer{Site: "far", State: one([]string{"unreachable", "answered", "refused"}), When: h.now, Asked: h.now})
		case 14:
			var list []record.Change
			if list, err = h.system(site).Changes(ctx, record.Seq(rnd.IntN(2000)), 1); err == nil && len(list) == 1 && list[0].Type != "Patient" {
				_, err = h.system([]string{"", "maple", "river"}[list[0].Site]).Transact(ctx, []record.Act{{Op: record.Delete, Type: list[0].Type, ID: list[0].ID}})
				if err != nil { // others refer to it, or it is gone
					err = nil
				}
			}
		case 15:
			var r record.Resource
			if r, err = h.system(site).Read(ctx, "Patient", who); err == nil {
				text := string(r.Body)
				if d, bad := fhir.Parse([]byte(text)); bad == nil {
					more := one([]string{`"active":false,`, `"deceasedBoolean":true,`, ``})
					if d.Root().Get("active").Exists() || d.Root().Get("deceasedBoolean").Exists() || d.Root().Get("deceasedDateTime").Exists() {
						more = ""
					}
					err = h.try(site, `{`+more+text[1:])
				}
			}
		case 16:
			err = h.try(site, `{"resourceType":"AllergyIntolerance","id":"al`+id+"-"+who[:8]+`","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"`+one([]string{"Penicillin", "Sulfonamide", "Peanut"})+`"},"patient":{"reference":"Patient/`+who+`"}}`)
		}
		if err != nil {
			t.Logf("not written: %v", err)
			written--
		}
	}
	compared := 0
	for round := range *rounds {
		for range 1 + rnd.IntN(25) {
			act()
			switch rnd.IntN(12) {
			case 0: // part of the work, then a kill
				if err := h.k.follow(ctx); err != nil {
					t.Fatal(err)
				}
				if _, err := h.k.some(ctx, rnd.IntN(40), true); err != nil {
					t.Fatal(err)
				}
				h.begin()
				log = append(log, "killed")
			case 1:
				h.settle()
				log = append(log, "settled")
			}
		}
		if round%3 == 2 { // some days go by, to a midnight
			y, m, d := h.now.In(zone).Date()
			h.now = time.Date(y, m, d+1+rnd.IntN(40), 0, 0, 0, 0, zone)
		}
		h.settle()
		for site, list := range ids { // of each patient at its site
			kept := h.kept(site)
			for _, id := range list {
				compared++
				want := h.scratch(site, id)
				got := kept[id]
				if want == nil || got == nil || !got.Same(want) {
					t.Fatalf("round %d, %s/%s at %s:\nkept    %+v\nis      %+v\nafter %s", round, site, id, h.now, got, want, strings.Join(log, "\n"))
				}
				r, now, ok := h.k.Of(site, id)
				if !ok || !now || r.k.out != want.Out || len(r.k.items) != len(want.Items) || r.k.lacks != want.Lacks {
					t.Fatalf("round %d, %s/%s: in memory it is another", round, site, id)
				}
			}
		}
		log = log[:0]
	}
	t.Logf("%d writes, %d comparisons, %d evaluations, %v each, %v the longest", written, compared, h.k.Stats().Evaluated, h.k.Stats().Took/time.Duration(max(1, h.k.Stats().Evaluated)), h.k.Stats().Longest)
}

package alerts

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/chart/order"
	"wholechart/decision"
	"wholechart/decision/burden"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web/clinic"
)

// someServices keeps what is registered in memory.
type someServices struct{ list []Service }

func (s *someServices) List(context.Context, record.Session) ([]Service, int, error) {
	return s.list, len(s.list), nil
}

func (s *someServices) Add(_ context.Context, _ record.Session, version int, x Service) error {
	if version != len(s.list) {
		return &record.VersionConflict{}
	}
	if !strings.HasPrefix(x.Base, "https://") {
		return &Refusal{"The address begins with https."}
	}
	if len(x.Hooks) != 2 || !x.Record || x.Desk || x.Millis != 500 {
		return &Refusal{"This is not what was typed."}
	}
	x.Asks = []string{"Observation", "Patient"}
	s.list = append(s.list, x)
	return nil
}

func (s *someServices) Remove(_ context.Context, _ record.Session, _ int, id, _ string) error {
	n := len(s.list)
	s.list = slices.DeleteFunc(s.list, func(x Service) bool { return x.ID == id })
	if len(s.list) == n {
		return record.ErrNotFound
	}
	return nil
}

func start(t *testing.T) (*pagetest.Node, *someServices) {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "riverside"}, nil)
	n.Load("maple", "riverside")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	s := &someServices{}
	Register(p.Door, Config{Rules: decision.Rules, Services: s, Counts: func(_ context.Context, site string) (burden.Tally, error) {
		c := burden.Tally{}
		if site == "maple" {
			day, old := n.Clock().Format("2006-01-02"), n.Clock().AddDate(0, 0, -60).Format("2006-01-02")
			c.Show(day, "ddi-warfarin-tmpsmx", true)
			c.Show(day, "ddi-warfarin-tmpsmx", true)
			c.Show(old, "outside-acme", false)
			c.Accept(day, "ddi-warfarin-tmpsmx")
			c.Avert(old, "repeat-a1c", 2, 0)
			c.Avert(n.Clock().AddDate(0, -3, 0).Format("2006-01"), "repeat-ct-chest", 1, 7000)
			c.Override(day, "ddi-warfarin-tmpsmx", "")
		}
		return c, nil
	}})
	n.Serve(p)
	return n, s
}

var (
	okonkwo = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician}
	admin   = auth.User{Site: "maple", Name: "boss", FullName: "Ann Boss", Role: access.Admin}
	hughes  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

func TestWhatAlertsCost(t *testing.T) {
	n, _ := start(t)
	act, err := order.Keep("rosa-delgado", order.Kept{Key: "k1", Rule: "ddi-warfarin-tmpsmx", Title: "Bleeding", Severity: "high", Reason: "monitored"}, order.By{Name: "x", Now: n.Clock()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.System("maple").Transact(t.Context(), []record.Act{act}); err != nil {
		t.Fatal(err)
	}
	doc := n.User(okonkwo)
	page := doc.Open("/maple/alerts")
	for _, want := range []string{"the last 30 days", `/maple/rules?q=ddi-warfarin-tmpsmx`, "Will be monitored 1", "No reason given 1", `id="per100"`, "drug–drug interaction"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "rosa") || strings.Contains(page, "Delgado") || strings.Contains(page, "service-form") || strings.Contains(page, "outside service") {
		t.Error("the page names a patient, offers what is not for this role, or reaches too far back")
	}
	if page := doc.Open("/maple/alerts?days=90"); !strings.Contains(page, "the last 90 days") || !strings.Contains(page, "acme") {
		t.Error("ninety days lack what was sixty days ago")
	}
	if page := n.User(auth.User{Site: "riverside", Name: "r", Role: access.Physician}).Open("/riverside/alerts"); !strings.Contains(page, "No rule has spoken") {
		t.Error("another site's alerts are here")
	}
	if res, _ := n.User(hughes).Get("/maple/alerts"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk: %d", res.StatusCode)
	}
	if res, _ := n.User(hughes).Get("/maple/alerts.csv"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk's CSV: %d", res.StatusCode)
	}
	res, body := doc.Get("/maple/alerts.csv?days=30")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || res.StatusCode != 200 || len(rows) != 2 || rows[1][0] != "ddi-warfarin-tmpsmx" || strings.Join(rows[1][4:8], " ") != "2 2 1 2" {
		t.Errorf("%d %v %v", res.StatusCode, err, rows)
	}
}

// TestByMonth: what was not repeated and not irradiated, month by month, with the
// source of the doses; bounded, without anybody's name, as CSV too.
func TestByMonth(t *testing.T) {
	n, _ := start(t)
	for _, months := range []int{0, 2, 14} {
		act, err := order.Keep("rosa-delgado", order.Kept{Key: fmt.Sprint("k", months), Rule: "ddi-warfarin-tmpsmx", Title: "Bleeding", Severity: "high", Reason: "monitored"}, order.By{Name: "x", Now: n.Clock().AddDate(0, -months, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.System("maple").Transact(t.Context(), []record.Act{act}); err != nil {
			t.Fatal(err)
		}
	}
	doc := n.User(okonkwo)
	page := doc.Open("/maple/alerts/months")
	for _, want := range []string{`id="averted">3<`, `id="radiation">7.0<`, n.Clock().Format("January 2006"), n.Clock().AddDate(0, -11, 0).Format("January 2006"), "Radiology 2008;248:254-263", "RadiologyInfo.org", "nobody measured it"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, n.Clock().AddDate(0, -12, 0).Format("January 2006")) || strings.Contains(page, "Delgado") {
		t.Error("the page reaches too far back, or names a patient")
	}
	_, body := doc.Get("/maple/alerts/months.csv")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, r := range rows {
		found[r[0]+" "+r[1]] = r
	}
	now, three := n.Clock().Format("2006-01"), n.Clock().AddDate(0, -3, 0).Format("2006-01")
	if r := found[now+" ddi-warfarin-tmpsmx"]; r == nil || r[4] != "2" || r[5] != "2" || r[6] != "1" || r[7] != "2" {
		t.Errorf("%v", r)
	}
	if r := found[three+" repeat-ct-chest"]; r == nil || r[8] != "1" || r[9] != "7.000" {
		t.Errorf("%v", r)
	}
	if r := found[n.Clock().AddDate(0, -2, 0).Format("2006-01")+" "]; r == nil || r[7] != "1" || r[12] != "true" {
		t.Errorf("%v", r)
	}
	for _, path := range []string{"/maple/alerts/months", "/maple/alerts/months.csv"} {
		if res, _ := n.User(hughes).Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("the front desk at %s: %d", path, res.StatusCode)
		}
	}
}

func TestServices(t *testing.T) {
	n, s := start(t)
	boss, doc := n.User(admin), n.User(okonkwo)
	f := url.Values{"name": {"Acme <b>"}, "id": {"acme"}, "base": {"https://cds.acme.example/"}, "why": {"pilot"}, "version": {"0"}, "loud": {"yes"}, "record": {"yes"}, "hook": {"order-sign", "patient-view"}, "millis": {"500"}}
	if res, _ := doc.Post("/maple/alerts/services", f); res.StatusCode != http.StatusForbidden || len(s.list) != 0 {
		t.Errorf("a physician registered a service: %d", res.StatusCode)
	}
	bad := url.Values{"name": {"Acme <b>"}, "id": {"acme"}, "base": {"ftp://x"}, "why": {"pilot"}, "version": {"0"}, "hook": {"order-sign"}, "millis": {"500"}}
	if res, body := boss.Post("/maple/alerts/services", bad); res.StatusCode != 422 || !strings.Contains(body, "begins with https") || !strings.Contains(body, "Acme &lt;b&gt;") {
		t.Errorf("%d", res.StatusCode)
	}
	bad = url.Values{"name": {"Acme"}, "id": {"acme"}, "base": {"https://x.example"}, "version": {"0"}, "hook": {"order-sign"}, "millis": {"500"}}
	if res, body := boss.Post("/maple/alerts/services", bad); res.StatusCode != 422 || !strings.Contains(body, "Say why") {
		t.Errorf("%d", res.StatusCode)
	}
	for field, want := range map[string]string{"hook": "at least one moment", "millis": "50 to 2000 ms"} {
		g := maps.Clone(f)
		g.Del(field)
		if res, body := boss.Post("/maple/alerts/services", g); res.StatusCode != 422 || !strings.Contains(body, want) {
			t.Errorf("without %s: %d", field, res.StatusCode)
		}
	}
	if res, body := boss.Post("/maple/alerts/services", f); res.StatusCode != 200 || !strings.Contains(body, "asked from now on") || !strings.Contains(body, "may interrupt") || !strings.Contains(body, "Asked when a chart is opened, when orders are signed, waited for 500 ms.") || !strings.Contains(body, "Is sent Observation, Patient.") || len(s.list) != 1 || s.list[0].Base != "https://cds.acme.example" || s.list[0].Who != "Ann Boss" {
		t.Fatalf("%d %+v", res.StatusCode, s.list)
	}
	if res, _ := boss.Post("/maple/alerts/services", f); res.StatusCode != http.StatusConflict {
		t.Errorf("an old page: %d", res.StatusCode)
	}
	if page := doc.Open("/maple/alerts"); !strings.Contains(page, "Acme &lt;b&gt;") || strings.Contains(page, "Remove") {
		t.Error("who may not manage does not see which services are asked, or may remove them")
	}
	if res, _ := boss.Post("/maple/alerts/services/acme/remove", url.Values{"version": {"1"}}); res.StatusCode != 200 || len(s.list) != 0 {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestAccessible(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n, s := start(t)
	s.list = []Service{{ID: "acme", Name: "Acme", Base: "https://cds.acme.example", Hooks: []string{"order-sign"}, Who: "Ann", Why: "pilot", Loud: true}}
	n.User(admin)
	pagetest.SignIn(t, ctx, n, "maple", "boss")
	pagetest.Axe(t, ctx, n, "/maple/alerts")
	pagetest.Shot(t, ctx, "alerts")
	pagetest.Axe(t, ctx, n, "/maple/alerts/months")
	pagetest.Shot(t, ctx, "alerts-months")
}

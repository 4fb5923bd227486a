package rules

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/decision"
	"wholechart/decision/medicine"
	"wholechart/decision/rule"
	"wholechart/internal/pagetest"
	"wholechart/web/clinic"
)

func start(t *testing.T) *pagetest.Node {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "riverside"}, nil)
	n.Load("maple", "riverside")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p.Door)
	n.Serve(p)
	return n
}

var (
	okonkwo = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician}
	admin   = auth.User{Site: "maple", Name: "boss", FullName: "Ann Boss", Role: access.Admin}
	hughes  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

// TestASiteChoosesHowLoudARuleIs walks from the list to a choice that others see.
func TestASiteChoosesHowLoudARuleIs(t *testing.T) {
	n := start(t)
	doc, boss := n.User(okonkwo), n.User(admin)
	page := doc.Open("/maple/rules?q=warfarin")
	for _, want := range []string{"drug–drug interaction", "Warfarin", "interrupts", "needs review by a clinician", "Formulas", "CKD-EPI", "Tables that are loaded", "CPT", "not loaded"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "rule-form") {
		t.Error("a physician is offered to switch rules off")
	}
	const id = "ddi-maoi-serotonergic"
	at := "/maple/rules/" + id
	if res, _ := doc.Post(at, url.Values{"level": {"off"}, "why": {"x"}, "version": {"0"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("a physician switched a rule off: %d", res.StatusCode)
	}
	if res, _ := n.User(hughes).Get("/maple/rules"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk: %d", res.StatusCode)
	}
	for name, c := range map[string]struct {
		form url.Values
		says string
	}{
		"no reason":   {url.Values{"level": {"off"}, "version": {"0"}}, "Say why"},
		"no level":    {url.Values{"level": {"loudest"}, "why": {"x"}, "version": {"0"}}, "Choose one"},
		"long reason": {url.Values{"level": {"off"}, "why": {strings.Repeat("é", 301)}, "version": {"0"}}, "At most 300"},
		"old page":    {url.Values{"level": {"off"}, "why": {"<b>our pharmacist asks</b>"}, "version": {"7"}}, "Somebody else changed"},
	} {
		res, body := boss.Post(at, c.form)
		if res.StatusCode < 400 || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
		if name == "old page" && !strings.Contains(body, "&lt;b&gt;our pharmacist asks") {
			t.Error("what was typed is lost")
		}
	}
	if res, body := boss.Post(at, url.Values{"level": {"quiet"}, "why": {"our pharmacist asks herself"}, "version": {"0"}}); res.StatusCode != 200 || !strings.Contains(body, "takes effect at once") {
		t.Fatalf("%d", res.StatusCode)
	}
	if page := doc.Open("/maple/rules?q=" + id); !strings.Contains(page, "by Ann Boss: our pharmacist asks herself") {
		t.Error("who chose and why does not stand there")
	}
	body, _, err := n.System("maple").Setting(t.Context(), SettingName)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Decode(body); err != nil || s[id].Level != rule.Quiet {
		t.Errorf("%+v %v", s, err)
	}
	if body, _, _ := n.System("riverside").Setting(t.Context(), SettingName); body != nil {
		t.Error("another site's rules were changed")
	}
	if res, _ := boss.Post(at, url.Values{"level": {"interrupt"}, "version": {"1"}}); res.StatusCode != 200 {
		t.Errorf("back to as written: %d", res.StatusCode)
	}
	if body, _, _ := n.System("maple").Setting(t.Context(), SettingName); strings.Contains(string(body), id) {
		t.Error("the choice is still there")
	}
}

// TestThreeStates: the page counts what was reviewed, what was checked and what was
// not, says of each rule which, and shows those of one state alone.
func TestThreeStates(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	count := map[rule.State]int{}
	for _, r := range decision.Rules() {
		count[r.State()]++
	}
	page := doc.Open("/maple/rules")
	for _, want := range []string{
		fmt.Sprintf("<dt>Reviewed by a clinician</dt><dd>%d</dd>", count[rule.ByClinic]),
		fmt.Sprintf("<dt>Checked against a text, by the makers</dt><dd>%d</dd>", count[rule.Held]),
		fmt.Sprintf("<dt>Not checked</dt><dd>%d</dd>", count[rule.FromMemory]),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if count[rule.ByClinic] != 0 || strings.Contains(page, "· reviewed by a clinician 2") {
		t.Error("no clinician reviewed a rule, and the page says so")
	}
	// Kind by kind all are there, and no page has more than a kind or a few of each.
	kinds := map[rule.Kind]bool{}
	for _, r := range decision.Rules() {
		kinds[r.Kind] = true
	}
	rows := func(path string) int { return strings.Count(doc.Open(path), `class="row rule"`) }
	for state, want := range map[string]int{"": count[rule.FromMemory] + count[rule.Held] + count[rule.ByClinic], "unchecked": count[rule.FromMemory], "checked": count[rule.Held], "reviewed": count[rule.ByClinic]} {
		got := 0
		for k := range kinds {
			if n := rows("/maple/rules?state=" + state + "&kind=" + k.Slug()); n == 0 && state == "" {
				t.Errorf("no rule of %s", k)
			} else if state != "" || n > 0 {
				got += n
			}
		}
		if got != want {
			t.Errorf("%q: %d rules, want %d", state, got, want)
		}
		if n := rows("/maple/rules?state=" + state); n > 300 || n == 0 && want > 0 {
			t.Errorf("%q of all kinds: %d rules on one page", state, n)
		}
	}
	if page := doc.Open("/maple/rules?q=ddi-maoi-serotonergic"); !strings.Contains(page, "· checked 2026-11-23 against: table 2 of the paper") {
		t.Error("what a rule was held against does not stand there")
	}
}

// TestOwnKnowledge: what a node loaded itself stands on the page as licensed and not
// ours, with its age, and what could not be loaded says so.
func TestOwnKnowledge(t *testing.T) {
	t.Cleanup(func() { decision.Use(decision.Owned{}) })
	list, err := medicine.Load(strings.NewReader(strings.Join(medicine.Columns, ",") + "\n" +
		"acme-1,metformin,senna,notice,moderate,a made-up danger,Metformin with senna (made up),Made up.,Nothing.,,,,Acme handbook,,2026-05,\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := start(t)
	doc := n.User(okonkwo)
	if strings.Contains(doc.Open("/maple/rules"), "· licensed, not ours") {
		t.Error("it is there before it was loaded")
	}
	decision.Use(decision.Owned{Interactions: list, Bodies: []decision.Body{
		{Name: "Acme interactions", Kind: "interactions", Version: "2026.2", Date: "2026-05-01", Licence: "Acme 4711", What: "1 interaction"},
		{Name: "RxNorm", Kind: "rxnorm", Version: "May 2020", Date: "2020-05-04", Licence: "UMLS", What: "of old"},
		{Name: "Lost table", Kind: "interactions", Version: "1", Date: "2026-05-01", Licence: "x", Problem: "line 2: no ingredient"},
	}})
	page := doc.Open("/maple/rules?q=acme-1")
	for _, want := range []string{"Metformin with senna (made up)", "· licensed, not ours", "Acme 4711", "2026.2 of 2026-05-01", "not in use: line 2: no ingredient"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if !strings.Contains(page, "<dt>Licensed, not ours</dt><dd>1</dd>") || strings.Contains(page, "RxNorm, complete") {
		t.Error("theirs are counted with ours, or RxNorm is said to be absent")
	}
	if n := strings.Count(doc.Open("/maple/rules?state=owned"), `class="row rule"`); n != 1 {
		t.Errorf("%d rules that are not ours", n)
	}
	_, rxnorm, _ := strings.Cut(page, "May 2020")
	if end := strings.Index(rxnorm, "</li>"); end < 0 || !strings.Contains(rxnorm[:end], "older than a year") {
		t.Error("a release of 2020 is not said to be old")
	}
}

func TestAccessible(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(admin)
	pagetest.SignIn(t, ctx, n, "maple", "boss")
	pagetest.Axe(t, ctx, n, "/maple/rules?q=warfarin")
}

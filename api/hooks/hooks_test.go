package hooks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

func TestCardFaults(t *testing.T) {
	good := Card{Summary: "s", Indicator: "info", Source: Source{Label: "l"}}
	for _, c := range []struct {
		name string
		edit func(*Card)
		want string
	}{
		{"as it should be", func(*Card) {}, ""},
		{"summary of 139", func(c *Card) { c.Summary = strings.Repeat("é", 139) }, ""},
		{"summary of 140", func(c *Card) { c.Summary = strings.Repeat("é", 140) }, "140 characters"},
		{"no summary", func(c *Card) { c.Summary = " " }, "summary is required"},
		{"hard-stop was of a draft of the specification", func(c *Card) { c.Indicator = "hard-stop" }, "indicator"},
		{"no source", func(c *Card) { c.Source = Source{} }, "source.label"},
		{"source of a script", func(c *Card) { c.Source.URL = "javascript:alert(1)" }, "source.url"},
		{"a relative source", func(c *Card) { c.Source.URL = "/x" }, "source.url"},
		{"topic without code", func(c *Card) { c.Source.Topic = &Coding{Display: "x"} }, "source.topic"},
		{"suggestion without behaviour", func(c *Card) { c.Suggestions = []Suggestion{{Label: "x"}} }, "selectionBehavior is required"},
		{"behaviour that is none", func(c *Card) {
			c.Suggestions, c.SelectionBehavior = []Suggestion{{Label: "x"}}, "all"
		}, "selectionBehavior is none"},
		{"suggestion without label", func(c *Card) { c.Suggestions, c.SelectionBehavior = []Suggestion{{}}, "any" }, "suggestion.label"},
		{"two recommended", func(c *Card) {
			c.Suggestions, c.SelectionBehavior = []Suggestion{{Label: "x", IsRecommended: true}, {Label: "y", IsRecommended: true}}, "at-most-one"
		}, "more than one"},
		{"delete without id", func(c *Card) {
			c.Suggestions, c.SelectionBehavior = []Suggestion{{Label: "x", Actions: []Action{{Type: "delete", Description: "d"}}}}, "any"
		}, "resourceId"},
		{"update without id", func(c *Card) {
			c.Suggestions, c.SelectionBehavior = []Suggestion{{Label: "x", Actions: []Action{{Type: "update", Description: "d", Resource: json.RawMessage(`{"resourceType":"Patient"}`)}}}}, "any"
		}, "has no id"},
		{"create of nothing", func(c *Card) {
			c.Suggestions, c.SelectionBehavior = []Suggestion{{Label: "x", Actions: []Action{{Type: "create", Description: "d"}}}}, "any"
		}, "no resource"},
		{"action without description", func(c *Card) {
			c.Suggestions, c.SelectionBehavior = []Suggestion{{Label: "x", Actions: []Action{{Type: "delete", ResourceID: "A/1"}}}}, "any"
		}, "description"},
		{"action of another kind", func(c *Card) {
			c.Suggestions, c.SelectionBehavior = []Suggestion{{Label: "x", Actions: []Action{{Type: "patch", Description: "d"}}}}, "any"
		}, "action.type"},
		{"reason without display", func(c *Card) { c.OverrideReasons = []Coding{{Code: "x"}} }, "overrideReasons"},
		{"link of data", func(c *Card) { c.Links = []Link{{Label: "l", URL: "data:text/html,x", Type: "absolute"}} }, "link.url"},
		{"link of no type", func(c *Card) { c.Links = []Link{{Label: "l", URL: "https://x.example"}} }, "link.type"},
		{"context of an absolute link", func(c *Card) {
			c.Links = []Link{{Label: "l", URL: "https://x.example", Type: "absolute", AppContext: "x"}}
		}, "appContext"},
	} {
		x := good
		c.edit(&x)
		got := strings.Join(x.Faults(), "; ")
		if c.want == "" && got != "" || c.want != "" && !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"Warfarin 5 mg (INR < 3)":         `Warfarin 5 mg (INR \< 3)`,
		"[click](https://evil.example)":   `\[click\](https\://evil.example)`,
		"![x](http://evil.example/a.png)": `\!\[x\](http\://evil.example/a.png)`,
		"www.evil.example":                `www\.evil.example`,
		"a\n\n# b":                        `a \# b`,
		"<script>":                        `\<script\>`,
		"- item":                          `\- item`,
		"*b* _i_ `c` ~~d~~ &lt;":          "\\*b\\* \\_i\\_ \\`c\\` \\~\\~d\\~\\~ \\&lt;",
	} {
		if got := Plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, s := range []string{"", "short", strings.Repeat("word ", 60), strings.Repeat("x", 500), strings.Repeat("é", 300), strings.Repeat("😀", 200)} {
		got := cut(s, MaxSummary)
		units := 0
		for _, r := range got {
			units++
			if r > 0xFFFF {
				units++
			}
		}
		if units > MaxSummary || !utf8.ValidString(got) || s != "" && got == "" {
			t.Errorf("%.20q…: %d units: %q", s, units, got)
		}
	}
}

var (
	loud   = &rule.Rule{ID: "r-loud", Kind: rule.Interaction, Title: "Loud", Version: "1", Date: "2012-09", Citation: "Somebody 2012", URL: "https://src.example", Level: rule.Interrupt}
	notice = &rule.Rule{ID: "r-notice", Kind: rule.Prevention, Title: "Due", Version: "1", Level: rule.Notice}
	quiet  = &rule.Rule{ID: "r-quiet", Kind: rule.Interaction, Title: "Quiet", Version: "1", Level: rule.Quiet}
)

func cardsOf(r *rule.Rule, severity string, n int) []rule.Card {
	var out []rule.Card
	for i := range n {
		out = append(out, rule.Card{Rule: r, Level: r.Level, Key: r.ID + string(rune('a'+i)), Title: r.Title, Severity: severity})
	}
	return out
}

func TestCards(t *testing.T) {
	x := Asked{Request: &Request{Hook: "patient-view", Patient: "p"}, Site: "maple", Base: "https://n.example/maple", Ours: true}
	a := rule.Answer{Cards: slices.Concat(cardsOf(quiet, "moderate", 8), cardsOf(notice, "", 3), cardsOf(loud, "severe", 2)), Gaps: []rule.Gap{{Check: "allergies", Why: "<b>not</b> loaded"}}}
	got := Cards(x, a)
	if len(got) != MaxCards || got[0].Card.Indicator != "critical" || got[2].Card.Indicator != "info" || got[len(got)-1].Of != nil {
		t.Fatalf("%d cards: %+v", len(got), got)
	}
	last := got[len(got)-1].Card
	if !strings.HasPrefix(last.Summary, "Not checked: allergies") || !strings.Contains(last.Detail, `\<b\>not`) || !strings.Contains(last.Detail, "4 more cards of lower priority were left out") {
		t.Errorf("%+v", last)
	}
	for _, s := range got {
		if f := s.Card.Faults(); len(f) > 0 {
			t.Errorf("%q: %v", s.Card.Summary, f)
		}
	}
	sign := x
	sign.Request = &Request{Hook: "order-sign", Patient: "p"}
	gaps := []rule.Gap{{Check: dueCheck, Why: "x"}, {Check: "medicines", Why: "y"}, {Check: "medicines", Why: "z", Draft: "MedicationRequest/1"}}
	if c := Cards(sign, rule.Answer{Gaps: gaps}); len(c) != 1 || strings.Contains(c[0].Card.Detail, dueCheck) || !strings.Contains(c[0].Card.Summary, "medicines: z") {
		t.Errorf("%+v", c)
	}
	if c := Cards(x, rule.Answer{Gaps: gaps}); !strings.Contains(c[0].Card.Detail, dueCheck) {
		t.Error("what is due is not said to lack something when it is asked")
	}
	many := Cards(x, rule.Answer{Cards: cardsOf(loud, "severe", 20)})
	if len(many) != 20 {
		t.Errorf("%d of 20 that interrupt", len(many))
	}
	x.Quiet = true
	if n := len(Cards(x, a)); n != 14 {
		t.Errorf("everything: %d cards, want 14", n)
	}
	x.Now = time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)
	x.Kept = map[string]order.Override{loud.ID + "a": {Reason: "known", At: x.Now}}
	if c := Cards(x, a); c[0].Of.Key != loud.ID+"b" || c[1].Card.Indicator == "critical" {
		t.Error("an overridden card came again")
	}
	x.Kept = map[string]order.Override{loud.ID + "a": {Reason: "known", At: x.Now.AddDate(-1, 0, 0)}}
	if c := Cards(x, a); c[0].Of.Key != loud.ID+"a" {
		t.Error("a card that was overridden a year ago did not come again")
	}
	y := x
	y.Request = &Request{Hook: "patient-view", Patient: "q"}
	if Cards(x, a)[0].Card.UUID == Cards(y, a)[1].Card.UUID {
		t.Error("two patients have the same uuid")
	}
	if n := len(Cards(x, rule.Answer{})); n != 0 {
		t.Errorf("nothing to say: %d cards", n)
	}
}

func TestReadResponse(t *testing.T) {
	good := `{"summary":"s","indicator":"info","source":{"label":"l"}}`
	for _, c := range []struct {
		name, body string
		cards, bad int
		fails      bool
	}{
		{"none", `{"cards":[]}`, 0, 0, false},
		{"one", `{"cards":[` + good + `]}`, 1, 0, false},
		{"one of two", `{"cards":[` + good + `,{"summary":"x"}]}`, 1, 1, false},
		{"a card of another type", `{"cards":["x",7,` + good + `]}`, 1, 2, false},
		{"too many", `{"cards":[` + strings.Repeat(good+",", 9) + good + `]}`, 5, 5, false},
		{"system actions are passed over", `{"cards":[],"systemActions":[{"type":"delete","resourceId":"A/1"}]}`, 0, 0, false},
		{"no cards", `{}`, 0, 0, true},
		{"a page", `<html>`, 0, 0, true},
		{"twice the same name", `{"cards":[],"cards":[]}`, 0, 0, true},
	} {
		cards, bad, err := ReadResponse([]byte(c.body), 5)
		if len(cards) != c.cards || bad != c.bad || (err != nil) != c.fails {
			t.Errorf("%s: %d cards, %d bad, %v", c.name, len(cards), bad, err)
		}
	}
}

func FuzzReadRequest(f *testing.F) {
	draft := `{"resourceType":"MedicationRequest","id":"d","status":"draft","intent":"order","subject":{"reference":"Patient/p"},"medicationCodeableConcept":{"text":"x"}}`
	f.Add([]byte(`{"hook":"order-select","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","fhirServer":"https://e.example","context":{"userId":"Practitioner/1","patientId":"p","selections":["MedicationRequest/d"],"draftOrders":{"resourceType":"Bundle","entry":[{"resource":` + draft + `}]}},"prefetch":{"patient":{"resourceType":"Patient","id":"p","birthDate":"1990"},"medications":{"resourceType":"Bundle","entry":[{"resource":` + draft + `}]},"conditions":null}}`))
	f.Add([]byte(`{"hook":"order-select"}`))
	h, _ := HookOf("order-select")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadRequest(data, h)
		if err != nil {
			return
		}
		drafts, _ := r.RuleDrafts()
		for _, d := range drafts {
			if _, id, _, ok := fhir.Relative(d.ID); !ok || !fhir.IsID(id) {
				t.Fatalf("draft %q", d.ID)
			}
		}
		c, gaps, err := r.Record(now, nil)
		if err == nil && (c == nil || len(gaps) == 0) {
			t.Fatal("a record of what was sent does not say so")
		}
		var _ *chart.Chart = c
	})
}

func FuzzReadFeedback(f *testing.F) {
	f.Add([]byte(`{"feedback":[{"card":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","outcome":"overridden","overrideReason":{"reason":{"code":"x","system":"y"},"userComment":"z"},"outcomeTimestamp":"2020-12-11T00:00:00Z"}]}`))
	f.Add([]byte(`{"feedback":[{"card":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","outcome":"accepted","acceptedSuggestions":[{"id":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"}],"outcomeTimestamp":"2020-12-11T00:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ReadFeedback(data)
		for _, x := range list {
			if err == nil && (!IsUUID(x.Card) || !x.Override && len(x.Accepted) == 0 || x.Reason == "other" && x.Text == "") {
				t.Fatalf("%+v", x)
			}
		}
	})
}

func FuzzReadResponse(f *testing.F) {
	f.Add([]byte(`{"cards":[{"summary":"s","indicator":"info","source":{"label":"l"},"links":[{"label":"l","url":"https://x.example","type":"absolute"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		cards, _, _ := ReadResponse(data, 5)
		for _, c := range cards {
			if len(c.Faults()) > 0 || len(cards) > 5 {
				t.Fatalf("%+v", c)
			}
		}
	})
}

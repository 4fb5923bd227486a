package clinic

import (
	"slices"
	"strings"
	"testing"

	"wholechart/internal/pagetest"
	"wholechart/search"
)

func TestUnderstand(t *testing.T) {
	for text, want := range map[string]string{
		"1958-03-14":   "1958-03-14",
		"14 Mar 1958":  "1958-03-14",
		"Mar 14, 1958": "1958-03-14",
		"3/14/1958":    "1958-03-14",
		"3/14/58":      "1958-03-14",
		"14.3.1958":    "1958-03-14",
		"19580314":     "1958-03-14",
		"03141958":     "1958-03-14",
		"3/4/1958":     "1958-03-04,1958-04-03",
		"1958":         "1958",
		"March 1958":   "1958-03",
	} {
		q, err := understand(text, pagetest.Anchor)
		if err != nil || q.Readings[0].Get("birthdate") != want {
			t.Errorf("%q is read as %v, %v", text, q.Readings, err)
		}
	}
	for text, want := range map[string][]string{"del": {"del"}, "Delgado, Rosa": {"Delgado", "Rosa"}, "ros del 1958": {"ros", "del"}, "O'Neil": {"O'Neil"}} {
		q, err := understand(text, pagetest.Anchor)
		if last := q.Readings[len(q.Readings)-1]; err != nil || !slices.Equal(last["name"], want) {
			t.Errorf("%q is read as %v, %v", text, q.Readings, err)
		}
	}
	if q, _ := understand("ros 1958", pagetest.Anchor); q.Readings[len(q.Readings)-1].Get("birthdate") != "1958" {
		t.Errorf("%v", q.Readings)
	}
	for _, phone := range []string{"614-555-0162", "(614) 555-0162", "6145550162", "+1 614 555 0162"} {
		q, err := understand(phone, pagetest.Anchor)
		if err != nil || !slices.Contains(strings.Split(q.Readings[0].Get("phone"), ","), "+1-614-555-0162") {
			t.Errorf("%q is read as %v", phone, q.Readings)
		}
	}
	for _, nothing := range []string{"", "   ", "\x00", strings.Repeat("a", 300)} {
		if _, err := understand(nothing, pagetest.Anchor); err == nil {
			t.Errorf("%.10q is a question", nothing)
		}
	}
}

func FuzzUnderstand(f *testing.F) {
	for _, s := range []string{"ros", "Delgado, Rosa 3/14/58", "004-17-882", "+1 (614) 555-0162", `a\,b|c$d`, "99/99/9999", "é ñ", "1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := understand(text, pagetest.Anchor)
		if err != nil {
			return
		}
		if len(q.Readings) == 0 || len(q.Readings) > 4 {
			t.Errorf("%d readings", len(q.Readings))
		}
		for _, values := range q.Readings {
			if len(values) == 0 {
				t.Error("a reading without a condition finds everybody")
			}
			_, _ = search.Parse("Patient", values, search.Options{Now: pagetest.Anchor})
		}
	})
}

func FuzzLocalNext(f *testing.F) {
	for _, s := range []string{"/maple/patients/x?q=1", "//evil.example/maple/", `/maple/\evil`, "https://x", "/maple/%2e%2e/x", "/maple/\r\nSet-Cookie: a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, next string) {
		if got := localNext(next, "maple"); got != "" && (!strings.HasPrefix(got, "/maple/") || strings.ContainsAny(got, "\r\n\\")) {
			t.Errorf("%q leads to %q", next, got)
		}
	})
}

func TestFindInThreeLetters(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	n.Write("maple", rosa, `{"resourceType":"Patient","id":"ana","name":[{"family":"Rosario","given":["Ana"]}],"gender":"female","birthDate":"1990-01-02"}`,
		`{"resourceType":"Patient","id":"jose","name":[{"family":"Núñez","given":["José"]}],"birthDate":"1971-07-03"}`)
	b := n.user(physician)
	for q, want := range map[string]string{
		"ros": "Ana Rosario, Rosa Delgado", "del": "Rosa Delgado", "delg ros": "Rosa Delgado", "ROS DEL": "Rosa Delgado", "3/14/1958": "Rosa Delgado", "14 mar 1958": "Rosa Delgado",
		"004-17-882": "Rosa Delgado", "614 555 0162": "Rosa Delgado", "ros 1990": "Ana Rosario", "nun": "José Núñez", "xyz": "",
	} {
		_, body := b.get("/maple/patients/suggest?q=" + strings.ReplaceAll(q, " ", "+"))
		var names []string
		for _, o := range elementsOf(parse(t, body).Node, "div", "") {
			if attr(o, "role") == "option" {
				names = append(names, text(elementsOf(o, "b", "")[0]))
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%q suggests %q", q, got)
		}
	}
	p := b.open("/maple/patients?q=ros")
	p.says("Rosa Delgado 68 y female 14 Mar 1958 004-17-882")
	b.open("/maple/patients/rosa")
	if s := text(b.open("/maple/patients").card("Opened by you")); !strings.Contains(s, "Rosa Delgado") {
		t.Errorf("opened: %s", s)
	}
}

package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/record"
)

// What a page's first load may be: the page, its styles and modules and all that they ask for at once, compressed.
const mostBytes = 150 << 10

// pageOf is how a page of the product is opened: by whom, at which addresses.
type pageOf struct {
	as string
	at []string
}

// everyPage are the pages of the product by their pattern. TestEveryPage fails
// on a pattern that is neither here nor in notPages.
func everyPage(x examples) map[string]pageOf {
	rosa, whole := "/patients/rosa-delgado", "/patients/rosa-delgado/whole"
	amara := "/patients/amara-okafor"
	doc := func(at ...string) pageOf { return pageOf{"okonkwo", at} }
	desk := func(at ...string) pageOf { return pageOf{"hughes", at} }
	m := map[string]pageOf{
		"/signin":        {"", []string{"/signin"}},
		"/day":           {"okonkwo", []string{"/day", "/day?date=2026-11-24"}},
		"/inbox":         doc("/inbox", "/inbox?kind=review-result"),
		"/lists":         doc("/lists"),
		"/lists/due":     doc("/lists/due"),
		"/lists/alerts":  doc("/lists/alerts"),
		"/rules":         doc("/rules"),
		"/alerts":        doc("/alerts"),
		"/alerts/months": doc("/alerts/months"),
		"/snippets":      doc("/snippets"),
		"/links":         {"office", []string{"/links"}},
		"/merge":         {"office", []string{"/merge", "/merge?a=rosa-delgado&b=mei-tanaka"}},
		"/log":           {"privacy", []string{"/log"}},
		"/node":          {"operator", []string{"/node"}},
		"/users":         {"boss", []string{"/users"}},

		"/lists/{list}":       doc("/lists/pressure-high"),
		"/tasks/new":          doc("/tasks/new?patient=rosa-delgado"),
		"/tasks/{task}":       doc("/tasks/owen-task-referral"),
		"/unmatched/{tid}":    doc("/unmatched/un"),
		"/patients":           desk("/patients"),
		"/patients/new":       desk("/patients/new"),
		"/schedule":           desk("/schedule", "/schedule?view=week&with=Practitioner/okonkwo", "/schedule?view=rooms"),
		"/schedule/away":      desk("/schedule/away"),
		"/schedule/feed":      desk("/schedule/feed"),
		"/schedule/list":      desk("/schedule/list"),
		"/waitlist":           desk("/waitlist"),
		"/outbox":             desk("/outbox", "/outbox?show=planned"),
		"/recalls":            desk("/recalls"),
		"/to-do":              desk("/to-do"),
		"/reminders":          {"boss", []string{"/reminders"}},
		"/my-messages":        {"patient", []string{"/my-messages"}},
		"/appointments/{aid}": desk("/appointments/grace-today"),

		"/schedule/hours/{role}":       {"boss", []string{"/schedule/hours/okonkwo"}},
		"/patients/{id}/demographics":  desk(rosa + "/demographics"),
		"/patients/{id}":               doc(rosa, "/patients/walter-nowak"),
		"/patients/{id}/access":        {"privacy", []string{rosa + "/access"}},
		"/patients/{id}/as-of":         doc(rosa + "/as-of?at=2026-11-01"),
		"/patients/{id}/visit":         doc("/patients/grace-lindqvist/visit"),
		"/patients/{id}/visits/{eid}":  doc(x.visit, x.visit+"?tab=vitals"),
		"/patients/{id}/notes/{nid}":   doc(x.note),
		"/patients/{id}/order":         doc(rosa + "/order"),
		"/patients/{id}/orders/{oid}":  doc(rosa+"/orders/am", rosa+"/orders/cbc"),
		"/patients/{id}/refill/{tid}":  doc(rosa + "/refill/rf"),
		"/patients/{id}/result/{rid}":  doc("/patients/walter-nowak/result/" + x.report),
		"/patients/{id}/letters/new":   doc(rosa + "/letters/new"),
		"/patients/{id}/letters/{lid}": doc(x.letter),
		"/patients/{id}/library":       doc(rosa + "/library"),
		"/patients/{id}/upload":        doc(rosa + "/upload"),

		"/patients/{id}/visits/{eid}/sign":     doc(x.visit + "/sign"),
		"/patients/{id}/orders/{oid}/enter":    doc(rosa + "/orders/cbc/enter"),
		"/patients/{id}/order/print/{group}":   doc(rosa + "/order/print/g1"),
		"/patients/{id}/letters/{lid}/print":   doc(x.letter + "/print"),
		"/patients/{id}/library/{did}":         doc(rosa + "/library/rosa-note-progress-2026-11-14"),
		"/patients/{id}/library/{did}/move":    doc(rosa + "/library/rosa-note-progress-2026-11-14/move"),
		"/patients/{id}/enter/{kind}":          doc(rosa+"/enter/problem", rosa+"/enter/allergy", rosa+"/enter/medicine", rosa+"/enter/family"),
		"/patients/{id}/enter/{kind}/{rid}":    doc(rosa + "/enter/problem/" + x.problem),
		"/patients/{id}/enter/social":          doc(rosa + "/enter/social"),
		"/patients/{id}/whole":                 doc(whole),
		"/patients/{id}/whole/library":         doc(whole + "/library"),
		"/patients/{id}/whole/reconcile":       doc(whole + "/reconcile"),
		"/patients/{id}/whole/visits/{eid}":    doc("/patients/" + harold + "/whole" + strings.TrimPrefix(x.visit, "/patients/"+harold)),
		"/patients/{id}/progress/growth":       doc(amara + "/progress/growth"),
		"/patients/{id}/whole/progress/growth": doc(amara + "/whole/progress/growth"),
	}
	for _, section := range []string{"about", "allergies", "documents", "due", "encounters", "family", "imaging", "immunisations", "medicines", "outside", "problems", "procedures", "results", "timeline", "progress", "progress/plots", "progress/formulas"} {
		m["/patients/{id}/"+section] = doc(rosa + "/" + section)
		m["/patients/{id}/whole/"+section] = doc(whole + "/" + section)
	}
	for _, lens := range []string{"", "/whole"} {
		m["/patients/{id}"+lens+"/results/{code}"] = doc(rosa + lens + "/results/4548-4")
		m["/patients/{id}"+lens+"/fact/{type}/{fact}"] = doc(rosa + lens + "/fact/MedicationRequest/rosa-rx-metformin")
		m["/patients/{id}"+lens+"/progress/formulas/{formula}"] = doc(rosa + lens + "/progress/formulas/" + x.formula)
	}
	return m
}

// notPages are the patterns that are no page of their own, and why.
var notPages = map[string]string{
	"GET /{$}":                            "leads to the only site's sign-in; the first page of a demonstration is looked at under its own name",
	"GET /{site}":                         "leads to the site's first page",
	"GET /{site}/{$}":                     "leads to where the role's work is",
	"GET /{site}/to-do/{task}/letter.pdf": "a letter as PDF",
	"GET /{site}/o/{token}":               "a patient's link without a password: no frame, no sign-in; axe and its words are tested in web/desk/outbox",
	"GET /{site}/r/{token}":               "a patient's link without a password: no frame, no sign-in; axe and its words are tested in web/desk/outbox",

	"GET /{site}/patients/{id}/advice":                       "what outside services say, a part of the chart's pages",
	"GET /{site}/lists/due/csv":                              "a table to download",
	"GET /{site}/lists/alerts/csv":                           "a table to download",
	"GET /{site}/alerts/months.csv":                          "a table to download",
	"GET /{site}/appointments/{aid}/advice":                  "what outside services say, a part of the desk's pages",
	"GET /{site}/alerts.csv":                                 "a table to download",
	"GET /{site}/log.csv":                                    "a table to download",
	"GET /{site}/lists/{list}/csv":                           "a table to download",
	"GET /{site}/patients/{id}/progress/flowsheet.csv":       "a table to download",
	"GET /{site}/patients/{id}/whole/progress/flowsheet.csv": "a table to download",
	"GET /{site}/patients/{id}/progress/growth.csv":          "a table to download",
	"GET /{site}/patients/{id}/whole/progress/growth.csv":    "a table to download",
	"GET /{site}/patients/{id}/progress/plots.svg":           "a picture to download",
	"GET /{site}/patients/{id}/whole/progress/plots.svg":     "a picture to download",
	"GET /{site}/patients/{id}/whole/late":                   "what came late, a line of the whole record's pages",
	"GET /{site}/patients/{id}/photo":                        "a photograph",
	"GET /{site}/calendar/{token}":                           "a calendar program's feed",
	"GET /{site}/palette":                                    "what the palette offers, for its module",
	"GET /{site}/code/{kind}":                                "type-ahead, for its module",
	"GET /{site}/patients/{id}/visits/{eid}/draft":           "what the note's module asks for",
	"GET /{site}/patients/{id}/whole/visit":                  "leads to the visit in this chart",

	"GET /{site}/patients/{id}/letters/{lid}/draft.pdf":              "a letter as PDF",
	"GET /{site}/patients/{id}/library/{did}/preview":                "a document's picture",
	"GET /{site}/patients/{id}/library/{did}/print":                  "a signed letter to print: the same page as a draft's, which is looked at",
	"GET /{site}/patients/{id}/fact/{type}/{fact}/content/{n}":       "a document's own bytes, as an attachment",
	"GET /{site}/patients/{id}/whole/fact/{type}/{fact}/content/{n}": "a document's own bytes, as an attachment",
	"GET /{site}/outbox/letters/{batch}":                             "exists once letters were printed: axe and its words are tested in web/desk/outbox",
	"GET /{site}/outbox/letters/{batch}/letters.pdf":                 "letters as PDF",
}

// examples are addresses of what the test made.
type examples struct{ visit, note, letter, report, formula, problem string }

// TestEveryPage opens every page there is in a real browser and holds it to what
// is promised of each: axe finds nothing, in light and dark; nothing moves while
// it loads; the first load is below 150 kB; it says without scripts what it says
// with them; it fits 360 px; it has a title, one main part and one heading.
func TestEveryPage(t *testing.T) {
	p := practisedFor(t, 15*time.Minute)
	axe := ""
	if file := os.Getenv("WHOLECHART_AXE"); file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		axe = string(b)
	} else {
		t.Log("WHOLECHART_AXE names no axe.min.js: accessibility was not measured")
	}
	pages := p.pages()

	// The ledger is whole: each pattern is a page here or has a reason not to be.
	known := map[string]bool{}
	for at := range pages {
		known["GET /{site}"+at] = true
	}
	for pattern := range notPages {
		if known[pattern] {
			t.Errorf("%s is a page, and in the ledger of what is none", pattern)
		}
		known[pattern] = true
	}
	served := map[string]bool{}
	for _, pattern := range p.nodes[0].node.door.Patterns {
		if method, _, _ := strings.Cut(pattern, " "); method == http.MethodGet {
			served[pattern] = true
			if !known[pattern] {
				t.Errorf("%s is looked at by nobody: add how it is opened to everyPage, or the reason to notPages", pattern)
			}
		}
	}
	for pattern := range known {
		if !served[pattern] {
			t.Errorf("%s is no longer served", pattern)
		}
	}

	began := time.Now()
	count := p.everyAddress(pages, func(who string) *eye { return p.eye(who, axe) }, (*eye).looks)
	t.Logf("%d addresses of %d pages in %v", count, len(pages)+1, time.Since(began).Round(time.Millisecond))
}

// TestNothingMovesWhereThingsComeLate opens a page of each pattern as a slow
// telephone on a poor line does: nothing moves there either.
func TestNothingMovesWhereThingsComeLate(t *testing.T) {
	p := practisedFor(t, 12*time.Minute)
	began := time.Now()
	pages := p.pages()
	for at, page := range pages {
		page.at = page.at[:1] // the others are of the same make
		pages[at] = page
	}
	count := p.everyAddress(pages, func(who string) *eye {
		e := p.eye(who, "")
		e.wide.slow()
		return e
	}, (*eye).still)
	t.Logf("%d addresses in %v", count, time.Since(began).Round(time.Millisecond))
}

// pages are all pages of a practice with somebody for each of its roles.
func (p *practice) pages() map[string]pageOf {
	p.t.Helper()
	n := p.nodes[0].node
	for name, role := range map[string]access.Role{"office": access.RecordsOffice, "privacy": access.PrivacyOfficer, "operator": access.Operator, "boss": access.Admin, "patient": ""} {
		u := auth.User{Site: "maple", Name: name, FullName: "Account of " + name, Role: role}
		if role == "" {
			u.Patients = []string{"rosa-delgado"}
		}
		if err := n.auth.AddUser(p.t.Context(), u, p.password); err != nil && name != "patient" {
			p.t.Log(err)
		}
	}
	return everyPage(p.examples())
}

// examples makes what pages are needed of and the demonstration has not: a visit
// with a draft, a signed note, a letter, orders with a requisition, a result that matches nobody.
func (p *practice) examples() (x examples) {
	p.t.Helper()
	p.write(
		`{"resourceType":"MedicationRequest","id":"am","status":"active","intent":"order","groupIdentifier":{"system":"https://wholechart.example/requisition","value":"g1"},"authoredOn":"2026-11-01","medicationCodeableConcept":{"text":"Amlodipine 5 mg tablet"},"subject":{"reference":"Patient/rosa-delgado"},"requester":{"reference":"Practitioner/okonkwo"}}`,
		`{"resourceType":"ServiceRequest","id":"cbc","status":"active","intent":"order","category":[{"coding":[{"system":"https://wholechart.example/order","code":"laboratory"}]}],"code":{"text":"Complete blood count","coding":[{"system":"http://loinc.org","code":"58410-2"}]},"subject":{"reference":"Patient/rosa-delgado"},"authoredOn":"2026-11-10"}`,
		`{"resourceType":"Task","id":"rf","status":"requested","intent":"order","code":{"coding":[{"system":"https://wholechart.example/task","code":"refill"}]},"description":"Refill amlodipine","for":{"reference":"Patient/rosa-delgado"},"focus":{"reference":"MedicationRequest/am"}}`,
		`{"resourceType":"Observation","id":"lost","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"Potassium"},"subject":{"display":"Rosa Delgado"},"effectiveDateTime":"2026-11-22T08:00:00-05:00","valueQuantity":{"value":4.1,"unit":"mmol/L"}}`,
		`{"resourceType":"Task","id":"un","status":"requested","intent":"order","code":{"coding":[{"system":"https://wholechart.example/task","code":"unmatched-result"}]},"description":"Potassium: 4.1 mmol/L","focus":{"reference":"Observation/lost"}}`,
	)
	for _, r := range p.found("DiagnosticReport?patient=walter-nowak&_sort=-date&_count=1") {
		x.report = field(r, "id")
	}
	for _, r := range p.found("Condition?patient=rosa-delgado&_count=1") {
		x.problem = field(r, "id")
	}
	doctor := p.as("okonkwo")
	doctor.begins(mei)
	doctor.focus("#ns-51847-2")
	doctor.types("Well")
	doctor.sees(`document.getElementById("note-state").textContent.includes("Draft saved")`)
	doctor.press("Ctrl+Enter")
	doctor.ready("/sign")
	doctor.press("Enter")
	doctor.sees(`location.pathname.includes("/notes/") && document.readyState === "complete"`)
	x.note = doctor.js(`location.pathname.replace("/maple", "")`)
	x.visit = strings.TrimPrefix(doctor.begins(harold), "/maple")
	doctor.focus("#ns-51847-2")
	doctor.types("Repeat the CT in six months")
	doctor.sees(`document.getElementById("note-state").textContent.includes("Draft saved")`)
	doctor.of("rosa-delgado", "/letters/new")
	doctor.sees(`document.querySelector("form[action$='/letters']")`)
	doctor.js(`(document.querySelector("form[action$='/letters']").requestSubmit(), 1)`)
	doctor.sees(`/letters\/(?!new)/.test(location.pathname) && document.readyState === "complete"`)
	x.letter = doctor.js(`location.pathname.replace("/maple", "")`)
	doctor.of("rosa-delgado", "/progress/formulas")
	x.formula = doctor.js(`document.querySelector("main a[href*='/progress/formulas/']").pathname.split("/").at(-1)`)
	if x.formula == "" || x.report == "" {
		p.t.Fatalf("%+v", x)
	}
	return x
}

// write writes resources to the practice's chart, as an import does.
func (p *practice) write(texts ...string) {
	p.t.Helper()
	var acts []record.Act
	for _, text := range texts {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			p.t.Fatal(err)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	s := p.nodes[0].node.records.As(access.Actor{Kind: access.System, ID: "test", Site: "maple", Purpose: access.Treatment}, access.EMR)
	if _, err := s.Transact(p.t.Context(), acts); err != nil {
		p.t.Fatal(err)
	}
}

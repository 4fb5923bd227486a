package progress

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web/clinic"
)

var update = flag.Bool("update", false, "write the golden files anew")

// start is Maple Street with Riverside beside it, Lakeside's copies, and a pharmacy that cannot be reached.
func start(t testing.TB) *pagetest.Node {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "riverside", "buckeye"}, []string{"lakeside", "corner"})
	n.Load("maple", "riverside", "buckeye")
	n.Receive("maple", "lakeside", "walter", record.Answer{State: "answered", Asked: pagetest.Anchor, When: pagetest.Anchor})
	n.Receive("maple", "lakeside", "rosa", record.Answer{State: "answered", Asked: pagetest.Anchor, When: pagetest.Anchor})
	n.Receive("maple", "corner", "rosa", record.Answer{State: "answered", Asked: pagetest.Anchor, When: pagetest.Anchor})
	far, err := n.Records.Site("corner")
	if err != nil {
		t.Fatal(err)
	}
	if err := n.System("maple").Receive(t.Context(), far, "walter-nowak", record.Answer{Site: "corner", State: "unreachable", Asked: pagetest.Anchor}, nil, false); err != nil {
		t.Fatal(err)
	}
	serve(t, n)
	return n
}

func serve(t testing.TB, n *pagetest.Node) {
	t.Helper()
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p)
	n.Serve(p)
}

var (
	okonkwo = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/okonkwo"}
	hughes  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

const (
	walter = "/maple/patients/walter-nowak"
	rosa   = "/maple/patients/rosa-delgado"
	amara  = "/maple/patients/amara-okafor"
)

func has(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(page, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
}

func TestTheFlowsheetHoldsEveryValueWithItsSource(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	page := doc.Open(walter + "/whole/progress")
	has(t, page, "6.1", "critically high", "mmol/L", "Potassium", "Blood pressure", "mmHg", "Lakeside", "newest day first", "may be missing", "Corner", "LC</span>")
	if own := doc.Open(walter + "/progress"); strings.Contains(own, "LC</span>") || strings.Contains(own, "may be missing") {
		t.Error("the chart shows another site's values, or says that some are missing")
	}
	only := doc.Open(walter + "/progress?text=potas")
	if !strings.Contains(only, "Potassium") || strings.Contains(only, ">Creatinine<") {
		t.Error("the filter does not filter")
	}
	old := doc.Open(walter + "/whole/progress?order=oldest&row=loinc-2823-3")
	if a, b := strings.Index(old, "3.3"), strings.Index(old, "6.1"); a < 0 || !strings.Contains(old, "oldest day first") || b >= 0 && b < a {
		t.Error("the oldest is not first")
	}
	if strings.Contains(old, ">Creatinine<") {
		t.Error("a row that was not chosen is there")
	}
	if page := doc.Open(walter + "/progress?text=%3Cscript%3E"); !strings.Contains(page, "No row fits") || strings.Contains(page, "<script>alert") {
		t.Error("an empty filter does not say so")
	}
	if res, _ := doc.Get("/maple/patients/nobody/progress"); res.StatusCode != http.StatusNotFound {
		t.Errorf("nobody: %d", res.StatusCode)
	}
	if res, _ := n.User(hughes).Get(walter + "/progress"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk sees results: %d", res.StatusCode)
	}
	if res, _ := n.Visitor().Get(walter + "/progress/flowsheet.csv"); res.Request.URL.Path != "/maple/signin" {
		t.Error("a stranger gets a file")
	}
}

func TestValuesOfOneDayAreStackedWithTheirTimes(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	for i, v := range []string{"7.1", "7.4", "7.2"} {
		n.Write("maple", observation(fmt.Sprintf("g%d", i), "1558-6", "Fasting glucose", fmt.Sprintf("2026-11-20T%02d:30:00-05:00", 8+i), v, "mmol/L", ""))
	}
	page := doc.Open(walter + "/progress?row=loinc-1558-6")
	for _, want := range []string{"08:30", "09:30", "10:30"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	if n := strings.Count(page, `datetime="2026-11-20"`); n != 1 {
		t.Errorf("%d columns of one day", n)
	}
}

func observation(id, code, name, when, value, unit, more string) string {
	return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":%q,"display":%q}],"text":%q},"subject":{"reference":"Patient/walter-nowak"},"effectiveDateTime":%q,"valueQuantity":{"value":%s,"unit":%q,"system":"http://unitsofmeasure.org","code":%q}%s}`, id, code, name, name, when, value, unit, unit, more)
}

func TestTheCSVIsExactAndHarmless(t *testing.T) {
	n := start(t)
	n.Write("maple", observation("x1", "2085-9", "=HYPERLINK(1)", "2026-11-20T08:30:00-05:00", "-1.23456789012", "mmol/L", `,"note":[{"text":"@SUM(A1) \"quoted\",\nnew line"}]`),
		observation("x2", "2085-9", "=HYPERLINK(1)", "2026-11-21", "40", "mg/dL", `,"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"L"}]}]`),
		strings.Replace(observation("x3", "2085-9", "=HYPERLINK(1)", "2026", "0.010", "mmol/L", ""), `"value":0.010`, `"comparator":"<","value":0.010`, 1))
	doc := n.User(okonkwo)
	res, body := doc.Get(walter + "/progress/flowsheet.csv?row=loinc-2085-9&row=loinc-85354-9")
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/csv") || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
		t.Error(got)
	}
	if strings.Contains(res.Header.Get("Content-Disposition"), "nowak") || res.Header.Get("Cache-Control") == "" {
		t.Error("the file's name says whose it is, or it may be cached")
	}
	golden := filepath.Join("testdata", "flowsheet.csv")
	if *update {
		if err := os.WriteFile(golden, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != body {
		t.Errorf("the CSV is not the golden one (%v):\n%s", err, body)
	}
	if strings.Contains(strings.ReplaceAll(body, "\r\n", ""), "\n") {
		t.Error("a line does not end with CR LF")
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, c := range r {
			if c != "" && strings.ContainsRune("=+@", rune(c[0])) {
				t.Errorf("a cell begins a formula: %q", c)
			}
		}
	}
	if !strings.Contains(body, "-1.23456789012,mmol/L") || !strings.Contains(body, "< 0.010,mmol/L") || !strings.Contains(body, "2026-11-20T08:30:00-05:00") {
		t.Error("values, units or times are not as they were reported")
	}
}

func TestPlotsStandOnOneAxisWithMedicinesBeneath(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	page := doc.Open(walter + "/whole/progress/plots?focus=heart-failure&span=5y")
	has(t, page, "Potassium", "Spironolactone", "Lisinopril", "lists differ", "course-lane", "NT-proBNP", "Visits and procedures", "as a table", "6.1 mmol/L")
	if !regexp.MustCompile(`class="course-latest flagged"><b>6\.1 mmol/L critically high`).MatchString(page) {
		t.Error("the latest potassium is not said with its flag")
	}
	if own := doc.Open(walter + "/progress/plots?focus=thyroid"); !strings.Contains(own, "Not recorded here:") || !strings.Contains(own, "TSH") {
		t.Error("what a view follows and nobody recorded is not said")
	}
	if chips := doc.Open(walter + "/whole/progress/plots"); !strings.Contains(chips, "On the problem list: Heart failure with reduced ejection fraction") {
		t.Error("the problem list chooses no view")
	}
	res, svg := doc.Get(walter + "/whole/progress/plots.svg?focus=heart-failure")
	if res.Header.Get("Content-Type") != "image/svg+xml; charset=utf-8" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Error("the picture is not served as one")
	}
	has(t, svg, "Walter", "born 8 Jun 1946", "Values may be missing", "Potassium", "<style>")
	if strings.Contains(svg, "<a ") || strings.Contains(svg, "var(--") {
		t.Error("the picture needs its page")
	}
}

func TestConvertedAndUndrawnAreSaid(t *testing.T) {
	n := start(t)
	n.Write("maple", observation("a1", "1920-8", "AST", "2026-01-20", "30", "U/L", ""), observation("a2", "1920-8", "AST", "2026-02-20", "0.5", "kU/L", ""), observation("a3", "1920-8", "AST", "2026-03-20", "31", "U/L", ""))
	doc := n.User(okonkwo)
	page := doc.Open(walter + "/progress/plots?row=loinc-1920-8")
	has(t, page, "converted from kU/L", "drawn as 500 U/L", "0.5 kU/L")
	if sheet := doc.Open(walter + "/progress?row=loinc-1920-8"); !strings.Contains(sheet, "converted from kU/L") || !strings.Contains(sheet, ">kU/L<") {
		t.Error("the flowsheet does not say the reported unit")
	}
}

func TestGrowthIsComparedByAgeAndSex(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	page := doc.Open(amara + "/whole/progress/growth")
	has(t, page, "Weight for age", "Length and height for age", "Head circumference for age", "Weight for length", "percentile", "97th", "Grummer-Strawn", "WHO Child Growth Standards 2006", "as a table")
	if page := doc.Open(rosa + "/progress/growth"); !strings.Contains(page, "end at 20 years") {
		t.Error("an adult has a growth chart")
	}
	if page := doc.Open(rosa + "/progress"); strings.Contains(page, "progress/growth") {
		t.Error("an adult's pages lead to growth")
	}
}

// Where nobody recorded a BMI it is computed, and says so in the picture, the table
// and the file.
func TestBMIIsComputedWhereNoneIsRecorded(t *testing.T) {
	n := start(t)
	of := func(id, code, name, when, value, unit string) string {
		return strings.Replace(observation(id, code, name, when, value, unit, ""), "walter-nowak", "kid", 1)
	}
	n.Write("maple", `{"resourceType":"Patient","id":"kid","name":[{"family":"Smalls","given":["Ivy"]}],"gender":"female","birthDate":"2019-03-01"}`,
		of("k1", "29463-7", "Weight", "2024-03-01", "18.4", "kg"), of("k2", "8302-2", "Height", "2024-03-01", "110", "cm"),
		of("k3", "29463-7", "Weight", "2025-03-20", "20.5", "kg"), of("k4", "8302-2", "Height", "2025-03-01", "116", "cm"),
		of("k5", "39156-5", "BMI", "2026-03-01", "15.9", "kg/m2"))
	doc := n.User(okonkwo)
	page := doc.Open("/maple/patients/kid/progress/growth")
	has(t, page, "BMI for age", `class="mark s1 computed"`, "computed from 18.4 kg and 110 cm", "computed from 20.5 kg and 116 cm of 1 Mar 2025", "2 hollow points are computed", "3 measurements, 2 of them computed,", "15.9 kg/m²", "within 30 days", "growth.csv")
	res, body := doc.Get("/maple/patients/kid/progress/growth.csv")
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/csv") || strings.Contains(res.Header.Get("Content-Disposition"), "kid") {
		t.Error(got, res.Header.Get("Content-Disposition"))
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 1+2+2+3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	bmi := rows[5]
	if bmi[0] != "BMI for age" || bmi[1] != "2024-03-01" || bmi[3] != "15.207" || bmi[5] != "" || bmi[6] != "computed from 18.4 kg and 110 cm" || bmi[7] == "" || bmi[9] == "" || bmi[15] != "Observation/k1" {
		t.Errorf("%q", bmi)
	}
	if last := rows[7]; last[5] != "15.9 kg/m²" || last[6] != "" {
		t.Errorf("%q", last)
	}
}

func TestFormulasSayWhatTheyAreMadeOf(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	page := doc.Open(walter + "/whole/progress/formulas")
	has(t, page, "CKD-EPI 2021", "1.98 mg/dL", "At the bedside", "Inker", "CHA₂DS₂-VASc", "do not concern this person", "lacking")
	form := doc.Open(walter + "/progress/formulas/curb-65")
	has(t, form, "Nothing typed here is stored", "Compute", "Record: ")
	res, body := doc.Post(walter+"/progress/formulas/curb-65", url.Values{"confused": {"maybe"}, "urea-nitrogen": {"<b>lots</b>"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Not a number") || !strings.Contains(body, "&lt;b&gt;lots") || !strings.Contains(body, "Choose yes or no") {
		t.Errorf("bad answers: %d", res.StatusCode)
	}
	if res, body := doc.Post(walter+"/progress/formulas/curb-65", url.Values{}); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Needed: the record does not say.") {
		t.Errorf("no answers: %d", res.StatusCode)
	}
	res, body = doc.Post(walter+"/progress/formulas/curb-65", url.Values{"confused": {"yes"}, "urea-nitrogen": {"9 mmol/L"}, "resp": {"32"}, "systolic": {"84"}, "diastolic": {"50"}})
	if res.StatusCode != 200 || !strings.Contains(body, "5 points") || !strings.Contains(body, "not stored") {
		t.Errorf("%d: %s", res.StatusCode, regexp.MustCompile(`(?s)<p class="error.*?</p>`).FindAllString(body, 4))
	}
	if strings.Contains(res.Request.URL.String(), "systolic") {
		t.Error("answers stand in the address")
	}
	if res, _ := doc.Get(walter + "/progress/formulas/nonsense"); res.StatusCode != http.StatusNotFound {
		t.Errorf("%d", res.StatusCode)
	}
	if res, _ := doc.Post(walter+"/progress/formulas/curb-65", url.Values{"confused": {strings.Repeat("x", 10<<20)}}); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("ten megabytes: %d", res.StatusCode)
	}
}

func TestThePagesAreLight(t *testing.T) {
	n := start(t)
	crowd(n, 5000)
	doc := n.User(okonkwo)
	for _, path := range []string{"/maple/patients/crowd/progress", "/maple/patients/crowd/progress/plots?span=all&medicines=all", walter + "/whole/progress", walter + "/whole/progress/plots", amara + "/whole/progress/growth", walter + "/whole/progress/formulas"} {
		page := doc.Open(path)
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		_, _ = io.WriteString(w, page)
		for _, m := range regexp.MustCompile(`(?:href|src)="(/(?:assets|style)/[^"]+)"`).FindAllStringSubmatch(page, -1) {
			_, _ = io.WriteString(w, doc.Open(m[1]))
		}
		_ = w.Close()
		if z.Len() > 150_000 {
			t.Errorf("%s: %d bytes compressed", path, z.Len())
		}
		t.Logf("%s: %d kB compressed, page %d kB", path, z.Len()>>10, len(page)>>10)
	}
}

func FuzzAsk(f *testing.F) {
	for _, s := range []string{"", "focus=diabetes&row=a&row=b&span=1y&order=oldest&page=3&text=%E2%80%AEabc&group=vitals", "row=" + strings.Repeat("x", 500), "page=-1&span=2y&focus=nothing", "text=%00%FF", "medicines=all"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := url.ParseQuery(s)
		if err != nil {
			t.Skip()
		}
		a := parseAsk(q)
		if len(a.Rows) > mostRows || len([]rune(a.Text)) > mostText || a.Page < 0 || a.Page > mostPage {
			t.Fatalf("%+v", a)
		}
		again, err := url.ParseQuery(a.query())
		if err != nil {
			t.Fatal(err)
		}
		if b := parseAsk(again); !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v is read back as %+v", a, b)
		}
	})
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"", "-1.5", "+3", "=1+1", " =1", "@x", "\u202e=x", "0x1p-2", "+", "-", "1e5", "\t=1", "＝1", "-Inf", "NaN"} {
		f.Add(s)
	}
	plain := regexp.MustCompile(`^[+-]?[0-9.]+([eE][+-]?[0-9]+)?$`)
	f.Fuzz(func(t *testing.T, s string) {
		c := cell(s)
		if c != "" && strings.ContainsRune("=+-@", rune(c[0])) && !plain.MatchString(c) {
			t.Fatalf("%q became %q", s, c)
		}
		if strings.ContainsAny(c, "\r\n\t") {
			t.Fatalf("%q ends its cell", c)
		}
	})
}

package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/decision/cdsi"
	"wholechart/fhir"
)

func shot(id, cvx, day string) string {
	more := ""
	if id != "" {
		more = `"id":"` + id + `",`
	}
	return `{"resourceType":"Immunization",` + more + `"status":"completed","patient":{"reference":"Patient/kid"},"occurrenceDateTime":"` + day + `","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"` + cvx + `"}]}}`
}

func parametersOf(on, birth, sex string, more ...string) string {
	list := []string{`{"name":"assessmentDate","valueDate":"` + on + `"}`, `{"name":"patient","resource":{"resourceType":"Patient","id":"kid","gender":"` + sex + `","birthDate":"` + birth + `"}}`}
	for _, m := range more {
		name := "immunization"
		if !strings.Contains(m, `"Immunization"`) {
			name = "condition"
		}
		list = append(list, `{"name":"`+name+`","resource":`+m+`}`)
	}
	return `{"resourceType":"Parameters","parameter":[` + strings.Join(list, ",") + `]}`
}

// forecasts are the recommendations of an answer by group and kind.
func forecasts(t testing.TB, body []byte) (by map[string]fhir.Node, evaluations []fhir.Node, root fhir.Node) {
	t.Helper()
	d, err := fhir.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	by = map[string]fhir.Node{}
	for p := range d.Root().Get("parameter").Items() {
		switch p.Get("name").Str() {
		case "evaluation":
			evaluations = append(evaluations, p.Get("resource"))
		case "recommendation":
			for r := range p.Get("resource").Get("recommendation").Items() {
				name := r.Get("vaccineCode").Index(0).Get("text").Str()
				if strings.Contains(r.Get("series").Str(), "risk") {
					name += " risk"
				}
				by[name] = r
			}
		}
	}
	return by, evaluations, d.Root()
}

func criterion(r fhir.Node, loinc string) string {
	for d := range r.Get("dateCriterion").Items() {
		if d.Get("code").Get("coding").Index(0).Get("code").Str() == loinc {
			return d.Get("value").Str()
		}
	}
	return ""
}

func TestForecastOfWhatIsSent(t *testing.T) {
	n := newNode(t)
	body := parametersOf("2026-11-23", "2025-06-01", "female", shot("first", "03", "2026-11-13"), shot("", "08", "2025-06-02"),
		`{"resourceType":"Condition","id":"hiv","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"D81.2"}],"text":"Severe combined immunodeficiency"}}`)
	r := n.maple("POST", "/$immds-forecast", body)
	r.status(200)
	by, evaluations, root := forecasts(t, r.Body)
	if root.ResourceType() != "Parameters" || len(evaluations) != 4 {
		t.Fatalf("%d evaluations: %s", len(evaluations), r.Body)
	}
	if by["MMR"].Get("forecastStatus").Get("coding").Index(0).Get("code").Str() != "contraindicated" || !strings.Contains(string(by["MMR"].Raw()), "Condition/hiv") {
		t.Errorf("MMR: %s", by["MMR"].Raw())
	}
	if got := criterion(by["HepB"], "30981-5"); got != "2025-06-30" {
		t.Errorf("the second hepatitis B is %s at the earliest", got)
	}
	if !strings.Contains(string(r.Body), `"reference":"Immunization/first"`) {
		t.Error("an evaluation does not name its dose")
	}
	for p := range root.Get("parameter").Items() { // what is answered is FHIR
		res := p.Get("resource")
		if res.ResourceType() == "OperationOutcome" {
			continue
		}
		v := n.maple("POST", "/"+res.ResourceType()+"/$validate", string(res.Raw()))
		if strings.Contains(string(v.Body), `"severity":"error"`) {
			t.Errorf("%s: %s\n%s", res.ResourceType(), v.Body, res.Raw())
		}
	}
	// The same through the other lens, and of an order of its own.
	if again := n.do(n.admin("maple"), "POST", "/maple/ehr/fhir/$immds-forecast", body); again.Status != 200 || string(again.Body) != string(r.Body) {
		t.Errorf("through ehr: %d", again.Status)
	}
}

func TestForecastRefusesWhatItCannotRead(t *testing.T) {
	n := newNode(t)
	good := parametersOf("2026-11-23", "2025-06-01", "female")
	for name, c := range map[string]struct{ body, says string }{
		"nothing":              {"", "no body"},
		"no JSON":              {"{", "JSON"},
		"a patient alone":      {patient("x", "One"), "Parameters"},
		"no assessmentDate":    {strings.Replace(good, `{"name":"assessmentDate","valueDate":"2026-11-23"},`, "", 1), "assessmentDate is missing"},
		"an instant":           {strings.Replace(good, "2026-11-23", "2026-11-23T10:00:00Z", 1), "assessmentDate is a valueDate"},
		"a month":              {strings.Replace(good, `"2026-11-23"`, `"2026-11"`, 1), "assessmentDate is a valueDate"},
		"assessmentDate twice": {strings.Replace(good, `{"name":"patient"`, `{"name":"assessmentDate","valueDate":"2026-01-01"},{"name":"patient"`, 1), "twice"},
		"no patient":           {`{"resourceType":"Parameters","parameter":[{"name":"assessmentDate","valueDate":"2026-11-23"}]}`, "patient is missing"},
		"a year of birth":      {strings.Replace(good, `"2025-06-01"`, `"2025"`, 1), "birthDate"},
		"born in the future":   {strings.Replace(good, `"2025-06-01"`, `"2027-06-01"`, 1), "future"},
		"another resource":     {strings.Replace(good, `{"name":"patient"`, `{"name":"immunization","resource":{"resourceType":"Condition"}},{"name":"patient"`, 1), "holds an Immunization"},
		"a claim":              {strings.Replace(good, `{"name":"patient"`, `{"name":"claim","resource":{"resourceType":"Claim"}},{"name":"patient"`, 1), "says nothing of immunisations"},
		"no vaccine":           {strings.Replace(good, `{"name":"patient"`, `{"name":"immunization","resource":{"resourceType":"Immunization"}},{"name":"patient"`, 1), "without vaccineCode"},
		"an unknown parameter": {strings.Replace(good, `{"name":"patient"`, `{"name":"schedule","valueString":"x"},{"name":"patient"`, 1), "no such parameter"},
	} {
		r := n.maple("POST", "/$immds-forecast", c.body)
		if (r.Status != 400 && r.Status != 422) || !strings.Contains(string(r.Body), c.says) || !strings.Contains(string(r.Body), "OperationOutcome") {
			t.Errorf("%s: %d %s, want %q", name, r.Status, r.Body, c.says)
		}
	}
	n.maple("GET", "/$immds-forecast", "").status(http.StatusMethodNotAllowed)
	if r := n.do("", "POST", "/maple/emr/fhir/$immds-forecast", good); r.Status != 401 {
		t.Errorf("without a token: %d", r.Status)
	}
}

func TestForecastOfAStoredRecord(t *testing.T) {
	n := newNode(t)
	n.maple("PUT", "/Patient/kid", `{"resourceType":"Patient","id":"kid","gender":"female","birthDate":"2020-06-01"}`).status(201)
	n.maple("PUT", "/Immunization/a", shot("a", "03", "2021-06-05")).status(201)
	for _, path := range []string{"/maple/emr/fhir", "/maple/ehr/fhir"} {
		r := n.do(n.admin("maple"), "GET", path+"/Patient/kid/$immds-forecast?assessmentDate=2026-11-23", "")
		if r.Status != 200 {
			t.Fatalf("%s: %d %s", path, r.Status, r.Body)
		}
		by, evaluations, _ := forecasts(t, r.Body)
		if got := by["MMR"].Get("doseNumberPositiveInt").Text(); got != "2" || len(evaluations) != 3 || criterion(by["MMR"], "30980-7") != "2024-06-01" {
			t.Errorf("%s: dose %s, %d evaluations: %s", path, got, len(evaluations), by["MMR"].Raw())
		}
	}
	post := n.maple("POST", "/Patient/kid/$immds-forecast", `{"resourceType":"Parameters","parameter":[{"name":"assessmentDate","valueDate":"2026-11-23"}]}`)
	post.status(200)
	n.maple("GET", "/Patient/kid/$immds-forecast?assessmentDate=soon", "").status(400)
	n.maple("GET", "/Patient/nobody/$immds-forecast", "").status(404)
	other := n.token(access.Actor{Kind: access.Proxy, ID: "prox", Site: "maple", Purpose: access.Request, Patients: []string{"p2"}})
	if r := n.do(other, "GET", "/maple/emr/fhir/Patient/kid/$immds-forecast", ""); r.Status < 400 || strings.Contains(string(r.Body), "2021-06-05") {
		t.Errorf("a proxy of somebody else: %d %s", r.Status, r.Body)
	}
	if meta := n.maple("GET", "/metadata", ""); !strings.Contains(string(meta.Body), "ImmDSForecastOperation") {
		t.Error("the capability statement does not name the operation")
	}
}

// TestForecastSaysWhatTheCoreSays sends a sample of the CDC's cases as FHIR and
// holds the answer's dates, status and evaluations to those of decision/cdsi.
func TestForecastSaysWhatTheCoreSays(t *testing.T) {
	files, _ := filepath.Glob("../../shared/suites/cdsi/cdsi-healthy-childhood-and-adult-test-cases-*FITS_Exported_TestCases.csv")
	if len(files) != 1 {
		t.Skip("SKIPPED: the CDSi suite is not beside the project")
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n := newNode(t)
	asked, compared := 0, 0
	for at := 1; at < len(rows); at += 7 {
		row := map[string]string{}
		for i, h := range rows[0] {
			row[strings.TrimPrefix(h, "\ufeff")] = strings.TrimSpace(rows[at][i])
		}
		day := func(s string) time.Time {
			d, err := time.Parse(time.DateOnly, s)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		sex := map[string]string{"F": "female", "M": "male"}[row["gender"]]
		p := cdsi.Person{Birth: day(row["DOB"]), Sex: row["gender"]}
		var shots []string
		for i := 1; i <= 7; i++ {
			if d := row[fmt.Sprintf("Date_Administered_%d", i)]; d != "" {
				p.Doses = append(p.Doses, cdsi.Dose{Date: day(d), CVX: row[fmt.Sprintf("CVX_%d", i)], MVX: row[fmt.Sprintf("MVX_%d", i)]})
				s := shot(fmt.Sprint("d", i), row[fmt.Sprintf("CVX_%d", i)], d)
				if mvx := row[fmt.Sprintf("MVX_%d", i)]; mvx != "" {
					s = strings.Replace(s, `"status"`, `"manufacturer":{"identifier":{"system":"http://hl7.org/fhir/sid/mvx","value":"`+mvx+`"}},"status"`, 1)
				}
				shots = append(shots, s)
			}
		}
		want := cdsi.Evaluate(p, day(row["Assessment_Date"]))
		r := n.maple("POST", "/$immds-forecast", parametersOf(row["Assessment_Date"], row["DOB"], sex, shots...))
		if r.Status != 200 {
			t.Fatalf("%s: %d %s", row["CDC_Test_ID"], r.Status, r.Body)
		}
		asked++
		by, evaluations, _ := forecasts(t, r.Body)
		total := 0
		for _, s := range want.Series {
			for _, e := range s.Evaluations {
				if e.Status != cdsi.NotEvaluated {
					total++
				}
			}
		}
		if len(evaluations) > total || total > 0 && len(evaluations) == 0 {
			t.Errorf("%s: %d evaluations of %d", row["CDC_Test_ID"], len(evaluations), total)
		}
		for _, g := range want.Groups {
			name := g.Name
			if g.Type == cdsi.Risk {
				name += " risk"
			}
			got, ok := by[name]
			if !ok {
				t.Errorf("%s: no %s", row["CDC_Test_ID"], name)
				continue
			}
			for loinc, at := range map[string]time.Time{"30981-5": g.Earliest, "30980-7": g.Recommended, "59778-1": g.PastDue, "59777-3": g.Latest} {
				text := ""
				if !at.IsZero() {
					text = at.Format(time.DateOnly)
				}
				if criterion(got, loinc) != text {
					t.Errorf("%s %s %s: %s, want %s", row["CDC_Test_ID"], name, loinc, criterion(got, loinc), text)
				}
				compared++
			}
			if got.Get("forecastStatus").Get("text").Str() != string(g.Status) {
				t.Errorf("%s %s: %s, want %s", row["CDC_Test_ID"], name, got.Get("forecastStatus").Raw(), g.Status)
			}
		}
	}
	t.Logf("%d cases, %d dates", asked, compared)
	if asked < 140 || compared < 5000 {
		t.Errorf("only %d cases and %d dates", asked, compared)
	}
}

func FuzzForecast(f *testing.F) {
	f.Add(parametersOf("2026-11-23", "2025-06-01", "female", shot("a", "03", "2026-06-05")))
	f.Add(`{"resourceType":"Parameters","parameter":[{"name":"assessmentDate","valueDate":"0001-01-01"},{"name":"patient","resource":{"resourceType":"Patient","birthDate":"9999-12-31"}}]}`)
	f.Add(`{"resourceType":"Parameters","parameter":[{}]}`)
	n := newNode(f)
	site, err := n.records.Site("maple")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := &call{api: n.api, ctx: context.Background(), method: http.MethodPost, site: site, bytes: func(int64) ([]byte, error) { return []byte(body), nil }}
		if ans, err := c.forecast(); err == nil && !json.Valid(ans.body) {
			t.Errorf("%s", ans.body)
		} else if err != nil {
			if status, _, _ := verdict(err); status >= 500 {
				t.Error(err)
			}
		}
	})
}

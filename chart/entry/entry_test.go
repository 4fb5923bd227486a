package entry

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wholechart/fhir"
	"wholechart/terminology"
	"wholechart/validate"
)

var at = Context{Patient: "rosa-delgado", Birth: "1958-03-14", Encounter: "e1", Who: "Practitioner/okonkwo", Name: "Lena Okonkwo, MD",
	Now: time.Date(2026, 11, 22, 15, 24, 0, 0, time.UTC), Zone: mustZone("America/New_York")}

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// full are forms with every field filled, by kind.
var full = map[string]url.Values{
	"problem": {"what": {"Type 2 diabetes mellitus without complications"}, "what.code": {terminology.ICD10CM + "|E11.9"}, "clinical": {"resolved"}, "verification": {"confirmed"},
		"onset": {"Sep 2016"}, "ended": {"21 Sep 2021"}, "severity": {"6736007"}, "category": {"problem-list-item"}, "where": {"left foot"}, "note": {"Metformin helped.\nDiet too."}},
	"medicine": {"what": {"metformin"}, "what.code": {terminology.RxNorm + "|6809"}, "sig": {"500 mg twice a day"}, "status": {"active"}, "told": {"family"}, "since": {"2019"}, "until": {"2026"},
		"reason": {"diabetes"}, "note": {"half a tablet"}},
	"allergy": {"what": {"Latex"}, "what.code": {terminology.SNOMED + "|111088007"}, "type": {"allergy"}, "criticality": {"high"}, "category": {"food", "environment"}, "clinical": {"active"},
		"verification": {"confirmed"}, "onset": {"age 12"}, "last": {"2009"}, "note": {"gloves"}, "reaction-0-what": {"Urticaria"}, "reaction-0-what.code": {terminology.SNOMED + "|126485001"},
		"reaction-0-severity": {"mild"}, "reaction-0-story": {"within minutes"}, "reaction-1-what": {"swelling of the lips"}, "reaction-1-severity": {"severe"}},
	"immunisation": {"what": {"Tdap"}, "what.code": {terminology.CVX + "|115"}, "how": {"here"}, "when": {"22 Nov 2026"}, "lot": {"A12-3"}, "expires": {"30 Jun 2027"}, "maker": {"Sanofi Pasteur"}, "maker.code": {terminology.MVX + "|PMC"},
		"route": {"IM"}, "site": {"LA"}, "dose": {"0.5"}, "number": {"2"}, "vis": {"yes"}, "note": {"well borne"}},
	"procedure": {"what": {"Colonoscopy"}, "what.code": {terminology.SNOMED + "|73761001"}, "status": {"completed"}, "when": {"2012"}, "by": {"Dr. Abel"}, "place": {"Lakeside"}, "site": {"colon"}, "reason": {"screening"},
		"outcome": {"no polyps"}, "note": {"ten years"}},
	"family": {"relation": {"MTH"}, "name": {"Ana"}, "sex": {"female"}, "age": {"born 1930"}, "dead": {"age 79"}, "note": {"told by Rosa"}, "condition-0-what": {"Breast cancer"}, "condition-0-onset": {"age 55"},
		"condition-0-fatal": {"yes"}, "condition-1-what": {"Essential (primary) hypertension"}, "condition-1-what.code": {terminology.ICD10CM + "|I10"}},
	"smoking":     {"answer": {"8517006"}, "when": {"22 Nov 2026"}, "note": {"stopped 1990"}},
	"pack-years":  {"answer": {"12.5"}, "when": {"22 Nov 2026"}},
	"alcohol":     {"answer": {"a glass of wine at Christmas"}, "when": {"2026"}},
	"drugs":       {"answer": {"none"}, "when": {"2026"}},
	"occupation":  {"answer": {"school bus driver"}, "when": {"2026"}},
	"living":      {"answer": {"with her daughter"}, "when": {"2026"}},
	"orientation": {"answer": {"ASKU"}, "when": {"2026"}},
	"gender":      {"answer": {"446141000124107"}, "when": {"2026"}},
	"device": {"udi": {"(01)00844588003288(17)281130(10)M320(21)77X"}, "what": {"Cardiac pacemaker"}, "what.code": {terminology.SNOMED + "|14106009"}, "maker": {"Acme"}, "model": {"P1"}, "lot": {"M320"}, "serial": {"77X"},
		"made": {"2025"}, "expires": {"30 Nov 2028"}, "status": {"active"}, "note": {"left chest"}},
	"goal":      {"what": {"Walk every day"}, "target": {"30 minutes"}, "status": {"active"}, "achieved": {"improving"}, "start": {"1 Nov 2026"}, "due": {"Jun 2027"}, "note": {"with the dog"}},
	"care-plan": {"what": {"Diabetes plan"}, "text": {"Eat well"}, "status": {"active"}, "start": {"2026"}, "until": {"2027"}, "note": {"ok"}, "step-0-what": {"Foot check"}, "step-0-status": {"scheduled"}, "step-1-what": {"Eye check"}},
}

func valid(t testing.TB, name string, body []byte) fhir.Node {
	t.Helper()
	d, err := fhir.Parse(body)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, body)
	}
	for _, i := range validate.Resource(d.Root(), validate.Options{}) {
		if i.Severity == validate.Error || i.Severity == "fatal" {
			t.Errorf("%s: %+v\n%s", name, i, body)
		}
	}
	return d.Root()
}

// TestBuild: everything that a form can say becomes a valid resource, and the
// form of it is what was typed.
func TestBuild(t *testing.T) {
	for _, k := range Kinds() {
		form, ok := full[k.Slug]
		if !ok {
			t.Errorf("%s has no full form here", k.Slug)
			continue
		}
		for _, name := range k.Names() {
			if !form.Has(name) && !strings.Contains(name, "-") && name != "why" && name != "known" && !(k.code != "" && name == "note") {
				t.Errorf("%s: the full form leaves %s out", k.Slug, name)
			}
		}
		body, errs := k.Build(at, form)
		if len(errs) > 0 {
			t.Errorf("%s: %v", k.Slug, errs)
			continue
		}
		n := valid(t, k.Slug, body)
		if got := k.Form(n); !maps.EqualFunc(got, form, slices.Equal) {
			t.Errorf("%s comes back as\n%v, was\n%v\n%s", k.Slug, got, form, body)
		}
		if f, ok := KindFor(n); !ok || f != k {
			t.Errorf("%s is not edited by its own kind", k.Slug)
		}
		again, errs := k.Edit(at, n, k.Form(n))
		if len(errs) > 0 || string(again) != string(body) {
			t.Errorf("%s: an edit that changes nothing changed\n%s\nto\n%s %v", k.Slug, body, again, errs)
		}
		if c := k.Short(n); c == "" {
			t.Errorf("%s says nothing in short", k.Slug)
		}
	}
}

// TestBlank: the form that a page opens, with the required fields filled.
func TestBlank(t *testing.T) {
	for _, k := range Kinds() {
		form := k.Blank(at)
		body, errs := k.Build(at, form)
		if len(errs) == 0 {
			t.Errorf("%s: an empty form was taken: %s", k.Slug, body)
		}
		for i := range k.Fields {
			f := &k.Fields[i]
			if f.Required && form.Get(f.Name) == "" {
				switch {
				case f.Input == Choice:
					form.Set(f.Name, f.Options[0].Value)
				case f.Input == Number:
					form.Set(f.Name, "1")
				case f.Input == Day:
					form.Set(f.Name, "today")
				default:
					form.Set(f.Name, "in own words, ערבית, 😀 <b>&")
				}
			}
		}
		if body, errs = k.Build(at, form); len(errs) > 0 {
			t.Errorf("%s: %v", k.Slug, errs)
			continue
		}
		valid(t, k.Slug, body)
		if strings.Contains(string(body), `"coding":[{"system":"`+terminology.ICD10CM) {
			t.Errorf("%s: own words were coded: %s", k.Slug, body)
		}
	}
}

func TestBadInput(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	for _, c := range []struct {
		kind, field, value, says string
	}{
		{"problem", "what", "", "Write what it is"},
		{"problem", "what", "   ", "Write what it is"},
		{"problem", "what", strings.Repeat("é", 201), "At most 200 characters; this has 201"},
		{"problem", "what", long, "At most 200"},
		{"problem", "what", "a\x00b", "no text may have"},
		{"problem", "what", "a\xffb", "UTF-8"},
		{"problem", "clinical", "", "Choose one"},
		{"problem", "clinical", "dead", "Choose one of the list"},
		{"problem", "onset", "31 Feb 2020", "no such day"},
		{"problem", "onset", "2020-02-30", "no such day"},
		{"problem", "onset", "2031", "future"},
		{"problem", "onset", "1957", "before the patient was born"},
		{"problem", "onset", "0001", "Write a date"},
		{"problem", "onset", "1203", "more than 150 years"},
		{"problem", "onset", "when I was small", "an age such as"},
		{"problem", "onset", "age 300", "an age such as"},
		{"problem", "onset", "13/13/2020", "Write a date"},
		{"problem", "ended", "2020", "cannot have ended and be active"},
		{"problem", "note", strings.Repeat("n", 4001), "At most 4000"},
		{"problem", "note", "bell\x07", "no text may have"},
		{"medicine", "until", "2018", "ended before it began"},
		{"medicine", "status", "taken", "Choose one of the list"},
		{"allergy", "category", "sound", "Choose of the list"},
		{"allergy", "reaction-2-severity", "mild", ""},
		{"immunisation", "when", "tomorrow", "Write a date"},
		{"immunisation", "when", "1 Jan 2030", "future"},
		{"immunisation", "why", "PATOBJ", "for what was not given"},
		{"immunisation", "how", "not-done", ""},
		{"immunisation", "expires", "2025", "had expired"},
		{"immunisation", "dose", "8000", "from 0.01 to 20"},
		{"immunisation", "dose", "half", "Write a number"},
		{"immunisation", "dose", "-1", "from 0.01"},
		{"immunisation", "dose", "1e1", "Write a number"},
		{"immunisation", "number", "1.5.2", "Write a number"},
		{"immunisation", "lot", strings.Repeat("L", 21), "At most 20"},
		{"family", "age", "old", "such as 62"},
		{"family", "age", "born 2031", "future"},
		{"family", "dead", "long ago", "Write yes"},
		{"family", "dead", "2031", "future"},
		{"family", "condition-2-onset", "age 5", ""},
		{"pack-years", "answer", "8000", "from 0 to 300"},
		{"smoking", "answer", "yes", "Choose one of the list"},
		{"device", "udi", "hello", "no carrier"},
		{"device", "udi", "(01)00844588003289", "check digit"},
		{"device", "expires", "2001", "before it was made"},
		{"goal", "due", "2020", "due before it begins"},
		{"goal", "due", "2999", "100 years ahead"},
		{"care-plan", "until", "2020", "ends before it begins"},
	} {
		k, _ := KindOf(c.kind)
		form := url.Values{}
		for name, v := range full[c.kind] {
			form[name] = v
		}
		if c.kind == "problem" && c.field == "ended" {
			form.Set("clinical", "active")
		}
		form.Set(c.field, c.value)
		_, errs := k.Build(at, form)
		said := errs[c.field]
		if c.says == "" { // another field says what is missing
			if len(errs) == 0 {
				t.Errorf("%s %s=%.30q was taken", c.kind, c.field, c.value)
			}
			continue
		}
		if !strings.Contains(said, c.says) {
			t.Errorf("%s %s=%.30q: %q, want %q (%v)", c.kind, c.field, c.value, said, c.says, errs)
		}
	}
}

// TestScripts: what would be markup or JSON elsewhere is text here.
func TestScripts(t *testing.T) {
	for _, s := range []string{`<script>alert(1)</script>`, `"},"x":{"`, `\u0000`, "مريم الزهراء", "שלום", "👩‍👩‍👧‍👦", "\u202eevil", "a\tb"} {
		for _, k := range Kinds() {
			form := url.Values{}
			for name, v := range full[k.Slug] {
				form[name] = v
			}
			field := k.Fields[0].Name
			if k.Fields[0].Input != Code && k.Fields[0].Input != Text || field == "udi" {
				field = "note"
			}
			form.Set(field, s)
			body, errs := k.Build(at, form)
			if len(errs) > 0 {
				t.Errorf("%s %q: %v", k.Slug, s, errs)
				continue
			}
			if got := k.Form(valid(t, k.Slug, body)).Get(field); got != s {
				t.Errorf("%s %q comes back as %q", k.Slug, s, got)
			}
		}
	}
}

// TestCode: a code goes with its own words alone.
func TestCode(t *testing.T) {
	k, _ := KindOf("problem")
	for _, c := range []struct {
		text, code string
		coded      bool
	}{
		{"Essential (primary) hypertension", terminology.ICD10CM + "|I10", true},
		{"essential (primary) HYPERTENSION", terminology.ICD10CM + "|I10", true},
		{"White coat hypertension", terminology.ICD10CM + "|I10", false},
		{"Essential (primary) hypertension", "http://evil.example|I10", false},
		{"Essential (primary) hypertension", terminology.ICD10CM + "|I10\"", false},
		{"Essential (primary) hypertension", "", false},
	} {
		body, errs := k.Build(at, url.Values{"what": {c.text}, "what.code": {c.code}, "clinical": {"active"}})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		n := valid(t, c.text, body)
		if got := n.Get("code").Get("coding").Exists(); got != c.coded || n.Get("code").Get("text").Str() != c.text {
			t.Errorf("%q with %q: %s", c.text, c.code, n.Get("code").Raw())
		}
	}
}

const elsewhere = `{"resourceType":"Condition","id":"c1","meta":{"versionId":"3","security":[{"system":"x","code":"R"}]},"extension":[{"url":"http://x/e","valueDecimal":1.50}],
 "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
 "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"E11.9"},{"system":"http://snomed.info/sct","code":"44054006","userSelected":true}],"text":"Diabetes"},
 "onsetRange":{"low":{"value":40},"high":{"value":50}}, "_recordedDate":{"extension":[{"url":"http://x/f","valueCode":"y"}]},
 "evidence":[{"detail":[{"reference":"Observation/o"}]}],"subject":{"reference":"Patient/rosa-delgado"},"note":[{"text":"one","authorString":"A"},{"text":"two"}]}`

// TestEditKeeps: an edit changes the field that was changed and not a byte more.
func TestEditKeeps(t *testing.T) {
	old := doc(t, elsewhere)
	k, _ := KindOf("problem")
	form := k.Form(old)
	if form.Get("onset") != "age 40–50" || form.Get("what") != "Diabetes" {
		t.Errorf("%v", form)
	}
	form.Set("severity", "24484000")
	body, errs := k.Edit(at, old, form)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := strings.TrimSuffix(elsewhere, "}") + `,"severity":{"coding":[{"system":"http://snomed.info/sct","code":"24484000","display":"Severe"}]}}`
	if string(body) != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
	form.Set("onset", "2001")
	form.Set("note", "changed")
	form.Set("what", "Diabetes, type 2")
	body, errs = k.Edit(at, old, form)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	n := doc(t, string(body))
	for _, c := range []struct{ path, want string }{
		{string(n.Get("onsetDateTime").Raw()), `"2001"`}, {string(n.Get("onsetRange").Raw()), ""}, {string(n.Get("code").Raw()), `{"text":"Diabetes, type 2"}`},
		{string(n.Get("note").Index(1).Raw()), `{"text":"two"}`}, {n.Get("note").Index(0).Get("text").Str(), "changed"},
		{string(n.Get("extension").Raw()), `[{"url":"http://x/e","valueDecimal":1.50}]`}, {string(n.Get("_recordedDate").Raw()), `{"extension":[{"url":"http://x/f","valueCode":"y"}]}`},
	} {
		if c.path != c.want {
			t.Errorf("got %s, want %s", c.path, c.want)
		}
	}
}

func doc(t testing.TB, text string) fhir.Node {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d.Root()
}

// TestGroups: parts beyond those that a form shows stay, an emptied one goes.
func TestGroups(t *testing.T) {
	k, _ := KindOf("allergy")
	var parts []string
	for i := range 6 {
		parts = append(parts, fmt.Sprintf(`{"id":"r%d","manifestation":[{"text":"m%d"}],"exposureRoute":{"text":"skin"}}`, i, i))
	}
	old := doc(t, `{"resourceType":"AllergyIntolerance","code":{"text":"x"},"clinicalStatus":{"coding":[{"system":"`+allergyClinical+`","code":"active"}]},"patient":{"reference":"Patient/p"},"reaction":[`+strings.Join(parts, ",")+`]}`)
	form := k.Form(old)
	form.Del("reaction-1-what")
	form.Set("reaction-2-severity", "mild")
	body, errs := k.Edit(at, old, form)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	n := valid(t, "allergy", body)
	var ids []string
	for r := range n.Get("reaction").Items() {
		ids = append(ids, r.Get("id").Str())
	}
	if want := []string{"r0", "r2", "r3", "r4", "r5"}; !slices.Equal(ids, want) {
		t.Errorf("%v, want %v", ids, want)
	}
	if r := n.Get("reaction").Index(1); r.Get("severity").Str() != "mild" || !r.Get("exposureRoute").Exists() {
		t.Errorf("%s", r.Raw())
	}
}

// TestRoundTrip: whatever forms say, editing what they made loses nothing.
func TestRoundTrip(t *testing.T) {
	text := rapid.StringMatching(`[A-Za-zé<>&"\\ 😀]{1,40}`)
	day := rapid.SampledFrom([]string{"", "2019", "Sep 2019", "21 Sep 2019", "2020-02-29"})
	rapid.Check(t, func(r *rapid.T) {
		k := rapid.SampledFrom(Kinds()).Draw(r, "kind")
		form := url.Values{}
		fill := func(f *Field, name string) {
			var v string
			switch f.Input {
			case Choice:
				v = rapid.SampledFrom(f.Options).Draw(r, name).Value
			case Many:
				for _, o := range f.Options {
					if rapid.Bool().Draw(r, name+o.Value) {
						form.Add(name, o.Value)
					}
				}
				return
			case Check:
				v = rapid.SampledFrom([]string{"", "yes"}).Draw(r, name)
			case Day:
				v = day.Draw(r, name)
			case Number:
				v = rapid.SampledFrom([]string{"", "1", "2"}).Draw(r, name)
			default:
				if rapid.Bool().Draw(r, name+"?") {
					v = text.Draw(r, name)
				}
			}
			if v != "" {
				form.Set(name, v)
			}
		}
		for i := range k.Fields {
			if n := k.Fields[i].Name; n != "udi" && n != "age" && n != "dead" && n != "known" {
				fill(&k.Fields[i], n)
			}
		}
		for gi := range k.Groups {
			g := &k.Groups[gi]
			for i := range g.Most {
				for j := range g.Fields {
					fill(&g.Fields[j], g.FieldName(i, g.Fields[j].Name))
				}
			}
		}
		body, errs := k.Build(at, form)
		if len(errs) > 0 {
			return // what it lacks is said; other tests say what
		}
		d, err := fhir.Parse(body)
		if err != nil {
			r.Fatal(err)
		}
		if is := validate.Resource(d.Root(), validate.Options{}); validate.HasErrors(is) {
			r.Fatalf("%v\n%s", is, body)
		}
		shown := k.Form(d.Root())
		again, errs := k.Edit(at, d.Root(), shown)
		if len(errs) > 0 || string(again) != string(body) {
			r.Fatalf("edited without a change:\n%s\nwas\n%s\n%v", again, body, errs)
		}
		rebuilt, errs := k.Build(at, shown)
		if len(errs) > 0 || string(rebuilt) != string(body) {
			r.Fatalf("built of its own form:\n%s\nwas\n%s\n%v", rebuilt, body, errs)
		}
	})
}

// When a relative's illness began: an age, a span of ages, or a date, and what is
// written is read back into the form.
func TestAgeAtOnset(t *testing.T) {
	for _, x := range []struct{ typed, member, back string }{
		{"55", `"onsetAge":{"value":55`, "age 55"}, {"age 55", `"onsetAge":{"value":55`, "age 55"}, {"18 mo", `"onsetAge":{"value":18,"unit":"mo"`, "age 18 mo"},
		{"50s", `"onsetRange":{"low":{"value":50`, "age 50–59"}, {"in her 40s", `"high":{"value":49`, "age 40–49"}, {"45-50", `"onsetRange":{"low":{"value":45`, "age 45–50"},
		{"before 50", `"onsetRange":{"high":{"value":50`, "before age 50"}, {"before age 50", `"onsetRange":{"high":{"value":50`, "before age 50"}, {"after 60", `"onsetRange":{"low":{"value":60`, "after age 60"},
		{"age 50–59", `"high":{"value":59`, "age 50–59"}, {"1998", `"onsetString":"1998"`, "1998"},
	} {
		text, errs := family.Build(at, url.Values{"relation": {"MTH"}, "condition-0-what": {"Breast cancer"}, "condition-0-onset": {x.typed}})
		body := string(text)
		if len(errs) > 0 || !strings.Contains(body, x.member) {
			t.Errorf("%q: %v %s", x.typed, errs, body)
			continue
		}
		if got := family.Form(valid(t, x.typed, text)).Get("condition-0-onset"); got != x.back {
			t.Errorf("%q comes back as %q, want %q", x.typed, got, x.back)
		}
	}
	for _, typed := range []string{"x", "200", "50-40", "before", "-5"} {
		if _, errs := family.Build(at, url.Values{"relation": {"MTH"}, "condition-0-what": {"Breast cancer"}, "condition-0-onset": {typed}}); len(errs) == 0 {
			t.Errorf("%q was taken", typed)
		}
	}
	if _, errs := family.Build(at, url.Values{"relation": {"MTH"}, "dead": {"age 50"}, "condition-0-what": {"Breast cancer"}, "condition-0-onset": {"55"}}); errs["condition-0-onset"] == "" {
		t.Error("it began after her death")
	}
}

// Of a medicine with several dosages the form shows all, a change of something else
// keeps them as they are, and directions that are written anew are all there is.
func TestSeveralDosages(t *testing.T) {
	d, err := fhir.Parse([]byte(`{"resourceType":"MedicationStatement","id":"m","status":"active","subject":{"reference":"Patient/rosa-delgado"},"medicationCodeableConcept":{"text":"Prednisone"},"dosage":[
		{"sequence":2,"text":"1 tablet daily for 5 days"},{"sequence":1,"text":"2 tablets daily for 5 days.","doseAndRate":[{"doseQuantity":{"value":2}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	form := medicine.Form(d.Root())
	if got := form.Get("sig"); got != "2 tablets daily for 5 days; then 1 tablet daily for 5 days" {
		t.Errorf("the form says %q", got)
	}
	form.Set("note", "from the package")
	kept, errs := medicine.Edit(at, d.Root(), form)
	if n := valid(t, "kept", kept); len(errs) > 0 || n.Get("dosage").Len() != 2 || string(n.Get("dosage").Raw()) != string(d.Root().Get("dosage").Raw()) {
		t.Errorf("%v %s", errs, kept)
	}
	form.Set("sig", "1 tablet every morning")
	anew, errs := medicine.Edit(at, d.Root(), form)
	if n := valid(t, "anew", anew); len(errs) > 0 || n.Get("dosage").Len() != 1 || !n.Get("dosage").Index(0).Get("text").Is("1 tablet every morning") || n.Get("dosage").Index(0).Get("doseAndRate").Exists() {
		t.Errorf("%v %s", errs, anew)
	}
}

package visit

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/chart/note"
	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/record"
)

// The whole of a simple visit, by forms alone.
func TestAVisitWithoutAScript(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	at := started(t, b, harold, "Burning since Thursday")
	if again := started2(t, b, at); again != at {
		t.Errorf("a second start leads to %s, not to the visit that goes on", again)
	}
	body := b.Open(at)
	has(t, body, "Burning since Thursday", "Not saved yet", "Assessment and plan", "not recorded at this visit")

	res, body := b.Post(at+"/vitals", url.Values{"day": {"2026-11-22"}, "time": {"10:20"}, "bp": {"136/84"}, "bp.side": {"left arm"}, "weight": {"172 lb"}, "temp": {"98.6"}, "temp.unit": {"[degF]"}, "height.absent": {"declined"}})
	if res.StatusCode != 200 {
		t.Fatalf("vitals: %d %.300s", res.StatusCode, body)
	}
	has(t, body, "136/84", "typed 172 lb", "78.02", "typed 98.6 °F", "37.0", "Height: the patient declined", "left arm")

	form := url.Values{"key": {""}, "text.10154-3": {"Burning since Thursday"}, "base.10154-3": {"Burning since Thursday"}, "text.51847-2": {"1. UTI\r\n.fu"}, "do": {"save"}}
	res, body = b.Post(at, form)
	has(t, body, "Draft saved", "Follow-up in *** weeks")
	if res.StatusCode != 200 {
		t.Fatal(res.StatusCode)
	}
	key := field(body, "key")
	_, body = b.Post(at, url.Values{"key": {key}, "do": {"sign"}})
	has(t, body, "Still to fill in", "Subjective</b> stays empty")
	hasNot(t, body, `id="sign-now"`)
	_, body = b.Post(at+"/sign", url.Values{"rev": {field(body, "rev")}, "key": {key}})
	has(t, body, "cannot be signed yet")
	_, _ = b.Post(at, url.Values{"key": {key}, "do": {"drop:51847-2"}})
	body = b.Open(at + "/sign")
	has(t, body, `id="sign-now"`)
	rev := field(body, "rev")
	// Somebody writes after it was looked at.
	_, _ = n.User(tomas).Post(at, url.Values{"key": {key}, "text.61149-1": {"Abdomen soft"}, "do": {"save"}})
	res, body = b.Post(at+"/sign", url.Values{"rev": {rev}, "key": {key}})
	if res.StatusCode != http.StatusConflict {
		t.Errorf("signing what was not seen: %d", res.StatusCode)
	}
	has(t, body, "after you looked at it", "Abdomen soft")
	res, body = b.Post(at+"/sign", url.Values{"rev": {field(body, "rev")}, "key": {key}, "finish": {"1"}})
	if res.StatusCode != 200 || !strings.Contains(res.Request.URL.Path, "/notes/") {
		t.Fatalf("%d %s %.300s", res.StatusCode, res.Request.URL, body)
	}
	has(t, body, "Signed at 10:24:00", "Unchanged since it was signed", "Lena Okonkwo, MD", "Nothing was written here.", "1. UTI")
	signed := res.Request.URL.Path
	s := n.System("maple")
	nid := signed[strings.LastIndex(signed, "/")+1:]
	r, err := s.Read(t.Context(), "Composition", nid)
	if err != nil || r.Node().Get("status").Str() != "final" || note.VerifyDigest(r.Node()) != note.Matches {
		t.Fatal(err)
	}
	e, _ := s.Read(t.Context(), "Encounter", at[strings.LastIndex(at, "/")+1:])
	if e.Node().Get("status").Str() != "finished" || !e.Node().Path("period", "end").Exists() {
		t.Error("the visit is not finished")
	}

	// What is signed does not change, whoever asks.
	changed, _ := fhir.Parse(fhir.SetMember(r.Node(), "title", []byte(`"Other"`)))
	doctor := n.Records.As(access.Actor{Kind: access.User, ID: "okonkwo", Name: "Lena", Site: "maple", Role: access.Physician, Purpose: access.Treatment}, access.EMR)
	if _, err := doctor.Transact(t.Context(), []record.Act{{Op: record.Update, Type: "Composition", ID: nid, Resource: changed.Root()}}); err == nil {
		t.Error("a signed note was changed")
	}
	// A late save of the draft makes no second one.
	res, _ = b.Post(at+"/draft", nil)
	if res.StatusCode != http.StatusBadRequest {
		t.Error(res.StatusCode)
	}
	res, body = b.Post(at, url.Values{"key": {key}, "text.51847-2": {"typed too late"}, "do": {"save"}})
	if res.StatusCode != http.StatusConflict {
		t.Errorf("late: %d", res.StatusCode)
	}
	has(t, body, "typed too late", "signed meanwhile")

	// Addendum, with a correction; entered in error.
	res, body = b.Post(signed+"/addendum", url.Values{"text": {"E. coli"}})
	if res.StatusCode != 422 {
		t.Error("without a reason:", res.StatusCode)
	}
	has(t, body, "Say why", "E. coli")
	_, body = b.Post(signed+"/addendum", url.Values{"reason": {"Culture came back"}, "text": {"E. coli, sensitive."}, "amend": {"51847-2"}, "amended": {"1. UTI, E. coli"}})
	has(t, body, "The addendum is signed", "Culture came back", "<ins>, E. coli</ins>", "E. coli, sensitive.", "1. UTI")
	res, _ = n.User(desk).Get(signed)
	if res.StatusCode == 200 {
		t.Error("the front desk reads notes")
	}
	_, body = b.Post(signed+"/error", url.Values{"reason": {""}})
	has(t, body, "Say why")
	_, body = b.Post(signed+"/error", url.Values{"reason": {"wrong patient"}})
	has(t, body, "Entered in error.", "wrong patient", "struck", "1. UTI", "Unchanged since it was signed")
	hasNot(t, body, `id="addendum"`)
}

func started2(t *testing.T, b interface {
	Get(string) (*http.Response, string)
}, at string) string {
	t.Helper()
	res, _ := b.Get(harold + "/visit")
	return res.Request.URL.Path
}

func TestAnotherPatientsVisitIsNotThere(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	at := started(t, b, harold, "Knee")
	eid := at[strings.LastIndex(at, "/")+1:]
	_, _ = b.Post(at, url.Values{"text.51847-2": {"secret words"}, "do": {"save"}})
	for _, path := range []string{"/maple/patients/rosa-delgado/visits/" + eid, "/maple/patients/rosa-delgado/visits/" + eid + "/sign", "/maple/patients/rosa-delgado/visits/" + eid + "/draft?key=x"} {
		res, body := b.Get(path)
		if res.StatusCode == 200 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		hasNot(t, body, "secret words")
	}
	d := n.User(desk)
	for _, path := range []string{at, at + "/draft"} {
		if res, body := d.Get(path); strings.Contains(body, "secret") || res.StatusCode == 200 && strings.HasSuffix(path, "/draft") && strings.Contains(body, "51847") {
			t.Errorf("the front desk: %s %d", path, res.StatusCode)
		}
	}
	if res, _ := d.Post(at, url.Values{"text.51847-2": {"x"}, "do": {"save"}}); res.StatusCode == 200 {
		t.Error("the front desk writes notes")
	}
}

func TestBadInput(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	at := started(t, b, harold, "<script>alert(1)</script> 🙂 مريم")
	has(t, b.Open(at), "&lt;script&gt;", "🙂 مريم")
	vital := func(values ...string) url.Values {
		v := url.Values{"day": {"2026-11-22"}, "time": {"10:20"}}
		for i := 0; i < len(values); i += 2 {
			v.Set(values[i], values[i+1])
		}
		return v
	}
	for _, c := range []struct {
		form url.Values
		want string
	}{
		{vital("weight", "8000"), "is not possible"},
		{vital("weight", "8,000"), "decimal point"},
		{vital("weight", "heavy"), "is a number"},
		{vital("weight", "<script>alert(1)</script>"), "is a number"},
		{vital("weight", strings.Repeat("9", 5000)), "Weight"},
		{vital("height", "5'13\""), "is no height"},
		{vital("bp", "84/136"), "is the higher one"},
		{vital("bp", "136"), "two numbers"},
		{vital("bp", "136/84", "bp.2", "x/y"), "is a number"},
		{vital("temp", "98.6"), "is not possible"},
		{vital("spo2", "140"), "is not possible"},
		{vital("pain", "🙂"), "is a number"},
		{vital("pulse", "70", "pulse.absent", "declined"), "Either a value"},
		{vital("pulse.absent", "because"), "choose why"},
		{vital("pulse", "70", "day", "2026-02-30"), "Write the day"},
		{vital("pulse", "70", "day", "2027-01-01"), "in the future"},
		{vital("pulse", "70", "day", "1950-01-01"), "before the patient was born"},
		{vital("pulse", "70", "day", "2019-01-01"), "more than a year ago"},
		{vital(), "Nothing was entered"},
	} {
		res, body := b.Post(at+"/vitals", c.form)
		if res.StatusCode != 422 || !strings.Contains(body, c.want) {
			t.Errorf("%v: %d, no %q", short(c.form.Encode()), res.StatusCode, c.want)
		}
		hasNot(t, body, "<script>alert")
	}
	if res, body := b.Post(at+"/vitals", vital("weight", "heavy", "pulse", "74")); !strings.Contains(body, `value="heavy"`) || !strings.Contains(body, `value="74"`) {
		t.Errorf("what was typed is kept: %d", res.StatusCode)
	}
	if _, body := b.Post(at+"/vitals", vital("weight", "heavy", "pulse", "74")); !regexp.MustCompile(`name="weight"[^>]* autofocus`).MatchString(body) || strings.Count(body, " autofocus") != 1 {
		t.Error("the focus is not in the field that is wrong")
	}
	res, body := b.Post(at+"/vitals", vital("weight", "33 lb"))
	if res.StatusCode != 422 {
		t.Errorf("a fifth of the last weight: %d", res.StatusCode)
	}
	has(t, body, "less than the last one", "Is the unit right")
	if v := field(body, "weight.sure"); v != "33 lb" {
		t.Errorf("asked about %q", v)
	}
	list, err := n.System("maple").Everything(t.Context(), record.Everything{Patient: "harold-whitman", Types: []string{"Observation"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list.Matches {
		if strings.Contains(string(r.Body), at[strings.LastIndex(at, "/")+1:]) {
			t.Error("a form that was refused left something in the chart")
		}
	}

	if res, _ := b.Post(at+"/vitals", vital("weight", "33 lb", "weight.sure", "33 lb")); res.StatusCode != 200 {
		t.Errorf("meant: %d", res.StatusCode)
	}
	res, body = b.Post(at, url.Values{"text.51847-2": {strings.Repeat("x", note.MaxText+1)}, "do": {"save"}})
	if res.StatusCode != 422 || !strings.Contains(body, "60,000") || !strings.Contains(body, "xxxxxxxx") {
		t.Errorf("a section that is too long: %d", res.StatusCode)
	}
	if res, _ := b.Post(at, url.Values{"text.51847-2": {strings.Repeat("x", 10<<20)}, "do": {"save"}}); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("10 MB: %d", res.StatusCode)
	}
	if res, _ := b.Post(harold+"/visit", url.Values{"reason": {strings.Repeat("x", 5000)}}); res.StatusCode != 200 {
		t.Errorf("a visit goes on: it is shown, %d", res.StatusCode)
	}
	if res, body := b.Post("/maple/patients/amara-okafor/visit", url.Values{"reason": {strings.Repeat("x", 5000)}, "kind": {"office"}}); res.StatusCode != 422 || !strings.Contains(body, "one line of at most") {
		t.Errorf("a reason of 5,000: %d", res.StatusCode)
	}
	if res, _ := b.Post("/maple/patients/amara-okafor/visit", url.Values{"kind": {"nonsense"}}); res.StatusCode != 422 {
		t.Error("a kind of visit that is none:", res.StatusCode)
	}
	for _, v := range []url.Values{{"name": {""}, "text": {"x"}}, {"name": {"a b"}, "text": {"x"}}, {"name": {"ok"}, "text": {" "}}, {"name": {"<b>"}, "text": {"x"}}} {
		v.Set("rev", "0")
		if res, _ := b.Post("/maple/snippets", v); res.StatusCode != 422 {
			t.Errorf("snippet %v: %d", v, res.StatusCode)
		}
	}
	if res, body := b.Post("/maple/snippets", url.Values{"rev": {"0"}, "name": {".mine"}, "text": {"My words ***"}}); res.StatusCode != 200 || !strings.Contains(body, ".mine") {
		t.Error("a snippet of my own", res.StatusCode)
	}
	has(t, b.Open(at), "My words ***")
	for _, bad := range []string{"yesterday", "2026-13-01", "2099-01-01", strings.Repeat("9", 100)} {
		if res, _ := b.Get(rosa + "/as-of?at=" + url.QueryEscape(bad)); bad != strings.Repeat("9", 100) && res.StatusCode != 422 {
			t.Errorf("as of %s: %d", short(bad), res.StatusCode)
		}
	}
}

func short(s string) string { return s[:min(len(s), 80)] }

func TestWhatIsCopiedForwardReadsAsCorrected(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	pages := story(t, n, b)
	body := b.Open(pages["visit"])
	has(t, body, "nodule 8 mm", "Copied: Lena Okonkwo, 22 Nov 2026", "Partly copied")
	hasNot(t, body, "nodule 6 mm")
	has(t, b.Open(pages["child"]), `value="child-early" selected`, "Development", "Nutrition")
	has(t, b.Open(pages["error"]), "struck", "Written into the wrong chart")
	has(t, b.Open(pages["note"]), "nodule 6 mm", "<del>6</del><ins>8</ins>")
}

func TestAsItWas(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	_ = story(t, n, b)
	body := b.Open(harold + "/as-of?at=2026-11-22T10:24")
	has(t, body, "As it was on 22 Nov 2026, 10:24 EST", "This is not the chart as it is now", "146/90")
	res, body := b.Get(harold + "/as-of?at=2026-11-22T10:00")
	if res.StatusCode != 422 {
		t.Error(res.StatusCode)
	}
	has(t, body, "Nothing was recorded here about this patient at that moment")
	has(t, b.Open(harold+"/as-of"), "Every version is kept")
	has(t, b.Open(harold+"/as-of?at=2026-11-22"), "As it was on 22 Nov 2026")
	if res, _ := b.Get("/maple/patients/ghost/as-of?at=2026-11-22T10:24"); res.StatusCode != 404 {
		t.Error("nobody:", res.StatusCode)
	}
}

func TestCosign(t *testing.T) {
	n := house(t)
	nurse, doctor := n.User(tomas), n.User(lena)
	n.User(auth.User{Site: "maple", Name: "berger", FullName: "Anna Berger, MD", Role: access.Physician, Who: "Practitioner/berger"})
	n.Write("maple", `{"resourceType":"Practitioner","id":"berger","name":[{"text":"Anna Berger, MD"}]}`)
	at := started(t, nurse, harold, "Blood pressure check")
	_, _ = nurse.Post(at, url.Values{"do": {"save"}, "text.51847-2": {"146/90, medicine taken."}})
	body := nurse.Open(at + "/sign")
	has(t, body, "Cosigner", "Practitioner/okonkwo")
	form := url.Values{"rev": {field(body, "rev")}, "key": {field(body, "key")}, "cosigner": {"Practitioner/nobody"}}
	if res, _ := nurse.Post(at+"/sign", form); res.StatusCode != 422 {
		t.Error("a cosigner who is none:", res.StatusCode)
	}
	form.Set("cosigner", "Practitioner/okonkwo")
	res, body := nurse.Post(at+"/sign", form)
	signed := res.Request.URL.Path
	has(t, body, "the cosigner was asked", "Cosignature asked of", "(personal)")
	if res, _ := nurse.Post(signed+"/cosign", url.Values{"statement": {"me too"}}); res.StatusCode != 403 {
		t.Error("a nurse cosigns:", res.StatusCode)
	}
	has(t, doctor.Open(signed), "Attestation")
	if res, _ := doctor.Post(signed+"/error", url.Values{"reason": {"x"}}); res.StatusCode != 403 {
		t.Error("another marks it as an error:", res.StatusCode)
	}
	if res, body := doctor.Post(signed+"/cosign", url.Values{"statement": {" "}}); res.StatusCode != 422 {
		t.Error("an empty attestation:", res.StatusCode, short(body))
	}
	_, body = doctor.Post(signed+"/cosign", url.Values{"statement": {"Discussed with the nurse; I agree with the plan."}})
	has(t, body, "Cosigned", "Discussed with the nurse", "Attestation")
	hasNot(t, body, "Cosignature asked of", `action="`+signed+`/cosign"`)

	// A resident asks too; nobody asks herself or somebody who could not.
	at = started(t, doctor, "/maple/patients/amara-okafor", "Cough")
	_, _ = doctor.Post(at, url.Values{"do": {"save"}, "text.51847-2": {"Bronchitis."}})
	body = doctor.Open(at + "/sign")
	has(t, body, "Ask for a cosignature", "Anna Berger, MD")
	hasNot(t, body, `value="Practitioner/okonkwo"`, `value="Practitioner/reyes"`)
	_, body = doctor.Post(at+"/sign", url.Values{"rev": {field(body, "rev")}, "key": {field(body, "key")}, "cosigner": {"Practitioner/berger"}})
	has(t, body, "Cosignature asked of Anna Berger, MD")
}

// TestNothingIsWrittenAtAVisitThatWasNone: a visit that was cancelled or entered in
// error takes no vital signs, no new note and no signature; what was typed stays.
func TestNothingIsWrittenAtAVisitThatWasNone(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	for i, status := range []string{"cancelled", "entered-in-error"} {
		at := started(t, b, []string{harold, "/maple/patients/amara-okafor"}[i], "Cough")
		id := at[strings.LastIndex(at, "/")+1:]
		if i == 1 {
			_, _ = b.Post(at, url.Values{"do": {"save"}, "text.51847-2": {"Of another patient."}})
		}
		e, err := n.System("maple").Read(t.Context(), "Encounter", id)
		if err != nil {
			t.Fatal(err)
		}
		n.Write("maple", string(fhir.SetMember(e.Node(), "status", []byte(`"`+status+`"`))))
		words := "This visit was " + strings.ReplaceAll(status, "-", " ")
		res, body := b.Post(at+"/vitals", url.Values{"day": {"2026-11-22"}, "time": {"10:20"}, "weight": {"81"}})
		if res.StatusCode != http.StatusConflict {
			t.Errorf("vital signs at a visit %s: %d", status, res.StatusCode)
		}
		has(t, body, words, `value="81"`)
		list, err := n.System("maple").Everything(t.Context(), record.Everything{Patient: []string{"harold-whitman", "amara-okafor"}[i], Types: []string{"Observation"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list.Matches {
			if strings.Contains(string(r.Body), id) {
				t.Error("a vital sign was written at a visit " + status)
			}
		}
		if i == 0 { // no note yet, and none is begun
			hasNot(t, b.Open(at), `id="note"`)
			res, body = b.Post(at, url.Values{"do": {"save"}, "text.51847-2": {"Too late"}})
			if res.StatusCode != http.StatusConflict {
				t.Errorf("a note at a visit %s: %d", status, res.StatusCode)
			}
			has(t, body, "no note is begun", "Too late")
			continue
		}
		body = b.Open(at + "/sign")
		has(t, body, words, "Of another patient.")
		hasNot(t, body, `id="sign-now"`)
		if res, _ := b.Post(at+"/sign", url.Values{"rev": {field(body, "rev")}, "key": {field(body, "key")}}); res.StatusCode != http.StatusConflict {
			t.Errorf("signed at a visit %s: %d", status, res.StatusCode)
		}
	}
}

// TestWhatANoteSaysOfItself: an administrator's load, whose names are not held
// against who is signed in, has a note in the physician's name, marks one in error
// in her name, and adds what nobody signed.
func TestWhatANoteSaysOfItself(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	s := n.Records.As(access.Actor{Kind: access.User, ID: "reyes", Site: "maple", Role: access.Admin, Purpose: access.Operations, Who: "Practitioner/reyes"}, access.EMR)
	write := func(op record.Op, text string) {
		t.Helper()
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Transact(t.Context(), []record.Act{{Op: op, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()}}); err != nil {
			t.Fatal(err)
		}
	}
	note := func(id, status, more, text string) string {
		return `{"resourceType":"Composition","id":"` + id + `","status":"` + status + `","type":{"text":"Progress note"},"subject":{"reference":"Patient/harold-whitman"},"date":"2026-11-22T09:00:00-05:00","author":[{"reference":"Practitioner/okonkwo","display":"Lena Okonkwo, MD"}],"title":"Visit note"` + more + `,"section":[{"title":"Plan","code":{"coding":[{"system":"http://loinc.org","code":"51847-2"}]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>` + text + `</p></div>"}}]}`
	}
	write(record.Create, note("forged", "final", "", "Give it."))
	has(t, b.Open(harold+"/notes/forged"), "Not by its author", "Reyes")
	write(record.Create, note("loose", "preliminary", `,"relatesTo":[{"code":"appends","targetReference":{"reference":"Composition/forged"}}]`, "Nobody signed this."))
	hasNot(t, b.Open(harold+"/notes/forged"), "Nobody signed this.")
	write(record.Update, note("forged", "entered-in-error", "", "Give it."))
	write(record.Create, `{"resourceType":"Provenance","target":[{"reference":"Composition/forged"}],"recorded":"2026-11-22T09:00:00-05:00","activity":{"coding":[{"code":"NULLIFY"}]},"reason":[{"text":"because I say so"}],"agent":[{"who":{"reference":"Practitioner/okonkwo","display":"Lena Okonkwo, MD"}}]}`)
	body := b.Open(harold + "/notes/forged")
	has(t, body, "Not by its author", "is not recorded here")
	hasNot(t, body, "because I say so")
}

// TestWhoHearsOfADraft: who cannot write notes is told nothing of who does, and
// what they name is not remembered.
func TestWhoHearsOfADraft(t *testing.T) {
	n := house(t)
	at := started(t, n.User(lena), harold, "Burning")
	_, _ = n.User(lena).Get(at + "/draft?tab=one")
	for _, b := range []*pagetest.Browser{n.User(desk), n.User(auth.User{Site: "maple", Name: "harold", FullName: "Harold Whitman", Patients: []string{"harold-whitman"}})} {
		if res, body := b.Get(at + "/draft?tab=two"); res.StatusCode != http.StatusForbidden || strings.Contains(body, "Okonkwo") {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	}
	b := n.User(lena)
	if res, _ := b.Post(at, url.Values{"key": {""}, "text.51847-2": {"Secret plan"}, "do": {"save"}}); res.StatusCode != 200 {
		t.Fatal(res.StatusCode)
	}
	for kind, read := range map[string]func(*pagetest.Browser) string{
		"poll": func(b *pagetest.Browser) string { _, body := b.Get(at + "/draft?tab=three"); return body },
		"save": func(b *pagetest.Browser) string {
			req, _ := http.NewRequest("POST", n.Base+at+"/draft", strings.NewReader(`{"key":"","rev":0,"tab":"four"}`))
			req.Header.Set("Origin", n.Base)
			_, body := b.Do(req)
			return body
		},
	} {
		who := auth.User{Site: "maple", Name: "reader-" + kind, FullName: "Reader", Role: access.Pharmacist}
		if body := read(n.User(who)); !strings.Contains(body, "Secret plan") {
			t.Errorf("%s: %.300s", kind, body)
		}
		if log := n.Noted(); !regexp.MustCompile(`"read"[^\n]*` + who.Name + `|` + who.Name + `[^\n]*"read"`).MatchString(log) {
			t.Errorf("that a draft was read by %s is not noted", kind)
		}
	}
	if res, _ := n.User(tomas).Get(harold + "/visits/" + strings.Repeat("x", 3000) + "/draft?tab=two"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a name of any length is remembered: %d", res.StatusCode)
	}
}

// TestWhoseRoomThisIs: a patient sees no workspace with what nobody has signed,
// and the desk is not told that a chart it may not read is empty.
func TestWhoseRoomThisIs(t *testing.T) {
	n := house(t)
	at := started(t, n.User(lena), harold, "Burning")
	n.Write("maple", `{"resourceType":"MedicationRequest","id":"unsigned","status":"draft","intent":"order","medicationCodeableConcept":{"text":"Perhaps nitrofurantoin"},"subject":{"reference":"Patient/harold-whitman"},"encounter":{"reference":"Encounter/`+at[strings.LastIndexByte(at, '/')+1:]+`"}}`)
	own := n.User(auth.User{Site: "maple", Name: "harold", FullName: "Harold Whitman", Patients: []string{"harold-whitman"}})
	for _, path := range []string{at, at + "?tab=vitals", at + "/sign", harold + "/visit"} {
		if res, body := own.Get(path); res.StatusCode != http.StatusForbidden || strings.Contains(body, "nitrofurantoin") {
			t.Errorf("a patient opens %s: %d", path, res.StatusCode)
		}
	}
	if res, body := n.User(desk).Get(harold + "/as-of?at=2026-11-22"); res.StatusCode != http.StatusForbidden || strings.Contains(body, "Nobody has written whether") {
		t.Errorf("the desk is told of an empty chart: %d", res.StatusCode)
	}
}

package desk

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web/clinic"
)

var (
	hughes  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
	okonkwo = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/okonkwo"}
	records = auth.User{Site: "maple", Name: "records", FullName: "Ruth Abel", Role: access.RecordsOffice}
	rosa    = auth.User{Site: "maple", Name: "rosa", FullName: "Rosa Delgado", Patients: []string{"rosa-delgado"}}
	walter  = auth.User{Site: "maple", Name: "walter", FullName: "Walter Nowak", Patients: []string{"walter-nowak"}}
)

const rooms = `{"resourceType":"Location","id":"room-%d","name":"Room %d","status":"active","mode":"instance","physicalType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/location-physical-type","code":"ro"}]}}`

func start(t *testing.T) *pagetest.Node {
	t.Helper()
	n := pagetest.New(t, []string{"maple"}, nil)
	n.Load("maple")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p.Door)
	n.Serve(p)
	n.Write("maple", fmt.Sprintf(rooms, 1, 1), fmt.Sprintf(rooms, 2, 2),
		`{"resourceType":"PractitionerRole","id":"okonkwo","active":true,"practitioner":{"reference":"Practitioner/okonkwo"},"availableTime":[{"daysOfWeek":["mon","tue","wed","thu","fri","sun"],"availableStartTime":"09:00:00","availableEndTime":"12:00:00"},{"daysOfWeek":["mon","tue","wed","thu","fri","sun"],"availableStartTime":"13:00:00","availableEndTime":"16:00:00"}]}`)
	return n
}

func person(more ...string) url.Values {
	v := url.Values{"given": {"Amina"}, "family": {"Yusuf"}, "born": {"1991-05-06"}, "gender": {"female"}, "mobile": {"614-555-0177"}, "email": {"amina@example.org"},
		"channel": {"sms"}, "texting": {"yes"}, "race": {"2054-5", "2106-3"}, "ethnicity": {"2186-5"}, "language": {"so"}, "interpreter": {"yes"}, "line1": {"4 Elm St"}, "city": {"Columbus"}, "state": {"oh"}, "zip": {"43215"},
		"identity": {"446141000124107"}, "pronouns": {"LA29519-8"}, "birthsex": {"F"}, "used": {"Mina"}, "previous": {"Warsame"}, "marital": {"M"}, "gp": {"Practitioner/okonkwo"}}
	for i := 0; i+1 < len(more); i += 2 {
		v[more[i]] = []string{more[i+1]}
	}
	return v
}

func TestRegisterAndEdit(t *testing.T) {
	n := start(t)
	b := n.User(hughes)
	res, body := b.Post("/maple/patients/new", person())
	if res.StatusCode != 200 || !strings.HasSuffix(res.Request.URL.Path, "/demographics") {
		t.Fatalf("%d %s %s", res.StatusCode, res.Request.URL.Path, body[:min(len(body), 400)])
	}
	id := strings.Split(res.Request.URL.Path, "/")[3]
	r, err := n.System("maple").Read(t.Context(), "Patient", id)
	if err != nil {
		t.Fatal(err)
	}
	text := string(r.Body)
	for _, want := range []string{`us-core-race`, `"2054-5"`, `"Black or African American, White"`, `us-core-birthsex`, `individual-pronouns`, `patient-interpreterRequired`, `"usual"`, `"Warsame"`, `"OH"`, `text-consent`,
		`"system":"https://maple.example/mrn"`, `"preferred":true`} {
		if !strings.Contains(text, want) {
			t.Errorf("the Patient lacks %s", want)
		}
	}
	mrn := regexp.MustCompile(`"value":"(\d{4})-(\d{4})"`).FindStringSubmatch(text)
	if mrn == nil || luhn(mrn[1]+mrn[2][:3]) != mrn[2][3]-'0' {
		t.Errorf("record number %v", mrn)
	}
	for _, want := range []string{`value="Amina"`, `value="Mina"`, `value="1991-05-06"`, `value="2054-5" checked`} {
		if !strings.Contains(body, want) {
			t.Errorf("the form lacks %s", want)
		}
	}

	// What another program wrote stays when the form saves something else.
	n.Write("maple", strings.Replace(strings.Replace(text, `"active":true`, `"active":true,"multipleBirthInteger":2`, 1), `"extension":[`, `"extension":[{"url":"http://example.org/x","valueDecimal":1.50},`, 1))
	b.Get("/maple/patients/" + id + "/demographics")
	_, body = b.Get("/maple/patients/" + id + "/demographics")
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(body)[1]
	v := person("family", "Yusuf-Hassan", "version", version, "home", "614 555 0100", "texting", "yes")
	if res, body := b.Post("/maple/patients/"+id+"/demographics", v); res.StatusCode != 200 || !strings.Contains(body, "Saved.") {
		t.Fatalf("%d", res.StatusCode)
	}
	r, _ = n.System("maple").Read(t.Context(), "Patient", id)
	for _, want := range []string{`"multipleBirthInteger":2`, `"valueDecimal":1.50`, `Yusuf-Hassan`, `614 555 0100`} {
		if !strings.Contains(string(r.Body), want) {
			t.Errorf("after saving the Patient lacks %s", want)
		}
	}
	// A page of an older version: both are shown, nothing is lost or overwritten.
	res, body = b.Post("/maple/patients/"+id+"/demographics", person("version", version, "family", "Typed-Late"))
	if res.StatusCode != http.StatusConflict || !strings.Contains(body, "Yusuf-Hassan") || !strings.Contains(body, `value="Typed-Late"`) || !strings.Contains(body, "changed this record meanwhile") {
		t.Errorf("a concurrent edit: %d", res.StatusCode)
	}
	res, _ = b.Post("/maple/patients/"+id+"/demographics", person("version", regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(body)[1], "family", "Typed-Late"))
	if res.StatusCode != 200 {
		t.Errorf("after looking, it is saved: %d", res.StatusCode)
	}

	// Contacts and coverage.
	if _, body := b.Post("/maple/patients/"+id+"/related", url.Values{"name": {"Said Yusuf"}, "kin": {"SPS"}, "role": {"C", "HPOWATT"}, "phone": {"614-555-0111"}}); !strings.Contains(body, "Said Yusuf") || !strings.Contains(body, "Healthcare proxy") {
		t.Error("the contact is not shown")
	}
	_, body = b.Post("/maple/patients/"+id+"/coverage", url.Values{"plan": {"Midwest Health Plan"}, "member": {"MHP-1"}, "since": {"2026-01-01"}})
	end := regexp.MustCompile(`action="(/maple/patients/[^"]+/coverage/[^"]+/end)"[^>]*>\s*<input type="hidden" name="version" value="(\d+)"`).FindStringSubmatch(body)
	if end == nil || !strings.Contains(body, "Midwest Health Plan") {
		t.Fatal("the coverage is not shown")
	}
	if _, body := b.Post(end[1], url.Values{"version": {end[2]}}); strings.Contains(body, "MHP-1") {
		t.Error("the coverage has not ended")
	}
}

func TestLikelyDuplicates(t *testing.T) {
	n := start(t)
	b := n.User(hughes)
	twin := person("given", "Rosa", "family", "Delgado", "born", "1958-03-14", "mobile", "614-555-0162", "email", "")
	res, body := b.Post("/maple/patients/new/like", url.Values{"given": {"Ros"}, "family": {"Delgado"}, "born": {"1958-03-14"}})
	if res.StatusCode != 200 || !strings.Contains(body, "Rosa") || !strings.Contains(body, `href="/maple/patients/rosa-delgado"`) {
		t.Errorf("as one types: %d %s", res.StatusCode, body)
	}
	res, body = b.Post("/maple/patients/new", twin)
	if res.StatusCode != 422 || !strings.Contains(body, `name="distinct"`) || !strings.Contains(body, `value="Rosa"`) {
		t.Errorf("saved without a look: %d", res.StatusCode)
	}
	twin.Set("distinct", "yes")
	if res, _ = b.Post("/maple/patients/new", twin); res.StatusCode != 200 || !strings.HasSuffix(res.Request.URL.Path, "/demographics") {
		t.Errorf("after the look: %d", res.StatusCode)
	}
}

// Every field with what people and programs should not send: a message beside
// it, and what was typed is still there.
func TestBadInput(t *testing.T) {
	n := start(t)
	b := n.User(hughes)
	for _, x := range []struct{ field, value, says string }{
		{"family", "<script>alert(1)</script>", "written in letters"}, {"given", "🎉🎉", "written in letters"}, {"used", "a=b", "written in letters"}, {"middle", strings.Repeat("x", 500), "At most 100"},
		{"previous", "$$$", "written in letters"}, {"suffix", strings.Repeat("I", 30), "At most 20"}, {"born", "2026-02-31", "no such day"}, {"born", "2031-01-01", "in the future"}, {"born", "1066-01-01", "so long ago"},
		{"born", "yesterday", "no such day"}, {"born", "", "Write the birth date"}, {"gender", "", "Choose one"}, {"gender", "<b>", "Choose one of the list"}, {"birthsex", "Q", "Choose one"}, {"died", "1990-01-01", "before the birth"},
		{"mobile", "call me", "written in digits"}, {"mobile", "12", "7 to 20 digits"}, {"home", strings.Repeat("9", 100), "At most 30"}, {"work", "☎", "written in digits"}, {"email", "no", "looks like"}, {"email", "a@b", "looks like"},
		{"email", "x <y@example.org>", "looks like"}, {"state", "Ohio", "Two letters"}, {"zip", "ABC", "Five digits"}, {"language", "xx", "Choose one"}, {"marital", "Z", "Choose one"}, {"channel", "pigeon", "Choose one"},
		{"city", strings.Repeat("y", 300), "At most 80"}, {"tribe", strings.Repeat("z", 300), "At most 100"}, {"identity", "1", "Choose one"}, {"pronouns", "1", "Choose one"}, {"race", "9", "Choose of the list"},
	} {
		res, body := b.Post("/maple/patients/new", person(x.field, x.value))
		if res.StatusCode != 422 || !strings.Contains(body, x.says) {
			t.Errorf("%s %.20q: %d, no %q", x.field, x.value, res.StatusCode, x.says)
		}
		if strings.Contains(body, "<script>alert") {
			t.Errorf("%s: a script comes back", x.field)
		}
		if !strings.Contains(body, `value="Amina"`) && x.field != "given" {
			t.Errorf("%s: what was typed is gone", x.field)
		}
	}
	// Names of other scripts are names; directional overrides are taken out.
	for _, name := range []string{"محمد", "שרה", "李", "O’Neill-d’Arc", "Ng\u0303"} {
		if res, body := b.Post("/maple/patients/new", person("family", name, "given", "", "mobile", "", "channel", "", "email", "", "distinct", "yes")); res.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, res.StatusCode, body[:200])
		}
	}
	if oneLine("a\u202Eb\x00c\n d ") != "abc  d" {
		t.Errorf("%q", oneLine("a\u202Eb\x00c\n d "))
	}
	for _, path := range []string{"/maple/patients/new", "/maple/schedule/book", "/maple/waitlist", "/maple/schedule/away", "/maple/patients/rosa-delgado/demographics"} {
		if res, _ := b.Post(path, url.Values{"family": {strings.Repeat("x", 10<<20)}}); res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("10 MB to %s: %d", path, res.StatusCode)
		}
	}
	for _, x := range []struct{ field, value, says string }{
		{"date", "2026-02-31", "no such day"}, {"date", "🎉", "no such day"}, {"time", "25:00", "14:30"}, {"time", "noon", "14:30"}, {"type", "", "kind of visit"}, {"type", "<x>", "kind of visit"}, {"with", "Practitioner/nobody", "Choose the provider"},
		{"patient", "nobody", "Choose the patient"}, {"minutes", "-5", "number of minutes"}, {"minutes", "9e9", "number of minutes"}, {"reason", strings.Repeat("a", 400), "At most 300"}, {"comment", strings.Repeat("a", 4000), "At most 2000"},
		{"date", "1999-01-01", "past"}, {"date", "2199-01-01", "three years"}, {"times", "500", "1 to 52"},
	} {
		v := booking("rosa-delgado", "2026-11-24", "10:00")
		v.Set("every", map[bool]string{true: "7"}[x.field == "times"])
		v.Set(x.field, x.value)
		res, body := b.Post("/maple/schedule/book", v)
		if res.StatusCode != 422 || !strings.Contains(body, x.says) {
			t.Errorf("booking, %s %.20q: %d, no %q", x.field, x.value, res.StatusCode, x.says)
		}
	}
	for _, x := range []struct{ field, value, says string }{{"who", "Practitioner/x", "Choose one"}, {"day", "2026-13-01", "no such day"}, {"start", "25:99", "14:30"}, {"last", "2026-11-01", "after the beginning"}, {"why", strings.Repeat("w", 400), "At most 300"}} {
		v := url.Values{"who": {"Practitioner/okonkwo"}, "kind": {"away"}, "day": {"2026-11-30"}, "why": {"conference"}}
		v.Set(x.field, x.value)
		if res, body := b.Post("/maple/schedule/away", v); res.StatusCode != 422 || !strings.Contains(body, x.says) {
			t.Errorf("away, %s: %d, no %q", x.field, res.StatusCode, x.says)
		}
	}
}

func booking(patient, date, at string) url.Values {
	return url.Values{"patient": {patient}, "type": {"follow-up"}, "with": {"Practitioner/okonkwo"}, "date": {date}, "time": {at}, "act": {"book"}, "reason": {"Cough"}}
}

var cardOf = regexp.MustCompile(`id="a-([A-Za-z0-9.-]+)"`)

func TestBookMoveArriveCancel(t *testing.T) {
	n := start(t)
	b := n.User(hughes)
	page := b.Open("/maple/schedule?date=2026-11-24")
	for _, want := range []string{"Tuesday 24 November", "Lena Okonkwo", "Book 09:00", "data-cal"} {
		if !strings.Contains(page, want) {
			t.Errorf("the day lacks %q", want)
		}
	}
	res, body := b.Post("/maple/schedule/book", booking("rosa-delgado", "2026-11-24", "10:00"))
	if res.StatusCode != 200 || !strings.Contains(body, "Rosa") || !strings.Contains(body, "Room 1") || !strings.Contains(body, "10:00–10:20") {
		t.Fatalf("%d", res.StatusCode)
	}
	id := cardOf.FindStringSubmatch(body)[1]
	// The same time again: told, with the next free, and what was typed stays.
	res, body = b.Post("/maple/schedule/book", booking("walter-nowak", "2026-11-24", "10:10"))
	if res.StatusCode != http.StatusConflict || !strings.Contains(body, "is taken then, 10:00 to 10:20") || !strings.Contains(body, "Tue 24 Nov, 10:20") || !strings.Contains(body, `value="Cough"`) {
		t.Errorf("double booking: %d", res.StatusCode)
	}
	opening := regexp.MustCompile(`name="opening" value="([^"]+)"`).FindStringSubmatch(body)
	if strings.Contains(body, `name="overbook"`) {
		t.Error("the front desk is offered to overbook")
	}
	v := booking("walter-nowak", "2026-11-24", "10:10")
	v.Set("opening", opening[1])
	if res, body := b.Post("/maple/schedule/book", v); res.StatusCode != 200 || !strings.Contains(body, "10:20–10:40") {
		t.Errorf("the offered time: %d", res.StatusCode)
	}
	// Outside the hours it is asked.
	v = booking("walter-nowak", "2026-11-24", "18:00")
	if res, body := b.Post("/maple/schedule/book", v); res.StatusCode != http.StatusConflict || !strings.Contains(body, "is not in then") {
		t.Errorf("in the evening: %d", res.StatusCode)
	}
	v.Set("outside", "yes")
	if res, _ := b.Post("/maple/schedule/book", v); res.StatusCode != 200 {
		t.Errorf("in the evening, meant: %d", res.StatusCode)
	}
	// Next free after 15:00.
	v = booking("mei-tanaka", "2026-11-24", "15:00")
	v.Set("act", "free")
	v.Del("with")
	if res, body := b.Post("/maple/schedule/book", v); res.StatusCode != 200 || !strings.Contains(body, "Tue 24 Nov, 15:00") {
		t.Errorf("next free: %d", res.StatusCode)
	}

	at := "/maple/appointments/" + id
	if page := b.Open(at); !strings.Contains(page, "Cough") || !strings.Contains(page, "Tuesday 24 November 2026, 10:00") {
		t.Error("the appointment's page")
	}
	if page := b.Open("/maple/schedule?date=2026-11-24&move=" + id); !strings.Contains(page, "Choose the new time for") || !strings.Contains(page, "Move to 09:00") {
		t.Error("the calendar does not offer where to move")
	}
	if res, body := b.Post(at+"/move", url.Values{"date": {"2026-11-24"}, "time": {"10:30"}, "back": {"/maple/schedule?date=2026-11-24&move=" + id}}); res.StatusCode != http.StatusConflict || !strings.Contains(body, "taken") {
		t.Errorf("moved onto another: %d", res.StatusCode)
	}
	if res, body := b.Post(at+"/move", url.Values{"date": {"2026-11-24"}, "time": {"11:00"}, "version": {"1"}}); res.StatusCode != 200 || !strings.Contains(body, "11:00–11:20") {
		t.Errorf("moved: %d", res.StatusCode)
	}
	if res, body := b.Post(at+"/arrive", url.Values{"version": {"1"}}); res.StatusCode != http.StatusConflict || !strings.Contains(body, "changed it meanwhile") {
		t.Errorf("a stale page arrives: %d", res.StatusCode)
	}
	if res, body := b.Post(at+"/arrive", url.Values{"version": {"2"}}); res.StatusCode != 200 || !strings.Contains(body, "arrived 10:24") {
		t.Errorf("arrived: %d", res.StatusCode)
	}
	if res, body := b.Post(at+"/undo", url.Values{"version": {"3"}}); res.StatusCode != 200 || !strings.Contains(body, "Undone") {
		t.Errorf("undone: %d", res.StatusCode)
	}
	if res, body := b.Post(at+"/cancel", url.Values{"version": {"4"}}); res.StatusCode != 422 || !strings.Contains(body, "Say why") {
		t.Errorf("cancelled without a reason: %d", res.StatusCode)
	}
	// Somebody waits, and is offered the time that is given back.
	if res, body := b.Post("/maple/waitlist", url.Values{"patient": {"mei-tanaka"}, "type": {"nurse"}, "from": {"2026-11-23"}, "until": {"2026-11-30"}, "urgent": {"yes"}}); res.StatusCode != 200 || !strings.Contains(body, "Mei") || !strings.Contains(body, "urgent") {
		t.Fatalf("the wait list: %d", res.StatusCode)
	}
	res, body = b.Post(at+"/cancel", url.Values{"version": {"4"}, "why": {"called"}})
	if res.StatusCode != 200 || !strings.Contains(body, "who waits and could have it") || !strings.Contains(body, "Mei") {
		t.Errorf("cancelled: %d", res.StatusCode)
	}
	wait := regexp.MustCompile(`href="(/maple/schedule\?[^"]*wait=([^"&]+)[^"]*)"`).FindStringSubmatch(body)
	page = b.Open(strings.ReplaceAll(wait[1], "&amp;", "&"))
	if !strings.Contains(page, "from the wait list") || !strings.Contains(page, `value="11:00"`) {
		t.Error("the offer does not fill the panel")
	}
	v = booking("mei-tanaka", "2026-11-24", "11:00")
	v.Set("wait", wait[2])
	v.Set("waitversion", "1")
	v.Set("type", "nurse")
	if res, _ := b.Post("/maple/schedule/book", v); res.StatusCode != 200 {
		t.Errorf("booked from the wait list: %d", res.StatusCode)
	}
	if page := b.Open("/maple/waitlist"); !strings.Contains(page, "Nobody is waiting") {
		t.Error("she still waits")
	}
	if page := b.Open("/maple/schedule/list?date=2026-11-24"); !strings.Contains(page, "Walter") || !strings.Contains(page, "10:20") {
		t.Error("the day list")
	}
	if page := b.Open("/maple/schedule?view=week&with=Practitioner/okonkwo&date=2026-11-24"); !strings.Contains(page, "week of 23 Nov 2026") || !strings.Contains(page, "Walter") {
		t.Error("the week")
	}
	if page := b.Open("/maple/schedule?view=rooms&date=2026-11-24"); !strings.Contains(page, "Room 2") {
		t.Error("the rooms")
	}
	v = booking("rosa-delgado", "2026-12-01", "09:00")
	v.Set("every", "7")
	v.Set("times", "3")
	if res, body := b.Post("/maple/schedule/book", v); res.StatusCode != 200 || !strings.Contains(body, "3 appointments booked") {
		t.Errorf("a series: %d", res.StatusCode)
	}
	if res, body := b.Post("/maple/schedule/away", url.Values{"who": {"Practitioner/okonkwo"}, "kind": {"away"}, "day": {"2026-12-03"}, "why": {"conference"}}); res.StatusCode != 200 || !strings.Contains(body, "conference") {
		t.Errorf("away: %d", res.StatusCode)
	}
	if page := b.Open("/maple/schedule?date=2026-12-03"); !strings.Contains(page, "conference") {
		t.Error("the absence is not on the day")
	}
}

func TestFeedIsSecretAndTellsNoNames(t *testing.T) {
	n := start(t)
	b := n.User(okonkwo)
	b.Post("/maple/schedule/book", booking("rosa-delgado", "2026-11-24", "10:00"))
	make := func(names string) string {
		_, body := b.Post("/maple/schedule/feed", url.Values{"of": {"Practitioner/okonkwo"}, "names": {names}})
		m := regexp.MustCompile(`http://[^/]+(/maple/calendar/[A-Z0-9]+\.ics)`).FindStringSubmatch(body)
		if m == nil {
			t.Fatal("no address")
		}
		return m[1]
	}
	plain, named := make(""), make("yes")
	stranger := n.Visitor()
	res, body := stranger.Get(plain)
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/calendar") || !strings.Contains(body, "DTSTART:20261124T150000Z") {
		t.Fatalf("%d %s", res.StatusCode, body[:min(len(body), 200)])
	}
	if strings.Contains(body, "Rosa") || strings.Contains(body, "Cough") || strings.Contains(body, "Follow-up") {
		t.Error("the feed tells who or why")
	}
	if _, body := stranger.Get(named); !strings.Contains(body, "SUMMARY:Rosa") || strings.Contains(body, "Cough") {
		t.Error("names were chosen")
	}
	token := strings.TrimSuffix(strings.TrimPrefix(plain, "/maple/calendar/"), ".ics")
	page := b.Open("/maple/schedule/feed")
	if strings.Contains(page, token) {
		t.Error("the address is shown again")
	}
	if res, _ := stranger.Get("/maple/calendar/" + strings.Repeat("A", 26) + ".ics"); res.StatusCode != 404 {
		t.Errorf("a guess: %d", res.StatusCode)
	}
	end := regexp.MustCompile(`action="(/maple/schedule/feed/[^"]+/end)"`).FindAllStringSubmatch(page, -1)
	for _, e := range end {
		b.Post(e[1], nil)
	}
	if res, _ := stranger.Get(plain); len(end) != 2 || res.StatusCode != 404 {
		t.Errorf("a feed taken back answers: %d", res.StatusCode)
	}
}

// TestNobodyMakesAFeedForAnother: an Endpoint that another program wrote opens no
// calendar in the name of a user.
func TestNobodyMakesAFeedForAnother(t *testing.T) {
	n := start(t)
	n.User(okonkwo)
	token := strings.Repeat("B", 26)
	body := `{"resourceType":"Endpoint","id":"` + feedID(token) + `","status":"active","extension":[{"url":"` + feedOwner + `","valueString":"okonkwo"},{"url":"` + feedOf + `","valueString":"Practitioner/okonkwo"},{"url":"` + feedNames + `","valueBoolean":true}],"connectionType":{"code":"calendar-feed"},"payloadType":[{"text":"text/calendar"}],"address":"urn:x"}`
	d, err := fhir.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	client := n.Records.As(access.Actor{Kind: access.Client, ID: "directory", Site: "maple", Scopes: []access.Scope{{Context: "system", Type: "Endpoint", Rights: "cruds"}}}, access.EMR)
	if _, err := client.Transact(t.Context(), []record.Act{{Op: record.Create, Type: "Endpoint", ID: feedID(token), Resource: d.Root()}}); err != nil {
		t.Fatal(err)
	}
	if res, _ := n.Visitor().Get("/maple/calendar/" + token + ".ics"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a program opened a physician's calendar: %d", res.StatusCode)
	}
}

func TestMergeAndTakeBack(t *testing.T) {
	n := start(t)
	n.Write("maple", `{"resourceType":"Patient","id":"rosa-2","active":true,"name":[{"family":"Delgado","given":["Rosa"]}],"birthDate":"1958-03-14","gender":"female","telecom":[{"system":"phone","value":"614-555-0162","use":"mobile"}]}`)
	b := n.User(records)
	page := b.Open("/maple/merge?a=rosa-delgado&b=rosa-2")
	for _, want := range []string{"Both records side by side", "one person", "Holds", "nothing yet", "results and measurements"} {
		if !strings.Contains(page, want) {
			t.Errorf("the preview lacks %q", want)
		}
	}
	hidden := func(page, name string) string {
		return regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)[1]
	}
	v := url.Values{"a": {"rosa-delgado"}, "b": {"rosa-2"}, "va": {hidden(page, "va")}, "vb": {hidden(page, "vb")}, "keep": {"rosa-delgado"}}
	if res, body := b.Post("/maple/merge", v); res.StatusCode != 422 || !strings.Contains(body, "Say why") {
		t.Errorf("merged without a reason: %d", res.StatusCode)
	}
	v.Set("why", "same birth date and telephone")
	v.Set("sure", "yes")
	res, body := b.Post("/maple/merge", v)
	if res.StatusCode != 200 || !strings.Contains(body, "This record includes") || !strings.Contains(body, "merged on 22 Nov 2026 by") {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	before := map[string]string{}
	for _, id := range []string{"rosa-delgado", "rosa-2"} {
		r, _ := n.System("maple").Read(t.Context(), "Patient", id)
		before[id] = string(r.Body)
	}
	if !strings.Contains(before["rosa-2"], `"replaced-by"`) || !strings.Contains(before["rosa-2"], `"active":false`) || !strings.Contains(before["rosa-delgado"], `"replaces"`) {
		t.Error("the Patients are not linked")
	}
	if n.System("maple").Standing("rosa-2") != "rosa-delgado" {
		t.Error("who stands for whom")
	}
	// The chart and the whole record of the one that stays hold what was written in the other, whose pages lead there.
	n.Write("maple", `{"resourceType":"Condition","id":"in-two","subject":{"reference":"Patient/rosa-2"},"code":{"text":"Zebra fever"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}`)
	doctor := n.User(okonkwo)
	for _, path := range []string{"/rosa-delgado/problems", "/rosa-delgado/whole/problems", "/rosa-2/problems", "/rosa-2/whole/problems"} {
		res, page := doctor.Get("/maple/patients" + path)
		if !strings.Contains(page, "Zebra fever") || !strings.Contains(page, "merged on 22 Nov 2026") || strings.Contains(page, "undo") {
			t.Errorf("%s lacks the other's facts, or does not say whose they are", path)
		}
		if !strings.Contains(res.Request.URL.Path, "/rosa-delgado/") {
			t.Errorf("%s leads to %s", path, res.Request.URL.Path)
		}
	}
	front := n.User(hughes)
	if page := b.Open("/maple/patients/rosa-delgado"); !strings.Contains(page, "look at both, or undo") {
		t.Error("the records office is not led to the undo")
	}
	if _, page := front.Post("/maple/patients/suggest", url.Values{"q": {"614-555-0162"}}); !strings.Contains(page, "/patients/rosa-delgado") || strings.Contains(page, "/patients/rosa-2") {
		t.Errorf("found by the other's telephone: %s", page)
	}
	if page := b.Open("/maple/patients/rosa-2/demographics"); !strings.Contains(page, "was merged into") {
		t.Error("the replaced one does not say so")
	}
	if res, _ := n.User(rosa).Get("/maple/patients/rosa-2"); res.StatusCode != 200 || !strings.HasSuffix(res.Request.URL.Path, "/rosa-delgado") {
		t.Errorf("she herself by her other number: %d %s", res.StatusCode, res.Request.URL.Path)
	}
	if res, _ := n.User(walter).Get("/maple/patients/rosa-2"); res.StatusCode == 200 || strings.Contains(res.Request.URL.Path, "delgado") {
		t.Errorf("somebody else is told who it is: %d %s", res.StatusCode, res.Request.URL.Path)
	}
	desk := n.User(hughes)
	if _, body := desk.Post("/maple/schedule/find", url.Values{"qpatient": {"delgado"}, "field": {"patient"}}); strings.Contains(body, `value="rosa-2"`) || !strings.Contains(body, `value="rosa-delgado"`) {
		t.Error("the merged record is offered for booking")
	}
	if res, body := desk.Post("/maple/schedule/book", booking("rosa-2", "2026-11-24", "10:00")); res.StatusCode != 422 || !strings.Contains(body, "not in use") {
		t.Errorf("booked with a merged record: %d", res.StatusCode)
	}
	if res, _ := desk.Get("/maple/merge?a=rosa-delgado&b=rosa-2"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk merges: %d", res.StatusCode)
	}
	page = b.Open("/maple/merge?a=rosa-delgado&b=rosa-2")
	if !strings.Contains(page, "Take the merge back") {
		t.Fatal("it cannot be taken back")
	}
	if res, body := b.Post("/maple/merge/undo", url.Values{"a": {"rosa-delgado"}, "b": {"rosa-2"}, "va": {hidden(page, "va")}, "vb": {hidden(page, "vb")}}); res.StatusCode != 200 || !strings.Contains(body, "Taken back") {
		t.Fatalf("%d", res.StatusCode)
	}
	for _, id := range []string{"rosa-delgado", "rosa-2"} {
		r, _ := n.System("maple").Read(t.Context(), "Patient", id)
		if strings.Contains(string(r.Body), "replace") || !strings.Contains(string(r.Body), `"active":true`) {
			t.Errorf("%s is not what it was", id)
		}
	}
	if links, _ := n.System("maple").Links(t.Context(), "rosa-delgado"); len(links) != 1 || links[0].State != "apart" {
		t.Errorf("%+v", links)
	}
	for _, path := range []string{"/rosa-delgado/problems", "/rosa-delgado/whole/problems"} {
		if page := doctor.Open("/maple/patients" + path); strings.Contains(page, "Zebra fever") || strings.Contains(page, "merged on") {
			t.Errorf("%s still holds the other's facts", path)
		}
	}
	if page := doctor.Open("/maple/patients/rosa-2/problems"); !strings.Contains(page, "Zebra fever") {
		t.Error("the fact left the record in which it was written")
	}
}

// A person is at one place at a time, whichever of two merged records an
// appointment was made in.
func TestOnePersonIsBookedOnce(t *testing.T) {
	n := start(t)
	n.Write("maple", `{"resourceType":"Patient","id":"rosa-2","active":true,"name":[{"family":"Delgado","given":["Rosa"]}],"birthDate":"1958-03-14"}`)
	desk := n.User(hughes)
	if res, body := desk.Post("/maple/schedule/book", booking("rosa-2", "2026-11-24", "10:00")); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	office := n.Records.As(access.Actor{Kind: access.User, ID: "records", Site: "maple", Role: access.RecordsOffice, Purpose: access.Operations}, access.EMR)
	side := func(id string) record.Side {
		r, err := office.Read(t.Context(), "Patient", id)
		if err != nil {
			t.Fatal(err)
		}
		return record.SideOf(r)
	}
	if err := office.Merge(t.Context(), side("rosa-delgado"), side("rosa-2"), "same"); err != nil {
		t.Fatal(err)
	}
	v := booking("rosa-delgado", "2026-11-24", "10:10")
	v.Set("with", "Practitioner/reyes")
	if res, body := desk.Post("/maple/schedule/book", v); res.StatusCode != http.StatusConflict || !strings.Contains(body, "This patient is taken then") {
		t.Errorf("in two places at once: %d", res.StatusCode)
	}
	found, err := office.Search(t.Context(), question(t, "Appointment", "patient=rosa-delgado&date=2026-11-24"))
	if err != nil || len(found.Matches) != 1 {
		t.Fatalf("%v", err)
	}
	// What was booked in the replaced record is moved as it is.
	id := found.Matches[0].ID
	page := desk.Open("/maple/schedule?date=2026-11-24&move=" + id)
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(page)
	if version == nil {
		t.Fatal("no way to move it")
	}
	res, body := desk.Post("/maple/appointments/"+id+"/move", url.Values{"version": {version[1]}, "date": {"2026-11-24"}, "time": {"11:00"}, "with": {"Practitioner/okonkwo"}})
	if res.StatusCode != 200 {
		t.Errorf("it cannot be moved: %d %s", res.StatusCode, body)
	}
}

func question(t *testing.T, typ, query string) *search.Query {
	t.Helper()
	v, _ := url.ParseQuery(query)
	q, err := search.Parse(typ, v, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestPhotoIsMadeAnew(t *testing.T) {
	n := start(t)
	b := n.User(hughes)
	img := image.NewRGBA(image.Rect(0, 0, 300, 400))
	for i := range 300 * 400 {
		img.Set(i%300, i/300, color.RGBA{200, 40, 40, 255})
	}
	var pic bytes.Buffer
	if err := png.Encode(&pic, img); err != nil {
		t.Fatal(err)
	}
	pic.WriteString("<script>alert(1)</script>")
	send := func(data []byte) (*http.Response, string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		r, _ := n.System("maple").Read(t.Context(), "Patient", "rosa-delgado")
		w.WriteField("version", r.Version)
		f, _ := w.CreateFormFile("photo", "x.html")
		f.Write(data)
		w.Close()
		req, _ := http.NewRequest("POST", n.Base+"/maple/patients/rosa-delgado/photo", &body)
		req.Header.Set("Content-Type", w.FormDataContentType())
		return b.Do(req)
	}
	if res, body := send([]byte("<html><script>alert(1)</script>")); res.StatusCode != 422 || !strings.Contains(body, "JPEG or PNG") {
		t.Errorf("a page as a photograph: %d", res.StatusCode)
	}
	if res, _ := send(bytes.Repeat([]byte{0xFF}, 3<<20)); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("3 MB: %d", res.StatusCode)
	}
	if res, _ := send(pic.Bytes()); res.StatusCode != 200 {
		t.Fatalf("%d", res.StatusCode)
	}
	res, body := b.Get("/maple/patients/rosa-delgado/photo")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/jpeg" || strings.Contains(body, "script") || len(body) > 40_000 {
		t.Errorf("%d %s %d bytes", res.StatusCode, res.Header.Get("Content-Type"), len(body))
	}
}

// What another program wrote on top of an appointment is said on the calendar;
// days on which the clocks change open; nothing of a reason is markup.
func TestTheCalendarOfOthers(t *testing.T) {
	n := start(t)
	for i, at := range []string{"09:00", "09:10"} {
		n.Write("maple", fmt.Sprintf(`{"resourceType":"Appointment","id":"x%d","status":"booked","description":"<img src=x onerror=alert(1)>","start":"2026-11-24T%s:00-05:00","end":"2026-11-24T09:30:00-05:00","participant":[{"actor":{"reference":"Patient/%s"},"status":"accepted"},{"actor":{"reference":"Practitioner/okonkwo"},"status":"accepted"}]}`, i, at, []string{"rosa-delgado", "walter-nowak"}[i]))
	}
	b := n.User(hughes)
	page := b.Open("/maple/schedule?date=2026-11-24")
	if !strings.Contains(page, "double booked") || !strings.Contains(page, "Move one of them") || strings.Contains(page, "<img") {
		t.Error("the clash is not said")
	}
	n.Write("maple", `{"resourceType":"PractitionerRole","id":"reyes","active":true,"practitioner":{"reference":"Practitioner/reyes"},"availableTime":[{"availableStartTime":"01:00:00","availableEndTime":"04:00:00"}]}`)
	if page := b.Open("/maple/schedule?date=2027-03-14&with=Practitioner/reyes"); strings.Contains(page, "Book 02:30") || !strings.Contains(page, "Book 03:00") || !strings.Contains(page, "Book 01:50") || !strings.Contains(page, "the clocks skip this") {
		t.Error("the spring day")
	}
	if page := b.Open("/maple/schedule?date=2027-11-07&with=Practitioner/reyes"); !strings.Contains(page, "Book 01:30") || !strings.Contains(page, "Book 03:50") {
		t.Error("the autumn day")
	}
	if res, body := b.Post("/maple/schedule/book", url.Values{"patient": {"rosa-delgado"}, "type": {"follow-up"}, "with": {"Practitioner/reyes"}, "date": {"2027-03-14"}, "time": {"02:30"}}); res.StatusCode != 422 || !strings.Contains(body, "clocks skip") {
		t.Errorf("half past two that night: %d", res.StatusCode)
	}
	for _, q := range []string{"date=2026-02-31", "date=%F0%9F%8E%89", "view=month", "with=nobody", "at=99:99", "date=0001-01-01", "date=9999-12-31"} {
		b.Open("/maple/schedule?" + q)
	}
	for _, path := range []string{"/maple/schedule?move=nobody", "/maple/schedule?patient=nobody", "/maple/schedule?wait=nobody", "/maple/appointments/nobody", "/maple/patients/nobody/demographics"} {
		if res, _ := b.Get(path); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

func TestWeeklyHours(t *testing.T) {
	n := start(t)
	admin := n.User(auth.User{Site: "maple", Name: "admin", FullName: "Ada Min", Role: access.Admin})
	page := admin.Open("/maple/schedule/hours/reyes")
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(page)[1]
	v := url.Values{"version": {version}, "mon": {"07:00-12:00, 13:00–15:30"}, "tue": {"07:00-12:00"}, "wed": {"12:00-07:00"}}
	if res, body := admin.Post("/maple/schedule/hours/reyes", v); res.StatusCode != 422 || !strings.Contains(body, "earliest first") || !strings.Contains(body, "07:00-12:00, 13:00–15:30") {
		t.Errorf("a day that ends before it begins: %d", res.StatusCode)
	}
	v.Set("wed", "")
	if res, body := admin.Post("/maple/schedule/hours/reyes", v); res.StatusCode != 200 || !strings.Contains(body, "Mon Tue 07:00–12:00; Mon 13:00–15:30") {
		t.Errorf("%d", res.StatusCode)
	}
	r, _ := n.System("maple").Read(t.Context(), "PractitionerRole", "reyes")
	if !strings.Contains(string(r.Body), `"availableStartTime":"07:00:00"`) || !strings.Contains(string(r.Body), `"practitioner"`) {
		t.Error("the role is not what it should be")
	}
	if page := admin.Open("/maple/schedule?date=2026-11-24"); !strings.Contains(page, "Book 07:00, Tom") {
		t.Error("the calendar does not follow")
	}
	if res, _ := n.User(hughes).Get("/maple/schedule/hours/reyes"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk changes the directory: %d", res.StatusCode)
	}
}

// Who may not work at the desk sees none of it, and the desk sees no care.
func TestWhoSeesWhat(t *testing.T) {
	n := start(t)
	n.Write("maple", `{"resourceType":"Condition","id":"secret","subject":{"reference":"Patient/rosa-delgado"},"code":{"text":"Zebra fever"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}`)
	patient := n.User(rosa)
	for _, path := range []string{"/maple/schedule", "/maple/patients/new", "/maple/patients/rosa-delgado/demographics", "/maple/merge", "/maple/waitlist", "/maple/schedule/away", "/maple/schedule/feed", "/maple/schedule/list"} {
		if res, _ := patient.Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("a patient opens %s: %d", path, res.StatusCode)
		}
		if res, body := n.Visitor().Get(path); !strings.HasSuffix(res.Request.URL.Path, "/signin") {
			t.Errorf("a stranger opens %s: %d %s", path, res.StatusCode, body[:100])
		}
	}
	if res, _ := patient.Post("/maple/schedule/book", booking("rosa-delgado", "2026-11-24", "10:00")); res.StatusCode != http.StatusForbidden {
		t.Errorf("a patient books here: %d", res.StatusCode)
	}
	desk := n.User(hughes)
	for _, path := range []string{"/maple/schedule?date=2026-11-22", "/maple/patients/rosa-delgado/demographics", "/maple/patients/rosa-delgado", "/maple/waitlist", "/maple/schedule/list?date=2026-11-22"} {
		if page := desk.Open(path); strings.Contains(page, "Zebra") {
			t.Errorf("%s tells the front desk a diagnosis", path)
		}
	}
}

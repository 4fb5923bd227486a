package door_test

import (
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

var (
	doctor = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/okonkwo"}
	nurse  = auth.User{Site: "maple", Name: "reyes", FullName: "Tomás Reyes, RN", Role: access.Nurse, Who: "Practitioner/reyes"}
	front  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

// signIn is the way in of these tests' doors.
func signIn(n *pagetest.Node) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		actor, err := n.Auth.SignIn(r.Context(), r.PathValue("site"), r.FormValue("user"), r.FormValue("password"))
		var token string
		if err == nil {
			token, err = n.Auth.Issue(r.Context(), actor, auth.Page, time.Hour)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		web.SetSession(w, r, token, time.Hour)
		http.Redirect(w, r, "/maple/home", http.StatusSeeOther)
	}
}

// house is a node whose pages are made by a test; fill hangs them on its door.
func house(t *testing.T, fill func(*door.Door)) (*pagetest.Node, *door.Door) {
	t.Helper()
	n := pagetest.New(t, []string{"maple"}, nil)
	n.Load("maple")
	d := door.New(door.Config{Records: n.Records, Auth: n.Auth, Clock: n.Clock})
	d.HandleOpen("POST /{site}/signin", signIn(n))
	d.Handle("GET /{site}/home", func(c *door.Call) { c.Show(c.Page("Home"), web.Refusal("Home", "", web.Link{})) })
	fill(d)
	h, err := d.Handler()
	if err != nil {
		t.Fatal(err)
	}
	n.Serve(h)
	return n, d
}

func TestWhatWasDoneIsSaidOnceAndToThePage(t *testing.T) {
	n, _ := house(t, func(d *door.Door) {
		d.Handle("POST /{site}/do", func(c *door.Call) {
			c.Done(c.Path("home"), web.Flash{Kind: web.Good, Text: "It is done <b>"})
		})
	})
	b := n.User(doctor)
	res, body := b.Post("/maple/do", nil)
	if res.Request.URL.Path != "/maple/home" || !strings.Contains(body, "It is done &lt;b&gt;") {
		t.Fatalf("%s: %s", res.Request.URL.Path, body)
	}
	if strings.Contains(b.Open("/maple/home"), "It is done") {
		t.Error("it is said twice")
	}
	// A region that refreshes itself in between leaves it for the page.
	b.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if res, _ := b.Post("/maple/do", nil); res.StatusCode != http.StatusSeeOther || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	req, _ := http.NewRequest("GET", n.Base+"/maple/home", nil)
	req.Header.Set("Wholechart-Partial", "strip")
	if _, body := b.Do(req); strings.Contains(body, "It is done") {
		t.Error("a region took what the page is to say")
	}
	if !strings.Contains(b.Open("/maple/home"), "It is done") {
		t.Error("it is never said")
	}
}

func TestAFormHasBounds(t *testing.T) {
	got := ""
	n, _ := house(t, func(d *door.Door) {
		d.Handle("POST /{site}/write", func(c *door.Call) {
			form, err := c.Form()
			if err != nil {
				c.Failed(err)
				return
			}
			got = form.Get("text")
			if got == "impossible" {
				c.Failed(&record.Invalid{Issues: []record.Issue{{Severity: "error", Code: "value", Text: "There is no such thing"}}})
				return
			}
			c.Done(c.Path("home"), web.Flash{})
		})
	})
	b := n.User(doctor)
	for _, c := range []struct {
		name, text string
		status     int
		says       string
	}{
		{"ordinary", "José 😀 مريم <script>", 200, ""},
		{"not acceptable", "impossible", 422, "There is no such thing"},
		{"ten megabytes", strings.Repeat("x", 10<<20), 413, "Nothing was saved"},
		{"one byte too many", strings.Repeat("x", door.MaxForm), 413, "larger than a form may be"},
	} {
		got = ""
		res, body := b.Post("/maple/write", url.Values{"text": {c.text}})
		if res.StatusCode != c.status || !strings.Contains(body, c.says) || c.status == 200 && got != c.text || c.status == 413 && got != "" {
			t.Errorf("%s: %d, %.20q", c.name, res.StatusCode, got)
		}
	}
	req, _ := http.NewRequest("POST", n.Base+"/maple/write", strings.NewReader("text=%zz"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if res, _ := b.Do(req); res.StatusCode != http.StatusBadRequest {
		t.Errorf("what is no form: %d", res.StatusCode)
	}
	// A form with files is not read by Form: its fields are not there, and it is no way around the bound.
	pr, pw := io.Pipe()
	m := multipart.NewWriter(pw)
	go func() {
		_ = m.WriteField("text", strings.Repeat("y", 3<<20))
		_ = m.Close()
		_ = pw.Close()
	}()
	req, _ = http.NewRequest("POST", n.Base+"/maple/write", pr)
	req.Header.Set("Content-Type", m.FormDataContentType())
	got = "old"
	if _, err := b.Client.Do(req); err == nil && strings.Contains(got, "y") {
		t.Errorf("a form with files was read: %d bytes", len(got))
	}
}

func TestFormsOfOtherSitesAndOfNobodyAreRefused(t *testing.T) {
	done := 0
	n, _ := house(t, func(d *door.Door) {
		d.Handle("POST /{site}/do", func(c *door.Call) { done++; c.Done(c.Path("home"), web.Flash{}) })
		d.Handle("GET /{site}/see", func(c *door.Call) { c.Show(c.Page("See"), web.Refusal("See", "", web.Link{})) })
	})
	b := n.User(doctor)
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		req, _ := http.NewRequest("POST", n.Base+"/maple/do", nil)
		req.Header.Set(header, value)
		if res, body := b.Do(req); res.StatusCode != http.StatusForbidden || !strings.Contains(body, "came from another site") {
			t.Errorf("%s: %d", header, res.StatusCode)
		}
	}
	nobody := n.Visitor()
	if res, _ := nobody.Post("/maple/do", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody posts: %d", res.StatusCode)
	}
	nobody.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if res, _ := nobody.Get("/maple/see?a=b"); res.Header.Get("Location") != "/maple/signin?next=%2Fmaple%2Fsee%3Fa%3Db" {
		t.Errorf("nobody is led to %s", res.Header.Get("Location"))
	}
	req, _ := http.NewRequest("GET", n.Base+"/maple/see", nil)
	req.Header.Set("Wholechart-Partial", "main")
	if res, _ := nobody.Do(req); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a region for nobody: %d", res.StatusCode)
	}
	if res, _ := b.Get("/elsewhere/see"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a site that is not: %d", res.StatusCode)
	}
	if done != 0 {
		t.Errorf("%d were done", done)
	}
}

func TestFailuresArePagesAndTellNothing(t *testing.T) {
	failures := map[string]struct {
		err    error
		status int
		says   string
	}{
		"refused":  {&record.Refused{Why: "a nurse may not see-audit"}, 403, "may not read the access log"},
		"gone":     {&record.Gone{}, 410, "Deleted"},
		"absent":   {record.ErrNotFound, 404, "Nothing here"},
		"moved":    {&record.VersionConflict{}, 409, "Nothing was overwritten"},
		"too much": {door.ErrTooMuch, 413, "larger than a form may be"},
		"no form":  {door.ErrForm, 400, "could not be read"},
		"broken":   {io.ErrUnexpectedEOF, 500, "Something broke here"},
	}
	n, _ := house(t, func(d *door.Door) {
		d.Handle("GET /{site}/fails", func(c *door.Call) { c.Failed(failures[c.R.FormValue("how")].err) })
	})
	b := n.User(doctor)
	for how, want := range failures {
		res, body := b.Get("/maple/fails?how=" + url.QueryEscape(how))
		if res.StatusCode != want.status || !strings.Contains(body, want.says) || strings.Contains(body, "unexpected EOF") {
			t.Errorf("%s: %d %s", how, res.StatusCode, body)
		}
		for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options"} {
			if res.Header.Get(h) == "" {
				t.Errorf("%s: no %s", how, h)
			}
		}
	}
}

func TestPlacesAndCommandsAreTheRoles(t *testing.T) {
	asked := 0
	mine := func(c *door.Call) bool { return c.Actor.Role == access.Physician }
	n, _ := house(t, func(d *door.Door) {
		d.Places = append(d.Places,
			door.Place{Order: 20, Label: "Second", Path: "home/second", Key: "g s"},
			door.Place{Order: 10, Label: "First", Path: "home", Key: "g f", Can: mine, Count: func(*door.Call) int { asked++; return 41 + asked }, Shows: door.Every("Task")})
		d.Commands = append(d.Commands,
			door.Command{Label: "Anybody's", Path: func(c *door.Call, _ string) string { return c.Path("home") }},
			door.Command{Label: "Of a patient", Words: "more words", On: "about", Patient: true, Can: mine, Path: func(c *door.Call, id string) string { return c.Path("patients", id, "x y") }})
	})
	doc, desk := n.User(doctor), n.User(front)
	page := doc.Open("/maple/home")
	if first, second := strings.Index(page, ">First"), strings.Index(page, ">Second"); first < 0 {
		if first = strings.Index(page, "First"); first < 0 || second >= 0 && second < first {
			t.Error("the places are not in their order")
		}
	}
	if !strings.Contains(page, `aria-current="page"`) || !strings.Contains(page, `<span class="count">42</span>`) {
		t.Error("the place that one is at is not said, or its number")
	}
	if strings.Contains(desk.Open("/maple/home"), "First") {
		t.Error("the desk sees a place of physicians")
	}
	// A number is counted again when what it depends on was written, and at once then.
	doc.Open("/maple/home")
	if asked != 1 {
		t.Errorf("it was counted %d times though nothing changed", asked)
	}
	n.Write("maple", `{"resourceType":"Task","id":"n1","status":"requested","intent":"order"}`)
	if page := doc.Open("/maple/home"); !strings.Contains(page, `<span class="count">43</span>`) {
		t.Error("what was just written is not counted")
	}

	offers := func(b *pagetest.Browser, at string) (labels []string) {
		res, body := b.Get("/maple/palette?at=" + url.QueryEscape(at))
		var got []struct{ Label, Href, Note string }
		if err := json.Unmarshal([]byte(body), &got); err != nil || res.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%v %s", err, body)
		}
		for _, o := range got {
			labels = append(labels, o.Label+" "+o.Href)
		}
		return labels
	}
	if got := offers(doc, "/maple/patients/rosa-delgado/results"); !slices.Contains(got, "Of a patient /maple/patients/rosa-delgado/x%20y") || !slices.Contains(got, "First /maple/home") {
		t.Errorf("%q", got)
	}
	for who, at := range map[*pagetest.Browser]string{doc: "/maple/patients/new", desk: "/maple/patients/rosa-delgado"} {
		if got := offers(who, at); slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "Of a patient") }) || !slices.Contains(got, "Anybody's /maple/home") {
			t.Errorf("at %s: %q", at, got)
		}
	}
	if got := offers(doc, "/riverside/patients/rosa-delgado"); len(got) != 3 {
		t.Errorf("another site's patient: %q", got)
	}
}

func TestFilesAreServedAsWritten(t *testing.T) {
	var css, js string
	body := []byte(strings.Repeat("a { color: red; }\n", 200))
	n, _ := house(t, func(d *door.Door) { css, js = d.File("room.css", body), d.File("room.js", []byte("let x = 1;")) })
	b := n.Visitor()
	for path, kind := range map[string]string{css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", door.LiveModule: "text/javascript; charset=utf-8"} {
		res, got := b.Get(path)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != kind || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") || path == css && got != string(body) {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
	}
	req, _ := http.NewRequest("GET", n.Base+css, nil)
	req.Header.Set("Accept-Encoding", "gzip")
	if res, got := b.Do(req); res.Header.Get("Content-Encoding") != "gzip" || len(got) >= len(body)/4 {
		t.Errorf("it is %d bytes", len(got))
	}
	if res, _ := b.Get(strings.Replace(css, "room", "other", 1)); res.StatusCode != 404 {
		t.Errorf("another name: %d", res.StatusCode)
	}
	if door.FileURL("room.css", body) != css || door.FileURL("room.css", append(body, ' ')) == css {
		t.Error("the address does not follow the content")
	}
}

func TestUndoTakesBackTheLastActOfItsAuthorSoon(t *testing.T) {
	late := time.Duration(0)
	n := pagetest.New(t, []string{"maple"}, nil)
	n.Load("maple")
	d := door.New(door.Config{Records: n.Records, Auth: n.Auth, Clock: func() time.Time { return pagetest.Anchor.Add(late) }})
	d.HandleOpen("POST /{site}/signin", signIn(n))
	d.Handle("GET /{site}/home", func(c *door.Call) { c.Show(c.Page("Home"), web.Refusal("Home", "", web.Link{})) })
	h, err := d.Handler()
	if err != nil {
		t.Fatal(err)
	}
	n.Serve(h)
	doc, other := n.User(doctor), n.User(nurse)
	s := n.Records.As(access.Actor{Kind: access.User, ID: "okonkwo", Site: "maple", Role: access.Physician, Who: "Practitioner/okonkwo", Purpose: access.Treatment}, access.EMR)
	put := func(text string) (version string) {
		t.Helper()
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Transact(t.Context(), []record.Act{{Op: record.Update, Type: "Task", ID: d.Root().ID(), Resource: d.Root()}})
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Resource.Version
	}
	status := func() string {
		r, err := s.Read(t.Context(), "Task", "u")
		if err != nil {
			t.Fatal(err)
		}
		return r.Node().Get("status").Str()
	}
	task := func(status string) string {
		return `{"resourceType":"Task","id":"u","status":"` + status + `","intent":"order","owner":{"reference":"Practitioner/okonkwo"},"for":{"reference":"Patient/rosa-delgado"}}`
	}
	undo := func(b *pagetest.Browser, version, back string) (*http.Response, string) {
		return b.Post("/maple/undo", url.Values{"type": {"Task"}, "id": {"u"}, "version": {version}, "back": {back}})
	}
	v1 := put(task("requested"))
	v2 := put(task("completed"))
	for _, c := range []struct {
		name, version, says string
		who                 *pagetest.Browser
		late                time.Duration
	}{
		{"an older version", v1, "changed again", doc, 0},
		{"somebody else's", v2, "somebody else did that", other, 0},
		{"after a quarter of an hour", v2, "longer ago", doc, 16 * time.Minute},
	} {
		late = c.late
		if _, body := undo(c.who, c.version, "/maple/home"); !strings.Contains(body, c.says) || status() != "completed" {
			t.Errorf("%s: %s", c.name, status())
		}
	}
	late = 0
	res, body := undo(doc, v2, "https://evil.example/")
	if status() != "requested" || !strings.Contains(res.Request.URL.String(), n.Base) {
		t.Errorf("undone: %s at %s: %s", status(), res.Request.URL, body)
	}
	// What was new is marked as entered in error; what no page makes cannot be undone here.
	first := put(strings.Replace(task("requested"), `"u"`, `"w"`, 1))
	if _, body := doc.Post("/maple/undo", url.Values{"type": {"Task"}, "id": {"w"}, "version": {first}, "back": {"/maple/home"}}); !strings.Contains(body, "entered in error") {
		t.Error("a new task is not withdrawn")
	}
	if _, body := doc.Post("/maple/undo", url.Values{"type": {"Appointment"}, "id": {"rosa-today"}, "version": {"1"}, "back": {"/maple/home"}}); !strings.Contains(body, "cannot be undone here") {
		t.Error("an appointment is undone")
	}
}

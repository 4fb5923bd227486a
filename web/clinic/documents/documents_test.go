package documents

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/chart/document"
	"wholechart/internal/pagetest"
	"wholechart/search"
	"wholechart/web/clinic"
)

var (
	lena = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/okonkwo"}
	tom  = auth.User{Site: "maple", Name: "reyes", FullName: "Tomás Reyes, RN", Role: access.Nurse, Who: "Practitioner/reyes"}
	desk = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

const (
	rosa   = "/maple/patients/rosa-delgado"
	harold = "/maple/patients/harold-whitman"
	aPDF   = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R>>endobj\n4 0 obj<</Length 44>>stream\nBT /F1 12 Tf (Echocardiogram of the left ventricle) Tj ET\nendstream endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
)

func house(t testing.TB) *pagetest.Node {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "riverside"}, nil)
	n.Load("maple", "riverside")
	n.Clock = func() time.Time { return pagetest.Anchor }
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p)
	n.Serve(p)
	return n
}

type upload struct {
	name string
	data []byte
}

// send posts files with what is typed about them.
func send(t testing.TB, b *pagetest.Browser, patient string, form url.Values, files ...upload) (*http.Response, string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range form {
		_ = w.WriteField(k, v[0])
	}
	for _, f := range files {
		part, err := w.CreateFormFile("file", f.name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(f.data)
	}
	_ = w.Close()
	req, err := http.NewRequest("POST", b.Node.Base+patient+"/upload", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.Do(req)
}

var consult = url.Values{"kind": {"11488-4"}, "date": {"2026-11-02"}, "author": {"Aaron Feld, MD"}, "source": {"Lakeside Cardiology"}}

func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func has(t testing.TB, body string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(body, w) {
			t.Errorf("no %q in the page", w)
		}
	}
}

func hasNot(t testing.TB, body string, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(body, w) {
			t.Errorf("%q is in the page", w)
		}
	}
}

var hidden = regexp.MustCompile(`name="([a-z]+)" value="([^"]*)"`)

func field(body, name string) string {
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		if m[1] == name {
			return m[2]
		}
	}
	return ""
}

var docPath = regexp.MustCompile(`/patients/[a-z-]+/library/[0-9a-f]{32}`)

func TestUploadListOpen(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	has(t, b.Open(rosa+"/upload"), `enctype="multipart/form-data"`, "PDF, PNG, JPEG, TIFF and plain text; 20 MB each, 10 at once")
	res, body := send(t, b, rosa, consult, upload{"../Consult مريم 🙂.html", []byte(aPDF)}, upload{"rash.png", picture(t, 900, 600)})
	if res.StatusCode != 200 || !strings.Contains(res.Request.URL.RawQuery, "kept=") {
		t.Fatalf("%d %s: %.300s", res.StatusCode, res.Request.URL, body)
	}
	has(t, body, "2 documents are in the chart now", "Consult مريم 🙂", "rash", "Consultation letter", "from Lakeside Cardiology", "lib-fresh", "Aaron Feld, MD")
	// Found by its kind, by a word of its text, not by another.
	has(t, b.Open(rosa+"/library?q=echocardiogram+LEFT"), "<mark>Echocardiogram</mark>", "1 document<")
	has(t, b.Open(rosa+"/library?q=nothing-like-this"), "Nothing in this record has these words")
	has(t, b.Open(rosa+"/library?kind=11488-4"), "Consult", "2 documents<")

	links := docPath.FindAllString(body, -1)
	var pdf, img string
	for _, l := range links {
		p := "/maple" + l
		switch page := b.Open(p); {
		case strings.Contains(page, "PDF, 1 page"):
			pdf = p
			has(t, page, "2 Nov 2026", "Lakeside Cardiology", "Aaron Feld, MD", "Download")
			hasNot(t, page, "<img src=\""+p)
		case strings.Contains(page, "PNG image"):
			img = p
			has(t, page, `<img src="`+p+`/preview"`)
		}
	}
	if pdf == "" || img == "" {
		t.Fatalf("%v", links)
	}
	content := strings.Replace(pdf, "/library/", "/fact/DocumentReference/", 1) + "/content/0"
	res, got := b.Get(content)
	if got != aPDF || res.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") ||
		res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v %.60q", res.StatusCode, res.Header, got)
	}
	res, got = b.Get(img + "/preview?size=small")
	if res.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(got, "\xff\xd8\xff") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	if res, _ = b.Get(pdf + "/preview"); res.StatusCode != 404 {
		t.Errorf("a PDF has a preview: %d", res.StatusCode)
	}
	// Not under another patient's name, not for the desk.
	if res, _ = b.Get(strings.Replace(pdf, "rosa-delgado", "harold-whitman", 1)); res.StatusCode != 404 {
		t.Errorf("another patient's address: %d", res.StatusCode)
	}
	d := n.User(desk)
	for _, p := range []string{rosa + "/upload", pdf, img + "/preview", content, rosa + "/letters/new"} {
		if res, _ := d.Get(p); res.StatusCode != 403 && res.StatusCode != 404 {
			t.Errorf("front desk, %s: %d", p, res.StatusCode)
		}
	}
	// The Binary is of the patient.
	id := pdf[strings.LastIndex(pdf, "/")+1:]
	r, err := n.System("maple").Read(t.Context(), "Binary", id)
	if err != nil {
		t.Fatal(err)
	}
	if ex, err := search.Extract(r.Node()); err != nil || ex.Patient == nil || ex.Patient.ID != "rosa-delgado" {
		t.Errorf("%v, %v", ex.Patient, err)
	}
	for _, action := range []string{"create", "read"} {
		if !regexp.MustCompile(`"actor":"okonkwo"[^\n]*"action":"` + action + `","type":"Binary"`).MatchString(n.Noted()) {
			t.Errorf("not noted: %s of a Binary: %v", action, regexp.MustCompile(`[^\n]*"Binary"[^\n]*`).FindAllString(n.Noted(), 3))
		}
	}
}

// A Binary of one patient is not for another, nor for an organisation that was not
// granted that patient.
func TestBinaryIsGuarded(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	_, body := send(t, b, rosa, consult, upload{"x.pdf", []byte(aPDF)})
	id := docPath.FindString(body)
	id = id[strings.LastIndex(id, "/")+1:]
	for _, a := range []access.Actor{
		{Kind: access.Patient, ID: "harold", Site: "maple", Purpose: access.Request, Patients: []string{"harold-whitman"}},
		{Kind: access.Peer, ID: "lakeside", Site: "maple", Purpose: access.Treatment, Patients: []string{"harold-whitman"}},
	} {
		if _, err := n.Records.As(a, access.EMR).Read(t.Context(), "Binary", id); err == nil {
			t.Errorf("%s of another patient reads it", a.Kind)
		}
	}
	if _, err := n.Records.As(access.Actor{Kind: access.Patient, ID: "rosa", Site: "maple", Purpose: access.Request, Patients: []string{"rosa-delgado"}}, access.EMR).Read(t.Context(), "Binary", id); err != nil {
		t.Errorf("the patient herself: %v", err)
	}
}

func TestUploadRefuses(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	res, body := send(t, b, rosa, consult, upload{"a.pdf", []byte("<html><script>x</script>")}, upload{"ok.txt", []byte("fine")}, upload{"b.png", []byte("PK\x03\x04")}, upload{"<svg>.pdf", []byte("<svg onload=x()>")})
	if res.StatusCode != 422 {
		t.Fatalf("%d", res.StatusCode)
	}
	has(t, body, "an HTML page", "a ZIP archive", "an SVG image", "ok.txt", "kept", `value="Aaron Feld, MD"`, `value="2026-11-02"`)
	hasNot(t, body, "<svg onload", "<script>x")
	// The same content again is told, and kept when that is wanted.
	res, body = send(t, b, rosa, consult, upload{"again.txt", []byte("fine")})
	if res.StatusCode != 422 || !strings.Contains(body, "The same content is in this chart already") || !strings.Contains(body, `name="twice"`) {
		t.Errorf("%d", res.StatusCode)
	}
	if res, _ = send(t, b, harold, consult, upload{"again.txt", []byte("fine")}); res.StatusCode != 200 {
		t.Errorf("another patient's is no duplicate: %d", res.StatusCode)
	}
	twice := url.Values{"kind": {"34109-9"}, "twice": {"1"}}
	if res, _ = send(t, b, rosa, twice, upload{"again.txt", []byte("fine")}); res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	}
	// What is typed wrong is said before anything is kept.
	before := len(docPath.FindAllString(b.Open(rosa+"/library"), -1))
	for name, c := range map[string]struct{ field, value, say string }{
		"no kind":    {"kind", "", "Choose what kind"},
		"made up":    {"kind", "1-1", "Choose what kind"},
		"impossible": {"date", "2026-02-30", "Not a date"},
		"future":     {"date", "2027", "in the future"},
		"long ago":   {"date", "1066-10-14", "before anybody"},
		"long":       {"title", strings.Repeat("ü", 130), "At most 120 characters; there are 130"},
		"turned":     {"author", "a\u202eb", "Control characters"},
		"no visit":   {"visit", "ghost", "Choose a visit"},
		"label":      {"label", "TOP", "Choose one of the list"},
	} {
		form := url.Values{}
		for k, v := range consult {
			form[k] = v
		}
		form.Set(c.field, c.value)
		res, body := send(t, b, rosa, form, upload{"new.txt", []byte("new " + name)})
		if res.StatusCode != 422 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
		has(t, body, c.say, "choose the files again")
	}
	if after := len(docPath.FindAllString(b.Open(rosa+"/library"), -1)); after != before {
		t.Errorf("%d links before, %d after", before, after)
	}
	if res, body = send(t, b, rosa, consult); res.StatusCode != 422 || !strings.Contains(body, "Choose a file.") {
		t.Errorf("%d", res.StatusCode)
	}
	if res, _ = b.Post(rosa+"/upload", consult); res.StatusCode != 400 {
		t.Errorf("no multipart: %d", res.StatusCode)
	}
}

func TestUploadBounds(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	full := bytes.Repeat([]byte("0123456789abcde\n"), document.MaxFile/16)
	res, body := send(t, b, rosa, consult, upload{"full.txt", full})
	if res.StatusCode != 200 {
		t.Fatalf("20 MB: %d %.300s", res.StatusCode, body)
	}
	path := strings.Replace(docPath.FindString(body), "/library/", "/fact/DocumentReference/", 1) + "/content/0"
	if _, got := b.Get("/maple" + path); got != string(full) {
		t.Errorf("%d bytes came back", len(got))
	}
	res, body = send(t, b, rosa, consult, upload{"over.txt", append(full, '!')}, upload{"small.txt", []byte("small")})
	if res.StatusCode != 422 || !strings.Contains(body, "larger than 20 MB") || !strings.Contains(body, "kept") {
		t.Errorf("20 MB and a byte: %d", res.StatusCode)
	}
	var many []upload
	for i := range 12 {
		many = append(many, upload{fmt.Sprintf("f%d.txt", i), fmt.Appendf(nil, "file %d", i)})
	}
	if res, body = send(t, b, rosa, consult, many[:10]...); res.StatusCode != 200 || !strings.Contains(body, "10 documents are in the chart now") {
		t.Errorf("ten: %d", res.StatusCode)
	}
	if res, body = send(t, b, harold, consult, many...); res.StatusCode != 422 || strings.Count(body, "At most 10 files at once") != 2 {
		t.Errorf("twelve: %d", res.StatusCode)
	}
}

func TestCorrectErrorMove(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	_, body := send(t, b, rosa, consult, upload{"x.pdf", []byte(aPDF)})
	at := "/maple" + docPath.FindString(body)
	page := b.Open(at)
	form := url.Values{"version": {field(page, "version")}, "title": {"Cardiology consult"}, "kind": {"11488-4"}, "date": {"2026-11"}, "author": {"A. Feld"}, "label": {"R"}}
	res, page := b.Post(at, form)
	if res.StatusCode != 200 {
		t.Fatalf("%d: %.300s", res.StatusCode, page)
	}
	has(t, page, "Cardiology consult", "Nov 2026", "A. Feld", "Restricted", "Corrected.")
	hasNot(t, page, "<dt>From outside</dt>")
	id := at[strings.LastIndex(at, "/")+1:]
	if r, err := n.System("maple").Read(t.Context(), "Binary", id); err != nil || search.LabelBits(r.Node()) == 0 {
		t.Errorf("the file does not bear the label: %v", err)
	}
	// Less confidential again only with why, which the log keeps.
	less := url.Values{"version": {field(page, "version")}, "title": {"Cardiology consult"}, "kind": {"11488-4"}, "date": {"2026-11"}, "author": {"A. Feld"}, "label": {""}}
	if res, said := b.Post(at, less); res.StatusCode != 422 || !strings.Contains(said, "Say why it is less confidential") {
		t.Errorf("a label without why: %d", res.StatusCode)
	}
	less.Set("lessen", "She asked that her cardiologist may have it")
	res, page = b.Post(at, less)
	if res.StatusCode != 200 || strings.Contains(page, "Restricted</dd>") {
		t.Errorf("a label with why: %d", res.StatusCode)
	}
	if r, err := n.System("maple").Read(t.Context(), "Binary", id); err != nil || search.LabelBits(r.Node()) != 0 {
		t.Errorf("the file bears the label still: %v", err)
	}
	less.Set("version", field(page, "version"))
	less.Set("label", "R")
	less.Set("lessen", "")
	if res, _ = b.Post(at, less); res.StatusCode != 200 {
		t.Errorf("put on again: %d", res.StatusCode)
	}
	// An old version is a conflict that keeps what was typed.
	form.Set("title", "Mine")
	res, page = b.Post(at, form)
	if res.StatusCode != 409 {
		t.Errorf("%d", res.StatusCode)
	}
	has(t, page, `value="Mine"`, "Title, theirs", "Cardiology consult")
	form.Set("version", field(page, "version"))
	form.Set("date", "2026-13-01")
	if res, page = b.Post(at, form); res.StatusCode != 422 || !strings.Contains(page, `value="2026-13-01"`) {
		t.Errorf("%d", res.StatusCode)
	}

	// To another patient: found by name, confirmed, with a reason.
	res, page = b.Post(at+"/move", url.Values{"who": {"Whitman"}, "act": {"find"}})
	if res.StatusCode != 200 {
		t.Fatalf("%d", res.StatusCode)
	}
	has(t, page, `value="harold-whitman"`, "Here it is marked as entered in error")
	move := url.Values{"who": {"Whitman"}, "act": {"move"}, "version": {field(page, "version")}}
	if res, page = b.Post(at+"/move", move); res.StatusCode != 422 || !strings.Contains(page, "Choose whose document it is") {
		t.Errorf("%d", res.StatusCode)
	}
	move.Set("to", "harold-whitman")
	if res, page = b.Post(at+"/move", move); res.StatusCode != 422 || !strings.Contains(page, "Say why") {
		t.Errorf("%d", res.StatusCode)
	}
	move.Set("why", "Scanned under the wrong name")
	if res, page = b.Post(at+"/move", move); res.StatusCode != 200 {
		t.Fatalf("%d: %.300s", res.StatusCode, page)
	}
	has(t, page, "Moved:", "1 entered in error")
	has(t, b.Open(at), "entered in error", "Scanned under the wrong name", "Lena Okonkwo")
	has(t, b.Open(rosa+"/library?state=error"), "Cardiology consult")
	there := b.Open(harold + "/library?q=cardiology")
	has(t, there, "Cardiology consult", "Restricted")
	link := docPath.FindString(there)
	content := "/maple" + strings.Replace(link, "/library/", "/fact/DocumentReference/", 1) + "/content/0"
	if _, got := b.Get(content); got != aPDF {
		t.Errorf("the file did not move: %.80q", got)
	}

	// In error needs a reason, and then nothing more is changed.
	at = "/maple" + link
	version := field(b.Open(at), "version")
	if res, page = b.Post(at+"/error", url.Values{"version": {version}, "why": {" "}}); res.StatusCode != 422 || !strings.Contains(page, "Say why") {
		t.Errorf("%d", res.StatusCode)
	}
	if res, _ = b.Post(at+"/error", url.Values{"version": {version}, "why": {"Not his"}}); res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	}
	if _, page = b.Post(at, url.Values{"version": {"2"}, "title": {"Again"}, "kind": {"11488-4"}}); !strings.Contains(page, "is entered in error already") {
		t.Error("what is in error was changed")
	}
}

func TestLetter(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	has(t, b.Open(rosa+"/letters/new"), "Referral letter", "Immunisation record", "After-visit summary")
	res, page := b.Post(rosa+"/letters", url.Values{"template": {"referral"}, "facts": {"whole"}})
	if res.StatusCode != 200 || !strings.Contains(res.Request.URL.Path, "/letters/") {
		t.Fatalf("%d %s: %.300s", res.StatusCode, res.Request.URL, page)
	}
	at := res.Request.URL.Path
	has(t, page, "reason: ", "Re: Rosa Delgado, born 14 Mar 1958", "# Allergies", "Penicillin", "recorded by Riverside", "to fill in")
	key, rev := field(page, "key"), field(page, "rev")
	form := url.Values{"key": {key}, "rev": {rev}, "title": {"Referral to cardiology"}, "to": {"Aaron Feld, MD\nLakeside"}, "body": {"Dear colleague,\n\n# Question\nIs *** right? María 李"}, "act": {"sign"}}
	res, page = b.Post(at, form)
	if res.StatusCode != 422 {
		t.Fatalf("signed with a gap: %d", res.StatusCode)
	}
	has(t, page, "still to be filled in", "María 李", "cannot print <bdi>李</bdi>", "Referral to cardiology")
	// It was saved on the way; an old revision is a conflict.
	form.Set("body", "Mine")
	if res, page = b.Post(at, form); res.StatusCode != 409 || !strings.Contains(page, "Mine") || !strings.Contains(page, "María 李") {
		t.Errorf("%d", res.StatusCode)
	}
	form.Set("rev", field(page, "rev"))
	form.Set("body", "Dear colleague,\n\n# Question\nIs this atrial fibrillation? María 李\n- first\n- second")
	form.Set("send", "by fax to Lakeside")
	if res, page = b.Post(rosa+"/letters/"+at[strings.LastIndex(at, "/")+1:], form); res.StatusCode != 200 {
		t.Fatalf("%d: %.500s", res.StatusCode, page)
	}
	has(t, page, "Signed. A task asks to send it.", "Signed by Lena Okonkwo, MD", "Is this atrial fibrillation? María 李", "<h2 dir=\"auto\">Question</h2>", "PDF, 1 page", "Referral letter")
	signed := res.Request.URL.Path
	_, pdf := b.Get(strings.Replace(signed, "/library/", "/fact/DocumentReference/", 1) + "/content/1")
	if !strings.HasPrefix(pdf, "%PDF-") {
		t.Fatalf("%.40q", pdf)
	}
	if tool, err := exec.LookPath("pdftotext"); err != nil {
		t.Log("pdftotext is not installed: the text of the PDF was not read")
	} else {
		file := filepath.Join(t.TempDir(), "x.pdf")
		_ = os.WriteFile(file, []byte(pdf), 0o600)
		text, err := exec.Command(tool, "-layout", file, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		has(t, string(text), "Rosa Delgado · MRN", "Maple Street Family Practice", "María [U+674E]", "1 of 1", "Signed electronically on 22 Nov 2026, 10:24 EST", "Demonstration")
	}
	has(t, b.Open(signed+"/print"), "Referral to cardiology", "<li dir=\"auto\">first</li>", "Signed electronically by Lena Okonkwo, MD")
	has(t, b.Open(rosa+"/library?q=fibrillation"), "Referral to cardiology", "signed")
	if strings.Count(b.Open(rosa+"/library"), "Being written") != 0 {
		t.Error("the draft is still there")
	}
	// What is signed is not changed; twice is once.
	if res, _ = b.Post(signed, url.Values{"version": {"1"}, "title": {"x"}, "kind": {"57133-1"}}); res.StatusCode != 403 {
		t.Errorf("%d", res.StatusCode)
	}
	if _, page = b.Post(at, form); !strings.Contains(page, "was signed or dropped") {
		t.Error("signed twice")
	}
}

func TestLetterBadInput(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	if res, page := b.Post(rosa+"/letters", url.Values{"template": {"nonsense"}}); res.StatusCode != 422 || !strings.Contains(page, "Choose what to write") {
		t.Errorf("%d", res.StatusCode)
	}
	if res, page := b.Post(rosa+"/letters", url.Values{"template": {"after-visit"}}); res.StatusCode != 422 || !strings.Contains(page, "Choose the visit") {
		t.Errorf("%d", res.StatusCode)
	}
	if res, _ := b.Post(rosa+"/letters", url.Values{"template": {"after-visit"}, "visit": {"ghost"}}); res.StatusCode != 422 {
		t.Errorf("%d", res.StatusCode)
	}
	res, page := b.Post(rosa+"/letters", url.Values{"template": {"blank"}})
	at := res.Request.URL.Path
	form := url.Values{"key": {field(page, "key")}, "rev": {field(page, "rev")}, "title": {""}, "body": {"kept text <script>x()</script>"}, "act": {"save"}}
	if res, page = b.Post(at, form); res.StatusCode != 422 {
		t.Errorf("%d", res.StatusCode)
	}
	has(t, page, "Give it a title", "kept text &lt;script&gt;")
	form.Set("title", "x")
	form.Set("body", strings.Repeat("a", document.MaxBody+1))
	if res, page = b.Post(at, form); res.StatusCode != 422 || !strings.Contains(page, "At most 100 kB") {
		t.Errorf("%d", res.StatusCode)
	}
	form.Set("body", strings.Repeat("a", 11<<20))
	if res, _ = b.Post(at, form); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("10 MB: %d", res.StatusCode)
	}
	// Another's address; another patient's.
	if res, _ = b.Get(strings.Replace(at, "rosa-delgado", "harold-whitman", 1) + "/draft.pdf"); res.StatusCode != 404 {
		t.Errorf("%d", res.StatusCode)
	}
	form.Set("act", "drop")
	form.Set("body", "x")
	form.Set("rev", "1")
	if _, page = b.Post(at, form); !strings.Contains(page, "dropped") {
		t.Error("not dropped")
	}
}

// gradient is a picture with something to see.
func gradient(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 900, 600))
	for y := range 600 {
		for x := range 900 {
			img.Set(x, y, color.RGBA{uint8(x * 255 / 900), uint8(y * 200 / 600), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var bodyArea = regexp.MustCompile(`(?s)<textarea[^>]*name="body"[^>]*>(.*?)</textarea>`)

// textOf is the letter in the editor.
func textOf(page string) string {
	m := bodyArea.FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// What is confidential in a record makes a letter that is filled from it restricted.
func TestLetterOfConfidentialFacts(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	_, page := b.Post(harold+"/letters", url.Values{"template": {"referral"}})
	hasNot(t, page, "This record has confidential facts")
	n.Write("maple", `{"resourceType":"Condition","id":"psy1","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Panic disorder"},"subject":{"reference":"Patient/harold-whitman"}}`)
	res, page := b.Post(harold+"/letters", url.Values{"template": {"referral"}})
	has(t, page, "This record has confidential facts", `value="R" selected`, "Panic disorder")
	form := url.Values{"key": {field(page, "key")}, "rev": {field(page, "rev")}, "title": {"Referral"}, "body": {"Text"}, "label": {"R"}, "act": {"sign"}}
	res, _ = b.Post(res.Request.URL.Path, form)
	id := res.Request.URL.Path[strings.LastIndex(res.Request.URL.Path, "/")+1:]
	for _, typ := range []string{"DocumentReference", "Binary"} {
		if r, err := n.System("maple").Read(t.Context(), typ, id); err != nil || search.LabelBits(r.Node())&search.LabelRestricted == 0 {
			t.Errorf("%s is not restricted: %v", typ, err)
		}
	}
}

// An after-visit summary says what the visit holds and what it does not.
func TestAfterVisit(t *testing.T) {
	n := house(t)
	b := n.User(tom)
	n.Write("maple",
		`{"resourceType":"Encounter","id":"v9","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/harold-whitman"},"reasonCode":[{"text":"Sore throat"}],"period":{"start":"2026-11-22T09:00:00-05:00","end":"2026-11-22T09:20:00-05:00"}}`,
		`{"resourceType":"Observation","id":"v9t","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8310-5"}],"text":"Temperature"},"subject":{"reference":"Patient/harold-whitman"},"encounter":{"reference":"Encounter/v9"},"effectiveDateTime":"2026-11-22T09:05:00-05:00","valueQuantity":{"value":38.4,"unit":"°C","system":"http://unitsofmeasure.org","code":"Cel"}}`,
		`{"resourceType":"MedicationRequest","id":"v9m","status":"active","intent":"order","medicationCodeableConcept":{"text":"Amoxicillin 500 mg"},"subject":{"reference":"Patient/harold-whitman"},"encounter":{"reference":"Encounter/v9"},"authoredOn":"2026-11-22","dosageInstruction":[{"text":"1 capsule twice a day for 10 days"}]}`,
		`{"resourceType":"ServiceRequest","id":"v9s","status":"active","intent":"order","code":{"text":"Throat culture"},"subject":{"reference":"Patient/harold-whitman"},"encounter":{"reference":"Encounter/v9"}}`,
		`{"resourceType":"Composition","id":"v9c","status":"final","type":{"coding":[{"system":"http://loinc.org","code":"11506-3"}]},"subject":{"reference":"Patient/harold-whitman"},"encounter":{"reference":"Encounter/v9"},"date":"2026-11-22T09:20:00-05:00","author":[{"display":"Lena Okonkwo, MD"}],"title":"Progress note","section":[{"title":"Assessment and plan","code":{"coding":[{"system":"http://loinc.org","code":"51847-2"}]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Rest and fluids. Come back on Friday.</p></div>"}}]}`)
	has(t, b.Open(harold+"/letters/new?template=after-visit&visit=v9"), `value="v9" selected`)
	res, page := b.Post(harold+"/letters", url.Values{"template": {"after-visit"}, "visit": {"v9"}})
	if res.StatusCode != 200 {
		t.Fatalf("%d: %.300s", res.StatusCode, page)
	}
	text := textOf(page)
	has(t, text, "Sore throat", "Temperature 38.4 °C", "START or CHANGE: Amoxicillin 500 mg, 1 capsule twice a day for 10 days", "Throat culture", "Rest and fluids. Come back on Friday.", "No result came in at this visit.", "visit on 22 Nov 2026")
	hasNot(t, text, document.Marker)
	// A visit of which nothing is written says so, and is not signed as it is.
	n.Write("maple", `{"resourceType":"Encounter","id":"v8","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/harold-whitman"},"period":{"start":"2026-11-20T09:00:00-05:00"}}`)
	_, page = b.Post(harold+"/letters", url.Values{"template": {"after-visit"}, "visit": {"v8"}})
	has(t, textOf(page), "# Why you came\nNot recorded.", "Nothing was measured at this visit, or it is not recorded.", "*** The note of this visit says nothing of a plan")
	// Of another patient's visit nothing is written.
	if res, _ = b.Post(rosa+"/letters", url.Values{"template": {"after-visit"}, "visit": {"v9"}}); res.StatusCode != 422 {
		t.Errorf("%d", res.StatusCode)
	}
}

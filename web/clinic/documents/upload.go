package documents

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/document"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// Bounds of one upload: of files, and of all their bytes with the form's.
const (
	maxFiles  = 10
	maxUpload = maxFiles*document.MaxFile + 1<<20
	maxField  = 8 << 10
	maxWait   = 10 * time.Minute // for a slow line to send all
)

// kept is what became of one file.
type kept struct {
	Name  string
	Title string
	Error string
	Href  string // where it is, kept now or before
	Was   bool   // the same content was there already
}

// uploading is the form at the side.
type uploading struct {
	Action, Back string
	Entry        document.Entry
	Twice        bool // keep it though the same content is there
	Errors       document.Wrong
	Error        string
	Results      []kept
	Kept         int
	Visits       []web.Option
	Max          string
	MaxBytes     int
	MaxFiles     int
}

func (h *room) uploadPage(c *door.Call) {
	if allowed(c) {
		e := document.Entry{Encounter: c.R.FormValue("visit"), Kind: c.R.FormValue("kind")}
		h.showUpload(c, http.StatusOK, uploading{Entry: e})
	}
}

func (h *room) showUpload(c *door.Call, status int, u uploading) {
	p, err := h.pages.Patient(c, access.EMR, "DocumentReference")
	if err != nil {
		c.Failed(err)
		return
	}
	u.Action, u.Back = p.ChartHref("upload"), p.ChartHref("library")
	u.Visits = visits(p)
	u.Max, u.MaxBytes, u.MaxFiles = fmt.Sprintf("%d MB", document.MaxFile>>20), document.MaxFile, maxFiles
	page := frame(p, "Upload")
	page.Side = uploadSide(u)
	p.Show(status, page, libraryMain(h.shelf(c, p, asked{})))
}

// visits are those of this site that a document may belong to, the newest first.
func visits(p *clinic.Patient) []web.Option {
	out := []web.Option{{Value: "", Label: "No visit"}}
	for _, e := range p.Chart().Encounters {
		if !e.Source.Own || e.Cancelled || len(out) > 40 {
			continue
		}
		out = append(out, web.Option{Value: e.ID, Label: strings.TrimSpace(p.When(e.When) + " " + first(visitName(e), 60))})
	}
	return out
}

func visitName(e chart.Encounter) string {
	for _, s := range []string{e.Reason, e.Type, e.Kind} {
		if s != "" {
			return s
		}
	}
	return "visit"
}

func first(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}

// upload keeps files as they come: each by itself, so that one that is refused
// does not take the others with it. Fields stand before files in the form.
func (h *room) upload(c *door.Call) {
	if !allowed(c) {
		return
	}
	s := c.Session(access.EMR)
	if _, err := s.Read(c.R.Context(), "Patient", c.R.PathValue("id")); err != nil {
		c.Failed(err)
		return
	}
	select {
	case h.heavy <- struct{}{}:
		defer func() { <-h.heavy }()
	case <-c.R.Context().Done():
		return
	}
	_ = http.NewResponseController(c.W).SetReadDeadline(time.Now().Add(maxWait)) // a recorder has none
	body := http.MaxBytesReader(c.W, c.R.Body, maxUpload)
	c.R.Body = body
	u := uploading{Errors: document.Wrong{}}
	err := h.receive(c, s, &u)
	if err != nil || len(u.Errors) > 0 {
		_, _ = io.Copy(io.Discard, body) // else the browser, still sending, would not see the answer
	}
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		u.Error = fmt.Sprintf("Too much at once: at most %d files of %d MB each. What is listed as kept was kept.", maxFiles, document.MaxFile>>20)
		h.showUpload(c, http.StatusRequestEntityTooLarge, u)
	case errors.Is(err, errBroken):
		u.Error = "The upload broke off. What is listed as kept was kept; send the rest again."
		h.showUpload(c, http.StatusBadRequest, u)
	case err != nil:
		c.Failed(err)
	case len(u.Errors) > 0:
		h.showUpload(c, http.StatusUnprocessableEntity, u)
	case len(u.Results) == 0:
		u.Errors["file"] = "Choose a file."
		h.showUpload(c, http.StatusUnprocessableEntity, u)
	case u.Kept < len(u.Results):
		h.showUpload(c, http.StatusUnprocessableEntity, u)
	default:
		ids := make([]string, len(u.Results))
		for i, r := range u.Results {
			ids[i] = r.Href[strings.LastIndex(r.Href, "/")+1:]
		}
		c.Done(c.Path("patients", c.R.PathValue("id"), "library")+"?kept="+url.QueryEscape(strings.Join(ids, ",")), web.Flash{})
	}
}

var errBroken = errors.New("the upload broke off")

// receive reads the parts of the form in their order.
func (h *room) receive(c *door.Call, s record.Session, u *uploading) error {
	parts, err := c.R.MultipartReader()
	if err != nil {
		return door.ErrForm
	}
	checked := false
	for fields := 0; ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			if !checked {
				h.check(c, s, u)
			}
			return nil
		}
		if err != nil {
			return broken(err)
		}
		if part.FormName() != "file" {
			if fields++; fields > 20 {
				return door.ErrForm
			}
			value, err := io.ReadAll(io.LimitReader(part, maxField+1))
			if err != nil {
				return broken(err)
			}
			u.take(part.FormName(), strings.TrimSpace(strings.ToValidUTF8(string(value), "")))
			continue
		}
		if !checked {
			h.check(c, s, u)
			checked = true
		}
		if len(u.Errors) > 0 {
			return nil
		}
		if part.FileName() == "" { // nothing was chosen
			continue
		}
		if len(u.Results) >= maxFiles {
			u.Results = append(u.Results, kept{Name: document.FileName(part.FileName(), ""), Error: fmt.Sprintf("At most %d files at once: send it again by itself.", maxFiles)})
			if len(u.Results) > 2*maxFiles {
				return nil
			}
			continue
		}
		r, err := h.keepOne(c, s, u, part)
		if err != nil {
			return err
		}
		if r.Error == "" {
			u.Kept++
		}
		u.Results = append(u.Results, r)
	}
}

func broken(err error) error {
	if errors.As(err, new(*http.MaxBytesError)) {
		return err
	}
	return errors.Join(errBroken, err)
}

func (u *uploading) take(name, value string) {
	switch name {
	case "title":
		u.Entry.Title = value
	case "kind":
		u.Entry.Kind = value
	case "date":
		u.Entry.Date = value
	case "author":
		u.Entry.Author = value
	case "visit":
		u.Entry.Encounter = value
	case "source":
		u.Entry.Outside = value
	case "label":
		u.Entry.Label = value
	case "twice":
		u.Twice = value != ""
	}
}

// check looks at the fields before the first file is read.
func (h *room) check(c *door.Call, s record.Session, u *uploading) {
	u.Errors = wrong(c, s, u.Entry)
}

// wrong are the mistakes of what was typed about a document.
func wrong(c *door.Call, s record.Session, e document.Entry) document.Wrong {
	w := document.Wrong{}
	errors.As(e.Check(c.Now.In(c.Zone)), &w)
	if e.Encounter != "" {
		if r, err := s.Read(c.R.Context(), "Encounter", e.Encounter); err != nil || !of(c, r.Node(), c.R.PathValue("id")) {
			w["visit"] = "Choose a visit of this patient."
		}
	}
	return w
}

// keepOne keeps one file, or says why not.
func (h *room) keepOne(c *door.Call, s record.Session, u *uploading, part *multipart.Part) (kept, error) {
	data, err := io.ReadAll(io.LimitReader(part, document.MaxFile+1))
	if err != nil {
		return kept{}, broken(err)
	}
	r := kept{Name: document.FileName(part.FileName(), "")}
	found, err := document.Sniff(data)
	if err != nil {
		r.Error = err.Error()
		return r, nil
	}
	f := document.File{Found: found, Name: document.FileName(part.FileName(), found.Format), Data: data}
	r.Name, r.Title = f.Name, u.Entry.Title
	if r.Title == "" {
		r.Title = strings.TrimSuffix(f.Name, found.Format.Ending())
	}
	id := c.R.PathValue("id")
	if !u.Twice {
		same, err := find(c, "DocumentReference", url.Values{"patient": {id}, "identifier": {document.DigestSystem + "|" + document.Digest(data)}, "status": {"current"}, "_count": {"1"}})
		if err != nil {
			return r, err
		}
		if len(same) > 0 {
			r.Was, r.Href = true, c.Path("patients", id, "library", same[0].ID)
			r.Error = "The same content is in this chart already."
			return r, nil
		}
	}
	k := keeping(c, id)
	_, err = s.Transact(c.R.Context(), document.Keep(u.Entry, f, k))
	var invalid *record.Invalid
	if errors.As(err, &invalid) {
		r.Error = "This cannot be kept as it is: " + invalid.Error() + "."
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.Href = c.Path("patients", id, "library", k.ID)
	return r, nil
}

package outbox

import (
	"errors"
	"io"
	"net/http"
	"time"

	"wholechart/schedule/remind"
	"wholechart/web"
)

// maxHook bounds what a provider posts, in bytes.
const maxHook = 64 << 10

// hook hears what the provider of text messages tells: by POST, at an address that
// it alone knows. It answers 204 when that is written down; 503 asks for it again.
func (h *room) hook(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	hook := h.service.Hook()
	site, ok := h.door.SiteOf(r)
	if hook == nil || !ok || !hook.Knows(r.PathValue("secret")) {
		if !h.calls.allow(caller(r), time.Now()) {
			http.Error(w, "Too many tries.", http.StatusTooManyRequests)
			return
		}
		http.Error(w, "There is nothing here.", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	if err != nil {
		http.Error(w, "Too long.", http.StatusRequestEntityTooLarge)
		return
	}
	in, report, err := hook.Read(r.Header.Get("Content-Type"), body)
	switch {
	case err != nil:
	case in.From != "":
		err = h.service.Heard(r.Context(), site, in)
	default:
		err = h.service.Reported(r.Context(), site, report)
	}
	var f *remind.Failure
	switch {
	case errors.Is(err, remind.ErrHook), errors.As(err, &f):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case err != nil:
		h.door.Log.Error("text messages", "route", r.Pattern, "error", err)
		http.Error(w, "Not now: say it again.", http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// outPage is the page at which somebody asks for no more e-mails.
type outPage struct {
	Site, Phone string
	Done        bool
}

// optOut shows that page, and on POST (of its button, or of a mail program's own:
// RFC 8058) does it. It names nobody.
func (h *room) optOut(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	w.Header().Set("Cache-Control", "no-store")
	site, ok := h.door.SiteOf(r)
	t := wordsOf(guess(r))
	if !ok {
		h.plain(w, r, http.StatusNotFound, t)
		return
	}
	if !h.calls.allow(caller(r), time.Now()) {
		w.Header().Set("Retry-After", "60")
		t.Wrong, t.WrongText = t.OutTitle, t.Busy
		h.plain(w, r, http.StatusTooManyRequests, t)
		return
	}
	v, err := h.service.OptOut(r.Context(), site, r.PathValue("token"), r.Method == http.MethodPost)
	switch {
	case errors.Is(err, remind.ErrLink):
		h.plain(w, r, http.StatusNotFound, t)
		return
	case err != nil:
		h.door.Broken(w, r, err)
		return
	}
	if r.Method == http.MethodPost {
		web.SecurityHeaders(w)
		http.Redirect(w, r, r.URL.EscapedPath(), http.StatusSeeOther)
		return
	}
	t = wordsOf(v.Lang)
	t.Title = t.OutTitle
	h.show(w, r, http.StatusOK, t, outMain(t, outPage{Site: site.Name, Phone: v.Phone, Done: v.Done}))
}

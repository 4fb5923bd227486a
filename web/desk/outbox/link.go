package outbox

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"wholechart/schedule/remind"
	"wholechart/web"
)

// linkPage is the page behind a link. It shows a site's name, a day and a time.
type linkPage struct {
	T               phrases
	Site, Day, Time string
	State           remind.VisitState
	Asked           bool
	Phone           string
	Said            string
	Sure            bool // asks once more before it cancels
}

// phrases are its words in one language.
type phrases struct {
	Lang, Title, Yours, Come, Not, Other, Sure, Back                       string
	Confirmed, Cancelled, Asked, Moved, Over, Wrong, WrongText, Busy, Call string
	OutTitle, OutAsk, OutYes, OutDone                                      string
}

var speech = map[string]phrases{
	"en": {Lang: "en", Title: "Your appointment", Yours: "You have an appointment", Come: "I will come", Not: "Cancel it", Other: "Ask for another time", Sure: "Do you want to cancel this appointment?", Back: "Keep it",
		Confirmed: "Thank you. We expect you.", Cancelled: "This appointment is cancelled.", Asked: "We will call you to find another time. Until then this appointment stands.", Moved: "This appointment was changed. Please look at our newest message, or call us.",
		Over: "This link has ended.", Wrong: "This link leads nowhere", WrongText: "Perhaps it was not copied whole. Open it from the message once more, or call the practice.", Busy: "Too many tries. Wait a minute, then open the link again.", Call: "Questions? Call",
		OutTitle: "No more e-mails", OutAsk: "Do you want no more e-mails from us?", OutYes: "No more e-mails", OutDone: "You get no more e-mails from us. Appointments stand as they are."},
	"es": {Lang: "es", Title: "Su cita", Yours: "Usted tiene una cita", Come: "Sí, iré", Not: "Cancelarla", Other: "Pedir otra hora", Sure: "¿Quiere cancelar esta cita?", Back: "No cancelarla",
		Confirmed: "Gracias. Le esperamos.", Cancelled: "Esta cita está cancelada.", Asked: "Le llamaremos para encontrar otra hora. Mientras tanto, esta cita sigue en pie.", Moved: "Esta cita cambió. Mire nuestro mensaje más reciente o llámenos.",
		Over: "Este enlace ya no sirve.", Wrong: "Este enlace no lleva a ninguna parte", WrongText: "Quizás no se copió entero. Ábralo otra vez desde el mensaje o llame al consultorio.", Busy: "Demasiados intentos. Espere un minuto y abra el enlace otra vez.", Call: "¿Preguntas? Llame al",
		OutTitle: "No más correos", OutAsk: "¿No quiere recibir más correos nuestros?", OutYes: "No más correos", OutDone: "Ya no recibirá correos nuestros. Sus citas siguen en pie."},
}

func wordsOf(lang string) phrases {
	if p, ok := speech[lang]; ok {
		return p
	}
	return speech["en"]
}

// link shows the page. It changes nothing, so that programs which open every
// link of a message do no harm.
func (h *room) link(w http.ResponseWriter, r *http.Request) {
	h.visit(w, r, func(string) (string, bool) { return "", r.URL.Query().Get("ask") == "cancel" })
}

// answer does what was asked, on POST alone.
func (h *room) answer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if err := r.ParseForm(); err != nil {
		h.plain(w, r, http.StatusBadRequest, wordsOf("en"))
		return
	}
	h.visit(w, r, func(string) (string, bool) { return r.PostForm.Get("do"), false })
}

func (h *room) visit(w http.ResponseWriter, r *http.Request, asked func(string) (do string, sure bool)) {
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	w.Header().Set("Cache-Control", "no-store")
	site, ok := h.door.SiteOf(r)
	if !ok {
		h.plain(w, r, http.StatusNotFound, wordsOf(guess(r)))
		return
	}
	if !h.calls.allow(caller(r), time.Now()) {
		t := wordsOf(guess(r))
		w.Header().Set("Retry-After", "60")
		t.Wrong, t.WrongText = t.Title, t.Busy
		h.plain(w, r, http.StatusTooManyRequests, t)
		return
	}
	ctx, token := r.Context(), r.PathValue("token")
	do, sure := asked(token)
	var v remind.Visit
	var err error
	switch do {
	case "confirm":
		v, err = h.service.Confirm(ctx, site, token)
	case "cancel":
		v, err = h.service.Cancel(ctx, site, token)
	case "another":
		v, err = h.service.AnotherTime(ctx, site, token)
	case "":
		v, err = h.service.Visit(ctx, site, token)
	default:
		err = remind.ErrLink
	}
	switch {
	case errors.Is(err, remind.ErrLink):
		h.plain(w, r, http.StatusNotFound, wordsOf(guess(r)))
		return
	case err != nil:
		h.door.Broken(w, r, err)
		return
	}
	if r.Method == http.MethodPost { // the browser's reload sends nothing twice
		web.SecurityHeaders(w)
		http.Redirect(w, r, r.URL.EscapedPath(), http.StatusSeeOther)
		return
	}
	t := wordsOf(v.Lang)
	p := &linkPage{T: t, Site: site.Name, Day: remind.DayText(v.When, t.Lang), Time: remind.TimeText(v.When, t.Lang, v.When.Location()), State: v.State, Asked: v.Asked, Phone: v.Phone, Sure: sure && (v.State == remind.VisitOpen || v.State == remind.VisitConfirmed)}
	h.show(w, r, http.StatusOK, t, linkMain(p))
}

// show writes a page of a link: without sign-in, navigation or anybody's name.
func (h *room) show(w http.ResponseWriter, r *http.Request, status int, t phrases, content templ.Component) {
	p := web.Page{Title: t.Title, Narrow: true, Lang: t.Lang, Theme: web.ThemeOf(r), Demo: h.door.Demo, Sheets: h.sheets}
	if err := web.Render(w, r, status, web.Framed(p, content)); err != nil {
		h.door.Log.Error("page", "route", r.Pattern, "error", err)
	}
}

// plain says why there is nothing to answer.
func (h *room) plain(w http.ResponseWriter, r *http.Request, status int, t phrases) {
	h.show(w, r, status, t, plainMain(t))
}

// guess is the language of who has no link that says it.
func guess(r *http.Request) string {
	if a := r.Header.Get("Accept-Language"); len(a) >= 2 && a[:2] == "es" {
		return "es"
	}
	return "en"
}

// limiter bounds how often one address opens links: enough for a household,
// too little for trying tokens.
type limiter struct {
	mu    sync.Mutex
	since time.Time
	count map[string]int
}

const (
	perMinute = 30
	maxKnown  = 10000
)

func newLimiter() *limiter { return &limiter{count: map[string]int{}} }

func (l *limiter) allow(who string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) > time.Minute || len(l.count) > maxKnown {
		l.since = now
		clear(l.count)
	}
	l.count[who]++
	return l.count[who] <= perMinute
}

// caller is who a request comes from, without its port; of IPv6 the network.
func caller(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() { // a proxy on this machine says for whom it asks
		list := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if last := net.ParseIP(strings.TrimSpace(list[len(list)-1])); last != nil {
			host = last.String()
		}
	}
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return ip.Mask(net.CIDRMask(64, 128)).String()
	}
	return host
}

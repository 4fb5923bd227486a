package clinic

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/web"
)

// Opening a whole record asks other sites. A page never waits long for them: it
// shows what is known and says who is still being asked (late.go).

const (
	openWait    = 300 * time.Millisecond // of the page itself
	partWait    = 800 * time.Millisecond // of the line that says what came
	factWait    = 4 * time.Second        // of the page of one fact that is not here yet
	openMost    = 30 * time.Second
	openFresh   = 10 * time.Second       // no new question within this, unless told to
	refreshEach = 400 * time.Millisecond // the line asks again
)

type opening struct {
	started time.Time
	done    chan struct{}
	ended   time.Time // set before done is closed
	failed  bool      // nobody was asked, or not everybody; set before done is closed
}

func (o *opening) running() bool {
	if o == nil {
		return false
	}
	select {
	case <-o.done:
		return false
	default:
		return true
	}
}

// askAround opens the whole record that the address names, for who may see it; of a
// chart it asks nobody. Every page of the whole record asks, so that none of
// them takes what has not arrived for what is not there.
func (c *call) askAround(lens access.Lens) (*opening, error) {
	id := c.R.PathValue("id")
	if lens != access.EHR {
		return nil, nil
	}
	if !access.Decide(c.Actor, access.EHR, access.Read, "Patient").Allowed {
		if _, err := c.Session(access.EHR).Read(c.R.Context(), "Patient", id); err != nil {
			return nil, err // refused, and noted
		}
		return nil, nil
	}
	if _, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", id); err != nil {
		return nil, err
	}
	if web.PartialOf(c.R) != "" {
		return c.underWay(id, 0), nil // of what was asked for this page
	}
	return c.open(id, c.R.FormValue("ask") == "1", openWait), nil
}

// again is the address of this page; ask is the value of its question, if any.
func (v *view) again(ask string) string {
	q := v.page.Query()
	q.Del("ask")
	if ask != "" {
		q.Set("ask", ask)
	}
	u := url.URL{Path: v.page.Path, RawPath: v.page.RawPath, RawQuery: q.Encode()}
	return u.String()
}

// pending says whether a site's answer is still waited for.
func (v *view) pending(a chart.SiteAnswer) bool { return v.asking && a.Asked.Before(v.since) }

// gap says in words why the record may lack facts of other sites, "" when it
// does not: "Corner Pharmacy could not be reached".
func (v *view) gap() string {
	if !v.whole() {
		return ""
	}
	out := v.notHeard()
	switch {
	case v.asking:
		asked := "Other sites were still being asked at " + v.Now.In(v.Zone).Format("15:04")
		return strings.TrimSuffix(asked+"; "+out, "; ")
	case v.failedToAsk:
		return strings.TrimSuffix(notAsked+"; "+out, "; ")
	}
	return out
}

// notHeard is the same but for sites that are being asked.
func (v *view) notHeard() string {
	of := map[string][]string{}
	for _, a := range v.chart.Completeness.Sites {
		said := gapWords[a.State]
		if a.Source.Base != "" && v.pending(a) {
			said = "" // it is among those being asked
		}
		if said != "" {
			of[said] = append(of[said], shortName(a.Source.Name))
		}
	}
	var out []string
	for _, said := range slices.Sorted(maps.Keys(of)) {
		slices.Sort(of[said])
		out = append(out, strings.Join(of[said], ", ")+" "+said)
	}
	return strings.Join(out, "; ")
}

const notAsked = "Other sites could not be asked"

var gapWords = map[chart.AnswerState]string{
	chart.AnswerUnreachable: "could not be reached", chart.AnswerRefused: "refused", chart.AnswerWithheld: "may not share everything",
	chart.AnswerReview: "is to be confirmed", chart.AnswerAsking: "has not answered yet",
}

// frame answers with a page about this patient, or with the regions of it that
// it is asked for.
func (v *view) frame(status int, section string, content templ.Component) {
	v.swaps = true
	b := storyboard(v.board())
	if asked := strings.Fields(web.PartialOf(v.R)); len(asked) > 0 {
		var parts []templ.Component
		for _, id := range asked[:min(len(asked), 4)] {
			switch id {
			case "storyboard":
				parts = append(parts, b)
			case "record":
				parts = append(parts, content)
			case "late":
				parts = append(parts, boardWith(v.late(), templ.NopComponent))
			}
		}
		if len(parts) > 0 {
			v.Render(http.StatusOK, templ.Join(parts...))
			return
		}
	}
	v.Render(status, web.Framed(v.patientPage(b, section), content))
}

type openings struct {
	sync.Mutex
	running map[string]*opening
}

const maxOpenings = 1000

// open asks the other sites about a patient, once for all pages of this user
// that want it at the same time, and waits no longer than wait.
func (c *call) open(id string, force bool, wait time.Duration) *opening {
	if c.Opener == nil {
		return nil
	}
	o := c.openings.start(c.openingKey(id), force, c.Call.Clock, func(o *opening) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.R.Context()), openMost)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				o.failed = true
				c.Log.Error("the whole record was not asked for", "site", c.Site.Slug, "panic", p)
			}
		}()
		if _, err := c.Opener.Open(ctx, c.Session(access.EHR), id, force); err != nil {
			o.failed = true
			c.Log.Warn("the whole record was not asked for", "site", c.Site.Slug, "error", err)
		}
	})
	o.await(c.R.Context(), wait)
	return o
}

// underWay is the question that was asked about a patient for this user last,
// if it is not long ago; it waits for its end no longer than wait.
func (c *call) underWay(id string, wait time.Duration) *opening {
	o := c.openings.last(c.openingKey(id))
	o.await(c.R.Context(), wait)
	return o
}

// openingKey is one question: a patient of a site, for a user.
func (c *call) openingKey(id string) string { return c.Actor.Site + "/" + id + "/" + c.Actor.ID }

// await waits for the end.
func (o *opening) await(ctx context.Context, wait time.Duration) {
	if !o.running() || wait <= 0 {
		return
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-o.done:
	case <-t.C:
	case <-ctx.Done():
	}
}

func (s *openings) last(key string) *opening {
	s.Lock()
	defer s.Unlock()
	return s.running[key]
}

func (s *openings) start(key string, force bool, now func() time.Time, run func(*opening)) *opening {
	s.Lock()
	defer s.Unlock()
	for k, o := range s.running {
		if !o.running() && (now().Sub(o.ended) > openFresh || len(s.running) > maxOpenings) {
			delete(s.running, k)
		}
	}
	if o := s.running[key]; o != nil && (o.running() || !force) {
		return o
	}
	o := &opening{started: now(), done: make(chan struct{})}
	s.running[key] = o
	go func() {
		defer close(o.done)
		defer func() { o.ended = now() }()
		run(o)
	}()
	return o
}

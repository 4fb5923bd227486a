package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
)

const (
	logPage    = 100
	maxFilter  = 128
	maxNameIDs = logPage
)

// accessLog is the page of a site's access log.
type accessLog struct {
	Action         string // of the filter form
	Actor, Patient string // filters
	Rows           []logRow
	Newest, Older  string // addresses; empty: not there
	CSV            string
	Refused        int
	Emergencies    int
	Zone           string
}

// logRow is one event.
type logRow struct {
	At        time.Time
	Zone      *time.Location
	Who, Role string
	WhoHref   string // everything by the same actor
	What      string
	On        string // the resource, for those who know what that is: "Observation/inr"
	More      string // "3 found · by family, birthdate"
	Patient   string // id
	Name      string // empty: not known, or not for this role
	Whose     string // who looked at that record
	Purpose   string
	Emergency bool
	Refused   bool
	Lens      string
	Outcome   web.Pill
	Why       string
}

func (l logRow) class() string {
	switch {
	case l.Refused:
		return "k-danger log-loud"
	case l.Emergency:
		return "k-warning log-loud"
	}
	return ""
}

// logQuery reads the filters. A patient that no id can be is nobody's.
func (c *call) logQuery() (record.LogQuery, bool) {
	q := record.LogQuery{Actor: strings.TrimSpace(c.R.Form.Get("actor")), Patient: strings.TrimSpace(c.R.Form.Get("patient")), Count: logPage}
	q.Before, _ = strconv.ParseInt(c.R.Form.Get("before"), 10, 64)
	return q, len(q.Actor) <= maxFilter && (q.Patient == "" || fhir.IsID(q.Patient)) && q.Before >= 0
}

// log is the site's whole log: for privacy officers and administrators, also
// when they ask about one patient.
func (h *admin) log(c *call) {
	if !c.may(access.SeeAudit, "") {
		return
	}
	q, ok := c.logQuery()
	if !ok {
		c.say(http.StatusBadRequest, "Not a question for this log", "An account's name has at most 128 characters; a patient's number has letters, digits, hyphens and full stops.")
		return
	}
	events, err := c.chart().AccessLog(c.R.Context(), q)
	if err != nil {
		c.Failed(err)
		return
	}
	names, err := c.names(events)
	if err != nil {
		c.Failed(err)
		return
	}
	p := accessLog{Action: c.Path("log"), Actor: q.Actor, Patient: q.Patient, CSV: c.logHref("log.csv", q.Actor, q.Patient, 0), Zone: c.Site.Zone}
	for _, e := range events {
		row := c.logRow(e)
		row.Name = names[row.Patient]
		if row.Refused {
			p.Refused++
		}
		if row.Emergency {
			p.Emergencies++
		}
		p.Rows = append(p.Rows, row)
	}
	if q.Before > 0 {
		p.Newest = c.logHref("log", q.Actor, q.Patient, 0)
	}
	if len(events) == logPage {
		p.Older = c.logHref("log", q.Actor, q.Patient, events[len(events)-1].N)
	}
	c.render(http.StatusOK, c.Page("Access log"), logMain(p))
}

func (c *call) logHref(at, actor, patient string, before int64) string {
	v := url.Values{}
	if actor != "" {
		v.Set("actor", actor)
	}
	if patient != "" {
		v.Set("patient", patient)
	}
	if before > 0 {
		v.Set("before", strconv.FormatInt(before, 10))
	}
	if len(v) == 0 {
		return c.Path(at)
	}
	return c.Path(at) + "?" + v.Encode()
}

func (c *call) logRow(e record.Noted) logRow {
	r := logRow{At: e.Time, Zone: c.Zone, Who: c.who(e), Role: roleWord(e.Kind, e.Role), What: c.deed(e), Patient: patientOf(e), Purpose: purposeWord(e.Purpose),
		Emergency: e.Purpose == string(access.Emergency), Refused: e.Outcome == audit.Refused, Lens: lensWord(e.Lens), Outcome: outcomePill(e.Outcome), Why: whyWords(e.Why)}
	if e.Actor != "" {
		r.WhoHref = c.logHref("log", e.Actor, "", 0)
	}
	if e.Action == "link" || e.Action == "receive" {
		r.Why = "" // the words of the deed say it
	}
	if e.Type != "" && e.ID != "" {
		r.On = e.Type + "/" + e.ID
	}
	var more []string
	switch {
	case e.Action == "search":
		more = append(more, strconv.Itoa(e.Count)+" found")
	case e.Count > 1:
		more = append(more, strconv.Itoa(e.Count)+" entries")
	}
	if len(e.Params) > 0 {
		more = append(more, "by "+strings.Join(e.Params, ", "))
	}
	r.More = strings.Join(more, " · ")
	if fhir.IsID(r.Patient) {
		r.Whose = c.Path("patients", r.Patient, "access")
	}
	return r
}

// patientOf is the id of the patient an event is about, or "".
func patientOf(e record.Noted) string {
	if e.Patient == "" && e.Type == "Patient" && e.Outcome != audit.Refused {
		return e.ID
	}
	return e.Patient
}

// names are the names of the patients that events are about, by one search of
// the actor's own, so that the log has one more line and not a hundred. Who may
// not look for patients gets none.
func (c *call) names(events []record.Noted) (map[string]string, error) {
	if !c.allowed(access.Search, "Patient") {
		return nil, nil
	}
	var ids []string
	for _, e := range events {
		if id := patientOf(e); fhir.IsID(id) && !slices.Contains(ids, id) && len(ids) < maxNameIDs {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	q, err := search.Parse("Patient", url.Values{"_id": {strings.Join(ids, ",")}}, search.Options{DefaultCount: maxNameIDs, MaxCount: maxNameIDs})
	if err != nil {
		return nil, err
	}
	page, err := c.chart().Search(c.R.Context(), q)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, m := range page.Matches {
		out[m.ID] = nameOf(m.Node())
	}
	return out, nil
}

// nameOf is a person's name: the official one, or the first there is.
func nameOf(p fhir.Node) string {
	name := ""
	for n := range p.Get("name").Items() {
		h := fhir.HumanNameOf(n)
		if s := h.String(); s != "" && (name == "" || h.Use == "official") {
			name = s
			if h.Use == "official" {
				break
			}
		}
	}
	return name
}

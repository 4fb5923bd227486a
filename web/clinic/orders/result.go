package orders

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
	"wholechart/web/plot"
)

// resultView is one result before whoever answers for it.
type resultView struct {
	p        *clinic.Patient
	Type, ID string
	Version  string
	Path     string
	Title    string
	Status   string
	When     string
	By       string
	Words    string // conclusion, or a value in words
	Values   []valueRow
	Critical string // the value that must be acted upon
	Order    resultLink
	Open     int
	Owner    string
	Stat     bool
	Done     []step
	Next     resultLink
	May      bool
	People   []web.Option
	Review   order.Review
	Bad      map[string]string
	Said     string
	Plot     *plot.Trend
	Plotted  web.Link
	Meds     []medicine
}

type valueRow struct {
	Name, Href string
	Value      web.Quantity
	Range      string
	Before     string
	Spark      plot.Spark
}

func labelOf(n fhir.Node) string {
	for _, name := range [...]string{"code", "vaccineCode"} {
		if l := fhir.CodeableConceptOf(n.Get(name)).Label(); l != "" {
			return l
		}
	}
	return "Result"
}

func (r *room) resultOf(c *door.Call) (*resultView, record.Resource, bool) {
	p, err := r.Patient(c, access.EMR, "Observation", "DiagnosticReport")
	if err == nil && (p.Desk() || c.Actor.Kind != access.User) {
		err = &record.Refused{Why: "this role does not reach orders and results"}
	}
	var res record.Resource
	if err == nil {
		res, err = ofPatient(c, "DiagnosticReport", c.R.PathValue("rid"))
		if errors.Is(err, record.ErrNotFound) {
			res, err = ofPatient(c, "Observation", c.R.PathValue("rid"))
		}
	}
	if err != nil {
		c.Failed(err)
		return nil, res, false
	}
	n := res.Node()
	x := &resultView{p: p, Type: res.Type, ID: res.ID, Version: res.Version, Path: p.ChartHref("result", res.ID), Title: labelOf(n), Status: n.Get("status").Str(), Bad: map[string]string{},
		May: c.Can(access.Update, "Task") && c.Actor.Role != access.FrontDesk, When: web.PartialDateText(firstOf(n.Get("effectiveDateTime").Str(), n.Get("issued").Str())), Words: n.Get("conclusion").Str()}
	x.By = n.Get("performer").Index(0).Get("display").Str()
	x.values(c, n)
	if b := n.Get("basedOn").Index(0).Get("reference").Str(); b != "" {
		if _, id, _, ok := fhir.Relative(b); ok {
			if o, err := orderNamed(c, id); err == nil {
				v := order.Read(o.Node())
				x.Order = resultLink{Title: v.Title(), Href: p.ChartHref("orders", o.ID), Note: "ordered by " + v.RequesterAs + " " + age(v.AuthoredOn, c.Now)}
			}
		}
	}
	reviews, err := order.Reviews(c.R.Context(), c.Session(access.EMR), x.Type, x.ID)
	if err != nil {
		c.Failed(err)
		return nil, res, false
	}
	for _, t := range reviews {
		n := t.Node()
		if order.OpenTask(n) {
			x.Open++
			x.Owner = n.Get("owner").Get("display").Str()
			x.Stat = x.Stat || n.Get("priority").Is("stat")
		}
		for note := range n.Get("note").Items() {
			at := note.Get("time").Str()
			if t, err := time.Parse(time.RFC3339, at); err == nil {
				at = t.In(c.Zone).Format("2 Jan 2006, 15:04")
			}
			x.Done = append(x.Done, step{at, note.Get("authorString").Str(), note.Get("text").Str()})
		}
	}
	x.People = colleagues(c, "choose")
	x.Next = r.next(c, x)
	return x, res, true
}

// values are the rows of the table: this result's values with what was before.
func (x *resultView) values(c *door.Call, n fhir.Node) {
	ids := []string{}
	if x.Type == "Observation" {
		ids = append(ids, x.ID)
	}
	for _, member := range [...]string{"result", "hasMember"} {
		for m := range n.Get(member).Items() {
			if t, id, _, ok := fhir.Relative(m.Get("reference").Str()); ok && t == "Observation" && len(ids) < 200 {
				ids = append(ids, id)
			}
		}
	}
	at := map[string][]valueRow{}
	critical := map[string]string{}
	look := func(s *chart.Series, key string) {
		for i := len(s.Points) - 1; i >= 0; i-- {
			p := s.Points[i]
			if p.Type != "Observation" || p.Source == nil || !p.Source.Own {
				continue
			}
			row := valueRow{Name: s.Name, Href: x.p.ChartHref("results", key), Value: web.Quantity{Value: p.Value, Unit: p.Unit, Flag: p.Flag}, Range: p.Range.Text, Spark: sparkOf(s)}
			if p.Value == "" {
				row.Value.Value = p.Absent
			}
			if i > 0 {
				b := s.Points[i-1]
				row.Before = strings.TrimSpace(b.Value + " " + b.Unit)
				if b.When.Known() {
					row.Before += ", " + b.When.String()
				}
			}
			f := order.Flag(order.Value{LOINC: loincOf(s), Text: p.Value, Unit: p.Unit})
			if f.Critical != nil {
				row.Value.Flag = f.Code
			}
			if fl := row.Value.Flag; fl == "HH" || fl == "LL" || fl == "AA" {
				critical[p.ID] = s.Name + " " + strings.TrimSpace(p.Value+" "+p.Unit)
			}
			at[p.ID] = append(at[p.ID], row)
		}
	}
	series := map[string]*chart.Series{}
	for _, s := range x.p.Chart().Results.Series {
		look(s, s.Key)
		for _, p := range s.Points {
			if _, of := at[p.ID]; of && p.Type == "Observation" {
				series[p.ID] = s
			}
		}
	}
	x.course(c, ids, series, critical)
	for _, id := range ids {
		if rows := at[id]; len(rows) > 0 {
			x.Values = append(x.Values, rows...)
		} else if res, err := ofPatient(c, "Observation", id); err == nil { // older than what the page read of the chart
			o := res.Node()
			q := fhir.QuantityOf(o.Get("valueQuantity"))
			v := string(q.Value)
			if v == "" {
				v = firstOf(o.Get("valueString").Str(), fhir.CodeableConceptOf(o.Get("valueCodeableConcept")).Label())
			}
			if v != "" {
				x.Values = append(x.Values, valueRow{Name: labelOf(o), Value: web.Quantity{Value: q.Comparator + v, Unit: q.Unit}, Range: o.Get("referenceRange").Index(0).Get("text").Str()})
			}
		}
		if w := critical[id]; w != "" {
			if x.Critical != "" {
				x.Critical += ", "
			}
			x.Critical += w
		}
	}
}

// course is the plot of the value that matters most: a critical one, else one
// that is flagged, else the first that has a past.
func (x *resultView) course(c *door.Call, ids []string, series map[string]*chart.Series, critical map[string]string) {
	var best *chart.Series
	rank := 0
	for _, id := range ids {
		s := series[id]
		if s == nil || !s.Numeric || len(s.Points) < 2 {
			continue
		}
		r := 1
		if s.Latest().Flag != "" {
			r = 2
		}
		if critical[id] != "" {
			r = 3
		}
		if r > rank {
			best, rank = s, r
		}
	}
	if best != nil {
		t := &plot.Trend{Title: best.Name, Unit: best.Unit, Low: best.Range.Low, High: best.Range.High, Zone: c.Zone, Height: 160}
		line := plot.Series{Name: best.Name}
		for _, p := range best.Points[max(0, len(best.Points)-40):] {
			if !p.When.Known() {
				continue
			}
			pt := plot.Point{Time: p.When.At, Day: !p.When.HasTime(), Value: p.Number, Text: p.Value, Flag: p.Flag, Href: x.p.FactHref(p.Prov)}
			if pt.Day {
				y, m, d := p.When.At.Date()
				pt.Time = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
			}
			if p.Source != nil {
				pt.Source = plot.Source{Letters: p.Source.Badge, Color: p.Source.Color, Site: p.Source.Name}
			}
			line.Points = append(line.Points, pt)
		}
		t.Series = []plot.Series{line}
		x.Plot, x.Plotted = t, web.Link{Label: "All values", Href: x.p.ChartHref("results", best.Key)}
	}
	for _, m := range x.p.Chart().Medicines.Active {
		x.Meds = append(x.Meds, medicine{Name: m.Name, Sig: m.Sig, Href: x.p.FactHref(m.Prov), Held: m.State == "on-hold"})
	}
}

func loincOf(s *chart.Series) string {
	for _, c := range s.Codes {
		if c.System == order.LOINC {
			return c.Code
		}
	}
	return ""
}

// next is the next result that waits for the same person: after this one is
// dealt with it is opened.
func (r *room) next(c *door.Call, x *resultView) resultLink {
	q := url.Values{"code": {order.TaskSystem + "|review-result"}, "status": {"requested,in-progress"}, "_sort": {"authored-on"}, "_count": {"20"}}
	if c.Actor.Who != "" {
		q.Set("owner", c.Actor.Who)
	} else {
		q.Set("patient", x.p.ID())
	}
	found, err := seek(c, "Task", q)
	if err != nil {
		return resultLink{}
	}
	for _, pass := range [...]bool{true, false} { // what is critical first
		for _, t := range found {
			n := t.Node()
			_, pid, _, ok1 := fhir.Relative(n.Get("for").Get("reference").Str())
			typ, id, _, ok2 := fhir.Relative(n.Get("focus").Get("reference").Str())
			if !ok1 || !ok2 || id == x.ID && typ == x.Type || n.Get("priority").Is("stat") != pass {
				continue
			}
			return resultLink{Title: "Next result", Href: c.PatientPath(pid, access.EMR, "result", id), Note: n.Get("description").Str()}
		}
	}
	return resultLink{}
}

func (r *room) showResult(c *door.Call, status int, x *resultView) {
	page := r.frame(x.p, x.Title)
	page.Side = resultSide(x)
	x.p.Show(status, page, resultMain(x))
}

func (r *room) resultPage(c *door.Call) {
	if x, _, ok := r.resultOf(c); ok {
		r.showResult(c, http.StatusOK, x)
	}
}

// review is what is done with a result.
func (r *room) review(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	x, res, ok := r.resultOf(c)
	if !ok {
		return
	}
	if !x.May {
		c.Failed(&record.Refused{Why: "this role does not review results"})
		return
	}
	x.Review = order.Review{Deed: order.Deed(form.Get("deed")), Text: strings.TrimSpace(form.Get("text")), To: form.Get("to"), Due: form.Get("due")}
	x.Review.ToName = nameOf(x.People, x.Review.To)
	if x.Review.ToName == "" {
		x.Review.To = ""
	}
	if form.Get("version") != res.Version {
		x.Said = "The laboratory changed this result while it was open. Nothing was done; what you typed is kept. Read it again."
		r.showResult(c, http.StatusConflict, x)
		return
	}
	for _, f := range x.Review.Check(c.Now) {
		if x.Bad[f.Field] == "" {
			x.Bad[f.Field] = f.Text
		}
	}
	if len(x.Bad) > 0 {
		r.showResult(c, http.StatusUnprocessableEntity, x)
		return
	}
	tasks, err := order.Reviews(c.R.Context(), c.Session(access.EMR), x.Type, x.ID)
	var nodes []fhir.Node
	for _, t := range tasks {
		nodes = append(nodes, t.Node())
	}
	var acts []record.Act
	if err == nil {
		acts, err = x.Review.Act(nodes, x.Type, x.ID, res.Version, x.p.ID(), by(c))
	}
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	if moved(err) {
		x.Said = "Somebody else dealt with this result meanwhile. Nothing of yours was done."
		r.showResult(c, http.StatusConflict, x)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	said := map[order.Deed]string{order.Acknowledge: "Acknowledged", order.Comment: "Reviewed, with your comment", order.Forward: "Forwarded: it stays open until it is reviewed there", order.Call: "Reviewed; a call to the patient is in the inbox", order.FollowUp: "Reviewed; the follow-up is in the inbox"}[x.Review.Deed]
	to := x.Path
	if x.Next.Href != "" && form.Get("stay") == "" {
		to, said = x.Next.Href, said+". This is the next one"
	}
	c.Done(to, web.Flash{Kind: web.Good, Text: said + "."})
}

// enterView is the form for a result by hand.
type enterView struct {
	p         *clinic.Patient
	O         order.Order
	ID, Path  string
	Rows      []enterRow
	Collected string
	Bad       map[string]string
}

type enterRow struct {
	Name, LOINC       string
	Value, Unit, Rng  web.Field
	Flag              string
	value, unit, text string
}

func (r *room) enterOf(c *door.Call) (*enterView, record.Resource, bool) {
	p, ok := r.open(c)
	if !ok {
		return nil, record.Resource{}, false
	}
	res, err := ofPatient(c, "ServiceRequest", c.R.PathValue("oid"))
	if err == nil && !c.Can(access.Create, "DiagnosticReport") {
		err = &record.Refused{Why: "this role does not enter results"}
	}
	if err != nil {
		c.Failed(err)
		return nil, res, false
	}
	o := order.Read(res.Node())
	x := &enterView{p: p, O: o, ID: res.ID, Path: p.ChartHref("orders", res.ID), Collected: c.Now.In(c.Zone).Format("2006-01-02T15:04"), Bad: map[string]string{}}
	codes := []string{}
	if it := order.ItemOf(o); it != nil && len(it.Members) > 0 {
		codes = it.Members
	} else {
		codes = append(codes, loincIn(o.Codes))
	}
	for i, code := range codes {
		name, unit, rng := o.Name, "", ""
		if it := order.ByLOINC(code); it != nil {
			name, unit = it.Name, it.Unit
		}
		if s := p.Chart().Results.Find(code); s != nil && code != "" { // as the laboratory wrote it last time
			unit, rng = s.Latest().Unit, s.Latest().Range.Text
		}
		x.Rows = append(x.Rows, rowOf(i, name, code, "", unit, rng))
	}
	return x, res, true
}

func rowOf(i int, name, code, value, unit, rng string) enterRow {
	n := num(i)
	return enterRow{Name: name, LOINC: code, value: value, unit: unit, text: rng,
		Value: web.Field{Name: "value" + n, Label: name + ", value", Value: value, MaxLength: 200, Required: true, Autofocus: i == 0},
		Unit:  web.Field{Name: "unit" + n, Label: name + ", unit", Value: unit, MaxLength: 40, Required: true},
		Rng:   web.Field{Name: "range" + n, Label: name + ", reference range", Value: rng, MaxLength: 80, Required: true}}
}

func loincIn(codes []fhir.Coding) string {
	for _, c := range codes {
		if c.System == order.LOINC {
			return c.Code
		}
	}
	return ""
}

func (r *room) enterPage(c *door.Call) {
	if x, _, ok := r.enterOf(c); ok {
		x.p.Show(0, r.frame(x.p, "Result of "+x.O.Name), enterMain(x))
	}
}

func (r *room) enter(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	x, res, ok := r.enterOf(c)
	if !ok {
		return
	}
	x.Collected = form.Get("collected")
	at, err := time.ParseInLocation("2006-01-02T15:04", x.Collected, c.Zone)
	switch {
	case err != nil:
		x.Bad["collected"] = "Enter the day and time of the sample."
	case at.After(c.Now.Add(5 * time.Minute)):
		x.Bad["collected"] = "This is in the future."
	case at.Before(c.Now.AddDate(-20, 0, 0)):
		x.Bad["collected"] = "This is more than twenty years ago."
	}
	var values []order.Value
	bad := len(x.Bad) > 0
	for i := range x.Rows {
		n := num(i)
		row := rowOf(i, x.Rows[i].Name, x.Rows[i].LOINC, strings.TrimSpace(form.Get("value"+n)), strings.TrimSpace(form.Get("unit"+n)), strings.TrimSpace(form.Get("range"+n)))
		if row.value != "" {
			v := order.Value{Name: row.Name, LOINC: row.LOINC, Text: row.value, Unit: row.unit, Range: row.text}
			for _, f := range order.CheckValue(v) {
				bad = true
				switch f.Field {
				case "value":
					row.Value.Error = f.Text
				case "unit":
					row.Unit.Error = f.Text
				case "range":
					row.Rng.Error = f.Text
				}
			}
			values = append(values, v)
		}
		x.Rows[i] = row
	}
	if len(values) == 0 && !bad {
		x.Rows[0].Value.Error, bad = "Enter at least one value.", true
	}
	if bad {
		x.p.Show(http.StatusUnprocessableEntity, r.frame(x.p, "Result of "+x.O.Name), enterMain(x))
		return
	}
	acts, err := order.Enter(x.p.ID(), x.O.Name, x.O.Codes, values, at, res.Node(), by(c))
	var out []record.Outcome
	if err == nil {
		out, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	if err != nil {
		c.Failed(err)
		return
	}
	for _, o := range out {
		if o.Resource.Type == "DiagnosticReport" {
			c.Done(x.p.ChartHref("result", o.Resource.ID), web.Flash{Kind: web.Good, Text: "Recorded. It is not reviewed yet."})
			return
		}
	}
}

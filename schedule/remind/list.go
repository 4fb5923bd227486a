package remind

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/search"
)

// Requests are CommunicationRequests of this package that a search finds, at
// most so many, and the Patients they are about, by id. more: there are others.
func Requests(ctx context.Context, s record.Session, v url.Values, limit int) (out []Request, people map[string]fhir.Node, more bool, err error) {
	people, more, err = listed(ctx, s, "CommunicationRequest", v, limit, func(n fhir.Node) {
		if q, ok := RequestOf(n); ok {
			out = append(out, q)
		}
	})
	return out, people, more, err
}

// Messages are Communications of this package, see Requests.
func Messages(ctx context.Context, s record.Session, v url.Values, limit int) (out []Message, people map[string]fhir.Node, more bool, err error) {
	people, more, err = listed(ctx, s, "Communication", v, limit, func(n fhir.Node) {
		if m, ok := MessageOf(n); ok {
			out = append(out, m)
		}
	})
	return out, people, more, err
}

func listed(ctx context.Context, s record.Session, typ string, v url.Values, limit int, add func(fhir.Node)) (map[string]fhir.Node, bool, error) {
	ours(v)
	v.Set("_include", typ+":patient")
	q, err := search.Parse(typ, v, search.Options{DefaultCount: limit})
	if err != nil {
		return nil, false, err
	}
	page, err := s.Search(ctx, q)
	if err != nil {
		return nil, false, err
	}
	people := map[string]fhir.Node{}
	for _, r := range page.Included {
		if r.Type == "Patient" {
			people[r.ID] = r.Node()
		}
	}
	for _, r := range page.Matches {
		add(r.Node())
	}
	return people, page.Next != "", nil
}

// ours bounds a search without a category to what this package writes.
func ours(v url.Values) {
	if !v.Has("category") {
		v.Set("category", KindSystem+"|"+string(Reminder)+","+KindSystem+"|"+string(Recall))
	}
}

// OfRule is the category of a rule's requests and messages, for a search.
func OfRule(id string) string { return RuleSystem + "|" + id }

// Count is how many requests or messages a search finds.
func Count(ctx context.Context, s record.Session, typ string, v url.Values) (int, error) {
	ours(v)
	v.Set("_summary", "count")
	q, err := search.Parse(typ, v, search.Options{})
	if err != nil {
		return 0, err
	}
	page, err := s.Search(ctx, q)
	if err != nil {
		return 0, err
	}
	return page.Total, nil
}

// Answered says how patients answered about appointments: "accepted" or
// "declined", by AnswerKey.
func Answered(ctx context.Context, s record.Session, appointments []string) (map[string]Answer, error) {
	out := map[string]Answer{}
	slices.Sort(appointments)
	for part := range slices.Chunk(slices.Compact(appointments), 50) {
		found, err := find(ctx, s, "AppointmentResponse", url.Values{"appointment": {strings.Join(part, ",")}})
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			n := r.Node()
			id := idOf(n.Path("appointment", "reference").Str(), "Appointment")
			start := moment(n.Get("start").Str())
			out[AnswerKey(id, start)] = Answer(n.Get("participantStatus").Str())
		}
	}
	return out, nil
}

// Answer is a participantStatus: accepted, declined.
type Answer string

// AnswerKey is where Answered has the answer about an appointment at a time.
func AnswerKey(appointment string, start time.Time) string {
	return appointment + "@" + strconv.FormatInt(start.Unix(), 10)
}

// Inbox are the messages of a patient's portal, newest first, each with the link
// that belongs to it. It reads as the program itself: the caller has made sure
// that who asks is the patient, or acts for her.
func (s *Service) Inbox(ctx context.Context, site *record.Site, patient string) ([]Message, error) {
	as := s.session(site.Slug)
	found, err := find(ctx, as, "Communication", url.Values{"patient": {patient}, "status": {"completed"}, "medium": {ChannelSystem + "|" + string(schedule.ByPortal)}})
	if err != nil {
		return nil, err
	}
	out := messages(found)
	for i, m := range out {
		if !strings.Contains(m.Text, "{link}") {
			continue
		}
		address, err := s.Link(site.Slug, m.Appointment, m.Start)
		if err != nil {
			return nil, err
		}
		out[i].Text, out[i].Receipt = strings.ReplaceAll(m.Text, "{link}", ""), address
	}
	slices.SortFunc(out, func(a, b Message) int { return cmp.Or(b.Sent.Compare(a.Sent), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// PutRules writes a site's rules, of whom may, when version is the one that was
// edited ("" of the usual ones). Errors: ErrNotNow, the gate's, and what Check says.
func PutRules(ctx context.Context, s record.Session, r Rules, version string) error {
	n, err := r.Resource()
	if err != nil {
		return err
	}
	a := record.Act{Op: record.Create, Type: "PlanDefinition", ID: RulesID, Resource: n}
	if version != "" {
		v, err := strconv.Atoi(version)
		if err != nil {
			return ErrNotNow
		}
		a.Op, a.IfMatch = record.Update, v
	}
	if _, err = s.Transact(ctx, []record.Act{a}); conflict(err) {
		return ErrNotNow
	}
	return err
}

// SeeAgainAct writes that a patient is to be seen again from a day on, which
// nobody booked yet: a proposed Appointment. A recall goes out when the day is
// near and no appointment is booked.
func SeeAgainAct(patient, practitioner string, from, until string, typ schedule.Code, what string) (record.Act, error) {
	parts := list{object{"actor": ref("Patient", patient), "status": "needs-action"}}
	if practitioner != "" {
		parts = append(parts, object{"actor": ref("Practitioner", practitioner), "status": "needs-action"})
	}
	period := object{"start": from}
	if until != "" {
		period["end"] = until
	}
	o := object{"resourceType": "Appointment", "status": "proposed", "requestedPeriod": list{period}, "participant": parts}
	if typ.Code != "" {
		c := coded(typ.System, typ.Code, typ.Display)
		o["serviceType"] = list{c}
	}
	if what != "" {
		o["description"] = what
	}
	n, err := node(o)
	return record.Act{Op: record.Create, Type: "Appointment", Resource: n}, err
}

package remind

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"wholechart/record"
	"wholechart/schedule"
)

// noMore is what stands before the address of an opt-out, in a message's language.
func noMore(lang string) string {
	if lang == "es" {
		return "Para no recibir más correos:"
	}
	return "To get no more e-mails:"
}

// outKind keeps links of opt-outs and links of appointments apart: neither opens
// as the other.
const outKind = " no more"

// OutLink is the address at which whoever got an e-mail asks for no more. It
// does not end.
func (s *Service) OutLink(site, message string) (string, error) {
	token, err := s.Keys.Seal(Link{Site: site + outKind, Appointment: message, Expires: time.Unix(1<<37, 0)})
	if err != nil {
		return "", err
	}
	return s.Base + "/" + url.PathEscape(site) + "/o/" + token, nil
}

// OptedOut is what whoever holds such a link is shown: it names nobody.
type OptedOut struct {
	Lang  string
	Phone string
	Done  bool // nothing more goes out by e-mail
}

// OptOut opens a link of OutLink, and when do is said, ends e-mails to the
// patient to whom that message went, and tells the desk. Errors: ErrLink.
func (s *Service) OptOut(ctx context.Context, site *record.Site, token string, do bool) (OptedOut, error) {
	now, zone := s.Clock(), site.Location()
	l, err := s.Keys.Open(site.Slug+outKind, token, now)
	if err != nil {
		return OptedOut{}, ErrLink
	}
	as := s.answering(site.Slug)
	rules, err := ReadRules(ctx, as)
	if err != nil {
		return OptedOut{}, err
	}
	for range 20 {
		r, err := as.Read(ctx, "Communication", l.Appointment)
		if missing(err) {
			return OptedOut{}, ErrLink
		}
		if err != nil {
			return OptedOut{}, err
		}
		m, ok := MessageOf(r.Node())
		p, err := as.Read(ctx, "Patient", as.Standing(m.Patient))
		if !ok || missing(err) {
			return OptedOut{}, ErrLink
		}
		if err != nil {
			return OptedOut{}, err
		}
		a, changed, err := Want(p, Wanted{Way: schedule.ByEmail, Out: true, At: now, How: HowLink})
		out := OptedOut{Lang: rules.Speaks(PersonOf(p.Node(), zone, now).Lang), Phone: rules.Phone, Done: !changed}
		if err != nil || !do || !changed {
			return out, err
		}
		task, err := outTask(p, m, now)
		if err != nil {
			return out, err
		}
		acts := []record.Act{a}
		if _, err := as.Read(ctx, "Task", task.ID); missing(err) {
			acts = append(acts, task)
		}
		if _, err = as.Transact(ctx, acts); conflict(err) {
			continue
		}
		out.Done = err == nil
		s.Wake()
		return out, err
	}
	return OptedOut{}, errors.New("others keep changing the same patient")
}

// outTask tells the desk how the patient is no longer reached.
func outTask(p record.Resource, m Message, now time.Time) (record.Act, error) {
	id := digest("out-", m.ID, p.Version)
	n, err := node(object{"resourceType": "Task", "id": id, "status": "requested", "intent": "order", "priority": "routine", "code": coded(TaskSystem, "call-back", "Call back"),
		"description": "The patient wants no more e-mails. Ask for another way, if there is none.", "for": ref("Patient", p.ID), "focus": ref("Communication", m.ID), "authoredOn": now.UTC().Format(time.RFC3339)})
	return record.Act{Op: record.Create, Type: "Task", ID: id, Resource: n}, err
}

// OptOuts are the channels by which a patient wants nothing more, in words for the desk.
func (p Person) OptOuts() string {
	var out []string
	for _, c := range p.Not {
		out = append(out, WayWord(c))
	}
	return strings.Join(out, ", ")
}

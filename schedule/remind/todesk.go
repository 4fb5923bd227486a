package remind

import (
	"context"
	"errors"
	"strconv"
	"time"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
)

// What goes to the desk, because it could not be sent or because nobody knows
// whether it was.

// Unsure is why a request is held of whose message nobody knows whether it left.
const Unsure = "it is not known whether it left"

// once says whether a channel sends the same key once, however often it is told to.
func (w *work) once(way schedule.Channel) bool {
	x, ok := w.sender(way).(interface{ Once() bool })
	return ok && x.Once()
}

// canAsk says whether a channel can be asked for a key.
func (w *work) canAsk(way schedule.Channel) bool {
	a, ok := w.sender(way).(Asker)
	if g, is := a.(*Gateway); is {
		return g.StatusURL != ""
	}
	return ok
}

// took asks whether a message left. An error: nobody says.
func (w *work) took(ctx context.Context, m Message) (bool, string, error) {
	if !w.canAsk(m.Way) {
		return false, "", errors.New("this channel cannot be asked")
	}
	return w.sender(m.Way).(Asker).Took(ctx, m.Key())
}

// askLater lets a claim stand of which nobody says now whether it left.
func (w *work) askLater(ctx context.Context, m Message) error {
	m.Status, m.Why, m.Next = "in-progress", Unsure+" yet", w.now.Add(w.delay(m.Attempts))
	m.Attempts++
	return w.message(ctx, m)
}

// end ends a message that is not to be sent any more, whether or not it left.
func (m *Message) end(mayHaveLeft bool, why string) {
	m.Status, m.Why, m.Next = "stopped", why, time.Time{}
	if mayHaveLeft {
		m.Status = "unknown"
	} else {
		m.Sent = time.Time{}
	}
}

// askDesk puts a message before the desk of which nobody knows whether it left and
// nobody can be asked: it is sent again only when a person says so.
func (w *work) askDesk(ctx context.Context, q Request, m Message) error {
	return w.toDesk(ctx, q, m, "unknown", Unsure, "It is not known whether a message to the patient left: the line broke off in the moment in which it was handed over. Ask the patient and say in the outbox that it arrived, or send it again from there.")
}

// giveUp ends a message that cannot be sent, and asks the desk.
func (w *work) giveUp(ctx context.Context, q Request, m Message, why string) error {
	return w.toDesk(ctx, q, m, "not-done", why, "A message to the patient could not be sent: "+why+". Call, or correct the address and send again.")
}

// toDesk holds a request, ends its message in a status and makes the desk's task,
// or opens it again.
func (w *work) toDesk(ctx context.Context, q Request, m Message, status, why, what string) error {
	q.Status, q.Why, q.Now = "on-hold", why, false
	m.Status, m.Why, m.Next = status, why, time.Time{}
	id := digest("late-", q.ID, m.ID)
	n, err := w.task(id, q, what)
	if err != nil {
		return err
	}
	task := record.Act{Op: record.Create, Type: "Task", ID: id, Resource: n}
	if _, err := w.s.Read(ctx, "Task", id); err == nil {
		task.Op = record.Update
	} else if !missing(err) {
		return err
	}
	_, _, err = w.both(ctx, q, m, task)
	return err
}

// arrivedActs write of a message of which it was not known whether it left that the
// patient has it.
func arrivedActs(ctx context.Context, s record.Session, q Request, now time.Time) ([]record.Act, error) {
	if q.Status != "on-hold" || q.Why != Unsure {
		return nil, ErrNotNow
	}
	r, err := s.Read(ctx, "Communication", q.MessageID())
	if err != nil {
		return nil, err
	}
	m, _ := MessageOf(r.Node())
	acts, err := settled(ctx, s, q, m)
	if err != nil {
		return nil, err
	}
	q.Status, q.Why = "completed", ""
	m.Status, m.Why, m.Arrived = "completed", "", now
	if m.Sent.IsZero() {
		m.Sent = now
	}
	a, err := act("CommunicationRequest", q.ID, q.Version, q)
	if err != nil {
		return nil, err
	}
	b, err := act("Communication", m.ID, m.Version, m)
	return append(acts, a, b), err
}

// settled completes the task that toDesk made.
func settled(ctx context.Context, s record.Session, q Request, m Message) ([]record.Act, error) {
	r, err := s.Read(ctx, "Task", digest("late-", q.ID, m.ID))
	if missing(err) {
		return nil, nil
	}
	if err != nil || !r.Node().Get("status").Is("requested") {
		return nil, err
	}
	o, err := objectOf(r.Node())
	if err != nil {
		return nil, err
	}
	o["status"] = "completed"
	n, err := node(o)
	if err != nil {
		return nil, err
	}
	v, err := strconv.Atoi(r.Version)
	return []record.Act{{Op: record.Update, Type: "Task", ID: r.ID, Resource: n, IfMatch: v}}, err
}

func (w *work) task(id string, q Request, what string) (fhir.Node, error) {
	return node(object{"resourceType": "Task", "id": id, "status": "requested", "intent": "order", "priority": "routine", "code": coded(TaskSystem, "call-back", "Call back"),
		"description": what, "for": ref("Patient", q.Patient), "focus": ref("CommunicationRequest", q.ID), "authoredOn": w.now.UTC().Format(time.RFC3339)})
}

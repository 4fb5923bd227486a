package remind

import (
	"context"
	"net/url"

	"wholechart/record"
)

// answered writes beside the reminders of an appointment what the patient said to
// them. Doing it twice is doing it once.
func (w *work) answered(ctx context.Context, id string) error {
	r, err := w.s.Read(ctx, "AppointmentResponse", id)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	n := r.Node()
	outcome := map[string]Outcome{"accepted": Confirmed, "declined": Declined}[n.Get("participantStatus").Str()]
	appointment, start := idOf(n.Path("appointment", "reference").Str(), "Appointment"), moment(n.Get("start").Str())
	if outcome == "" || appointment == "" {
		return nil
	}
	found, err := find(ctx, w.s, "CommunicationRequest", url.Values{"group-identifier": {AboutSystem + "|" + appointment}, "status": {"completed"}})
	if err != nil {
		return err
	}
	for _, q := range requests(found) {
		if !q.Start.Equal(start) {
			continue // of the time that the appointment had before
		}
		if err := w.outcome(ctx, q.MessageID(), outcome); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) outcome(ctx context.Context, message string, o Outcome) error {
	for range 20 {
		r, err := w.s.Read(ctx, "Communication", message)
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		m, ok := MessageOf(r.Node())
		if !ok || m.Status != "completed" || m.Outcome == o {
			return nil
		}
		m.Outcome = o
		if err := w.message(ctx, m); !conflict(err) {
			return err
		}
	}
	return record.ErrMoved
}

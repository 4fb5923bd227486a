package remind

import (
	"context"
	"net/url"

	"wholechart/record"
)

// answered writes beside the reminders of an appointment what the patient said to
// them: who answered to the only message of which it was not known whether it left
// has it. Doing it twice is doing it once.
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
	found, err := find(ctx, w.s, "CommunicationRequest", url.Values{"group-identifier": {AboutSystem + "|" + appointment}, "status": {"completed,on-hold"}})
	if err != nil {
		return err
	}
	sent, unsure := 0, []Request(nil)
	for _, q := range requests(found) {
		switch {
		case !q.Start.Equal(start): // of the time that the appointment had before
		case q.Status == "completed":
			sent++
			err = w.outcome(ctx, q.MessageID(), outcome)
		case q.Why == Unsure:
			unsure = append(unsure, q)
		}
		if err != nil {
			return err
		}
	}
	if sent > 0 || len(unsure) != 1 { // the answer may be to another message
		return nil
	}
	if acts, err := arrivedActs(ctx, w.s, unsure[0], w.now); err != nil {
		return err
	} else if _, err := w.s.Transact(ctx, acts); err != nil {
		return err
	}
	return w.outcome(ctx, unsure[0].MessageID(), outcome)
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

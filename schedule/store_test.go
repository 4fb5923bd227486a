package schedule

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/store"
)

// monday is when the tests happen: half past seven in Columbus.
var monday = time.Date(2026, 11, 23, 12, 30, 0, 0, time.UTC)

type house struct {
	t       testing.TB
	records *record.Records
	zone    *time.Location
}

// open is a practice with two doctors, two rooms and four patients, in a real store.
func open(t testing.TB) *house {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "n.db")})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, zone: zone(t, "America/New_York")}
	if h.records, err = record.New(ctx, st, record.Options{Now: func() time.Time { return monday }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.records.Close(); st.Close() })
	if _, err := h.records.PutSite(ctx, record.Site{Slug: "maple", Name: "Maple Street", State: "OH", Zone: "America/New_York", Local: true}); err != nil {
		t.Fatal(err)
	}
	h.write(
		`{"resourceType":"Location","id":"house","name":"Maple Street","status":"active"}`,
		`{"resourceType":"Location","id":"room-1","name":"Room 1","status":"active","physicalType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/location-physical-type","code":"ro"}]}}`,
		`{"resourceType":"Location","id":"room-2","name":"Room 2","status":"active","physicalType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/location-physical-type","code":"ro"}]}}`,
		`{"resourceType":"Practitioner","id":"okonkwo","active":true,"name":[{"text":"Lena Okonkwo, MD","family":"Okonkwo"}]}`,
		`{"resourceType":"Practitioner","id":"reyes","active":true,"name":[{"text":"Ana Reyes, MD","family":"Reyes"}]}`,
		`{"resourceType":"PractitionerRole","id":"okonkwo","active":true,"practitioner":{"reference":"Practitioner/okonkwo"},"availableTime":[{"daysOfWeek":["mon","tue","wed","thu","fri"],"availableStartTime":"09:00:00","availableEndTime":"12:00:00"},{"daysOfWeek":["mon"],"availableStartTime":"13:00:00","availableEndTime":"16:00:00"}]}`,
		`{"resourceType":"PractitionerRole","id":"reyes","active":true,"practitioner":{"reference":"Practitioner/reyes"},"availableTime":[{"daysOfWeek":["mon","wed"],"availableStartTime":"09:00:00","availableEndTime":"17:00:00"}]}`,
		`{"resourceType":"Patient","id":"p1","name":[{"family":"Delgado","given":["Rosa"]}]}`,
		`{"resourceType":"Patient","id":"p2","name":[{"family":"Nowak","given":["Walter"]}]}`,
		`{"resourceType":"Patient","id":"p3","name":[{"family":"Kim","given":["Daniel"]}]}`,
		`{"resourceType":"Patient","id":"p4","name":[{"family":"Tanaka","given":["Mei"]}]}`,
	)
	return h
}

func (h *house) write(texts ...string) {
	h.t.Helper()
	var acts []record.Act
	for _, text := range texts {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			h.t.Fatal(err)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	s := h.records.As(access.Actor{Kind: access.System, ID: "test", Site: "maple"}, access.EMR)
	if _, err := s.Transact(context.Background(), acts); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) desk(role access.Role) Desk {
	return Desk{h.records.As(access.Actor{Kind: access.User, ID: string(role), Site: "maple", Role: role, Purpose: access.Treatment}, access.EMR), h.zone, monday}
}

func (h *house) at(day, minute int) time.Time { return WallTime(2026, 11, day, minute, h.zone) }

var (
	okonkwo = Party{"Practitioner/okonkwo", "Lena Okonkwo, MD"}
	reyes   = Party{"Practitioner/reyes", "Ana Reyes, MD"}
	room1   = Party{"Location/room-1", "Room 1"}
	room2   = Party{"Location/room-2", "Room 2"}
	visit   = VisitType{Code: Code{TypeSystem, "follow-up", "Follow-up"}, Minutes: 20, Room: true}
)

func patient(n int) Party { return Party{Ref: fmt.Sprintf("Patient/p%d", n)} }

func TestBookAndFollow(t *testing.T) {
	h := open(t)
	d, ctx := h.desk(access.FrontDesk), t.Context()
	a, err := d.Book(ctx, Booking{Patient: patient(1), Practitioner: okonkwo, Room: room1, Type: visit, Start: h.at(23, 10*60), Reason: "Burning", Comment: "needs a ramp"})
	if err != nil {
		t.Fatal(err)
	}
	if a.State() != Booked || a.Minutes != 20 || a.Type.Display != "Follow-up" || a.Practitioner() != okonkwo || a.Place() != room1 {
		t.Errorf("%+v", a)
	}
	var taken *Taken
	for name, b := range map[string]Booking{
		"provider": {Patient: patient(2), Practitioner: okonkwo, Room: room2, Type: visit, Start: h.at(23, 10*60+10)},
		"room":     {Patient: patient(2), Practitioner: reyes, Room: room1, Type: visit, Start: h.at(23, 9*60+50)},
		"patient":  {Patient: patient(1), Practitioner: reyes, Room: room2, Type: visit, Start: h.at(23, 10*60+19)},
	} {
		if _, err := d.Book(ctx, b); !errors.As(err, &taken) {
			t.Errorf("%s twice: %v", name, err)
		} else if len(taken.Next) == 0 || taken.Next[0].From.Before(b.Start) {
			t.Errorf("%s twice: next %v", name, taken.Next)
		}
	}
	if _, err := d.Book(ctx, Booking{Patient: patient(2), Practitioner: okonkwo, Room: room1, Type: visit, Start: h.at(23, 10*60+20)}); err != nil {
		t.Errorf("the next slot touches and is free: %v", err)
	}
	// What is over the hours must be meant.
	var closed *Closed
	late := Booking{Patient: patient(3), Practitioner: okonkwo, Type: visit, Start: h.at(23, 11*60+50)}
	if _, err := d.Book(ctx, late); !errors.As(err, &closed) {
		t.Errorf("into the lunch hour: %v", err)
	}
	late.Outside = true
	if _, err := d.Book(ctx, late); err != nil {
		t.Error(err)
	}
	// Overbooking needs a role and a reason, and is not a clash afterwards.
	over := Booking{Patient: patient(4), Practitioner: okonkwo, Room: room2, Type: visit, Start: h.at(23, 10*60), Overbook: "chest pain, cannot wait"}
	var refused *record.Refused
	if _, err := d.Book(ctx, over); !errors.As(err, &refused) {
		t.Errorf("the front desk overbooks: %v", err)
	}
	if got, err := h.desk(access.Nurse).Book(ctx, over); err != nil || got.Overbooked == "" {
		t.Errorf("a nurse may not overbook: %v", err)
	}
	p := h.period(24)
	if c := p.Conflicts(); len(c) != 0 {
		t.Errorf("conflicts: %+v", c)
	}
	if len(p.Appointments) != 4 || p.Person(p.Appointments[0]).Name == "" {
		t.Errorf("%d appointments", len(p.Appointments))
	}

	// Arrive, room, start, finish: each with its moment; what another door wrote stays.
	a, err = d.Change(ctx, a.ID, a.Version, Arrive(h.at(23, 595)))
	if err != nil || a.State() != Arrived || !a.Moments[Arrived].Equal(h.at(23, 595)) {
		t.Fatalf("%v %+v", err, a)
	}
	stale := a.Version
	if a, err = d.Change(ctx, a.ID, a.Version, Room(h.at(23, 600), room1)); err != nil || a.State() != Roomed {
		t.Fatal(err)
	}
	var moved *Moved
	if _, err := d.Change(ctx, a.ID, stale, Cancel("mistake")); !errors.As(err, &moved) || moved.Now.State() != Roomed {
		t.Errorf("a stale page cancels: %v", err)
	}
	if a, err = d.Change(ctx, a.ID, "", Start(h.at(23, 604))); err != nil || a.State() != InVisit {
		t.Fatal(err, a.State())
	}
	if a, err = d.Change(ctx, a.ID, "", Finish(h.at(23, 620))); err != nil || a.State() != Done || a.Comment != "needs a ramp" || len(a.Moments) != 4 {
		t.Fatal(err, a.Moments)
	}
	var not *NotAllowed
	if _, err := d.Change(ctx, a.ID, "", Cancel("too late")); !errors.As(err, &not) {
		t.Errorf("a visit that was is cancelled: %v", err)
	}
}

func (h *house) period(days int) *Period {
	h.t.Helper()
	d := h.desk(access.FrontDesk)
	c, err := Open(context.Background(), d.Session, h.zone)
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := c.Between(context.Background(), d.Session, h.at(23, 0), AddDays(h.at(23, 0), days, h.zone))
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func TestMoveCancelUndoWait(t *testing.T) {
	h := open(t)
	d, ctx := h.desk(access.FrontDesk), t.Context()
	book := func(n, minute int) Appointment {
		a, err := d.Book(ctx, Booking{Patient: patient(n), Practitioner: okonkwo, Room: room1, Type: visit, Start: h.at(23, minute)})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a, b := book(1, 540), book(2, 560)
	var taken *Taken
	if _, err := d.Move(ctx, a.ID, a.Version, Booking{Start: h.at(23, 570)}); !errors.As(err, &taken) {
		t.Errorf("moved onto another: %v", err)
	}
	if got, err := d.Move(ctx, a.ID, a.Version, Booking{Start: h.at(23, 550), Practitioner: reyes, Room: room2}); err != nil || got.Practitioner() != reyes || got.Place() != room2 {
		t.Fatal(err)
	}
	// It moves by less than its length: it is not in its own way.
	if got, err := d.Move(ctx, a.ID, "", Booking{Start: h.at(23, 555)}); err != nil || !got.From.Equal(h.at(23, 555)) || got.Minutes != 20 {
		t.Fatal(err)
	}
	w, err := d.Wait(ctx, Wish{Patient: patient(3), Practitioner: okonkwo, Type: visit, Between: []Span{{h.at(23, 0), h.at(24, 0)}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Wait(ctx, Wish{Patient: patient(4), Type: VisitType{Minutes: 60}, Urgent: true}); err != nil {
		t.Fatal(err)
	}
	if b, err = d.Change(ctx, b.ID, b.Version, Cancel("patient called")); err != nil || b.Why != "patient called" {
		t.Fatal(err)
	}
	waiting, people, err := d.Waitlist(ctx)
	if err != nil || len(waiting) != 2 || !waiting[0].Urgent() || people["Patient/p3"].Name == "" {
		t.Fatal(err, waiting)
	}
	offers := Offers(waiting, Opening{Span: b.Span, With: okonkwo})
	if len(offers) != 1 || offers[0].ID != w.ID {
		t.Errorf("offers %v", offers)
	}
	if got, err := d.BookWaiting(ctx, w.ID, w.Version, Booking{Patient: patient(3), Practitioner: okonkwo, Room: room1, Type: visit, Start: b.From}); err != nil || got.State() != Booked || got.ID != w.ID {
		t.Fatal(err)
	}
	// The time was given away: the cancelling cannot be undone.
	if _, err := d.Undo(ctx, b.ID, b.Version); !errors.As(err, &taken) {
		t.Errorf("undone onto another: %v", err)
	}
	if _, err := d.Change(ctx, w.ID, "", Cancel("gone")); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Undo(ctx, b.ID, b.Version); err != nil || got.State() != Booked {
		t.Errorf("not undone: %v", err)
	}
	// Noshow frees the time; who comes late after all gets it back only if it is free.
	got, err := d.Change(ctx, a.ID, "", NoShow("no answer"))
	if err != nil || got.Holds() {
		t.Fatal(err)
	}
	if _, err := d.Change(ctx, a.ID, "", Arrive(monday)); err != nil {
		t.Error(err)
	}
}

func TestExceptionsAndOpenings(t *testing.T) {
	h := open(t)
	d, ctx := h.desk(access.FrontDesk), t.Context()
	slot, err := d.Except(ctx, okonkwo.Ref, Away{Span: Span{h.at(23, 540), h.at(23, 660)}, Why: "dentist"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Except(ctx, okonkwo.Ref, Away{Span: Span{h.at(28, 540), h.at(28, 600)}, Extra: true}); err != nil {
		t.Fatal(err)
	}
	var closed *Closed
	if _, err := d.Book(ctx, Booking{Patient: patient(1), Practitioner: okonkwo, Type: visit, Start: h.at(23, 600)}); !errors.As(err, &closed) || closed.Why != "dentist" {
		t.Errorf("booked while away: %v", err)
	}
	if _, err := d.Book(ctx, Booking{Patient: patient(1), Practitioner: okonkwo, Type: visit, Start: h.at(28, 540)}); err != nil {
		t.Errorf("the extra session on Saturday: %v", err)
	}
	p := h.period(14)
	o := p.Openings(Wanted{With: []string{okonkwo.Ref}, Minutes: 20, Room: true, NotBefore: monday, Most: 3})
	if len(o) != 3 || !o[0].From.Equal(h.at(23, 660)) || o[0].Room != room1 {
		t.Errorf("%+v", o)
	}
	// Any provider, after 15:00, and on Wednesdays only.
	o = p.Openings(Wanted{Minutes: 20, After: 15 * 60, Days: [7]bool{3: true}, NotBefore: monday})
	if len(o) == 0 || o[0].With != reyes || !o[0].From.Equal(h.at(25, 900)) {
		t.Errorf("%+v", o)
	}
	// The practice is closed: nobody has an opening.
	if _, err := d.Except(ctx, "Location/house", Away{Span: Span{h.at(23, 0), h.at(24, 0)}, Why: "Founders' day"}); err != nil {
		t.Fatal(err)
	}
	if o = h.period(1).Openings(Wanted{Minutes: 20}); len(o) != 0 {
		t.Errorf("%+v", o)
	}
	if err := d.Unexcept(ctx, slot); err != nil {
		t.Fatal(err)
	}
	var wrong *Wrong
	if _, err := d.Except(ctx, okonkwo.Ref, Away{Span: Span{h.at(28, 600), h.at(28, 540)}}); !errors.As(err, &wrong) {
		t.Error("an exception ends before it begins")
	}
}

// What another program writes past the protocol is found.
func TestConflictsOfOthers(t *testing.T) {
	h := open(t)
	other := func(id, patient, start, end string) string {
		return `{"resourceType":"Appointment","id":"` + id + `","status":"booked","start":"2026-11-23T` + start + `:00-05:00","end":"2026-11-23T` + end + `:00-05:00","participant":[{"actor":{"reference":"Patient/` + patient + `"},"status":"accepted"},{"actor":{"reference":"Practitioner/okonkwo"},"status":"accepted"},{"actor":{"reference":"Location/house"},"status":"accepted"}]}`
	}
	h.write(other("x1", "p1", "09:00", "09:40"), other("x2", "p2", "09:20", "09:40"), other("x3", "p3", "09:40", "10:00"))
	c := h.period(1).Conflicts()
	if len(c) != 1 || c[0].A.ID != "x1" || c[0].B.ID != "x2" || c[0].Of.Ref != okonkwo.Ref {
		t.Errorf("%+v", c)
	}
}

// Sixty-four desks want one slot: one gets it.
func TestOneSlotOneWinner(t *testing.T) {
	h := open(t)
	var won, lost atomic.Int64
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range 64 {
		wg.Go(func() {
			<-begin
			_, err := h.desk(access.FrontDesk).Book(context.Background(), Booking{Patient: patient(1 + i%4), Practitioner: okonkwo, Room: []Party{room1, room2}[i%2], Type: visit, Start: h.at(23, 600)})
			var taken *Taken
			switch {
			case err == nil:
				won.Add(1)
			case errors.As(err, &taken):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	close(begin)
	wg.Wait()
	if won.Load() != 1 || lost.Load() != 63 {
		t.Errorf("%d won, %d were told that it is taken", won.Load(), lost.Load())
	}
	if p := h.period(1); len(p.Appointments) != 1 || len(p.Conflicts()) != 0 {
		t.Errorf("%d appointments", len(p.Appointments))
	}
}

// One patient, two providers and rooms, at once: still only one.
func TestOnePatientOnePlace(t *testing.T) {
	h := open(t)
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			b := Booking{Patient: patient(1), Practitioner: okonkwo, Room: room1, Type: visit, Start: h.at(23, 600)}
			if i%2 == 1 {
				b.Practitioner, b.Room = reyes, room2
			}
			if _, err := h.desk(access.FrontDesk).Book(context.Background(), b); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d appointments of one patient at one time", won.Load())
	}
}

// Whatever desks do, in whatever order and at once, nothing overlaps.
func TestNeverAnOverlap(t *testing.T) {
	h := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		day := rapid.SampledFrom([]int{23, 25}).Draw(rt, "day") // both work
		type step struct{ kind, who, with, room, at, pick int }
		steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
			return step{rapid.IntRange(0, 4).Draw(rt, "kind"), rapid.IntRange(1, 4).Draw(rt, "who"), rapid.IntRange(0, 1).Draw(rt, "with"), rapid.IntRange(0, 2).Draw(rt, "room"),
				540 + 5*rapid.IntRange(0, 20).Draw(rt, "at"), rapid.IntRange(0, 50).Draw(rt, "pick")}
		}), 1, 16).Draw(rt, "steps")
		var mu sync.Mutex
		var ids []string
		d := h.desk(access.FrontDesk)
		do := func(s step) {
			ctx := context.Background()
			b := Booking{Patient: patient(s.who), Practitioner: []Party{okonkwo, reyes}[s.with], Room: []Party{{}, room1, room2}[s.room], Type: visit, Start: h.at(day, s.at), Minutes: 10 + s.pick%4*10}
			mu.Lock()
			id := ""
			if len(ids) > 0 {
				id = ids[s.pick%len(ids)]
			}
			mu.Unlock()
			var err error
			switch {
			case s.kind <= 1 || id == "":
				var a Appointment
				if a, err = d.Book(ctx, b); err == nil {
					mu.Lock()
					ids = append(ids, a.ID)
					mu.Unlock()
				}
			case s.kind == 2:
				_, err = d.Move(ctx, id, "", b)
			case s.kind == 3:
				_, err = d.Change(ctx, id, "", Cancel("changed"))
			case s.kind == 4:
				_, err = d.Undo(ctx, id, "")
			}
			var taken *Taken
			var closed *Closed
			var not *NotAllowed
			var wrong *Wrong
			var moved *Moved
			if err != nil && !errors.As(err, &taken) && !errors.As(err, &closed) && !errors.As(err, &not) && !errors.As(err, &wrong) && !errors.As(err, &moved) && !isConflict(err) {
				rt.Errorf("%T %v", err, err)
			}
		}
		var wg sync.WaitGroup
		for lane := range 3 {
			wg.Go(func() {
				for i := lane; i < len(steps); i += 3 {
					do(steps[i])
				}
			})
		}
		wg.Wait()
		p := h.period(3)
		if c := p.Conflicts(); len(c) != 0 {
			rt.Fatalf("%s overlaps: %s and %s", c[0].Of.Ref, c[0].A.From, c[0].B.From)
		}
		for _, a := range p.Appointments { // the next round begins empty
			if !a.Over() {
				if _, err := d.Change(context.Background(), a.ID, "", Cancel("round over")); err != nil {
					rt.Fatal(err)
				}
			}
		}
	})
}

func TestSeries(t *testing.T) {
	h := open(t)
	d, ctx := h.desk(access.FrontDesk), t.Context()
	if _, err := d.Book(ctx, Booking{Patient: patient(2), Practitioner: okonkwo, Type: visit, Start: h.at(30, 600)}); err != nil {
		t.Fatal(err)
	}
	made, err := d.BookSeries(ctx, Booking{Patient: patient(1), Practitioner: okonkwo, Room: room1, Type: visit, Start: h.at(23, 600)}, Repeat{7, 4})
	if err != nil || len(made) != 4 {
		t.Fatal(err, made)
	}
	var taken *Taken
	if !errors.As(made[1].Err, &taken) || made[0].Err != nil || made[3].Err != nil || made[0].Series == "" || made[0].Series != made[3].Series {
		t.Errorf("%+v", made)
	}
}

func TestFrontDeskSeesNoCare(t *testing.T) {
	h := open(t)
	s := h.desk(access.FrontDesk).Session
	for _, typ := range []string{"Encounter", "Condition", "Observation", "MedicationRequest", "AllergyIntolerance"} {
		if _, err := find(t.Context(), s, typ, nil); err == nil {
			t.Errorf("the front desk searches %s", typ)
		}
	}
}

func TestFeed(t *testing.T) {
	h := open(t)
	d := h.desk(access.FrontDesk)
	long := "Ünïcödé; with, signs\\ and\na line that is so long that it has to be folded more than once, 名前名前名前名前名前名前"
	a, err := d.Book(t.Context(), Booking{Patient: Party{"Patient/p1", "Rosa Delgado"}, Practitioner: okonkwo, Type: visit, Start: h.at(23, 600), Reason: "private matter"})
	if err != nil {
		t.Fatal(err)
	}
	f := Feed{Title: long, Host: "maple.example", Now: monday}
	text := string(f.Calendar([]Appointment{a, {ID: "waits", Status: "waitlist"}}))
	for _, secret := range []string{"Rosa", "Delgado", "private", "Follow-up"} {
		if strings.Contains(text, secret) {
			t.Errorf("the feed tells %q", secret)
		}
	}
	for _, want := range []string{"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "DTSTART:20261123T150000Z\r\n", "DTEND:20261123T152000Z\r\n", "SUMMARY:Visit\r\n", "UID:" + a.ID} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the feed", want)
		}
	}
	if strings.Count(text, "BEGIN:VEVENT") != 1 {
		t.Error("who waits has an event")
	}
	for _, l := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(l) > 75 {
			t.Errorf("a line of %d octets", len(l))
		}
	}
	f.Names = func(a Appointment) string { return a.Patient.Name }
	if text := string(f.Calendar([]Appointment{a})); !strings.Contains(text, "SUMMARY:Rosa Delgado") {
		t.Error("names were asked for")
	}
}

func FuzzFold(f *testing.F) {
	f.Add("SUMMARY:Visit")
	f.Add(strings.Repeat("名", 100))
	f.Add("a\xff\r\n\x00;,\\b")
	f.Fuzz(func(t *testing.T, s string) {
		var b strings.Builder
		escaped := icalText(s)
		fold(&b, escaped)
		if strings.ContainsAny(escaped, "\r\n\x00") {
			t.Fatal("a line break passes")
		}
		whole := strings.ReplaceAll(strings.TrimSuffix(b.String(), "\r\n"), "\r\n ", "")
		if whole != escaped {
			t.Fatal("unfolding does not give the line back")
		}
		for _, l := range strings.Split(strings.TrimSuffix(b.String(), "\r\n"), "\r\n") {
			if len(l) > 75 {
				t.Fatalf("%d octets", len(l))
			}
		}
	})
}

func FuzzAppointmentOf(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Appointment","status":"booked","start":"2026-11-23T09:00:00-05:00","end":"2026-11-23T08:00:00-05:00","participant":[{"actor":{"reference":"Patient/1"}}]}`))
	f.Add([]byte(`{"participant":"x","extension":[{"url":"` + MomentURL + `","extension":[{"url":"state","valueCode":"arrived"}]}],"requestedPeriod":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := fhir.Parse(body)
		if err != nil {
			return
		}
		a := AppointmentOf(d.Root(), time.UTC)
		if a.Holds() && a.Minutes < 0 {
			t.Fatal("it holds less than nothing")
		}
		a.State()
		a.Fits(Opening{})
		HoursOf(d.Root(), time.UTC)
	})
}

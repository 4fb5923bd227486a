package audit

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"wholechart/store"
)

func open(t *testing.T) (*store.Store, *Log) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st, NewLog(st, time.Now)
}

func events(t *testing.T, st *store.Store) (out []Event) {
	t.Helper()
	err := st.View(context.Background(), func(v *store.View) error {
		rows, err := v.Audit(0, 1<<20, store.AuditFilter{})
		for _, r := range rows {
			var e Event
			if err := json.Unmarshal(r.Body, &e); err != nil {
				return err
			}
			out = append(out, e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNothingNotedIsLost(t *testing.T) {
	st, l := open(t)
	const hands, each = 8, 2000 // more than the queue holds
	var wg sync.WaitGroup
	for range hands {
		wg.Go(func() {
			for range each {
				l.Note(Event{Action: "read", Site: "a", Type: "Patient"})
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(events(t, st)); got != hands*each {
		t.Errorf("%d of %d events are in the log", got, hands*each)
	}
	if n, err := st.VerifyAudit(t.Context()); err != nil || n != hands*each {
		t.Errorf("chain: %d %v", n, err)
	}
	l.Note(Event{Action: "late"}) // after the end: no panic, and not in the log
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestFlushAndWriteAreDurableWhenTheyReturn(t *testing.T) {
	st, l := open(t)
	defer l.Close()
	l.Note(Event{Action: "read"})
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.Write(t.Context(), Event{Action: "disclose", Outcome: Refused, Why: "law"}); err != nil {
		t.Fatal(err)
	}
	got := events(t, st)
	if len(got) != 2 || got[0].Action != "read" || got[0].Outcome != OK || got[0].Time.IsZero() || got[1].Outcome != Refused {
		t.Errorf("%+v", got)
	}
}

func TestAnEventGoesWithItsTransaction(t *testing.T) {
	st, l := open(t)
	defer l.Close()
	broken := errors.New("broken")
	if _, err := st.Update(t.Context(), func(tx *store.Tx) error {
		if err := Append(tx, time.Now(), Event{Action: "create"}); err != nil {
			return err
		}
		return broken
	}); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if got := events(t, st); len(got) != 0 {
		t.Errorf("the note of what did not happen stayed: %+v", got)
	}
}

func TestALogThatCannotBeWrittenSaysSo(t *testing.T) {
	st, l := open(t)
	l.Note(Event{Action: "read"})
	if err := l.Flush(t.Context()); err != nil || l.Stuck() {
		t.Fatal(err, l.Stuck())
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	l.Note(Event{Action: "read", ID: "unseen"})
	if err := l.Flush(t.Context()); err == nil || !l.Stuck() {
		t.Errorf("flush: %v, stuck %v", err, l.Stuck())
	}
	if err := l.Close(); err == nil {
		t.Error("what was noted is lost, and Close does not say so")
	}
}

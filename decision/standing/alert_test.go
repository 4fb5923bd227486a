package standing

import (
	"slices"
	"strings"
	"testing"

	"wholechart/decision/rule"
)

// TestAnAlertSaysSinceWhen: a danger stands from the newest of its facts on, as bad as
// its rule says, in memory as in what is kept.
func TestAnAlertSaysSinceWhen(t *testing.T) {
	h := open(t)
	h.write("maple", patient("ana", ""), drug("w", "ana", "warfarin 5 mg"), strings.Replace(drug("i", "ana", "ibuprofen 600 mg"), "2026-11-01", "2026-11-12", 1))
	all := slices.Collect(h.row("maple", "ana").Alerts())
	if len(all) == 0 {
		t.Fatal("warfarin and ibuprofen are no danger")
	}
	a := all[0]
	if a.Rule.Kind != rule.Interaction || a.Level != rule.Notice || a.Severity != Severe || dayText(a.Since) != "2026-11-12" {
		t.Errorf("%s %v %v since %s", a.Rule.ID, a.Level, a.Severity, dayText(a.Since))
	}
	h.begin() // another program reads what is kept
	h.settle()
	if again := slices.Collect(h.row("maple", "ana").Alerts()); len(again) != len(all) || again[0].Severity != a.Severity || !again[0].Since.Equal(a.Since) {
		t.Errorf("kept: %+v", again)
	}
	kept := h.kept("maple")["ana"]
	if !kept.Same(h.scratch("maple", "ana")) {
		t.Error("what is kept is not what is so")
	}
	other := *kept
	other.Alerts = slices.Clone(kept.Alerts)
	other.Alerts[0].Since = other.Alerts[0].Since.AddDate(0, 0, 1)
	if kept.Same(&other) {
		t.Error("two answers that say another day are the same")
	}
}

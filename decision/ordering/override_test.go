package ordering

import (
	"testing"
	"time"

	"wholechart/chart/order"
	"wholechart/decision/rule"
)

func TestStands(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	card := func(k rule.Kind, l rule.Level, severity string) *rule.Card {
		return &rule.Card{Rule: &rule.Rule{Kind: k}, Level: l, Severity: severity}
	}
	for _, x := range []struct {
		name   string
		card   *rule.Card
		reason string
		ago    [3]int // years, months, days
		stands bool
	}{
		{"an interaction, yesterday", card(rule.Interaction, rule.Interrupt, "severe"), "benefit", [3]int{0, 0, 1}, true},
		{"an interaction, a day short of a year", card(rule.Interaction, rule.Interrupt, "severe"), "benefit", [3]int{1, 0, -1}, true},
		{"an interaction, a year", card(rule.Interaction, rule.Interrupt, "severe"), "benefit", [3]int{1, 0, 0}, false},
		{"contraindicated, five months", card(rule.Interaction, rule.Interrupt, "contraindicated"), "benefit", [3]int{0, 5, 0}, true},
		{"contraindicated, six months", card(rule.Interaction, rule.Interrupt, "contraindicated"), "benefit", [3]int{0, 6, 0}, false},
		{"monitored, six months", card(rule.Interaction, rule.Interrupt, "severe"), "monitored", [3]int{0, 6, 0}, false},
		{"potassium, monitored, three months", card(rule.Laboratory, rule.Interrupt, "severe"), "monitored", [3]int{0, 3, 0}, false},
		{"potassium, benefit, three months", card(rule.Laboratory, rule.Interrupt, "severe"), "benefit", [3]int{0, 3, 0}, true},
		{"pregnancy, two months", card(rule.Pregnancy, rule.Interrupt, "contraindicated"), "benefit", [3]int{0, 2, 0}, true},
		{"pregnancy, three months", card(rule.Pregnancy, rule.Interrupt, "contraindicated"), "benefit", [3]int{0, 3, 0}, false},
		{"a notice, a year", card(rule.Duplicate, rule.Notice, "moderate"), "not-applicable", [3]int{1, 0, 0}, true},
		{"a notice, two years", card(rule.Duplicate, rule.Notice, "moderate"), "not-applicable", [3]int{2, 0, 0}, false},
	} {
		at := now.AddDate(-x.ago[0], -x.ago[1], -x.ago[2])
		if got := Stands(x.card, order.Override{Code: x.reason, At: at}, now); got != x.stands {
			t.Errorf("%s: %v", x.name, got)
		}
	}
	loud := card(rule.Interaction, rule.Interrupt, "severe")
	if Stands(loud, order.Override{}, now) {
		t.Error("an override without a day stands for ever")
	}
	if Stands(loud, order.Override{At: now.AddDate(3, 0, 0)}, now) {
		t.Error("an override of the future stands")
	}
}

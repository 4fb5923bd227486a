package burden

import (
	"encoding/json"
	"testing"
)

// TestMonths: folding days into months loses nothing, twice as little as once, and
// months are told one after another, empty ones too.
func TestMonths(t *testing.T) {
	t1 := Tally{}
	t1.Show("2026-01-31", "a", true)
	t1.Show("2026-02-01", "a", true)
	t1.Show("2026-02-28", "a", false)
	t1.Accept("2026-02-28", "a")
	t1.Avert("2026-02-28", "b", 1, 7700)
	t1.Avert("2026-04-01", "b", 1, 0)
	t1.Avert("2026-04-01", "b", -1, -5)
	t1.Override("2026-04-02", "a", "benefit")
	before := t1.Months("2026-01", "2026-04")
	t1.Fold("2026-03-01")
	t1.Fold("2026-03-01")
	after := t1.Months("2026-01", "2026-04")
	x, _ := json.Marshal(before)
	y, _ := json.Marshal(after)
	if string(x) != string(y) {
		t.Errorf("folding changed the months:\n%s\n%s", x, y)
	}
	if len(after) != 4 || after[0].Month != "2026-04" || after[3].Month != "2026-01" || len(after[1].Lines) != 0 {
		t.Fatalf("%s", y)
	}
	feb := after[2]
	if feb.Shown != 2 || feb.Interrupted != 1 || feb.Accepted != 1 || feb.Averted != 1 || feb.MicroSv != 7700 || after[0].Averted != 1 || after[0].MicroSv != 0 || after[0].Overridden != 1 {
		t.Errorf("%s", y)
	}
	if len(t1) != 4 { // two months and two days
		t.Errorf("%d keys", len(t1))
	}
	body, _ := json.Marshal(t1)
	again, err := Decode(body)
	if err != nil || len(again) != len(t1) {
		t.Fatalf("%v %v", again, err)
	}
	if lines := again.Report("2026-02-01", "2026-04-30"); len(lines) != 2 || lines[0].Shown+lines[1].Shown != 0 {
		t.Errorf("a month was taken for a day: %+v", lines)
	}
	again.Forget("2026-02-10")
	if _, ok := again["2026-01"]; ok {
		t.Error("an old month is not forgotten")
	}
	for _, bad := range []string{`{"2026":{}}`, `{"2026-13":{}}`, `{"2026-02":{"a":{"averted":-1}}}`} {
		if _, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

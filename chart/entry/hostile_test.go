package entry

import (
	"strings"
	"testing"
	"time"
)

// TestNoDateAndNumberThatCannotBe: every date and number of every form refuses what
// no calendar and no person has, with words that belong to the field.
func TestNoDateAndNumberThatCannotBe(t *testing.T) {
	c := Context{Patient: "p1", Birth: "1958-03-14", Who: "Practitioner/x", Name: "X", Now: time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC), Zone: time.UTC}
	tried := 0
	try := func(k *Kind, f *Field, name string) {
		var list []string
		switch f.Input {
		case Day:
			list = []string{"2026-02-30", "31 Feb 2020", "0000-00-00", "2025-13-01", "29 Feb 2023", "1066-10-14"}
			if !f.ages {
				list = append(list, "NaN", "8,000 kg", "-1", "<script>alert(1)</script>", "🙂", strings.Repeat("9", 5000))
			}
			if !f.future {
				list = append(list, "2999-01-01")
			}
		case Number:
			list = []string{"-1", "NaN", "1e309", "∞", "9999999", "8,000", "many", "<b>", strings.Repeat("9", 400)}
		case Text, Area, Code:
			list = []string{strings.Repeat("x", 20000)}
		case Choice, Many:
			list = []string{"no such choice"}
		}
		for _, v := range list {
			tried++
			_, errs := k.Build(c, Form{name: {v}})
			if errs[name] == "" {
				t.Errorf("%s: %s takes %.40q", k.Slug, name, v)
			}
		}
	}
	all := Kinds()
	all = append(all, Questions()...)
	for _, k := range all {
		for i := range k.Fields {
			try(k, &k.Fields[i], k.Fields[i].Name)
		}
		for gi := range k.Groups {
			g := &k.Groups[gi]
			for j := range g.Fields {
				try(k, &g.Fields[j], g.FieldName(0, g.Fields[j].Name))
			}
		}
	}
	if tried < 300 {
		t.Errorf("only %d values were tried", tried)
	}
}

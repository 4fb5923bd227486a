package ask_test

import (
	"testing"

	"wholechart/decision/internal/ask"
	"wholechart/decision/internal/cases"
	"wholechart/decision/prevention"
)

// TestWrongExpectationsAreFound: each case is right as it stands first, and wrong in
// every other way that it is written after.
func TestWrongExpectationsAreFound(t *testing.T) {
	const person = `x | female born 2020-06-01; problem "HIV infection" icd B20 3 y ago; dose 03 2021-06-01; draft 03 "MMR" | `
	for _, x := range []struct {
		area, line string
		wants      []string // the first is right
	}{
		{"medicine", `allergy-direct | x | female 50 y; allergy "Penicillin" "Hives" at Lakeside | medicine "Amoxicillin 500 mg capsule" | `,
			[]string{`interrupt "Lakeside" not "Riverside"`, "nothing", "notice", `interrupt "Riverside"`, `interrupt not "Lakeside"`, `gap "moonlight"`, "loudly", ""}},
		{"medicine", `allergy-direct | x | female 50 y | medicine "Amoxicillin 500 mg capsule" | `, []string{"nothing", "interrupt", "quiet"}},
		{"immunization", person, []string{
			`doses 1; dose 1 MMR counts; observed 186; unobserved 007; MMR dose 2; MMR earliest 2021-07-01; notice "HIV"; nogap "moonlight"; absent Rabies`,
			"doses 2", "dose 2 MMR counts", "dose 1 MMR no", `dose 1 MMR counts "moonlight"`, "dose 1 Polio counts", "observed 007", "unobserved 186", "MMR finished", "MMR moonlight", "MMR dose 1",
			"MMR earliest 2021-06-30", "silent", `interrupt "HIV"`, `notice "moonlight"`, `gap "moonlight"`, `nogap "HIV"`, `ask "moonlight"`, `conflict "moonlight"`, "because MMR 007", "against MMR 007", "absent MMR", "Moonlight due", ""}},
		{"prevention", `uspstf-breast | x | female 55 y; did mammogram 2023-06-12 at Riverside | `,
			[]string{`overdue "Riverside"`, "due", `overdue "Lakeside"`, "not applicable", "nothing"}},
		{"prevention", `uspstf-moonlight | x | female 55 y | `, []string{"", "due"}},
	} {
		for i, want := range x.wants {
			var c cases.Case
			var err error
			switch x.area {
			case "immunization":
				c, err = cases.TellPerson("", x.line+want)
			case "prevention":
				if want == "" {
					continue
				}
				c, err = cases.TellDue("", x.line+want, prevention.Coded)
			default:
				c, err = cases.Tell("", x.line+want)
			}
			if err != nil {
				t.Fatal(err)
			}
			if faults := ask.Faults(x.area, c.Rule, c.Expect, c.Input()); (len(faults) > 0) != (i > 0) {
				t.Errorf("%s %q: %v", x.area, want, faults)
			}
		}
	}
	if len(ask.Faults("moonlight", "", cases.Expected{None: true}, cases.Case{}.Input())) == 0 {
		t.Error("an area that is none")
	}
}

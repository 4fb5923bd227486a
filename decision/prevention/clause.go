package prevention

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"wholechart/decision/rule"
)

type clauseKind uint8

const (
	isFemale   clauseKind = iota // "female": sex at birth
	isMale                       // "male"
	isAged                       // "age 40-74 y", "age 65- y", "age -1 mo"
	everSmoked                   // "ever smoked"
	smokesNow                    // "smokes"
	packYears                    // "pack-years 20-"
	quitWithin                   // "quit within 15 y"
	isPregnant                   // "pregnant", "pregnant 24-28 wk"
	hasProblem                   // "has diabetes": an active problem
	everHad                      // "ever stroke": a problem at any time, something done, an implant
	takes                        // "takes warfarin"
	massIndex                    // "bmi 25-"
	latestIs                     // "latest hba1c >= 7 %"
	inFamily                     // "family breast-cancer"
	isWithin                     // "within 12 mo delivery": done or begun
	isActive                     // "sexually active": as recorded, or as contraception, pregnancy and infections tell
)

// clause is one statement about a person.
type clause struct {
	kind    clauseKind
	concept int
	low, hi float64 // NaN: open
	unit    string  // y, mo, d of ages; of results UCUM
	months  int
	op      string // >= < > <=
}

// verdict is what the record says of a clause or of many.
type verdict struct {
	state   tri
	why     string
	facts   []rule.Evidence
	from    time.Time // the day from which it is so, where a day says it: a birthday, an onset
	until   time.Time // the day from which it no longer is
	missing string    // what is not recorded, when unknown: "smoking status"
	ageOnly bool      // it is not so because the age is not reached
}

func (k *knowledge) line(text string) (line, error) {
	var out line
	for part := range strings.SplitSeq(text, ";") {
		var one []clause
		for alternative := range strings.SplitSeq(part, " or ") {
			c, err := k.clause(strings.Fields(alternative))
			if err != nil {
				return nil, err
			}
			one = append(one, c)
		}
		out = append(out, one)
	}
	return out, nil
}

func (k *knowledge) clause(w []string) (c clause, err error) {
	if len(w) == 0 {
		return c, fmt.Errorf("an empty clause")
	}
	c.low, c.hi = math.NaN(), math.NaN()
	text := strings.Join(w, " ")
	arg := func(i int) string {
		if i < len(w) {
			return w[i]
		}
		return ""
	}
	switch {
	case text == "female":
		c.kind = isFemale
	case text == "male":
		c.kind = isMale
	case text == "ever smoked":
		c.kind = everSmoked
	case text == "sexually active":
		c.kind = isActive
	case text == "smokes":
		c.kind = smokesNow
	case w[0] == "age" && len(w) == 3:
		c.kind, c.unit = isAged, w[2]
		c.low, c.hi, err = between(w[1])
		if c.unit != "y" && c.unit != "mo" && c.unit != "d" {
			err = fmt.Errorf("an age in y, mo or d, not %q", c.unit)
		}
	case w[0] == "pack-years" && len(w) == 2:
		c.kind = packYears
		c.low, c.hi, err = between(w[1])
	case strings.HasPrefix(text, "quit within ") && len(w) == 4:
		c.kind = quitWithin
		c.months, _, err = interval(w[2] + " " + w[3])
	case w[0] == "pregnant" && (len(w) == 1 || len(w) == 3 && w[2] == "wk"):
		c.kind = isPregnant
		if len(w) == 3 {
			c.low, c.hi, err = between(w[1])
		}
	case w[0] == "bmi" && len(w) == 2:
		c.kind = massIndex
		c.low, c.hi, err = between(w[1])
	case w[0] == "has" && len(w) == 2, w[0] == "ever" && len(w) == 2, w[0] == "takes" && len(w) == 2, w[0] == "family" && len(w) == 2:
		c.kind = map[string]clauseKind{"has": hasProblem, "ever": everHad, "takes": takes, "family": inFamily}[w[0]]
		c.concept, err = k.concept(w[1])
	case w[0] == "within" && len(w) == 4:
		c.kind = isWithin
		if c.months, _, err = interval(w[1] + " " + w[2]); err == nil {
			c.concept, err = k.concept(w[3])
		}
	case w[0] == "latest" && len(w) >= 4:
		c.kind, c.op, c.unit = latestIs, w[2], arg(4)
		if c.concept, err = k.concept(w[1]); err == nil {
			c.low, err = strconv.ParseFloat(w[3], 64)
		}
		if err == nil && c.op != ">=" && c.op != "<" && c.op != ">" && c.op != "<=" {
			err = fmt.Errorf("no comparison %q", c.op)
		}
	default:
		err = fmt.Errorf("no clause %q", text)
	}
	return c, err
}

// between reads "40-74", "65-", "-5".
func between(s string) (low, hi float64, err error) {
	a, b, ok := strings.Cut(s, "-")
	low, hi = math.NaN(), math.NaN()
	if ok && a != "" {
		low, err = strconv.ParseFloat(a, 64)
	}
	if ok && b != "" && err == nil {
		hi, err = strconv.ParseFloat(b, 64)
	}
	if !ok || err != nil || math.IsNaN(low) && math.IsNaN(hi) || low > 999 || hi > 999 {
		return low, hi, fmt.Errorf("a range like 40-74, not %q", s)
	}
	return low, hi, nil
}

// all is whether every clause of a line is so: one that is not decides,
// whatever is unknown of the others.
func (f *facts) all(l line) verdict {
	out := verdict{state: yes}
	var whys, missing []string
	nos := 0
	var not verdict
	for _, alternatives := range l {
		v := f.any(alternatives)
		switch v.state {
		case no:
			if nos == 0 {
				not = v
			}
			nos++
			not.ageOnly = not.ageOnly && v.ageOnly
			if !not.ageOnly {
				return not // whatever the others say
			}
		case unknown:
			if out.state == yes {
				out.state = unknown
			}
			missing = append(missing, v.missing)
		default:
			if v.why != "" {
				whys = append(whys, v.why)
			}
			out.facts = append(out.facts, v.facts...)
			if v.from.After(out.from) {
				out.from = v.from
			}
			if !v.until.IsZero() && (out.until.IsZero() || v.until.Before(out.until)) {
				out.until = v.until
			}
		}
	}
	if nos > 0 {
		not.ageOnly = not.ageOnly && nos == 1 && out.state == yes
		if not.from.Before(out.from) && not.ageOnly {
			not.from = out.from
		}
		return not
	}
	out.why, out.missing = strings.Join(whys, "; "), strings.Join(missing, " and ")
	return out
}

// any is whether one of the clauses is so.
func (f *facts) any(cs []clause) verdict {
	var out verdict
	for i, c := range cs {
		v := f.say(c)
		if v.state == yes {
			return v
		}
		switch {
		case i == 0:
			out = v
		case v.state == unknown && out.state == no:
			out = v
		case v.state == out.state && v.state == unknown && !strings.Contains(out.missing, v.missing):
			out.missing += " or " + v.missing
		case v.state == out.state && v.state == no:
			out.why, out.ageOnly = joinNo(out.why, v.why), out.ageOnly && v.ageOnly
		}
	}
	return out
}

// joinNo says "no diabetes or hypertension recorded".
func joinNo(a, b string) string {
	if a == "" || b == "" || a == b {
		return a + b
	}
	if rest, ok := strings.CutPrefix(b, "no "); ok && strings.HasPrefix(a, "no ") && strings.HasSuffix(a, " recorded") {
		return strings.TrimSuffix(a, " recorded") + " or " + rest
	}
	return a + ", " + b
}

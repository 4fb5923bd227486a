package note

import "strings"

// Merge joins two texts that were both made from base. Lines that one side
// changed are taken from it; where both changed the same lines, both are kept,
// theirs first, and clash says so. Nothing that a side added is lost: a line
// that one deleted and the other changed stays as changed.
func Merge(base, mine, theirs string) (text string, clash bool) {
	switch {
	case mine == theirs, theirs == base:
		return mine, false
	case mine == base:
		return theirs, false
	}
	b, m, t := lines(base), lines(mine), lines(theirs)
	bm, bt := matches(b, m), matches(b, t)
	var out []string
	i, j, k := 0, 0, 0 // where base, mine and theirs are read to
	for {
		// The next base line that both sides still have.
		n := i
		for n < len(b) && (bm[n] < 0 || bt[n] < 0) {
			n++
		}
		jm, kt := len(m), len(t)
		if n < len(b) {
			jm, kt = bm[n], bt[n]
		}
		part, c := join(b[i:n], m[j:jm], t[k:kt])
		out, clash = append(out, part...), clash || c
		if n == len(b) {
			return strings.Join(out, "\n"), clash
		}
		out = append(out, b[n])
		i, j, k = n+1, jm+1, kt+1
	}
}

// join is what stands between two lines that all three have.
func join(b, m, t []string) ([]string, bool) {
	switch {
	case same(m, t), same(t, b):
		return m, false
	case same(m, b):
		return t, false
	case len(b) == 0 && blank(t):
		return m, false
	case len(b) == 0 && blank(m):
		return t, false
	}
	// Both changed it. Changes of different lines of a stretch in which neither
	// added or took lines away go together.
	if len(m) == len(b) && len(t) == len(b) {
		out, clash := make([]string, 0, len(b)), false
		for i := range b {
			switch {
			case m[i] == t[i], t[i] == b[i]:
				out = append(out, m[i])
			case m[i] == b[i]:
				out = append(out, t[i])
			default:
				out, clash = append(out, t[i], m[i]), true
			}
		}
		return out, clash
	}
	switch {
	case len(m) == 0 && len(b) > 0: // mine deleted what they changed
		return t, false
	case len(t) == 0 && len(b) > 0:
		return m, false
	}
	// Both: theirs, and of mine what theirs does not have already.
	have := map[string]int{}
	for _, l := range t {
		have[l]++
	}
	out := append([]string(nil), t...)
	for _, l := range m {
		if have[l] > 0 {
			have[l]--
			continue
		}
		out = append(out, l)
	}
	return out, len(b) > 0 || !blank(m) && !blank(t)
}

func blank(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return false
		}
	}
	return true
}

func same(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// matches gives for every line of base the line of other that it became
// unchanged, or -1; indexes ascend. Texts of too many lines match only where they
// begin and end alike.
func matches(base, other []string) []int {
	at := make([]int, len(base))
	for i := range at {
		at[i] = -1
	}
	head := 0
	for head < len(base) && head < len(other) && base[head] == other[head] {
		at[head] = head
		head++
	}
	tail := 0
	for tail < len(base)-head && tail < len(other)-head && base[len(base)-1-tail] == other[len(other)-1-tail] {
		at[len(base)-1-tail] = len(other) - 1 - tail
		tail++
	}
	for _, p := range common(base[head:len(base)-tail], other[head:len(other)-tail]) {
		at[head+p[0]] = head + p[1]
	}
	return at
}

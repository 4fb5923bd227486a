package prevention

import "strings"

// Coded is how a concept of the tables is told of in a record: its first code that
// stands for one thing alone with what it is called, or, of a concept that has none,
// words by which it is known. ok is false when there is no such concept. Cases are written with it.
func Coded(id string) (system, code, words string, ok bool) {
	v := known().vocabulary
	i, ok := v.byID[id]
	if !ok {
		return "", "", "", false
	}
	for _, one := range v.concepts[i].codes {
		if !strings.HasSuffix(one.code, "*") {
			return urlOf(one.system), one.code, v.concepts[i].name, true
		}
	}
	if len(v.concepts[i].words) == 0 {
		return "", "", "", false
	}
	return "", "", strings.TrimSuffix(strings.Join(v.concepts[i].words[0], " "), "."), true
}

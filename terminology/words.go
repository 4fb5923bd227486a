package terminology

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold is a text as words are compared: lower case, without accents, in
// American spelling where British differs by a rule.
func fold(s string) string {
	ascii := true
	for i := 0; i < len(s) && ascii; i++ {
		ascii = s[i] < utf8.RuneSelf
	}
	if ascii {
		s = strings.ToLower(s)
	} else {
		var b strings.Builder
		for _, r := range norm.NFD.String(s) {
			if !unicode.Is(unicode.Mn, r) {
				b.WriteRune(unicode.ToLower(r))
			}
		}
		s = b.String()
	}
	if !british(s) {
		return s
	}
	return spelling.Replace(s)
}

func british(s string) bool {
	return strings.Contains(s, "ae") || strings.Contains(s, "oe") || strings.Contains(s, "our") || strings.Contains(s, "isation") || strings.Contains(s, "fibre")
}

var spelling = strings.NewReplacer("haem", "hem", "aemi", "emi", "oedema", "edema", "rrhoea", "rrhea", "oesoph", "esoph", "oestr", "estr",
	"paed", "ped", "gynaec", "gynec", "leukae", "leuke", "anaes", "anes", "foetal", "fetal", "tumour", "tumor", "dyspnoea", "dyspnea", "apnoea", "apnea",
	"orthopaed", "orthoped", "caecum", "cecum", "faec", "fec", "coeliac", "celiac", "colour", "color", "isation", "ization", "fibre", "fiber")

// eachWord yields a folded text's words: letters and digits, with a point or
// comma inside a number.
func eachWord(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		from := -1
		for i, r := range s {
			in := unicode.IsLetter(r) || unicode.IsDigit(r) ||
				(r == '.' && from >= 0 && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' && s[i-1] >= '0' && s[i-1] <= '9')
			if in && from < 0 {
				from = i
			}
			if !in && from >= 0 {
				if !yield(s[from:i]) {
					return
				}
				from = -1
			}
		}
		if from >= 0 {
			yield(s[from:])
		}
	}
}

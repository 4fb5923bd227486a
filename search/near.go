package search

import (
	"math"
	"strconv"

	"wholechart/fhir"
	"wholechart/ucum"
)

func (d decimal) float() float64 {
	f, _ := strconv.ParseFloat(d.text(), 64)
	return f
}

func canonicalMetres(v float64, unit string) (metres float64, base string, ok bool) {
	metres, base, err := ucum.CanonicalFloat(v, unit)
	return metres, base, err == nil && base == "m"
}

// nearCheck is the great-circle distance on a sphere of 6371.0088 km, the mean radius.
func nearCheck(lat, lon, metres float64) func(fhir.Node) bool {
	return func(n fhir.Node) bool {
		position := n.Get("position")
		a, okA := parseDecimal(position.Get("latitude").Raw())
		o, okO := parseDecimal(position.Get("longitude").Raw())
		if !okA || !okO {
			return false
		}
		rad := math.Pi / 180
		f1, f2 := lat*rad, a.float()*rad
		h := math.Pow(math.Sin((f2-f1)/2), 2) + math.Cos(f1)*math.Cos(f2)*math.Pow(math.Sin((o.float()-lon)*rad/2), 2)
		return 2*6371008.8*math.Asin(math.Min(1, math.Sqrt(h))) <= metres
	}
}

// phonetic finds names that sound alike by American Soundex
// (https://www.archives.gov/research/census/soundex), which keeps the first letter.
func (a *asker) phonetic(want []byte) (Cond, error) {
	code := soundex(want)
	if code == "" {
		return Cond{}, invalid(a.name, "has no letter to compare")
	}
	return Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) []Span {
		s := prefix(r.path, want[:1])
		s.Match = func(v []byte) bool { return soundex(v) == code }
		return []Span{s}
	})}, nil
}

const soundexDigits = "01230120022455012623010202" // a to z; 0 is a vowel, h, w or y

func soundex(s []byte) string {
	if len(s) == 0 || s[0] < 'a' || s[0] > 'z' {
		return ""
	}
	out := []byte{s[0]}
	last := soundexDigits[s[0]-'a']
	for _, c := range s[1:] {
		if c < 'a' || c > 'z' {
			continue
		}
		d := soundexDigits[c-'a']
		if d != '0' && d != last {
			if out = append(out, d); len(out) == 4 {
				break
			}
		}
		if c != 'h' && c != 'w' {
			last = d
		}
	}
	for len(out) < 4 {
		out = append(out, '0')
	}
	return string(out)
}

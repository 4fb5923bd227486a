package clinic

import (
	"cmp"
	"hash/fnv"
	"hash/maphash"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"wholechart/chart"
)

// seen is what a page of the whole record showed when it was made, as far as
// what comes later is held against it. It goes to the browser and back in the
// address of the page's line: it names no fact, and is believed in nothing but
// what that line says.
type seen struct {
	page      string   // its address
	swaps     bool     // the page's own middle can be taken anew without leaving it
	full      []string // resource types that were read in full
	sites     []string // that have a place in the strip, in order
	facts     map[string]int
	others    int      // sites without a place of their own
	allergies []string // digests of their substances, which only this process can make
	digest    uint64   // of all facts and their versions
}

const (
	mostSeenSites     = 200
	mostSeenAllergies = 100
)

// sees is what this page shows.
func (v *view) sees() *seen {
	s := &seen{page: v.again(""), swaps: v.swaps, full: v.full, facts: map[string]int{}, digest: digest(v.chart)}
	cells, others := v.cells()
	for _, c := range cells[:min(len(cells), mostSeenSites)] {
		s.sites = append(s.sites, c.slug)
	}
	s.others = others.n
	for _, a := range v.chart.Completeness.Sites[:min(len(v.chart.Completeness.Sites), mostSeenSites)] {
		if a.Facts > 0 {
			s.facts[a.Source.Slug] = a.Facts
		}
	}
	for _, a := range v.chart.Allergies.Items[:min(len(v.chart.Allergies.Items), mostSeenAllergies)] {
		s.allergies = append(s.allergies, substance(a.Substance))
	}
	return s
}

// values are the parameters of an address.
func (s *seen) values() url.Values {
	q := url.Values{"page": {s.page}, "full": s.full, "site": s.sites, "allergy": s.allergies, "digest": {strconv.FormatUint(s.digest, 36)}}
	for slug, n := range s.facts {
		q.Add("facts", slug+":"+strconv.Itoa(n))
	}
	slices.Sort(q["facts"])
	if s.swaps {
		q.Set("swaps", "1")
	}
	if s.others > 0 {
		q.Set("others", strconv.Itoa(s.others))
	}
	return q
}

var (
	slugName = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	hexName  = regexp.MustCompile(`^[0-9a-f]{1,16}$`)
)

// readSeen is what an address says was seen; what makes no sense is left out.
func readSeen(q url.Values) *seen {
	s := &seen{page: q.Get("page"), swaps: q.Get("swaps") == "1", facts: map[string]int{}}
	s.full = oneOf(q["full"], typeName, 30)
	s.sites = oneOf(q["site"], slugName, mostSeenSites)
	s.allergies = oneOf(q["allergy"], hexName, mostSeenAllergies)
	s.digest, _ = strconv.ParseUint(q.Get("digest"), 36, 64)
	if n, err := strconv.Atoi(q.Get("others")); err == nil {
		s.others = max(0, min(n, 100_000))
	}
	for _, f := range q["facts"][:min(len(q["facts"]), mostSeenSites)] {
		slug, count, _ := strings.Cut(f, ":")
		if n, err := strconv.Atoi(count); err == nil && n > 0 && slugName.MatchString(slug) {
			s.facts[slug] = n
		}
	}
	return s
}

// news is what a record has that was not seen, in words, "" when there is
// nothing; dangerous when an allergy is among it.
func (s *seen) news(c *chart.Chart) (words string, dangerous bool) {
	if digest(c) == s.digest {
		return "", false
	}
	var new, from []string
	for _, a := range c.Allergies.Items {
		if !slices.Contains(s.allergies, substance(a.Substance)) && !slices.Contains(new, a.Substance) {
			new = append(new, a.Substance)
		}
	}
	facts := 0
	for _, a := range c.Completeness.Sites {
		if n := a.Facts - s.facts[a.Source.Slug]; n > 0 {
			facts += n
			from = append(from, shortName(a.Source.Name))
		}
	}
	switch {
	case len(new) > 0 && len(s.allergies) < mostSeenAllergies:
		words, dangerous = "New allergy: "+strings.Join(new, ", "), true
		if facts > 0 {
			words += " · " + plural(facts, "fact", "facts") + " from " + listed(from)
		}
	case facts > 0:
		words = plural(facts, "more fact", "more facts") + " from " + listed(from)
	default:
		words = "What is shown here has changed"
	}
	return words, dangerous
}

var seed = maphash.MakeSeed()

// substance is a digest of what somebody is allergic to. Addresses are written
// to logs: who reads one there cannot try names against it.
func substance(name string) string {
	return strconv.FormatUint(maphash.String(seed, strings.ToLower(strings.TrimSpace(name))), 16)
}

// digest is one number for all facts that a chart is made of, with their
// versions: the same for the same facts in any order.
func digest(c *chart.Chart) (sum uint64) {
	add := func(p chart.Prov) {
		if p.ID == "" {
			return
		}
		h := fnv.New64a()
		site := ""
		if p.Source != nil {
			site = p.Source.Slug
		}
		_, _ = h.Write([]byte(cmp.Or(site, "-") + " " + p.Type + "/" + p.ID + " " + p.Version))
		sum += h.Sum64()
	}
	each(reflect.ValueOf(*c), add)
	return sum
}

var provType = reflect.TypeFor[chart.Prov]()

// each finds the sources within a value.
func each(v reflect.Value, add func(chart.Prov)) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == provType {
			add(v.Interface().(chart.Prov))
			return
		}
		if v.Type().PkgPath() != provType.PkgPath() {
			return // a time, a zone: no facts within
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				each(v.Field(i), add)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			each(v.Index(i), add)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			each(v.MapIndex(k), add)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			each(v.Elem(), add)
		}
	}
}

package imaging

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
)

//go:embed table/rules.txt
var rulesText string

//go:embed table/doses.txt
var dosesText string

//go:embed table/implants.txt
var implantsText string

// levels by their words in a table.
var levels = map[string]rule.Level{"quiet": rule.Quiet, "notice": rule.Notice, "interrupt": rule.Interrupt}

type table struct {
	rules    []*rule.Rule
	byID     map[string]*rule.Rule
	doses    map[[3]string]float64 // modality, regions with +, focus
	implants []implant
}

type implant struct {
	key, do string
	level   rule.Level
	phrases []string
	codes   []string
}

var load = sync.OnceValue(func() *table {
	t := &table{byID: map[string]*rule.Rule{}, doses: map[[3]string]float64{}}
	for _, f := range fact.Rows(rulesText, 6) {
		r := &rule.Rule{ID: f[0], Kind: rule.Imaging, Level: levels[f[1]], Title: f[2], Citation: f[3], Date: f[4], URL: f[5], Version: rule.VersionOf(f[0]), Text: strings.Join(f, " | ")}
		t.rules, t.byID[r.ID] = append(t.rules, r), r
	}
	for _, f := range fact.Rows(dosesText, 5) {
		v, err := strconv.ParseFloat(f[3], 64)
		if err != nil {
			panic("decision/imaging: " + err.Error())
		}
		t.doses[[3]string{f[0], f[1], f[2]}] = v
	}
	for _, f := range fact.Rows(implantsText, 5) {
		t.implants = append(t.implants, implant{f[0], f[4], levels[f[1]], fact.List(f[2]), fact.List(f[3])})
	}
	return t
})

// Rules are the rules of this package, for the page that lists them. The caller
// does not change them.
func Rules() []*rule.Rule { return load().rules }

// Dose is the typical effective dose of an adult in mSv; false when the table
// does not know the examination. It is 0 of what uses no ionising radiation. Of
// several regions that have no row together it is the sum.
func (e Exam) Dose() (mSv float64, ok bool) {
	if e.Modality == "MR" || e.Modality == "US" {
		return 0, true
	}
	t := load()
	if e.Modality == "PT" {
		v, ok := t.doses[[3]string{"PT", "", e.Focus}]
		return v, ok
	}
	one := func(regions string) (float64, bool) {
		for _, focus := range []string{e.Focus, ""} {
			if v, ok := t.doses[[3]string{e.Modality, regions, focus}]; ok {
				return v, true
			}
		}
		return 0, false
	}
	rest := slices.Clone(e.Regions)
	if slices.Contains(rest, "abdomen") && slices.Contains(rest, "pelvis") {
		if v, ok := one("abdomen+pelvis"); ok {
			mSv = v
			rest = slices.DeleteFunc(rest, func(r string) bool { return covers([]string{"abdomen", "pelvis"}, r) })
			if len(rest) == 0 {
				return mSv, true
			}
		}
	}
	if len(rest) == 0 {
		return 0, false
	}
	for _, r := range rest {
		v, found := one(r)
		if !found && regions().within[r] != "" {
			v, found = one(regions().within[r])
		}
		if !found {
			return 0, false
		}
		mSv += v
	}
	return mSv, true
}

// MSv writes a dose for people: "about 8 mSv", "under 0.1 mSv".
func MSv(v float64) string {
	switch {
	case v < 0.1:
		return "under 0.1 mSv"
	case v < 3:
		return "about " + strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) + " mSv"
	}
	return "about " + strconv.FormatFloat(math.Round(v), 'f', -1, 64) + " mSv"
}

// coded says whether one of the codes is the concept's: the same, or below an ICD
// code that ends with "*".
func coded(code string, codes []string) bool {
	return code != "" && slices.ContainsFunc(codes, func(c string) bool {
		if open, cut := strings.CutSuffix(c, "*"); cut {
			return strings.HasPrefix(code, open)
		}
		return c == code
	})
}

package search

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
)

// Bounds of one search.
const (
	maxParams     = 100  // parameters, repetitions counted
	maxValues     = 1000 // alternatives of one parameter
	maxConditions = 5000 // spans, ids and chains of the whole search
	maxDepth      = 5    // links of a chain
	maxSort       = 8
	maxName       = 300 // length of a parameter's name with its chain
)

// Options are what a search may depend on besides its text.
type Options struct {
	Lenient      bool      // Prefer: handling=lenient: what is not understood goes to Query.Ignored
	DefaultCount int       // page size when none is asked for; 0 is 50
	MaxCount     int       // largest page size; 0 is 1000
	Base         string    // this server's base URL: absolute references that begin with it are its own
	Now          time.Time // for the prefix ap of dates: 10 % of the time between now and the date; zero: the date's own precision only
}

// Parse understands a search. resourceType "" is a search over all types (or
// those of _type), with the parameters these have in common. The error is an
// *Error.
//
// Repeated parameters are all to hold, values with commas between are
// alternatives. A date without a zone is UTC. A parameter without a value is an
// error, since to leave it out would find more than was asked for. The paging
// parameter of this server is _after.
func Parse(resourceType string, values url.Values, opts Options) (*Query, error) {
	if opts.DefaultCount <= 0 {
		opts.DefaultCount = 50
	}
	if opts.MaxCount <= 0 {
		opts.MaxCount = 1000
	}
	opts.Base = strings.TrimSuffix(opts.Base, "/")
	p := parser{opts: opts, q: &Query{Type: resourceType, Count: min(opts.DefaultCount, opts.MaxCount), Understood: url.Values{}}}
	if resourceType != "" {
		if !fhir.IsResourceType(resourceType) {
			return nil, invalid("", "not a resource type of R4")
		}
		p.types = []string{resourceType}
	} else if err := p.systemTypes(values["_type"]); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(values))
	count := 0
	for name, list := range values {
		names = append(names, name)
		count += len(list)
	}
	if count > maxParams {
		return nil, tooCostly("", "more than "+strconv.Itoa(maxParams)+" parameters")
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range values[name] {
			err := p.parameter(name, value)
			if err == nil {
				continue
			}
			var e *Error
			if !errors.As(err, &e) {
				return nil, err
			}
			if e.Code == "not-supported" && opts.Lenient {
				if !slices.Contains(p.q.Ignored, name) {
					p.q.Ignored = append(p.q.Ignored, name)
				}
				continue
			}
			return nil, e
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return p.q, nil
}

type parser struct {
	opts  Options
	q     *Query
	types []string
	spent int // of maxConditions
}

func (p *parser) spend(name string, n int) error {
	if p.spent += n; p.spent > maxConditions {
		return tooCostly(shown(name), "the search has too many conditions")
	}
	return nil
}

// shown is a parameter's name as errors may repeat it.
func shown(name string) string {
	clean := func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}
	name = strings.Map(clean, name)
	if len(name) > 80 {
		name = name[:80] + "…"
	}
	return name
}

func (p *parser) systemTypes(lists []string) error {
	if len(lists) == 0 {
		p.types = fhir.ResourceTypes()
		return nil
	}
	if len(lists) > 1 {
		return invalid("_type", "is given twice")
	}
	for _, t := range strings.Split(lists[0], ",") {
		if !fhir.IsResourceType(t) {
			return invalid("_type", "names what is not a resource type of R4")
		}
		if !slices.Contains(p.types, t) {
			p.types = append(p.types, t)
		}
	}
	p.q.Types = p.types
	return nil
}

func (p *parser) parameter(name, value string) error {
	if len(name) > maxName || len(value) > 64<<10 {
		return tooCostly(shown(name), "is too long")
	}
	if name == "" {
		return invalid("", "a parameter without a name")
	}
	done, err := p.control(name, value)
	if err != nil {
		return err
	}
	if done {
		return nil
	}
	if value == "" {
		return invalid(shown(name), "has no value")
	}
	c, err := p.condition(p.types, name, value, 0)
	if err != nil {
		return err
	}
	p.q.Where = append(p.q.Where, c)
	p.q.Understood.Add(name, value)
	if p.q.Patient == nil {
		p.q.Patient = p.pinned(name, c)
	}
	return nil
}

// pinned is the one patient in whose range every resource that meets the
// condition lives, or nil.
func (p *parser) pinned(name string, c Cond) *Ref {
	if p.q.Type == "Patient" {
		if name == "_id" && len(c.IDs) == 1 {
			return &Ref{Type: "Patient", ID: c.IDs[0]}
		}
		return nil
	}
	if p.q.Type == "" || len(c.Spans) == 0 {
		return nil
	}
	homes := table().homes[p.q.Type]
	if len(homes) == 0 {
		return nil
	}
	var found *Ref
	for _, s := range c.Spans {
		if s.Target == nil || s.Target.Type != "Patient" || !slices.Contains(homes[0], s.Path) || !table().infos[s.Path].single {
			return nil
		}
		if found != nil && found.ID != s.Target.ID {
			return nil
		}
		found = s.Target
	}
	if len(homes[0]) > 1 { // two elements could name two patients
		return nil
	}
	return &Ref{Type: "Patient", ID: found.ID}
}

// split cuts at a separator that no backslash stands before
// (http://hl7.org/fhir/R4/search.html#escaping).
func split(s string, sep byte) []string {
	var out []string
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case sep:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}

// plainText takes the backslashes away.
func plainText(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out = append(out, s[i])
	}
	return string(out)
}

// parameterOf is a parameter as several types have it in common.
func parameterOf(types []string, code, shownAs string) (*param, error) {
	var merged *param
	for _, t := range types {
		one := table().params[t][code]
		if one == nil {
			if len(types) > 1 {
				return nil, notSupported(shownAs, "not all resource types that are searched have it")
			}
			return nil, notSupported(shownAs, t+" has no such search parameter")
		}
		if why := unsupported[code]; why != "" {
			return nil, notSupported(shownAs, "is not answered: "+why)
		}
		if one.kind == 0 && len(one.parts) == 0 && !columns[code] {
			return nil, notSupported(shownAs, "is not answered")
		}
		if merged == nil {
			merged = one
			continue
		}
		if merged.kind != one.kind || len(one.parts) > 0 {
			return nil, notSupported(shownAs, "means different things for the resource types that are searched")
		}
		both := *merged
		both.paths = append(slices.Clone(merged.paths), one.paths...)
		merged = &both
	}
	return merged, nil
}

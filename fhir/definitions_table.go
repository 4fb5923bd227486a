package fhir

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The tables fhir/internal/gen writes; see SOURCE.
var (
	//go:embed definitions.zst
	definitionsZst []byte
	//go:embed valuesets.zst
	valueSetsZst []byte
)

type definitions struct {
	types        map[string]*TypeDef
	all          []*TypeDef
	resources    []string
	numbers      map[string]uint8
	allParams    []*SearchParam
	params       map[string][]*SearchParam
	compartments map[[2]string][]string
}

func unpack(table []byte) string {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic("fhir: " + err.Error())
	}
	defer d.Close()
	text, err := d.DecodeAll(table, nil)
	if err != nil {
		panic("fhir: the embedded definitions are damaged: " + err.Error())
	}
	return string(text)
}

// rows walks the lines and tab-separated fields of a table.
type rows struct{ rest string }

// next is one line cut into as many fields as f has room for.
func (r *rows) next(f []string) []string {
	line, rest, _ := strings.Cut(r.rest, "\n")
	r.rest = rest
	for i := range f {
		f[i], line, _ = strings.Cut(line, "\t")
	}
	return f
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic("fhir: the embedded definitions are damaged")
	}
	return n
}

// list is a comma-separated field; nil if it is empty.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

var defs = sync.OnceValue(loadDefinitions)

func loadDefinitions() *definitions {
	r := rows{unpack(definitionsZst)}
	var f [11]string
	d := &definitions{params: map[string][]*SearchParam{}, numbers: map[string]uint8{}, compartments: map[[2]string][]string{}}

	invariants := make([]Invariant, number(r.next(f[:2])[1]))
	for i := range invariants {
		r.next(f[:4])
		invariants[i] = Invariant{f[0], f[1], f[2], f[3]}
	}
	pick := func(s string) []Invariant {
		if s == "" {
			return nil
		}
		out := make([]Invariant, 0, strings.Count(s, ",")+1)
		for n := range strings.SplitSeq(s, ",") {
			out = append(out, invariants[number(n)])
		}
		return out
	}
	sets := map[string][]Invariant{}
	cached := func(s string) []Invariant {
		got, ok := sets[s]
		if !ok {
			got = pick(s)
			sets[s] = got
		}
		return got
	}
	bindings := make([]Binding, number(r.next(f[:2])[1]))
	for i := range bindings {
		r.next(f[:2])
		bindings[i] = Binding{f[0], f[1]}
	}
	kinds := make([][]TypeRef, number(r.next(f[:2])[1]))
	for i := range kinds {
		r.next(f[:1])
		kinds[i] = typeRefs(f[0])
	}

	r.next(f[:3])
	types, elements := make([]TypeDef, number(f[1])), make([]ElementDef, number(f[2]))
	d.types, d.all = make(map[string]*TypeDef, len(types)), make([]*TypeDef, len(types))
	for i := range types {
		r.next(f[:5])
		t := &types[i]
		t.Name, t.Base, t.Invariants = f[1], f[2], cached(f[4])
		t.Kind = TypeKind(strings.IndexByte("pcbr", f[3][0]))
		t.Abstract = len(f[3]) > 1
		d.types[t.Name], d.all[i] = t, t
		if t.Kind == ResourceKind && !t.Abstract {
			d.resources = append(d.resources, t.Name)
		}
		n := 0
		for r.rest[0] != '#' && !strings.HasPrefix(r.rest, "T\t") {
			r.next(f[:6])
			e := &elements[n]
			n++
			e.Name, e.Types, e.Invariants = f[0], kinds[number(f[3])], cached(f[5])
			e.Choice = strings.Contains(f[1], "c")
			e.Summary = strings.Contains(f[1], "s")
			e.Modifier = strings.Contains(f[1], "m")
			low, high, _ := strings.Cut(f[2], " ")
			e.Min, e.Max = number(low), -1
			if high != "*" {
				e.Max = number(high)
			}
			if f[4] != "" {
				e.Binding = &bindings[number(f[4])]
			}
		}
		t.Elements, elements = elements[:n:n], elements[n:]
	}
	slices.Sort(d.resources)
	for i, name := range d.resources {
		d.numbers[name] = uint8(i + 1)
	}
	d.readParams(&r)
	for range number(r.next(f[:2])[1]) {
		r.next(f[:3])
		d.compartments[[2]string{f[0], f[1]}] = list(f[2])
	}
	return d
}

// words are the member names and resource types that R4 defines.
var words = sync.OnceValue(func() map[string]string {
	out := map[string]string{"resourceType": "resourceType"}
	for _, t := range defs().all {
		out[t.Name] = t.Name
		for i := range t.Elements {
			for name := range t.Elements[i].JSONNames() {
				if _, have := out[name]; !have {
					out[name] = name
				}
			}
		}
	}
	return out
})

// typeRefs reads Name~Profile>Target,Target joined by |.
func typeRefs(s string) []TypeRef {
	out := make([]TypeRef, 0, strings.Count(s, "|")+1)
	for one := range strings.SplitSeq(s, "|") {
		var ref TypeRef
		one, targets, _ := strings.Cut(one, ">")
		ref.Name, ref.Profile, _ = strings.Cut(one, "~")
		ref.Targets = list(targets)
		out = append(out, ref)
	}
	return out
}

func (d *definitions) readParams(r *rows) {
	var f [11]string
	params := make([]SearchParam, number(r.next(f[:2])[1]))
	d.allParams = make([]*SearchParam, len(params))
	for i := range params {
		r.next(f[:])
		p := &params[i]
		*p = SearchParam{
			Code: f[0], URL: f[1], Type: f[2], Expression: f[9],
			Bases: list(f[4]), Targets: list(f[5]), Comparators: list(f[6]), Modifiers: list(f[7]), Chains: list(f[8]),
			MultipleOr: strings.Contains(f[3], "o"), MultipleAnd: strings.Contains(f[3], "a"),
		}
		if f[10] != "" {
			for c := range strings.SplitSeq(f[10], " || ") {
				definition, expression, _ := strings.Cut(c, " := ")
				p.Components = append(p.Components, Component{definition, expression})
			}
		}
		d.allParams[i] = p
		for _, base := range p.Bases {
			d.params[base] = append(d.params[base], p)
		}
	}
	for _, name := range d.resources {
		own := d.params[name]
		if d.types[name].Base == "DomainResource" {
			own = append(own, d.params["DomainResource"]...)
		}
		d.params[name] = append(own, d.params["Resource"]...)
	}
}

// valueSets is where each value set's lines are in their table.
var valueSets = sync.OnceValue(func() map[string]*valueSet {
	all := map[string]*valueSet{}
	for part := range strings.SplitSeq(strings.TrimPrefix(unpack(valueSetsZst), "#"), "\n#") {
		url, lines, _ := strings.Cut(part, "\n")
		all[url] = &valueSet{lines: lines}
	}
	return all
})

type valueSet struct {
	lines string
	once  sync.Once
	codes map[string]bool
}

// ValueSetCodes are the codes of a value set that an R4 element is bound to,
// each as "system|code" and as "|code". complete is false, and codes nil,
// where R4's own definitions cannot list them all (SNOMED CT, LOINC, MIME
// types …) or the value set is not known. The map must not be changed.
func ValueSetCodes(url string) (codes map[string]bool, complete bool) {
	url, _, _ = strings.Cut(url, "|")
	v := valueSets()[url]
	if v == nil {
		return nil, false
	}
	v.once.Do(func() {
		v.codes = make(map[string]bool, 2*strings.Count(v.lines, "\t"))
		for line := range strings.SplitSeq(strings.TrimSuffix(v.lines, "\n"), "\n") {
			system, rest, _ := strings.Cut(line, "\t")
			for code := range strings.SplitSeq(rest, "\t") {
				v.codes[system+"|"+code] = true
				v.codes["|"+code] = true
			}
		}
	})
	return v.codes, true
}

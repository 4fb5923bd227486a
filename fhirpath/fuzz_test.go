package fhirpath

import (
	"testing"

	"wholechart/fhir"
)

func seeds(f *testing.F) {
	for _, c := range cases {
		f.Add(c.expr)
	}
	for _, s := range []string{
		`descendants().descendants().descendants().count()`, `repeat($this | children())`, `'a'.replace('', 'bbbbbbbb').replace('', 'cccccccc')`,
		`(1|2|3).aggregate($total | $this).select($this & $this)`, `9.9.power(999).power(999)`, `1e5`, `@2024-02-30`, `'\u12'`, "`", `((((`,
		`'aaaa'.matches('(a{1,1000}){1,1000}')`, `%` + "`vs-a`", `-(-(-1))`, `1 'kg' * 1 'kg' / 3 'm'`, `@T24:00`, `{}.iif({}, {}, {})`,
	} {
		f.Add(s)
	}
}

func FuzzCompile(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Compile(text)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%T is no *Error", err)
			}
			return
		}
		for _, typ := range []string{"", "Patient", "Observation", "date"} {
			if err := e.Check(typ); err != nil {
				if _, ok := err.(*Error); !ok {
					t.Fatalf("%T is no *Error", err)
				}
			}
		}
	})
}

func FuzzEval(f *testing.F) {
	seeds(f)
	inputs := []fhir.Node{parse(f, ada), parse(f, weight), parse(f, `{"a":[1,{"b":null}],"_a":3}`)}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Compile(text)
		if err != nil {
			return
		}
		for _, n := range inputs {
			a, err := e.Eval(Resource(n), testEnv)
			if err != nil {
				continue
			}
			if len(a) > maxItems {
				t.Fatalf("%d items", len(a))
			}
			b, err := e.Eval(Resource(n), testEnv)
			if err != nil || show(a) != show(b) {
				t.Fatalf("a second time gives %s, not %s (%v)", show(b), show(a), err)
			}
			_ = e.Nodes(n, func(fhir.Node, string) bool { return true })
		}
	})
}

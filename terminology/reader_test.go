package terminology

import (
	"errors"
	"strings"
	"testing"

	"wholechart/fhir"
)

func collect(text string, f Format, lim ReadLimits) (out []fhir.Coding, err error) {
	err = Read(strings.NewReader(text), f, "http://example.org/cs", lim, func(c fhir.Coding) error {
		out = append(out, c)
		return nil
	})
	return out, err
}

func TestReadCSV(t *testing.T) {
	got, err := collect("\ufeffCode, Display\n99213,\"Office visit, established\"\n99214,Office visit\n", CSV, ReadLimits{})
	want := []fhir.Coding{{System: "http://example.org/cs", Code: "99213", Display: "Office visit, established"}, {System: "http://example.org/cs", Code: "99214", Display: "Office visit"}}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v %v", got, err)
	}
	if got, err := collect("system,display,code\nurn:x,One,1\n,Two,2\n", CSV, ReadLimits{}); err != nil || got[0].System != "urn:x" || got[1].System != "http://example.org/cs" {
		t.Errorf("%v %v", got, err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no code column": "a,display\n1,2\n", "no display column": "code\n1\n", "empty code": "code,display\n,x\n", "space in code": "code,display\na b,x\n",
		"no name": "code,display\n1,\n", "control": "code,display\n1,a\x07b\n", "not UTF-8": "code,display\n1,\xff\n", "quotes": "code,display\n1,\"a\"b\n",
	} {
		var at *TableError
		if _, err := collect(text, CSV, ReadLimits{}); !errors.As(err, &at) || at.Line < 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := collect("code,display\n1,x\n2,x\n", CSV, ReadLimits{Rows: 1}); !errors.Is(err, ErrTooLong) {
		t.Errorf("too many rows: %v", err)
	}
	if _, err := collect("code,display\n1,"+strings.Repeat("x", 100)+"\n", CSV, ReadLimits{Line: 50}); !errors.Is(err, ErrTooLong) {
		t.Errorf("a long line: %v", err)
	}
	if _, err := collect("code,display\n1,\""+strings.Repeat("x\n", 100)+"\"\n", CSV, ReadLimits{Line: 50}); !errors.Is(err, ErrTooLong) {
		t.Errorf("a long quoted field: %v", err)
	}
	if _, err := collect("x", Format(9), ReadLimits{}); err == nil {
		t.Error("an unknown format is read")
	}
	stop := errors.New("stop")
	if err := Read(strings.NewReader("code,display\n1,x\n"), CSV, "urn:x", ReadLimits{}, func(fhir.Coding) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error: %v", err)
	}
}

func TestReadRRF(t *testing.T) {
	text := "6809|ENG|P|L1|PF|S1|Y|1||6809||RXNORM|IN|6809|metformin||N|4096|\n" +
		"6809|ENG|P|L1|PF|S1|Y|2||6809||MSH|MH|D008687|Metformin||N||\n" +
		"7000|ENG|P|L1|PF|S1|Y|3||7000||RXNORM|IN|7000|gone||Y||\n"
	got, err := collect(text, RXNCONSO, ReadLimits{})
	if err != nil || len(got) != 1 || got[0] != (fhir.Coding{System: RxNorm, Code: "6809", Display: "metformin"}) {
		t.Errorf("%v %v", got, err)
	}
	var at *TableError
	if _, err := collect("a|b\n", RXNCONSO, ReadLimits{}); !errors.As(err, &at) {
		t.Errorf("%v", err)
	}
	if _, err := collect(strings.Repeat("x", 1000), RXNCONSO, ReadLimits{Line: 100}); !errors.Is(err, ErrTooLong) {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"code,display\n1,x\n", "\ufeffcode,display\n\"1\",\"a\nb\"\n", "6809|ENG||||||123||6809||RXNORM|IN|6809|metformin||N|4096|\n", "", "\"", "code,display,system\n1,2"} {
		f.Add(s, uint8(CSV))
		f.Add(s, uint8(RXNCONSO))
	}
	f.Fuzz(func(t *testing.T, text string, format uint8) {
		got, _ := collect(text, Format(format%3), ReadLimits{Rows: 100, Line: 1000})
		if len(got) > 100 {
			t.Errorf("%d rows", len(got))
		}
		for _, c := range got {
			if c.Code == "" || c.Display == "" || c.System == "" || strings.ContainsAny(c.Code, " \n") {
				t.Errorf("%+v", c)
			}
		}
	})
}

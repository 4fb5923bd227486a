package substance

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"wholechart/fhir"
)

// Lines of RXNCONSO, RXNREL and RXNSAT of our own making: zanubrexate is no medicine.
func conso(rxcui, sab, tty, name, suppress string) string {
	return fmt.Sprintf("%s|ENG||||||A%s|%s|||%s|%s|%s|%s||%s|4096|\n", rxcui, rxcui, rxcui, sab, tty, rxcui, name, suppress)
}

func relation(a, rela, b string) string {
	return fmt.Sprintf("%s||CUI|RO|%s||CUI|%s|1||RXNORM|RXNORM||||4096|\n", a, b, rela)
}

func ndc(rxcui, code string) string {
	return fmt.Sprintf("%s|||A%s|AUI|%s|||NDC|RXNORM|%s|N|4096|\n", rxcui, rxcui, rxcui, code)
}

var (
	ourConso = conso("9000001", "RXNORM", "IN", "Zanubrexate", "N") + conso("11289", "RXNORM", "IN", "warfarin", "N") +
		conso("9000002", "RXNORM", "PIN", "zanubrexate sodium", "N") + conso("9000003", "RXNORM", "BN", "Zanbrex", "N") +
		conso("9000004", "RXNORM", "SCDC", "zanubrexate 5 MG", "N") + conso("9000005", "RXNORM", "SCD", "zanubrexate 5 MG Oral Tablet", "N") +
		conso("9000006", "RXNORM", "SBD", "zanubrexate 5 MG Oral Tablet [Zanbrex]", "O") + conso("9000007", "RXNORM", "SCD", "warfarin 1 MG / zanubrexate 5 MG Oral Tablet", "N") +
		conso("9000008", "RXNORM", "SCDC", "warfarin 1 MG", "N") + conso("9000009", "MMSL", "BN", "Notread", "N") + conso("9000010", "RXNORM", "DF", "Oral Tablet", "N")
	ourRel = relation("9000001", "has_form", "9000002") + relation("9000003", "has_tradename", "9000001") + relation("9000004", "has_ingredient", "9000001") +
		relation("9000005", "consists_of", "9000004") + relation("9000006", "tradename_of", "9000005") + relation("9000004", "constitutes", "9000007") +
		relation("9000007", "consists_of", "9000008") + relation("11289", "ingredient_of", "9000008") + relation("9000005", "has_dose_form", "9000010")
	ourSat = ndc("9000005", "00999010130") + ndc("9000006", "0999-0102-30") + ndc("9000007", "99999999")
)

func TestReadRxNorm(t *testing.T) {
	t.Cleanup(func() { Use() })
	m, err := ReadRxNorm(strings.NewReader(ourConso), strings.NewReader(ourRel), strings.NewReader(ourSat))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	rx := func(system, code string) []fhir.Coding { return []fhir.Coding{{System: system, Code: code}} }
	if got, ok := Find("little pill", rx(RxNorm, "9000005")); ok || len(got) > 0 {
		t.Fatal("a code is known before it was loaded")
	}
	Use(again)
	for _, c := range []struct {
		name, system, code, want string
	}{
		{"little pill", RxNorm, "9000005", "zanubrexate"},
		{"little pill", RxNorm, "9000006", "zanubrexate"}, // suppressed: old records have it
		{"little pill", RxNorm, "9000007", "warfarin and zanubrexate"},
		{"little pill", RxNorm, "9000002", "zanubrexate"},
		{"Zanbrex 5 mg tablet", "", "", "zanubrexate"},
		{"zanubrexate 5 mg", "", "", "zanubrexate"},
		{"little pill", NDC, "00999010130", "zanubrexate"},
		{"little pill", NDC, "0999-0101-30", "zanubrexate"},
		{"little pill", NDC, "00999-0102-30", "zanubrexate"},
		{"little pill", NDC, "0999010130", ""}, // ten digits: which of three forms?
		{"little pill", RxNorm, "9000009", ""}, // not RxNorm's own
		{"Warfarin 5 mg", "", "", "warfarin"},
	} {
		got, _ := Find(c.name, rx(c.system, c.code))
		if Join(got) != c.want {
			t.Errorf("%s %s %s: %q, want %q", c.name, c.system, c.code, Join(got), c.want)
		}
	}
	if s, ok := Known("warfarin"); !ok || !s.Is("vitamin k antagonist") || s.RxCUI != "11289" {
		t.Errorf("ours was changed: %+v", s)
	}
	Use()
	if got, ok := Find("Zanbrex 5 mg tablet", nil); ok {
		t.Errorf("taken away and still known: %v", got)
	}
}

func TestReadRxNormRefuses(t *testing.T) {
	for name, c := range map[string][3]string{
		"another file":     {"a|b\n", ourRel, ""},
		"empty":            {"", ourRel, ""},
		"no RxNorm":        {conso("1", "MMSL", "IN", "x", "N"), ourRel, ""},
		"no code":          {conso("x", "RXNORM", "IN", "x", "N"), ourRel, ""},
		"relations cut":    {ourConso, "1|2|3\n", ""},
		"relation no code": {ourConso, relation("x", "has_form", "9000002"), ""},
		"a long line":      {ourConso + strings.Repeat("x", MostLine+1), ourRel, ""},
		"attributes cut":   {ourConso, ourRel, "1|2\n"},
	} {
		if _, err := ReadRxNorm(strings.NewReader(c[0]), strings.NewReader(c[1]), strings.NewReader(c[2])); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReadNDCDirectory(t *testing.T) {
	t.Cleanup(func() { Use() })
	m, err := ReadNDCDirectory(strings.NewReader("PRODUCTID\tPRODUCTNDC\tPROPRIETARYNAME\tSUBSTANCENAME\n" +
		"1\t0999-0201\tWarf\tWARFARIN SODIUM\n2\t9991-202\tTwo\tSULFAMETHOXAZOLE; TRIMETHOPRIM\n3\t9991-203\tHalf\tWARFARIN SODIUM; NOSUCHTHINGATALL\n4\t9991-204\tFood\t\n"))
	if err != nil {
		t.Fatal(err)
	}
	Use(m)
	for code, want := range map[string]string{"0999-0201-10": "warfarin", "00999020110": "warfarin", "9991-202-05": "sulfamethoxazole and trimethoprim", "9991-203-05": "", "9991-204-05": "", "9991-999-05": ""} {
		got, _ := Find("little pill", []fhir.Coding{{System: NDC, Code: code}})
		if Join(got) != want {
			t.Errorf("%s: %q, want %q", code, Join(got), want)
		}
	}
	for _, bad := range []string{"", "a\tb\n", "PRODUCTNDC\tSUBSTANCENAME\n", "PRODUCTNDC\tSUBSTANCENAME\n1\n"} {
		if _, err := ReadNDCDirectory(strings.NewReader(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestDigits(t *testing.T) {
	for in, want := range map[string]string{"0002-0800-01": "00002080001", "50242-040-62": "50242004062", "60575-4112-1": "60575411201", "00002080001": "00002080001", "0002-0800": "00002080000",
		"0002080001": "", "": "", "1-2-3-4": "", "000002-0800-01": "", "abcde-0800-01": "", "0002--01": ""} {
		if got, ok := Digits(in); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
}

func FuzzReadRxNorm(f *testing.F) {
	f.Add(ourConso, ourRel, ourSat)
	f.Add("1|ENG||||||||||RXNORM|IN||x||N||\n", "", "")
	f.Add(relation("1", "isa", "2"), ourConso, ourSat)
	f.Fuzz(func(t *testing.T, a, b, c string) {
		m, err := ReadRxNorm(strings.NewReader(a), strings.NewReader(b), strings.NewReader(c))
		if err != nil {
			return
		}
		for id, list := range m.Codes {
			if id == 0 || len(list) == 0 {
				t.Errorf("%d: %v", id, list)
			}
			for _, n := range list {
				if _, ok := m.Ingredients[n]; !ok {
					t.Errorf("%q is no ingredient of the list", n)
				}
			}
		}
	})
}

func FuzzReadNDCDirectory(f *testing.F) {
	f.Add("PRODUCTNDC\tSUBSTANCENAME\n0999-0201\tWARFARIN SODIUM\n")
	f.Add("PRODUCTNDC\tSUBSTANCENAME\n\"\t;;;\n")
	f.Fuzz(func(t *testing.T, s string) {
		if m, err := ReadNDCDirectory(strings.NewReader(s)); err == nil && len(m.NDC) == 0 {
			t.Error("nothing read and no error")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("s\twarfarin\t11289\nr\t1\twarfarin\n")
	f.Add("n\tx\ty\n")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := Parse(strings.NewReader(s))
		if err != nil {
			return
		}
		Use(m)
		defer Use()
		Find("warfarin", []fhir.Coding{{System: RxNorm, Code: "1"}, {System: NDC, Code: "00000000001"}})
	})
}

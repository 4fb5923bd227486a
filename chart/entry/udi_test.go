package entry

import (
	"strings"
	"testing"
)

func TestParseUDI(t *testing.T) {
	for text, want := range map[string]UDI{
		"(01)00844588003288(17)281130(10)M320(21)77X":                                              {Issuer: GS1, DI: "00844588003288", Lot: "M320", Serial: "77X", Expires: "2028-11-30"},
		"010084458800328817281130" + "10M320\x1d2177X":                                             {Issuer: GS1, DI: "00844588003288", Lot: "M320", Serial: "77X", Expires: "2028-11-30"},
		"]d20100844588003288" + "17281100":                                                         {Issuer: GS1, DI: "00844588003288", Expires: "2028-11"},
		"(01)00844588003288(11)250102":                                                             {Issuer: GS1, DI: "00844588003288", Made: "2025-01-02"},
		"+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ4567890123456789/16D20130202C": {Issuer: HIBCC, DI: "H123PARTNO1234567890120", Lot: "LOT123456789012345", Serial: "XYZ4567890123456789", Made: "2013-02-02", Expires: "2020-02-02"},
		"=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123":          {Issuer: ICCBBA, DI: "A9999XYZ100T0944", Serial: "000025", Donation: "A99971312345600", Expires: "2014-02-01", Made: "2013-02-01", Lot: "000000000000XYZ123"},
	} {
		got, err := ParseUDI(text)
		if err != nil || got != want {
			t.Errorf("%q:\n%+v %v, want\n%+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "hello", "(01)", "(01)0084458800328", "(01)00844588003289", "(01)0084458800328X", "(17)281130", "01", "0100844588003288" + "17", "(01)00844588003288(17)281330", "(01)00844588003288(10)",
		"+", "+A1", "=/A9999", "=,1", strings.Repeat("(", 400), "(01)00844588003288)10(M"} {
		if got, err := ParseUDI(text); err == nil {
			t.Errorf("%q was read: %+v", text, got)
		}
	}
}

func FuzzParseUDI(f *testing.F) {
	for _, s := range []string{"(01)00844588003288(17)281130(10)M320(21)77X", "010084458800328817281130" + "10M320\x1d2177X", "+H123PARTNO1234567890120/$$420020216LOT123/SXYZ/16D20130202C", "=/A9999XYZ100T0944=,000025=>014032", "=}", "+/", "]C1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseUDI(s)
		if err == nil && (u.DI == "" || u.Issuer == "") {
			t.Errorf("%q: %+v", s, u)
		}
	})
}

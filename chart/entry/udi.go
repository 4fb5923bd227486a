package entry

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// UDI is what a device's carrier says (21 CFR 801.40; the issuers' formats are
// in the FDA's "UDI formats by FDA-accredited issuing agency").
type UDI struct {
	Issuer      string // URI of the agency
	DI          string // device identifier
	Lot, Serial string
	Made        string // ISO date; may be a month
	Expires     string
	Donation    string // of tissue (ICCBBA)
}

// The accredited agencies, as FHIR names them.
const (
	GS1    = "http://hl7.org/fhir/NamingSystem/gs1-di"
	HIBCC  = "http://hl7.org/fhir/NamingSystem/hibcc-dI"
	ICCBBA = "http://hl7.org/fhir/NamingSystem/iccbba-other-di"
)

// ParseUDI reads a carrier in its human readable form or as a scanner types it
// (FNC1 as the group separator, U+001D). Its error is for who typed it.
func ParseUDI(text string) (UDI, error) {
	text = strings.TrimSpace(text)
	text = strings.TrimPrefix(text, "]d2") // symbology identifiers that scanners send
	text = strings.TrimPrefix(text, "]C1")
	switch {
	case len(text) > 300:
		return UDI{}, errors.New("it is too long")
	case strings.HasPrefix(text, "(01)") || strings.HasPrefix(text, "01"):
		return gs1(text)
	case strings.HasPrefix(text, "+") || strings.HasPrefix(text, "*+"):
		return hibcc(strings.Trim(text, "*"))
	case strings.HasPrefix(text, "=/") || strings.HasPrefix(text, "=)") || strings.HasPrefix(text, "=,"):
		return iccbba(text)
	}
	return UDI{}, errors.New("it begins with neither (01), + nor =/")
}

// gs1 reads application identifiers 01, 11, 17, 10, 21 (GS1 General
// Specifications, section 3). Others are passed over.
func gs1(text string) (UDI, error) {
	u := UDI{Issuer: GS1}
	human := strings.HasPrefix(text, "(")
	for text != "" {
		text = strings.TrimLeft(text, "\x1d ")
		if text == "" {
			break
		}
		var ai string
		if human {
			end := strings.IndexByte(text, ')')
			if text[0] != '(' || end < 3 || end > 5 {
				return u, errors.New("a part does not begin with its number in brackets")
			}
			ai, text = text[1:end], text[end+1:]
		} else {
			if len(text) < 3 {
				return u, errors.New("its end is cut off")
			}
			ai, text = text[:2], text[2:]
		}
		size := map[string]int{"01": 14, "11": 6, "17": 6, "13": 6, "15": 6}[ai]
		var v string
		switch {
		case size > 0:
			if len(text) < size {
				return u, fmt.Errorf("part (%s) is cut off", ai)
			}
			v, text = text[:size], text[size:]
		case human:
			if i := strings.IndexByte(text, '('); i >= 0 {
				v, text = text[:i], text[i:]
			} else {
				v, text = text, ""
			}
		default:
			v, text, _ = strings.Cut(text, "\x1d")
			if len(v) > 20 { // variable parts have at most 20 characters
				return u, fmt.Errorf("part (%s) is too long", ai)
			}
		}
		if v = strings.TrimSpace(v); v == "" || strings.ContainsAny(v, "\x1d") {
			return u, fmt.Errorf("part (%s) is empty", ai)
		}
		var err error
		switch ai {
		case "01":
			if err := gtin(v); err != nil {
				return u, err
			}
			u.DI = v
		case "11":
			u.Made, err = yymmdd(v)
		case "17":
			u.Expires, err = yymmdd(v)
		case "10":
			u.Lot = v
		case "21":
			u.Serial = v
		}
		if err != nil {
			return u, fmt.Errorf("part (%s): %w", ai, err)
		}
	}
	if u.DI == "" {
		return u, errors.New("it has no device identifier (01)")
	}
	return u, nil
}

// gtin checks the check digit (GS1 General Specifications, section 7.9).
func gtin(v string) error {
	if len(v) != 14 {
		return errors.New("the device identifier has not 14 figures")
	}
	sum := 0
	for i := range 14 {
		d := int(v[i]) - '0'
		if d < 0 || d > 9 {
			return errors.New("the device identifier has a letter in it")
		}
		if i%2 == 0 {
			d *= 3
		}
		sum += d
	}
	if sum%10 != 0 {
		return errors.New("the check digit of the device identifier does not fit")
	}
	return nil
}

func yymmdd(v string) (string, error) {
	if strings.HasSuffix(v, "00") && len(v) == 6 { // the day is not said
		t, err := time.Parse("060102", v[:4]+"01")
		if err != nil {
			return "", errors.New("not a date")
		}
		return t.Format("2006-01"), nil
	}
	t, err := time.Parse("060102", v)
	if err != nil {
		return "", errors.New("not a date")
	}
	return t.Format(time.DateOnly), nil
}

// hibcc reads ANSI/HIBC 2.6: +labeler, product, unit, check character; then
// /$$ with a date and a lot, /S a serial number, /16D and /14D dates.
func hibcc(text string) (UDI, error) {
	u := UDI{Issuer: HIBCC}
	parts := strings.Split(text[1:], "/")
	if len(parts[0]) < 6 || len(parts[0]) > 24 || !plainUDI(parts[0]) {
		return u, errors.New("the device identifier is cut off")
	}
	u.DI = parts[0]
	if len(parts) == 1 {
		u.DI = u.DI[:len(u.DI)-1] // the check character of the whole
	}
	for i, p := range parts[1:] {
		if i == len(parts)-2 && len(p) > 1 {
			p = p[:len(p)-1] // the check character of the whole
		}
		var err error
		switch {
		case strings.HasPrefix(p, "16D"):
			u.Made, err = yyyymmdd(p[3:])
		case strings.HasPrefix(p, "14D"):
			u.Expires, err = yyyymmdd(p[3:])
		case strings.HasPrefix(p, "$$+"):
			u.Expires, u.Serial, err = hibcDate(p[3:])
		case strings.HasPrefix(p, "$$"):
			u.Expires, u.Lot, err = hibcDate(p[2:])
		case strings.HasPrefix(p, "$+"):
			u.Serial = p[2:]
		case strings.HasPrefix(p, "$"):
			u.Lot = p[1:]
		case strings.HasPrefix(p, "S"):
			u.Serial = p[1:]
		}
		if err != nil {
			return u, err
		}
	}
	return u, nil
}

// hibcDate reads a date whose form its first figure says, and what follows it.
func hibcDate(s string) (date, rest string, err error) {
	layout, n := "0106", 4 // MMYY
	if s != "" {
		switch s[0] {
		case '2':
			layout, n, s = "010206", 6, s[1:]
		case '3':
			layout, n, s = "060102", 6, s[1:]
		case '4':
			layout, n, s = "06010215", 8, s[1:]
		case '5', '6':
			return "", "", errors.New("dates by the day of the year are not read")
		case '7':
			return "", s[1:], nil
		}
	}
	if len(s) < n {
		return "", "", errors.New("its date is cut off")
	}
	t, err := time.Parse(layout, s[:n])
	if err != nil {
		return "", "", errors.New("its date is none")
	}
	if n == 4 {
		return t.Format("2006-01"), s[n:], nil
	}
	return t.Format(time.DateOnly), s[n:], nil
}

func yyyymmdd(s string) (string, error) {
	t, err := time.Parse("20060102", s)
	if err != nil {
		return "", errors.New("its date is none")
	}
	return t.Format(time.DateOnly), nil
}

// iccbba reads ISBT 128: =/ processor, product and facility, 16 characters; =,
// serial; => expiry and =} making as YYYYJJJ; =&, 1 lot.
func iccbba(text string) (UDI, error) {
	u := UDI{Issuer: ICCBBA}
	for i, p := range strings.Split(strings.ReplaceAll(text, "&,1", "=&,1"), "=") {
		if i == 0 || p == "" {
			continue
		}
		kind, v := p[:1], p[1:]
		var err error
		switch {
		case kind == "/":
			if len(v) < 15 || !plainUDI(v) {
				return u, errors.New("the device identifier is cut off")
			}
			u.DI = v
		case kind == ",":
			u.Serial = v
		case kind == ">":
			u.Expires, err = julian(v)
		case kind == "}":
			u.Made, err = julian(v)
		case strings.HasPrefix(p, "&,1"):
			u.Lot = p[3:]
		case p[0] >= 'A' && p[0] <= 'Z' || p[0] >= '1' && p[0] <= '9':
			u.Donation = p
		}
		if err != nil {
			return u, err
		}
	}
	if u.DI == "" {
		return u, errors.New("it has no device identifier")
	}
	return u, nil
}

// julian reads cYYJJJ and YYYYJJJ: c is the last figure of the century's hundreds.
func julian(s string) (string, error) {
	if len(s) == 6 {
		s = "2" + s
	}
	t, err := time.Parse("2006002", s)
	if err != nil {
		return "", errors.New("its date is none")
	}
	return t.Format(time.DateOnly), nil
}

func plainUDI(s string) bool {
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-.$/+%", r) {
			return false
		}
	}
	return true
}

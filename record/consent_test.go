package record

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"wholechart/access"
)

// A story of consent: b holds an ordinary fact and one about substance use; a
// reads the whole record of the same person. What of the two does a see?
func told(t *testing.T, purpose access.Purpose, consents ...string) string {
	t.Helper()
	r, ctx := node(t)
	a, b := r.user("a", access.Physician), r.user("b", access.Physician)
	put(t, a, rosa)
	put(t, b, strings.ReplaceAll(rosa, `"rosa"`, `"rd"`), obs("open", "rd", ""), obs("sud", "rd", label("ETH")), obs("odd", "rd", label("GDIS")))
	put(t, r.user("b", access.Admin), `{"resourceType":"Organization","id":"alder","name":"Alder","identifier":[{"system":"https://wholechart.example/site","value":"a"}]}`,
		`{"resourceType":"Organization","id":"else","name":"Elsewhere"}`)
	site, _ := r.Site("b")
	if err := r.system("a").SetLink(ctx, "rosa", site, "rd", Linked, 0.97, "same"); err != nil {
		t.Fatal(err)
	}
	for i, c := range consents {
		c = strings.Replace(c, `{`, fmt.Sprintf(`{"resourceType":"Consent","id":"c%d","status":"active","category":[{"text":"disclosure"}],"patient":{"reference":"Patient/rd"},`, i), 1)
		if !strings.Contains(c, `"scope"`) {
			c = strings.Replace(c, `{`, `{"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},`, 1)
		}
		if !strings.Contains(c, `"policyRule"`) {
			c = strings.Replace(c, `{`, `{"policyRule":{"text":"42 CFR 2.31"},`, 1)
		}
		put(t, r.user("b", access.RecordsOffice), c)
	}
	actor := a.actor
	actor.Purpose = purpose
	var seen []string
	for _, id := range []string{"open", "sud", "odd"} {
		switch _, err := r.As(actor, access.EHR).Read(ctx, "Observation", "2."+id); {
		case err == nil:
			seen = append(seen, id)
		case !errors.Is(err, ErrNotFound):
			t.Errorf("%s: %v", id, err)
		}
	}
	return strings.Join(seen, " ")
}

func label(code string) string {
	return `,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"` + code + `"}]}`
}

const (
	toA    = `"actor":[{"role":{"text":"recipient"},"reference":{"identifier":{"system":"https://wholechart.example/site","value":"a"}}}]`
	toOrg  = `"actor":[{"role":{"text":"recipient"},"reference":{"reference":"Organization/alder"}}]`
	toElse = `"actor":[{"role":{"text":"recipient"},"reference":{"reference":"Organization/else"}}]`
	ofSUD  = `"securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}]`
)

func TestConsentIsReadAsItIsMeant(t *testing.T) {
	for _, c := range []struct {
		why      string
		consents []string
		want     string
	}{
		{"no consent", nil, "open"},
		{"named and labelled", []string{`{"provision":{"type":"permit",` + toA + `,` + ofSUD + `}}`}, "open sud"},
		{"the organization is one of the source's directory", []string{`{"provision":{"type":"permit",` + toOrg + `,` + ofSUD + `}}`}, "open sud"},
		{"an identifier of another system is somebody else's", []string{`{"provision":{"type":"permit",` + strings.Replace(toA, "https://wholechart.example/site", "urn:x", 1) + `,` + ofSUD + `}}`}, "open"},
		{"nobody named", []string{`{"provision":{"type":"permit",` + ofSUD + `}}`}, "open"},
		{"what is sensitive must be named (42 CFR 2.31)", []string{`{"provision":{"type":"permit",` + toA + `}}`}, "open"},
		{"normal confidentiality is not everything", []string{`{"provision":{"type":"permit",` + toA + `,"securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"N"}]}}`}, "open"},
		{"one unknown label does not open all others", []string{`{"provision":{"type":"permit",` + toA + `,"securityLabel":[{"system":"urn:x","code":"SHOE-SIZE"}]}}`}, "open"},
		{"only immunizations", []string{`{"provision":{"type":"permit",` + toA + `,` + ofSUD + `,"class":[{"system":"http://hl7.org/fhir/resource-types","code":"Immunization"}]}}`}, "open"},
		{"only what is of one day", []string{`{"provision":{"type":"permit",` + toA + `,` + ofSUD + `,"dataPeriod":{"start":"2020-01-01","end":"2020-01-02"}}}`}, "open"},
		{"to correct is not to disclose", []string{`{"provision":{"type":"permit",` + toA + `,` + ofSUD + `,"action":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentaction","code":"correct"}]}]}}`}, "open"},
		{"consent to research is no consent to disclose", []string{`{"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"research"}]},"provision":{"type":"permit",` + toA + `,` + ofSUD + `}}`}, "open"},
		{"a refusal of treatment withholds no record", []string{`{"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"adr"}]},"provision":{"type":"deny"}}`}, "open"},
		{"over since yesterday", []string{`{"provision":{"type":"permit",` + toA + `,` + ofSUD + `,"period":{"end":"2026-11-21"}}}`}, "open"},
		{"what is inside ends with what is around it", []string{`{"provision":{"period":{"end":"2026-11-21"},"provision":[{"type":"permit",` + toA + `,` + ofSUD + `}]}}`}, "open"},
		{"what is inside is for whom it is around it", []string{`{"provision":{"type":"permit",` + toElse + `,"provision":[{"type":"permit",` + toA + `,` + ofSUD + `}]}}`}, "open"},
		{"the actors around it stand for what is inside", []string{`{"provision":{` + toA + `,"provision":[{"type":"permit",` + ofSUD + `}]}}`}, "open sud"},
		{"another purpose", []string{`{"provision":{"type":"permit",` + toA + `,` + ofSUD + `,"purpose":[{"code":"HRESCH"}]}}`}, "open"},
		{"refused to all", []string{`{"provision":{"type":"deny"}}`}, ""},
		{"refused to a", []string{`{"provision":{"type":"deny",` + toA + `}}`}, ""},
		{"refused to a, by its organization", []string{`{"provision":{"type":"deny",` + toOrg + `}}`}, ""},
		{"refused to somebody whom this node cannot name: perhaps a", []string{`{"provision":{"type":"deny",` + toElse + `}}`}, ""},
		{"refused to a, inside a permission", []string{`{"provision":{"type":"permit",` + toA + `,` + ofSUD + `,"provision":[{"type":"deny"}]}}`}, "open"},
		{"a refusal in another consent", []string{`{"provision":{"type":"permit",` + toA + `,` + ofSUD + `}}`, `{"provision":{"type":"deny",` + ofSUD + `}}`}, "open"},
		{"a purpose without a code may be any", []string{`{"provision":{"type":"deny","purpose":[{"display":"treatment"}]}}`}, ""},
		{"opted out", []string{`{"policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]}}`}, ""},
		{"opted out, but for a", []string{`{"policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]},"provision":{"provision":[{"type":"permit",` + toA + `}]}}`}, "open"},
		{"opted out, but for somebody else", []string{`{"policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]},"provision":{"provision":[{"type":"permit",` + toElse + `}]}}`}, ""},
	} {
		if got := told(t, access.Treatment, c.consents...); got != c.want {
			t.Errorf("%s: a sees %q, not %q", c.why, got, c.want)
		}
	}
	// A refusal is for emergencies too, when it is of what is sensitive; what is ordinary is seen then.
	if got := told(t, access.Emergency, `{"provision":{"type":"deny","purpose":[{"code":"TREAT"}]}}`, `{"provision":{"type":"permit",`+toA+`,`+ofSUD+`}}`); got != "open" {
		t.Errorf("emergency: %q", got)
	}
}

func TestMoreConsentsThanCanBeReadPermitNothing(t *testing.T) {
	r, ctx := node(t)
	put(t, r.user("b", access.Physician), strings.ReplaceAll(rosa, `"rosa"`, `"rd"`), obs("open", "rd", ""))
	var texts []string
	for i := range 1001 {
		texts = append(texts, fmt.Sprintf(`{"resourceType":"Consent","id":"c%d","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
			"category":[{"text":"x"}],"patient":{"reference":"Patient/rd"},"policyRule":{"text":"x"},"provision":{"type":"permit"}}`, i))
	}
	put(t, r.user("b", access.RecordsOffice), texts...)
	if ok, err := r.system("b").Discloses(ctx, "rd", "a", access.Treatment); ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
}

// Confidentiality is a high-water mark of its own two steps: what is V stays where
// only R was permitted, and a refusal of R is one of V.
func TestVeryRestrictedIsMoreThanRestricted(t *testing.T) {
	const mark = `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"%s"}]}`
	consent := func(kind, code string) string {
		return `{"resourceType":"Consent","id":"c` + kind + code + `","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"policyRule":{"text":"42 CFR 2.31"},
			"category":[{"text":"disclosure"}],"patient":{"reference":"Patient/rd"},"provision":{"type":"` + kind + `",` + toA + `,"securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"` + code + `"}]}}`
	}
	for _, c := range []struct {
		consents []string
		want     string
	}{
		{nil, "[]"},
		{[]string{consent("permit", "R")}, "[2.r]"},
		{[]string{consent("permit", "V")}, "[2.r 2.v]"},
		{[]string{consent("permit", "V"), consent("deny", "V")}, "[2.r]"},
		{[]string{consent("permit", "V"), consent("deny", "R")}, "[]"},
	} {
		r, ctx := node(t)
		a, b := r.user("a", access.Physician), r.user("b", access.Physician)
		put(t, a, rosa)
		put(t, b, strings.ReplaceAll(rosa, `"rosa"`, `"rd"`), obs("r", "rd", ","+fmt.Sprintf(mark, "R")), obs("v", "rd", ","+fmt.Sprintf(mark, "V")))
		site, _ := r.Site("b")
		if err := r.system("a").SetLink(ctx, "rosa", site, "rd", Linked, 0.97, "same"); err != nil {
			t.Fatal(err)
		}
		for _, text := range c.consents {
			put(t, r.user("b", access.RecordsOffice), text)
		}
		if got := fmt.Sprint(find(t, a.Through(access.EHR), "Observation", "patient=rosa&_sort=_id")); got != c.want {
			t.Errorf("%d consents: %s, not %s", len(c.consents), got, c.want)
		}
	}
}

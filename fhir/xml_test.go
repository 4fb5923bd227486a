package fhir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFromXML(t *testing.T) {
	head := `<?xml version="1.0"?><!-- c --><Patient xmlns="http://hl7.org/fhir">`
	for _, c := range []struct{ xml, json string }{
		{`<id value="a"/><active value="true"/>`, `{"resourceType":"Patient","id":"a","active":true}`},
		{`<name><given value="A"/><given value="B" id="x"><extension url="urn:e"><valueDecimal value="1.50"/></extension></given></name>`,
			`{"resourceType":"Patient","name":[{"given":["A","B"],"_given":[null,{"id":"x","extension":[{"url":"urn:e","valueDecimal":1.50}]}]}]}`},
		{`<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p class="q">x &amp; y</p></div></text>`,
			`{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"q\">x &amp; y</p></div>"}}`},
		{`<contained><Organization><name value="&lt;&quot;"/></Organization></contained>`,
			`{"resourceType":"Patient","contained":[{"resourceType":"Organization","name":"<\""}]}`},
		{`<gender><extension url="urn:e"><valueCode value="m"/></extension></gender>`,
			`{"resourceType":"Patient","_gender":{"extension":[{"url":"urn:e","valueCode":"m"}]}}`},
		{`<contact><name id="n"><family value="F"/></name></contact><multipleBirthInteger value="2"/>`,
			`{"resourceType":"Patient","contact":[{"name":{"id":"n","family":"F"}}],"multipleBirthInteger":2}`},
	} {
		got, err := FromXML(strings.NewReader(head + c.xml + `</Patient>`))
		if string(got) != c.json || err != nil {
			t.Errorf("%s\n got %s\nwant %s (%v)", c.xml, got, c.json, err)
		}
	}
	for _, bad := range []string{
		``, `<Patient/>`, `<x xmlns="http://hl7.org/fhir"/>`, head, head + `<nonsense value="1"/></Patient>`, head + `text</Patient>`,
		head + `<active value="yes"/></Patient>`, head + `<multipleBirthInteger value="0x1"/></Patient>`,
		head + `<birthDate value="2000"/><birthDate value="2001"/></Patient>`, head + `<name value="x"/></Patient>`,
		head + `<contained/></Patient>`, head + `</Patient><Patient xmlns="http://hl7.org/fhir"/>`,
		`<!DOCTYPE Patient [<!ENTITY a "b">]>` + head + `</Patient>`,
		head + strings.Repeat(`<extension url="u">`, 60) + strings.Repeat(`</extension>`, 60) + `</Patient>`,
	} {
		if got, err := FromXML(strings.NewReader(bad)); err == nil {
			t.Errorf("%.80s was taken as %s", bad, got)
		}
	}
}

// TestFromXMLExamples reads HL7's examples, which the FHIRPath suite brings.
func TestFromXMLExamples(t *testing.T) {
	files, _ := filepath.Glob("../../shared/suites/fhirpath/input/*.xml")
	if len(files) == 0 {
		t.Skip("SKIPPED: ../shared/suites/fhirpath is not here")
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := FromXML(f)
		f.Close()
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		if _, err := Parse(got); err != nil {
			t.Errorf("%s: what was written is no JSON: %v", filepath.Base(name), err)
		}
	}
}

func FuzzFromXML(f *testing.F) {
	f.Add(`<Patient xmlns="http://hl7.org/fhir"><name><given value="A"/><given id="x"/></name></Patient>`)
	f.Add(`<Observation xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml">a</div></text><valueDecimal value="1e5"/></Observation>`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := FromXML(strings.NewReader(text))
		if err != nil {
			return
		}
		d, err := Parse(got)
		if err != nil {
			t.Fatalf("what was written is no JSON: %v\n%s", err, got)
		}
		if !IsResourceType(d.Root().ResourceType()) {
			t.Fatalf("not a resource: %s", got)
		}
	})
}

package fhirpath

import (
	"encoding/xml"
	"io"
	"strings"
)

// htmlElements are the elements a narrative may use (R4 narrative.html, txt-1:
// HTML 4.0 chapters 7–11 but section 4 of chapter 9, and 15; <a> and images).
var htmlElements = wordSet(`a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd del dfn div dl dt
	em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var`)

// htmlAttributes are the attributes it may use.
var htmlAttributes = wordSet(`abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff
	charset cite class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan
	rules scope shape span src start style summary tabindex title type valign value vspace width xmlns`)

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

const xhtml = "http://www.w3.org/1999/xhtml"

// htmlChecks is htmlChecks(): a narrative is well-formed, one div of XHTML,
// of allowed elements and attributes, without script, and not empty (txt-1, txt-2).
func htmlChecks(in []Value) []Value {
	if len(in) != 1 || !in[0].hasValue() {
		return nil
	}
	return boolResult(narrative(in[0].Text()))
}

func narrative(text string) bool {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Entity = xml.HTMLEntity
	depth, content, roots := 0, false, 0
	for {
		t, err := d.Token()
		if err == io.EOF {
			return depth == 0 && roots == 1 && content
		}
		if err != nil {
			return false
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth == 0 {
				if roots++; t.Name.Local != "div" {
					return false
				}
			}
			if depth++; depth > 200 || t.Name.Space != xhtml || !htmlElements[t.Name.Local] || !allowedAttributes(t.Attr) {
				return false
			}
			content = content || t.Name.Local == "img"
		case xml.EndElement:
			depth--
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				if depth == 0 {
					return false
				}
				content = true
			}
		case xml.Directive:
			return false
		}
	}
}

func allowedAttributes(all []xml.Attr) bool {
	for _, a := range all {
		if a.Name.Space == "xml" || a.Name.Space == "http://www.w3.org/XML/1998/namespace" {
			continue
		}
		if !htmlAttributes[a.Name.Local] {
			return false
		}
		if a.Name.Local == "href" || a.Name.Local == "src" {
			if strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Value)), "javascript:") {
				return false
			}
		}
	}
	return true
}

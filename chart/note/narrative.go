package note

import (
	"html"
	"strings"
)

// div is text as the XHTML of a narrative
// (http://hl7.org/fhir/R4/narrative.html): a <p> a paragraph, a <br/> a line.
// Lines that were copied from an earlier note and not touched since carry a class.
func div(text string, copied *Copied) string {
	var b strings.Builder
	stands := copied.Standing()
	b.WriteString(`<div xmlns="` + xhtml + `">`)
	for p := range strings.SplitSeq(text, "\n\n") {
		b.WriteString("<p>")
		for i, l := range strings.Split(p, "\n") {
			if i > 0 {
				b.WriteString("<br/>")
			}
			if stands(l) {
				b.WriteString(`<span class="copied">` + html.EscapeString(l) + `</span>`)
			} else {
				b.WriteString(html.EscapeString(l))
			}
		}
		b.WriteString("</p>")
	}
	b.WriteString("</div>")
	return b.String()
}

// undiv is the text of a narrative that div made. Of others' narratives it is the
// words, with a line where a block ends.
func undiv(markup string) string {
	var b strings.Builder
	for len(markup) > 0 {
		i := strings.IndexByte(markup, '<')
		if i < 0 {
			b.WriteString(markup)
			break
		}
		b.WriteString(markup[:i])
		markup = markup[i:]
		j := strings.IndexByte(markup, '>')
		if j < 0 {
			break
		}
		tag := markup[1:j]
		markup = markup[j+1:]
		name, _, _ := strings.Cut(strings.ToLower(strings.Trim(tag, "/ ")), " ")
		closing := strings.HasPrefix(tag, "/")
		switch name {
		case "br":
			b.WriteByte('\n')
		case "p", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6":
			if closing {
				b.WriteString("\n\n")
			}
		case "div", "li", "tr":
			if closing {
				b.WriteByte('\n')
			}
		case "td", "th":
			if closing {
				b.WriteByte(' ')
			}
		case "script", "style":
			if !closing {
				if end := strings.Index(strings.ToLower(markup), "</"+name); end >= 0 {
					markup = markup[end:]
				} else {
					markup = ""
				}
			}
		}
	}
	return Clean(html.UnescapeString(b.String()))
}

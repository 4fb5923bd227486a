package validate

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

func inDiv(s string) string { return `<div xmlns="http://www.w3.org/1999/xhtml">` + s + `</div>` }

func TestDiv(t *testing.T) {
	for _, s := range []string{
		inDiv("x"), "  " + inDiv("x\n") + "\n", inDiv(`<p class='a' style="color: red; background: url(a.png)">a<br/>b &amp; &#169; &#xA9;&nbsp;</p><!-- c -->`),
		inDiv(`<a href="http://x.org/a?b=c&amp;d">x</a><a href="#a:b">y</a><a name="a"/>`), inDiv(`<img src="#i" alt="x"/>`), inDiv(`<img src="data:image/png;base64,AA=="></img>`),
		inDiv(`<table><tbody><tr><td colspan="2">é日本</td></tr></tbody></table>`), inDiv(`<br></br>x`), inDiv(`<a href="Patient/1">x</a>`),
	} {
		if why, _ := checkDiv([]byte(s)); why != "" {
			t.Errorf("%s: %s", s, why)
		}
	}
	for _, s := range []string{
		"", " ", "x", "<p>x</p>", "<div>x</div>", `<div xmlns="http://x.org">x</div>`, inDiv(""), inDiv(" \n<p> </p>"), inDiv("x") + "y", inDiv("x") + inDiv("x"), inDiv("<p>x"), inDiv("</p>x"), inDiv("<p>x</div>"),
		inDiv("<script>x</script>"), inDiv("<SCRIPT>x</SCRIPT>"), inDiv(`<p onclick="a()">x</p>`), inDiv(`<a href="javascript:a()">x</a>`), inDiv(`<a href="java&#10;script:a()">x</a>`), inDiv(`<a href=" JavaScript:a()">x</a>`),
		inDiv(`<a href="&#106;avascript:a()">x</a>`), inDiv(`<a href="data:text/html,x">x</a>`), inDiv(`<img src="data:image/svg+xml,x"/>`), inDiv(`<p style="background:url(http://x.org/a)">x</p>`),
		inDiv(`<p style="background:url( '//x.org/a')">x</p>`), inDiv(`<p style="width:expression(a)">x</p>`), inDiv(`<p style="b\65havior:x">x</p>`), inDiv(`<p style="x:u/**/rl(http://a)">x</p>`), inDiv("<form>x</form>"), inDiv("<iframe/>x"), inDiv("<object>x</object>"),
		inDiv("<style>x</style>"), inDiv(`<link rel="a"/>x`), inDiv("<input/>x"), inDiv("<p class=a>x</p>"), inDiv("<p class>x</p>"), inDiv(`<p class="a" class="b">x</p>`), inDiv(`<p class="a"id="b">x</p>`), inDiv("a & b"), inDiv("&foo;"), inDiv("&copy;"), inDiv("&#0;"), inDiv("&#xD800;"), inDiv("&#x;"), inDiv("a < b"),
		inDiv("<!DOCTYPE x>y"), inDiv("<?x y?>z"), inDiv("<![CDATA[x]]>"), inDiv("x]]>"), inDiv("<!-- a -- b -->x"), inDiv("<!--"), inDiv(`<p title="<">x</p>`), inDiv("x\x01"), inDiv("\xff"), inDiv(strings.Repeat("<b>", 200)),
	} {
		if why, _ := checkDiv([]byte(s)); why == "" {
			t.Errorf("%s was taken", s)
		}
	}
	if _, shows := checkDiv([]byte(inDiv(`<img src="#i"/>`))); len(shows) != 1 || shows[0] != "i" {
		t.Errorf("%v", shows)
	}
}

// What is taken is well-formed XML without scripts.
func FuzzDiv(f *testing.F) {
	for _, s := range []string{inDiv("x"), inDiv(`<p style="a:url(b)" class='x'>&amp;<br/></p><!-- x -->`), inDiv(`<a href="http://x">&#65;</a>`), inDiv("<p>")} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if why, _ := checkDiv(data); why != "" {
			return
		}
		dec := xml.NewDecoder(bytes.NewReader(data))
		dec.Entity = map[string]string{"nbsp": "\u00a0"}
		for {
			tok, err := dec.Token()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatalf("%q: %v", data, err)
			}
			if e, ok := tok.(xml.StartElement); ok {
				for _, a := range e.Attr {
					if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || strings.Contains(strings.ToLower(a.Value), "javascript:") && a.Name.Local == "href" && !strings.Contains(a.Value, "/") && !strings.ContainsAny(a.Value, "?#") {
						t.Fatalf("%q", data)
					}
				}
			}
		}
	})
}

package remind

import (
	"bytes"
	"encoding/base64"
	"mime"
	"strings"
)

// Mail writes an RFC 5322 message of one plain-text part. No field can begin
// another: each value is one clean line, encoded where it is not ASCII (RFC
// 2047); the text is base64 (RFC 2045), so that its lines are short and hold no
// dot at their beginning.
func Mail(e Envelope, from, host string) ([]byte, error) {
	if !Email(from) || !Email(e.To) {
		return nil, &Failure{Why: "an address is not one", Permanent: true}
	}
	var b bytes.Buffer
	field := func(name, value string) {
		b.WriteString(strings.ReplaceAll(name+": "+value, ": \r\n", ":\r\n") + "\r\n")
	}
	field("Date", e.When.UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000"))
	field("From", phrase(e.From)+" <"+from+">")
	field("To", "<"+e.To+">")
	field("Message-ID", MessageID(e.Key, host))
	field("Subject", unstructured(e.Subject))
	field("MIME-Version", "1.0")
	field("Content-Type", "text/plain; charset=utf-8")
	field("Content-Transfer-Encoding", "base64")
	if lang := clean(e.Lang); lang != "" && len(lang) < 36 && !strings.ContainsFunc(lang, func(r rune) bool { return r > 'z' || r < '-' }) {
		field("Content-Language", lang)
	}
	field("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	if e.Out != "" && len(e.Out) < 900 && !strings.ContainsFunc(e.Out, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
		field("List-Unsubscribe", "<"+e.Out+">") // RFC 2369, and RFC 8058 for one click
		field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	b.WriteString("\r\n")
	text := strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(e.Text, "\uFFFD"), "\r\n", "\n"), "\n", "\r\n")
	enc := base64.StdEncoding.EncodeToString([]byte(text + "\r\n"))
	for len(enc) > 76 {
		b.WriteString(enc[:76] + "\r\n")
		enc = enc[76:]
	}
	b.WriteString(enc + "\r\n")
	return b.Bytes(), nil
}

// MessageID is the identification of a message by its key (RFC 5322 section
// 3.6.4): the same at every attempt.
func MessageID(key, host string) string { return "<" + atom(key) + "@" + atom(host) + ">" }

func atom(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, s)
	if s = strings.Trim(s, ".-"); s == "" {
		return "x"
	}
	return s
}

const maxSubject = 200 // bytes before encoding

// unstructured is a header's free text, folded so that no line is long.
func unstructured(s string) string {
	s = clean(s)
	for len(s) > maxSubject {
		s = strings.ToValidUTF8(s[:maxSubject], "")
	}
	enc := mime.BEncoding.Encode("utf-8", s)
	if enc == s && len(s) > 60 {
		return strings.ReplaceAll(fold(s), "\n", "\r\n ")
	}
	return folded(enc, s)
}

// folded puts each encoded word on a line of its own (RFC 2047 section 2).
func folded(enc, plain string) string {
	if enc == plain {
		return enc
	}
	return "\r\n " + strings.ReplaceAll(enc, "?= =?", "?=\r\n =?")
}

// fold breaks a line of words at blanks, each line at most 70 bytes where words
// allow it.
func fold(s string) string {
	var lines []string
	line := ""
	for w := range strings.FieldsSeq(s) {
		if line != "" && len(line)+1+len(w) > 70 {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	return strings.Join(append(lines, line), "\n")
}

// phrase is a display name (RFC 5322 section 3.2.5): a quoted string, or encoded words.
func phrase(s string) string {
	s = clean(s)
	if enc := mime.BEncoding.Encode("utf-8", s); enc != s {
		return folded(enc, s)
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

package note

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Snippet is a short word that becomes a text: ".cough" and a space.
type Snippet struct {
	Name string `json:"name"` // without the dot: 1 to 20 letters, digits, hyphens
	Text string `json:"text"`
}

// MaxSnippets bounds the snippets of one user.
const MaxSnippets = 200

// Snippets are those that the product brings. None of them states a finding that
// somebody might not have looked for: what was examined is said by the writer, and
// Marker stands where the finding goes.
var Snippets = []Snippet{
	{"dur", "for *** days"},
	{"fu", "Follow-up in *** weeks, sooner if ***."},
	{"pain", "Pain: where ***, since ***, how bad *** of 10, better with ***, worse with ***."},
	{"cough", "Cough since ***, sputum ***, fever ***, breathless ***."},
	{"uri", "Runny nose ***, sore throat ***, cough ***, fever ***; sick contacts ***."},
	{"uti", "Burning ***, frequency ***, blood ***, flank pain ***, fever ***."},
	{"neuro", "Strength ***, sensation ***, reflexes ***, gait ***."},
	{"resp", "Breathing *** per minute, breath sounds ***, wheeze ***."},
	{"cv", "Rhythm ***, murmurs ***, oedema ***."},
	{"abd", "Abdomen: tender ***, masses ***, bowel sounds ***."},
	{"back", "Return or call at once with ***."},
	{"shared", "Options *** were discussed; the patient chose ***."},
	{"int", "With an interpreter for *** (name or number ***)."},
	{"time", "*** minutes with the patient and the record today."},
}

// Named says whether a word can name a snippet.
func Named(name string) bool {
	n := utf8.RuneCountInString(name)
	if n == 0 || n > 20 {
		return false
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' {
			return false
		}
	}
	return true
}

// Expand puts a snippet in place of the word ".name" that ends at the caret (a
// byte offset), where the dot begins a word. It gives the new text and where the
// caret goes: the first Marker of what was put in, or its end. ok is false, and
// the text the same, when no such word is there.
func Expand(text string, caret int, set []Snippet) (out string, at int, ok bool) {
	if caret < 0 || caret > len(text) {
		return text, caret, false
	}
	head := text[:caret]
	dot := strings.LastIndexByte(head, '.')
	if dot < 0 || !Named(head[dot+1:]) {
		return text, caret, false
	}
	if r, _ := utf8.DecodeLastRuneInString(head[:dot]); dot > 0 && !unicode.IsSpace(r) && !strings.ContainsRune("([{\"", r) {
		return text, caret, false
	}
	name := head[dot+1:]
	i := slices.IndexFunc(set, func(s Snippet) bool { return s.Name == name })
	if i < 0 {
		return text, caret, false
	}
	put := set[i].Text
	at = dot + len(put)
	if m := strings.Index(put, Marker); m >= 0 {
		at = dot + m
	}
	return text[:dot] + put + text[caret:], at, true
}

// ExpandAll expands every snippet word of a text that was typed without a
// browser's help.
func ExpandAll(text string, set []Snippet) string {
	var b strings.Builder
	for len(text) > 0 {
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		word := text[:end]
		if out, _, ok := Expand(word, len(word), set); ok {
			word = out
		}
		b.WriteString(word)
		text = text[end:]
		_, n := utf8.DecodeRuneInString(text)
		b.WriteString(text[:n])
		text = text[n:]
	}
	return b.String()
}

// Joined are the product's snippets and a user's own, which come first by name.
func Joined(own []Snippet) []Snippet {
	out := slices.Clone(own)
	for _, s := range Snippets {
		if !slices.ContainsFunc(own, func(o Snippet) bool { return o.Name == s.Name }) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Snippet) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// ParseSnippets reads a user's own snippets as they are stored.
func ParseSnippets(body []byte) ([]Snippet, error) {
	var list []Snippet
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("the snippets cannot be read: %w", err)
	}
	return list, CheckSnippets(list)
}

// CheckSnippets says what is wrong with a list of snippets.
func CheckSnippets(list []Snippet) error {
	if len(list) > MaxSnippets {
		return fmt.Errorf("at most %d snippets", MaxSnippets)
	}
	for i, s := range list {
		switch {
		case !Named(s.Name):
			return errors.New("a snippet's name is 1 to 20 letters, digits or hyphens")
		case strings.TrimSpace(s.Text) == "" || len(s.Text) > 4000:
			return errors.New("a snippet's text is 1 to 4,000 characters")
		case slices.ContainsFunc(list[:i], func(o Snippet) bool { return o.Name == s.Name }):
			return errors.New("two snippets have the same name")
		}
	}
	return nil
}

package fhirpath

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// onText is a function of a string and of arguments of stated kinds.
func onText(kinds string, f func(s string, a []Value) (Value, error)) func(n *node) (eval, error) {
	return single(textual(kinds, f))
}

func textual(kinds string, f func(s string, a []Value) (Value, error)) func(v Value, args []Value) (Value, error) {
	return func(v Value, args []Value) (Value, error) {
		if v.kind != String {
			return Value{}, misuse("the input is not a string")
		}
		for i := range args {
			if args[i].kind == Absent {
				continue
			}
			if want := map[byte]Kind{'s': String, 'i': Integer}[kinds[i]]; args[i].kind != want {
				return Value{}, misuse("an argument is not of type " + kindNames[want])
			}
		}
		out, err := f(v.s, args)
		if len(out.s) > maxString {
			return Value{}, misuse("the string is too long")
		}
		return out, err
	}
}

// stringFunctions are those of N1 section 5.6, and of later drafts.
func stringFunctions() map[string]function {
	test := func(f func(s, t string) bool) func(n *node) (eval, error) {
		return onText("s", func(s string, a []Value) (Value, error) { return Bool(f(s, a[0].s)), nil })
	}
	change := func(f func(s string) string) func(n *node) (eval, error) {
		return onText("", func(s string, _ []Value) (Value, error) { return Str(f(s)), nil })
	}
	return map[string]function{
		"startsWith":  {1, 1, test(strings.HasPrefix)},
		"endsWith":    {1, 1, test(strings.HasSuffix)},
		"contains":    {1, 1, test(strings.Contains)},
		"upper":       {0, 0, change(strings.ToUpper)},
		"lower":       {0, 0, change(strings.ToLower)},
		"trim":        {0, 0, change(strings.TrimSpace)},
		"indexOf":     {1, 1, index(strings.Index)},
		"lastIndexOf": {1, 1, index(strings.LastIndex)},
		"length": {0, 0, onText("", func(s string, _ []Value) (Value, error) {
			return Int(int32(utf8.RuneCountInString(s))), nil
		})},
		"substring": {1, 2, onText("ii", substring)},
		"replace": {2, 2, onText("ss", func(s string, a []Value) (Value, error) {
			if count := strings.Count(s, a[0].s); len(s)+count*len(a[1].s) > maxString {
				return Value{}, misuse("the string is too long")
			}
			return Str(strings.ReplaceAll(s, a[0].s, a[1].s)), nil
		})},
		"matches":        {1, 1, buildMatches},
		"matchesFull":    {1, 1, buildMatches},
		"replaceMatches": {2, 2, buildMatches},
		"toChars": {0, 0, many(func(s string, _ string) []string {
			return strings.Split(s, "")
		})},
		"split":    {1, 1, many(strings.Split)},
		"join":     {0, 1, buildJoin},
		"encode":   {1, 1, onText("s", func(s string, a []Value) (Value, error) { return encode(s, a[0].s) })},
		"decode":   {1, 1, onText("s", func(s string, a []Value) (Value, error) { return decode(s, a[0].s) })},
		"escape":   {1, 1, onText("s", func(s string, a []Value) (Value, error) { return escape(s, a[0].s) })},
		"unescape": {1, 1, onText("s", func(s string, a []Value) (Value, error) { return unescape(s, a[0].s) })},
	}
}

// index counts characters, not bytes.
func index(find func(s, t string) int) func(n *node) (eval, error) {
	return onText("s", func(s string, a []Value) (Value, error) {
		at := find(s, a[0].s)
		if at > 0 {
			at = utf8.RuneCountInString(s[:at])
		}
		return Int(int32(at)), nil
	})
}

func substring(s string, a []Value) (Value, error) {
	from, length := a[0].i, int64(len(s))
	if a[1].kind != Absent {
		length = max(0, a[1].i)
	}
	if from < 0 || from >= int64(utf8.RuneCountInString(s)) {
		return Value{}, nil
	}
	start := offset(s, from)
	return Str(s[start : start+offset(s[start:], length)]), nil
}

// offset is the byte at which the nth character of s begins, or its end.
func offset(s string, n int64) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// many is a function of a string that gives several.
func many(f func(s, by string) []string) func(n *node) (eval, error) {
	return func(n *node) (eval, error) {
		at, name := n.at, n.name
		return lambda(n, func(left eval, args []eval) eval {
			return func(c *context) ([]Value, error) {
				in, err := left(c)
				if err != nil || len(in) == 0 {
					return nil, err
				}
				by := ""
				if len(args) > 0 {
					a, err := args[0](c)
					if err != nil || len(a) == 0 {
						return nil, err
					}
					if len(a) > 1 || !a[0].isString() {
						return nil, fail(Execution, at, "%s() by what is not one string", name)
					}
					by = a[0].text()
				}
				if len(in) > 1 || !in[0].isString() {
					return nil, fail(Execution, at, "%s() on what is not one string", name)
				}
				s := in[0].text()
				if s == "" {
					return nil, nil
				}
				if err := c.spend(len(s)); err != nil {
					return nil, err
				}
				if len(s) > maxItems {
					return nil, fail(Execution, at, "%s() on a string that is too long", name)
				}
				parts := f(s, by)
				out := c.room(len(parts))
				for _, p := range parts {
					out = append(out, Str(p))
				}
				return out, nil
			}
		})
	}
}

func buildJoin(n *node) (eval, error) {
	at := n.at
	return lambda(n, func(left eval, args []eval) eval {
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil || len(in) == 0 {
				return nil, err
			}
			by := ""
			if len(args) > 0 {
				a, err := args[0](c)
				if err != nil || len(a) != 1 || !a[0].isString() {
					return nil, err
				}
				by = a[0].text()
			}
			var b strings.Builder
			for i := range in {
				s, ok := in[i].System().toString()
				if !ok || b.Len()+len(s) > maxString {
					return nil, fail(Execution, at, "join() of what is no string, or too long")
				}
				if i > 0 {
					b.WriteString(by)
				}
				b.WriteString(s)
			}
			return c.one(Str(b.String())), nil
		}
	})
}

// buildMatches is matches(), matchesFull() and replaceMatches(). The dialect is
// RE2: N1 asks for PCRE's common core, and RE2 has no pattern that runs away.
// The dot matches line ends too. A constant pattern is compiled once.
func buildMatches(n *node) (eval, error) {
	var constant *regexp.Regexp
	size := maxProgram
	if a := n.args[0]; a.kind == nLiteral && a.value.kind == String {
		var err error
		if constant, size, err = pattern(a.value.s, n.name); err != nil {
			return nil, fail(Semantic, a.at, "%s(): %s", n.name, err.Error())
		}
	}
	name := n.name
	cost := func(v Value, a []Value) int {
		steps := (len(v.s) + len(a[1].s)) * size >> 10
		if constant == nil {
			steps += 50 * len(a[0].s)
		}
		return steps
	}
	return costly(cost, textual("ss", func(s string, a []Value) (Value, error) {
		re := constant
		if re == nil {
			var err error
			if re, _, err = pattern(a[0].s, name); err != nil {
				return Value{}, err
			}
		}
		if name != "replaceMatches" {
			return Bool(re.MatchString(s)), nil
		}
		if a[0].s == "" {
			return Str(s), nil
		}
		if len(re.FindAllStringIndex(s, -1))*(len(a[1].s)+1) > maxString {
			return Value{}, misuse("the string is too long")
		}
		return Str(re.ReplaceAllString(s, substitution(a[1].s))), nil
	}))(n)
}

// pattern compiles a regular expression of bounded size.
func pattern(s, name string) (re *regexp.Regexp, size int, err error) {
	if len(s) > maxPattern {
		return nil, 0, misuse("the regular expression is too long")
	}
	text := "(?s)" + s
	if name == "matchesFull" {
		text = "(?s)^(?:" + s + ")$"
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, 0, misuse("a regular expression that is not understood")
	}
	if size = programSize(tree); size > maxProgram {
		return nil, 0, misuse("the regular expression repeats too much")
	}
	if re, err = regexp.Compile(text); err != nil {
		return nil, 0, misuse("a regular expression that is not understood")
	}
	return re, size, nil
}

// programSize is about how many instructions an expression compiles to.
func programSize(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		size += programSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(1, re.Min, re.Max)
	}
	return min(size, 1<<30)
}

var groupNumber = regexp.MustCompile(`\$(\d+)`)

// substitution writes $1 as Go needs it, so that a letter may follow.
func substitution(s string) string { return groupNumber.ReplaceAllString(s, "$${$1}") }

func encode(s, as string) (Value, error) {
	switch as {
	case "hex":
		return Str(hex.EncodeToString([]byte(s))), nil
	case "base64":
		return Str(base64.StdEncoding.EncodeToString([]byte(s))), nil
	case "urlbase64":
		return Str(base64.URLEncoding.EncodeToString([]byte(s))), nil
	}
	return Value{}, misuse("no such encoding")
}

func decode(s, as string) (Value, error) {
	var b []byte
	var err error
	switch as {
	case "hex":
		b, err = hex.DecodeString(s)
	case "base64":
		b, err = base64.StdEncoding.DecodeString(s)
	case "urlbase64":
		b, err = base64.URLEncoding.DecodeString(s)
	default:
		return Value{}, misuse("no such encoding")
	}
	if err != nil || !utf8.Valid(b) {
		return Value{}, nil
	}
	return Str(string(b)), nil
}

func escape(s, as string) (Value, error) {
	switch as {
	case "html":
		return Str(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)), nil
	case "json":
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			return Value{}, misuse("not a text")
		}
		text := strings.TrimSuffix(b.String(), "\n")
		return Str(text[1 : len(text)-1]), nil
	}
	return Value{}, misuse("no such escape")
}

func unescape(s, as string) (Value, error) {
	switch as {
	case "html":
		return Str(html.UnescapeString(s)), nil
	case "json":
		var out string
		if err := json.Unmarshal([]byte(`"`+s+`"`), &out); err != nil {
			// What is not escaped at all is its own meaning.
			if !strings.Contains(s, `\`) {
				return Str(s), nil
			}
			return Value{}, nil
		}
		return Str(out), nil
	}
	return Value{}, misuse("no such escape")
}

package main

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"wholechart/decision/substance/internal/label"
)

// builder gathers names. An ingredient is known by its canonical name; key is
// several of them, sorted and joined by "|".
type builder struct {
	canonical map[string]string          // folded other name: canonical names, joined by "|"
	known     map[string]bool            // canonical names
	ids       map[string]int32           // canonical name to a number while reading
	list      []string                   // the reverse of ids
	brands    map[string]map[string]bool // folded name: keys
	hand      map[string]string          // names and codes of synonyms.txt: key
	codes     map[string]string          // RxNorm code: key
	rxcui     map[string]string          // canonical name: RxNorm code
	out       struct {
		substances, ambiguous, unread []string
		names, codes, newer, shorter  int
	}
}

func newBuilder() *builder {
	return &builder{canonical: map[string]string{}, known: map[string]bool{}, ids: map[string]int32{}, brands: map[string]map[string]bool{},
		hand: map[string]string{}, codes: map[string]string{}, rxcui: map[string]string{}}
}

// synonyms reads lines "name = substance" or "name = substance + substance";
// "rxcui 123 = substance" is of a code; "+ substance" makes a substance known.
func (b *builder) synonyms(text string) error {
	type line struct{ name, to string }
	var lines []line
	for i, l := range strings.Split(text, "\n") {
		l, _, _ = strings.Cut(l, "#")
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if name, ok := strings.CutPrefix(l, "+ "); ok {
			b.add(label.Fold(name))
			continue
		}
		name, to, ok := strings.Cut(l, "=")
		if !ok {
			return fmt.Errorf("synonyms.txt:%d: want name = substance", i+1)
		}
		lines = append(lines, line{label.Fold(name), label.Fold(to)})
	}
	for _, l := range lines {
		var parts []string
		for p := range strings.SplitSeq(l.to, "+") {
			p = strings.TrimSpace(p)
			b.add(p)
			parts = append(parts, p)
		}
		slices.Sort(parts)
		key := strings.Join(parts, "|")
		if code, ok := strings.CutPrefix(l.name, "rxcui "); ok {
			b.codes[code] = key
			continue
		}
		if old, ok := b.hand[l.name]; ok && old != key {
			return fmt.Errorf("synonyms.txt: %s is said twice", l.name)
		}
		b.hand[l.name] = key
		if len(parts) == 1 {
			b.canonical[l.name] = key
		}
	}
	return nil
}

// vague are names of groups: "vitamin" is not one substance.
var vague = map[string]bool{"vitamin": true, "vitamins": true, "insulin": true, "monobasic": true, "dibasic": true}

func (b *builder) add(name string) {
	if name == "" || b.known[name] || vague[name] || strings.Contains(b.hand[name], "|") { // "irbesartan hydrochlorothiazide" are two
		return
	}
	b.known[name] = true
	b.ids[name] = int32(len(b.list))
	b.list = append(b.list, name)
}

// ingredient is the canonical name of an ingredient as a source writes it.
func (b *builder) ingredient(s string) string {
	s = label.Fold(s)
	if i := strings.IndexByte(s, '('); i > 0 {
		s = strings.TrimSpace(s[:i])
	}
	if c, ok := b.canonical[s]; ok {
		return c
	}
	base := label.Base(s)
	if c, ok := b.canonical[base]; ok {
		return c
	}
	return base
}

var inParens = regexp.MustCompile(`\([^)]*\)`)

// products reads Drugs@FDA's table: first all ingredients, then what bears
// another name.
func (b *builder) products(text string) {
	var rows [][2]string // name, key
	for i, l := range strings.Split(text, "\n") {
		f := strings.Split(strings.TrimRight(l, "\r"), "\t")
		if i == 0 || len(f) < 7 {
			continue
		}
		var parts []string
		for s := range strings.SplitSeq(inParens.ReplaceAllString(f[6], " "), ";") {
			if p := b.ingredient(s); p != "" && p != "monobasic" && p != "dibasic" && !slices.Contains(parts, p) {
				parts = append(parts, p)
				b.add(p)
			}
		}
		if len(parts) == 0 {
			continue
		}
		slices.Sort(parts)
		rows = append(rows, [2]string{label.Fold(f[5]), strings.Join(parts, "|")})
	}
	for _, r := range rows {
		b.brand(r[0], r[1])
	}
}

func (b *builder) brand(name, key string) {
	if name == "" {
		return
	}
	if b.brands[name] == nil {
		b.brands[name] = map[string]bool{}
	}
	b.brands[name][key] = true
}

// table answers with ingredients and with brands of one composition.
func (b *builder) table(name string) ([]int32, bool) {
	if key, ok := b.hand[name]; ok {
		return b.numbers(key), true
	}
	if c := b.ingredient(name); b.known[c] && (b.known[name] || b.canonical[name] != "") {
		return b.numbers(c), true
	}
	if keys := b.brands[name]; len(keys) == 1 {
		for k := range keys {
			return b.numbers(k), true
		}
	}
	return nil, false
}

func (b *builder) numbers(key string) []int32 {
	var out []int32
	for p := range strings.SplitSeq(key, "|") {
		out = append(out, b.ids[p])
	}
	return out
}

func (b *builder) key(ids []int32) string {
	var parts []string
	for _, i := range ids {
		parts = append(parts, b.list[i])
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), "|")
}

// rxnorm reads code and name. Names with a strength teach ingredients, names
// with a brand in brackets teach brands; then every name is read.
func (b *builder) rxnorm(text string) {
	type row struct{ code, name string }
	var rows []row
	for i, l := range strings.Split(text, "\n") {
		code, name, ok := strings.Cut(strings.TrimRight(l, "\r"), "\t")
		if i > 0 && ok {
			rows = append(rows, row{code, name})
		}
	}
	for _, r := range rows { // "apixaban 5 MG Oral Tablet"
		if strings.ContainsAny(r.name, "{(") {
			continue
		}
		head, _, _ := strings.Cut(r.name, "[")
		for part := range strings.SplitSeq(head, " / ") {
			if name, ok := beforeStrength(part); ok {
				b.add(b.ingredient(name))
			}
		}
	}
	for _, r := range rows {
		if f := label.Fold(r.name); !strings.ContainsAny(f, "0123456789[({/") && len(b.brands[f]) == 0 && label.Route(f) == "" && !strings.Contains(f, "product") {
			b.add(b.ingredient(f))
		}
	}
	for _, r := range rows {
		brand := label.Brand(r.name)
		if brand == "" {
			continue
		}
		head, _, _ := strings.Cut(r.name, "[")
		if ids, whole := label.Read(head, b.table); whole {
			b.brand(brand, b.key(ids))
		}
	}
	for _, r := range rows {
		if _, said := b.codes[r.code]; said {
			continue
		}
		ids, whole := label.Read(r.name, b.table)
		if !whole {
			b.out.unread = append(b.out.unread, r.code+" "+r.name)
			continue
		}
		b.codes[r.code] = b.key(ids)
		if len(ids) == 1 {
			name := b.list[ids[0]]
			f := label.Fold(r.name)
			if f == name || b.canonical[f] == name { // the lower code is the ingredient's
				if old := b.rxcui[name]; old == "" || number(r.code) < number(old) {
					b.rxcui[name] = r.code
				}
			}
		}
	}
}

func number(s string) int { n, _ := strconv.Atoi(s); return n }

// beforeStrength is the name in front of the first amount with a unit.
func beforeStrength(part string) (string, bool) {
	words := strings.Fields(part)
	for len(words) > 2 && words[0][0] >= '0' && words[0][0] <= '9' && !strings.Contains(words[0], "-") {
		words = words[2:] // 24 HR, 1 ML, 60 ACTUAT
	}
	for i, w := range words {
		if i == 0 || w[0] < '0' || w[0] > '9' || i+1 == len(words) {
			continue
		}
		switch unit, _, _ := strings.Cut(words[i+1], "/"); unit {
		case "MG", "UNT", "MEQ", "ML", "MCI", "ACTUAT", "BAU", "AU":
			return strings.Join(words[:i], " "), true
		}
	}
	return "", false
}

// write gives the table: substances in order, then names, then codes, each sorted.
func (b *builder) write() []byte {
	b.shorter()
	used := map[string]bool{}
	names := map[string]string{}
	say := func(name, key string) {
		names[name] = key
		for p := range strings.SplitSeq(key, "|") {
			used[p] = true
		}
	}
	for _, n := range slices.Sorted(maps.Keys(b.brands)) {
		if b.known[n] || b.canonical[n] != "" {
			continue
		}
		if len(b.brands[n]) > 1 {
			b.out.ambiguous = append(b.out.ambiguous, n)
			continue
		}
		for k := range b.brands[n] {
			if ids, whole := label.Read(n, b.ingredients); whole && b.key(ids) == k {
				continue // "warfarin sodium" reads itself
			}
			say(n, k)
		}
	}
	for n, k := range b.hand {
		say(n, k)
	}
	for n := range b.known {
		used[n] = true
	}
	for _, k := range b.codes {
		for p := range strings.SplitSeq(k, "|") {
			used[p] = true
		}
	}
	list := slices.Sorted(maps.Keys(used))
	at := map[string]string{}
	var out bytes.Buffer
	for i, s := range list {
		at[s] = strconv.Itoa(i)
		fmt.Fprintf(&out, "s\t%s\t%s\n", s, b.rxcui[s])
	}
	numbers := func(key string) string {
		parts := strings.Split(key, "|")
		for i := range parts {
			parts[i] = at[parts[i]]
		}
		return strings.Join(parts, ",")
	}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(&out, "n\t%s\t%s\n", n, numbers(names[n]))
	}
	codes := slices.SortedFunc(maps.Keys(b.codes), func(x, y string) int { return number(x) - number(y) })
	for _, c := range codes {
		fmt.Fprintf(&out, "r\t%s\t%s\n", c, numbers(b.codes[c]))
	}
	b.out.substances, b.out.names, b.out.codes = list, len(names), len(codes)
	return out.Bytes()
}

// ingredients is the table without brands.
func (b *builder) ingredients(name string) ([]int32, bool) {
	if b.known[name] {
		return []int32{b.ids[name]}, true
	}
	if c, ok := b.canonical[name]; ok {
		return []int32{b.ids[c]}, true
	}
	return nil, false
}

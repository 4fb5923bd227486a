package orders

import (
	"strings"

	"wholechart/chart/order"
	"wholechart/terminology"
)

// What the catalogue does not have is looked for in the code systems that are
// loaded. Such an order has a code and a name, and no usual directions.

// kinds are the kinds of orders by what is looked for.
var kinds = []struct {
	order order.Kind
	code  terminology.Kind
}{{order.Medicine, terminology.Medicine}, {order.Test, terminology.Lab}, {order.Imaging, terminology.Imaging}, {order.Vaccine, terminology.Vaccine}, {order.Procedure, terminology.Procedure}}

// coded are at most n items of the code systems for a typed line.
func coded(typed string, n int) (out []order.Item) {
	l := order.Parse(typed)
	for _, k := range kinds {
		words := typed
		if k.order == order.Medicine {
			words = l.Name
		}
		if len(strings.TrimSpace(words)) < 3 {
			continue
		}
		for _, m := range terminology.Find(words, k.code, 3) {
			if m.Retired || k.order == order.Medicine && !product(m.Display) {
				continue
			}
			if out = append(out, order.Coded(k.order, m.Coding)); len(out) == n {
				return out
			}
		}
	}
	return out
}

// product says whether an RxNorm name is of something to be taken, not of an
// ingredient or a strength alone: those name a form.
func product(display string) bool {
	low := strings.ToLower(display)
	for _, w := range [...]string{"tablet", "capsule", "solution", "suspension", "inhaler", "cream", "ointment", "gel", "patch", "spray", "suppository", "injection", "injectable", "powder", "lotion", "pen", "system"} {
		if strings.Contains(low, w) {
			return !strings.Contains(display, "[") // a brand of the same
		}
	}
	return false
}

// codedBy is the item of a key that coded gave out; nil when it is none.
func codedBy(key string) *order.Item {
	rest, ok := strings.CutPrefix(key, "code:")
	kind, rest, ok2 := strings.Cut(rest, ":")
	i := strings.LastIndexByte(rest, '|')
	if !ok || !ok2 || i < 0 || !order.Kind(kind).Known() {
		return nil
	}
	m, ok := terminology.Lookup(rest[:i], rest[i+1:])
	if !ok {
		return nil
	}
	it := order.Coded(order.Kind(kind), m.Coding)
	return &it
}

// matches are what a typed line may mean: of the catalogue first.
func matches(typed string, n int) (out []choice) {
	names := map[string]bool{}
	for _, k := range order.Find(typed, n) {
		c := choiceOf(k)
		names[strings.ToLower(c.Title)] = true
		for _, code := range k.Item.Codes {
			names[code.System+"|"+code.Code] = true
		}
		out = append(out, c)
	}
	if len(out) >= n {
		return out
	}
	l := order.Parse(typed)
	for _, it := range coded(typed, n-len(out)) {
		if names[strings.ToLower(it.Name)] || names[it.Codes[0].System+"|"+it.Codes[0].Code] {
			continue
		}
		o := it.Order(l)
		out = append(out, choice{Key: it.Key, Title: o.Title(), Detail: strings.TrimSpace(o.Detail() + " " + terminology.SystemName(it.Codes[0].System) + " " + it.Codes[0].Code), Kind: kindWords[it.Kind]})
	}
	return out
}

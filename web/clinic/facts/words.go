package facts

import (
	"strconv"
	"strings"

	"wholechart/web"
)

func lower(s string) string { return strings.ToLower(s) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func (m middle) count() web.Link {
	if len(m.Rows) < 2 {
		return web.Link{}
	}
	return web.Link{Label: strconv.Itoa(len(m.Rows))}
}

func anyFilled(list []input) bool {
	for _, f := range list {
		if f.Error != "" || f.Theirs != nil || f.Value != "" && f.Name != "category" {
			return true
		}
	}
	return false
}

// shownPart: the parts that say something, and one more to write in.
func shownPart(parts []part, i int) bool {
	return parts[i].Filled || i == 0 || parts[i-1].Filled
}

// restOf are the blank parts beyond.
func restOf(parts []part) []part {
	for i := range parts {
		if !shownPart(parts, i) {
			return parts[i:]
		}
	}
	return nil
}

func (r recPage) sub() string {
	s := plural(r.Total, "fact", "facts") + " of other sites not in this chart, or said otherwise here"
	if r.Decided > 0 {
		s += " · " + strconv.Itoa(r.Decided) + " decided before"
	}
	return s
}

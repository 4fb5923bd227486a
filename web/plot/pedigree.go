package plot

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Relative is one person of a Pedigree.
type Relative struct {
	Role       string // v3 RoleCode: MTH, FTH, SIS, BRO, MGRMTH…; "" is the patient
	Label      string // "Mother"
	Name       string
	Sex        string // female, male; anything else draws a diamond
	Age        string // "62", "died at 79"
	Dead       bool
	Conditions []string // names; those of the legend are drawn, all are in the table
	Onsets     []string // when each began, as it is read after its name: "at 55 y"; "" not known
	Note       string
	Href       string
	guessed    bool // drawn to connect others, not recorded
}

// Pedigree is a family as geneticists draw it (Bennett et al., standardized
// human pedigree nomenclature, 2008): squares and circles, a stroke through the
// dead, a filled quarter a condition, an arrow at the patient; and a table of
// the same. Grandparents, parents and their siblings, siblings and children are
// drawn; other relatives stand in the table alone.
type Pedigree struct {
	People []Relative
	// Legend are the conditions that are drawn, at most four; empty: the most
	// frequent of the family.
	Legend []string
}

const (
	pedStep = 96.0  // between persons
	pedRow  = 112.0 // between rows, where nobody has an onset; pedLine more for each
	pedLine = 11.0
	pedSize = 32.0
)

type placed struct {
	*Relative
	x, y float64
}

// drawnRoles are the rows, from left to right; what several share stand in order.
var drawnRoles = [...][]string{
	{"PGRFTH", "PGRMTH", "MGRFTH", "MGRMTH"},
	{"PUNCLE", "PAUNT", "FTH", "MTH", "MAUNT", "MUNCLE"},
	{"BRO", "", "SIS"},
	{"SON", "DAU"},
}

// Render draws the pedigree; of a patient without relatives nothing.
func (p Pedigree) Render(_ context.Context, w io.Writer) error {
	if len(p.People) < 2 {
		return nil
	}
	if len(p.Legend) == 0 {
		p.Legend = frequent(p.People)
	}
	p.Legend = p.Legend[:min(4, len(p.Legend))]
	rows, left := p.place()
	low, high := 1e9, -1e9
	for _, row := range rows {
		for _, one := range row {
			low, high = min(low, one.x), max(high, one.x)
		}
	}
	var d drawing
	d.tag("div", "class", "pedigree")
	const margin = 52
	wide := high - low + 2*margin
	first, last := 3, 0
	for i, row := range rows {
		if len(row) > 0 {
			first, last = min(first, i), max(last, i)
		}
	}
	row := p.row()
	top, tall := row*float64(first), row*float64(last-first+1)-20
	d.tag("svg", "viewBox", fmt.Sprintf("%s %s %s %s", px(low-margin), px(top), px(wide), px(tall)), "width", px(wide), "height", px(tall), "role", "img", "aria-label", p.says())
	p.lines(&d, rows)
	for _, row := range rows {
		for _, one := range row {
			p.person(&d, one)
		}
	}
	d.end("svg")
	if len(p.Legend) > 0 {
		d.tag("ul", "aria-label", "Legend")
		for i, name := range p.Legend {
			d.tag("li")
			d.tag("svg", "width", "14", "height", "14", "aria-hidden", "true")
			d.leaf("rect", "", "width", "14", "height", "14", "rx", "2", "class", "ped-fill-"+strconv.Itoa(i+1))
			d.leaf("text", strconv.Itoa(i+1), "x", "7", "y", "10.5", "class", "ped-letter")
			d.end("svg")
			d.leaf("span", name)
			d.end("li")
		}
		d.end("ul")
	}
	p.table(&d, left)
	d.end("div")
	return d.send(w)
}

// onset is when a condition of a person began, "" not known.
func (r Relative) onset(condition string) string {
	for i, c := range r.Conditions {
		if c == condition && i < len(r.Onsets) {
			return r.Onsets[i]
		}
	}
	return ""
}

// row is how far rows are apart: as far as the onsets under a person need.
func (p Pedigree) row() float64 {
	most := 0
	for _, r := range p.People {
		n := 0
		for _, name := range p.Legend {
			if r.onset(name) != "" {
				n++
			}
		}
		most = max(most, n)
	}
	return pedRow + pedLine*float64(most)
}

// frequent are the conditions of most relatives, those of several first.
func frequent(people []Relative) []string {
	count := map[string]int{}
	var names []string
	for _, r := range people {
		for _, c := range r.Conditions {
			if count[c]++; count[c] == 1 {
				names = append(names, c)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	return names
}

// place gives everybody who is drawn a place; left are the others.
func (p Pedigree) place() (rows [4][]placed, left []Relative) {
	by := map[string][]*Relative{}
	for i := range p.People {
		r := &p.People[i]
		known := slices.ContainsFunc(drawnRoles[:], func(row []string) bool { return slices.Contains(row, r.Role) })
		single := r.Role == "" || r.Role == "MTH" || r.Role == "FTH" || strings.Contains(r.Role, "GR")
		if !known || single && len(by[r.Role]) > 0 || len(by[r.Role]) >= 12 {
			left = append(left, *r)
			continue
		}
		by[r.Role] = append(by[r.Role], r)
	}
	guess := func(role, label, sex string) {
		if by[role] == nil {
			by[role] = []*Relative{{Role: role, Label: label, Sex: sex, guessed: true}}
		}
	}
	has := func(roles ...string) bool {
		return slices.ContainsFunc(roles, func(r string) bool { return by[r] != nil })
	}
	if has("PGRFTH", "PGRMTH", "PUNCLE", "PAUNT") {
		guess("FTH", "Father", "male")
	}
	if has("MGRFTH", "MGRMTH", "MUNCLE", "MAUNT") {
		guess("MTH", "Mother", "female")
	}
	if has("FTH", "MTH", "SIS", "BRO") {
		guess("FTH", "Father", "male")
		guess("MTH", "Mother", "female")
	}
	for side, roles := range map[string][2]string{"P": {"PGRFTH", "PGRMTH"}, "M": {"MGRFTH", "MGRMTH"}} {
		if has(roles[0], roles[1], side+"UNCLE", side+"AUNT") {
			guess(roles[0], "Grandfather", "male")
			guess(roles[1], "Grandmother", "female")
		}
	}
	x := 0.0
	centre := map[string][]float64{}
	for _, role := range drawnRoles[1] {
		for _, r := range by[role] {
			if role == "MTH" {
				x += pedStep * .5
			}
			rows[1] = append(rows[1], placed{r, x, p.row() + 30})
			side := "M"
			if strings.HasPrefix(role, "P") || role == "FTH" {
				side = "P"
			}
			centre[side] = append(centre[side], x)
			centre[role] = append(centre[role], x)
			x += pedStep
		}
	}
	mid := func(xs []float64) float64 {
		if len(xs) == 0 {
			return 0
		}
		return (slices.Min(xs) + slices.Max(xs)) / 2
	}
	at := map[string]float64{"P": mid(centre["P"]), "M": mid(centre["M"])}
	if by["PGRFTH"] != nil && by["MGRFTH"] != nil && at["M"]-at["P"] < 2*pedStep {
		grow := (2*pedStep - (at["M"] - at["P"])) / 2
		at["P"], at["M"] = at["P"]-grow, at["M"]+grow
	}
	for i, role := range drawnRoles[0] {
		for _, r := range by[role] {
			rows[0] = append(rows[0], placed{r, at[role[:1]] + (float64(i%2)-.5)*pedStep, 30})
		}
	}
	down := func(row int, roles []string, centre float64) {
		n := 0
		for _, role := range roles {
			n += len(by[role])
		}
		x := centre - float64(n-1)/2*pedStep
		for _, role := range roles {
			for _, r := range by[role] {
				rows[row] = append(rows[row], placed{r, x, float64(row)*p.row() + 30})
				x += pedStep
			}
		}
	}
	parents := mid(append(slices.Clone(centre["FTH"]), centre["MTH"]...))
	down(2, drawnRoles[2], parents)
	self := parents
	for _, one := range rows[2] {
		if one.Role == "" {
			self = one.x
		}
	}
	down(3, drawnRoles[3], self)
	return rows, left
}

func (p Pedigree) lines(d *drawing, rows [4][]placed) {
	find := func(role string) (placed, bool) {
		for _, row := range rows {
			for _, one := range row {
				if one.Role == role {
					return one, true
				}
			}
		}
		return placed{}, false
	}
	sibs := func(row []placed, of func(string) bool) (out []placed) {
		for _, one := range row {
			if of(one.Role) {
				out = append(out, one)
			}
		}
		return out
	}
	path := func(s string) { d.leaf("path", "", "d", s, "class", "ped-line") }
	fall := func(x, y float64, children []placed) { // from a couple or a person to the line of the children
		if len(children) == 0 {
			return
		}
		bar := children[0].y - pedSize/2 - 16
		path(fmt.Sprintf("M%s %sV%s", px(x), px(y), px(bar)))
		low, high := x, x
		for _, c := range children {
			low, high = min(low, c.x), max(high, c.x)
			path(fmt.Sprintf("M%s %sV%s", px(c.x), px(bar), px(c.y-pedSize/2)))
		}
		path(fmt.Sprintf("M%s %sH%s", px(low), px(bar), px(high)))
	}
	couple := func(a, b string, children []placed) {
		x, ok1 := find(a)
		y, ok2 := find(b)
		if ok1 && ok2 {
			path(fmt.Sprintf("M%s %sH%s", px(x.x+pedSize/2), px(x.y), px(y.x-pedSize/2)))
			fall((x.x+y.x)/2, x.y, children)
		}
	}
	couple("PGRFTH", "PGRMTH", sibs(rows[1], func(r string) bool { return strings.HasPrefix(r, "P") || r == "FTH" }))
	couple("MGRFTH", "MGRMTH", sibs(rows[1], func(r string) bool { return strings.HasPrefix(r, "M") }))
	couple("FTH", "MTH", rows[2])
	if self, ok := find(""); ok {
		fall(self.x, self.y+pedSize/2+32, rows[3])
	}
}

func (p Pedigree) person(d *drawing, r placed) {
	h := pedSize / 2
	class := "ped-sign"
	if r.Role == "" {
		class += " ped-self"
	}
	dash := ""
	if r.guessed {
		dash = "3 3"
	}
	switch r.Sex {
	case "male":
		d.leaf("rect", "", "x", px(r.x-h), "y", px(r.y-h), "width", px(pedSize), "height", px(pedSize), "class", class, "stroke-dasharray", dash)
	case "female":
		d.leaf("circle", "", "cx", px(r.x), "cy", px(r.y), "r", px(h), "class", class, "stroke-dasharray", dash)
	default:
		d.leaf("path", "", "d", fmt.Sprintf("M%s %sl%s %sl%s %sl%s %sz", px(r.x), px(r.y-h-2), px(h+2), px(h+2), px(-h-2), px(h+2), px(-h-2), px(-h-2)), "class", class, "stroke-dasharray", dash)
	}
	for i, name := range p.Legend {
		if slices.Contains(r.Conditions, name) {
			p.quarter(d, r, i)
		}
	}
	if r.Dead {
		d.line(px(r.x-h-5), px(r.y+h+5), px(r.x+h+5), px(r.y-h-5), "ped-slash")
	}
	if r.Role == "" { // the arrow at the proband
		x, y := r.x-h-3, r.y+4
		d.leaf("path", "", "d", fmt.Sprintf("M%s %sL%s %sm-7 -3l7 3l-3 7", px(x-15), px(y+11), px(x), px(y)), "class", "ped-line ped-self")
	}
	label := r.Label
	if r.Role == "" {
		label = "Patient"
	}
	d.leaf("text", label, "x", px(r.x), "y", px(r.y+h+14))
	note := r.Age
	if r.guessed {
		note = "not recorded"
	}
	if note != "" {
		d.leaf("text", note, "x", px(r.x), "y", px(r.y+h+26), "class", "ped-note")
	}
	at := r.y + h + 26
	for i, name := range p.Legend { // under the sign, by the number of the legend
		if when := r.onset(name); when != "" {
			if note != "" || at > r.y+h+26 {
				at += pedLine
			}
			d.leaf("text", strconv.Itoa(i+1)+" "+cutAt(when, 16), "x", px(r.x), "y", px(at), "class", "ped-note")
			note = when
		}
	}
}

// cutAt shortens what would run into its neighbour; the table has all of it.
func cutAt(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// quarter fills a quarter of the sign; its number says without colour which.
func (p Pedigree) quarter(d *drawing, r placed, i int) {
	h := pedSize/2 - 1
	sx, sy := [...]float64{-1, 1, -1, 1}[i], [...]float64{-1, -1, 1, 1}[i]
	class := "ped-fill-" + strconv.Itoa(i+1)
	switch r.Sex {
	case "male":
		d.leaf("rect", "", "x", px(min(r.x, r.x+sx*h)), "y", px(min(r.y, r.y+sy*h)), "width", px(h), "height", px(h), "class", class)
	case "female":
		sweep := "1"
		if sx*sy < 0 {
			sweep = "0"
		}
		d.leaf("path", "", "d", fmt.Sprintf("M%s %sL%s %sA%s %s 0 0 %s %s %sz", px(r.x), px(r.y), px(r.x+sx*h), px(r.y), px(h), px(h), sweep, px(r.x), px(r.y+sy*h)), "class", class)
	default:
		d.leaf("path", "", "d", fmt.Sprintf("M%s %sL%s %sL%s %sz", px(r.x), px(r.y), px(r.x+sx*h), px(r.y), px(r.x), px(r.y+sy*h)), "class", class)
	}
	d.leaf("text", strconv.Itoa(i+1), "x", px(r.x+sx*h*.42), "y", px(r.y+sy*h*.42+3.2), "class", "ped-letter")
}

// says is the picture in words: everybody with age and conditions, as far as the
// first saidMost; the table has all.
func (p Pedigree) says() string {
	var b strings.Builder
	b.WriteString("Pedigree of " + plural(len(p.People)-1, "relative", "relatives") + "; the table below says the same")
	for i, r := range p.People {
		if i == saidMost {
			b.WriteString(". And others")
			break
		}
		who := r.Label
		if r.Role == "" && r.Label == "" {
			who = "Patient"
		}
		b.WriteString(". " + who)
		if r.Age != "" {
			b.WriteString(", " + r.Age)
		} else if r.Dead {
			b.WriteString(", died")
		}
		for k, c := range r.said() {
			b.WriteString([]string{": ", ", "}[min(k, 1)] + c)
		}
	}
	return b.String()
}

const saidMost = 24

// said are the conditions with when they began.
func (r Relative) said() []string {
	var out []string
	for i, c := range r.Conditions {
		if i < len(r.Onsets) && r.Onsets[i] != "" {
			c += " " + r.Onsets[i]
		}
		out = append(out, c)
	}
	return out
}

func (p Pedigree) table(d *drawing, left []Relative) {
	d.tag("details")
	d.leaf("summary", "As a table")
	if len(left) > 0 {
		d.leaf("p", plural(len(left), "relative is", "relatives are")+" not drawn and stand here alone.")
	}
	d.tag("table", "class", "table")
	d.leaf("caption", "Family", "class", "sr")
	d.tag("thead")
	d.tag("tr")
	for _, h := range [...]string{"Relative", "Age", "Conditions", "Note"} {
		d.leaf("th", h, "scope", "col")
	}
	d.end("tr")
	d.end("thead")
	d.tag("tbody")
	for _, r := range p.People {
		if r.Role == "" && r.Label == "" {
			continue
		}
		d.tag("tr")
		d.tag("th", "scope", "row")
		who := strings.TrimSpace(r.Label + " " + r.Name)
		if href := safeHref(r.Href); href != "" {
			d.leaf("a", who, "href", href)
		} else {
			d.text(who)
		}
		d.end("th")
		age := r.Age
		if r.Dead && !strings.Contains(age, "died") {
			age = strings.TrimSpace(age + " died")
		}
		d.leaf("td", age)
		d.leaf("td", strings.Join(r.said(), ", "))
		d.leaf("td", r.Note)
		d.end("tr")
	}
	d.end("tbody")
	d.end("table")
	d.end("details")
}

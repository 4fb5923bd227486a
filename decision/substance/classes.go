package substance

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Class is a group of ingredients that rules speak of together, and who says so.
type Class struct {
	Name     string // "mao inhibitor"
	Citation string
	Members  []string // names of substances, sorted
}

//go:embed classes.txt
var classText string

// Classes returns all classes in the order of their table. The caller does not
// change them.
func Classes() []Class { return loadClasses().list }

// Members returns the names of the substances of a class; nil when there is no
// such class.
func Members(class string) []string {
	c := loadClasses()
	if i, ok := c.at[class]; ok {
		return c.list[i].Members
	}
	return nil
}

// Is says whether a substance is of a class.
func (s Substance) Is(class string) bool {
	c := loadClasses()
	i, ok := c.at[class]
	if !ok {
		return false
	}
	_, found := slices.BinarySearch(c.list[i].Members, s.Name)
	return found
}

// Of returns the names of the classes that a substance is of, in the order of
// the table.
func (s Substance) Of() []string { return loadClasses().of[s.Name] }

// Any says whether one of several substances is of a class.
func Any(list []Substance, class string) bool {
	return slices.ContainsFunc(list, func(s Substance) bool { return s.Is(class) })
}

type classes struct {
	list []Class
	at   map[string]int
	of   map[string][]string
}

var loadClasses = sync.OnceValue(func() *classes {
	c, err := readClasses(classText)
	if err != nil {
		panic("substance: " + err.Error()) // the embedded table is tested
	}
	return c
})

func readClasses(text string) (*classes, error) {
	c := &classes{at: map[string]int{}, of: map[string][]string{}}
	var now *Class
	for i, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(l)
		name, class := strings.CutPrefix(l, "= ")
		cite, cited := strings.CutPrefix(l, "cite ")
		switch {
		case l == "" || l[0] == '#':
		case class:
			if _, again := c.at[name]; again {
				return nil, fmt.Errorf("classes line %d: %s is there twice", i+1, name)
			}
			c.at[name] = len(c.list)
			c.list = append(c.list, Class{Name: name})
			now = &c.list[len(c.list)-1]
		case now == nil:
			return nil, fmt.Errorf("classes line %d: no class begins before it", i+1)
		case cited:
			now.Citation = cite
		default:
			for m := range strings.SplitSeq(l, ",") {
				m = strings.TrimSpace(m)
				if other, ok := strings.CutPrefix(m, "class:"); ok {
					j, known := c.at[other]
					if !known {
						return nil, fmt.Errorf("classes line %d: no class %s before it", i+1, other)
					}
					now.Members = append(now.Members, c.list[j].Members...)
				} else if _, ok := Known(m); ok {
					now.Members = append(now.Members, m)
				} else {
					return nil, fmt.Errorf("classes line %d: no substance %q", i+1, m)
				}
			}
		}
	}
	for i := range c.list {
		m := c.list[i].Members
		slices.Sort(m)
		c.list[i].Members = slices.Compact(m)
		for _, s := range c.list[i].Members {
			c.of[s] = append(c.of[s], c.list[i].Name)
		}
	}
	return c, nil
}

package rule

import (
	"embed"
	"sync"
)

// changed holds which rules do not say any more what they said first: a file a kind of
// rules, named as those of checked, a line a rule: rule | version | date | what it
// said, what it says now, and by which text. A rule that is not there is of version 1.
//
//go:embed changed/*.txt
var changed embed.FS

// Change is a line of it.
type Change struct {
	Rule, Version, Date, What string
}

// Changes are all lines, file by file in their order. The caller does not change them.
func Changes() []Change { return changes().list }

// VersionOf is the version of what a rule of this program says, "1" where it was
// never changed.
func VersionOf(id string) string {
	if v := changes().version[id]; v != "" {
		return v
	}
	return "1"
}

type changeTable struct {
	list    []Change
	version map[string]string
}

var changes = sync.OnceValue(func() changeTable {
	t := changeTable{version: map[string]string{}}
	for _, f := range lines(changed, "changed") {
		t.version[f[0]] = f[1]
		t.list = append(t.list, Change{f[0], f[1], f[2], f[3]})
	}
	return t
})

package wholechart

import (
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// floors is the plan of the house, ground first: a line is a floor. Imports go
// down only, and neighbours on one floor do not know each other.
var floors = [][]string{
	{"fhir", "ucum", "hl7v2", "dicom"},
	{"fhirpath", "cda", "dimse"},
	{"search", "cql"},
	{"store"},
	{"terminology", "access"},
	{"validate", "auth", "audit"},
	{"record"},
	{"identity", "chart"},
	{"decision", "schedule", "imaging", "exchange"},
	{"api", "web"},
	{"web/clinic", "web/reading", "web/portal", "web/desk", "web/admin"},
	{"demo", "bench"},
	{"cmd/wholechart"},
}

// beside are packages that belong to a room: they may be imported by it and by
// what stands above it, and stand on the floor of their own imports.
var beside = map[string]string{
	"web/plot": "web", "web/door": "web", "store/storetest": "demo",
	"chart/entry": "chart", "chart/note": "chart", "chart/order": "chart", "chart/document": "chart",
	"api/hooks": "api", "decision/burden": "decision", "decision/cdsi": "decision", "decision/immunization": "decision", "decision/rule": "decision", "decision/standing": "decision", "decision/ordering": "decision", "decision/substance": "decision", "decision/medicine": "decision", "decision/test": "decision",
	"decision/imaging": "decision", "decision/caution": "decision", "decision/prevention": "decision", "decision/formula": "decision",
	"schedule/remind": "schedule", "web/desk/outbox": "web/desk",
	"web/clinic/visit": "web/clinic", "web/clinic/facts": "web/clinic", "web/clinic/orders": "web/clinic", "web/clinic/day": "web/clinic",
	"web/clinic/progress": "web/clinic", "web/clinic/rules": "web/clinic", "web/clinic/lists": "web/clinic", "web/clinic/documents": "web/clinic", "web/clinic/alerts": "web/clinic",
}

// onlyThese may import what would otherwise be open to every floor above.
var onlyThese = map[string][]string{
	"store": {"terminology", "auth", "audit", "record", "store/storetest", "cmd/wholechart"},
}

// drivers are imported by store alone.
var drivers = []string{"github.com/ncruces/go-sqlite3", "modernc.org/sqlite", "github.com/jackc/pgx", "database/sql"}

func floorOf(pkg string) int {
	for i, f := range floors {
		if slices.Contains(f, pkg) {
			return i
		}
	}
	return -1
}

func TestLayers(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		base := filepath.Base(path)
		if path != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "docs" || base == "internal") {
			return filepath.SkipDir
		}
		p, err := build.ImportDir(path, 0)
		if err != nil {
			return nil // no Go here
		}
		pkg := filepath.ToSlash(path)
		if pkg == "." {
			return nil
		}
		seen++
		check(t, pkg, p.Imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 5 {
		t.Fatalf("only %d packages were looked at", seen)
	}
}

func check(t *testing.T, pkg string, imports []string) {
	room := pkg
	if r, ok := beside[pkg]; ok {
		room = r
	}
	mine := floorOf(room)
	if mine < 0 {
		t.Errorf("%s stands on no floor: give it one in the plan, or make it a file", pkg)
		return
	}
	for _, imp := range imports {
		for _, d := range drivers {
			if strings.HasPrefix(imp, d) && pkg != "store" {
				t.Errorf("%s imports the database driver %s: only store does", pkg, imp)
			}
		}
		if strings.HasPrefix(imp, "github.com/a-h/templ") && room != "web" && !strings.HasPrefix(room, "web/") {
			t.Errorf("%s makes HTML: only web does", pkg)
		}
		to, ours := strings.CutPrefix(imp, "wholechart/")
		if !ours || strings.Contains(to, "internal/") {
			continue
		}
		if r, ok := beside[to]; ok {
			if r == room || floorOf(r) < mine {
				continue
			}
			to = r
		}
		if to == room && pkg != room {
			continue // a room within a room builds on it
		}
		theirs := floorOf(to)
		if theirs >= mine {
			t.Errorf("%s (floor %d) imports %s (floor %d): imports go down only", pkg, mine, to, theirs)
		}
		if only, ok := onlyThese[to]; ok && !slices.Contains(only, pkg) {
			t.Errorf("%s imports %s, which is for %s", pkg, to, strings.Join(only, ", "))
		}
	}
}

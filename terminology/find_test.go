package terminology

import (
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		words string
		kind  Kind
		code  string // the first that is found
		note  string // "" of any
	}{
		{"diab", Problem, "E11.9", ""},
		{"heart att", Problem, "I21.9", "heart attack"},
		{"htn", Problem, "I10", "HTN"},
		{"type 2 diab", Problem, "E11.9", ""},
		{"diab type 2", Problem, "E11.9", ""},
		{"E11.9", Problem, "E11.9", ""},
		{"e119", Problem, "E11.9", ""},
		{"44054006", Problem, "", ""},
		{"left knee pain", Problem, "M25.562", ""},
		{"oedema", Problem, "267038008", ""},
		{"Ménière", Problem, "13445001", ""},
		{"low back", Problem, "M54.50", ""},
		{"penic", Allergen, "7980", ""},
		{"penicillin class", Allergen, "373270004", ""},
		{"peanut", Allergen, "762952008", ""},
		{"latex", Allergen, "111088007", ""},
		{"bee sting", Allergen, "288328004", "bee sting"},
		{"hives", Reaction, "126485001", "hives"},
		{"rash", Reaction, "271807003", "rash"},
		{"metf", Medicine, "6809", ""},
		{"lisinopril 10", Medicine, "314076", ""},
		{"10 lisin tab", Medicine, "314076", ""},
		{"shingrix", Vaccine, "187", ""},
		{"tdap", Vaccine, "115", ""},
		{"flu shot", Vaccine, "140", ""},
		{"colonosc", Procedure, "73761001", ""},
		{"a1c", Lab, "4548-4", ""},
		{"chest ct contrast", Imaging, "", ""},
		{"pacemaker", Device, "118378005", ""},
		{"pfizer", Manufacturer, "", ""},
	} {
		got := Find(c.words, c.kind, 8)
		if c.code == "" {
			if c.words != "44054006" && len(got) == 0 {
				t.Errorf("%s %q: nothing", c.kind, c.words)
			}
			continue
		}
		if len(got) == 0 || got[0].Code != c.code {
			t.Errorf("%s %q: %v, want %s first", c.kind, c.words, got, c.code)
			continue
		}
		if c.note != "" && got[0].Note != c.note {
			t.Errorf("%s %q: found by %q, want %q", c.kind, c.words, got[0].Note, c.note)
		}
	}
}

func TestFindNothing(t *testing.T) {
	for _, words := range []string{"", "   ", "!!!", "qqqxyzzy", "diabetes qqqxyzzy", strings.Repeat("é", 5000), "\xff\xfe", "<script>alert(1)</script>"} {
		if got := Find(words, Problem, 5); len(got) != 0 {
			t.Errorf("%.20q: %v", words, got)
		}
	}
	if got := Find("diabetes", 0, 5); len(got) != 0 {
		t.Errorf("no kind: %v", got)
	}
	if got := Find("diabetes", Kind(200), 5); len(got) != 0 {
		t.Errorf("an unknown kind: %v", got)
	}
	if got := Find("diabetes", Problem, 0); got != nil {
		t.Errorf("none asked for: %v", got)
	}
	if got := Find("a", Problem, 1e6); len(got) > MaxFound {
		t.Errorf("%d found", len(got))
	}
}

// TestRetired: what its publisher has withdrawn comes after what is in use, and says so.
func TestRetired(t *testing.T) {
	got := Find("dtp", Vaccine, 20)
	seen := false
	for _, m := range got {
		if m.Code == "01" {
			seen = m.Retired
		}
	}
	if !seen {
		t.Errorf("DTP (CVX 01) is not found as retired: %v", got)
	}
	for i := 1; i < len(got); i++ {
		if got[i-1].Retired && !got[i].Retired {
			t.Errorf("%s, retired, before %s", got[i-1].Code, got[i].Code)
		}
	}
	shingrix := Find("shingrix", Vaccine, 1)[0]
	if shingrix.Also.Code != "SKB" || shingrix.Also.System != MVX {
		t.Errorf("Shingrix's maker is %v", shingrix.Also)
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct{ system, code, display string }{
		{ICD10CM, "I10", "Essential (primary) hypertension"},
		{SNOMED, "126485001", "Urticaria"},
		{SNOMED, "111088007", "Latex"},
		{SNOMED, "73761001", "Colonoscopy"},
		{RxNorm, "6809", "metformin"},
		{LOINC, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"},
		{CVX, "115", "Tdap"},
		{MVX, "MSD", "Merck and Co., Inc."},
	} {
		m, ok := Lookup(c.system, c.code)
		if !ok || m.Display != c.display || m.System != c.system || m.Code != c.code {
			t.Errorf("%s|%s: %v %v", c.system, c.code, m, ok)
		}
	}
	for _, c := range []struct{ system, code string }{{ICD10CM, ""}, {ICD10CM, "I1"}, {ICD10CM, "I10\t"}, {"", "I10"}, {"http://www.ama-assn.org/go/cpt", "99213"}, {SNOMED, "1"}} {
		if m, ok := Lookup(c.system, c.code); ok {
			t.Errorf("%s|%s: %v", c.system, c.code, m)
		}
	}
}

func TestAbout(t *testing.T) {
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	all := About()
	if len(all) != 6 {
		t.Fatalf("%d sources", len(all))
	}
	for _, s := range all {
		if s.Count == 0 || s.Name == "" || s.Licence == "" || SystemName(s.System) == "" || s.Date == "" {
			t.Errorf("%+v", s)
		}
	}
	if all[0].Age(now) != 5 {
		t.Errorf("ICD-10-CM is %d years old", all[0].Age(now))
	}
	if name, sum := Archive(); name == "" || len(sum) != 64 {
		t.Errorf("archive %q %q", name, sum)
	}
	if a := Absent(); a[0].Name != "CPT" {
		t.Errorf("absent: %v", a)
	}
	if v := VIS("115"); len(v) == 0 || v[0].Edition < "2020" {
		t.Errorf("VIS of Tdap: %v", v)
	}
}

// TestSize holds the promise of doc and brief: all tables under 25 MB.
func TestSize(t *testing.T) {
	var before, after runtime.MemStats
	for i := range tables {
		tables[i].once.Do(func() {})
	}
	keep := make([]*table, 0, len(kindNames))
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, name := range kindNames[1:] {
		text, err := unpack(name)
		if err != nil {
			t.Fatal(err)
		}
		tb := index(text)
		if tb.len() < 50 {
			t.Errorf("%s has %d lines", name, tb.len())
		}
		keep = append(keep, tb)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := float64(after.HeapAlloc-before.HeapAlloc) / 1e6
	terms := 0
	for _, tb := range keep {
		terms += tb.len()
	}
	t.Logf("%d terms in %.1f MB", terms, used)
	if used > 25 {
		t.Errorf("the tables take %.1f MB", used)
	}
	runtime.KeepAlive(keep)
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"diab", "heart att", "E11.9", "oedema", "1.5 mg", "{", "ﬀ", "\xff", "a a a a a a a a a a", "é́"} {
		f.Add(s, uint8(1))
		f.Add(s, uint8(5))
	}
	f.Fuzz(func(t *testing.T, words string, kind uint8) {
		k := Kind(kind % uint8(len(kindNames)+1))
		for _, m := range Find(words, k, 5) {
			if m.Code == "" || m.System == "" || m.Display == "" || !utf8.ValidString(m.Display) {
				t.Errorf("%q: %+v", words, m)
			}
			if l, ok := Lookup(m.System, m.Code); !ok || l.Code != m.Code {
				t.Errorf("%s|%s was found and is not known", m.System, m.Code)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	for _, q := range []string{"a", "diab", "type 2 diabetes", "fracture left femur", "qqq"} {
		Find(q, Problem, 12)
		b.Run(q, func(b *testing.B) {
			for b.Loop() {
				Find(q, Problem, 12)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		text, err := unpack("problem")
		if err != nil {
			b.Fatal(err)
		}
		index(text)
	}
}

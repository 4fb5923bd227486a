package substance

import "testing"

func TestClasses(t *testing.T) {
	list := Classes()
	if len(list) < 100 {
		t.Errorf("%d classes", len(list))
	}
	for _, c := range list {
		if len(c.Members) == 0 || len(c.Citation) < 20 {
			t.Errorf("%s: %d members, citation %q", c.Name, len(c.Members), c.Citation)
		}
		for _, m := range c.Members {
			if s, ok := Known(m); !ok || !s.Is(c.Name) {
				t.Errorf("%s of %s is not known", m, c.Name)
			}
			// What a class names must be what a prescription of it gives.
			if got, ok := Find(m+" 10 MG Oral Tablet", nil); !ok || len(got) != 1 || got[0].Name != m {
				t.Errorf("%s of %s reads as %v", m, c.Name, got)
			}
		}
	}
	if (Substance{Name: "warfarin"}).Is("ssri") || (Substance{Name: "warfarin"}).Is("no such class") {
		t.Error("warfarin is no SSRI")
	}
	if Members("no such class") != nil {
		t.Error("members of nothing")
	}
}

func TestClassesRefused(t *testing.T) {
	for _, bad := range []string{"warfarin", "= a\nno such drug", "= a\nwarfarin\n= a\n", "= a\nclass:b"} {
		if _, err := readClasses(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

package medicine

import (
	"strings"
	"testing"

	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

func TestTable(t *testing.T) {
	list, err := Load(strings.NewReader(interactionsText))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 150 {
		t.Errorf("%d rules", len(list))
	}
	for _, x := range list {
		for _, s := range []Side{x.A, x.B} {
			for m := range s.Members {
				if _, ok := substance.Known(m); !ok {
					t.Errorf("%s: %s is not known", x.ID, m)
				}
			}
		}
		if x.Level == rule.Interrupt && x.Severity == "moderate" {
			t.Errorf("%s interrupts for a moderate danger", x.ID)
		}
		if strings.Contains(x.Citation, "2013;20:489") && x.Level != rule.Quiet {
			t.Errorf("%s: the non-interruptive list is quiet", x.ID)
		}
		if !strings.HasSuffix(x.Why, ".") || !strings.HasSuffix(x.Do, ".") || strings.HasSuffix(x.Title, ".") {
			t.Errorf("%s: why and do are sentences, the title is none", x.ID)
		}
	}
}

const header = "id,a,b,level,severity,danger,title,why,do,alternatives,after_a,after_b,citation,url,date,reviewed\n"

func TestLoadRefuses(t *testing.T) {
	good := header + `own-1,warfarin; class:ssri; -sertraline,class:statin,notice,severe,d,T,W.,D.,"nitrofurantoin {urin, x}; famotidine",14; fluoxetine 35,,Our pharmacy,,2026,` + "\n"
	list, err := Load(strings.NewReader("\ufeff" + good))
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	x := list[0]
	if x.A.Members["fluoxetine"] != 35 || x.A.Members["warfarin"] != 14 || len(x.Alternatives) != 2 || len(x.Alternatives[0].Reasons) != 2 {
		t.Errorf("%+v", x)
	}
	if _, there := x.A.Members["sertraline"]; there {
		t.Error("sertraline was left out")
	}
	for was, is := range map[string]string{"warfarin;": "warfarine;", "class:statin": "class:stattin", "notice": "loud", "severe": "bad", "own-1": "", "35": "3500", "14;": "x;",
		"2026": "soon", "-sertraline": "-metformin", "famotidine": "nothing at all", "nitrofurantoin": "nitro", "Our pharmacy": "", "own-1,": "own-1,,"} {
		if _, err := Load(strings.NewReader(strings.Replace(good, was, is, 1))); err == nil {
			t.Errorf("%s for %s was taken", is, was)
		}
	}
	row := strings.TrimPrefix(good, header)
	if _, err := Load(strings.NewReader(good + row)); err == nil {
		t.Error("an id twice was taken")
	}
	if _, err := Load(strings.NewReader("")); err == nil {
		t.Error("an empty file was taken")
	}
	if _, err := Load(strings.NewReader(row)); err == nil {
		t.Error("a file without columns was taken")
	}
	if _, err := Load(strings.NewReader(header + strings.Repeat("\n", MostBytes+2))); err == nil {
		t.Error("a file too long was taken")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(header)
	f.Add(header + "own-1,warfarin,class:statin,notice,severe,d,T,W.,D.,,14,,c,,2026,\n")
	f.Add(header + "x,\"a\nb\",-,quiet,moderate,;;,{},},{,;,;,;,,,\n")
	f.Fuzz(func(t *testing.T, s string) {
		list, err := Load(strings.NewReader(s))
		if err != nil {
			return
		}
		for _, x := range list {
			if x.ID == "" || len(x.A.Members) == 0 || len(x.B.Members) == 0 || x.Level == rule.Off {
				t.Errorf("%+v", x)
			}
		}
	})
}

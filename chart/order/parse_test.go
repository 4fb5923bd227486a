package order

import (
	"strings"
	"testing"
)

// What is typed, what is then read back. "" as name: not looked at.
var lines = []struct{ typed, name, says string }{
	{"amox 500 tid 7d", "amox", "three times a day for 7 days"},
	{"amoxicillin 500mg 1 cap po tid x7d", "amoxicillin", "take 1 capsule by mouth three times a day for 7 days. Dispense 21 capsules, no refills"},
	{"amoxicillin 500 mg 1 capsule by mouth three times a day for 7 days", "amoxicillin", "take 1 capsule by mouth three times a day for 7 days. Dispense 21 capsules, no refills"},
	{"ibuprofen 600 1 tab q6h prn pain #30 rf 1", "ibuprofen", "take 1 tablet every 6 hours as needed for pain. Dispense 30 tablets, 1 refill"},
	{"albuterol 2 puffs q4-6h prn wheeze", "albuterol", "inhale 2 puffs every 4–6 hours as needed for wheeze"},
	{"albuterol 2 puffs inh q 4 h prn", "albuterol", "inhale 2 puffs every 4 hours as needed"},
	{"warfarin 5 daily", "warfarin", "once a day"},
	{"tmp-smx 800/160 bid 3d", "tmp-smx", "twice a day for 3 days"},
	{"prednisone 20 mg 2 tabs daily with food for 5 days", "prednisone", "take 2 tablets once a day with meals for 5 days. Dispense 10 tablets, no refills"},
	{"nitro 0.4mg 1 tab sl prn chest pain", "nitro", "dissolve 1 tablet under the tongue as needed for chest pain"},
	{"lantus 10 units sc qhs", "lantus", "inject 10 units under the skin once a day at bedtime"},
	{"metformin 1000 bid with meals #180 3 refills", "metformin", "twice a day with meals. Dispense 180, 3 refills"},
	{"acetaminophen 500 1-2 tabs q6h prn fever max 8 tabs/d", "acetaminophen", "take 1–2 tablets every 6 hours as needed for fever, at most 8 tablets a day"},
	{"apap 1-2 tabs q 6 hours prn", "apap", "take 1–2 tablets every 6 hours as needed"},
	{"apap 1 to 2 tabs po q6h", "apap", "take 1–2 tablets by mouth every 6 hours"},
	{"x 1/2 tab daily", "x", "take 0.5 tablet once a day"},
	{"levo ½ tab qd", "levo", "take 0.5 tablet once a day"},
	{"levo half a tablet daily", "levo", "take 0.5 tablet once a day"},
	{"levo one tab daily", "levo", "take 1 tablet once a day"},
	{"pen vk 500 bid x 10 days", "pen vk", "twice a day for 10 days"},
	{"azithromycin 250 2 tabs once", "azithromycin", "take 2 tablets once only. Dispense 2 tablets, no refills"},
	{"fluconazole 150 1 tab one time", "fluconazole", "take 1 tablet once only. Dispense 1 tablet, no refills"},
	{"furosemide 40 qam", "furosemide", "once a day in the morning"},
	{"atorva 40 1 tab qpm #90", "atorva", "take 1 tablet once a day in the evening. Dispense 90 tablets, no refills"},
	{"zolpidem 5 1 tab at bedtime prn sleep", "zolpidem", "take 1 tablet once a day at bedtime as needed for sleep"},
	{"metoclopramide 10 1 tab before meals", "metoclopramide", "take 1 tablet three times a day before meals"},
	{"insulin lispro 4 units sc tid ac", "insulin lispro", "inject 4 units under the skin three times a day before meals"},
	{"iron 325 every other day", "iron", "every other day"},
	{"mtx 2.5 4 tabs weekly #16", "mtx", "take 4 tablets once a week. Dispense 16 tablets, no refills"},
	{"vit d 50000 units weekly 8 weeks", "vit d", "take 50,000 units once a week for 8 weeks"},
	{"testosterone 200 mg im every 2 weeks", "testosterone", "inject into a muscle every 2 weeks"},
	{"b12 1000 mcg im monthly", "b12", "inject into a muscle once a month"},
	{"depo 1 mL im every 3 months", "depo", "inject 1 mL into a muscle every 3 months"},
	{"amox susp 5 ml bid 10d", "amox susp", "take 5 mL twice a day for 10 days. Dispense 100 mL, no refills"},
	{"nystatin 5mL po qid x7d", "nystatin", "take 5 mL by mouth four times a day for 7 days. Dispense 140 mL, no refills"},
	{"latanoprost 1 gtt ou qhs", "latanoprost", "instil 1 drop in both eyes once a day at bedtime"},
	{"latanoprost 1 drop both eyes nightly", "latanoprost", "instil 1 drop in both eyes once a day at bedtime"},
	{"cipro drops 2 gtts right eye q4h 5d", "cipro drops", "instil 2 drops in the right eye every 4 hours for 5 days"},
	{"hydrocortisone 2.5% 1 application top bid 14d", "hydrocortisone", "apply 1 application to the skin twice a day for 2 weeks"},
	{"mupirocin apply topically tid for 1 week", "mupirocin", "apply to the skin three times a day for 7 days"},
	{"fluticasone 1 spray nasal daily", "fluticasone", "use 1 spray in each nostril once a day"},
	{"lidocaine 1 patch daily prn", "lidocaine", "take 1 patch once a day as needed"},
	{"glycerin 1 supp pr prn constipation", "glycerin", "insert 1 suppository rectally as needed for constipation"},
	{"metronidazole 500 2x/day 7d", "metronidazole", "twice a day for 7 days"},
	{"metronidazole 500 2 times a day 7d", "metronidazole", "twice a day for 7 days"},
	{"valacyclovir 1g tid 7d", "valacyclovir", "three times a day for 7 days"},
	{"valacyclovir 1 g tid 7d", "valacyclovir", "three times a day for 7 days"},
	{"clonidine 0.1 bid", "clonidine", "twice a day"},
	{"clonidine .1 mg bid", "clonidine", "twice a day"},
	{"levothyroxine 50mcg daily before breakfast", "levothyroxine", "once a day before breakfast"},
	{"levothyroxine 50µg daily", "levothyroxine", "once a day"},
	{"sertraline 50 1 tab daily x 30 days refills 2", "sertraline", "take 1 tablet once a day for 30 days. Dispense 30 tablets, 2 refills"},
	{"sertraline 50 1 tab daily 3 months", "sertraline", "take 1 tablet once a day for 3 months. Dispense 90 tablets, no refills"},
	{"sertraline 50 daily no refills", "sertraline", "once a day. no refills"},
	{"oxycodone 5 1 tab q6h prn severe pain #12", "oxycodone", "take 1 tablet every 6 hours as needed for severe pain. Dispense 12 tablets, no refills"},
	{"cough syrup 10 mL po q4h as needed for cough", "cough syrup", "take 10 mL by mouth every 4 hours as needed for cough"},
	{"amox 500 bid for sinusitis 10d", "amox", "twice a day for sinusitis for 10 days"},
	{"doxy 100 bid 5 days disp 10", "doxy", "twice a day for 5 days. Dispense 10, no refills"},
	{"doxy 100 1 cap bid 5 days disp 20 caps", "doxy", "take 1 capsule twice a day for 5 days. Dispense 20 capsules, no refills"},
	{"doxy 100 1 cap bid dispense 20 capsules 1 refill", "doxy", "take 1 capsule twice a day. Dispense 20 capsules, 1 refill"},
	{"gaba 300 tid", "gaba", "three times a day"},
	{"GABA 300 TID", "GABA", "three times a day"},
	{"gabapentin 300 t.i.d.", "gabapentin", "three times a day"},
	{"  gabapentin   300   tid  ", "gabapentin", "three times a day"},
	{"keflex 500 qid 7d", "keflex", "four times a day for 7 days"},
	{"keflex 500 every 6 hours 7d", "keflex", "every 6 hours for 7 days"},
	{"keflex 500 every six hours", "keflex", "every 6 hours"},
	{"steroid 4 mg q12h", "steroid", "every 12 hours"},
	{"acyclovir 800 five times a day 7d", "acyclovir", "five times a day for 7 days"},
	{"sumatriptan 50 1 tab once prn migraine", "sumatriptan", "take 1 tablet once only as needed for migraine. Dispense 1 tablet, no refills"},
	{"pyridium 200 tid prn burning 2d", "pyridium", "three times a day as needed for burning for 2 days"},
	{"miralax 1 packet daily prn constipation", "miralax", "take 1 packet once a day as needed for constipation"},
	{"asa 81 daily", "asa", "once a day"},
	{"kcl 20 meq daily", "kcl", "once a day"},
	{"epi 0.3mg im once", "epi", "inject into a muscle once only"},
	{"ceftriaxone 1 g iv q24h", "ceftriaxone", "give into a vein every 24 hours"},
	{"lorazepam 0.5 1 tab bid prn anxiety #10 no refills", "lorazepam", "take 1 tablet twice a day as needed for anxiety. Dispense 10 tablets, no refills"},
	{"tylenol 2 tabs q8h at most 6 tablets a day", "tylenol", "take 2 tablets every 8 hours, at most 6 tablets a day"},
	{"tylenol 2 tabs q8h max 3 g per day", "tylenol", "take 2 tablets every 8 hours, at most 3 g a day"},
	{"lisinopril", "lisinopril", ""},
	{"lisinopril 20", "lisinopril", ""},
	{"lisinopril 20 mg", "lisinopril", ""},
	{"lisinopril 20 mg tablet daily", "lisinopril", "once a day. Note: tablet"},
	{"hctz 25 in the morning", "hctz", "once a day in the morning"},
	{"carvedilol 6.25 bid with food", "carvedilol", "twice a day with meals"},
	{"semaglutide 0.25 mg sc weekly 4 weeks", "semaglutide", "inject under the skin once a week for 4 weeks"},
	{"digoxin 0.125 1 tab daily #90 rf3", "digoxin", "take 1 tablet once a day. Dispense 90 tablets, no refills. Note: rf3"},
	{"penicillin 1 tab 4 times daily 10 days", "penicillin", "take 1 tablet four times a day for 10 days. Dispense 40 tablets, no refills"},
	{"penicillin 1 tab 1-2 times a day", "penicillin", "take 1 tablet 1–2 times a day"},
	{"estradiol 1 patch twice a week", "estradiol", "take 1 patch twice a week"},
	{"inhaler 1 puff q12h", "inhaler", "inhale 1 puff every 12 hours"},
	{"eye drop 1 drop in both eyes bid", "eye drop", "instil 1 drop in both eyes twice a day"},
	{"senna 2 tabs every night", "senna", "take 2 tablets once a day at bedtime"},
	{"melatonin 3mg nightly", "melatonin", "once a day at bedtime"},
	{"augmentin 875/125 1 tab bid with food 7d", "augmentin", "take 1 tablet twice a day with meals for 7 days. Dispense 14 tablets, no refills"},
	{"norco 5/325 1 tab q6h prn pain #12", "norco", "take 1 tablet every 6 hours as needed for pain. Dispense 12 tablets, no refills"},
	{"أموكسيسيلين 500 tid 7d", "أموكسيسيلين", "three times a day for 7 days"},
	{"💊 1 tab daily", "💊", "take 1 tablet once a day"},
	{"<script>alert(1)</script> 1 tab daily", "<script>alert(1)</script>", "take 1 tablet once a day"},
	{"", "", ""},
	{"tid", "tid", ""},
}

func TestTypedLines(t *testing.T) {
	if len(lines) < 100 {
		t.Errorf("%d lines", len(lines))
	}
	for _, x := range lines {
		l := Parse(x.typed)
		if l.Name != x.name {
			t.Errorf("%q: name %q, want %q", x.typed, l.Name, x.name)
		}
		if got := l.Sig.Line(); got != x.says {
			t.Errorf("%q\n got %q\nwant %q", x.typed, got, x.says)
		}
	}
}

// What a line says is read back to the same: the text beside a draft can be edited.
func TestLinesReadBack(t *testing.T) {
	for _, x := range lines {
		s := Parse(x.typed).Sig
		back := ParseSig(s.Line()).Sig
		if back.Line() != s.Line() {
			t.Errorf("%q\n  was %q\n back %q", x.typed, s.Line(), back.Line())
		}
	}
	for _, it := range Items() {
		for _, sig := range it.Sigs {
			l := ParseSig(sig)
			if len(l.Unread) > 0 || len(l.Problems) > 0 {
				t.Errorf("%s: %q: %v %v", it.Key, sig, l.Unread, l.Problems)
			}
			if back := ParseSig(l.Sig.Line()).Sig; back.Line() != l.Sig.Line() {
				t.Errorf("%s: %q back %q", it.Key, l.Sig.Line(), back.Line())
			}
		}
	}
}

func TestWhatIsReadTwoWaysIsAsked(t *testing.T) {
	for _, x := range []string{"latanoprost 1 drop od", "lisinopril 20 qod", "prednisone 20 qn", "mtx 2.5 biw", "x 1 tab os"} {
		if l := Parse(x); len(l.Problems) != 1 {
			t.Errorf("%q: problems %q, says %q", x, l.Problems, l.Sig.Line())
		}
	}
	if l := Parse("x 1 tab 2 tabs daily"); len(l.Problems) != 1 || l.Sig.Dose != 1 {
		t.Errorf("two doses: %+v", l)
	}
	if l := Parse("x 1 tab (500 mg) daily"); len(l.Problems) != 0 || l.Sig.Unit != "tablet" {
		t.Errorf("a dose and its mass: %+v", l)
	}
}

func FuzzParse(f *testing.F) {
	for _, x := range lines {
		f.Add(x.typed)
	}
	for _, x := range stepLines {
		f.Add("x " + x.typed)
	}
	f.Add(strings.Repeat("1 tab ", 200))
	f.Add(strings.Repeat("1 tab daily, then ", 60) + "stop then stop, and")
	f.Add("q0h x0d #0 1e9 9999999999 0/0 1-1 -1")
	f.Fuzz(func(t *testing.T, text string) {
		l := Parse(text)
		for _, s := range []Sig{l.Sig, ParseSig(text).Sig} {
			if s.Dose < 0 || s.Days < 0 || s.Days > 3660 || s.Quantity < 0 || s.Refills < 0 || s.Refills > 99 || s.Times < 0 || s.Times > 24 {
				t.Fatalf("%q: out of bounds: %+v", text, s)
			}
			if d := s.PerDay(); d != d || d < 0 {
				t.Fatalf("%q: %v a day", text, d)
			}
			ParseSig(s.Line())
			if len(s.More) >= MaxSteps || len(s.Runs()) != len(s.Steps()) || s.Course() < 0 {
				t.Fatalf("%q: steps: %+v", text, s)
			}
		}
		for _, c := range Find(text, 3) {
			o := c.Order()
			o.Patient = "p"
			if _, err := o.Resource(); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}

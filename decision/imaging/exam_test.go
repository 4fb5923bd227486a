package imaging

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

func show(e Exam) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s|%s|%s|%s", e.Modality, strings.Join(e.Regions, "+"), e.Side, e.Contrast, e.Focus))
}

func TestRead(t *testing.T) {
	for name, want := range map[string]string{
		"CT abdomen and pelvis with contrast":                 "CT abdomen+pelvis||iodinated|",
		"CT Abdomen W contrast IV":                            "CT abdomen||iodinated|",
		"CT Abdomen and Pelvis WO contrast":                   "CT abdomen+pelvis||none|",
		"CT Abd/Pelvis w/o contrast":                          "CT abdomen+pelvis||none|",
		"CT Chest WO and W contrast IV":                       "CT chest||iodinated|",
		"CT head unenhanced":                                  "CT head||none|",
		"Non-contrast CT of the brain":                        "CT head||none|",
		"Contrast-enhanced CT neck":                           "CT neck||iodinated|",
		"CT chest, low dose screening":                        "CT chest||none|screening",
		"CT chest, pulmonary embolism":                        "CT chest||iodinated|angiography",
		"CTPA":                                                "CT chest||iodinated|angiography",
		"CT angiogram head and neck":                          "CT head+neck||iodinated|angiography",
		"CT coronary arteries":                                "CT heart||iodinated|angiography",
		"CT Heart for calcium scoring WO contrast":            "CT heart||none|calcium",
		"CT urinary tract, stones":                            "CT urinary tract|||stones",
		"CT colonography":                                     "CT bowel|||colonography",
		"CT cervical spine":                                   "CT cervical spine|||",
		"MRI lumbar spine":                                    "MR lumbar spine|||",
		"MR Brain WO and W contrast IV":                       "MR head||gadolinium|",
		"MRI brain without and with gadolinium":               "MR head||gadolinium|",
		"MRI left knee without contrast":                      "MR knee|left|none|",
		"MR Knee - right":                                     "MR knee|right||",
		"MRA head":                                            "MR head|||angiography",
		"MRCP":                                                "MR liver|||",
		"Chest X-ray, 2 views":                                "XR chest|||",
		"XR Chest PA and Lateral":                             "XR chest|||",
		"KUB":                                                 "XR abdomen|||",
		"X-ray hips, bilateral":                               "XR hip|bilateral||",
		"X-ray tibia and fibula":                              "XR tibia and fibula|||",
		"Screening mammogram, both breasts":                   "MG breast|bilateral||screening",
		"MG Breast - left Diagnostic":                         "MG breast|left||diagnostic",
		"DXA Hip and Spine":                                   "DXA bone density|||",
		"Transthoracic echocardiogram":                        "US heart|||",
		"Ultrasound of the kidneys":                           "US kidneys|||",
		"Ultrasound kidneys and bladder":                      "US kidneys|||",
		"Obstetric ultrasound, 20 weeks":                      "US pregnancy|||",
		"US duplex carotid arteries":                          "US carotid arteries|||",
		"Ultrasound right upper quadrant":                     "US liver|||",
		"Nuclear stress test, myocardial perfusion":           "NM heart|||stress",
		"Bone scan whole body":                                "NM skeleton|||",
		"PET-CT whole body":                                   "PT whole body|||ct",
		"PET skull base to mid-thigh":                         "PT whole body|||",
		"Coronary angiography":                                "XA heart||iodinated|",
		"Left heart catheterization with coronary angiograms": "XA heart|left|iodinated|",
		"Lipid panel":                                         "|||",
		"":                                                    "|||",
	} {
		if got := show(Read(name, nil)); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	// A code's display says what the name does not.
	if e := Read("Scan", []fhir.Coding{{System: "http://loinc.org", Code: "79103-8", Display: "CT Abdomen W contrast IV"}}); show(e) != "CT abdomen||iodinated|" {
		t.Errorf("%+v", e)
	}
	d := OfDraft(rule.Draft{Name: "Abdomen as discussed", Modality: "CT", Region: "abdomen and pelvis", Contrast: "iodinated", Laterality: ""})
	if show(d) != "CT abdomen+pelvis||iodinated|" {
		t.Errorf("%+v", d)
	}
}

func TestDose(t *testing.T) {
	for name, want := range map[string]string{
		"CT abdomen with contrast": "about 8 mSv", "CT abdomen and pelvis": "about 8 mSv", "CT chest abdomen pelvis": "about 15 mSv", "CT head": "about 2 mSv", "CT chest pulmonary embolism": "about 15 mSv",
		"CT liver": "about 8 mSv", "CT chest low dose screening": "about 1.5 mSv", "Chest X-ray": "about 0.1 mSv", "X-ray hand": "under 0.1 mSv", "Screening mammogram": "about 0.4 mSv", "PET-CT whole body": "about 23 mSv",
		"Bone scan": "about 6 mSv", "MRI brain": "under 0.1 mSv", "Ultrasound abdomen": "under 0.1 mSv", "CT urinary tract, stones": "about 8 mSv", "CT calcium score": "about 3 mSv",
	} {
		if v, ok := Read(name, nil).Dose(); !ok || MSv(v) != want {
			t.Errorf("%s: %v %v, want %s", name, v, ok, want)
		}
	}
	for _, name := range []string{"CT of something", "Lipid panel", ""} {
		if v, ok := Read(name, nil).Dose(); ok {
			t.Errorf("%q has a dose: %v", name, v)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, c := range [][3]string{
		{"CT abdomen and pelvis", "CT liver", "liver|"}, {"CT liver", "CT abdomen", "|abdomen"}, {"CT abdomen", "CT abdomen and pelvis", "abdomen|pelvis"}, {"MRI whole spine", "MRI lumbar spine", "lumbar spine|"},
		{"MRI left knee", "MRI right knee", "|knee"}, {"X-ray both knees", "X-ray left knee", "knee|"}, {"CT abdomen and pelvis", "CT urinary tract, stones", "urinary tract|"}, {"CT head", "CT pituitary", "pituitary|"}, {"CT chest", "CT abdomen", "|abdomen"},
	} {
		shown, missing := Read(c[0], nil).Covers(Read(c[1], nil))
		if got := strings.Join(shown, "+") + "|" + strings.Join(missing, "+"); got != c[2] {
			t.Errorf("%s for %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestTable(t *testing.T) {
	tab := load()
	for k, v := range tab.doses {
		for r := range strings.SplitSeq(k[1], "+") {
			if _, ok := regions().within[r]; !ok && r != "" {
				t.Errorf("no region %q of %v", r, k)
			}
		}
		if v <= 0 || v > 50 || dicom[k[0]] != k[0] && k[0] != "XR" && k[0] != "DXA" {
			t.Errorf("%v: %v", k, v)
		}
	}
	for _, f := range fact.Rows(dosesText, 5) {
		if !slices.Contains([]string{"mettler", "radiologyinfo", "ours"}, f[4]) {
			t.Errorf("no source %q", f[4])
		}
	}
	for key, within := range regions().within {
		if _, ok := regions().within[within]; within != "" && !ok {
			t.Errorf("%s lies within %q, which is none", key, within)
		}
		if got := regions().find(fact.Words(key)); len(got) == 0 {
			t.Errorf("%s is not read as itself", key)
		}
	}
	for _, r := range tab.rules {
		if r.Level == rule.Off || r.Citation == "" || !strings.HasPrefix(r.URL, "https://") || len(r.Date) < 4 {
			t.Errorf("%+v", r)
		}
	}
	for _, i := range tab.implants {
		if i.level == rule.Off || len(i.phrases) == 0 || i.do == "" {
			t.Errorf("%+v", i)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"CT abdomen and pelvis with contrast", "MR Brain WO and W contrast IV", "w/o", "w/wo contrast", "X-ray left hand", "PET-CT", "\xff\x00 spine", "contrast", "DXA", strings.Repeat("CT chest ", 100)} {
		f.Add(s, "CT chest")
	}
	f.Fuzz(func(t *testing.T, name, other string) {
		e := Read(name, []fhir.Coding{{Display: other}})
		if !slices.IsSorted(e.Regions) || len(slices.Compact(slices.Clone(e.Regions))) != len(e.Regions) {
			t.Errorf("%q: regions %v", name, e.Regions)
		}
		if e.Side != "" && e.Side != "left" && e.Side != "right" && e.Side != "bilateral" || !slices.Contains([]string{"", "none", "iodinated", "gadolinium", "other"}, e.Contrast) {
			t.Errorf("%q: %+v", name, e)
		}
		if v, ok := e.Dose(); v < 0 || v > 500 || !ok && v != 0 {
			t.Errorf("%q: dose %v %v", name, v, ok)
		}
		if up := Read(strings.ToUpper(name), nil); len(name) < 200 && isASCII(name) && show(up) != show(Read(name, nil)) {
			t.Errorf("%q: capitals matter", name)
		}
		shown, missing := e.Covers(Read(other, nil))
		if len(shown)+len(missing) != len(Read(other, nil).Regions) {
			t.Errorf("%q %q: %v %v", name, other, shown, missing)
		}
		if _, missing := e.Covers(e); len(missing) > 0 {
			t.Errorf("%q does not cover itself: %v", name, missing)
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > 127 {
			return false
		}
	}
	return true
}

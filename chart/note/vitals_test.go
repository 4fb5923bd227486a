package note

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestReadVitals(t *testing.T) {
	for _, c := range []struct{ kind, text, unit, want, typed string }{
		{"weight", "78.2", "", "78.2", ""},
		{"weight", "185 lb", "", "83.91", "185"},
		{"weight", "185", "lb", "83.91", "185"},
		{"weight", "7 LBS", "kg", "3.175", "7"},
		{"weight", "3450 g", "", "3.450", "3450"},
		{"height", `5'11"`, "", "180.3", "71"},
		{"height", "5 ft 11 in", "", "180.3", "71"},
		{"height", "5’ 11.5”", "", "181.6", "71.5"},
		{"height", "1.80 m", "", "180.0", "1.80"},
		{"height", "71 in", "", "180.3", "71"},
		{"temp", "98.6 F", "", "37.0", "98.6"},
		{"temp", "98.6", "[degF]", "37.0", "98.6"},
		{"temp", "36.80", "", "36.80", ""},
		{"pulse", "74", "", "74", ""},
		{"pulse", "74 bpm", "", "74", ""},
		{"spo2", "97%", "", "97", ""},
		{"pain", "3/10", "", "3", ""},
		{"pulse", ".5e1", "", "", ""},
		{"weight", "8000 kg", "", "", ""},
		{"weight", "8,000", "", "", ""},
		{"weight", "-70", "", "", ""},
		{"weight", "70 cm", "", "", ""},
		{"weight", "NaN", "", "", ""},
		{"weight", "1e400", "", "", ""},
		{"weight", "<script>alert(1)</script>", "", "", ""},
		{"weight", "7🙂", "", "", ""},
		{"weight", strings.Repeat("9", 10_000_000), "", "", ""},
		{"height", "5'12", "", "", ""},
		{"height", "5'1e9", "", "", ""},
		{"temp", "98.6", "", "", ""}, // °F in a °C field is not possible
		{"spo2", "101", "", "", ""},
		{"pain", "11", "", "", ""},
		{"pain", "-0", "", "", ""},
		{"resp", "", "", "", ""},
	} {
		v := VitalOf(c.kind)
		a, err := v.Read(c.text, c.unit)
		if (err == nil) != (c.want != "") || err == nil && (a.Value != c.want || a.Typed != c.typed) {
			t.Errorf("%s %.40q %q: %+v %v, want %q typed %q", c.kind, c.text, c.unit, a, err, c.want, c.typed)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%s: the message is %d long", c.kind, len(err.Error()))
		}
	}
	for text, ok := range map[string]bool{"136/84": true, " 136 / 84 mmHg": true, "84/136": false, "136": false, "136/": false, "400/84": false, "120/120": false, "a/b": false} {
		if _, _, err := ReadPressure(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTake(t *testing.T) {
	read := func(kind, text string) Measured {
		v := VitalOf(kind)
		a, err := v.Read(text, "")
		if err != nil {
			t.Fatal(err)
		}
		return Measured{Vital: v, Amount: a}
	}
	s, d, _ := ReadPressure("136/84")
	taking := Taking{Patient: "rosa", Encounter: "e1", When: when, Now: when, By: tomo}
	list := []Measured{
		{Vital: VitalOf("bp"), Amount: s, Over: d, Side: "left arm", Posture: "sitting", Comment: "after rest"},
		{Vital: VitalOf("bp"), Amount: s, Over: d},
		read("weight", "185 lb"), read("height", `5'11"`), read("pain", "3"),
		{Vital: VitalOf("temp"), Absent: "declined"},
	}
	acts, err := Take(taking, list)
	if err != nil || len(acts) != 7 {
		t.Fatal(err, len(acts))
	}
	for _, a := range acts {
		if a.Resource.Path("derivedFrom").Exists() {
			continue // its references are named by the gate
		}
		valid4(t, a.Resource)
	}
	w := acts[2].Resource.Get("valueQuantity")
	if w.Get("value").Text() != "83.91" || AsTyped(w) != "185 lb" {
		t.Errorf("%s", w.Raw())
	}
	bmi := acts[6].Resource
	if bmi.Path("valueQuantity", "value").Text() != "25.8" || bmi.Get("derivedFrom").Len() != 2 || bmi.Path("derivedFrom", "reference").Str() != acts[2].FullURL {
		t.Errorf("%s", bmi.Raw())
	}
	absent := acts[5].Resource
	if absent.Get("valueQuantity").Exists() || absent.Path("dataAbsentReason", "coding", "code").Str() != "asked-declined" {
		t.Errorf("%s", absent.Raw())
	}
	if _, err := Take(taking, nil); !errors.Is(err, ErrNotTaken) {
		t.Error(err)
	}
	late := taking
	late.When = when.Add(time.Hour)
	if _, err := Take(late, list); err == nil {
		t.Error("taken in the future")
	}
	taking.Height.Ref, taking.Height.CM, taking.Height.When = "Observation/h", "180.3", "3 May 2026"
	acts, err = Take(taking, []Measured{read("weight", "83.91")})
	if err != nil || len(acts) != 2 || !strings.Contains(acts[1].Resource.Path("note", "text").Str(), "3 May 2026") {
		t.Error("with an earlier height:", err, len(acts))
	}
	if acts, _ := Take(Taking{Patient: "p", When: when, Now: when}, []Measured{read("weight", "70")}); len(acts) != 1 {
		t.Error("no height, no body mass index")
	}
}

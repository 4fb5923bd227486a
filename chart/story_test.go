package chart

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func TestEncountersImagingDocuments(t *testing.T) {
	text := base64.StdEncoding.EncodeToString([]byte("IMPRESSION: No lung disease.\n"))
	c := open(says(t, riverside,
		`Location/l {"name":"Ward 4"}`,
		`Encounter/stay {"status":"finished","class":{"code":"IMP"},"reasonCode":[{"text":"Bleeding"}],"period":{"start":"2024-12-06T01:00:00-05:00","end":"2024-12-09T11:00:00-05:00"},"location":[{"location":{"reference":"Location/l"}}]}`,
		`ImagingStudy/ct {"status":"available","started":"2026-04-08T09:00:00-04:00","description":"CT chest","modality":[{"code":"CT"}],"series":[{"uid":"1","bodySite":{"display":"Chest"},"numberOfInstances":62},{"uid":"2","modality":{"code":"SR"},"numberOfInstances":1}],"identifier":[{"system":"urn:dicom:uid","value":"urn:oid:2.25.1"},{"type":{"coding":[{"code":"ACSN"}]},"value":"A1"}]}`,
		`DiagnosticReport/ct {"status":"final","category":[{"coding":[{"code":"RAD"}]}],"code":{"text":"CT chest"},"identifier":[{"value":"A1"}],"conclusion":"No lung disease.","presentedForm":[{"contentType":"text/plain; charset=utf-8","data":"`+text+`"}],"issued":"2026-04-08T10:30:00-04:00"}`,
		`DiagnosticReport/old {"status":"final","category":[{"coding":[{"code":"RAD"}]}],"code":{"text":"X-ray"},"conclusion":"Pneumonia.","effectiveDateTime":"2019"}`),
		says(t, maple,
			`DocumentReference/n {"status":"current","docStatus":"preliminary","type":{"text":"Progress note"},"date":"2026-11-14T09:37:00-05:00","author":[{"display":"Lena Okonkwo, MD"}],"content":[{"attachment":{"contentType":"application/pdf","url":"Binary/1"}}]}`,
			`Composition/s {"status":"final","title":"Summary","type":{"text":"Summary"},"date":"2026-01-01","section":[{"title":"Plan","text":{"div":"<div><p>Walk &amp; rest</p><ul><li>twice</li></ul></div>"}}]}`,
			`Appointment/today {"status":"arrived","start":"2026-11-22T10:20:00-05:00","end":"2026-11-22T10:40:00-05:00","description":"Burning","participant":[{"actor":{"display":"Lena Okonkwo, MD"}}]}`,
			`Appointment/missed {"status":"noshow","start":"2026-11-20T10:20:00-05:00"}`,
			`Goal/g {"lifecycleStatus":"active","description":{"text":"HbA1c below 7"},"target":[{"dueDate":"2027-05-01"}]}`,
			`CarePlan/p {"status":"active","title":"Diabetes","period":{"start":"2026-11-14"},"goal":[{"reference":"Goal/g"}],"activity":[{"detail":{"description":"Walk","status":"in-progress"}}]}`,
			`FamilyMemberHistory/f {"status":"completed","relationship":{"text":"father"},"deceasedAge":{"value":71,"code":"a"},"condition":[{"code":{"text":"Heart attack"},"onsetAge":{"value":49,"unit":"years","code":"a"}}],"note":[{"text":"x","authorReference":{"display":"Lena Okonkwo, MD"}}]}`,
			`Flag/f {"status":"active","code":{"text":"Falls risk"}}`, `Device/d {"patient":{"reference":"Patient/rosa"},"status":"active","deviceName":[{"name":"Pacemaker"}]}`,
			`ServiceRequest/o {"status":"draft","intent":"order","code":{"text":"Urine culture"},"authoredOn":"2026-11-22"}`))
	e := c.Encounters[0]
	want(t, "stay", e.Kind+" "+e.Where+" "+e.End.String(), "stay Ward 4 9 Dec 2024")
	if len(c.Imaging) != 2 {
		t.Fatalf("imaging: %+v", c.Imaging)
	}
	ct := c.Imaging[0]
	want(t, "study", ct.Modality+" "+ct.Region+" "+ct.UID+" "+ct.Impression, "CT Chest 2.25.1 No lung disease.")
	want(t, "images", ct.Images, 63)
	want(t, "report's words", ct.Report.Text(), "IMPRESSION: No lung disease.")
	want(t, "a report without images", c.Imaging[1].Images == 0 && c.Imaging[1].Impression == "Pneumonia.", true)
	want(t, "documents", len(c.Documents), 4)
	want(t, "newest first", c.Documents[0].Title, "Progress note")
	want(t, "draft", c.Documents[0].Draft, true)
	want(t, "no words inside", c.Documents[0].Text(), "")
	for _, d := range c.Documents {
		if d.Title == "Summary" {
			want(t, "sections", d.Text(), "Plan\nWalk & rest\ntwice")
		}
	}
	want(t, "next", len(c.Appointments.Next) == 1 && c.Appointments.Next[0].Today, true)
	want(t, "past", c.Appointments.Past[0].Status, "noshow")
	want(t, "plan", c.CarePlans[0].Goals[0]+", "+c.CarePlans[0].Activities[0].Text, "HbA1c below 7, Walk")
	f := c.Family[0]
	want(t, "family", f.Relation+" "+f.Conditions[0].Onset+" "+f.Deceased+" "+f.Author, "father at 49 y at 71 y Lena Okonkwo, MD")
	want(t, "items", c.Alerts[0].Name+c.Devices[0].Name+c.Orders[0].Name, "Falls riskPacemakerUrine culture")
	want(t, "drafts", c.Counts.Drafts, 2)
	want(t, "others", len(c.Other), 0)

	var marks []string
	for _, l := range c.Timeline.Lanes {
		for _, m := range l.Marks {
			marks = append(marks, l.Source.Badge+" "+m.Kind.String()+" "+m.Start.Format("2006-01")+" "+m.Label)
		}
	}
	want(t, "timeline", strings.Join(marks, "; "), "RG imaging 2019-01 X-ray; RG hospital stay 2024-12 Bleeding; RG imaging 2026-04 CT chest")
	want(t, "from", c.Timeline.From.Year(), 2019)
}

func TestMedicineBarsAreDrawnOnce(t *testing.T) {
	med := `"medicationCodeableConcept":{"text":"Warfarin 5 mg tablet"}`
	c := open(says(t, lakeside, `MedicationRequest/w {"status":"active",`+med+`,"authoredOn":"2021-10-03"}`),
		says(t, corner, `MedicationDispense/1 {"status":"completed",`+med+`,"whenHandedOver":"2021-10-04","daysSupply":{"value":30,"code":"d"}}`,
			`MedicationDispense/2 {"status":"completed",`+med+`,"whenHandedOver":"2026-10-28","daysSupply":{"value":30,"code":"d"}}`))
	var bars []Mark
	for _, l := range c.Timeline.Lanes {
		for _, m := range l.Marks {
			if m.Kind == MarkMedicine {
				bars = append(bars, m)
			}
		}
	}
	if len(bars) != 1 {
		t.Fatalf("%+v", bars)
	}
	want(t, "where it is handed out", bars[0].Source.Badge+" "+bars[0].Label, "CP warfarin")
	want(t, "since the first fill, until now", bars[0].Start.Format(time.DateOnly) == "2021-10-04" && bars[0].Ongoing, true)
}

func TestCompleteness(t *testing.T) {
	c := open(says(t, maple, `Basic/a {}`), says(t, lakeside, `Basic/b {}`), says(t, corner, `Basic/c {}`))
	asked := testNow.Add(-time.Minute)
	c.Completeness.add(SiteAnswer{Source: &Source{Slug: "lakeside"}, State: AnswerUnreachable, When: testNow.Add(-time.Hour), Asked: asked})
	c.Completeness.add(SiteAnswer{Source: &Source{Slug: "newleaf", Name: "New Leaf"}, State: AnswerRefused, Asked: asked, Why: "needs consent"})
	c.Completeness.add(SiteAnswer{Source: &Source{Slug: "maple"}, State: AnswerUnreachable})
	c.Completeness.tally()
	c.gaps()
	var said []string
	for _, s := range c.Completeness.Sites {
		said = append(said, s.Source.Slug+" "+string(s.State))
	}
	want(t, "sites", strings.Join(said, ", "), "maple this, corner here, lakeside unreachable, newleaf refused")
	want(t, "answered", c.Completeness.Answered*10+c.Completeness.Total, 24)
	want(t, "still shown", c.Completeness.Sites[2].Showing(), true)
	gaps := map[string]string{}
	for _, l := range c.Timeline.Lanes {
		gaps[l.Source.Slug] = l.Gap
	}
	want(t, "lane", gaps["lakeside"], "could not be reached, showing 22 Nov 09:31")
	want(t, "lane of what is not told", gaps["newleaf"], "refused: needs consent")
}

package web

import (
	"math"
	"time"

	"github.com/a-h/templ"

	"wholechart/web/plot"
)

// StyleGuide is a page that shows every part with made-up people and numbers: for whoever builds pages, for the tests,
// and for the eye. It is not reached from the product.
func StyleGuide(theme string) templ.Component {
	return Framed(guidePage(theme), guide(guideTime))
}

var guideTime = time.Date(2026, 11, 22, 15, 4, 0, 0, time.UTC)

func guidePage(theme string) Page {
	return Page{
		Title: "Rosa Delgado", SiteName: "Maple Street Family Practice", SiteState: "Ohio", SitePath: "/maple", Demo: true,
		User:         UserBadge{"LO", "Lena Okonkwo, MD", "Physician"},
		Nav:          []NavItem{{Label: "My day", Href: "#day", Key: "g d"}, {Label: "Patients", Href: "#patients", Key: "g p", Active: true}, {Label: "Inbox", Href: "#inbox", Key: "g i", Count: 7}, {Label: "Schedule", Href: "#schedule"}, {Label: "Lists", Href: "#lists"}},
		SearchAction: "/maple/find", SuggestURL: "/maple/suggest", Theme: theme,
		Board: guideBoard(guideTime),
		Flash: []Flash{{Kind: Good, Text: "Note signed 10:31"}},
		Foot:  "Opened 10:04 by Dr. Okonkwo for treatment · visible to the patient in her access log · some information may be withheld at the patient's direction",
	}
}

var (
	badgeMS = Badge{Letters: "MS", Color: 1, Title: "Maple Street Family Practice", Author: "Lena Okonkwo, MD", When: "14 Nov 2026, 10:20 EST", Route: "written here", Href: "#ms"}
	badgeRG = Badge{Letters: "RG", Color: 2, Title: "Riverside General", Author: "Emergency room", When: "9 Dec 2024, 02:14 EST", Route: "asked just now", Href: "#rg"}
	badgeLC = Badge{Letters: "LC", Color: 3, Title: "Lakeside Cardiology", Author: "Aaron Feld, MD", When: "2 Oct 2026, 09:00 EDT", Route: "asked just now", Href: "#lc"}
	badgeGI = Badge{Letters: "GI", Color: 4, Title: "Great Lakes Imaging", Route: "asked just now", Href: "#gi"}
	badgeCP = Badge{Letters: "CP", Color: 5, Title: "Corner Pharmacy", When: "28 Oct 2026", Route: "last asked 09:12"}
)

func number(v float64) *float64 { return &v }

// guideSpark is a course of values, a month apart, that ends in the given flag.
func guideSpark(label string, low, high *float64, flag string, values ...float64) plot.Spark {
	s := plot.Spark{Label: label, Low: low, High: high}
	for i, v := range values {
		s.Values = append(s.Values, plot.Point{Time: guideTime.AddDate(0, i-len(values), 0), Value: v})
	}
	s.Values[len(values)-1].Flag = flag
	return s
}

func guideTrend() plot.Trend {
	lakeside := plot.Source{Letters: "LC", Color: 3, Site: "Lakeside"}
	maple := plot.Source{Letters: "MS", Color: 1, Site: "Maple Street"}
	riverside := plot.Source{Letters: "RG", Color: 2, Site: "Riverside ER"}
	at := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 9, 0, 0, 0, time.UTC) }
	return plot.Trend{Title: "INR", Low: number(2), High: number(3), BandText: "target 2.0–3.0", Series: []plot.Series{{Name: "INR", Points: []plot.Point{
		{Time: at(2021, 12, 1), Value: 2.1, Text: "2.1", Source: lakeside, Href: "#1"}, {Time: at(2022, 5, 3), Value: 2.6, Text: "2.6", Source: lakeside, Href: "#2"},
		{Time: at(2022, 11, 8), Value: 2.3, Text: "2.3", Source: lakeside, Href: "#3"}, {Time: at(2023, 6, 9), Value: 2.9, Text: "2.9", Source: lakeside, Href: "#4"},
		{Time: at(2024, 1, 17), Value: 2.4, Text: "2.4", Source: lakeside, Href: "#5"}, {Time: at(2024, 8, 12), Value: 2.2, Text: "2.2", Source: maple, Href: "#6"},
		{Time: at(2024, 12, 9), Value: 4.1, Text: "4.1", Flag: "H", Source: riverside, Href: "#7"}, {Time: at(2025, 2, 3), Value: 2.6, Text: "2.6", Source: lakeside, Href: "#8"},
		{Time: at(2025, 9, 2), Value: 2.5, Text: "2.5", Source: lakeside, Href: "#9"}, {Time: at(2026, 4, 14), Value: 2.8, Text: "2.8", Source: lakeside, Href: "#10"},
		{Time: at(2026, 10, 2), Value: 2.7, Text: "2.7", Source: lakeside, Href: "#11"},
	}}}}
}

func guidePressure() plot.Trend {
	maple := plot.Source{Letters: "MS", Color: 1, Site: "Maple Street"}
	var up, down []plot.Point
	for i := range 14 {
		t := guideTime.AddDate(0, 0, (i-13)*9)
		s, d := 132+math.Round(8*math.Sin(float64(i))), 82+math.Round(5*math.Cos(float64(i)*1.3))
		flag := ""
		if s > 135 {
			flag = "H"
		}
		up = append(up, plot.Point{Time: t, Value: s, Flag: flag, Source: maple})
		down = append(down, plot.Point{Time: t, Value: d, Source: maple})
	}
	return plot.Trend{Title: "Blood pressure", Unit: "mmHg", Series: []plot.Series{{Name: "systolic", Points: up}, {Name: "diastolic", Points: down}}}
}

func guideLanes() plot.Lanes {
	every := func(kind plot.MarkKind, label string, from, months, n int) (out []plot.Mark) {
		for i := range n {
			t := time.Date(from, 3, 11+i%9, 9, 0, 0, 0, time.UTC).AddDate(0, months*i, 0)
			if t.Before(guideTime) {
				out = append(out, plot.Mark{Kind: kind, Start: t, Label: label, Href: "#mark"})
			}
		}
		return out
	}
	stay := func(y, m, d, days int, label string) plot.Mark {
		t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		return plot.Mark{Kind: plot.Stay, Start: t, End: t.AddDate(0, 0, days), Label: label, Href: "#stay"}
	}
	medicine := func(y, m int, label string) plot.Mark {
		return plot.Mark{Kind: plot.Medicine, Start: time.Date(y, time.Month(m), 3, 0, 0, 0, 0, time.UTC), Label: label, Href: "#med"}
	}
	labs := append(every(plot.Visit, "Visit", 2017, 6, 20), every(plot.Result, "HbA1c", 2017, 5, 24)...)
	for i := range 7 {
		labs = append(labs, plot.Mark{Kind: plot.Result, Start: time.Date(2024, 6, 1+i, 0, 0, 0, 0, time.UTC), Label: "Glucose", Href: "#g"})
	}
	return plot.Lanes{Label: "Timeline of Rosa Delgado", Today: guideTime, Lanes: []plot.Lane{
		{Name: "Maple Street", State: "OH", Note: "this site", Color: 1, Marks: labs},
		{Name: "Riverside General", State: "OH", Color: 2, Marks: []plot.Mark{stay(2019, 6, 2, 6, "Pneumonia"), stay(2021, 9, 14, 9, "Atrial fibrillation"), stay(2024, 12, 9, 2, "Bleeding, INR 4.1"), {Kind: plot.Visit, Start: time.Date(2024, 12, 9, 0, 0, 0, 0, time.UTC), Label: "Emergency room", Href: "#er"}}},
		{Name: "Lakeside Cardiology", State: "MI", Color: 3, Marks: append(every(plot.Visit, "Cardiology", 2022, 11, 8), every(plot.Result, "INR", 2021, 7, 9)...)},
		{Name: "Great Lakes Imaging", State: "MI", Color: 4, Marks: every(plot.Image, "Chest CT", 2020, 22, 4)},
		{Name: "Corner Pharmacy", State: "OH", Color: 5, Marks: []plot.Mark{medicine(2017, 6, "metformin"), medicine(2021, 10, "warfarin")}, Gap: "could not be reached, showing what it said at 09:12"},
	}}
}

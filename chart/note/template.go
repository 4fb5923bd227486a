package note

import (
	"slices"
	"time"
)

// Template is the outline of a kind of note. It brings sections and prompts; it
// brings no findings.
type Template struct {
	ID, Title  string
	Type, Kind string // LOINC document code and its display
	Sections   []TemplateSection
	From, To   int // for whom: age in months, To exclusive; both 0: anybody
	Sex        string
}

// TemplateSection is a section's name with what to think of.
type TemplateSection struct {
	Code, Title string
	Prompt      string   // shown while it is empty; never part of the note
	Outline     []string // "Heart": inserted when asked for as "Heart: ***", to be filled in or dropped
}

var (
	reason     = TemplateSection{Code: "10154-3", Title: "Reason", Prompt: "Why the patient came, in her own words"}
	subjective = TemplateSection{Code: "61150-9", Title: "Subjective", Prompt: "What the patient tells", Outline: []string{"Onset", "Course", "Associated", "Tried so far"}}
	objective  = TemplateSection{Code: "61149-1", Title: "Objective", Prompt: "What was found", Outline: []string{"General", "Heart", "Lungs", "Abdomen", "Extremities", "Neurological"}}
	plan       = TemplateSection{Code: "51847-2", Title: "Assessment and plan", Prompt: "What it is and what is to be done"}
	history    = TemplateSection{Code: "11348-0", Title: "Past history", Prompt: "What changed since last time"}
	social     = TemplateSection{Code: "29762-2", Title: "Social history", Prompt: "Home, work, tobacco, alcohol, safety", Outline: []string{"Home", "Work", "Tobacco", "Alcohol", "Other substances", "Safety"}}
	review     = TemplateSection{Code: "10187-3", Title: "Review of systems", Prompt: "What was asked, and what was said"}
	exam       = TemplateSection{Code: "29545-1", Title: "Examination", Prompt: "What was examined and found", Outline: []string{"General", "Eyes", "Ears, nose, throat", "Neck", "Heart", "Lungs", "Abdomen", "Skin", "Musculoskeletal", "Neurological"}}
	counsel    = TemplateSection{Code: "69730-0", Title: "Instructions", Prompt: "What the patient was told and given"}
	interval   = TemplateSection{Code: "10164-2", Title: "Interval history", Prompt: "What happened since the last visit; concerns"}
	feeding    = TemplateSection{Code: "61144-2", Title: "Nutrition", Prompt: "Feeding, appetite, elimination"}
)

func development(outline ...string) TemplateSection {
	return TemplateSection{Code: "11334-0", Title: "Development", Prompt: "What the child does, by whom observed", Outline: outline}
}

func wellChild(id, title string, from, to int, sections ...TemplateSection) Template {
	all := append([]TemplateSection{interval}, sections...)
	all = append(all, exam, plan, counsel)
	return Template{ID: id, Title: title, Type: "11506-3", Kind: "Progress note", Sections: all, From: from, To: to}
}

var teen = TemplateSection{Code: "29762-2", Title: "Social history", Prompt: "Partly alone with the young person; who was present", Outline: []string{"Home", "School", "Activities", "Substances", "Mood", "Safety", "Sexual health"}}
var school = TemplateSection{Code: "29762-2", Title: "Social history", Prompt: "Home, school, sleep, screens, safety", Outline: []string{"Home", "School", "Sleep", "Screens", "Safety"}}
var homeSafe = TemplateSection{Code: "29762-2", Title: "Social history", Prompt: "Who lives at home, sleep, safety, carers' mood", Outline: []string{"Home", "Sleep", "Safety", "Carers"}}

// Templates are the outlines that the product brings, the most common first.
var Templates = []Template{
	{ID: "progress", Title: "Progress note", Type: "11506-3", Kind: "Progress note", Sections: []TemplateSection{reason, subjective, objective, plan}},
	{ID: "physical", Title: "Annual physical", Type: "34117-2", Kind: "History and physical note", From: 216, To: 2400,
		Sections: []TemplateSection{reason, interval, history, social, review, exam, plan, counsel}},
	wellChild("child-newborn", "Well child, first weeks", 0, 2, feeding, development("Alert", "Responds to sound", "Follows a face"), homeSafe),
	wellChild("child-infant", "Well child, 2–11 months", 2, 12, feeding, development("Social", "Language", "Gross motor", "Fine motor"), homeSafe),
	wellChild("child-toddler", "Well child, 12–35 months", 12, 36, feeding, development("Social", "Words", "Walking", "Hands"), homeSafe),
	wellChild("child-early", "Well child, 3–5 years", 36, 72, feeding, development("Speech", "Play", "Motor", "Toilet"), school),
	wellChild("child-school", "Well child, 6–11 years", 72, 144, feeding, school),
	wellChild("child-teen", "Well young person, 12–20 years", 144, 252, feeding, teen, review),
	{ID: "prenatal", Title: "Prenatal visit", Type: "11506-3", Kind: "Progress note", Sex: "female", From: 120, To: 720, Sections: []TemplateSection{
		interval,
		{Code: "prenatal", Title: "Pregnancy", Prompt: "Weeks by which dating, movements, bleeding, fluid, contractions", Outline: []string{"Weeks", "Movements", "Bleeding", "Fluid", "Contractions"}},
		{Code: "29545-1", Title: "Examination", Prompt: "What was examined and found", Outline: []string{"Fundal height", "Fetal heart", "Presentation", "Oedema"}},
		plan, counsel}},
	{ID: "telephone", Title: "Telephone", Type: "34748-4", Kind: "Telephone encounter note", Sections: []TemplateSection{
		{Code: "10154-3", Title: "Reason for the call", Prompt: "Who called, about what"}, subjective,
		{Code: "51847-2", Title: "Advice and plan", Prompt: "What was advised; when to call again"}}},
	{ID: "procedure", Title: "Procedure", Type: "28570-0", Kind: "Procedure note", Sections: []TemplateSection{
		{Code: "59768-2", Title: "Indication", Prompt: "Why"},
		{Code: "consent", Title: "Consent", Prompt: "What was explained, by whom, and what the patient decided"},
		{Code: "29554-3", Title: "Procedure", Prompt: "What was done, step by step, with what", Outline: []string{"Time-out", "Site and side", "Anaesthesia", "Technique", "Specimens"}},
		{Code: "59776-5", Title: "Findings", Prompt: "What was found"},
		{Code: "55109-3", Title: "Complications", Prompt: "What went wrong; say so when nothing did"},
		{Code: "59775-7", Title: "Afterwards", Prompt: "Condition of the patient, instructions, follow-up"}}},
	{ID: "nurse", Title: "Nurse visit", Type: "34746-8", Kind: "Nurse note", Sections: []TemplateSection{reason, objective,
		{Code: "51847-2", Title: "Done and next", Prompt: "What was given or done, and what comes next"}}},
}

// TemplateOf is a template by its id; the first one when there is none.
func TemplateOf(id string) Template {
	if i := slices.IndexFunc(Templates, func(t Template) bool { return t.ID == id }); i >= 0 {
		return Templates[i]
	}
	return Templates[0]
}

// TitleOf is the usual title of a section's code.
func TitleOf(code string) string {
	for _, t := range Templates {
		for _, s := range t.Sections {
			if s.Code == code {
				return s.Title
			}
		}
	}
	return "More"
}

// For are the templates that fit an age in months (-1: not known) and a sex, in
// their order.
func For(months int, sex string) []Template {
	var out []Template
	for _, t := range Templates {
		if t.Sex != "" && sex != "" && sex != t.Sex {
			continue
		}
		if t.To != 0 && months >= 0 && (months < t.From || months >= t.To) {
			continue
		}
		out = append(out, t)
	}
	return out
}

// Months is the age in completed months, -1 when birth is not known or later.
func Months(birth, at time.Time) int {
	if birth.IsZero() || birth.After(at) {
		return -1
	}
	m := (at.Year()-birth.Year())*12 + int(at.Month()) - int(birth.Month())
	if at.Day() < birth.Day() {
		m--
	}
	return max(m, 0)
}

// Outlined is a section's outline as text to fill in.
func (s TemplateSection) Outlined() string {
	out := ""
	for i, l := range s.Outline {
		if i > 0 {
			out += "\n"
		}
		out += l + ": " + Marker
	}
	return out
}

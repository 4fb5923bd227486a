package order

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wholechart/fhir"
)

// Kind is what is ordered.
type Kind string

// The kinds of orders.
const (
	Medicine  Kind = "medicine"   // MedicationRequest
	Test      Kind = "laboratory" // the others: ServiceRequest
	Imaging   Kind = "imaging"
	Referral  Kind = "referral"
	Procedure Kind = "procedure"
	Vaccine   Kind = "vaccine"
)

// Kinds are all kinds, in the order in which they are listed.
var Kinds = []Kind{Medicine, Test, Imaging, Vaccine, Procedure, Referral}

// Type is the resource type that holds such an order.
func (k Kind) Type() string {
	if k == Medicine {
		return "MedicationRequest"
	}
	return "ServiceRequest"
}

// Known says whether it is one of Kinds.
func (k Kind) Known() bool {
	for _, x := range Kinds {
		if x == k {
			return true
		}
	}
	return false
}

// Order is one request as its author means it.
type Order struct {
	ID, Version string // of the resource; empty of a new one
	Kind        Kind
	Name        string        // as it is read: "Amoxicillin 500 mg capsule"
	Codes       []fhir.Coding // empty: in words only
	Sig         Sig           // of a Medicine
	Strength    string        // of a Medicine, as written: "500 mg"

	Modality, Region, Side, Contrast string // of Imaging: DICOM modality; words; left, right, bilateral; none, iodinated, gadolinium
	Specimen                         string // of a Test
	Specialty                        string // of a Referral

	Reason    string // in words
	ReasonRef string // Condition/…
	Priority  string // routine, urgent, asap, stat
	Due       string // the day on which it is to be done, ISO; "" as soon as may be
	Note      string // for who carries it out

	Status      string // draft, active, on-hold, completed, stopped, revoked, cancelled, entered-in-error
	Patient     string // id
	Encounter   string // id
	Requester   string // Practitioner/…: who answers for it; empty with RequesterName alone
	RequesterAs string // their name
	Author      string // who drafted it, when that is someone else (a nurse): a name
	AuthoredOn  time.Time
	AuthoredDay bool   // of AuthoredOn only the day is known
	Group       string // requisition: one a basket that was signed
	Prior       string // MedicationRequest/… that this one renews
	StatusWhy   string
}

// Bounds of what is typed, in letters.
const (
	MaxName   = 200
	MaxReason = 300
	MaxNote   = 1000
)

// Fault is what is wrong with one field, in words for whoever typed it.
type Fault struct{ Field, Text string }

// Check says what hinders an order from being signed. The fields are those of
// the form: name, sig, quantity, refills, reason, note, side, contrast, due, priority.
func (o Order) Check(today time.Time) []Fault {
	var f []Fault
	say := func(field, text string) { f = append(f, Fault{field, text}) }
	if strings.TrimSpace(o.Name) == "" {
		say("name", "Say what is ordered.")
	}
	for _, x := range []struct {
		field, text string
		most        int
	}{{"name", o.Name, MaxName}, {"reason", o.Reason, MaxReason}, {"note", o.Note, MaxNote}, {"note", o.Sig.Note, MaxNote}} {
		if utf8.RuneCountInString(x.text) > x.most {
			say(x.field, "This is too long: at most "+num(float64(x.most))+" letters.")
		}
	}
	if !o.Kind.Known() {
		say("name", "Choose what kind of order this is.")
	}
	switch o.Priority {
	case "", "routine", "urgent", "asap", "stat":
	default:
		say("priority", "Choose routine, urgent, as soon as possible, or stat.")
	}
	if o.Due != "" {
		d, err := time.Parse(time.DateOnly, o.Due)
		switch {
		case err != nil:
			say("due", "This is no day of the calendar.")
		case d.Before(today.AddDate(0, 0, -1)):
			say("due", "This day is past.")
		case d.After(today.AddDate(3, 0, 0)):
			say("due", "This is more than three years away.")
		}
	}
	switch o.Kind {
	case Medicine:
		o.checkSig(say)
	case Imaging:
		if it := imagingOf(o); it != nil {
			if it.Sides && o.Side == "" {
				say("side", "Left, right, or both?")
			}
			if len(it.Contrasts) > 0 && o.Contrast == "" {
				say("contrast", "With or without contrast?")
			}
		}
		if o.Side != "" && o.Side != "left" && o.Side != "right" && o.Side != "bilateral" {
			say("side", "Left, right, or both?")
		}
		if o.Contrast != "" && o.Contrast != "none" && o.Contrast != "iodinated" && o.Contrast != "gadolinium" {
			say("contrast", "None, iodinated, or gadolinium?")
		}
		if strings.TrimSpace(o.Reason) == "" {
			say("reason", "Say what question the imaging is to answer.")
		}
	case Referral:
		if strings.TrimSpace(o.Reason) == "" {
			say("reason", "Say what the specialist is asked.")
		}
	}
	return f
}

// StepField is the field of a form that holds a step of the directions, from 0:
// sig, sig-2, sig-3.
func StepField(i int) string {
	if i == 0 {
		return "sig"
	}
	return "sig-" + strconv.Itoa(i+1)
}

func (o Order) checkSig(say func(field, text string)) {
	s := o.Sig
	steps := s.Steps()
	for i, x := range steps {
		x.check(StepField(i), say)
		if i+1 < len(steps) && steps[i+1].Follows(x) && !x.Ends() && x.Said == "" {
			say(StepField(i), "Say for how long, before what follows: for 5 days.")
		}
	}
	if s.Quantity <= 0 && !(s.Once && len(s.More) == 0) {
		say("quantity", "Say how many are handed out, or for how many days.")
	}
	if s.Quantity > 10000 {
		say("quantity", "That many are not handed out.")
	}
	if s.Refills < 0 || s.Refills > 12 {
		say("refills", "Between 0 and 12 refills.")
	}
}

// check says what is missing in one step.
func (s Sig) check(field string, say func(field, text string)) {
	switch {
	case s.Said != "": // as it was written before
	case s.Dose <= 0 && s.Note == "":
		say(field, "Say how much is taken: 1 tablet, 5 mL.")
	case s.Times == 0 && !s.Once && !s.PRN && s.Note == "":
		say(field, "Say how often: daily, twice a day, every 6 hours.")
	case s.Dose > 0 && s.Unit == "":
		say(field, "Say what it is "+num(s.Dose)+" of: tablets, mL, mg.")
	}
	if s.Dose > 10000 || s.DoseMax > 10000 || s.Dose > 20 && units[s.Unit].countable {
		say(field, "A dose of "+s.dose()+" cannot be meant.")
	}
	if s.PerDay() > 48 && !s.PRN {
		say(field, "More than 48 doses a day cannot be meant.")
	}
	if s.Start != "" && s.End != "" && s.End < s.Start {
		say(field, "This ends before it begins.")
	}
	if s.Days > 0 && s.Once {
		say(field, "Once only, or for "+spell(s.Days)+"?")
	}
}

// Title is the order in one line: name, side and contrast.
func (o Order) Title() string {
	t := o.Name
	if o.Side != "" && !strings.Contains(strings.ToLower(t), o.Side) {
		t += ", " + o.Side
	}
	switch o.Contrast {
	case "none":
		t += ", without contrast"
	case "iodinated", "gadolinium":
		t += ", with " + o.Contrast + " contrast"
	}
	return t
}

// Detail is what stands under the title: directions and supply, or specimen.
func (o Order) Detail() string {
	var out []string
	if o.Kind == Medicine {
		if h := o.Sig.How(); h != "" {
			out = append(out, h)
		}
		if p := o.Sig.Supply(); p != "" {
			out = append(out, p)
		}
		if o.Sig.Note != "" {
			out = append(out, o.Sig.Note)
		}
	}
	if o.Specimen != "" {
		out = append(out, o.Specimen)
	}
	if o.Note != "" {
		out = append(out, o.Note)
	}
	return strings.Join(out, " · ")
}

// Open says whether something is still to come of it.
func (o Order) Open() bool {
	return o.Status == "active" || o.Status == "on-hold" || o.Status == "draft"
}

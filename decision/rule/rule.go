// Package rule is what every decision speaks in: a rule with its citation, the
// card that it puts before a clinician, and the checks that did not run.
//
// Rules are pure: an Answer is a function of the Input alone. They read the
// record as package chart assembled it through the lens that the actor may use,
// and never guess: what a rule needs and does not find makes a Gap, not silence.
//
// Every rule needs review by a clinician before use in care.
package rule

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/fhir"
)

// Kind is the family of a rule: a heading of the page that lists them.
type Kind string

// The kinds of rules.
const (
	Interaction  Kind = "drug–drug interaction"
	Allergy      Kind = "drug allergy"
	Duplicate    Kind = "duplicate medicine"
	Condition    Kind = "drug and condition"
	Laboratory   Kind = "drug and laboratory"
	Pregnancy    Kind = "pregnancy and lactation"
	Age          Kind = "age"
	Dose         Kind = "dose"
	RepeatTest   Kind = "duplicate test"
	Imaging      Kind = "imaging order"
	Immunization Kind = "immunisation"
	Prevention   Kind = "prevention"
	Checkup      Kind = "chronic disease checkup"
)

// Level is how loudly a card speaks.
type Level uint8

// The levels. Only what is of high priority interrupts.
const (
	Off       Level = iota // the site switched the rule off
	Quiet                  // a pill; opened by who wants to know
	Notice                 // a card beside the work, without a question
	Interrupt              // asks for a reason when it is overridden
)

func (l Level) String() string { return [...]string{"off", "quiet", "notice", "interrupt"}[l] }

// Rule is one piece of knowledge: what it is, how old, and who says so.
type Rule struct {
	ID       string // stable, lower case: "ddi-warfarin-tmpsmx"
	Kind     Kind
	Title    string
	Version  string // of our wording: "1"
	Date     string // of the source, ISO: "2012-09" ; knowledge older than a year after it warns
	Checked  string // ISO date on which those who make this program held it against a text; "" never, or it was changed since
	Against  string // which text, and what was seen there
	Reviewed string // ISO date on which a clinician reviewed it; "" none did
	Citation string // who says so: authors, journal, year, or agency and document
	URL      string // of the source where there is one
	Level    Level  // unless the site chose otherwise
	Text     string // all that it says, as its table has it; what Checked was about
	Licensed bool   // a site's own knowledge, not this program's
}

// State is how far a rule was held against something outside this program.
type State string

// The states of a rule.
const (
	FromMemory State = "not checked"              // no text of its source was in reach
	Held       State = "checked against a source" // by those who make this program, who are no clinicians
	ByClinic   State = "reviewed by a clinician"
	Owned      State = "licensed, not ours"
)

// State says how far the rule was held against something outside.
func (r *Rule) State() State {
	switch {
	case r.Licensed:
		return Owned
	case r.Reviewed != "":
		return ByClinic
	case r.Checked != "":
		return Held
	}
	return FromMemory
}

// Evidence is one fact that a card rests on, with its source.
type Evidence struct {
	Text string // "Warfarin 5 mg daily"
	Prov chart.Prov
	When chart.When // of the fact itself; may be unknown
	New  bool       // the draft order itself, which stands in no record yet
}

// Choice is something better that a card offers: its first button.
type Choice struct {
	Label string
	Draft *Draft     // the order to put instead; nil: words only
	Drop  bool       // take the drafted order away
	Use   []Evidence // of Drop: what stands in the record and is used instead; none of what is merely not done
}

// Card is one thing to know: a sentence each.
type Card struct {
	Rule     *Rule
	Level    Level  // of this card; at most the rule's
	Key      string // the same danger has the same key as long as its facts are the same: what an override is remembered by
	Draft    string // Draft.ID that it is about; empty: about the record itself
	Title    string // "Trimethoprim-sulfamethoxazole would interact with warfarin"
	Why      string // the mechanism, one sentence of our own
	Do       string // what to do
	Facts    []Evidence
	Choices  []Choice
	Series   *chart.Series // values to show as a small plot, of a duplicate test or a laboratory rule
	Severity string        // "contraindicated", "severe", "moderate"; "" of what is merely due
}

// Gap is a check that did not run, or ran on less than it needs. It never says
// what is hidden, only that the answer may lack something.
type Gap struct {
	Check string // "drug–drug interaction", a rule's title
	Why   string // "“little white pill” could not be recognised", "Corner Pharmacy could not be reached"
	Draft string // Draft.ID, when it is about one order alone
}

// Answer is what a set of rules says of an input.
type Answer struct {
	Cards []Card
	Gaps  []Gap
	Ran   []string // checks that ran to the end, by title: "8 active medicines against 30 interaction rules"
}

// DraftKind is what is about to be ordered.
type DraftKind string

// The kinds of draft orders.
const (
	DraftMedicine  DraftKind = "medicine"
	DraftTest      DraftKind = "laboratory"
	DraftImaging   DraftKind = "imaging"
	DraftVaccine   DraftKind = "vaccine"
	DraftReferral  DraftKind = "referral"
	DraftProcedure DraftKind = "procedure"
)

// Draft is an order that somebody is about to sign.
type Draft struct {
	ID     string // of the basket; unique in an Input
	Kind   DraftKind
	Name   string        // as written
	Codes  []fhir.Coding // RxNorm, NDC, CVX, LOINC, CPT… as far as known
	Sig    string        // of a medicine
	Route  string        // "oral", "" not said
	Amount float64       // of one dose in Unit; 0 not said
	Unit   string        // UCUM
	PerDay float64       // doses a day; 0 not said
	Days   int           // of the course; 0 not said
	Runs   [][]Step      // of directions in several steps: what may be taken on one day together; Amount and PerDay are then of the highest day
	// Of imaging.
	Modality, Region, Laterality string // DICOM modality; body region in words; left, right, bilateral
	Contrast                     string // "", "iodinated", "gadolinium", "none"
	Reason                       string
}

// Input is all that a rule may look at.
type Input struct {
	Chart  *chart.Chart
	Drafts []Draft // every order of the basket: they are checked against one another too
	Now    time.Time
}

// Sort puts the cards in the order in which they are read: loudest first, then
// by rule and key, so that an answer does not depend on the order of facts.
func (a *Answer) Sort() {
	slices.SortStableFunc(a.Cards, func(x, y Card) int {
		return cmp.Or(cmp.Compare(y.Level, x.Level), cmp.Compare(x.Draft, y.Draft), strings.Compare(x.Rule.ID, y.Rule.ID), strings.Compare(x.Key, y.Key))
	})
	slices.SortStableFunc(a.Gaps, func(x, y Gap) int { return cmp.Or(strings.Compare(x.Check, y.Check), strings.Compare(x.Why, y.Why)) })
}

// Join adds another answer to this one.
func (a *Answer) Join(b Answer) {
	a.Cards = append(a.Cards, b.Cards...)
	a.Gaps = append(a.Gaps, b.Gaps...)
	a.Ran = append(a.Ran, b.Ran...)
}

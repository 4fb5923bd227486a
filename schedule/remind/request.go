package remind

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/schedule"
)

// Systems and extensions of what this package writes.
const (
	KindSystem    = "https://wholechart.example/message"         // category: reminder | recall
	ChannelSystem = "https://wholechart.example/channel"         // medium: a schedule.Channel
	RuleSystem    = "https://wholechart.example/reminder-rule"   // reasonCode, and a second category because that can be searched for: the rule's id
	AboutSystem   = "https://wholechart.example/reminders-of"    // CommunicationRequest.groupIdentifier: the appointment's id
	TaskSystem    = "https://wholechart.example/task"            // Task.code
	OutcomeSystem = "https://wholechart.example/message-outcome" // a further category of Communication, so that it can be searched for: an Outcome
	ToSystem      = "https://wholechart.example/sent-to"         // Communication.identifier of a text message: the number it went to
	ReceiptSystem = "https://wholechart.example/receipt"         // and the provider's own id of it
	ourURL        = "https://wholechart.example/fhir/message-"
)

// Kind is what sort of message it is.
type Kind string

// The kinds.
const (
	Reminder Kind = "reminder"
	Recall   Kind = "recall"
)

// Request is a CommunicationRequest: what is to be sent, when, how, to whom.
//
// Its status: draft (a recall that nobody released yet), active (planned, being
// sent, tried again, or a letter to be printed), on-hold (failed, or no way to
// reach; Why says it), revoked (not sent; Why says it), completed (sent).
type Request struct {
	ID, Version string
	Status, Why string
	Kind        Kind
	Rule, Label string // Label is what the desk reads
	Step        string
	Series, No  int       // of a recall: which series, and which message of it
	Patient     string    // id
	Appointment string    // id; empty: about none
	Start       time.Time // of the appointment when it was planned
	When        time.Time
	Expires     time.Time        // it is not sent after; zero: it does not lose its sense
	Way         schedule.Channel // as planned; chosen again when it is sent
	Claimed     bool             // a Communication exists
	Now         bool             // somebody said "send now": quiet hours do not hold it
	Made        time.Time
}

// reminderID is the id of a reminder: the same for the same appointment at the
// same time by the same step, whoever plans it.
func reminderID(appointment, patient string, start time.Time, rule, step string) string {
	return digest("rem-", appointment, patient, strconv.FormatInt(start.Unix(), 10), rule, step)
}

func recallID(patient, rule string, series, no int) string {
	return digest("rec-", patient, rule, strconv.Itoa(series), strconv.Itoa(no))
}

func digest(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:20])
}

// MessageID is the id of the Communication that a request becomes. It is the
// idempotency key of every attempt to send it.
func (r Request) MessageID() string { return "msg-" + r.ID }

func extended(of list, url, kind string, value any) list {
	return append(of, object{"url": ourURL + url, kind: value})
}

func instantOf(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Resource is the request as a CommunicationRequest.
func (r Request) Resource() (fhir.Node, error) {
	o := object{"resourceType": "CommunicationRequest", "id": r.ID, "status": r.Status, "category": list{coded(KindSystem, string(r.Kind), ""), coded(RuleSystem, r.Rule, "")},
		"subject": ref("Patient", r.Patient), "recipient": list{ref("Patient", r.Patient)}, "occurrenceDateTime": r.When.UTC().Format(time.RFC3339),
		"reasonCode": list{coded(RuleSystem, r.Rule, r.Label)}}
	if r.Why != "" {
		o["statusReason"] = object{"text": r.Why}
	}
	if r.Way != "" {
		o["medium"] = list{coded(ChannelSystem, string(r.Way), WayWord(r.Way))}
	}
	if !r.Made.IsZero() {
		o["authoredOn"] = r.Made.UTC().Format(time.RFC3339)
	}
	if r.Appointment != "" {
		o["about"] = list{ref("Appointment", r.Appointment)}
		o["groupIdentifier"] = object{"system": AboutSystem, "value": r.Appointment}
	}
	var e list
	if r.Step != "" {
		e = extended(e, "step", "valueString", r.Step)
	}
	if !r.Start.IsZero() {
		e = extended(e, "start", "valueInstant", instantOf(r.Start))
	}
	if !r.Expires.IsZero() {
		e = extended(e, "expires", "valueInstant", instantOf(r.Expires))
	}
	if r.Series > 0 {
		e = extended(extended(e, "series", "valuePositiveInt", r.Series), "number", "valuePositiveInt", r.No)
	}
	if r.Claimed {
		e = extended(e, "claimed", "valueBoolean", true)
	}
	if r.Now {
		e = extended(e, "now", "valueBoolean", true)
	}
	if len(e) > 0 {
		o["extension"] = e
	}
	return node(o)
}

// RequestOf reads a CommunicationRequest; ours is false of one that this package
// did not write.
func RequestOf(n fhir.Node) (r Request, ours bool) {
	r = Request{ID: n.ID(), Version: n.Path("meta", "versionId").Str(), Status: n.Get("status").Str(), Why: n.Path("statusReason", "text").Str(),
		Patient: idOf(n.Path("subject", "reference").Str(), "Patient"), Appointment: idOf(n.Get("about").Index(0).Get("reference").Str(), "Appointment"),
		When: moment(n.Get("occurrenceDateTime").Str()), Made: moment(n.Get("authoredOn").Str())}
	c, ok := fhir.CodeableConceptOf(n.Get("category").Index(0)).In(KindSystem)
	r.Kind = Kind(c.Code)
	if m, ok := fhir.CodeableConceptOf(n.Get("medium").Index(0)).In(ChannelSystem); ok {
		r.Way = schedule.Channel(m.Code)
	}
	why := fhir.CodeableConceptOf(n.Get("reasonCode").Index(0))
	if c, ok := why.In(RuleSystem); ok {
		r.Rule, r.Label = c.Code, why.Text
	}
	for e := range n.Get("extension").Items() {
		name, mine := strings.CutPrefix(e.Get("url").Str(), ourURL)
		if !mine {
			continue
		}
		switch name {
		case "step":
			r.Step = e.Get("valueString").Str()
		case "start":
			r.Start = moment(e.Get("valueInstant").Str())
		case "expires":
			r.Expires = moment(e.Get("valueInstant").Str())
		case "series":
			r.Series, _ = strconv.Atoi(e.Get("valuePositiveInt").Text())
		case "number":
			r.No, _ = strconv.Atoi(e.Get("valuePositiveInt").Text())
		case "claimed":
			r.Claimed = e.Get("valueBoolean").True()
		case "now":
			r.Now = e.Get("valueBoolean").True()
		}
	}
	return r, ok && (r.Kind == Reminder || r.Kind == Recall) && r.Patient != "" && r.Rule != ""
}

// Message is a Communication: what was sent, or is being sent.
//
// Its status: in-progress (claimed: it may be leaving, or its channel is to be
// asked at Next), preparation (to be tried again at Next; of a letter: to be
// printed), completed (sent), not-done (given up), stopped (revoked before it was
// sent), unknown (whether it left is not known, and nobody can be asked).
type Message struct {
	ID, Version string
	Status, Why string
	Kind        Kind
	Rule, Label string
	Request     string
	Patient     string
	Appointment string
	Start       time.Time // of the appointment, as the message says it
	Way         schedule.Channel
	To          string // address or number
	Text        string // as sent, but for the link: {link} stands for it
	Subject     string
	Lang        string
	Attempts    int
	Next        time.Time
	Sent        time.Time // of one that may have left: when it was handed over
	Written     time.Time // when this version was
	Receipt     string    // the gateway's own id, or a batch of letters
	Booked      string    // of a recall: the appointment that was booked after it
	Outcome     Outcome
	Round       int       // how often a provider said that it did not arrive
	Arrived     time.Time // when the provider said that it was delivered; zero: it did not say
}

// Outcome is what came of a message that was sent.
type Outcome string

// The outcomes; empty: nothing is known.
const (
	Confirmed Outcome = "confirmed" // the patient said, by the link or the desk's word, that she comes
	Declined  Outcome = "declined"  // the patient cancelled by the link
	Booked    Outcome = "booked"    // an appointment was booked after a recall
)

// roundMark stands in a key before the number of a further round.
const roundMark = ".r"

// Key is the idempotency key of every attempt to send it, and its Message-ID. It
// is another only after the provider said that the message did not arrive: under
// the same key that would not be sent again.
func (m Message) Key() string {
	if m.Round == 0 {
		return m.ID
	}
	return m.ID + roundMark + strconv.Itoa(m.Round)
}

// Resource is the message as a Communication.
func (m Message) Resource() (fhir.Node, error) {
	topic := coded(RuleSystem, m.Rule, m.Label)
	o := object{"resourceType": "Communication", "id": m.ID, "status": m.Status, "category": list{coded(KindSystem, string(m.Kind), ""), coded(RuleSystem, m.Rule, "")},
		"subject": ref("Patient", m.Patient), "recipient": list{ref("Patient", m.Patient)}, "basedOn": list{ref("CommunicationRequest", m.Request)},
		"medium": list{coded(ChannelSystem, string(m.Way), WayWord(m.Way))}, "reasonCode": list{topic}}
	if m.Outcome != "" {
		o["category"] = append(o["category"].(list), coded(OutcomeSystem, string(m.Outcome), ""))
	}
	if m.Way == schedule.ByText {
		var ids list
		for _, x := range [...][2]string{{ToSystem, m.To}, {ReceiptSystem, m.Receipt}} {
			if x[1] != "" {
				ids = append(ids, object{"system": x[0], "value": x[1]})
			}
		}
		if ids != nil {
			o["identifier"] = ids
		}
	}
	if m.Text != "" {
		o["payload"] = list{object{"contentString": m.Text}}
	}
	if m.Subject != "" {
		o["topic"] = object{"text": m.Subject}
	}
	if m.Why != "" {
		o["statusReason"] = object{"text": m.Why}
	}
	if m.Appointment != "" {
		o["about"] = list{ref("Appointment", m.Appointment)}
	}
	if !m.Sent.IsZero() {
		o["sent"] = m.Sent.UTC().Format(time.RFC3339)
	}
	e := extended(nil, "attempts", "valueUnsignedInt", m.Attempts)
	if m.Round > 0 {
		e = extended(e, "round", "valueUnsignedInt", m.Round)
	}
	if !m.Next.IsZero() {
		e = extended(e, "next", "valueInstant", instantOf(m.Next))
	}
	if !m.Start.IsZero() {
		e = extended(e, "start", "valueInstant", instantOf(m.Start))
	}
	for _, x := range [...][2]string{{"to", m.To}, {"receipt", m.Receipt}, {"language", m.Lang}} {
		if x[1] != "" {
			e = extended(e, x[0], "valueString", x[1])
		}
	}
	if !m.Arrived.IsZero() {
		e = extended(e, "arrived", "valueInstant", instantOf(m.Arrived))
	}
	if m.Booked != "" {
		e = extended(e, "booked", "valueReference", ref("Appointment", m.Booked))
	}
	o["extension"] = e
	return node(o)
}

// MessageOf reads a Communication; ours is false of one that this package did
// not write.
func MessageOf(n fhir.Node) (m Message, ours bool) {
	m = Message{ID: n.ID(), Version: n.Path("meta", "versionId").Str(), Status: n.Get("status").Str(), Why: n.Path("statusReason", "text").Str(),
		Patient: idOf(n.Path("subject", "reference").Str(), "Patient"), Appointment: idOf(n.Get("about").Index(0).Get("reference").Str(), "Appointment"),
		Request: idOf(n.Get("basedOn").Index(0).Get("reference").Str(), "CommunicationRequest"),
		Text:    n.Get("payload").Index(0).Get("contentString").Str(), Subject: n.Path("topic", "text").Str(), Sent: moment(n.Get("sent").Str()),
		Written: moment(n.Path("meta", "lastUpdated").Str())}
	c, ok := fhir.CodeableConceptOf(n.Get("category").Index(0)).In(KindSystem)
	m.Kind = Kind(c.Code)
	for x := range n.Get("category").Items() {
		if c, ok := fhir.CodeableConceptOf(x).In(OutcomeSystem); ok {
			m.Outcome = Outcome(c.Code)
		}
	}
	if w, ok := fhir.CodeableConceptOf(n.Get("medium").Index(0)).In(ChannelSystem); ok {
		m.Way = schedule.Channel(w.Code)
	}
	why := fhir.CodeableConceptOf(n.Get("reasonCode").Index(0))
	if c, ok := why.In(RuleSystem); ok {
		m.Rule, m.Label = c.Code, why.Text
	}
	for e := range n.Get("extension").Items() {
		name, mine := strings.CutPrefix(e.Get("url").Str(), ourURL)
		if !mine {
			continue
		}
		switch name {
		case "attempts":
			m.Attempts, _ = strconv.Atoi(e.Get("valueUnsignedInt").Text())
		case "round":
			m.Round, _ = strconv.Atoi(e.Get("valueUnsignedInt").Text())
			m.Round = max(m.Round, 0)
		case "next":
			m.Next = moment(e.Get("valueInstant").Str())
		case "start":
			m.Start = moment(e.Get("valueInstant").Str())
		case "to":
			m.To = e.Get("valueString").Str()
		case "receipt":
			m.Receipt = e.Get("valueString").Str()
		case "arrived":
			m.Arrived = moment(e.Get("valueInstant").Str())
		case "language":
			m.Lang = e.Get("valueString").Str()
		case "booked":
			m.Booked = idOf(e.Path("valueReference", "reference").Str(), "Appointment")
		}
	}
	return m, ok && (m.Kind == Reminder || m.Kind == Recall) && m.Request != ""
}

// WayWord is a channel as the desk says it.
func WayWord(c schedule.Channel) string {
	switch c {
	case schedule.ByText:
		return "text message"
	case schedule.ByEmail:
		return "e-mail"
	case schedule.ByLetter:
		return "letter"
	case schedule.ByPortal:
		return "portal"
	case schedule.ByVoice:
		return "telephone call"
	}
	return string(c)
}

func coded(system, code, text string) object {
	o := object{"coding": list{object{"system": system, "code": code}}}
	if text != "" {
		o["text"] = text
	}
	return o
}

func ref(typ, id string) object { return object{"reference": typ + "/" + id} }

func idOf(reference, typ string) string {
	t, id, _, ok := fhir.Relative(reference)
	if !ok || t != typ {
		return ""
	}
	return id
}

func moment(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

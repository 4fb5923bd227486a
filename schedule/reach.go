package schedule

import "wholechart/fhir"

// How a person wants to be reached: extensions of Patient, which registration
// writes and reminders read. Without ConsentURL true nothing is texted.
const (
	ChannelURL = "https://wholechart.example/fhir/preferred-channel" // valueCode: a Channel
	ConsentURL = "https://wholechart.example/fhir/text-consent"      // valueBoolean: messages to a telephone are agreed to
)

// Channel is a way to send a reminder.
type Channel string

// The channels.
const (
	ByText   Channel = "sms"
	ByEmail  Channel = "email"
	ByVoice  Channel = "voice"
	ByLetter Channel = "letter"
	ByPortal Channel = "portal"
)

// ReachOf is what a Patient prefers ("" when it does not say) and whether texting
// is agreed to.
func ReachOf(patient fhir.Node) (by Channel, text bool) {
	for e := range patient.Get("extension").Items() {
		switch e.Get("url").Str() {
		case ChannelURL:
			by = Channel(e.Get("valueCode").Str())
		case ConsentURL:
			text = e.Get("valueBoolean").True()
		}
	}
	return by, text
}

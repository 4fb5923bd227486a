package remind

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
)

// WantedURL is the extension of Patient that says, of one channel, whether messages
// are wanted by it since when, and who said so how. It stands beside OptOutURL,
// which is what is obeyed, and holds the last word of each channel; what was
// before is in the versions of the Patient.
const WantedURL = "https://wholechart.example/fhir/message-wanted"

// How a person's will about messages reached the record.
const (
	HowText = "text" // STOP or START, by text message
	HowLink = "link" // the link at the end of an e-mail
	HowDesk = "desk" // somebody who works here wrote it
)

// Wanted is what a patient said of one channel.
type Wanted struct {
	Way schedule.Channel
	Out bool      // nothing more is wanted by it
	At  time.Time // zero: before this was kept
	How string    // HowText, HowLink, HowDesk; "" not kept
	Who string    // who wrote it, of HowDesk
	Why string
}

// WantedOf are the channels of which a patient said something, those that she
// wants nothing by first. An account that says otherwise than what is obeyed is
// left out: then it is not kept since when.
func WantedOf(n fhir.Node) []Wanted {
	out := map[schedule.Channel]*Wanted{}
	for e := range n.Get("extension").Items() {
		if way := schedule.Channel(e.Get("valueCode").Str()); e.Get("url").Is(OptOutURL) && way != "" {
			out[way] = &Wanted{Way: way, Out: true}
		}
	}
	for e := range n.Get("extension").Items() {
		w := wantedOf(e)
		if !e.Get("url").Is(WantedURL) || w.Way == "" {
			continue
		}
		if now := out[w.Way]; w.Out == (now != nil && now.Out) {
			out[w.Way] = &w
		}
	}
	var all []Wanted
	for _, w := range out {
		all = append(all, *w)
	}
	slices.SortFunc(all, func(a, b Wanted) int {
		if a.Out != b.Out {
			if a.Out {
				return -1
			}
			return 1
		}
		return strings.Compare(string(a.Way), string(b.Way))
	})
	return all
}

func wantedOf(e fhir.Node) (w Wanted) {
	for x := range e.Get("extension").Items() {
		switch x.Get("url").Str() {
		case "channel":
			w.Way = schedule.Channel(x.Get("valueCode").Str())
		case "out":
			w.Out = x.Get("valueBoolean").True()
		case "at":
			w.At, _ = time.Parse(time.RFC3339Nano, x.Get("valueDateTime").Str())
		case "how":
			w.How = x.Get("valueCode").Str()
		case "who":
			w.Who = x.Get("valueString").Str()
		case "why":
			w.Why = x.Get("valueString").Str()
		}
	}
	return w
}

func (w Wanted) extension() object {
	parts := list{object{"url": "channel", "valueCode": string(w.Way)}, object{"url": "out", "valueBoolean": w.Out}, object{"url": "at", "valueDateTime": w.At.UTC().Format(time.RFC3339)}, object{"url": "how", "valueCode": w.How}}
	for _, x := range [...][2]string{{"who", w.Who}, {"why", w.Why}} {
		if x[1] != "" {
			parts = append(parts, object{"url": x[0], "valueString": x[1]})
		}
	}
	return object{"url": WantedURL, "extension": parts}
}

// Want is the act that writes what a patient said of a channel. changed is false
// when it stands there already; the first account of it stays then.
func Want(p record.Resource, w Wanted) (a record.Act, changed bool, err error) {
	o, err := objectOf(p.Node())
	if err != nil {
		return a, false, err
	}
	had := false
	var kept list
	old, _ := o["extension"].(list)
	for _, x := range old {
		e, ok := x.(object)
		switch {
		case ok && e["url"] == OptOutURL && e["valueCode"] == string(w.Way):
			had = true
			continue
		case ok && e["url"] == WantedURL && saidOf(e) == w.Way:
			continue
		}
		kept = append(kept, x)
	}
	if had == w.Out {
		return a, false, nil
	}
	if w.Out {
		kept = append(kept, object{"url": OptOutURL, "valueCode": string(w.Way)})
	}
	o["extension"] = append(kept, w.extension())
	n, err := node(o)
	if err != nil {
		return a, false, err
	}
	v, err := strconv.Atoi(p.Version)
	return record.Act{Op: record.Update, Type: "Patient", ID: p.ID, Resource: n, IfMatch: v}, true, err
}

// saidOf is the channel that an account is of.
func saidOf(e object) schedule.Channel {
	parts, _ := e["extension"].(list)
	for _, x := range parts {
		if p, ok := x.(object); ok && p["url"] == "channel" {
			way, _ := p["valueCode"].(string)
			return schedule.Channel(way)
		}
	}
	return ""
}

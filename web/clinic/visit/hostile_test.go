package visit

import (
	"net/url"
	"strings"
	"testing"

	"wholechart/internal/pagetest"
)

// TestHostileInput: every field of every form of this room, with what was not made
// for it.
func TestHostileInput(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	pages := story(t, n, b)
	at := started(t, b, harold, "Cough")
	for name, path := range map[string]string{
		"start": "/maple/patients/grace-lindqvist/visit", "note": at, "vitals": at + "?tab=vitals", "a child's vitals": pages["child"] + "?tab=vitals",
		"addendum": pages["note"], "snippets": "/maple/snippets",
	} {
		t.Run(name, func(t *testing.T) {
			b.Abuse(t, path, func(f pagetest.Form) bool { return strings.HasSuffix(f.Action, "/error") }) // done once, it is done
		})
	}
	if res, body := b.Post(pages["error"]+"/error", url.Values{"reason": {"once more <b>"}}); res.StatusCode != 422 || !strings.Contains(body, "it was entered in error") || !strings.Contains(body, "once more &lt;b&gt;") {
		t.Errorf("an error that is marked again: %d", res.StatusCode)
	}
}

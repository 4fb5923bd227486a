package remind

import (
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
)

func wanting(t *testing.T, extensions string) record.Resource {
	t.Helper()
	d, err := fhir.Parse([]byte(`{"resourceType":"Patient","id":"p","extension":[` + extensions + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := record.Resource{}
	r.Type, r.ID, r.Version, r.Body = "Patient", "p", "3", d.Root().Raw()
	return r
}

// What is obeyed is the opt-out; the account beside it says since when and how, and
// one of another state is not believed.
func TestWantedOf(t *testing.T) {
	at := time.Date(2026, 10, 3, 9, 0, 0, 0, time.UTC)
	a, changed, err := Want(wanting(t, `{"url":"x","valueCode":"kept"}`), Wanted{Way: schedule.ByEmail, Out: true, At: at, How: HowLink})
	if err != nil || !changed || a.IfMatch != 3 {
		t.Fatal(a, changed, err)
	}
	w := WantedOf(a.Resource)
	if len(w) != 1 || !w[0].Out || !w[0].At.Equal(at) || w[0].How != HowLink || len(PersonOf(a.Resource, time.UTC, at).Not) != 1 || a.Resource.Get("extension").Len() != 3 {
		t.Errorf("%+v %s", w, a.Resource.Raw())
	}
	r := record.Resource{}
	r.Type, r.ID, r.Version, r.Body = "Patient", "p", "4", a.Resource.Raw()
	if _, changed, _ := Want(r, Wanted{Way: schedule.ByEmail, Out: true, At: at.Add(time.Hour), How: HowDesk}); changed {
		t.Error("said twice, the first account is replaced")
	}
	b, changed, err := Want(r, Wanted{Way: schedule.ByEmail, At: at.Add(time.Hour), How: HowDesk, Who: "Patricia Hughes", Why: "asked"})
	if w := WantedOf(b.Resource); err != nil || !changed || len(w) != 1 || w[0].Out || w[0].Who != "Patricia Hughes" || w[0].Why != "asked" || len(PersonOf(b.Resource, time.UTC, at).Not) != 0 || b.Resource.Get("extension").Len() != 2 {
		t.Errorf("%+v %s", w, b.Resource.Raw())
	}
	old := wanting(t, `{"url":"`+OptOutURL+`","valueCode":"sms"}`)
	if w := WantedOf(old.Node()); len(w) != 1 || !w[0].Out || !w[0].At.IsZero() {
		t.Errorf("from before accounts were kept: %+v", w)
	}
	odd := wanting(t, `{"url":"`+OptOutURL+`","valueCode":"sms"},{"url":"`+WantedURL+`","extension":[{"url":"channel","valueCode":"sms"},{"url":"out","valueBoolean":false},{"url":"at","valueDateTime":"2026-01-01T00:00:00Z"}]}`)
	if w := WantedOf(odd.Node()); len(w) != 1 || !w[0].Out || !w[0].At.IsZero() {
		t.Errorf("an account of another state: %+v", w)
	}
}

package clinic

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"wholechart/internal/pagetest"
	"wholechart/record"
)

// wholePaths are the pages of the whole record that lists can be empty on.
var wholePaths = []string{"", "/results", "/results/6301-6", "/medicines", "/problems", "/allergies", "/documents", "/imaging", "/encounters", "/procedures", "/immunisations", "/family", "/timeline", "/about", "/outside", "/fact/Patient/rosa"}

func TestEveryPageOfTheWholeRecordAsks(t *testing.T) {
	for _, path := range wholePaths {
		t.Run(path, func(t *testing.T) {
			release := make(chan struct{})
			var asked atomic.Int64
			n := newNode(t, []string{"maple"}, []string{"lakeside", "corner"}, opener(func(ctx context.Context, s record.Session, id string, force bool) ([]record.Answer, error) {
				asked.Add(1)
				select {
				case <-release:
				case <-ctx.Done():
				}
				return nil, nil
			}))
			n.Write("maple", rosa)
			b := n.user(physician)
			whole := "/maple/patients/rosa/whole" + path
			p := b.open(whole)
			if asked.Load() != 1 {
				t.Errorf("asked %d times", asked.Load())
			}
			if s := text(p.card("Which sites answered")); !strings.Contains(s, "asking 2") || !strings.Contains(s, "Lakeside Cardiology asking…") {
				t.Errorf("the strip: %s", s)
			}
			p.silent(": not recorded")
			p.silent("Nobody has written")
			p.silent("Last vitals Not recorded")
			p.silent("No such result")
			p.says("still being asked")
			p.silent("vaccines, all sites")
			line := refreshes(t, p)
			if !strings.HasPrefix(line, "/maple/patients/rosa/whole/late?") {
				t.Errorf("it asks for itself at %s", line)
			}
			close(release)
			part := func(address, header string, ids ...string) {
				t.Helper()
				req, _ := http.NewRequest("GET", n.Base+address, nil)
				req.Header.Set("Wholechart-Partial", header)
				res, body := b.Do(req)
				if res.StatusCode != 200 || strings.Contains(body, "<html") || strings.Contains(body, "data-refresh=") || strings.Contains(body, "asking") {
					t.Errorf("the answer for %s: %d %s", header, res.StatusCode, short(body))
				}
				for _, id := range ids {
					if strings.Count(body, `id="`+id+`"`) != 1 {
						t.Errorf("the answer for %s has no %s: %s", header, id, short(body))
					}
				}
			}
			part(line, "late strip", "late", "strip")
			part(whole, "record", "record")
			part(whole, "storyboard", "storyboard")
			part(whole, "record storyboard late", "record", "storyboard", "late")
			if asked.Load() != 1 {
				t.Errorf("parts of the page ask again: %d", asked.Load())
			}
		})
	}
}

// refreshes is where the one region of a page that asks for itself asks.
func refreshes(t *testing.T, p page) (where string) {
	t.Helper()
	for c := range p.Descendants() {
		if attr(c, "data-refresh") == "" {
			continue
		}
		if where != "" || attr(c, "id") != "late" {
			t.Errorf("%s asks for itself, too", attr(c, "id"))
		}
		where = attr(c, "data-refresh-url")
	}
	return where
}

func TestAskingThatFailedIsSaid(t *testing.T) {
	n := newNode(t, []string{"maple"}, []string{"lakeside"}, opener(func(context.Context, record.Session, string, bool) ([]record.Answer, error) {
		return nil, errors.New("no key")
	}))
	n.Write("maple", rosa)
	p := n.user(physician).open("/maple/patients/rosa/whole/medicines")
	p.silent(": not recorded")
	p.silent("all sites")
	p.says("Other sites could not be asked")
	if s := text(p.card("Which sites answered").Parent); !strings.Contains(s, "could not be asked") {
		t.Errorf("the strip: %s", s)
	}
}

func TestWhatIsNotSharedIsNotCalledNotRecorded(t *testing.T) {
	for state, want := range map[string]string{"unreachable": "Corner Pharmacy could not be reached", "refused": "Corner Pharmacy refused", "review": "Corner Pharmacy is to be confirmed"} {
		n := newNode(t, []string{"maple"}, []string{"corner"}, nil)
		n.Write("maple", rosa)
		far, _ := n.Records.Site("corner")
		if err := n.System("maple").Receive(t.Context(), far, "rosa", record.Answer{Site: "corner", State: state, Asked: pagetest.Anchor}, nil, false); err != nil {
			t.Fatal(err)
		}
		b := n.user(physician)
		for _, path := range wholePaths {
			if path == "/results/6301-6" {
				continue
			}
			p := b.open("/maple/patients/rosa/whole" + path)
			p.card("Which sites answered")
			p.silent(": not recorded")
			p.says(want)
		}
	}
}

func TestASiteToBeConfirmedIsNotARefusal(t *testing.T) {
	n := newNode(t, []string{"maple"}, []string{"corner"}, nil)
	n.Write("maple", rosa)
	far, _ := n.Records.Site("corner")
	if err := n.System("maple").Receive(t.Context(), far, "rosa", record.Answer{Site: "corner", State: "review", Asked: pagetest.Anchor}, nil, false); err != nil {
		t.Fatal(err)
	}
	strip := text(n.user(physician).open("/maple/patients/rosa/whole").card("Which sites answered"))
	if !strings.Contains(strip, "Corner Pharmacy to be confirmed") || strings.Contains(strip, "refused") {
		t.Errorf("the strip: %s", strip)
	}
}

func TestNoLinkIsWithoutText(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	n.Write("maple", rosa)
	b := n.user(physician)
	for _, lens := range []string{"", "/whole"} {
		for _, path := range wholePaths {
			_, body := b.get("/maple/patients/rosa" + lens + path)
			for _, a := range elementsOf(parse(t, body).Node, "a", "") {
				if text(a) == "" && attr(a, "aria-label") == "" {
					t.Errorf("%s%s: %s has no text", lens, path, attr(a, "href"))
				}
			}
		}
	}
}

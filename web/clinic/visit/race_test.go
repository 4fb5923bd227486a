package visit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/chart/note"
)

// Many hands in one section at once: every line that was acknowledged is there,
// once. A save that met too many others is told so and comes again.
func TestManyHandsInOneSection(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	at := started(t, b, harold, "Cough")
	_, _ = b.Post(at+"/draft", nil)
	var wg sync.WaitGroup
	for hand := range 6 {
		wg.Go(func() {
			key, base, text := "", "", ""
			for i := 0; i < 6; {
				line := fmt.Sprintf("hand %d line %d", hand, i)
				mine := strings.TrimPrefix(text+"\n"+line, "\n")
				body, _ := json.Marshal(saving{Key: key, Tab: fmt.Sprint(hand), Edits: []note.Edit{{Code: plan, Base: base, Text: mine, Save: fmt.Sprint(hand, "-", i)}}})
				res, err := b.Client.Post(n.Base+at+"/draft", "application/json", bytes.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				var out saved
				err = json.NewDecoder(res.Body).Decode(&out)
				res.Body.Close()
				switch {
				case err != nil:
					t.Error(err)
					return
				case res.StatusCode == http.StatusServiceUnavailable:
					time.Sleep(5 * time.Millisecond)
				case res.StatusCode != http.StatusOK:
					t.Errorf("%d %s", res.StatusCode, out.Said)
					return
				default:
					key = out.Key
					for _, s := range out.Sections {
						if s.Code == plan {
							base, text = s.Text, s.Text
						}
					}
					i++
				}
			}
		})
	}
	wg.Wait()
	got := stored(t, n, at, plan)
	for hand := range 6 {
		for i := range 6 {
			l := fmt.Sprintf("hand %d line %d", hand, i)
			if strings.Count(got, l) != 1 {
				t.Errorf("%q is there %d times", l, strings.Count(got, l))
			}
		}
	}
	var p presence
	p.left("x", "y") // a beacon may be the first that a new process hears
	if c := company(p.seen("x", here{Tab: "a", User: "u", Name: "U"}, n.Clock()), "u"); c != "only you are writing" {
		t.Error(c)
	}
	if c := company(p.seen("x", here{Tab: "b", User: "v", Name: "V"}, n.Clock()), "v"); c != "U is writing too" {
		t.Error(c)
	}
	if c := company(p.seen("x", here{Tab: "c", User: "u"}, n.Clock().Add(time.Second)), "u"); c != "V is writing too" {
		t.Error(c)
	}
	if c := company(p.seen("x", here{Tab: "c", User: "u"}, n.Clock().Add(time.Hour)), "u"); c != "only you are writing" {
		t.Error(c)
	}
}

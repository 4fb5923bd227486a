package documents

import (
	"net/url"
	"strings"
	"testing"

	"wholechart/internal/pagetest"
)

// TestHostileInput: every field of every form of this room, with what was not made
// for it. The upload's own fields: TestUploadRefuses.
func TestHostileInput(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	res, _ := b.Post(rosa+"/letters", url.Values{"template": {"blank"}})
	letter := res.Request.URL.Path
	send(t, b, rosa, consult, upload{"a.txt", []byte("An outside letter about the knee.")})
	doc := "/maple" + docPath.FindString(b.Open(rosa+"/library"))
	inError := func(f pagetest.Form) bool { return strings.HasSuffix(f.Action, "/error") } // done once, it is done
	for name, path := range map[string]string{"letter": letter, "document": doc, "move": doc + "/move"} {
		t.Run(name, func(t *testing.T) { b.Abuse(t, path, inError) })
	}
}

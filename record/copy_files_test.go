package record

import (
	"encoding/base64"
	"testing"

	"wholechart/access"
)

// Files make pages of changes short, so that no page is larger than an asker takes,
// and nothing is left out.
func TestChangesOfFilesComeInPages(t *testing.T) {
	r, ctx := node(t)
	a := r.user("a", access.Physician)
	data := base64.StdEncoding.EncodeToString(make([]byte, 2<<20))
	put(t, a, rosa)
	for _, id := range []string{"f1", "f2", "f3", "f4", "f5"} {
		put(t, a, `{"resourceType":"Binary","id":"`+id+`","contentType":"text/plain","securityContext":{"reference":"Patient/rosa"},"data":"`+data+`"}`)
	}
	peer := r.As(access.Actor{Kind: access.Peer, ID: "far", Site: "a", Purpose: access.Treatment, Patients: []string{"rosa"}}, access.EMR)
	seen := map[string]bool{}
	var after Seq
	for pages := 1; ; pages++ {
		p, err := peer.PatientChangesPage(ctx, "rosa", after, 100)
		if err != nil || pages > 5 {
			t.Fatal(pages, err)
		}
		size := 0
		for _, v := range p.Versions {
			seen[v.Type+"/"+v.ID] = true
			size += len(v.Body)
		}
		if size > pageBytes+len(data)+1000 {
			t.Errorf("a page of %d bytes", size)
		}
		if after = p.Next; !p.More {
			if pages < 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if len(seen) != 6 {
		t.Errorf("%v", seen)
	}
}

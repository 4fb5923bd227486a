package visit

import (
	"net/url"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/web"
	"wholechart/web/door"
)

// spared is what was drafted at a visit and not ordered, because it was there.
type spared struct {
	web.Link
	Why string // "The result of 14 Nov 2026 at Lakeside is used instead."
}

// sparedAt are those of a visit: who writes the note sees what was decided, and can
// say so in words.
func sparedAt(c *door.Call, patient, visit string) (out []spared, err error) {
	list, err := find(c, "ServiceRequest", url.Values{"patient": {patient}, "encounter": {"Encounter/" + visit}, "status": {"revoked"}, "category": {order.KindSystem + "|" + order.NotOrdered}, "_count": {"20"}})
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if i, ok := order.ReadInstead(r.Node()); ok {
			out = append(out, spared{web.Link{Label: order.Read(r.Node()).Title(), Href: c.PatientPath(patient, access.EMR, "orders", r.ID)}, i.Text})
		}
	}
	return out, nil
}

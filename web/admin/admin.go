package admin

import (
	"context"
	_ "embed"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/web/door"
)

// NodeStatus tells how the node is. The roof, which sees store and exchange, is one.
type NodeStatus interface {
	NodeStatus(ctx context.Context) (Status, error)
}

// Status is a node in numbers, without anything of any patient.
type Status struct {
	Resources int64     // current resources of all sites, copies with them; negative: not counted
	Bytes     int64     // of the database files; negative: not known
	Started   time.Time // when the process began
	Version   string    // of the program
	AuditN    int64     // number of the last event in the audit chain
	AuditHash string    // its SHA-256 in hexadecimal, to be kept elsewhere as proof
	Peers     []PeerStatus
}

// PeerStatus is the last time that a peer was asked.
type PeerStatus struct {
	Slug string
	Up   bool      // it answered, be it a refusal
	At   time.Time // zero: never asked
	Why  string    // of not answering, without patient data
}

// admin is the pages of one node's sites.
type admin struct {
	*door.Door
	Node  NodeStatus // nil: the node's numbers are said to be unknown
	users sync.Mutex // over look-then-change of accounts
}

// Register hangs the pages on the door.
func Register(d *door.Door, node NodeStatus) {
	h := &admin{Door: d, Node: node}
	d.File("admin.css", sheet)
	h.page("GET /{site}/log", h.log)
	h.page("GET /{site}/log.csv", h.logCSV)
	h.page("GET /{site}/patients/{id}/access", h.looked)
	h.page("GET /{site}/node", h.node)
	h.page("GET /{site}/users", h.userList)
	h.page("POST /{site}/users", h.changeUser)
	h.page("GET /{site}/links", h.links)
	h.page("POST /{site}/links", h.decideLink)

	may := func(act access.Action, typ string) func(*door.Call) bool {
		return func(c *door.Call) bool { return c.Actor.Kind == access.User && c.Can(act, typ) }
	}
	d.Places = append(d.Places,
		door.Place{Order: 21, Label: "Who looked", Key: "g l", Path: "patients/{patient}/access", Can: func(c *door.Call) bool { return len(c.Actor.Patients) > 0 }},
		door.Place{Order: 70, Label: "Access log", Key: "g a", Path: "log", Can: may(access.SeeAudit, "")},
		door.Place{Order: 71, Label: "Links", Key: "g k", Path: "links", Can: func(c *door.Call) bool { return (&call{h, c}).decidesLinks() }},
		door.Place{Order: 72, Label: "Users", Key: "g u", Path: "users", Can: may(access.Manage, "")},
		door.Place{Order: 73, Label: "Node", Key: "g n", Path: "node", Can: may(access.Manage, "")},
	)
}

//go:embed admin.css
var sheet []byte

var sheetURL = door.FileURL("admin.css", sheet)

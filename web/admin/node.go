package admin

import (
	"crypto"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/record"
	"wholechart/web"
)

// nodePage is how the node is. It holds nothing of any patient.
type nodePage struct {
	Numbers  []number
	Unknown  string // why there are no numbers
	Audit    string // number of the last event
	Head     string // its hash
	Own      []keyLine
	Sites    []siteLine
	Peers    []peerLine
	Staff    []userLine
	Patients int // accounts of patients and proxies: how many, never who
	UsersURL string
	Site     string
	Now      time.Time
	Zone     *time.Location
}

type number struct {
	Name, Value, Note string
}

type keyLine struct{ ID, Print string }

type siteLine struct {
	Badge             web.Badge
	Name, Slug, State string
	Zone              string
}

type peerLine struct {
	Badge web.Badge
	Name  string
	Slug  string
	Base  string
	Keys  []keyLine
	State web.Pill
	At    time.Time
	Why   string
}

func (h *admin) node(c *call) {
	if !c.may(access.Manage, "") {
		return
	}
	ctx := c.R.Context()
	p := nodePage{UsersURL: c.Path("users"), Site: c.Site.Name, Now: c.Now, Zone: c.Zone}
	status := Status{Resources: -1, Bytes: -1}
	if h.Node == nil {
		p.Unknown = "This node does not say how it is."
	} else if s, err := h.Node.NodeStatus(ctx); err != nil {
		c.Call.Log.Error("node status", "error", err)
		p.Unknown = "How the node is could not be found out just now."
	} else {
		status = s
		p.Numbers = c.numbers(s)
		if s.AuditHash != "" {
			p.Audit, p.Head = thousands(s.AuditN), s.AuditHash
		}
	}
	own, err := h.Auth.PublicKeys(ctx)
	if err != nil {
		c.Failed(err)
		return
	}
	for _, k := range own.Keys {
		p.Own = append(p.Own, keyLine{k.KeyID, fingerprint(k.Thumbprint(crypto.SHA256))})
	}
	for _, s := range h.Records.Sites() {
		if s.Local {
			p.Sites = append(p.Sites, siteLine{badgeOf(s), s.Name, s.Slug, s.State, s.Zone})
		}
	}
	peers, err := h.Auth.Peers(ctx)
	if err != nil {
		c.Failed(err)
		return
	}
	for _, peer := range peers {
		p.Peers = append(p.Peers, h.peerLine(peer, status.Peers))
	}
	users, err := h.Auth.Users(ctx, c.Site.Slug)
	if err != nil {
		c.Failed(err)
		return
	}
	p.Staff, p.Patients = staff(users, c.Actor.ID)
	c.render(http.StatusOK, c.Page("Node"), nodeMain(p))
}

func (c *call) numbers(s Status) []number {
	var out []number
	add := func(name, value, note string) {
		if value == "" {
			value = "unknown"
		}
		out = append(out, number{name, value, note})
	}
	count := func(n int64, word func(int64) string) string {
		if n < 0 {
			return ""
		}
		return word(n)
	}
	if s.Resources >= 0 {
		add("Resources", count(s.Resources, thousands), "current, of all sites, with copies")
	}
	add("Database", count(s.Bytes, bytesWord), "")
	if s.Started.IsZero() {
		add("Running since", "", "")
	} else {
		add("Running since", web.ExactText(s.Started, c.Zone), web.RelativeText(s.Started, c.Now, c.Zone))
	}
	add("Version", s.Version, "")
	return out
}

func (h *admin) peerLine(p auth.Peer, known []PeerStatus) peerLine {
	l := peerLine{Name: h.siteName(p.Slug), Slug: p.Slug, Base: p.Base, State: web.Pill{Kind: web.Neutral, Text: "not asked yet", Shape: web.Clock}}
	if s, err := h.Records.Site(p.Slug); err == nil {
		l.Badge = badgeOf(s)
	} else {
		l.Badge = web.Badge{Letters: web.Letters(p.Slug), Title: p.Slug}
	}
	for _, k := range p.Keys.Keys {
		l.Keys = append(l.Keys, keyLine{k.KeyID, fingerprint(k.Thumbprint(crypto.SHA256))})
	}
	for _, s := range known {
		switch {
		case s.Slug != p.Slug || s.At.IsZero():
		case s.Up:
			l.State, l.At = web.Pill{Kind: web.Good, Text: "up"}, s.At
		default:
			l.State, l.At, l.Why = web.Pill{Kind: web.Danger, Text: "down", Shape: web.Cross}, s.At, s.Why
		}
	}
	return l
}

func badgeOf(s *record.Site) web.Badge {
	return web.Badge{Letters: s.Badge, Color: s.Color(), Title: s.Name}
}

// fingerprint is a key's SHA-256 thumbprint (RFC 7638) to be compared by eye or
// by telephone.
func fingerprint(sum []byte, err error) string {
	if err != nil {
		return "not readable"
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// thousands groups digits: 191,093.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// bytesWord is a size in decimal units, as disks are sold.
func bytesWord(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	f, u := float64(n), 0
	for f >= 1000 && u < len(units)-1 {
		f /= 1000
		u++
	}
	if u == 0 {
		return strconv.FormatInt(n, 10) + " " + units[0]
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + units[u]
}

package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
)

// Provider is somebody whom patients are booked with.
type Provider struct {
	Party
	Hours  Hours
	Role   string // what the directory says they are
	RoleID string // id of the PractitionerRole, the first when there are several
}

// Place is a room, or the practice itself.
type Place struct {
	Party
	Room  bool // one patient at a time
	Hours Hours
	Known bool // Hours were recorded
}

// Calendar is who and what of a site can be booked, and when.
type Calendar struct {
	Zone      *time.Location
	Providers []Provider // by name
	Rooms     []Place    // by name
	Practice  []Place    // places that are no rooms
	Types     []VisitType
	Site      Hours // of the practice's places; Assumed when none are recorded
}

const most = 1000 // of each kind that a calendar holds

// Open reads a site's directory. It names no patient. What exceeds 1000 of a
// kind is left out.
func Open(ctx context.Context, s record.Session, zone *time.Location) (*Calendar, error) {
	c, err := people(ctx, s, zone, "")
	if err != nil {
		return nil, err
	}
	services, err := find(ctx, s, "HealthcareService", url.Values{"_count": {"1000"}})
	if err != nil {
		return nil, err
	}
	var nodes []fhir.Node
	for _, r := range services.Matches {
		nodes = append(nodes, r.Node())
	}
	c.Types = TypesOf(nodes)
	return c, nil
}

// Free is when one provider works within a window and is not at one of these
// times. It reads that provider's hours and exceptions alone. known is false where
// nobody recorded hours: what is assumed is not free.
func Free(ctx context.Context, s record.Session, provider string, window Span, taken []Span, zone *time.Location) (free []Span, known bool, err error) {
	c, err := people(ctx, s, zone, provider)
	if err != nil {
		return nil, false, err
	}
	p, err := c.Exceptions(ctx, s, window.From, window.To)
	if err != nil {
		return nil, false, err
	}
	who, ok := p.Provider(provider)
	if !ok || who.Hours.Assumed {
		return nil, false, nil
	}
	return without(who.Hours.Open(window, zone), taken), true, nil
}

// people reads who and what can be booked, without the types of visits: everybody,
// or one provider.
func people(ctx context.Context, s record.Session, zone *time.Location, only string) (*Calendar, error) {
	c := &Calendar{Zone: zone}
	ask := url.Values{"_include": {"PractitionerRole:practitioner"}, "_count": {"1000"}}
	if only != "" {
		ask.Set("practitioner", only)
	}
	roles, err := find(ctx, s, "PractitionerRole", ask)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, r := range roles.Included {
		if n := r.Node(); n.ResourceType() == "Practitioner" {
			names["Practitioner/"+r.ID] = NameOf(n)
			if n.Get("active").Exists() && !n.Get("active").True() {
				delete(names, "Practitioner/"+r.ID)
			}
		}
	}
	at := map[string]int{}
	for _, r := range roles.Matches {
		n := r.Node()
		who := fhir.ReferenceOf(n.Get("practitioner"))
		name, ok := names[who.Reference]
		if !ok || n.Get("active").Exists() && !n.Get("active").True() {
			continue
		}
		h, known := HoursOf(n, zone)
		i, seen := at[who.Reference]
		if !seen {
			i = len(c.Providers)
			at[who.Reference] = i
			c.Providers = append(c.Providers, Provider{Party: Party{who.Reference, name}, Role: fhir.CodeableConceptOf(n.Get("code").Index(0)).Label(), RoleID: r.ID, Hours: Hours{Assumed: true}})
		}
		p := &c.Providers[i]
		p.Hours.Weekly = append(p.Hours.Weekly, h.Weekly...)
		p.Hours.Away = append(p.Hours.Away, h.Away...)
		p.Hours.Assumed = p.Hours.Assumed && !known
	}
	if err := c.places(ctx, s); err != nil {
		return nil, err
	}
	for i := range c.Providers {
		if p := &c.Providers[i]; p.Hours.Assumed {
			p.Hours.Weekly, p.Hours.Assumed = c.Site.Weekly, c.Site.Assumed
		}
	}
	slices.SortFunc(c.Providers, func(a, b Provider) int { return cmp.Compare(a.Name, b.Name) })
	return c, nil
}

func (c *Calendar) places(ctx context.Context, s record.Session) error {
	found, err := find(ctx, s, "Location", url.Values{"_count": {"1000"}})
	if err != nil {
		return err
	}
	for _, r := range found.Matches {
		n := r.Node()
		if st := n.Get("status"); st.Is("inactive") || n.Get("mode").Is("kind") {
			continue
		}
		p := Place{Party: Party{"Location/" + r.ID, n.Get("name").Str()}, Room: isRoom(n)}
		p.Hours, p.Known = HoursOf(n, c.Zone)
		if n.Get("status").Is("suspended") {
			p.Hours.Away = append(p.Hours.Away, Away{Span: Span{To: time.Date(9000, 1, 1, 0, 0, 0, 0, c.Zone)}, Why: "suspended"})
		}
		if p.Room {
			c.Rooms = append(c.Rooms, p)
			continue
		}
		c.Practice = append(c.Practice, p)
		c.Site.Weekly = append(c.Site.Weekly, p.Hours.Weekly...)
	}
	if len(c.Site.Weekly) == 0 {
		c.Site = Usual()
	}
	byName := func(a, b Place) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(c.Rooms, byName)
	slices.SortFunc(c.Practice, byName)
	return nil
}

// isRoom: http://terminology.hl7.org/CodeSystem/location-physical-type ro, or bd (a bed, a chair).
func isRoom(n fhir.Node) bool {
	for _, c := range fhir.CodeableConceptOf(n.Get("physicalType")).Codings {
		if c.Code == "ro" || c.Code == "bd" {
			return true
		}
	}
	return false
}

// NameOf is how a Practitioner, Patient or RelatedPerson is called: the name to
// use before the official one.
func NameOf(n fhir.Node) string {
	best, rank := "", -1
	for h := range n.Get("name").Items() {
		name := fhir.HumanNameOf(h)
		r := map[string]int{"usual": 3, "official": 2, "": 1, "temp": 1, "nickname": 0, "anonymous": 0, "maiden": -1, "old": -1}[name.Use]
		if name.Use == "usual" && name.Text == "" && name.Family == "" {
			continue // a first name alone: not enough to call somebody by
		}
		if text := name.String(); text != "" && r > rank {
			best, rank = text, r
		}
	}
	return best
}

// Provider is a provider by reference.
func (c *Calendar) Provider(ref string) (Provider, bool) {
	i := slices.IndexFunc(c.Providers, func(p Provider) bool { return p.Ref == ref })
	if i < 0 {
		return Provider{}, false
	}
	return c.Providers[i], true
}

// Room is a room by reference.
func (c *Calendar) Room(ref string) (Place, bool) {
	i := slices.IndexFunc(c.Rooms, func(p Place) bool { return p.Ref == ref })
	if i < 0 {
		return Place{}, false
	}
	return c.Rooms[i], true
}

// Type is a visit type by its code.
func (c *Calendar) Type(code string) (VisitType, bool) {
	i := slices.IndexFunc(c.Types, func(t VisitType) bool { return t.Code.Code == code })
	if i < 0 {
		return VisitType{}, false
	}
	return c.Types[i], true
}

// exclusive says whether a participant can only be at one appointment at a time.
func (c *Calendar) exclusive(ref string) bool {
	if strings.HasPrefix(ref, "Location/") {
		_, room := c.Room(ref)
		return room
	}
	return ref != ""
}

// find is a search of the chart, all pages of it; an error when that is too much.
func find(ctx context.Context, s record.Session, typ string, v url.Values) (*record.Page, error) {
	q, err := search.Parse(typ, v, search.Options{DefaultCount: 1000})
	if err != nil {
		return nil, fmt.Errorf("search of %s: %w", typ, err)
	}
	out := &record.Page{}
	for {
		page, err := s.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		out.Matches, out.Included = append(out.Matches, page.Matches...), append(out.Included, page.Included...)
		if page.Next == "" {
			return out, nil
		}
		if len(out.Matches) >= 20*most { // a part of a calendar looks like a free one
			return nil, fmt.Errorf("more than %d of %s in this span: ask for a shorter one", 20*most, typ)
		}
		q.After = page.Next
	}
}

func isConflict(err error) bool {
	var moved *record.VersionConflict
	return errors.As(err, &moved) || errors.Is(err, record.ErrMoved)
}

package record

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
	"wholechart/validate"
)

// Op is what an Act does.
type Op uint8

// The operations of an Act.
const (
	Create Op = iota + 1
	Update
	Delete
)

// Act is one change that is asked for. Acts of one Transact happen together or
// not at all.
type Act struct {
	Op       Op
	Type     string
	ID       string    // of Update and Delete; of Create, when the id is chosen already (import)
	Resource fhir.Node // of Create and Update: alone, or part of a larger text

	Base    string        // URL of the endpoint that it came to: references below it are relative ones; may be empty
	FullURL string        // what other acts of the same Transact may call this resource in references
	Where   *search.Query // conditional create (create if none matches), update or delete; nil: unconditional
	IfMatch int           // the version that Update or Delete expects; 0: any

	Signs *Signed // the draft that becomes this resource: dropped in the same transaction

	Adopt  bool      // Update by an import: the resource's own id, if it has another, gives way to ID, and a text that was a version before adds nothing
	Author string    // who wrote it, when that is not the session's actor (import)
	When   time.Time // when it was written at its source; zero: now

	why string // of a merge, or of its undoing
}

// Signed names the draft that a Create finishes, at the revision that was signed.
type Signed struct {
	Kind, ID string
	Rev      int
}

// Done says what became of an Act.
type Done uint8

// What becomes of an act.
const (
	Created Done = iota + 1
	Updated
	Found   // conditional create: one was there already
	Same    // update: nothing would change, no version was made
	Deleted // or was not there to begin with
)

// Outcome is the answer to one Act.
type Outcome struct {
	Done     Done
	Resource Resource
}

// MaxActs bounds one Transact.
const MaxActs = 20000

// Transact does all acts or none. References by an act's FullURL become
// references by type and id; references that are conditions
// ("Patient?identifier=…") are resolved; every other relative reference must
// lead to something that is there (http://hl7.org/fhir/R4/http.html#transaction).
// Errors: *Refused, *Invalid, *Ambiguous, and the store's.
func (s Session) Transact(ctx context.Context, acts []Act) ([]Outcome, error) {
	if len(acts) == 0 {
		return nil, nil
	}
	if len(acts) > MaxActs {
		return nil, invalid("too-costly", "", fmt.Sprintf("more than %d changes in one transaction", MaxActs))
	}
	for _, a := range acts {
		if _, err := s.decide(map[Op]access.Action{Create: access.Create, Update: access.Update, Delete: access.Delete}[a.Op], a.Type, a.ID); err != nil {
			return nil, err
		}
	}
	if s.lens != access.EMR {
		return nil, &Refused{Why: "the whole record is read only"}
	}
	for attempt := 0; ; attempt++ {
		out, err := s.attempt(ctx, acts)
		if !errors.Is(err, errMoved) || attempt == 3 {
			if err != nil {
				s.note(audit.Event{Action: "transact", Type: acts[0].Type, ID: acts[0].ID, Count: len(acts), Outcome: audit.Failed, Why: kindOf(err)})
			}
			return out, err
		}
	}
}

// errMoved says that what a condition found had changed when the write's turn came.
var errMoved = errors.New("what a condition referred to changed meanwhile")

// planned is an act with its id known, its references resolved and its body ready to store.
type planned struct {
	Act
	id    string
	found *store.Row // what a condition found
	ready *store.Prepared
	old   store.Row // of an Update: what is there when the write begins
	state error     // of an Update: nil, ErrNotFound or *Gone

	unlabels string // why a label may be taken off: see reasons
	lessened string // that one is, for the log
}

func (s Session) attempt(ctx context.Context, acts []Act) ([]Outcome, error) {
	plan := make([]planned, len(acts))
	names := map[string]string{}
	var conditions []condition
	targets, unmet := map[string]bool{}, map[string]bool{}
	for i, a := range acts {
		p := &plan[i]
		p.Act, p.id = a, a.ID
		if a.Where != nil {
			c, err := s.condition(ctx, a.Where)
			if err != nil {
				return nil, err
			}
			conditions = append(conditions, c)
			if c.found != nil {
				p.found = c.found
				if p.id != "" && p.id != c.found.ID {
					return nil, invalid("conflict", "id", "the id given is not that of the resource the condition finds")
				}
				p.id = c.found.ID
			} else if asked := a.Type + "?" + a.Where.Understood.Encode(); a.Op != Delete {
				if unmet[asked] { // each alone would make one, together they would make two
					return nil, invalid("duplicate", "", "two entries of the transaction have the same condition, which finds nothing")
				}
				unmet[asked] = true
			}
		}
		if p.id == "" && a.Op != Delete {
			p.id = newID(s.r.now())
		}
		if p.id != "" {
			if !validID(p.id) {
				return nil, invalid("value", "id", "an id is 1 to 64 letters, digits, hyphens and dots")
			}
			if targets[a.Type+"/"+p.id] {
				return nil, invalid("duplicate", "", "two entries of the transaction are about the same resource")
			}
			targets[a.Type+"/"+p.id] = true
		}
		if a.FullURL != "" {
			names[a.FullURL] = a.Type + "/" + p.id
		}
	}
	for i := range plan {
		p := &plan[i]
		if p.Op == Delete || p.Op == Create && p.found != nil {
			continue
		}
		more, err := s.prepare(ctx, p, names)
		if err != nil {
			return nil, at(err, i, len(plan))
		}
		conditions = append(conditions, more...)
	}
	return s.commit(ctx, plan, conditions)
}

// commit writes a plan in one transaction, after checking that what its
// conditions found is still so.
func (s Session) commit(ctx context.Context, plan []planned, conditions []condition) ([]Outcome, error) {
	out := make([]Outcome, len(plan))
	rows := make([]store.Row, len(plan))
	var now time.Time
	said := said{m: &s.r.merges}
	if why := reasons(plan); why != nil {
		for i := range plan {
			plan[i].unlabels = why[plan[i].Type+"/"+plan[i].id]
		}
	}
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error {
		now = s.r.now()
		for _, c := range conditions {
			if err := s.still(tx, c); err != nil {
				return err
			}
		}
		for i := range plan { // before the first write: a read after one makes the store settle it
			if err := s.consider(tx, &plan[i]); err != nil {
				return at(err, i, len(plan))
			}
		}
		merged, err := s.keepsMerges(tx, plan)
		if err != nil {
			return err
		}
		var events []audit.Event
		// Deletes, creates, updates: http://hl7.org/fhir/R4/http.html#trules.
		// What says where facts are from is written when they are there.
		for _, step := range []struct {
			op   Op
			last bool
		}{{Delete, false}, {Create, false}, {Update, false}, {Delete, true}, {Create, true}, {Update, true}} {
			for i := range plan {
				if plan[i].Op != step.op || (plan[i].Type == "Provenance") != step.last {
					continue
				}
				row, done, err := s.write(tx, &plan[i], now)
				if err != nil {
					return at(err, i, len(plan))
				}
				rows[i], out[i].Done = row, done
				if plan[i].Type == "Patient" && done != Found && done != Same {
					said.patient(&plan[i], row)
				}
				e := audit.Event{Time: now, Action: step.op.action(), Type: plan[i].Type, ID: plan[i].id, Key: row.Key.Patient(), Count: 1, Why: plan[i].lessened}
				switch {
				case done == Found:
					e.Action, e.Why = "read", "there already"
				case done == Same && s.actor.Kind == access.System: // an import that is run again
					continue
				case done == Same:
					e.Why = "the same already"
				}
				events = append(events, s.event(e))
			}
		}
		for i := range plan {
			if d := plan[i].Signs; d != nil {
				if _, err := s.draft(&tx.View, d.Kind, d.ID); errors.Is(err, ErrNotFound) {
					return ErrNotFound // signed already: not twice
				}
				if err := s.dropDraft(tx, d.Kind, d.ID, d.Rev); err != nil {
					return err
				}
			}
		}
		if err := s.settleMerges(tx, merged, now); err != nil {
			return err
		}
		return audit.Append(tx, now, events...)
	})
	said.end(err)
	if err != nil {
		return nil, err
	}
	for i, row := range rows { // here and not in the closure, for which all other writers wait
		out[i].Resource = s.resource(row)
	}
	return out, nil
}

// consider reads what is there and says whether the act may be done to it.
func (s Session) consider(tx *store.Tx, p *planned) error {
	switch {
	case p.Op == Update:
		var gone *store.ErrGone
		p.old, p.state = tx.Get(s.site.No, p.Type, p.id)
		if p.state != nil && !errors.Is(p.state, store.ErrNotFound) && !errors.As(p.state, &gone) {
			return p.state
		}
		if p.state == nil && p.Where != nil && p.found == nil {
			return invalid("conflict", "id", "the condition finds nothing, and the id given is another resource's")
		}
		if p.state == nil {
			if err := s.keepsSigned(p, p.old); err != nil {
				return err
			}
		}
		return s.may(tx, p, p.old, p.state == nil || gone != nil)
	case p.Op == Create && p.found == nil:
		return s.may(tx, p, store.Row{}, false)
	case p.Op == Delete && p.id != "":
		if old, err := tx.Get(s.site.No, p.Type, p.id); err == nil {
			if err := s.keepsSigned(p, old); err != nil {
				return err
			}
			return s.may(tx, p, old, true)
		}
	}
	return nil
}

// may asks the rules of this floor about an act that writes.
func (s Session) may(tx *store.Tx, p *planned, old store.Row, had bool) error {
	for _, rule := range [...]func(*planned, store.Row, bool) error{s.mayKind, s.mayTask, s.maySign} {
		if err := rule(p, old, had); err != nil {
			return err
		}
	}
	if err := s.mayProgram(tx, p, old, had); err != nil {
		return err
	}
	if err := s.mayUnlabel(tx, p, old, had); err != nil {
		return err
	}
	return s.mayClaim(tx, p, old, had)
}

func (o Op) action() string { return [...]string{"", "create", "update", "delete"}[o] }

func (s Session) write(tx *store.Tx, p *planned, now time.Time) (store.Row, Done, error) {
	if p.Op == Create && p.found != nil {
		return *p.found, Found, nil
	}
	opt := store.PutOptions{IfVersion: store.AnyVersion, Author: p.Author, Updated: p.When}
	if opt.Author == "" {
		opt.Author = s.author()
	}
	if opt.Updated.IsZero() {
		opt.Updated = now
	}
	if p.IfMatch > 0 {
		opt.IfVersion = p.IfMatch
	}
	switch p.Op {
	case Delete:
		if p.id == "" { // a conditional delete that found nothing
			return store.Row{}, Deleted, nil
		}
		row, err := tx.Delete(s.site.No, p.Type, p.id, opt)
		var gone *store.ErrGone
		if (errors.Is(err, store.ErrNotFound) || errors.As(err, &gone)) && p.IfMatch == 0 {
			return store.Row{}, Deleted, nil
		}
		return row, Deleted, err
	case Create:
		opt.IfVersion = 0 // it must not exist
		row, err := tx.Put(s.site.No, p.id, p.ready, opt)
		return row, Created, err
	}
	if p.state == nil && p.IfMatch == 0 && string(p.old.Body()) == string(p.ready.Body) {
		return p.old, Same, nil
	}
	if p.Adopt && p.IfMatch == 0 {
		known, err := s.was(tx, p)
		if err != nil || known {
			return p.old, Same, err
		}
	}
	row, err := tx.Put(s.site.No, p.id, p.ready, opt)
	if err != nil || p.state != nil {
		return row, Created, err
	}
	return row, Updated, nil
}

// maxPast bounds how many earlier versions was looks at, newest first.
const maxPast = 1000

// was says whether an import's text is an earlier version of its resource: what
// has been corrected or deleted here since does not come back, and two texts of
// one resource in an archive do not take turns.
func (s Session) was(tx *store.Tx, p *planned) (bool, error) {
	last := p.old.Version
	var gone *store.ErrGone
	if errors.As(p.state, &gone) {
		last = gone.Version
	}
	for n := last - 1; n > 0 && n >= last-maxPast; n-- {
		row, err := tx.Version(s.site.No, p.Type, p.id, n)
		if err == nil && string(row.Body()) == string(p.ready.Body) {
			return true, nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.As(err, &gone) {
			return false, err
		}
	}
	return false, nil
}

// prepare validates an act's resource and makes it ready to store.
func (s Session) prepare(ctx context.Context, p *planned, names map[string]string) ([]condition, error) {
	root := p.Resource
	if t := root.ResourceType(); t != p.Type {
		return nil, invalid("invalid", "resourceType", "the resource is not of the type that the request names")
	}
	if p.Op == Update && p.ID != "" && root.ID() != p.ID && !p.Adopt {
		return nil, invalid("invalid", p.Type+".id", "the resource's id must be the id in the URL")
	}
	edits, conditions, err := s.resolve(ctx, root, p.Base, names)
	if err != nil {
		return nil, err
	}
	doc, err := clean(root, p.id, edits)
	if err != nil {
		return nil, invalid("structure", "", err.Error())
	}
	if issues := validate.Resource(doc.Root(), validate.Options{}); validate.HasErrors(issues) {
		bad := &Invalid{}
		for _, i := range issues {
			bad.Issues = append(bad.Issues, Issue{string(i.Severity), i.Code, i.Path, i.Text})
		}
		return nil, bad
	}
	ex, err := search.Extract(doc.Root())
	if err != nil {
		return nil, fmt.Errorf("index of %s: %w", p.Type, err)
	}
	p.ready = store.Prepare(doc.Root(), ex)
	return conditions, nil
}

// resolve finds what to write instead of references by FullURL and of
// conditional references.
func (s Session) resolve(ctx context.Context, root fhir.Node, base string, names map[string]string) ([]fhir.Edit, []condition, error) {
	var edits []fhir.Edit
	var conditions []condition
	for ref := range fhir.References(root) {
		text := ref.Str()
		from, to := ref.Span()
		if name, ok := names[text]; ok {
			edits = append(edits, fhir.Edit{From: from, To: to, Text: strconv.AppendQuote(nil, name)})
			continue
		}
		if strings.HasPrefix(text, "urn:uuid:") || strings.HasPrefix(text, "urn:oid:") {
			return nil, nil, invalid("not-found", "", "a reference by urn: names no entry of this transaction")
		}
		if own, ok := strings.CutPrefix(text, base+"/"); ok && base != "" {
			if _, ok := parseRef(own); ok {
				edits = append(edits, fhir.Edit{From: from, To: to, Text: strconv.AppendQuote(nil, own)})
				continue
			}
		}
		typ, query, ok := strings.Cut(text, "?")
		if !ok || !fhir.IsResourceType(typ) {
			continue
		}
		q, err := ask(typ, query)
		if err != nil {
			return nil, nil, err
		}
		c, err := s.conditional(ctx, q, true)
		if err != nil {
			return nil, nil, err
		}
		if c.found == nil {
			return nil, nil, invalid("not-found", "", "a conditional reference finds no "+typ)
		}
		conditions = append(conditions, c)
		edits = append(edits, fhir.Edit{From: from, To: to, Text: strconv.AppendQuote(nil, typ+"/"+c.found.ID)})
	}
	if len(names) > 0 {
		edits = append(edits, links(root, names)...)
	}
	return edits, conditions, nil
}

// links finds what else in a resource may name another entry: elements of type
// uri, url, oid and uuid that are exactly an entry's FullURL (transaction rules,
// http://hl7.org/fhir/R4/http.html#trules).
func links(n fhir.Node, names map[string]string) []fhir.Edit {
	var edits []fhir.Edit
	var walk func(n fhir.Node, key string)
	walk = func(n fhir.Node, key string) {
		switch n.Kind() {
		case fhir.Object:
			for k, v := range n.Fields() {
				walk(v, k)
			}
		case fhir.Array:
			for v := range n.Items() {
				walk(v, key)
			}
		case fhir.String:
			if key == "reference" || key == "value" || key == "system" {
				return
			}
			if name, ok := names[n.Str()]; ok {
				from, to := n.Span()
				edits = append(edits, fhir.Edit{From: from, To: to, Text: strconv.AppendQuote(nil, name)})
			}
		}
	}
	walk(n, "")
	return edits
}

// at says which entry of a transaction an error is about.
func at(err error, i, n int) error {
	var bad *Invalid
	if n == 1 || !errors.As(err, &bad) {
		return &EntryError{i, n, err}
	}
	out := &Invalid{Issues: make([]Issue, len(bad.Issues))}
	for j, issue := range bad.Issues {
		issue.Path = strings.TrimSuffix(fmt.Sprintf("Bundle.entry[%d].resource.%s", i, issue.Path), ".")
		out.Issues[j] = issue
	}
	return &EntryError{i, n, out}
}

// EntryError is an error about one act of a transaction.
type EntryError struct {
	Entry, Of int // counted from 0; of how many
	Err       error
}

func (e *EntryError) Error() string {
	if e.Of == 1 {
		return e.Err.Error()
	}
	return fmt.Sprintf("entry %d: %v", e.Entry, e.Err)
}

// Unwrap gives the cause.
func (e *EntryError) Unwrap() error { return e.Err }

// kindOf names an error's kind for the log, without its words.
func kindOf(err error) string { return strings.TrimPrefix(fmt.Sprintf("%T", err), "*") }

package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/store"
)

// Where drafts are kept: what is said of one (draft:site, kind/id), its body
// (draft-body:site), and by whom and for whom it is (draft-of:site, writer/kind/id;
// draft-for:site, patient/kind/id), so that a list reads what it is of and nothing
// else. A body of a draft from before 23 November 2026 stands with what is said of
// it until the draft is saved again.

func (s Session) draftBodies() string { return "draft-body:" + s.actor.Site }
func (s Session) draftsOf() string    { return "draft-of:" + s.actor.Site }
func (s Session) draftsFor() string   { return "draft-for:" + s.actor.Site }

func writerKey(user string) string { return url.PathEscape(user) + "/" }

// sizeStep is how exactly it is remembered how much an owner's drafts take: a
// sentence more changes nothing, so that each save of one writes one row less.
const sizeStep = 64 << 10

func steps(n int) int { return (n + sizeStep - 1) / sizeStep }

// keepDraft writes a draft over what was there, and tells its revision.
func (s Session) keepDraft(tx *store.Tx, d, was Draft, edited int) (rev int, err error) {
	name := d.Kind + "/" + d.ID
	body := d.Body
	d.Body = nil
	head, err := json.Marshal(d)
	if err != nil {
		return 0, err
	}
	if rev, err = tx.PutDocVersion(s.draftKind(), name, head, edited); err != nil {
		return 0, err
	}
	if err := tx.PutDoc(s.draftBodies(), name, body); err != nil {
		return 0, err
	}
	if edited == 0 || steps(d.Size) > steps(max(was.Size, len(was.Body))) {
		if err := s.roomFor(tx, d, edited == 0); err != nil {
			return 0, err
		}
	}
	if edited == 0 && d.Patient != "" {
		if err := tx.PutDoc(s.draftsFor(), d.Patient+"/"+name, []byte{}); err != nil {
			return 0, err
		}
	}
	for i, w := range d.Writers {
		size := "" // the owner's rows count
		if i == 0 {
			size = strconv.Itoa(steps(d.Size))
		}
		id := writerKey(w) + name
		have, err := tx.GetDoc(s.draftsOf(), id)
		if err == nil && string(have) == size {
			continue
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return 0, err
		}
		if err := tx.PutDoc(s.draftsOf(), id, []byte(size)); err != nil {
			return 0, err
		}
	}
	return rev, nil
}

// roomFor says whether the owner of a draft may keep one more, or a longer one.
func (s Session) roomFor(tx *store.Tx, d Draft, more bool) error {
	docs, err := tx.ListDocs(s.draftsOf(), writerKey(d.Owner))
	if err != nil {
		return err
	}
	count, size := 0, steps(d.Size)
	for _, doc := range docs {
		if n, err := strconv.Atoi(string(doc.Body)); err == nil && !strings.HasSuffix(doc.ID, "/"+d.Kind+"/"+d.ID) {
			count, size = count+1, size+n
		}
	}
	if more && count >= MaxDrafts {
		return invalid("too-costly", "", fmt.Sprintf("%d drafts that you began are not signed yet: sign or drop some first", MaxDrafts))
	}
	if size > MaxDraftsBytes/sizeStep {
		return invalid("too-costly", "", fmt.Sprintf("the drafts that you began hold %d MiB together: sign or drop some first", MaxDraftsBytes>>20))
	}
	return nil
}

// withBody reads a draft's body where it stands apart.
func (s Session) withBody(v *store.View, d *Draft) error {
	if d.Body != nil {
		return nil
	}
	body, err := v.GetDoc(s.draftBodies(), d.Kind+"/"+d.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	d.Body = body
	return err
}

// draftDocs are what is said of the drafts that may be those asked for.
func (s Session) draftDocs(v *store.View, q DraftQuery) ([]store.Doc, error) {
	kind, prefix := s.draftKind(), ""
	switch {
	case q.Writer != "":
		kind, prefix = s.draftsOf(), writerKey(q.Writer)
	case q.Patient != "":
		if !validID(q.Patient) {
			return nil, nil
		}
		kind, prefix = s.draftsFor(), q.Patient+"/"
	}
	if q.Kind != "" {
		if !validID(q.Kind) {
			return nil, nil
		}
		prefix += q.Kind + "/"
	}
	docs, err := v.ListDocs(kind, prefix)
	if err != nil || kind == s.draftKind() {
		return docs, err
	}
	var out []store.Doc
	for _, row := range docs {
		_, name, _ := strings.Cut(row.ID, "/")
		doc, err := v.Doc(s.draftKind(), name)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, doc)
	}
	return out, nil
}

// forgetDraft removes all that is kept of a draft.
func (s Session) forgetDraft(tx *store.Tx, d Draft) error {
	name := d.Kind + "/" + d.ID
	rows := [][2]string{{s.draftBodies(), name}, {s.draftsFor(), d.Patient + "/" + name}}
	for _, w := range d.Writers {
		rows = append(rows, [2]string{s.draftsOf(), writerKey(w) + name})
	}
	for _, row := range rows {
		if err := tx.DeleteDoc(row[0], row[1]); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return tx.DeleteDoc(s.draftKind(), name)
}

// draftsIndexed is the document that says that a site's drafts have their index.
const draftsIndexed = "drafts-indexed"

// indexDrafts gives drafts from before there was an index their rows of it, once a
// site. Their revisions stay: pages that are open go on.
func (r *Records) indexDrafts(ctx context.Context) error {
	for _, site := range r.Sites() {
		if !site.Local {
			continue
		}
		s := r.As(access.Actor{Kind: access.System, ID: "drafts", Site: site.Slug, Purpose: access.Operations}, access.EMR)
		_, err := r.store.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.GetDoc(draftsIndexed, site.Slug); !errors.Is(err, ErrNotFound) {
				return err
			}
			docs, err := tx.ListDocs(s.draftKind(), "")
			if err != nil {
				return err
			}
			for _, doc := range docs {
				d, err := readDraft(doc)
				if err != nil {
					continue // it cannot be opened either
				}
				name := d.Kind + "/" + d.ID
				if d.Patient != "" {
					if err := tx.PutDoc(s.draftsFor(), d.Patient+"/"+name, []byte{}); err != nil {
						return err
					}
				}
				for i, w := range d.Writers {
					size := ""
					if i == 0 {
						size = strconv.Itoa(steps(max(d.Size, len(d.Body))))
					}
					if err := tx.PutDoc(s.draftsOf(), writerKey(w)+name, []byte(size)); err != nil {
						return err
					}
				}
			}
			return tx.PutDoc(draftsIndexed, site.Slug, []byte("1"))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// SweepDrafts removes the drafts that nobody edited for DraftLife, a note in the
// log for each, and tells how many. For the node's own upkeep.
func (r *Records) SweepDrafts(ctx context.Context) (removed int, err error) {
	for _, site := range r.Sites() {
		if !site.Local {
			continue
		}
		s := r.As(access.Actor{Kind: access.System, ID: "drafts", Site: site.Slug, Purpose: access.Operations}, access.EMR)
		list, err := s.Drafts(ctx, DraftQuery{Heads: true})
		if err != nil {
			return removed, err
		}
		now := r.now()
		for _, d := range list {
			if end := d.Expires(); end.IsZero() || now.Before(end) {
				continue
			}
			_, err := r.store.Update(ctx, func(tx *store.Tx) error {
				cur, err := s.draft(&tx.View, d.Kind, d.ID)
				if errors.Is(err, ErrNotFound) || err == nil && cur.Rev != d.Rev { // signed, dropped or edited meanwhile
					return nil
				}
				if err != nil {
					return err
				}
				removed++
				return s.endDraft(tx, cur, "expire-draft", fmt.Sprintf("begun by %s, not edited since %s", cur.Owner, cur.Updated.UTC().Format("2006-01-02")))
			})
			if err != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}

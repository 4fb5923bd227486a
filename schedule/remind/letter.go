package remind

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"wholechart/chart/document"
	"wholechart/record"
	"wholechart/schedule"
)

// Letter is a message on paper with what stands on it.
type Letter struct {
	Message
	Name    string
	Address []string
	// Unprintable says that name or address hold characters that the type of letters
	// does not have (Chinese, emoji): the page shows their Unicode numbers, and they
	// are to be written by hand.
	Unprintable bool
}

// Letters are those that wait to be printed (batch empty), or those of a batch
// that was printed and not posted yet.
func Letters(ctx context.Context, s record.Session, batch string, zone *time.Location, now time.Time) ([]Letter, error) {
	status := "preparation"
	if batch != "" {
		status = "in-progress"
	}
	var out []Letter
	err := each(ctx, s, "Communication", url.Values{"status": {status}, "medium": {ChannelSystem + "|" + string(schedule.ByLetter)}}, func(r record.Resource) (bool, error) {
		m, ok := MessageOf(r.Node())
		if !ok || m.Way != schedule.ByLetter || m.Receipt != batch {
			return true, nil
		}
		r, err := s.Read(ctx, "CommunicationRequest", m.Request)
		if err != nil {
			return false, err
		}
		if q, _ := RequestOf(r.Node()); batch == "" && !open(q) {
			return true, nil // taken back
		}
		p, err := s.Read(ctx, "Patient", s.Standing(m.Patient))
		if err != nil {
			return false, err
		}
		x := PersonOf(p.Node(), zone, now)
		l := Letter{Message: m, Name: clean(x.Name), Address: x.Address}
		l.Unprintable = !printable(l.Name + strings.Join(l.Address, ""))
		out = append(out, l)
		return len(out) < maxBatch, nil
	})
	slices.SortFunc(out, func(a, b Letter) int { return cmp.Compare(a.ID, b.ID) })
	return out, err
}

const maxBatch = 500

// Batches are the printed and not yet posted letters by batch.
func Batches(ctx context.Context, s record.Session) (map[string]int, error) {
	out := map[string]int{}
	err := each(ctx, s, "Communication", url.Values{"status": {"in-progress"}, "medium": {ChannelSystem + "|" + string(schedule.ByLetter)}}, func(r record.Resource) (bool, error) {
		if m, ok := MessageOf(r.Node()); ok && m.Receipt != "" {
			out[m.Receipt]++
		}
		return true, nil
	})
	return out, err
}

// Batch makes one of all letters that wait, and returns its name. It is on paper
// when Pages was printed, and sent when Posted says so.
func Batch(ctx context.Context, s record.Session, zone *time.Location, now time.Time) (string, error) {
	letters, err := Letters(ctx, s, "", zone, now)
	if err != nil || len(letters) == 0 {
		return "", cmp.Or(err, errors.New("no letter waits"))
	}
	name := "letters-" + now.UTC().Format("20060102-150405")
	var acts []record.Act
	for _, l := range letters {
		m := l.Message
		m.Status, m.Receipt = "in-progress", name
		a, err := act("Communication", m.ID, m.Version, m)
		if err != nil {
			return "", err
		}
		acts = append(acts, a)
	}
	_, err = s.Transact(ctx, acts)
	return name, err
}

// Posted says that a batch is in the post.
func Posted(ctx context.Context, s record.Session, batch string, zone *time.Location, now time.Time) (int, error) {
	letters, err := Letters(ctx, s, batch, zone, now)
	if err != nil || batch == "" {
		return 0, cmp.Or(err, record.ErrNotFound)
	}
	var acts []record.Act
	for _, l := range letters {
		m := l.Message
		m.Status, m.Sent = "completed", now
		a, err := act("Communication", m.ID, m.Version, m)
		if err != nil {
			return 0, err
		}
		acts = append(acts, a)
		r, err := s.Read(ctx, "CommunicationRequest", m.Request)
		if err != nil {
			return 0, err
		}
		if q, _ := RequestOf(r.Node()); open(q) {
			q.Status, q.Why = "completed", ""
			if a, err = act("CommunicationRequest", q.ID, q.Version, q); err != nil {
				return 0, err
			}
			acts = append(acts, a)
		}
	}
	_, err = s.Transact(ctx, acts)
	return len(letters), err
}

// Unprint takes a batch back: its letters wait again.
func Unprint(ctx context.Context, s record.Session, batch string, zone *time.Location, now time.Time) (int, error) {
	letters, err := Letters(ctx, s, batch, zone, now)
	if err != nil || batch == "" {
		return 0, cmp.Or(err, record.ErrNotFound)
	}
	var acts []record.Act
	for _, l := range letters {
		m := l.Message
		m.Status, m.Receipt = "preparation", ""
		a, err := act("Communication", m.ID, m.Version, m)
		if err != nil {
			return 0, err
		}
		acts = append(acts, a)
	}
	_, err = s.Transact(ctx, acts)
	return len(letters), err
}

// Pages are letters as a PDF, one a page, US Letter, the address where a
// standard double-window envelope (No. 10) shows it. The same letters at the
// same moment give the same bytes.
func Pages(letters []Letter, site string, zone *time.Location, now time.Time) ([]byte, error) {
	pdf := fpdf.New("P", "pt", "Letter", "")
	pdf.SetCreationDate(now)
	pdf.SetModificationDate(now)
	pdf.SetCatalogSort(true)
	pdf.SetTitle("Letters", true)
	pdf.SetAutoPageBreak(false, 0)
	upright, bold := document.Fonts()
	pdf.AddUTF8FontFromBytes("body", "", upright)
	pdf.AddUTF8FontFromBytes("body", "B", bold)
	line := func(x, y, size float64, style, text string) {
		drawn, _ := document.Line(clean(text))
		pdf.SetFont("body", style, size)
		pdf.Text(x, y+size, drawn)
	}
	for _, l := range letters {
		pdf.AddPage()
		line(40, 42, 11, "B", site)
		y := 150.0
		for _, x := range append([]string{l.Name}, l.Address...) {
			line(64, y, 11, "", x)
			y += 14
		}
		line(64, 270, 11, "", DayText(now.In(zone), l.Lang))
		y = 310
		for paragraph := range strings.Lines(l.Text) {
			pdf.SetFont("body", "", 11)
			for _, x := range wrapped(pdf, strings.TrimSpace(paragraph), 484) {
				if y > 720 {
					pdf.AddPage()
					y = 64
				}
				line(64, y, 11, "", x)
				y += 17
			}
		}
	}
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("letters: %w", err)
	}
	return b.Bytes(), nil
}

// wrapped breaks a paragraph at blanks into lines that are no wider than width
// where its words allow it.
func wrapped(pdf *fpdf.Fpdf, text string, width float64) (out []string) {
	line := ""
	for w := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = w
		case pdf.GetStringWidth(line+" "+w) <= width:
			line += " " + w
		default:
			out, line = append(out, line), w
		}
	}
	return append(out, line)
}

// printable says whether a text can be set with the type of letters.
func printable(s string) bool {
	_, lacks := document.Line(clean(s))
	return len(lacks) == 0
}

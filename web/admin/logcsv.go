package admin

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/record"
	"wholechart/web"
)

const (
	actExportLog = "export-log"
	csvStep      = 1000
	// maxCSV bounds one file; its last line then says that there is more.
	maxCSV = 50_000
)

var csvHead = []string{"number", "time", "zone", "actor", "name", "kind", "role", "action", "what", "type", "id", "patient", "entries", "parameters", "purpose", "lens", "recipient", "outcome", "why"}

// logCSV is the log as a file, with the filters of the page. That it was taken
// out is noted before anything of it leaves. It holds no patient's name.
func (h *admin) logCSV(c *call) {
	if !c.may(access.SeeAudit, "") {
		return
	}
	q, ok := c.logQuery()
	if !ok {
		c.say(http.StatusBadRequest, "Not a question for this log", "Go back to the log and filter it there.")
		return
	}
	s, ctx := c.chart(), c.R.Context()
	if err := s.Note(ctx, audit.Event{Action: actExportLog}); err != nil {
		c.Failed(err)
		return
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	_ = w.Write(csvHead)
	rows := 0
	q.Count = csvStep
	for {
		events, err := s.AccessLog(ctx, q)
		if err != nil {
			c.Failed(err)
			return
		}
		for _, e := range events {
			_ = w.Write(c.csvRow(e))
			q.Before = e.N
		}
		rows += len(events)
		if len(events) < csvStep {
			break
		}
		if rows >= maxCSV {
			_ = w.Write([]string{"", "", "", "", "", "", "", "", "this file ends here: events before number " + strconv.FormatInt(q.Before, 10) + " are not in it"})
			break
		}
	}
	w.Flush()
	web.SecurityHeaders(c.W)
	head := c.W.Header()
	head.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	head.Set("Content-Disposition", `attachment; filename="access-log-`+c.Site.Slug+`-`+c.Now.In(c.Zone).Format("2006-01-02")+`.csv"`)
	head.Set("Content-Length", strconv.Itoa(buf.Len()))
	_, _ = c.W.Write(buf.Bytes())
}

func (c *call) csvRow(e record.Noted) []string {
	at := e.Time.In(c.Zone)
	row := []string{strconv.FormatInt(e.N, 10), at.Format(time.RFC3339Nano), at.Format("MST"), e.Actor, e.Name, e.Kind, e.Role, e.Action, c.deed(e), e.Type, e.ID,
		patientOf(e), strconv.Itoa(e.Count), strings.Join(e.Params, " "), e.Purpose, e.Lens, e.Recipient, string(e.Outcome), e.Why}
	for i := range row {
		row[i] = cell(row[i])
	}
	return row
}

// cell makes a text harmless to programs that take a cell for a formula: what
// begins like one, also behind blanks or in full width, gets an apostrophe
// before it, which such programs hide (OWASP, CSV injection). Control
// characters become blanks, so that no text ends its own cell.
func cell(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	first := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if first != "" && strings.ContainsRune("=+-@＝＋－＠|%'", []rune(first)[0]) {
		return "'" + s
	}
	return s
}

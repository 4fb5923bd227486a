package api

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"strings"

	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
)

// refusal is an error of the door itself.
type refusal struct {
	status int
	code   string // http://hl7.org/fhir/R4/valueset-issue-type.html
	text   string
}

func (e *refusal) Error() string { return e.text }

// inEntry says which entry of a bundle an error is about.
type inEntry struct {
	entry int
	err   error
}

func (e *inEntry) Error() string { return e.err.Error() }
func (e *inEntry) Unwrap() error { return e.err }

// verdict is the one table from errors to HTTP status and issue code
// (http://hl7.org/fhir/R4/http.html#general). What is not in it is a 500, whose
// text tells nothing.
func verdict(err error) (status int, code, text string) {
	var (
		own       *refusal
		refused   *record.Refused
		ambiguous *record.Ambiguous
		gone      *record.Gone
		version   *record.VersionConflict
		reference *record.BrokenReference
		moved     *record.PatientChanged
		question  *search.Error
		syntax    *fhir.SyntaxError
		limit     *record.StoreLimit
	)
	switch {
	case errors.As(err, &own):
		return own.status, own.code, own.text
	case errors.Is(err, auth.ErrDenied):
		return http.StatusUnauthorized, "login", "the token is not valid here, or no longer"
	case errors.Is(err, auth.ErrSlow):
		return http.StatusTooManyRequests, "throttled", auth.ErrSlow.Error()
	case errors.As(err, &refused):
		return http.StatusForbidden, "forbidden", refused.Error()
	case errors.As(err, &ambiguous):
		return http.StatusPreconditionFailed, "multiple-matches", ambiguous.Error()
	case errors.As(err, &gone):
		return http.StatusGone, "deleted", "the resource was deleted"
	case errors.As(err, &version):
		return http.StatusPreconditionFailed, "conflict", "another version is current: " + version.Error()
	case errors.As(err, &reference):
		return http.StatusUnprocessableEntity, "not-found", "a reference leads to no resource of this chart: a " + reference.Type
	case errors.As(err, &moved):
		return http.StatusUnprocessableEntity, "business-rule", moved.Error()
	case errors.As(err, &question):
		return http.StatusBadRequest, question.Code, question.Error()
	case errors.As(err, &syntax):
		return http.StatusBadRequest, "structure", "not acceptable JSON " + syntax.Error()
	case errors.Is(err, record.ErrNotFound):
		return http.StatusNotFound, "not-found", "there is no such resource, or it is not for you to see"
	case errors.Is(err, record.ErrUnnoted):
		return http.StatusServiceUnavailable, "transient", "what is done cannot be noted just now, so nothing is shown: try again"
	case errors.Is(err, record.ErrMoved):
		return http.StatusConflict, "conflict", record.ErrMoved.Error() + ": try again"
	case errors.Is(err, record.ErrBadCursor):
		return http.StatusBadRequest, "value", record.ErrBadCursor.Error()
	case errors.As(err, &limit):
		return http.StatusUnprocessableEntity, "too-costly", limit.Error()
	case tooCostly(err):
		return http.StatusBadRequest, "too-costly", err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, "timeout", "the request took too long: narrow it, or try again"
	case errors.Is(err, context.Canceled):
		return 499, "transient", "the request was given up by who asked"
	}
	return http.StatusInternalServerError, "exception", "something went wrong here; it has been noted"
}

// issuesOf are the issues of an error, and the HTTP status that goes with them.
func (c *call) issuesOf(err error) (status int, issues []record.Issue) {
	var bad *record.Invalid
	if errors.As(err, &bad) && len(bad.Issues) > 0 {
		return c.invalidStatus(bad), bad.Issues
	}
	status, code, text := verdict(err)
	path := ""
	var entry *inEntry
	if errors.As(err, &entry) {
		path = "Bundle.entry[" + strconv.Itoa(entry.entry) + "]"
	}
	return status, []record.Issue{{Severity: "error", Code: code, Path: path, Text: text}}
}

// invalidStatus: 400 for what is not FHIR at all, 413 for too much, 409 for what
// stands against something that is there, else 422; of a question always 400.
func (c *call) invalidStatus(bad *record.Invalid) int {
	if c.asks || c.method == http.MethodGet || c.method == http.MethodHead {
		return http.StatusBadRequest
	}
	for _, i := range bad.Issues {
		if i.Severity != "error" && i.Severity != "fatal" {
			continue
		}
		switch i.Code {
		case "structure", "invalid":
			return http.StatusBadRequest
		case "too-costly":
			return http.StatusRequestEntityTooLarge
		case "conflict":
			return http.StatusConflict
		}
		break
	}
	return http.StatusUnprocessableEntity
}

// refused is the answer to an error.
func (c *call) refused(err error) *answer {
	status, issues := c.issuesOf(err)
	if status == http.StatusInternalServerError {
		c.api.Log.Error("request failed", "method", c.method, "type", c.typ, "lens", c.lens.String(), "err", err)
	}
	ans := &answer{status: status, body: outcome(issues)}
	switch status {
	case http.StatusMethodNotAllowed:
		ans.set("Allow", c.allow)
	case http.StatusUnauthorized:
		ans.set("WWW-Authenticate", `Bearer realm="wholechart"`)
		if c.head.Get("Authorization") != "" {
			ans.set("WWW-Authenticate", `Bearer realm="wholechart", error="invalid_token"`)
		}
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		ans.set("Retry-After", "5")
	}
	return ans
}

// fail answers with an error outside any interaction.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	c := &call{api: a, ctx: r.Context(), method: r.Method, head: r.Header}
	a.send(w, r, c, c.refused(err))
}

// outcome is an OperationOutcome.
func outcome(issues []record.Issue) []byte {
	out := make([]byte, 0, 256)
	out = append(out, `{"resourceType":"OperationOutcome","issue":[`...)
	for i, issue := range issues {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"severity":`...)
		out = quote(out, issue.Severity)
		out = append(out, `,"code":`...)
		out = quote(out, issue.Code)
		if issue.Text != "" {
			out = append(out, `,"details":{"text":`...)
			out = quote(out, issue.Text)
			out = append(out, `},"diagnostics":`...)
			out = quote(out, issue.Text)
		}
		if issue.Path != "" {
			out = append(out, `,"expression":[`...)
			out = quote(out, issue.Path)
			out = append(out, ']')
		}
		out = append(out, '}')
	}
	return append(out, "]}"...)
}

func information(text string) []byte {
	return outcome([]record.Issue{{Severity: "information", Code: "informational", Text: text}})
}

// tooCostly says whether the store gave up for the work that was asked.
func tooCostly(err error) bool { return errors.As(err, new(*record.TooCostly)) }

// stack is where a panic came from: functions and lines, no values.
func stack() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs[:])])
	var b strings.Builder
	for {
		f, more := frames.Next()
		b.WriteString(f.Function + ":" + strconv.Itoa(f.Line) + "\n")
		if !more {
			return b.String()
		}
	}
}

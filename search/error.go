package search

// Error is a search that was not understood or is not answered. Code is a FHIR
// issue type (http://hl7.org/fhir/R4/valueset-issue-type.html): not-supported,
// invalid or too-costly. Text names the parameter and the reason and holds no
// value that was searched for.
type Error struct {
	Code, Param, Text string
}

func (e *Error) Error() string {
	if e.Param == "" {
		return e.Text
	}
	return "search parameter " + e.Param + ": " + e.Text
}

func notSupported(param, text string) *Error { return &Error{"not-supported", param, text} }
func invalid(param, text string) *Error      { return &Error{"invalid", param, text} }
func tooCostly(param, text string) *Error    { return &Error{"too-costly", param, text} }

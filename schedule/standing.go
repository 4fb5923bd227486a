package schedule

import (
	"strings"

	"wholechart/record"
)

// Standing is the Patient that a reference means: of a record that was merged
// into another, that other (docs/adr/0009). A person is in one place at a time,
// whichever of her records an appointment was made in.
func Standing(s record.Session, ref string) string {
	if id, ok := strings.CutPrefix(ref, "Patient/"); ok {
		return "Patient/" + s.Standing(id)
	}
	return ref
}

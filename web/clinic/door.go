package clinic

import (
	"strings"

	"wholechart/access"
	"wholechart/web/door"
)

// call is one request of somebody who is signed in at the site it names.
type call struct {
	*clinic
	*door.Call
}

// lens is which record the address looks through.
func (c *call) lens() access.Lens {
	parts := strings.SplitN(c.R.URL.Path, "/", 6) // "", site, patients, id, whole
	if len(parts) > 4 && parts[4] == "whole" {
		return access.EHR
	}
	return access.EMR
}

package clinic

import (
	"strings"

	"wholechart/web"
)

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// dateWords is an ISO date as precisely as it was said.
func dateWords(iso string) string { return web.PartialDateText(iso) }

package clinic

import (
	_ "embed"

	"wholechart/web/door"
)

//go:embed clinic.css
var sheet []byte

var sheetURL = door.FileURL("clinic.css", sheet)

package clinic

import (
	_ "embed"
	"slices"

	"wholechart/web/door"
)

//go:embed clinic.css
var ownSheet []byte

//go:embed vaccines.css
var vaccineSheet []byte

var sheet = slices.Concat(ownSheet, vaccineSheet)

var sheetURL = door.FileURL("clinic.css", sheet)

package order

import "time"

var now0 = time.Date(2026, 11, 22, 10, 20, 0, 0, time.FixedZone("EST", -5*3600))

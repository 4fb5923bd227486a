package chart

import "time"

// testNow is the clock of all tests.
var testNow = time.Date(2026, 11, 22, 15, 31, 0, 0, time.UTC)

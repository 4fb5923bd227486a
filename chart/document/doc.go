// Package document is what of a chart is to be read or looked at as a whole: files
// that were brought in (what they are, whether they may be kept, how they are
// indexed) and letters that are written from the chart (filled, set as PDF,
// signed).
//
// It is a pure core: bytes, a chart and a clock come in; formats, resources and
// acts for record.Session.Transact go out. It never runs or renders what it was
// given: it looks at the first and last bytes, at an image's dimensions, at a
// PDF's plain structure. It finds no viruses; what is kept is served as an
// attachment and is never executed, which is the protection.
package document

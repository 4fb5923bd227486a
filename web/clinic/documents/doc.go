// Package documents is where files are brought into a chart, found again and
// looked at, and where letters and after-visit summaries are written.
//
// What a file is, is decided by its content (chart/document.Sniff). It is kept as
// Binary and DocumentReference and given out by the chart's own content address:
// as an attachment, never run. Only images are shown, drawn anew on the server. A
// letter is a draft (record.Draft of kind "letter") until it is signed; then it is
// a document like the others, as text and as PDF.
package documents

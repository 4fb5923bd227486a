// Package standing keeps, for every patient of a node's own sites, how the record
// stands now: what is due, what is dangerous, what could not be looked at, and
// what the registries ask for. It follows the log of changes, works out again
// what a change concerns, one record after another and with most of the
// processor left to others, and answers lists of patients from memory.
//
// # What is kept
//
// Of a patient an Answer: ids of rules and facts, days, statuses and the numbers
// of the registries' tests. No words of the record: no reason, no name of a
// problem. It lies with the records themselves (record.Session.Keep), and in
// memory without the ids of facts, about half a kilobyte a patient.
//
// # Who may see it
//
// The record is read as the site sees the person through the whole record, held
// to what every purpose of use shows (record.Session.Evaluating): a consent that
// permits treatment alone hides its facts here. So an Answer is never more than
// what a clinician of the site reads on the patient's own page, and sometimes
// less: then the page knows better. It is for readers from whom the site's chart
// withholds nothing (MayList); everybody else is told of nobody. Names are read
// through the reader's own session, when a page is made.
//
// # What is noted
//
// Each patient is in the access log once a day on which the record was worked
// out again ("evaluate", and a disclosure in the log of each other site of the
// node whose facts were looked at), however often that was.
//
// # When it is worked out again
//
// When something that a rule reads was written to the person's record here or at
// another site of the node, or came from another node; when records were linked,
// parted or merged, or another node's answer changed; when the rules or the
// program are others than the kept answer's; and on the day on which time alone
// changes something. That day is found by assembling the same facts at later
// midnights of the site, one after another: for four days after something was written,
// for four weeks when nothing but time went by. Nothing comes and goes unseen; what
// changes in the middle of a day (a year after a result of half past two) is seen at
// the next midnight.
//
// It survives a kill: an Answer carries the place in the log up to which it
// knows the record, and the follower begins where every answer is kept. What was
// worked out and not kept is worked out again.
package standing

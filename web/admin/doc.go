// Package admin is the pages of those who look after the record rather than the
// patient: a site's access log, who looked at one patient's record, the node
// and its peers, a site's users, and whether two records are one person.
//
// Every page is decided by the gate or by access, and refused otherwise; a
// refusal is noted. The pages of the node and of users show nothing of any
// patient: not even that somebody has a patient's account.
//
// Forms are protected against other origins by web.Protect, which the roof puts
// around the whole handler. Sign-in is not here: who has no session is led to
// the site's sign-in and back.
package admin

//go:generate go tool templ generate -path .

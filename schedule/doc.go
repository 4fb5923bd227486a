// Package schedule is when who sees whom, and where: hours, exceptions, free
// openings, and appointments that are booked, moved, cancelled, arrived, roomed,
// seen, missed or waiting.
//
// Everything is FHIR R4 underneath. Hours are PractitionerRole.availableTime and
// notAvailable, and Location.hoursOfOperation, in the site's time zone; a day
// that differs is a Slot (busy-unavailable: away; free: an extra session) of the
// practitioner's, room's or practice's Schedule; a visit type is a
// HealthcareService; an appointment is an Appointment. What is written by any
// other door is seen here, and the reverse.
//
// Two people cannot be given one time. There is one Schedule a practitioner,
// room and patient, and every booking writes new versions of the Schedules it
// needs, conditional on the versions it looked at: of two bookings that saw the
// same free time one is told to look again. Appointments that other programs
// wrote past this rule are not refused: Conflicts finds them.
//
// The rules are functions of their arguments; Open, Calendar.Between, Book and
// the other acts of a Desk go through the gate.
package schedule

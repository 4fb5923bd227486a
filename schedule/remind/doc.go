// Package remind sends people word of their appointments and of checkups that
// are due: by e-mail, text message, letter and the portal's inbox.
//
// What is to be sent is a CommunicationRequest, what was sent a Communication:
// both are to be seen through every door, in each of their states. Ids are made
// of what the message is about (the appointment, its start, the rule's step), so
// that planning twice plans once.
//
// # Never twice, and never forgotten
//
// Before anything leaves, the Communication is written as in-progress, and that
// write is durable: the claim. What became of it is written after. A process
// that is killed between the two, or a line that breaks between the last line of
// a message and its answer, leaves a message of which nobody here knows whether
// it left. No program can send such a message and promise that it comes once. So
//
//   - a gateway that can be asked for a key is asked, until it says;
//   - one that promises to send a key once gets it again under the same key;
//   - of any other, e-mail above all, the message is unknown (the status of FHIR's
//     EventStatus that means this), its request is held, and a Task puts it before
//     the desk: the patient is asked, and it is said in the outbox that it arrived,
//     or it is sent again, under the same Message-ID. Nothing sends it again but a
//     person. If the patient answers by its link, or the provider reports what
//     became of it, that settles it.
//
// What failed before a message's last line was written has surely not left, and
// is tried again. At a kill at most Config.AtOnce messages a site are unknown.
// The portal's inbox and letters are written in the claim itself and cannot
// repeat; a batch of letters can be printed again until the
// desk says that it is in the post.
//
// One process sends for a site: two at once would take each other's claims for
// those of the dead. The node that runs it holds a lock on
// its data directory.
//
// It does not know what is due: Due is given to it. It never says in a message
// what a checkup is for.
package remind

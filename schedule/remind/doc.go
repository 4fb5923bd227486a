// Package remind sends people word of their appointments and of checkups that
// are due: by e-mail, text message, letter and the portal's inbox.
//
// What is to be sent is a CommunicationRequest, what was sent a Communication:
// both are to be seen through every door, in each of their states. Ids are made
// of what the message is about (the appointment, its start, the rule's step), so
// that planning twice plans once.
//
// # Never twice
//
// Before anything leaves, the Communication is written as in-progress, and that
// write is durable: the claim. What became of it is written after. A process
// that is killed between the two leaves a claim of which nobody knows whether
// the message left. It is then tried again under the same key: an e-mail with
// the same Message-ID, a text with the same idempotency key; a gateway that can
// be asked for a key is asked first. So a gateway that honours the key sends
// once. E-mail has no such promise: a mail server that took the message in the
// moment of the kill, before its answer was written down here, takes it again,
// and only a server or reader that drops a repeated Message-ID shows it once.
// Debian's exim, against which this is tested, does not look at Message-IDs: such
// a message is in the mailbox twice, under one. What could drop the second is the
// receiving side's (Sieve's "duplicate", RFC 7352), not ours.
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

package retention

import (
	"fmt"
	"strings"

	"github.com/wardline/wardline/internal/envelope"
)

// Class is how long a message is kept when nobody decided anything about it. The numbers are envelope's: they are in every header.
type Class uint8

// The classes.
const (
	Standard Class = Class(envelope.RetentionStandard)
	Long     Class = Class(envelope.RetentionLong)
)

// String is the class's name at the command line and in the API.
func (c Class) String() string {
	switch c {
	case Standard:
		return "standard"
	case Long:
		return "long"
	}
	return "unknown"
}

// Default is the period that a class has in a space until the organisation sets another, with the reason and where it comes from.
type Default struct {
	Space  envelope.Space
	Class  Class
	Period Period
	Reason string
	Source string
}

const (
	toBeSet   = "to be set by your records manager"
	longAgo   = 8 * 365
	longWords = "For incidents, complaints and safeguarding: what may have to be answered for years later."
)

// Defaults is the one table of classes. Whoever changes it changes what is destroyed: docs/operate/retention.md is generated from it.
var Defaults = []Default{
	{envelope.SpacePatient, Standard, 30, "Decisions go to the record, with what was said. What is left, and was answered for by a sweep, are messaging notes.", "guidance R20, R49; facts 2; the days " + toBeSet},
	{envelope.SpacePatient, Long, longAgo, longWords, toBeSet},
	{envelope.SpaceTeam, Standard, 30, "Talk about the work of a shift. What matters longer belongs in the record, a policy or the rota.", "guidance R20, R49; the days " + toBeSet},
	{envelope.SpaceTeam, Long, longAgo, longWords, toBeSet},
	{envelope.SpaceRole, Standard, 30, "Requests to whoever is on call. What was decided is filed from the patient's thread.", "guidance R20, R49; the days " + toBeSet},
	{envelope.SpaceRole, Long, longAgo, longWords, toBeSet},
	{envelope.SpaceDirect, Standard, 30, "The same as in a team: a message is not kept longer because two people wrote it.", "guidance R20, R49; the days " + toBeSet},
	{envelope.SpaceDirect, Long, longAgo, longWords, toBeSet},
	{envelope.SpaceAnnouncement, Standard, 365, "Staff look up what they were told. Nobody decides about a patient here, so there is nothing to sweep.", toBeSet},
	{envelope.SpaceAnnouncement, Long, longAgo, longWords, toBeSet},
	{envelope.SpaceSocial, Standard, 30, "Private talk among colleagues: the less of it there is, the better.", "guidance R20, R33; the days " + toBeSet},
}

// Clinical says whether a thread of this space is swept before anything goes by its class (R49).
func Clinical(space envelope.Space) bool {
	return space != envelope.SpaceAnnouncement && space != envelope.SpaceSocial
}

// Page is docs/operate/retention.md.
func Page() string {
	var page strings.Builder
	page.WriteString(`# What is kept, and for how long

Two things destroy a message, and nothing else does:

1. **Its decision is in the record.** The decision and what was said go together when the record has been read back, the grace of the policy is over (below), and the record can be
   reached at that moment.
2. **Its class has run out.** What nobody decided anything about goes when its period is over.

Either way its shred half is deleted, which makes every copy of the ciphertext unreadable, the ciphertext is replaced by a tombstone with the message's hash, and
the audit log gets two leaves: before, and after. ` + "`wardline retention certificate`" + ` proves it.

## Classes

| space | class | kept for | why | source |
| --- | --- | --- | --- | --- |
`)
	for _, d := range Defaults {
		fmt.Fprintf(&page, "| %s | %s (%d) | %s | %s | %s |\n", d.Space, d.Class, d.Class, d.Period, d.Reason, d.Source)
	}
	page.WriteString(`
The class is in the signed header of each message. A message may be kept longer than its thread, never shorter. The signed answer of a sweep is kept as ` + "`long`" + `.
These are the defaults. Your records manager sets your periods, each with a reason, and each change is in the audit log:

` + "```sh" + `
wardline retention classes                                  # what is in force here
wardline retention set team 60d --reason "IG group, 3 May"  # or: never, which keeps until it is decided
wardline retention plan                                     # what would go, when and why; what stays, and why
` + "```" + `

A period counts from when the server took the message. The sweep looks every hour, in batches, and reads the periods again in the transaction that marks.

## What keeps a message

` + "`wardline retention plan`" + ` says which of these applies; several may.

| reason | it ends when |
| --- | --- |
`)
	for _, r := range Reasons {
		fmt.Fprintf(&page, "| `%s` | %s |\n", r.Code, r.Ends)
	}
	page.WriteString(`
## The grace: until the plan has been handed over

The originals of a decision stay for a grace after the record's receipt, so that nobody loses sight of a plan that is still being carried out while the record cannot be
read (H14). The grace is a length of time, 24 hours by default: whoever files, the next day shift and the next night shift have all had a handover in which the conversation could still be
read. Wardline does not know the rota. It does not wait for a handover to happen, and a longer grace is the answer where plans live longer (a weekend: ` + "`72h`" + `). It is set at the
founding (` + "`wardline init --grace`" + `, from 0 to 30 days) and is part of the policy that the root manifest names and the officers sign; 0 means that originals go as soon as there is a receipt.

It counts from the receipt by the server's clock, is fixed for each filing when its receipt is written, and is the shortest time that originals stay, never the longest. When it is over, the record is
asked in that moment: while it does not answer, or does not have the document any more, or has withdrawn it, the originals stay, for as long as that lasts. (Over HL7 version 2 only whether it can
be reached is known.) They also stay while a countersignature is awaited, and for every reason in the table above. A clock that is set back makes the grace longer, not shorter.

## Holds

A hold forbids destruction. Its scope is a conversation, a patient, a person, a time, or several of these, and then it covers what all of them have in common.

- *patient*: every conversation that is linked to the patient, now or later. The NHS number is looked up and forgotten; the hold keeps keyed tags.
- *person*: everything in every conversation that they are or ever were in. What was said to them is evidence as much as what they said; a hold that is too narrow
  destroys, one that is too wide only keeps.
- *time*: from and until, by the server's or the author's clock, whichever is inside.

The hold is evaluated in the transaction that would destroy, against every path. A message whose destruction has begun before the hold was placed is gone; the receipt counts what
the hold covers, in the transaction that places it, and never counts such a message. ` + "`wardline hold drill`" + ` shows on your own data, and without destroying or keeping anything, that a hold would win. Where the patient
index gave no answer, or none is configured (` + "`wardline hold place`" + ` asks none), the hold stands, but the patient's other numbers are not covered: the receipt says so, and the
command ends with 3. Place a hold for each of those numbers, or use ` + "`POST /v1/holds`" + `, where the server asks its index.

## What a certificate proves

That the audit log, under a checkpoint that the server signed, says that these messages, by their hashes, were destroyed at this time for this reason. It proves what the server
recorded and cannot rewrite. It cannot prove the absence of a copy: a photograph of a screen, or a backup of the shred store that is younger than the shred horizon. It names
that date. Check one anywhere with ` + "`wardline retention verify FILE --key KEY`" + `.

This page is generated from the program; do not edit it by hand.
`)
	return page.String()
}

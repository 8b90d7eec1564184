// Package envelope is the wire format and the cryptography of docs/protocol.md: what is signed, hashed, sealed and stored.
//
// It does no I/O, knows no database and no network, reads no clock, and imports nothing of Wardline but the typed ids. The browser's
// twin is web/src/crypto; testdata/vectors has what each made and both read.
//
// # By task
//
// Objects: one struct per layout, named after it ([RootManifest], [Bind], [Create], [EpochCore], [Message], …). [Encode], [Parse],
// [Decode], [Hash], [HashBytes]. [Signed] is an object with its signatures: [SignObject] with [ByServer], [BySeat], [ByIdentity] or
// [ByDevice]; [Signed.Countersign] adds one later; [Open] reads the object inside, before anything has been checked.
//
// Keys: [Signer] signs, from wherever it keeps its key; [NewSigner] is one in memory. [NewSealPair] loads an X-Wing key from its seed;
// [SealTo] and [SealPair.OpenFrom] carry 32 bytes, bound to a context object.
//
// The organisation: [CheckManifestChain] gives [Manifests], the only source of server and seat keys; [Manifests.AddPolicy],
// [Manifests.VerifyServer], [Manifests.Pin].
//
// A person: [VerifyPersonLog] gives a [PersonState]; [PersonState.Append] takes the next entry. [DeviceState.CheckNow] asks whether a
// device may sign now, [PersonState.CheckAct] whether it may have signed something that is there already.
//
// Everything below is verified on [Trust]: manifests, people, and the thread's order where it is known.
//
// A thread: [NewMembership] or [VerifyMembershipLog], then [Membership.Append]; [Membership.MayPost], [Membership.At]. [ThreadLog] follows
// the log and is the order.
//
// An epoch: [NewEpoch] makes one, complete. [VerifyEpoch] checks a record without keys, [Epoch.CheckEnvelopes] all of its envelopes (the
// server), [OpenEpoch] opens one (a member), [Epoch.Recover] takes the random bytes from a cache. [Epoch.CheckFresh] before every send.
// [EpochKey.OpenState], [EpochKey.SealNote], [EpochKey.OpenNote]. [NewGrant], [VerifyGrant], [Grant.Open] for history.
//
// A message: [SealMessage]; [VerifyMessage] and [VerifiedMessage.CheckHalf] without keys (the server), [VerifiedMessage.Open] with them.
// [NewReport], [VerifyReport].
//
// An account: [StretchPassword]; [SealUnlocker], [OpenUnlocker], [OpenedUnlocker.Unwrap]; [NewAccountKey], [AccountKey.SealVault],
// [AccountKey.OpenVault], [OpenedVault.Wrap], [OpenedVault.CheckAccount]; [AccountKey.SealIdentity], [AccountKey.OpenIdentity].
//
// A patient: [PatientTag], [HospitalTag], [VerifyAssertion], [SamePatient]; an assertion is signed with SignObject and ByServer(PurposeAssert, …).
//
// A disclosure: [VerifyOrder], [OpenForCase] (an officer), [CombineForCase] and [VerifiedMessage.OpenForCase] (the reviewer).
//
// # Layout
//
// type.go is the registry of objects; wire_*.go are the objects, each with one fields method, from which encode.go, decode.go and
// describe.go work. The other files are one concern each. In tests, world_test.go is a small hospital that everything is tried in.
//
// # Invariants
//
// An object has exactly one encoding. Decoding never panics and allocates no more than the input justifies. Signatures are checked over
// the bytes that arrived, never over something encoded again, and an object carries exactly the signatures that it needs. An [Epoch],
// a [VerifiedMessage], a [VerifiedOrder], a [Grant] and the states of logs come from the function that checks; making one by hand is a
// mistake. Append either takes an entry in or changes nothing. Every failed check is a [Refusal] with a code of section 12; no error
// carries content or key material.
//
// Nothing here is safe for concurrent use while it is being appended to; everything is for reading.
package envelope

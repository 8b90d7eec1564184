package envelope

import (
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// ward is a team thread of three with one epoch and one message.
func ward(t failer) (r *room, ann, bea, cal *staff) {
	w := newWorld(t)
	ann, bea, cal = w.enrol("Ann"), w.enrol("Bea"), w.enrol("Cal")
	r = w.room(SpaceTeam, ann)
	r.add(ann, bea, cal)
	r.rotate(ann)
	r.send(bea, "bloods are back")
	return r, ann, bea, cal
}

func TestEveryMemberReadsAndAStrangerDoesNot(t *testing.T) {
	r, ann, bea, cal := ward(t)
	for _, member := range []*staff{ann, bea, cal} {
		text, err := r.reads(member, r.epoch(), r.messages[0])
		if err != nil || text != `{"v":1,"text":"bloods are back"}` {
			t.Errorf("%s: %q, %v", member.state.DisplayName(), text, err)
		}
	}
	stranger := r.w.enrol("Dot")
	_, err := r.opens(r.epoch(), stranger, stranger.keys())
	refused(t, "no envelope", err, WrongMembers)
	_, err = OpenEpoch(r.epoch().Epoch, ann.id, stranger.keys(), &r.epoch().Envelopes[0], &r.epoch().Proofs[0])
	if err == nil {
		t.Error("a stranger's key opened a member's envelope")
	}
}

// TestR13_RemovedMemberReadsNothingSentAfter is P8 and model I: after a removal and the rotation that follows, the removed member has no key.
func TestR13_RemovedMemberReadsNothingSentAfter(t *testing.T) {
	r, ann, bea, cal := ward(t)
	r.append(ann, r.removeEntry(ann, cal))
	policy, _ := r.w.manifests.Policy()
	refused(t, "sending under the old epoch", r.epoch().Epoch.CheckFresh(r.w.trust(), r.membership, policy, r.w.now, 1), StaleEpoch)
	r.rotate(bea)
	after := r.send(bea, "after")
	_, err := r.reads(cal, r.epoch(), after)
	refused(t, "the removed member", err, WrongMembers)
	verified := must(VerifyMessage(r.w.trust(), r.epoch().Epoch, after.Bytes))
	old := must(r.opens(r.epochs[0], cal, cal.keys()))
	_, err = verified.Open(old, after.Half)
	refused(t, "with the key of the epoch before", err, BrokenChain)
	old.epoch = r.epoch().Epoch // even with a client that does not look at the record
	_, err = verified.Open(old, after.Half)
	refused(t, "with the old secret", err, WrongSecret)
}

// TestForgedRecordsAreRefused signs records that differ from the logs in one thing each: the ghost reader, the withheld removal
// (model J), the replayed record (model K), and the rest of section 7.1.
func TestForgedRecordsAreRefused(t *testing.T) {
	r, ann, bea, cal := ward(t)
	ghost := r.w.enrol("Ghost")
	bea.newGeneration()
	next := must(NewEpoch(r.epochInput(ann)))
	r.append(ann, r.removeEntry(ann, cal))
	previous := r.epoch().Epoch
	tests := map[string]struct {
		code Code
		how  func(*EpochCore)
	}{
		"a ghost reader": {WrongMembers, func(c *EpochCore) {
			c.Members = append(c.Members, EpochMember{
				Person: ghost.id, Identity: ghost.state.IdentityHash(), LogHead: ghost.state.Head(), Generation: 1,
			})
		}},
		"a member left out":   {WrongMembers, func(c *EpochCore) { c.Members = without(c.Members, bea.id) }},
		"the author left out": {WrongMembers, func(c *EpochCore) { c.Members = without(c.Members, ann.id) }},
		"an older generation": {WrongMembers, func(c *EpochCore) { member(c, bea.id).Generation = 1 }},
		"an older log head": {WrongMembers, func(c *EpochCore) {
			member(c, bea.id).LogHead = bea.state.entries[len(bea.state.entries)-2].hash
		}},
		"a head before the previous record's": {RolledBack, func(c *EpochCore) {
			member(c, bea.id).LogHead, member(c, bea.id).Generation = bea.state.entries[1].hash, 1
		}},
		"a head of nobody's log":  {WrongMembers, func(c *EpochCore) { member(c, bea.id).LogHead[0] ^= 1 }},
		"a head of another's log": {WrongMembers, func(c *EpochCore) { member(c, bea.id).LogHead = cal.state.Head() }},
		"another identity":        {WrongIdentity, func(c *EpochCore) { member(c, bea.id).Identity = ghost.state.IdentityHash() }},
		"the membership before the removal, with the list after": {WrongMembers, func(c *EpochCore) {
			c.Members = without(c.Members, cal.id)
		}},
		"the membership after the removal, with the list before": {WrongMembers, func(c *EpochCore) {
			c.MembershipSeq, c.MembershipHead = r.membership.Seq(), r.membership.Head()
		}},
		"a membership head of another history": {BrokenChain, func(c *EpochCore) { c.MembershipHead[0] ^= 1 }},
		"a membership that is not there yet":   {BrokenChain, func(c *EpochCore) { c.MembershipSeq = 9 }},
		"an older membership": {RolledBack, func(c *EpochCore) {
			c.MembershipSeq, c.MembershipHead = 1, r.membership.heads[1]
		}},
		"an unknown manifest":        {BrokenChain, func(c *EpochCore) { c.Manifest[0] ^= 1 }},
		"a seat less":                {WrongShare, func(c *EpochCore) { c.Shares = c.Shares[:2] }},
		"a seat more":                {WrongShare, func(c *EpochCore) { c.Shares = append(c.Shares, ShareCommit{Seat: 4}) }},
		"another seat":               {WrongShare, func(c *EpochCore) { c.Shares[2].Seat = 4 }},
		"another thread":             {BrokenChain, func(c *EpochCore) { c.Thread[0] ^= 1 }},
		"the epoch before, again":    {BrokenChain, func(c *EpochCore) { *c = previous.Core }},
		"an epoch left out":          {BrokenChain, func(c *EpochCore) { c.Epoch++ }},
		"another previous record":    {BrokenChain, func(c *EpochCore) { c.Previous[0] ^= 1 }},
		"an author who is no member": {NotEntitled, func(c *EpochCore) { c.Person, c.Device = ghost.id, ghost.device().id }},
		"an unknown device":          {RevokedDevice, func(c *EpochCore) { c.Device = ghost.device().id }},
		"an expired device":          {RevokedDevice, func(c *EpochCore) { c.Issued += 31 * day }},
	}
	for name, test := range tests {
		core := next.Epoch.Core
		core.Members = append([]EpochMember{}, core.Members...)
		core.Shares = append([]ShareCommit{}, core.Shares...)
		test.how(&core)
		signer := ann
		if core.Person == ghost.id {
			signer = ghost
		}
		record := &EpochRecord{Core: mustEncode(t, &core), EnvelopeRoot: next.Epoch.EnvelopeRoot}
		_, err := VerifyEpoch(r.w.trust(), r.membership, previous, r.w.sign(record, ByDevice(core.Device, signer.device().key)))
		refused(t, name, err, test.code)
	}
	if _, err := VerifyEpoch(r.w.trust(), r.membership, previous, next.Signed); err != nil {
		t.Errorf("the record that the others were made from: %v", err)
	}
}

// TestRecordsFollowOneAnother: a later record is no first one, an older manifest or a shortened person log is no answer to a record that had
// seen more.
func TestRecordsFollowOneAnother(t *testing.T) {
	r, ann, bea, _ := ward(t)
	w := r.w
	first, old := r.epoch(), w.manifests.Current()
	w.newOfficers([]officer{w.seats[0], w.seats[1], w.officer(4)})
	bea.newGeneration()
	second := r.rotate(ann)
	_, err := VerifyEpoch(w.trust(), r.membership, nil, second.Signed)
	refused(t, "a second record as the first", err, BrokenChain)
	_, err = VerifyEpoch(w.trust(), r.membership, second.Epoch, first.Signed)
	refused(t, "the first record after the second", err, BrokenChain)

	core := second.Epoch.Core
	core.Epoch, core.Previous, core.Manifest, core.Shares = 3, second.Epoch.Hash, old.Hash, first.Epoch.Core.Shares
	record := &EpochRecord{Core: mustEncode(t, &core), EnvelopeRoot: second.Epoch.EnvelopeRoot}
	_, err = VerifyEpoch(w.trust(), r.membership, second.Epoch, w.sign(record, ann.byDevice()))
	refused(t, "under an older manifest", err, RolledBack)

	third := must(NewEpoch(r.epochInput(ann)))
	w.people[bea.id] = must(VerifyPersonLog(w.manifests, bea.id, bea.log[:3]...))
	_, err = VerifyEpoch(w.trust(), r.membership, second.Epoch, third.Signed)
	refused(t, "with a person log that was cut short", err, RolledBack)
	delete(w.people, bea.id)
	_, err = VerifyEpoch(w.trust(), r.membership, second.Epoch, third.Signed)
	refused(t, "without a member's log", err, WrongIdentity)
}

// TestSplitViewOfTwoRecords: two records for one epoch have two secrets, and a message under one is refused under the other.
func TestSplitViewOfTwoRecords(t *testing.T) {
	r, ann, bea, _ := ward(t)
	r.append(ann, &Rename{EntryHead: r.head(ann), Name: "Night take"})
	one, two := must(NewEpoch(r.epochInput(ann))), must(NewEpoch(r.epochInput(bea)))
	if one.Epoch.Core.Epoch != two.Epoch.Core.Epoch || one.Epoch.Hash == two.Epoch.Hash {
		t.Fatal("the two records are not rivals")
	}
	r.epochs = append(r.epochs, one)
	sealed := must(SealMessage(r.messageInput(ann, "under one")))
	_, err := VerifyMessage(r.w.trust(), two.Epoch, sealed.Bytes)
	refused(t, "under the rival", err, BrokenChain)
	_, err = VerifyEpoch(r.w.trust(), r.membership, one.Epoch, two.Signed)
	refused(t, "the rival after the one", err, BrokenChain)
}

// TestEnvelopesAreBoundToTheirPlace: an envelope opens for one recipient of one core only, and must be under the record's root.
func TestEnvelopesAreBoundToTheirPlace(t *testing.T) {
	r, ann, bea, _ := ward(t)
	made := r.epoch()
	index := func(s *staff) int {
		at, _ := made.Epoch.memberIndex(s.id)
		return at
	}
	a, b := index(ann), index(bea)
	open := func(envelope Envelope, proof EnvelopeProof) error {
		_, err := OpenEpoch(made.Epoch, ann.id, ann.keys(), &envelope, &proof)
		return err
	}
	check(t, open(made.Envelopes[a], made.Proofs[a]))
	refused(t, "another's envelope", open(made.Envelopes[b], made.Proofs[b]), WrongMembers)
	refused(t, "another's place", open(made.Envelopes[a], made.Proofs[b]), BrokenChain)
	refused(t, "another count", open(made.Envelopes[a], *change(&made.Proofs[a], func(p *EnvelopeProof) { p.Count++ })), BrokenChain)
	refused(t, "a shorter path", open(made.Envelopes[a], *change(&made.Proofs[a], func(p *EnvelopeProof) { p.Path = p.Path[1:] })), BrokenChain)
	refused(t, "a changed envelope", open(*change(&made.Envelopes[a], func(e *Envelope) { e.Sealed[0] ^= 1 }), made.Proofs[a]), BrokenChain)
	refused(t, "another purpose", open(*change(&made.Envelopes[a], func(e *Envelope) { e.Purpose = EnvelopeGrant }), made.Proofs[a]), WrongMembers)
	for name, context := range map[string]EnvelopeContext{
		"another purpose":   {made.Epoch.CoreHash, EnvelopeGrant, PersonRecipient(ann.id)},
		"another recipient": {made.Epoch.CoreHash, EnvelopeMember, PersonRecipient(bea.id)},
		"another core":      {made.Epoch.Hash, EnvelopeMember, PersonRecipient(ann.id)},
	} {
		_, err := ann.keys().OpenFrom(&context, made.Envelopes[a].Sealed)
		refused(t, "opened under "+name, err, WrongSecret)
	}
	for name, how := range map[string]func([]Envelope) []Envelope{
		"swapped": func(e []Envelope) []Envelope { e[0], e[1] = e[1], e[0]; return e },
		"missing": func(e []Envelope) []Envelope { return e[1:] },
		"short":   func(e []Envelope) []Envelope { return e[:len(e)-1] },
		"long":    func(e []Envelope) []Envelope { return append(e, e[0]) },
	} {
		_, err := made.Epoch.CheckEnvelopes(how(append([]Envelope{}, made.Envelopes...)))
		refused(t, "all envelopes, "+name, err, WrongMembers)
	}
	changed := append([]Envelope{}, made.Envelopes...)
	changed[1].Sealed[5] ^= 1
	_, err := made.Epoch.CheckEnvelopes(changed)
	refused(t, "all envelopes, one changed", err, BrokenChain)
}

// TestWrongSecretAndWrongSharesAreRefused: an author who seals something else than the record commits to, or whose shares would not give the
// officers the secret (a ghost officer, a garbage escrow), is found by every member.
func TestWrongSecretAndWrongSharesAreRefused(t *testing.T) {
	r, ann, _, _ := ward(t)
	epoch := r.epoch().Epoch
	random := r.epoch().Key.Random()
	if _, err := epoch.Recover(random); err != nil {
		t.Fatal(err)
	}
	random[0] ^= 1
	_, err := epoch.Recover(random)
	refused(t, "another secret", err, WrongSecret)
	random[0] ^= 1
	for n := range epoch.Core.Shares {
		forged := *epoch
		forged.Core.Shares = append([]ShareCommit{}, epoch.Core.Shares...)
		forged.Core.Shares[n].Commit[0] ^= 1
		_, err := forged.Recover(random)
		refused(t, "a wrong share commitment", err, WrongShare)
	}
	// The whole way: an honest list, signed, with envelopes to another secret.
	core := epoch.Core
	core.SecretCommit[0] ^= 1
	encoded := mustEncode(t, &core)
	draft := &Epoch{Core: core, CoreHash: HashLabel("epoch-core", encoded), Manifest: epoch.Manifest}
	keys := must((&EpochCore{}).list(r.w.trust(), r.membership))
	envelopes := must(draft.seal(random, keys))
	record := &EpochRecord{Core: encoded, EnvelopeRoot: MerkleRoot(envelopeLeaves(envelopes))}
	verified := must(VerifyEpoch(r.w.trust(), r.membership, nil, r.w.sign(record, ann.byDevice())))
	proofs := must(verified.CheckEnvelopes(envelopes))
	at, _ := verified.memberIndex(ann.id)
	_, err = OpenEpoch(verified, ann.id, ann.keys(), &envelopes[at], &proofs[at])
	refused(t, "an envelope with another secret than the commitment", err, WrongSecret)
}

// TestWhoIsLeftOut: a member after a reset and before a rekey, and one whose device was lost and who has no new generation, get nothing, and
// a record that lists them is refused; once they are ready, one that does not list them is.
func TestWhoIsLeftOut(t *testing.T) {
	t.Run("reset and rekey", func(t *testing.T) {
		r, ann, bea, cal := ward(t)
		old := bea.keys()
		bea.reset()
		bea.newGeneration()
		bea.newDevice()
		policy, _ := r.w.manifests.Policy()
		refused(t, "sending on", r.epoch().Epoch.CheckFresh(r.w.trust(), r.membership, policy, r.w.now, 0), StaleEpoch)
		r.rotate(ann)
		if _, listed := r.epoch().Epoch.Lists(bea.id); listed {
			t.Fatal("a new identity got keys before a rekey")
		}
		r.send(cal, "while away")
		_, err := r.opens(r.epoch(), bea, old)
		refused(t, "the old key", err, WrongMembers)
		_, err = NewEpoch(r.epochInput(bea))
		refused(t, "an epoch by the new identity", err, WrongIdentity)
		r.append(cal, &Rekey{EntryHead: r.head(cal), Target: bea.id, Identity: bea.state.IdentityHash()})
		r.rotate(ann)
		if text, err := r.reads(bea, r.epoch(), r.send(bea, "back")); err != nil || text == "" {
			t.Errorf("after the rekey: %v", err)
		}
		core := r.epoch().Epoch.Core
		core.Members = without(core.Members, bea.id)
		forged := &EpochRecord{Core: mustEncode(t, &core), EnvelopeRoot: r.epoch().Epoch.EnvelopeRoot}
		_, err = VerifyEpoch(r.w.trust(), r.membership, r.epochs[1].Epoch, r.w.sign(forged, ann.byDevice()))
		refused(t, "left out after the rekey", err, WrongMembers)
	})
	t.Run("lost and found", func(t *testing.T) {
		r, ann, bea, _ := ward(t)
		lost := bea.device().id
		bea.newDevice()
		bea.revoke(lost, RevokeLost, LastAccepted{Thread: r.membership.Thread(), DeviceSeq: 1, Entry: r.messages[0].Entry})
		policy, _ := r.w.manifests.Policy()
		refused(t, "sending on", r.epoch().Epoch.CheckFresh(r.w.trust(), r.membership, policy, r.w.now, 0), StaleEpoch)
		_, err := NewEpoch(r.epochInput(bea))
		refused(t, "an epoch by somebody who is left out of it", err, WrongMembers)
		r.rotate(ann)
		if _, listed := r.epoch().Epoch.Lists(bea.id); listed {
			t.Fatal("keys were given to a generation that a thief may have")
		}
		check(t, r.epoch().Epoch.CheckFresh(r.w.trust(), r.membership, policy, r.w.now, 0))
		bea.newGeneration()
		refused(t, "still left out", r.epoch().Epoch.CheckFresh(r.w.trust(), r.membership, policy, r.w.now, 0), StaleEpoch)
		r.rotate(bea)
		if _, listed := r.epoch().Epoch.Lists(bea.id); !listed {
			t.Fatal("a new generation was not enough")
		}
	})
	t.Run("not enrolled yet", func(t *testing.T) {
		r, ann, _, _ := ward(t)
		bound := r.w.bind("Dot")
		r.add(ann, bound)
		r.rotate(ann)
		bound.newGeneration()
		r.rotate(ann)
		if _, listed := r.epoch().Epoch.Lists(bound.id); !listed {
			t.Fatal("not listed once there is a key")
		}
	})
}

// TestRotation is the table of section 7.5.
func TestRotation(t *testing.T) {
	policy := func(r *room) *Policy { p, _ := r.w.manifests.Policy(); return p }
	fresh := func(r *room, at Time, messages uint32) error {
		return r.epoch().Epoch.CheckFresh(r.w.trust(), r.membership, policy(r), at, messages)
	}
	for name, happens := range map[string]func(r *room, ann, bea, cal *staff){
		"an add":         func(r *room, ann, _, _ *staff) { r.add(ann, r.w.enrol("Dot")) },
		"a remove":       func(r *room, ann, bea, _ *staff) { r.append(ann, r.removeEntry(ann, bea)) },
		"a generation":   func(_ *room, _, bea, _ *staff) { bea.newGeneration() },
		"a revocation":   func(_ *room, _, bea, _ *staff) { bea.revoke(bea.device().id, RevokeSignedOut) },
		"a reset":        func(_ *room, _, bea, _ *staff) { bea.reset() },
		"a new manifest": func(r *room, _, _, _ *staff) { r.w.newOfficers(r.w.seats) },
	} {
		r, ann, bea, cal := ward(t)
		check(t, fresh(r, r.w.now, 999))
		happens(r, ann, bea, cal)
		refused(t, name, fresh(r, r.w.now, 0), StaleEpoch)
		r.rotate(ann)
		if err := fresh(r, r.w.now, 0); err != nil {
			t.Errorf("%s, after the rotation: %v", name, err)
		}
	}
	r, ann, bea, _ := ward(t)
	bea.newDevice()
	check(t, fresh(r, r.epoch().Epoch.Core.Issued+7*day, 999)) // a new device changes no key
	refused(t, "messages", fresh(r, r.w.now, 1000), StaleEpoch)
	refused(t, "age", fresh(r, r.epoch().Epoch.Core.Issued+7*day+1, 0), StaleEpoch)
	other := r.w.room(SpaceTeam, ann)
	refused(t, "another thread", r.epoch().Epoch.CheckFresh(r.w.trust(), other.membership, policy(r), r.w.now, 0), BrokenChain)
}

func TestReadersAndOwnersOnlyThreads(t *testing.T) {
	w := newWorld(t)
	ann, bea := w.enrol("Ann"), w.enrol("Bea")
	create := w.createEntry(SpaceAnnouncement, ann)
	create.PostBy = WhoOwner
	r := w.room(SpaceAnnouncement, ann)
	r.membership = must(NewMembership(w.trust(), w.sign(create, ann.byDevice())))
	r.log = NewThreadLog(r.membership.Thread())
	r.record(EntryCreate, mustEncode(t, w.sign(create, ann.byDevice())), nil)
	r.add(ann, bea)
	_, err := NewEpoch(r.epochInput(bea))
	refused(t, "an epoch by a member who may not post", err, NotEntitled)
	r.rotate(ann)
	sealed := must(SealMessage(r.messageInput(bea, "hello")))
	_, err = VerifyMessage(w.trust(), r.epoch().Epoch, sealed.Bytes)
	refused(t, "a message by a member who may not post", err, NotEntitled)
	if _, err := r.reads(bea, r.epoch(), r.send(ann, "notice")); err != nil {
		t.Errorf("reading needs no right to post: %v", err)
	}
}

func without(members []EpochMember, person id.Person) []EpochMember {
	var rest []EpochMember
	for _, m := range members {
		if m.Person != person {
			rest = append(rest, m)
		}
	}
	return rest
}

func member(core *EpochCore, person id.Person) *EpochMember {
	for n := range core.Members {
		if core.Members[n].Person == person {
			return &core.Members[n]
		}
	}
	return &EpochMember{}
}

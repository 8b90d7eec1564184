package envelope

import "testing"

// joined is a ward whose fourth member came later, with history or without.
func joined(t failer, history bool) (r *room, ann, bea, dot *staff) {
	r, ann, bea, _ = ward(t)
	dot = r.w.enrol("Dot")
	r.append(ann, change(r.addEntry(ann, dot), func(a *Add) { a.History = history }))
	r.rotate(ann)
	return r, ann, bea, dot
}

func (r *room) grantInput(by, target *staff, epochs ...*EpochKey) GrantInput {
	return GrantInput{
		Trust: r.w.trust(), Membership: r.membership, Target: target.id, Person: by.id, Device: by.device().id, Key: by.device().key,
		Issued: r.w.tick(), Epochs: epochs,
	}
}

func (r *room) verified() []*Epoch {
	var epochs []*Epoch
	for _, made := range r.epochs {
		epochs = append(epochs, made.Epoch)
	}
	return epochs
}

func TestGrantGivesHistory(t *testing.T) {
	r, _, bea, dot := joined(t, true)
	_, err := r.reads(dot, r.epochs[0], r.messages[0])
	refused(t, "before the grant", err, WrongMembers)
	signed, envelopes, err := NewGrant(r.grantInput(bea, dot, must(r.opens(r.epochs[0], bea, bea.keys()))))
	check(t, err)
	grant, err := VerifyGrant(r.w.trust(), r.membership, r.verified(), signed, envelopes)
	check(t, err)
	opened, err := grant.Open(dot.keys())
	if err != nil || len(opened) != 1 {
		t.Fatalf("opening: %v", err)
	}
	message := must(VerifyMessage(r.w.trust(), r.epochs[0].Epoch, r.messages[0].Bytes))
	if text, err := message.Open(opened[0], r.messages[0].Half); err != nil || string(text.Inner) != `{"v":1,"text":"bloods are back"}` {
		t.Errorf("reading history: %v", err)
	}
	_, err = grant.Open(r.w.enrol("Eve").keys())
	refused(t, "by somebody else", err, WrongSecret)
}

// TestGrantNeedsAnAddWithHistory is model E: a member who joins does not get what was said before, unless the add says so; a person who
// comes back after a reset gets what they had.
func TestGrantNeedsAnAddWithHistory(t *testing.T) {
	r, ann, bea, dot := joined(t, false)
	past, present := r.epochs[0].Key, r.epochs[1].Key
	_, _, err := NewGrant(r.grantInput(bea, dot, past))
	refused(t, "an epoch before the add", err, NotEntitled)
	dot.reset()
	dot.newGeneration()
	dot.newDevice()
	_, _, err = NewGrant(r.grantInput(bea, dot, present))
	refused(t, "before the rekey", err, WrongIdentity)
	r.append(ann, &Rekey{EntryHead: r.head(ann), Target: dot.id, Identity: dot.state.IdentityHash()})
	_, _, err = NewGrant(r.grantInput(bea, dot, past, present))
	refused(t, "an epoch before the add, after the rekey", err, NotEntitled)
	signed, envelopes, err := NewGrant(r.grantInput(bea, dot, present))
	check(t, err)
	grant := must(VerifyGrant(r.w.trust(), r.membership, r.verified(), signed, envelopes))
	if _, err := grant.Open(dot.keys()); err != nil {
		t.Errorf("their own past: %v", err)
	}
}

// TestNoGrantToALostDevice: history is not sealed to a key that a thief may have.
func TestNoGrantToALostDevice(t *testing.T) {
	r, _, bea, dot := joined(t, true)
	lost := dot.device().id
	dot.newDevice()
	dot.revoke(lost, RevokeStolen)
	_, _, err := NewGrant(r.grantInput(bea, dot, r.epochs[0].Key))
	refused(t, "after a theft", err, WrongIdentity)
	dot.newGeneration()
	_, _, err = NewGrant(r.grantInput(bea, dot, r.epochs[0].Key))
	check(t, err)
}

func TestForgedGrantsAreRefused(t *testing.T) {
	r, ann, bea, dot := joined(t, true)
	signed, envelopes, err := NewGrant(r.grantInput(bea, dot, r.epochs[0].Key))
	check(t, err)
	object := must(Open[HistoryGrant](signed))
	reader := r.w.enrol("Reader")
	r.append(ann, change(r.addEntry(ann, reader), func(a *Add) { a.MemberRole = RoleReader }))
	other := r.w.enrol("Stranger")
	for name, test := range map[string]struct {
		code Code
		how  func(*HistoryGrant)
		by   *staff
	}{
		"another thread":            {BrokenChain, func(g *HistoryGrant) { g.Thread[0] ^= 1 }, bea},
		"another target":            {NotEntitled, func(g *HistoryGrant) { g.Target = ann.id }, bea},
		"another identity":          {NotEntitled, func(g *HistoryGrant) { g.Identity = ann.state.IdentityHash() }, bea},
		"another add":               {NotEntitled, func(g *HistoryGrant) { g.MembershipSeq-- }, bea},
		"another generation":        {WrongIdentity, func(g *HistoryGrant) { g.Generation++ }, bea},
		"a record of no epoch":      {BrokenChain, func(g *HistoryGrant) { g.Records[0].Record[0] ^= 1 }, bea},
		"a record of another epoch": {BrokenChain, func(g *HistoryGrant) { g.Records[0].Epoch = 2 }, bea},
		"other envelopes":           {BrokenChain, func(g *HistoryGrant) { g.Envelopes[0] ^= 1 }, bea},
		"no records":                {BrokenChain, func(g *HistoryGrant) { g.Records = nil }, bea},
		"by a stranger":             {NotEntitled, func(*HistoryGrant) {}, other},
		"by a reader":               {NotEntitled, func(*HistoryGrant) {}, reader},
		"by the target":             {NotEntitled, func(*HistoryGrant) {}, dot},
	} {
		forged := *object
		forged.Records = append([]GrantRecord{}, object.Records...)
		forged.Person, forged.Device = test.by.id, test.by.device().id
		test.how(&forged)
		_, err := VerifyGrant(r.w.trust(), r.membership, r.verified(), r.w.sign(&forged, test.by.byDevice()), envelopes)
		refused(t, name, err, test.code)
	}
	_, err = VerifyGrant(r.w.trust(), r.membership, r.verified(), r.w.sign(object, ann.byDevice()), envelopes)
	refused(t, "signed by another device", err, WrongPurpose)
	forged := append([]Envelope{}, envelopes...)
	forged[0].Purpose = EnvelopeMember
	object.Envelopes = grantEnvelopesHash(forged)
	_, err = VerifyGrant(r.w.trust(), r.membership, r.verified(), r.w.sign(object, bea.byDevice()), forged)
	refused(t, "an envelope of another purpose", err, WrongPurpose)

	// An honest envelope with another epoch's secret in it.
	context := r.epochs[0].Epoch.context(EnvelopeGrant, PersonRecipient(dot.id))
	forged[0] = Envelope{
		Purpose: EnvelopeGrant, Recipient: PersonRecipient(dot.id), Sealed: must(SealTo(dot.keys().Public(), context, r.epochs[1].Key.random)),
	}
	object.Envelopes = grantEnvelopesHash(forged)
	grant := must(VerifyGrant(r.w.trust(), r.membership, r.verified(), r.w.sign(object, bea.byDevice()), forged))
	_, err = grant.Open(dot.keys())
	refused(t, "another secret", err, WrongSecret)
	r.append(ann, r.removeEntry(ann, bea))
	if _, err := VerifyGrant(r.w.trust(), r.membership, r.verified(), signed, envelopes); err != nil {
		t.Errorf("after the granter left: %v", err)
	}
	r.append(ann, r.removeEntry(ann, dot))
	_, err = VerifyGrant(r.w.trust(), r.membership, r.verified(), signed, envelopes)
	refused(t, "after the target was removed", err, NotEntitled)
	_, _, err = NewGrant(r.grantInput(bea, dot, r.epochs[0].Key))
	refused(t, "making one for a stranger", err, NotEntitled)
}

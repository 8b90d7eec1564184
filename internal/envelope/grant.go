package envelope

import (
	"slices"

	"github.com/wardline/wardline/internal/id"
)

// GrantInput is what a member gives to somebody who was added with history.
type GrantInput struct {
	Trust      Trust
	Membership *Membership
	Target     id.Person
	Person     id.Person
	Device     id.Device
	Key        Signer
	Issued     Time
	// Epochs are the earlier epochs, opened by the granter, ascending.
	Epochs []*EpochKey
}

// Grant is a verified history grant with its envelopes, in the order of its records.
type Grant struct {
	Object    HistoryGrant
	Envelopes []Envelope
	epochs    []*Epoch
}

// NewGrant seals earlier epochs to a member's current generation: section 7.6 of docs/protocol.md. It refuses what the add does not
// allow.
func NewGrant(in GrantInput) (*Signed, []Envelope, error) {
	target, ok := in.Membership.Member(in.Target)
	if !ok {
		return nil, nil, refuse(NotEntitled, "not a member")
	}
	state, err := in.Trust.person(in.Target)
	if err != nil {
		return nil, nil, err
	}
	generation, ok := state.CurrentGeneration()
	if !ok || !state.Ready(target.Identity) {
		return nil, nil, refuse(WrongIdentity, "the member cannot be given keys now")
	}
	object := HistoryGrant{
		Thread: in.Membership.Thread(), Target: in.Target, Identity: target.Identity, Generation: generation.Generation,
		MembershipSeq: target.PinnedSeq, Person: in.Person, Device: in.Device, Issued: in.Issued,
	}
	var envelopes []Envelope
	var epochs []*Epoch
	for _, key := range in.Epochs {
		recipient := PersonRecipient(in.Target)
		sealed, err := SealTo(generation.Seal, key.epoch.context(EnvelopeGrant, recipient), key.random)
		if err != nil {
			return nil, nil, err
		}
		object.Records = append(object.Records, GrantRecord{Epoch: key.epoch.Core.Epoch, Record: key.epoch.Hash})
		envelopes = append(envelopes, Envelope{Purpose: EnvelopeGrant, Recipient: recipient, Sealed: sealed})
		epochs = append(epochs, key.epoch)
	}
	object.Envelopes = grantEnvelopesHash(envelopes)
	signed, err := SignObject(&object, ByDevice(in.Device, in.Key))
	if err != nil {
		return nil, nil, err
	}
	if _, err := VerifyGrant(in.Trust, in.Membership, epochs, signed, envelopes); err != nil {
		return nil, nil, err
	}
	return signed, envelopes, nil
}

// VerifyGrant checks a grant. Epochs are the verified records of the thread, those that the grant names among them.
func VerifyGrant(trust Trust, membership *Membership, epochs []*Epoch, signed *Signed, envelopes []Envelope) (*Grant, error) {
	object, err := Open[HistoryGrant](signed)
	if err != nil {
		return nil, err
	}
	if object.Thread != membership.Thread() {
		return nil, refuse(BrokenChain, "a grant for another thread")
	}
	target, ok := membership.Member(object.Target)
	if !ok || target.Identity != object.Identity || target.PinnedSeq != object.MembershipSeq {
		return nil, refuse(NotEntitled, "not the member that the grant names")
	}
	if err := object.checkGeneration(trust); err != nil {
		return nil, err
	}
	if err := object.verifyGranter(trust, membership, signed); err != nil {
		return nil, err
	}
	grant := &Grant{Object: *object, Envelopes: envelopes}
	for _, record := range object.Records {
		at := slices.IndexFunc(epochs, func(e *Epoch) bool { return e.Hash == record.Record && e.Core.Epoch == record.Epoch })
		if at < 0 || epochs[at].Core.Thread != object.Thread {
			return nil, refuse(BrokenChain, "a record that is not the thread's")
		}
		if !target.MayRead(epochs[at]) {
			return nil, refuse(NotEntitled, "the add gives no history")
		}
		grant.epochs = append(grant.epochs, epochs[at])
	}
	if err := grant.checkEnvelopes(); err != nil {
		return nil, err
	}
	return grant, nil
}

// MayRead says whether a member may be given an epoch that they do not hold: all of them when their add gives the history; otherwise those
// that were made for them, and those that were made since their present identity was pinned, from which they can only be missing because
// no key could be sealed to them then.
func (m Member) MayRead(epoch *Epoch) bool {
	_, listed := epoch.Lists(m.Person)
	return m.History || listed || epoch.Core.MembershipSeq >= m.PinnedSeq
}

// verifyGranter: any member but a reader may give history, and what they gave stays given when they have left since. The device must belong
// to an identity under which the person was a member after the target was pinned.
func (h *HistoryGrant) verifyGranter(trust Trust, membership *Membership, signed *Signed) error {
	if h.Person == h.Target {
		return refuse(NotEntitled, "nobody grants to themselves")
	}
	var failed error = refuse(NotEntitled, "the granter may not grant")
	for _, granter := range membership.since(h.MembershipSeq, h.Person) {
		if granter.Role == RoleReader {
			continue
		}
		act := Act{Thread: h.Thread, At: h.Issued}
		if failed = verifyByDevice(trust, signed, h.Person, h.Device, granter.Identity, act); failed == nil {
			return nil
		}
	}
	return failed
}

// checkGeneration: the sealing key belongs to the identity that the thread pins.
func (h *HistoryGrant) checkGeneration(trust Trust) error {
	state, err := trust.person(h.Target)
	if err != nil {
		return err
	}
	generation, ok := state.GenerationKey(h.Generation)
	if !ok || generation.Identity != h.Identity {
		return refuse(WrongIdentity, "a sealing key that is not the member's")
	}
	return nil
}

func (g *Grant) checkEnvelopes() error {
	if len(g.Envelopes) != len(g.epochs) || grantEnvelopesHash(g.Envelopes) != g.Object.Envelopes {
		return refuse(BrokenChain, "not the envelopes that the grant names")
	}
	for _, envelope := range g.Envelopes {
		if envelope.Purpose != EnvelopeGrant || envelope.Recipient != PersonRecipient(g.Object.Target) {
			return refuse(WrongPurpose, "an envelope of another kind")
		}
	}
	return nil
}

// Open opens every epoch of the grant, and refuses all when one of them is not what its record commits to. Keys is the pair of the
// generation that the grant names.
func (g *Grant) Open(keys *SealPair) ([]*EpochKey, error) {
	opened := make([]*EpochKey, 0, len(g.epochs))
	for n, epoch := range g.epochs {
		envelope := &g.Envelopes[n]
		random, err := keys.OpenFrom(epoch.context(EnvelopeGrant, envelope.Recipient), envelope.Sealed)
		if err != nil {
			return nil, err
		}
		key, err := epoch.Recover(random)
		if err != nil {
			return nil, err
		}
		opened = append(opened, key)
	}
	return opened, nil
}

func grantEnvelopesHash(envelopes []Envelope) id.Hash {
	var all []byte
	for n := range envelopes {
		all = append(all, fixedBytes(&envelopes[n])...)
	}
	return HashLabel("grant-envelopes", all)
}

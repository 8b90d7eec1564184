package envelope

import (
	"slices"

	"github.com/wardline/wardline/internal/id"
)

// Epoch is a verified epoch record: who has the keys, by which logs, under which manifest.
type Epoch struct {
	Core EpochCore
	// Hash is the record's hash, which messages name and from which the epoch secret is derived.
	Hash id.Hash
	// CoreHash is in the context of every envelope.
	CoreHash     id.Hash
	EnvelopeRoot id.Hash
	// Membership is the membership at the entry that the record names.
	Membership *Membership
	// Manifest is the version that the record names.
	Manifest *Manifest
}

// VerifyEpoch checks a record as every receiver must: section 7.1 of docs/protocol.md. The member list is computed again from the logs,
// and any difference is refused, whichever way. Previous is the verified record before it, nil for epoch 1. No key is needed; what only
// a key can check is checked by [OpenEpoch].
func VerifyEpoch(trust Trust, membership *Membership, previous *Epoch, signed *Signed) (*Epoch, error) {
	epoch, err := readEpoch(trust.Manifests, signed)
	if err != nil {
		return nil, err
	}
	if err := epoch.follows(membership, previous); err != nil {
		return nil, err
	}
	if epoch.Membership, err = membership.At(epoch.Core.MembershipSeq, epoch.Core.MembershipHead); err != nil {
		return nil, err
	}
	if err := epoch.checkAuthor(trust, signed); err != nil {
		return nil, err
	}
	if err := epoch.checkMembers(trust, previous); err != nil {
		return nil, err
	}
	return epoch, nil
}

func (e *Epoch) follows(membership *Membership, previous *Epoch) error {
	switch {
	case e.Core.Thread != membership.Thread():
		return refuse(BrokenChain, "a record of another thread")
	case previous == nil && (e.Core.Epoch != 1 || !e.Core.Previous.IsZero()):
		return refuse(BrokenChain, "the first record is not epoch 1")
	case previous == nil:
		return nil
	case previous.Core.Thread != e.Core.Thread || int64(e.Core.Epoch) != int64(previous.Core.Epoch)+1 || e.Core.Previous != previous.Hash:
		return refuse(BrokenChain, "record does not follow")
	case e.Core.MembershipSeq < previous.Core.MembershipSeq:
		return refuse(RolledBack, "an older membership than the previous record's")
	case e.Manifest.Version < previous.Manifest.Version:
		return refuse(RolledBack, "an older manifest than the previous record's")
	}
	return nil
}

// readEpoch takes a record apart and finds its manifest, whose seats must be the record's. It checks no signature and no list.
func readEpoch(manifests *Manifests, signed *Signed) (*Epoch, error) {
	record, err := Open[EpochRecord](signed)
	if err != nil {
		return nil, err
	}
	core, err := Parse[EpochCore](record.Core)
	if err != nil {
		return nil, err
	}
	hash, err := signed.Hash()
	if err != nil {
		return nil, err
	}
	manifest, ok := manifests.ByHash(core.Manifest)
	if !ok {
		return nil, refuse(BrokenChain, "unknown manifest")
	}
	if !slices.EqualFunc(core.Shares, manifest.Seats, func(share ShareCommit, seat Seat) bool { return share.Seat == seat.Index }) {
		return nil, refuse(WrongShare, "the seats are not those of the manifest")
	}
	return &Epoch{
		Core: *core, Hash: hash, CoreHash: HashLabel(TypeEpochCore.Name(), record.Core), EnvelopeRoot: record.EnvelopeRoot,
		Manifest: manifest,
	}, nil
}

func (e *Epoch) checkAuthor(trust Trust, signed *Signed) error {
	author, ok := e.Membership.Member(e.Core.Person)
	if !ok || !e.Membership.MayPost(e.Core.Person) {
		return refuse(NotEntitled, "the author may not post")
	}
	act := Act{Thread: e.Core.Thread, Entry: e.Hash, At: e.Core.Issued}
	return verifyByDevice(trust, signed, e.Core.Person, e.Core.Device, author.Identity, act)
}

// checkMembers compares the list with the logs. A listed member is ready at the log head that the list names. A member who is not
// listed was not ready at some point since they last were in a list, or since they were pinned; nobody else can be left out.
func (e *Epoch) checkMembers(trust Trust, previous *Epoch) error {
	listed := e.Core.Members
	for _, member := range e.Membership.Members() {
		state, err := trust.person(member.Person)
		if err != nil {
			return err
		}
		floor, err := previous.floor(state, member.Person)
		if err != nil {
			return err
		}
		if len(listed) == 0 || listed[0].Person != member.Person {
			floor = max(floor, state.lastBy(member.PinnedAt))
			if !state.unreadySince(member.Identity, floor) {
				return refuse(WrongMembers, "a member is left out")
			}
			continue
		}
		if err := state.checkListed(listed[0], member.Identity, floor); err != nil {
			return err
		}
		listed = listed[1:]
	}
	if len(listed) > 0 {
		return refuse(WrongMembers, "somebody is listed who is not a member")
	}
	if _, ok := e.Lists(e.Core.Person); !ok {
		return refuse(WrongMembers, "the author is not listed")
	}
	return nil
}

// floor is the place in a person's log that the previous record had seen; 0 when it did not list the person.
func (e *Epoch) floor(state *PersonState, person id.Person) (int, error) {
	if e == nil {
		return 0, nil
	}
	before, ok := e.Lists(person)
	if !ok {
		return 0, nil
	}
	at, ok := state.byHash[before.LogHead]
	if !ok {
		return 0, refuse(RolledBack, "a person log that lacks what the previous record had seen")
	}
	return at, nil
}

func (p *PersonState) checkListed(listed EpochMember, pinned id.Hash, floor int) error {
	at, ok := p.byHash[listed.LogHead]
	switch {
	case !ok:
		return refuse(WrongMembers, "a log head that is not in the person's log")
	case listed.Identity != pinned || p.entries[at].identity != pinned:
		return refuse(WrongIdentity, "another identity than the thread pins")
	case at < floor:
		return refuse(RolledBack, "an older log head than the previous record's")
	case !p.entries[at].ready(pinned) || p.entries[at].generation != listed.Generation:
		return refuse(WrongMembers, "not the latest generation at that log head")
	}
	return nil
}

// Lists finds a person in the record's list.
func (e *Epoch) Lists(person id.Person) (EpochMember, bool) {
	at, ok := e.memberIndex(person)
	if !ok {
		return EpochMember{}, false
	}
	return e.Core.Members[at], true
}

func (e *Epoch) memberIndex(person id.Person) (int, bool) {
	return slices.BinarySearchFunc(e.Core.Members, person, func(m EpochMember, p id.Person) int { return m.Person.Compare(p) })
}

// recipients are all recipients in the order of the leaves: members ascending, then seats ascending.
func (e *Epoch) recipients() []EnvelopeLeaf {
	all := make([]EnvelopeLeaf, 0, len(e.Core.Members)+len(e.Core.Shares))
	for _, member := range e.Core.Members {
		all = append(all, EnvelopeLeaf{Purpose: EnvelopeMember, Recipient: PersonRecipient(member.Person)})
	}
	for _, share := range e.Core.Shares {
		all = append(all, EnvelopeLeaf{Purpose: EnvelopeSeat, Recipient: SeatRecipient(share.Seat)})
	}
	return all
}

// CheckEnvelopes checks that these are the record's envelopes, all of them and in order, and gives each its proof. A server does this
// before it stores them.
func (e *Epoch) CheckEnvelopes(envelopes []Envelope) ([]EnvelopeProof, error) {
	wanted := e.recipients()
	if len(envelopes) != len(wanted) {
		return nil, refuse(WrongMembers, "not one envelope for each recipient")
	}
	for n, envelope := range envelopes {
		if envelope.Purpose != wanted[n].Purpose || envelope.Recipient != wanted[n].Recipient {
			return nil, refuse(WrongMembers, "an envelope for another recipient")
		}
	}
	leaves := envelopeLeaves(envelopes)
	if MerkleRoot(leaves) != e.EnvelopeRoot {
		return nil, refuse(BrokenChain, "the envelopes are not under the record's root")
	}
	proofs := make([]EnvelopeProof, len(envelopes))
	for n := range envelopes {
		proofs[n] = EnvelopeProof{Index: uint16(n), Count: uint16(len(envelopes))}
		for _, hash := range MerklePath(leaves, n) {
			proofs[n].Path = append(proofs[n].Path, PathNode{Hash: hash})
		}
	}
	return proofs, nil
}

func envelopeLeaves(envelopes []Envelope) [][]byte {
	leaves := make([][]byte, len(envelopes))
	for n := range envelopes {
		leaves[n] = envelopeLeaf(&envelopes[n])
	}
	return leaves
}

func envelopeLeaf(envelope *Envelope) []byte {
	return fixedBytes(&EnvelopeLeaf{Purpose: envelope.Purpose, Recipient: envelope.Recipient, Envelope: fixedHash(envelope)})
}

// checkProof checks that an envelope is the one at index.
func (e *Epoch) checkProof(index int, envelope *Envelope, proof *EnvelopeProof) error {
	wanted := e.recipients()
	if envelope.Purpose != wanted[index].Purpose || envelope.Recipient != wanted[index].Recipient {
		return refuse(WrongMembers, "an envelope for another recipient")
	}
	path := make([]id.Hash, len(proof.Path))
	for n, node := range proof.Path {
		path[n] = node.Hash
	}
	if int(proof.Index) != index || int(proof.Count) != len(wanted) ||
		!CheckMerklePath(e.EnvelopeRoot, envelopeLeaf(envelope), index, len(wanted), path) {
		return refuse(BrokenChain, "the envelope is not under the record's root")
	}
	return nil
}

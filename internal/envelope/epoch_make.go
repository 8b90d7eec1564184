package envelope

import "github.com/wardline/wardline/internal/id"

// EpochInput is what a new epoch is made from. The record is made for the membership as it stands and for the current manifest.
type EpochInput struct {
	Trust      Trust
	Membership *Membership
	// Previous is the verified record before, nil for the first.
	Previous *Epoch
	// State is sealed anew with each epoch; in a patient thread it has the assertion that the link names.
	State  ThreadState
	Person id.Person
	Device id.Device
	Key    Signer
	Issued Time
	// Entropy is nil but in tests.
	Entropy Entropy
}

// MadeEpoch is a new epoch, complete: what goes to the server, and the key that stays.
type MadeEpoch struct {
	Epoch  *Epoch
	Signed *Signed
	// Envelopes and Proofs are in the order of the leaves: members ascending, then seats ascending.
	Envelopes []Envelope
	Proofs    []EnvelopeProof
	State     *SealedState
	Key       *EpochKey
}

// NewEpoch makes the next epoch of a thread: section 7 of docs/protocol.md. The list comes from the logs and cannot be given. What it
// returns has passed the checks of a receiver.
func NewEpoch(in EpochInput) (*MadeEpoch, error) {
	manifest := in.Trust.Manifests.Current()
	core := EpochCore{
		Thread: in.Membership.Thread(), Epoch: 1, MembershipSeq: in.Membership.Seq(), MembershipHead: in.Membership.Head(),
		Manifest: manifest.Hash, Person: in.Person, Device: in.Device, Issued: in.Issued,
	}
	if in.Previous != nil {
		core.Epoch, core.Previous = in.Previous.Core.Epoch+1, in.Previous.Hash
	}
	var random [32]byte
	if err := draw(in.Entropy, random[:]); err != nil {
		return nil, err
	}
	keys, err := core.list(in.Trust, in.Membership)
	if err != nil {
		return nil, err
	}
	if err := checkState(in.Trust.Manifests, in.Membership, &in.State); err != nil {
		return nil, err
	}
	state, err := sealState(random, core.Thread, core.Epoch, &in.State)
	if err != nil {
		return nil, err
	}
	if core.State, err = Hash(state); err != nil {
		return nil, err
	}
	core.SecretCommit = fixedHash(&EpochSecret{Thread: core.Thread, Epoch: core.Epoch, Secret: random})
	core.Shares = shareCommits(random, core.Thread, core.Epoch, &manifest.RootManifest)
	return finishEpoch(in, &core, random, keys, state)
}

// list fills in the members who are ready, and gives their keys in the same order.
func (c *EpochCore) list(trust Trust, membership *Membership) ([]SealKey, error) {
	var keys []SealKey
	for _, member := range membership.Members() {
		state, err := trust.person(member.Person)
		if err != nil {
			return nil, err
		}
		generation, ok := state.CurrentGeneration()
		if !ok || !state.Ready(member.Identity) {
			continue
		}
		c.Members = append(c.Members, EpochMember{
			Person: member.Person, Identity: member.Identity, LogHead: state.Head(), Generation: generation.Generation,
		})
		keys = append(keys, generation.Seal)
	}
	return keys, nil
}

func finishEpoch(in EpochInput, core *EpochCore, random [32]byte, keys []SealKey, state *SealedState) (*MadeEpoch, error) {
	encoded, err := Encode(core)
	if err != nil {
		return nil, err
	}
	manifest := in.Trust.Manifests.Current()
	draft := &Epoch{Core: *core, CoreHash: HashLabel(TypeEpochCore.Name(), encoded), Manifest: manifest}
	envelopes, err := draft.seal(random, keys)
	if err != nil {
		return nil, err
	}
	record := &EpochRecord{Core: encoded, EnvelopeRoot: MerkleRoot(envelopeLeaves(envelopes))}
	signed, err := SignObject(record, ByDevice(in.Device, in.Key))
	if err != nil {
		return nil, err
	}
	epoch, err := VerifyEpoch(in.Trust, in.Membership, in.Previous, signed)
	if err != nil {
		return nil, err
	}
	proofs, err := epoch.CheckEnvelopes(envelopes)
	if err != nil {
		return nil, err
	}
	return &MadeEpoch{
		Epoch: epoch, Signed: signed, Envelopes: envelopes, Proofs: proofs, State: state, Key: newEpochKey(epoch, random),
	}, nil
}

// seal makes every envelope: the secret for members, a share for each seat.
func (e *Epoch) seal(random [32]byte, keys []SealKey) ([]Envelope, error) {
	recipients := e.recipients()
	envelopes := make([]Envelope, len(recipients))
	shares := seatShares(random, e.Core.Thread, e.Core.Epoch, &e.Manifest.RootManifest)
	for n, to := range recipients {
		secret := random
		var key SealKey
		if seat := n - len(keys); seat >= 0 {
			secret, key = shares[seat].Share, e.Manifest.Seats[seat].Seal
		} else {
			key = keys[n]
		}
		sealed, err := SealTo(key, e.context(to.Purpose, to.Recipient), secret)
		if err != nil {
			return nil, err
		}
		envelopes[n] = Envelope{Purpose: to.Purpose, Recipient: to.Recipient, Sealed: sealed}
	}
	return envelopes, nil
}

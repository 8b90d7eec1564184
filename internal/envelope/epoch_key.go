package envelope

import "github.com/wardline/wardline/internal/id"

// EpochKey is an epoch that has been opened: its 32 random bytes, checked against everything that the record commits to, and the
// secret derived from them.
type EpochKey struct {
	epoch  *Epoch
	random [32]byte
	secret [32]byte
}

// OpenEpoch opens a member's envelope, checks that it is under the record's root, that it holds what the record commits to, and that every
// officer's share is the right one. Keys is the pair of the generation that the record lists for the person.
func OpenEpoch(epoch *Epoch, person id.Person, keys *SealPair, envelope *Envelope, proof *EnvelopeProof) (*EpochKey, error) {
	index, ok := epoch.memberIndex(person)
	if !ok {
		return nil, refuse(WrongMembers, "the person is not listed")
	}
	if err := epoch.checkProof(index, envelope, proof); err != nil {
		return nil, err
	}
	random, err := keys.OpenFrom(epoch.context(EnvelopeMember, envelope.Recipient), envelope.Sealed)
	if err != nil {
		return nil, err
	}
	return epoch.Recover(random)
}

// Recover makes an epoch's key from its random bytes, however they were come by: an envelope, a grant, a cache, the shares of officers.
// It refuses anything but the bytes that the record commits to, and any record whose shares do not follow from them.
func (e *Epoch) Recover(random [32]byte) (*EpochKey, error) {
	commit := fixedHash(&EpochSecret{Thread: e.Core.Thread, Epoch: e.Core.Epoch, Secret: random})
	if commit != e.Core.SecretCommit {
		return nil, refuse(WrongSecret, "not the secret that the record commits to")
	}
	for n, share := range shareCommits(random, e.Core.Thread, e.Core.Epoch, &e.Manifest.RootManifest) {
		if share != e.Core.Shares[n] {
			return nil, refuse(WrongShare, "a share commitment is not the recomputed one")
		}
	}
	return newEpochKey(e, random), nil
}

func newEpochKey(epoch *Epoch, random [32]byte) *EpochKey {
	return &EpochKey{epoch: epoch, random: random, secret: kdf32(random[:], nil, "epoch", epoch.Hash[:])}
}

// Epoch is the record that this key opens.
func (k *EpochKey) Epoch() *Epoch { return k.epoch }

// Random are the 32 bytes from which everything follows. They are kept only sealed.
func (k *EpochKey) Random() [32]byte { return k.random }

// String and GoString keep the secret out of logs.
func (k *EpochKey) String() string { return "epoch key" }

// GoString implements fmt.GoStringer.
func (k *EpochKey) GoString() string { return k.String() }

// shareCommits computes the commitment to every seat's share.
func shareCommits(random [32]byte, thread id.Thread, epoch uint32, manifest *RootManifest) []ShareCommit {
	commits := make([]ShareCommit, 0, len(manifest.Seats))
	for _, share := range seatShares(random, thread, epoch, manifest) {
		commits = append(commits, ShareCommit{Seat: share.Seat, Commit: fixedHash(&share)})
	}
	return commits
}

func seatShares(random [32]byte, thread id.Thread, epoch uint32, manifest *RootManifest) []SeatShare {
	coefficients := escrowCoefficients(random, thread, epoch, manifest.Threshold)
	shares := make([]SeatShare, 0, len(manifest.Seats))
	for _, seat := range manifest.Seats {
		share := splitShare(random, coefficients, seat.Index)
		shares = append(shares, SeatShare{Thread: thread, Epoch: epoch, Seat: seat.Index, Share: share})
	}
	return shares
}

func (e *Epoch) context(purpose EnvelopePurpose, recipient Recipient) *EnvelopeContext {
	return &EnvelopeContext{Core: e.CoreHash, Purpose: purpose, Recipient: recipient}
}

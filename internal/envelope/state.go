package envelope

import (
	"encoding/binary"

	"github.com/wardline/wardline/internal/id"
)

// OpenState opens a thread's sealed state under an epoch, checks that it is the one that the record commits to, and, in a patient
// thread, that its assertion is the one that the thread's link names.
func (k *EpochKey) OpenState(manifests *Manifests, sealed *SealedState) (*ThreadState, error) {
	hash, err := Hash(sealed)
	if err != nil {
		return nil, err
	}
	if hash != k.epoch.Core.State || sealed.Thread != k.epoch.Core.Thread || sealed.Epoch != k.epoch.Core.Epoch {
		return nil, refuse(BadCommitment, "not the state that the record commits to")
	}
	key, nonce := stateKey(k.random, sealed.Thread, sealed.Epoch)
	plain, err := openGCM(key, nonce, threadEpoch(sealed.Thread, sealed.Epoch), sealed.Ciphertext, WrongSecret)
	if err != nil {
		return nil, err
	}
	state, err := Parse[ThreadState](plain)
	if err != nil {
		return nil, err
	}
	if err := checkState(manifests, k.epoch.Membership, state); err != nil {
		return nil, err
	}
	return state, nil
}

// sealState is used once for each random: the key and nonce follow from it.
func sealState(random [32]byte, thread id.Thread, epoch uint32, state *ThreadState) (*SealedState, error) {
	plain, err := Encode(state)
	if err != nil {
		return nil, err
	}
	key, nonce := stateKey(random, thread, epoch)
	return &SealedState{
		Thread: thread, Epoch: epoch, Ciphertext: sealGCM(key, nonce, threadEpoch(thread, epoch), plain),
	}, nil
}

func stateKey(random [32]byte, thread id.Thread, epoch uint32) ([32]byte, [12]byte) {
	return keyNonce(KDF(random[:], nil, "state", threadEpoch(thread, epoch), 44))
}

// checkState checks a state against the thread: a patient thread has an assertion, and it is the linked one, signed for this thread
// in the place of the one that was linked before.
func checkState(manifests *Manifests, membership *Membership, state *ThreadState) error {
	link, linked := membership.Link()
	switch {
	case membership.Space() != SpacePatient && state.Assertion != nil:
		return refuse(NotEntitled, "an assertion outside a patient thread")
	case membership.Space() != SpacePatient:
		return nil
	case !linked || state.Assertion == nil:
		return refuse(WrongIdentity, "a patient thread without its patient")
	}
	signed, err := Parse[Signed](state.Assertion.Assertion)
	if err != nil {
		return err
	}
	assertion, err := VerifyAssertion(manifests, link, signed)
	if err != nil {
		return err
	}
	if assertion.Continues != membership.continued() {
		return refuse(WrongIdentity, "an assertion that does not take the place of the one before")
	}
	return nil
}

// maxNote is the longest note in bytes.
const maxNote = 1040 - 16

// SealNote seals the free text of an add or remove that will have this seq.
func (k *EpochKey) SealNote(seq uint32, text string, entropy Entropy) (*Note, error) {
	if detail := textFault(text, maxNote); detail != "" {
		return nil, refuse(Malformed, "note: "+detail)
	}
	note := &Note{Epoch: k.epoch.Core.Epoch}
	if err := draw(entropy, note.Salt[:]); err != nil {
		return nil, err
	}
	key, nonce := noteKey(k.secret, note.Salt, k.epoch.Core.Thread, seq)
	note.Ciphertext = sealGCM(key, nonce, k.epoch.Core.Thread[:], []byte(text))
	return note, nil
}

// OpenNote opens the note of the membership entry with this seq.
func (k *EpochKey) OpenNote(seq uint32, note *Note) (string, error) {
	if note.Epoch != k.epoch.Core.Epoch {
		return "", refuse(WrongSecret, "a note of another epoch")
	}
	key, nonce := noteKey(k.secret, note.Salt, k.epoch.Core.Thread, seq)
	plain, err := openGCM(key, nonce, k.epoch.Core.Thread[:], note.Ciphertext, WrongSecret)
	if err != nil {
		return "", err
	}
	if detail := textFault(string(plain), maxNote); detail != "" {
		return "", refuse(Malformed, "note: "+detail)
	}
	return string(plain), nil
}

func noteKey(secret [32]byte, salt [16]byte, thread id.Thread, seq uint32) ([32]byte, [12]byte) {
	context := binary.BigEndian.AppendUint32(thread.Bytes(), seq)
	return keyNonce(KDF(secret[:], salt[:], "note", context, 44))
}

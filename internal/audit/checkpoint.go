package audit

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Origin names this kind of log in its checkpoints.
const Origin = envelope.CheckpointOrigin

// ErrCheckpoint is wrapped by every refusal of a checkpoint.
var ErrCheckpoint = errors.New("not a good checkpoint")

// Signer signs with the server key "audit".
type Signer interface {
	Public() [32]byte
	Sign(message []byte) [64]byte
}

// Checkpoint says what the log was at one moment: its first Size leaves hash to Root. Its text, which is what is signed, is
//
//	wardline-audit-v1
//	<size, decimal>
//	<root, base64>
//	after <size of the checkpoint before it, 0 for the first>
//	time <milliseconds since 1970>
//
// as a signed note (golang.org/x/mod/sumdb/note), in the manner of C2SP tlog-checkpoint with two extension lines. After makes a missing checkpoint visible.
type Checkpoint struct {
	Size  int64
	Root  tlog.Hash
	After int64
	At    time.Time
}

// Sign makes the signed note.
func (c Checkpoint) Sign(signer Signer) ([]byte, error) {
	verifier, err := verifierOf(signer.Public())
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: c.text()}, noteSigner{signer, verifier})
}

// OpenCheckpoint verifies a signed note under one of the keys and reads it. It accepts one spelling of it only.
func OpenCheckpoint(signed []byte, keys ...[32]byte) (Checkpoint, error) {
	opened, err := envelope.OpenCheckpoint(signed, keys...)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return Checkpoint{Size: int64(opened.Size), Root: tlog.Hash(opened.Root), After: int64(opened.After), At: opened.At.Time()}, nil
}

func (c Checkpoint) text() string { return c.onWire().Text() }

func (c Checkpoint) onWire() envelope.Checkpoint {
	return envelope.Checkpoint{
		LogHead: envelope.LogHead{Size: uint64(c.Size), Root: id.Hash(c.Root)}, After: uint64(c.After), At: envelope.TimeOf(c.At),
	}
}

func verifierOf(key [32]byte) (note.Verifier, error) {
	text, err := note.NewEd25519VerifierKey(Origin, key[:])
	if err != nil {
		return nil, fmt.Errorf("%w: public key: %w", ErrCheckpoint, err)
	}
	return note.NewVerifier(text)
}

// noteSigner gives a Signer the shape that package note wants.
type noteSigner struct {
	signer   Signer
	verifier note.Verifier
}

func (s noteSigner) Name() string    { return s.verifier.Name() }
func (s noteSigner) KeyHash() uint32 { return s.verifier.KeyHash() }

func (s noteSigner) Sign(message []byte) ([]byte, error) {
	signature := s.signer.Sign(message)
	return signature[:], nil
}

package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Origin names this kind of log in its checkpoints. It cannot be mistaken for the beginning of anything else that the server signs, all of
// which starts with "wardline/v1/" and has a NUL.
const Origin = "wardline-audit-v1"

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
	verifiers := make([]note.Verifier, len(keys))
	for n, key := range keys {
		verifier, err := verifierOf(key)
		if err != nil {
			return Checkpoint{}, err
		}
		verifiers[n] = verifier
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: signature: %w", ErrCheckpoint, err)
	}
	// Open skips signatures by keys that it does not know, which would be a place to change bytes unnoticed.
	if len(opened.Sigs) != 1 || len(opened.UnverifiedSigs) != 0 {
		return Checkpoint{}, fmt.Errorf("%w: not exactly one signature", ErrCheckpoint)
	}
	signature := opened.Sigs[0]
	wanted := fmt.Sprintf("%s\n\u2014 %s %s\n", opened.Text, signature.Name, signature.Base64)
	// Open decodes base64 loosely: the last character has bits that mean nothing.
	_, loose := base64.StdEncoding.Strict().DecodeString(signature.Base64)
	if string(signed) != wanted || loose != nil {
		return Checkpoint{}, fmt.Errorf("%w: unusual spelling", ErrCheckpoint)
	}
	return parseCheckpoint(opened.Text)
}

func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\nafter %d\ntime %d\n", Origin, c.Size, c.Root, c.After, c.At.UnixMilli())
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[0] != Origin || lines[5] != "" {
		return Checkpoint{}, fmt.Errorf("%w: wrong form", ErrCheckpoint)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 1 {
		return Checkpoint{}, fmt.Errorf("%w: size", ErrCheckpoint)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: root", ErrCheckpoint)
	}
	stated, ok := strings.CutPrefix(lines[3], "after ")
	after, err := strconv.ParseInt(stated, 10, 64)
	if !ok || err != nil || after < 0 || after >= size {
		return Checkpoint{}, fmt.Errorf("%w: size before", ErrCheckpoint)
	}
	stated, ok = strings.CutPrefix(lines[4], "time ")
	ms, err := strconv.ParseInt(stated, 10, 64)
	if !ok || err != nil || ms < 0 || ms >= maxTime {
		return Checkpoint{}, fmt.Errorf("%w: time", ErrCheckpoint)
	}
	parsed := Checkpoint{Size: size, Root: root, After: after, At: time.UnixMilli(ms).UTC()}
	if parsed.text() != text {
		return Checkpoint{}, fmt.Errorf("%w: unusual spelling", ErrCheckpoint)
	}
	return parsed, nil
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

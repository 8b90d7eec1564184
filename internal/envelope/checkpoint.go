package envelope

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/wardline/wardline/internal/id"
)

// CheckpointOrigin names this kind of log in its checkpoints. It cannot be mistaken for the beginning of anything else that the server
// signs, all of which starts with "wardline/v1/" and has a NUL.
const CheckpointOrigin = "wardline-audit-v1"

// maxCheckpoint is the length that no checkpoint exceeds.
const maxCheckpoint = 1024

// LogHead is what a log was at one size.
type LogHead struct {
	Size uint64  `json:"size"`
	Root id.Hash `json:"root"`
}

// Checkpoint is a head that the server key "audit" signed: section 11 of docs/protocol.md.
type Checkpoint struct {
	LogHead
	After uint64
	At    Time
}

// Text is what is signed.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\nafter %d\ntime %d\n", CheckpointOrigin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]), c.After, c.At)
}

// Note is the checkpoint with one signature over its text.
func (c Checkpoint) Note(public [32]byte, signature [64]byte) []byte {
	hash := noteKeyHash(public)
	return fmt.Appendf(nil, "%s\n\u2014 %s %s\n", c.Text(), CheckpointOrigin,
		base64.StdEncoding.EncodeToString(append(hash[:], signature[:]...)))
}

// OpenCheckpoint verifies a signed note under one of the keys and reads it. It accepts one spelling only.
func OpenCheckpoint(signed []byte, keys ...[32]byte) (Checkpoint, error) {
	if len(signed) > maxCheckpoint {
		return Checkpoint{}, refuse(Malformed, "a checkpoint that is too long")
	}
	text, line, found := strings.Cut(string(signed), "\n\n")
	if !found {
		return Checkpoint{}, refuse(Malformed, "a checkpoint without a signature")
	}
	text += "\n"
	checkpoint, err := parseCheckpoint(text)
	if err != nil {
		return Checkpoint{}, err
	}
	encoded, named := strings.CutPrefix(line, "\u2014 "+CheckpointOrigin+" ")
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSuffix(encoded, "\n"))
	if !named || err != nil || len(raw) != 4+64 || line != "\u2014 "+CheckpointOrigin+" "+base64.StdEncoding.EncodeToString(raw)+"\n" {
		return Checkpoint{}, refuse(Malformed, "not exactly one signature of a checkpoint")
	}
	for _, key := range keys {
		if noteKeyHash(key) == [4]byte(raw[:4]) {
			return checkpoint, VerifyStrict(key, []byte(text), [64]byte(raw[4:]))
		}
	}
	return Checkpoint{}, refuse(BadSignature, "a checkpoint by another key")
}

func parseCheckpoint(text string) (Checkpoint, error) {
	bad := refuse(Malformed, "not the text of a checkpoint")
	lines := strings.Split(text, "\n")
	if len(lines) != 6 {
		return Checkpoint{}, bad
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != 32 {
		return Checkpoint{}, bad
	}
	size, sized := countIn(lines[1], "")
	after, followed := countIn(lines[3], "after ")
	at, timed := countIn(lines[4], "time ")
	checkpoint := Checkpoint{LogHead{size, id.Hash(root)}, after, Time(at)}
	// One spelling: leading zeros, signs, loose base64 and other origins end here.
	if !sized || !followed || !timed || size < 1 || after >= size || checkpoint.Text() != text {
		return Checkpoint{}, bad
	}
	return checkpoint, nil
}

func countIn(line, word string) (uint64, bool) {
	digits, found := strings.CutPrefix(line, word)
	count, err := strconv.ParseUint(digits, 10, 64)
	return count, found && err == nil && count < maxCount
}

// noteKeyHash is how a signed note names an Ed25519 key (C2SP signed-note).
func noteKeyHash(public [32]byte) [4]byte {
	hash := sha256.New()
	hash.Write([]byte(CheckpointOrigin + "\n\x01"))
	hash.Write(public[:])
	var short [4]byte
	binary.BigEndian.PutUint32(short[:], binary.BigEndian.Uint32(hash.Sum(nil)))
	return short
}

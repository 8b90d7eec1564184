// Package ledger is the destruction ledger: every message that was destroyed, in one order, chained by hash and signed, in a file that is copied off
// the host more often than backups are made. A restore replays it, so that what was destroyed after the backup stays destroyed (R20, P7).
//
// Layout: ledger.go entries, their chain and the signed head; file.go the file, read and checked; copy.go appending what is new.
//
// Invariants: an entry is a tombstone as clients know it: ids, hashes, times and the record's reference, never a text or a key. Entries are numbered
// from 1 without gaps and only ever added. A head is signed with the server key "audit" and covers every entry before it. A file counts up to its last
// good head; what stands after it is a write that was cut off.
package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Entry is one destroyed message.
type Entry struct {
	Number    int64
	Tombstone []byte // the object, docs/protocol.md section 6.2
	Hash      id.Hash
}

// Read decodes the tombstone.
func (e Entry) Read() (*envelope.Tombstone, error) {
	return envelope.Parse[envelope.Tombstone](e.Tombstone)
}

// Head is where the ledger ends. At is when its file was last written; of a head from the database it is zero.
type Head struct {
	Number int64
	Hash   id.Hash
	At     time.Time
}

// Store is the database's side.
type Store interface {
	// PlaceDestroyed gives destroyed messages that have no number yet their numbers, and returns where the ledger ends then.
	PlaceDestroyed(ctx context.Context) (Head, error)
	// LedgerEntries are at most limit entries with numbers over the given one, in order.
	LedgerEntries(ctx context.Context, after int64, limit int) ([]Entry, error)
}

// Signer signs with the server key "audit".
type Signer interface {
	Public() [32]byte
	Sign(message []byte) [64]byte
}

var (
	// ErrAltered is a file that is not what was signed.
	ErrAltered = fault.New(fault.Invalid, "ledger_altered", "The destruction ledger is not what was signed. Take the copy from the other place where it is kept.")
	// ErrOther is a file that is good and does not belong to this database.
	ErrOther = fault.New(fault.Conflict, "ledger_of_another", "This destruction ledger belongs to another server, or this database was restored without it.")
)

// Next is the hash of an entry from the one before it; the first follows the zero hash.
func Next(previous id.Hash, number int64, tombstone []byte) id.Hash {
	sum := sha256.New()
	sum.Write([]byte("wardline/v1/destruction-ledger\x00"))
	sum.Write(previous[:])
	sum.Write(binary.BigEndian.AppendUint64(nil, uint64(number)))
	sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(tombstone))))
	sum.Write(tombstone)
	return id.Hash(sum.Sum(nil))
}

// headOrigin begins the text of a head, so that it is never taken for a checkpoint of the Merkle log, which the same key signs.
const headOrigin = "wardline-destruction-ledger-v1"

// Sign makes the signed note of a head. Its text is
//
//	wardline-destruction-ledger-v1
//	<number, decimal>
//	<hash, unpadded base64url>
//	time <milliseconds since 1970>
func (h Head) Sign(signer Signer) ([]byte, error) {
	verifier, err := verifierOf(signer.Public())
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: h.text()}, noteSigner{signer, verifier})
}

// OpenHead verifies a signed head under one of the keys. It accepts one spelling only.
func OpenHead(signed []byte, keys ...[32]byte) (Head, error) {
	if len(signed) > maxNote {
		return Head{}, errors.New("a head is too long")
	}
	var verifiers []note.Verifier
	seen := map[[32]byte]bool{}
	for _, key := range keys {
		if seen[key] { // a key that several manifests name; package note refuses it twice
			continue
		}
		seen[key] = true
		verifier, err := verifierOf(key)
		if err != nil {
			return Head{}, err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return Head{}, errors.New("a head does not verify under this server's audit key")
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 5 || len(opened.Sigs) != 1 || len(opened.UnverifiedSigs) != 0 {
		return Head{}, errors.New("a head has another form")
	}
	var h Head
	number, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return Head{}, errors.New("a head has another form")
	}
	h.Number = number
	if h.Hash, err = id.ParseDigest[id.Hash](lines[2]); err != nil {
		return Head{}, errors.New("a head has another form")
	}
	at, err := strconv.ParseInt(strings.TrimPrefix(lines[3], "time "), 10, 64)
	if err != nil || at < 0 || at >= 1<<53 || number < 0 {
		return Head{}, errors.New("a head has another form")
	}
	h.At = time.UnixMilli(at).UTC()
	if h.text() != opened.Text {
		return Head{}, errors.New("a head is misspelt")
	}
	return h, nil
}

func (h Head) text() string {
	return fmt.Sprintf("%s\n%d\n%s\ntime %d\n", headOrigin, h.Number, h.Hash, h.At.UnixMilli())
}

const maxNote = 1024

func verifierOf(key [32]byte) (note.Verifier, error) {
	text, err := note.NewEd25519VerifierKey(headOrigin, key[:])
	if err != nil {
		return nil, err
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

package id

import (
	"bytes"
	"database/sql/driver"
	"encoding/base64"
	"fmt"
)

// DigestSize is the length of a [Digest] in bytes.
const DigestSize = 32

// Digest is a 32-byte hash that names one kind of thing. Its text form is unpadded base64url (43 characters).
type Digest[K any] [DigestSize]byte

type (
	// Thread is the hash of the entry that created the thread.
	Thread = Digest[threadKind]
	// Hash is any other SHA-256 value that travels: an entry, a record, an envelope, a manifest.
	Hash = Digest[hashKind]
	// Tag is the keyed hash under which a patient is indexed; it is not the NHS number and does not reveal it.
	Tag = Digest[tagKind]
)

type (
	threadKind struct{}
	hashKind   struct{}
	tagKind    struct{}
)

// ParseDigest reads the text form, as in id.ParseDigest[id.Thread](text).
func ParseDigest[T ~[DigestSize]byte](text string) (T, error) {
	var parsed [DigestSize]byte
	if err := decodeDigest(&parsed, []byte(text)); err != nil {
		return T{}, err
	}
	return T(parsed), nil
}

// DigestFromBytes copies exactly 32 bytes.
func DigestFromBytes[T ~[DigestSize]byte](raw []byte) (T, error) {
	if len(raw) != DigestSize {
		return T{}, fmt.Errorf("%w: %d bytes where %d are wanted", ErrMalformed, len(raw), DigestSize)
	}
	return T(raw), nil
}

// IsZero reports whether the digest is absent.
func (d Digest[K]) IsZero() bool { return d == Digest[K]{} }

// Compare orders digests by their bytes.
func (d Digest[K]) Compare(other Digest[K]) int { return bytes.Compare(d[:], other[:]) }

// Bytes returns a copy of the 32 bytes.
func (d Digest[K]) Bytes() []byte { return append([]byte(nil), d[:]...) }

// String is the unpadded base64url form.
func (d Digest[K]) String() string { return base64.RawURLEncoding.EncodeToString(d[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d Digest[K]) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// AppendText implements encoding.TextAppender.
func (d Digest[K]) AppendText(b []byte) ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(b, d[:]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. It accepts what MarshalText writes and nothing else.
func (d *Digest[K]) UnmarshalText(text []byte) error {
	return decodeDigest((*[DigestSize]byte)(d), text)
}

// Value implements driver.Valuer: 32 bytes.
func (d Digest[K]) Value() (driver.Value, error) { return d.Bytes(), nil }

// Nullable is the SQL argument for a column in which NULL means "none".
func (d Digest[K]) Nullable() any {
	if d.IsZero() {
		return nil
	}
	return d.Bytes()
}

// Scan implements sql.Scanner. NULL becomes the zero digest.
func (d *Digest[K]) Scan(source any) error { return scanInto(d[:], source) }

// Without Strict the last character could be spelled four ways, and Go's decoder skips line breaks, hence the length check.
var digestText = base64.RawURLEncoding.Strict()

func decodeDigest(into *[DigestSize]byte, text []byte) error {
	if want := digestText.EncodedLen(DigestSize); len(text) != want {
		return fmt.Errorf("%w: %d characters where %d are wanted", ErrMalformed, len(text), want)
	}
	decoded, err := digestText.AppendDecode(nil, text)
	if err != nil || len(decoded) != DigestSize {
		return fmt.Errorf("%w: not base64url", ErrMalformed)
	}
	copy(into[:], decoded)
	return nil
}

// Package id holds the identifiers that every room, the wire and both databases share.
//
// Two shapes exist. [ID] is a 16-byte UUID, version 7 (RFC 9562 section 5.7), made by us: a person, a device, a message.
// [Digest] is a 32-byte SHA-256 or HMAC-SHA256 value: a thread is named by the hash of the entry that created it.
// Each noun has a type of its own, so that a device id does not compile where a person id is wanted.
//
// Layout: id.go has the 16-byte ids, digest.go the 32-byte ones, source.go makes new ids.
//
// Invariants: an id has exactly one text form, and parsing refuses every other spelling of it, because text forms become
// map keys, file names and cache keys. In SQL an id is raw bytes (BYTEA, BLOB). The zero id means "none" and is never made.
// Ids carry their time of creation, so they must not name anything whose time of creation is secret.
package id

import (
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Size is the length of an [ID] in bytes.
const Size = 16

// ErrMalformed is wrapped by every refusal to read an id. It carries no part of the input.
var ErrMalformed = errors.New("malformed id")

// ID is a UUIDv7 that names one kind of thing. K is only a label and is never a value.
type ID[K any] [Size]byte

// The nouns. The label types are private, so no other package can mint a kind that looks like one of these.
type (
	// Person is a member of staff, for as long as the organisation knows them; a change of identity key keeps it.
	Person = ID[personKind]
	// Device is one browser profile or native client with a key of its own.
	Device = ID[deviceKind]
	// Unlocker is one way to open a vault: a password, a passkey, a PIN.
	Unlocker = ID[unlockerKind]
	// Enrolment is one one-time link.
	Enrolment = ID[enrolmentKind]
	// Session is one signed-in browser.
	Session = ID[sessionKind]
	// Message is a message as its sender named it, before the server gave it a sequence number.
	Message = ID[messageKind]
	// Attachment is one encrypted blob.
	Attachment = ID[attachmentKind]
	// Role is an on-call role, such as medical registrar on call.
	Role = ID[roleKind]
	// Assertion is one signed statement of who a patient is.
	Assertion = ID[assertionKind]
	// Decision is a message or set of messages marked as a clinical decision.
	Decision = ID[decisionKind]
	// Filing is one sending of a decision to the health record.
	Filing = ID[filingKind]
	// Disposal is one destruction of originals.
	Disposal = ID[disposalKind]
	// Hold is one order not to destroy.
	Hold = ID[holdKind]
	// Case is a subject access request, a freedom of information request, a legal hold or an investigation.
	Case = ID[caseKind]
	// Order is one disclosure order of a case.
	Order = ID[orderKind]
	// Work is one row of due work.
	Work = ID[workKind]
	// Event is one audit event before it has a place in the log.
	Event = ID[eventKind]
	// Policy is one of the organisation's policies, through all its versions.
	Policy = ID[policyKind]
	// Request is one HTTP request, for tying log lines together.
	Request = ID[requestKind]
)

type (
	personKind     struct{}
	deviceKind     struct{}
	unlockerKind   struct{}
	enrolmentKind  struct{}
	sessionKind    struct{}
	messageKind    struct{}
	attachmentKind struct{}
	roleKind       struct{}
	assertionKind  struct{}
	decisionKind   struct{}
	filingKind     struct{}
	disposalKind   struct{}
	holdKind       struct{}
	caseKind       struct{}
	orderKind      struct{}
	workKind       struct{}
	eventKind      struct{}
	policyKind     struct{}
	requestKind    struct{}
)

// Parse reads the text form of an id, as in id.Parse[id.Person](text).
func Parse[T ~[Size]byte](text string) (T, error) {
	var parsed [Size]byte
	if err := decodeUUID(&parsed, []byte(text)); err != nil {
		return T{}, err
	}
	return T(parsed), nil
}

// FromBytes copies exactly 16 bytes, as in id.FromBytes[id.Person](row).
func FromBytes[T ~[Size]byte](raw []byte) (T, error) {
	if len(raw) != Size {
		return T{}, fmt.Errorf("%w: %d bytes where %d are wanted", ErrMalformed, len(raw), Size)
	}
	return T(raw), nil
}

// IsZero reports whether the id is absent. encoding/json's omitzero uses it.
func (i ID[K]) IsZero() bool { return i == ID[K]{} }

// IsV7 reports whether the version and variant bits are those of a UUIDv7. Ids that a client chose are checked with it.
func (i ID[K]) IsV7() bool { return i[6]>>4 == 7 && i[8]>>6 == 2 }

// Time is the millisecond in which the id says that it was made. It is the maker's claim, not a fact.
func (i ID[K]) Time() time.Time {
	var ms int64
	for _, b := range i[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC()
}

// Compare orders ids by their bytes, which for ids of one maker is the order of their making to the millisecond.
func (i ID[K]) Compare(other ID[K]) int {
	for n := range i {
		if i[n] != other[n] {
			return int(i[n]) - int(other[n])
		}
	}
	return 0
}

// Bytes returns a copy of the 16 bytes.
func (i ID[K]) Bytes() []byte { return append([]byte(nil), i[:]...) }

// String is the canonical lower-case text form, 8-4-4-4-12.
func (i ID[K]) String() string {
	text, _ := i.MarshalText()
	return string(text)
}

// MarshalText implements encoding.TextMarshaler.
func (i ID[K]) MarshalText() ([]byte, error) { return i.AppendText(make([]byte, 0, textLength)) }

// AppendText implements encoding.TextAppender.
func (i ID[K]) AppendText(b []byte) ([]byte, error) {
	from := 0
	for n, to := range groupEnds {
		if n > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, i[from:to])
		from = to
	}
	return b, nil
}

// UnmarshalText implements encoding.TextUnmarshaler. It accepts what MarshalText writes and nothing else.
func (i *ID[K]) UnmarshalText(text []byte) error { return decodeUUID((*[Size]byte)(i), text) }

// Value implements driver.Valuer: 16 bytes. A column that may be NULL takes [ID.Nullable] instead.
func (i ID[K]) Value() (driver.Value, error) { return i.Bytes(), nil }

// Nullable is the SQL argument for a column in which NULL means "none".
func (i ID[K]) Nullable() any {
	if i.IsZero() {
		return nil
	}
	return i.Bytes()
}

// Scan implements sql.Scanner. NULL becomes the zero id.
func (i *ID[K]) Scan(source any) error { return scanInto(i[:], source) }

const textLength = 36

// groupEnds are the byte offsets at which the five hexadecimal groups of a UUID end.
var groupEnds = [...]int{4, 6, 8, 10, Size}

func decodeUUID(into *[Size]byte, text []byte) error {
	if len(text) != textLength {
		return fmt.Errorf("%w: %d characters where %d are wanted", ErrMalformed, len(text), textLength)
	}
	var decoded [Size]byte
	at, from := 0, 0
	for n, to := range groupEnds {
		if n > 0 {
			if text[at] != '-' {
				return fmt.Errorf("%w: no dash at position %d", ErrMalformed, at)
			}
			at++
		}
		for ; from < to; from++ {
			high, low := nibble(text[at]), nibble(text[at+1])
			if high > 15 || low > 15 {
				return fmt.Errorf("%w: not lower-case hexadecimal at position %d", ErrMalformed, at)
			}
			decoded[from] = high<<4 | low
			at += 2
		}
	}
	*into = decoded
	return nil
}

// nibble returns 255 for anything that is not a lower-case hexadecimal digit.
func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

func scanInto(into []byte, source any) error {
	switch raw := source.(type) {
	case nil:
		clear(into)
		return nil
	case []byte:
		if len(raw) != len(into) {
			return fmt.Errorf("%w: %d bytes in the database where %d are wanted", ErrMalformed, len(raw), len(into))
		}
		copy(into, raw)
		return nil
	}
	return fmt.Errorf("%w: a database value of type %T", ErrMalformed, source)
}

// Package audit is the one Merkle log in which everything that must be accounted for is a leaf: sign-ins, look-ups, membership
// changes, filings, disposals, and every entry of a person log (key transparency).
//
// How it works. A room hands an [Event] to each store method that changes state; the store inserts the event's [Row] in the same
// transaction, so that an act without its event cannot be committed. Rows have no place in the log yet. One [Sequencer] then gives waiting rows
// consecutive leaf numbers, extends the tree (RFC 6962 hashing, as golang.org/x/mod/sumdb/tlog) and signs a [Checkpoint]
// (a signed note) with the server key "audit". [Export] writes the log out; a [Verifier] checks it with nothing but the public key.
//
// Layout: audit.go the events, kind.go their kinds, leaf.go the canonical bytes, checkpoint.go the signed notes, store.go what a store
// must do, sequencer.go the writer, ledger.go and proof.go what clients are answered, export.go, verify.go and account.go the offline check.
// Package audittest has the in-memory store and the tests that every store must pass.
//
// Invariants: a leaf is reproducible from its row's columns, so that altering any column breaks the log. An event carries ids, codes and
// counts, never a name, a message or a number of a patient: [Event.Row] refuses free text. Times are whole milliseconds.
package audit

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Event is one act to account for. The zero Actor is the server itself, or somebody who is not known (a refused sign-in).
type Event struct {
	Kind    Kind
	Actor   id.Person
	Subject []byte // what was acted upon, at most 64 bytes; see About
	At      time.Time
	Details map[string]string // ids, codes and counts only, see Row
}

// Identified is anything of package id.
type Identified interface{ Bytes() []byte }

// About joins ids into a subject, as in About(thread, message).
func About(ids ...Identified) []byte {
	var subject []byte
	for _, one := range ids {
		subject = append(subject, one.Bytes()...)
	}
	return subject
}

// PersonLogEntry is the leaf that makes a person-log entry public to everyone who holds a proof: a client rebuilds it from the entry
// that it verified, plus the actor and time that the server states beside the proof.
func PersonLogEntry(actor, person id.Person, sequence string, entry id.Hash, at time.Time) Event {
	return Event{
		Kind: PersonLog, Actor: actor, Subject: About(person), At: at,
		Details: map[string]string{"seq": sequence, "entry": entry.String()},
	}
}

// Limits of an event.
const (
	MaxSubject = 64
	MaxBody    = 4096
	MaxDetails = 32
	MaxKey     = 32
	MaxValue   = 256
)

var errBadEvent = fault.New(fault.Internal, "bad_audit_event", "Something went wrong on our side. It has been recorded.")

// Row is an event as both databases keep it, one column for each field.
type Row struct {
	Kind    Kind
	At      uint64 // milliseconds since 1970
	Actor   id.Person
	Subject []byte
	Body    []byte // the details, canonically encoded
}

// Row checks the event and puts it into its stored form. It refuses unknown kinds, subjects and details over their limits, keys that are not
// lower_snake_case, and values that look like prose or like an NHS number.
func (e Event) Row() (Row, error) {
	if !e.Kind.Known() {
		return Row{}, errBadEvent.With("why", "unknown kind")
	}
	if len(e.Subject) > MaxSubject {
		return Row{}, errBadEvent.With("why", "subject too long")
	}
	ms := e.At.UnixMilli()
	if ms <= 0 || ms >= maxTime {
		return Row{}, errBadEvent.With("why", "time out of range")
	}
	if len(e.Details) > MaxDetails {
		return Row{}, errBadEvent.With("why", "too many details")
	}
	for key, value := range e.Details {
		if !detailKey.MatchString(key) || !detailValue.MatchString(value) || tenDigits.MatchString(value) {
			return Row{}, errBadEvent.With("why", "a detail is not a code")
		}
	}
	body := encodeDetails(e.Details)
	if len(body) > MaxBody {
		return Row{}, errBadEvent.With("why", "details too long")
	}
	return Row{Kind: e.Kind, At: uint64(ms), Actor: e.Actor, Subject: slices.Clone(e.Subject), Body: body}, nil
}

// Event reads a stored row back.
func (r Row) Event() (Event, error) {
	details, err := decodeDetails(r.Body)
	if err != nil {
		return Event{}, err
	}
	return Event{
		Kind: r.Kind, Actor: r.Actor, Subject: slices.Clone(r.Subject), At: time.UnixMilli(int64(r.At)).UTC(), Details: details,
	}, nil
}

// Equal compares two rows field by field.
func (r Row) Equal(other Row) bool {
	return r.Kind == other.Kind && r.At == other.At && r.Actor == other.Actor &&
		string(r.Subject) == string(other.Subject) && string(r.Body) == string(other.Body)
}

var (
	detailKey   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	detailValue = regexp.MustCompile(`^[A-Za-z0-9_.:/+=@-]{0,256}$`)
	tenDigits   = regexp.MustCompile(`^\d{3}[-.]?\d{3}[-.]?\d{4}$`)
)

// sortedKeys orders keys as the wire does: by their encodings, so by length first.
func sortedKeys(details map[string]string) []string {
	return slices.SortedFunc(maps.Keys(details), compareKeys)
}

func compareKeys(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// Package patient identifies patients: it compares what a clinician typed with the patient index, warns of namesakes, and signs the
// assertion that a patient thread carries in its sealed state (docs/protocol.md section 9).
//
// Layout: patient.go the types and the look-up, namesake.go people who could be mistaken for one another, assertion.go what is signed and
// how a link is checked, faults.go what can go wrong.
//
// Invariants: an assertion is made only when full name, date of birth and NHS number all agree with the index (R11). When they do not, the
// answer says which of them, and nothing that the index holds. An NHS number and a name are in memory only while a look-up
// runs: what is stored is the keyed tag and the assertion's hash. Each look-up leaves an audit event, whatever came of it (R05).
package patient

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/nhs"
)

// Record is a patient as the index knows them.
type Record struct {
	nhs.Identifiers
	Superseded bool // the number asked for has been replaced by Number
	Restricted bool
	DiedOn     string   // YYYY-MM-DD, "unknown" when only the fact is known, "" when alive
	Needs      []string // communication needs
	Reference  string   // of the index's record
	Version    string
}

// Index is the organisation's patient index. Its errors are faults that a person may read.
type Index interface {
	LookUp(ctx context.Context, number nhs.Number) (Record, error)
	// Alike finds the people born on that day whose names are, or sound, like this one; the patient may be among them.
	Alike(ctx context.Context, name nhs.Name, born nhs.BirthDate) ([]Record, error)
}

// Store keeps what a look-up leaves behind.
type Store interface {
	// NoteLookUp writes the event of a look-up that made no assertion.
	NoteLookUp(ctx context.Context, event audit.Event) error
	// KeepAssertion remembers an assertion by its hash, together with its event.
	KeepAssertion(ctx context.Context, issued Issued, event audit.Event) error
	// Assertion finds one by its hash, or fails with ErrAssertion.
	Assertion(ctx context.Context, hash id.Hash) (Issued, error)
}

// Issued is what is remembered of an assertion: not the patient.
type Issued struct {
	Hash      id.Hash
	Thread    id.Thread
	Tag       id.Tag
	TagKey    uint32
	Requester id.Person
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Question is what a clinician typed, for the thread that they are about to make.
type Question struct {
	Thread    id.Thread
	Requester id.Person
	NHSNumber string
	Family    string
	Given     string
	BirthDate string // YYYY-MM-DD
}

// Answer says how far the question agrees with the index. Patient and Assertion are set only when Matched.
type Answer struct {
	Matched    bool
	Compared   []Compared
	Restricted bool
	Patient    *Record
	Assertion  []byte // a signed patient-assertion
	Namesakes  []Namesake
}

// Compared is one identifier of the question: whether it agrees, and no more.
type Compared struct {
	Field nhs.Identifier
	Equal bool
}

// Desk answers questions about patients. It is safe for concurrent use.
type Desk struct {
	index Index
	store Store
	keys  keyring.Patient
	clock clock.Clock
}

// New makes a desk.
func New(index Index, store Store, keys keyring.Patient, clk clock.Clock) *Desk {
	return &Desk{index: index, store: store, keys: keys, clock: clk}
}

// LookUp compares a question with the index.
func (d *Desk) LookUp(ctx context.Context, q Question) (Answer, error) {
	number, asked, err := read(q)
	if err != nil {
		return Answer{}, err
	}
	record, err := d.index.LookUp(ctx, number)
	if err != nil {
		return Answer{}, d.refused(ctx, q, number, err)
	}
	match := nhs.MatchIdentifiers(asked, record.Identifiers)
	answer := Answer{Matched: match.Positive(), Restricted: record.Restricted}
	for _, field := range []nhs.Identifier{nhs.FullName, nhs.DateOfBirth, nhs.NHSNumber} {
		answer.Compared = append(answer.Compared, Compared{Field: field, Equal: match.Has(field)})
	}
	if !answer.Matched {
		answer.Restricted = false // two of three do not tell what the index says of the third's owner
		return answer, d.store.NoteLookUp(ctx, d.event(audit.LookUpRefused, q, number, "mismatch", record.Restricted))
	}
	if answer.Namesakes, err = d.namesakes(ctx, record); err != nil {
		return Answer{}, d.refused(ctx, q, number, err)
	}
	signed, issued, err := d.assert(q, record)
	if err != nil {
		return Answer{}, err
	}
	answer.Patient, answer.Assertion = &record, signed
	return answer, d.store.KeepAssertion(ctx, issued, d.event(audit.LookUp, q, record.Number, "matched", record.Restricted))
}

// refused notes a look-up that came to nothing and gives the reason back.
func (d *Desk) refused(ctx context.Context, q Question, number nhs.Number, why error) error {
	code := "internal"
	if known, ok := errors.AsType[*fault.Error](why); ok {
		code = known.Code()
	}
	if err := d.store.NoteLookUp(ctx, d.event(audit.LookUpRefused, q, number, code, false)); err != nil {
		return err
	}
	return why
}

// event accounts for a look-up. It names the patient by keyed tag only.
func (d *Desk) event(kind audit.Kind, q Question, number nhs.Number, outcome string, restricted bool) audit.Event {
	tag := d.keys.Index.Tag(number)
	details := map[string]string{"tag": tag.Tag.String(), "tag_key": strconv.FormatUint(uint64(tag.Version), 10), "outcome": outcome}
	if restricted {
		details["alert"] = "restricted"
	}
	return audit.Event{Kind: kind, Actor: q.Requester, Subject: audit.About(q.Thread), At: d.clock.Now(), Details: details}
}

// read checks what was typed before anybody is asked.
func read(q Question) (nhs.Number, nhs.Identifiers, error) {
	number, err := nhs.ParseNumber(q.NHSNumber)
	if err != nil {
		return nhs.Number{}, nhs.Identifiers{}, ErrNumber.With("reason", numberReason(err))
	}
	born, err := nhs.ParseBirthDate(q.BirthDate)
	if err != nil {
		return nhs.Number{}, nhs.Identifiers{}, ErrBirthDate
	}
	name := nhs.Name{Family: strings.TrimSpace(q.Family), Given: strings.TrimSpace(q.Given)}
	if name.Family == "" || name.Given == "" {
		return nhs.Number{}, nhs.Identifiers{}, ErrName
	}
	if q.Thread.IsZero() {
		return nhs.Number{}, nhs.Identifiers{}, ErrThread
	}
	return number, nhs.Identifiers{Name: name, Born: born, Number: number}, nil
}

func signedBytes(signed *envelope.Signed) ([]byte, error) { return envelope.Encode(signed) }

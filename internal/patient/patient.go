// Package patient identifies patients: it compares what a clinician typed with the patient indexes, warns of namesakes, and signs the
// assertion that a patient thread carries in its sealed state (docs/protocol.md section 9).
//
// Layout: patient.go the types and the look-up, sources.go the hospital's index and the national one as one, former.go what a later link of a
// thread may say, check.go whether an identity still stands, namesake.go people who could be mistaken for one another, assertion.go what is
// signed and how a link is checked, tags.go every tag of a patient, faults.go what can go wrong.
//
// Invariants: an assertion is made only when full name, date of birth and NHS or hospital number all agree with the index (R11), or, of somebody
// whom nobody knows, name and hospital number with a record that the hospital marks as temporary. When they do not, the
// answer says which of them, and nothing that the index holds. A later assertion for a thread is of the same patient as the one before, or of who somebody unknown
// was found to be; never of another (R51). A number and a name are in memory only while a look-up
// runs: what is stored is the keyed tag and the assertion's hash. Each look-up leaves an audit event, whatever came of it (R05).
package patient

import (
	"context"
	"errors"
	"slices"
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
	Temporary  bool // nobody knows who this is: name and hospital number are the hospital's until they do
	Restricted bool
	DiedOn     string   // YYYY-MM-DD, "unknown" when only the fact is known, "" when alive
	Needs      []string // communication needs
	Reference  string   // of the index's record
	Version    string
}

// Index is a patient index, the hospital's or the national one. Its errors are faults that a person may read: of kind NotFound and Gone when the index
// says so itself, and Unavailable when it says nothing that can be used.
type Index interface {
	LookUp(ctx context.Context, number nhs.Number) (Record, error)
	// LookUpHospitalNumber follows a record that was merged to the one that took its place, and then FormerHospitalNumbers has the one asked for.
	LookUpHospitalNumber(ctx context.Context, number string) (Record, error)
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

// Threads are the conversations that a later look-up is for.
type Threads interface {
	// PresentLink is the assertion that a thread is linked to, for somebody who is in it now; relink, for one who may link it again. For everybody else
	// it fails, with a fault of kind NotFound for a thread that does not exist.
	PresentLink(ctx context.Context, in id.Thread, person id.Person, relink bool) (id.Hash, error)
}

// Issued is what is remembered of an assertion: not the patient.
type Issued struct {
	Hash      id.Hash
	Thread    id.Thread
	Tag       id.Tag
	TagKey    uint32
	Requester id.Person
	// Continues is the assertion whose place this one takes, zero for the first of a thread.
	Continues id.Hash
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Question is what a clinician typed, for the thread that they are about to make or to link again.
type Question struct {
	Thread         id.Thread
	Requester      id.Person
	NHSNumber      string
	HospitalNumber string
	Family         string
	Given          string
	BirthDate      string // YYYY-MM-DD; not of a temporary identity
	// Temporary asks for somebody whom nobody knows, by the name and the hospital number of the wristband.
	Temporary bool
	// Former is the signed assertion that the thread is linked to, when it is to be linked again.
	Former []byte
}

// Answer says how far the question agrees with the index. Patient and Assertion are set only when Matched.
type Answer struct {
	Matched    bool
	Compared   []Compared
	Restricted bool
	Patient    *Record
	Assertion  []byte // a signed patient-assertion
	Namesakes  []Namesake
	// Source is who answered, and Disagrees what the hospital's index holds otherwise than the national one.
	Source    Source
	Disagrees []nhs.Identifier
}

// Compared is one identifier of the question: whether it agrees, and no more.
type Compared struct {
	Field nhs.Identifier
	Equal bool
}

// Needs is what the room is made of.
type Needs struct {
	// Hospital is the hospital's own index, and the only one where National is nil. It may be nil only for Tags.
	Hospital, National Index
	Threads            Threads
	Store              Store
	Keys               keyring.Patient
	Clock              clock.Clock
}

// Desk answers questions about patients. It is safe for concurrent use.
type Desk struct {
	sources sources
	threads Threads
	store   Store
	keys    keyring.Patient
	clock   clock.Clock
}

// New makes a desk.
func New(n Needs) *Desk {
	return &Desk{sources: sources{n.Hospital, n.National}, threads: n.Threads, store: n.Store, keys: n.Keys, clock: n.Clock}
}

// LookUp compares a question with the index.
func (d *Desk) LookUp(ctx context.Context, q Question) (Answer, error) {
	asked, err := read(q)
	if err != nil {
		return Answer{}, err
	}
	former, err := d.formerOf(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	about := q.about(asked)
	found, err := d.find(ctx, q, asked)
	if err != nil {
		return Answer{}, d.refused(ctx, about, err)
	}
	match := nhs.MatchIdentifiers(asked, found.Identifiers)
	answer := Answer{Matched: match.Positive(), Restricted: found.Restricted, Compared: compared(match), Source: found.source, Disagrees: found.disagrees}
	if q.Temporary {
		answer.Matched = len(match.Mismatches) == 0
	}
	if !answer.Matched { // two of three do not tell what the index says of the third's owner
		answer.Restricted, answer.Disagrees = false, nil
		if asked.Number.IsZero() {
			answer.Source = HospitalOnly // who answered would say whether there is an NHS number
		}
		return answer, d.store.NoteLookUp(ctx, d.event(audit.LookUpRefused, about, "mismatch", found.Restricted))
	}
	if former != nil {
		if err := d.continues(ctx, former.assertion, &found.Record); err != nil {
			return Answer{}, d.refused(ctx, about, err)
		}
	}
	if answer.Namesakes, err = d.namesakes(ctx, found.Record); err != nil {
		return Answer{}, d.refused(ctx, about, err)
	}
	signed, issued, err := d.assert(q.Thread, q.Requester, found.Record, typed(asked), former)
	if err != nil {
		return Answer{}, d.refused(ctx, about, err)
	}
	answer.Patient, answer.Assertion = &found.Record, signed
	about.number, about.hospitalNumber = found.Number, found.HospitalNumber
	return answer, d.store.KeepAssertion(ctx, issued, d.event(audit.LookUp, about, "matched", found.Restricted))
}

// typed is the number by which somebody was identified: what nobody typed was compared with nothing, whatever the index says of it.
func typed(asked nhs.Identifiers) envelope.IdentifiedBy {
	if asked.Number.IsZero() {
		return envelope.IdentifiedByHospitalNumber
	}
	return envelope.IdentifiedByNHSNumber
}

// find asks the index that knows best.
func (d *Desk) find(ctx context.Context, q Question, asked nhs.Identifiers) (found, error) {
	if !asked.Number.IsZero() {
		one, err := d.sources.byNumber(ctx, asked.Number, asked.HospitalNumber != "")
		if err == nil && one.Temporary {
			err = ErrTemporary
		}
		return one, err
	}
	one, err := d.sources.byHospitalNumber(ctx, asked)
	switch {
	case err != nil:
	case q.Temporary && !one.Temporary:
		err = ErrKnown
	case !q.Temporary && one.Temporary:
		err = ErrTemporary
	}
	return one, err
}

func compared(match nhs.Match) (all []Compared) {
	for _, field := range []nhs.Identifier{nhs.FullName, nhs.DateOfBirth, nhs.NHSNumber, nhs.HospitalNumber} {
		switch {
		case match.Has(field):
			all = append(all, Compared{Field: field, Equal: true})
		case slices.Contains(match.Mismatches, field):
			all = append(all, Compared{Field: field})
		}
	}
	return all
}

// subject is whom a look-up is about, for the account of it.
type subject struct {
	thread         id.Thread
	by             id.Person
	number         nhs.Number
	hospitalNumber string
}

func (q Question) about(asked nhs.Identifiers) subject {
	return subject{q.Thread, q.Requester, asked.Number, asked.HospitalNumber}
}

// refused notes a look-up that came to nothing and gives the reason back.
func (d *Desk) refused(ctx context.Context, about subject, why error) error {
	if err := d.store.NoteLookUp(ctx, d.event(audit.LookUpRefused, about, codeOf(why), false)); err != nil {
		return err
	}
	return why
}

func codeOf(why error) string {
	if known, ok := errors.AsType[*fault.Error](why); ok {
		return known.Code()
	}
	return "internal"
}

// event accounts for a look-up. It names the patient by keyed tag only.
func (d *Desk) event(kind audit.Kind, about subject, outcome string, restricted bool) audit.Event {
	tag := d.tag(about.number, about.hospitalNumber)
	details := map[string]string{"tag": tag.Tag.String(), "tag_key": strconv.FormatUint(uint64(tag.Version), 10), "outcome": outcome}
	if restricted {
		details["alert"] = "restricted"
	}
	return audit.Event{Kind: kind, Actor: about.by, Subject: audit.About(about.thread), At: d.clock.Now(), Details: details}
}

// tag is the one under which somebody's threads are found: of the NHS number, or of the hospital's where there is none.
func (d *Desk) tag(number nhs.Number, hospitalNumber string) keyring.Tag {
	if number.IsZero() {
		return d.keys.Index.HospitalTag(nhs.FoldHospitalNumber(hospitalNumber))
	}
	return d.keys.Index.Tag(number)
}

// read checks what was typed before anybody is asked.
func read(q Question) (asked nhs.Identifiers, err error) {
	asked.HospitalNumber = strings.TrimSpace(q.HospitalNumber)
	if asked.HospitalNumber != "" && (len(asked.HospitalNumber) > 40 || nhs.FoldHospitalNumber(asked.HospitalNumber) == "") {
		return asked, ErrHospitalNumber
	}
	switch {
	case q.Temporary && q.NHSNumber != "":
		return asked, ErrKnown
	case q.Temporary && asked.HospitalNumber == "":
		return asked, ErrHospitalNumber
	case q.NHSNumber != "" || asked.HospitalNumber == "":
		if asked.Number, err = nhs.ParseNumber(q.NHSNumber); err != nil {
			return asked, ErrNumber.With("reason", numberReason(err))
		}
	}
	if !q.Temporary {
		if asked.Born, err = nhs.ParseBirthDate(q.BirthDate); err != nil {
			return asked, ErrBirthDate
		}
	}
	asked.Name = nhs.Name{Family: strings.TrimSpace(q.Family), Given: strings.TrimSpace(q.Given)}
	if asked.Name.Family == "" || asked.Name.Given == "" {
		return asked, ErrName
	}
	if q.Thread.IsZero() {
		return asked, ErrThread
	}
	return asked, nil
}

func signedBytes(signed *envelope.Signed) ([]byte, error) { return envelope.Encode(signed) }

// Package record takes a decision from a thread to the health record and brings the receipt back.
//
// Layout: record.go the types and what the room needs of others, decision.go a decision's life as a state machine, life.go what people do with one,
// file.go taking a filing in, attempt.go one attempt at the record, retract.go telling the record that a document was entered in error, overdue.go who
// is told when a decision is not in the record, quarantine.go what a wrong patient means for filings, worklist.go the lists of them, line.go which filing goes first, letters.go the filings that wait for a
// person, document.go what a document may contain, rendering.go the same as a PDF, examine.go a filed document against what is left of its messages, faults.go what can go wrong.
//
// A decision begins when a message of that kind is accepted, and every step of its life is one of [Transitions], written with an audit event in the
// transaction of what caused it.
//
// A filing is waiting, filing (sent at least once, no receipt yet), received, refused (the record said no, with its reason) or failed (what the
// record holds is not what was sent). Only refused and failed wait for a person; everything else is tried again for ever, at growing intervals.
// Filings of one patient go in the order in which they were filed, and a correction goes after what it corrects.
// A decision may have several filings, when one was made after another was refused; at most one of them is under way or received, and that one, else the
// one that was last, stands for the decision.
//
// Invariants: a filing is one row however often it is sent, and one document in the record (R19). It is received only when the record was read
// back and held the same bytes, or where that cannot be done, its own application acknowledged them (H13). The document and the patient's
// identity are at rest only under a key that is in no database, and are destroyed in the transaction that writes the receipt (P1). That
// transaction also writes when the originals may go, and nothing else makes them eligible (R18, R20).
package record

import (
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/work"
)

// Attempt is the kind of work that tries to file; its subject and key are the filing's id.
const Attempt work.Kind = "record.file"

// Dispose is the kind of work that the retention room does when a filing's grace is over; its subject and key are the filing's id.
const Dispose work.Kind = "retention.dispose"

// State says where a filing stands. The numbers are in the database: append only.
type State uint8

const (
	Waiting  State = 1
	Filing   State = 2
	Received State = 3
	Refused  State = 4
	Failed   State = 5
	// Stopped: the thread was found to be linked to the wrong patient before there was a receipt. It is not tried again.
	Stopped State = 6
)

// String is the state's name in the API.
func (s State) String() string {
	return stateNames[s]
}

var stateNames = [...]string{"", "waiting", "filing", "received", "refused", "failed", "stopped"}

// Paper is one filing.
type Paper struct {
	ID           id.Filing
	Thread       id.Thread
	Decision     id.Message
	Replaces     id.Filing // the filing of the decision that this one corrects, or zero
	Patient      id.Tag    // the thread's, when it was filed: filings of one patient go in their order
	Sources      []Source  // the decision among them, in the order of the thread
	State        State
	Code         string // of the last trouble with the record, "" when there was none: in filing, or in telling it of an error
	Reason       string // that trouble in plain words
	Reference    string // the record's own, after the receipt
	DocumentHash id.Hash
	FiledBy      id.Person
	FiledAt      time.Time
	ReceivedAt   time.Time
	EligibleAt   time.Time
	DestroyedAt  time.Time
	NextTryAt    time.Time
	Attempts     int
	Held         bool
	Retraction   Retraction
}

// Source is a message whose words are in the document.
type Source struct {
	Message id.Message
	Entry   id.Hash
}

// Submission is what a member's device hands over.
type Submission struct {
	Filing       id.Filing
	Thread       id.Thread
	Decision     id.Message
	Sources      []Source
	Assertion    []byte // a signed patient-assertion
	Title        string
	Document     []byte
	DocumentHash id.Hash
	// Corrects is an earlier decision of the thread that this one puts right; zero for none.
	Corrects id.Message
	// Countersign keeps the originals until somebody has countersigned: CountersignBy, or anybody else of the thread when that is zero.
	Countersign   bool
	CountersignBy id.Person
}

// Clinician is who files.
type Clinician struct {
	Person id.Person
	Name   string
	Role   string
}

// Standing is what a submission is judged by: the thread as the server knows it.
type Standing struct {
	Member    bool // the person may write in the thread now
	Owner     bool // and runs it
	Assertion id.Hash
	Links     []id.Hash // the assertions of every link that the thread ever had
	Patient   id.Tag    // zero in a thread without a patient
	Sources   map[id.Message]StoredSource
	// Of a decision: OwnerHere says that whoever has to see to it is still in the thread, Deputy is who else would.
	OwnerHere bool
	Deputy    id.Person
	// Of the filing that stands for it.
	FiledBy    id.Person
	FiledHash  id.Hash
	EligibleAt time.Time
	// Confirmed is when the person last confirmed the patient's identity in the thread, since its present link; zero for never.
	Confirmed time.Time
	// Quarantined: the thread is linked to the wrong patient.
	Quarantined bool
}

// linked says whether an assertion is, or was, the one of the thread: what was filed under an earlier link is of the same patient.
func (s Standing) linked(assertion id.Hash) bool {
	return assertion == s.Assertion || slices.Contains(s.Links, assertion)
}

// StoredSource is a message of the thread.
type StoredSource struct {
	Entry  id.Hash
	Seq    uint64
	Kind   envelope.MessageKind
	Author id.Person
	Live   bool // not destroyed, nor being destroyed
	At     time.Time
}

// Store keeps filings.
type Store interface {
	Line
	Letters
	// Standing reads what a submission is judged by.
	Standing(ctx context.Context, in id.Thread, person id.Person, messages []id.Message) (Standing, error)
	// AddFiling writes a filing with its sealed document, intends the first attempt, and steps its decision. The same again returns the one there
	// is; ErrAlreadyFiled when the decision has another filing under way or received.
	AddFiling(ctx context.Context, filing NewFiling) (Paper, error)
	// Paper reads one filing and what is sealed of it, nil after the receipt.
	Paper(ctx context.Context, filing id.Filing) (Paper, []byte, error)
	// Papers are the filings of a thread, oldest first.
	Papers(ctx context.Context, in id.Thread) ([]Paper, error)
	// NoteTrouble writes the outcome of an attempt that brought no receipt; a received filing stays as it is.
	NoteTrouble(ctx context.Context, paper Paper, intent work.Intent, event *audit.Event) error
	// Receive writes a receipt: the sealed document goes, the decision is filed, the originals become eligible.
	Receive(ctx context.Context, paper Paper, intent work.Intent, event audit.Event) error
	// NoteRetraction writes how the record took it that a document was entered in error, with the paper's trouble; what was sealed for that goes.
	NoteRetraction(ctx context.Context, paper Paper, event audit.Event) error

	// AskRetraction keeps whose record it is, sealed, forgets the last trouble, and intends the first attempt to tell the record. ErrNothingToDo when
	// nothing is owed.
	AskRetraction(ctx context.Context, filing id.Filing, sealed []byte, intent work.Intent, event audit.Event) error

	// Decisions are the decisions of a thread, in its order.
	Decisions(ctx context.Context, in id.Thread) ([]Decision, error)
	// ChangeDecision reads a decision with the standing of a person and of some messages, and writes what the rule makes of it, all in one
	// transaction; ErrDecisionUnknown. The rule may be run again from the start.
	ChangeDecision(ctx context.Context, in id.Thread, decision id.Message, person id.Person, messages []id.Message,
		rule func(now Decision, standing Standing) (Change, error)) (Decision, error)
	// OwnedBy are the outstanding decisions that a person has to see to.
	OwnedBy(ctx context.Context, person id.Person) ([]Decision, error)
	// Unreminded are the outstanding decisions of which nobody has been told yet.
	Unreminded(ctx context.Context) ([]Decision, error)
	// Intend writes what has to happen later.
	Intend(ctx context.Context, intent work.Intent) error
	// Worklist lists outstanding decisions.
	Worklist(ctx context.Context, query WorklistQuery) ([]Item, error)
}

// NewFiling is a filing to be written.
type NewFiling struct {
	Paper  Paper
	Sealed []byte
	Intent work.Intent
	Event  audit.Event
	// Assertion is the one that the thread has to be linked to still, else ErrNotLinked.
	Assertion id.Hash
	// Corrects, Countersign and CountersignBy are the submission's.
	Corrects      id.Message
	Countersign   bool
	CountersignBy id.Person
}

// Line keeps the order of filings.
type Line interface {
	// Ahead says what a filing has to wait for. replaces is the filing in whose place it goes, zero when it corrects nothing that the record has.
	Ahead(ctx context.Context, filing id.Filing) (ahead Ahead, replaces id.Filing, err error)
	// Next makes due, with what again returns, every filing that may have waited for this one.
	Next(ctx context.Context, filing id.Filing, again func(id.Filing) work.Due) error
}

// Letters is the list of filings that wait for a person.
type Letters interface {
	// PapersIn are at most limit filings in one of the states, in the order of filing, after the given one; without those that were refused and whose
	// decision has another filing under way or received, or was taken back or corrected.
	PapersIn(ctx context.Context, states []State, after LetterPlace, limit int) ([]Paper, error)
}

// Assertions verifies what a patient thread says of its patient.
type Assertions interface {
	Verify(ctx context.Context, in id.Thread, signed []byte) (*envelope.PatientAssertion, id.Hash, error)
}

// Destination is the health record. Errors are faults whose kind says what to do: Unavailable and Upstream are tried again, anything else needs a
// person, who is shown the message and the detail "reason".
type Destination interface {
	// File sends a document and brings its receipt back. It is called again with the same document until it does, and files it once.
	File(ctx context.Context, document Document) (Receipt, error)
	// Retract has the record mark a document that it took as entered in error, and returns when the record says, verifiably, that it is. It is
	// idempotent. Of the document there are its Filing and its patient.
	Retract(ctx context.Context, document Document) error
}

// Document is what goes to the record.
type Document struct {
	Filing         id.Filing
	Replaces       id.Filing // the filing whose document this one corrects, or zero
	NHSNumber      nhs.Number
	HospitalNumber string
	Name           nhs.Name
	Born           nhs.BirthDate
	Title          string
	Bytes          []byte
	PDF            []byte // the same words as a PDF, beside Bytes; nil where the record wants none, or there can be none
	Author         Clinician
	DecidedAt      time.Time
	FiledAt        time.Time
}

// Receipt is what makes a filing received.
type Receipt struct {
	Reference string
	Hash      id.Hash
	At        time.Time
	Proof     Proof
}

// Proof is what a receipt rests on. The words are in the audit log.
type Proof string

const (
	// ReadBack: the record was asked for the document, and gave the same bytes.
	ReadBack Proof = "read_back"
	// Acknowledged: the record's own application acknowledged the message that held the bytes. HL7 v2 has no more.
	Acknowledged Proof = "acknowledged"
)

// Sealer protects documents that wait.
type Sealer interface {
	Seal(what string, record, value []byte) []byte
	Open(what string, record, sealed []byte) ([]byte, error)
}

// Announcer tells the members of a thread where a filing or a decision stands, after commit.
type Announcer interface {
	Filing(paper Paper)
	Decision(decision Decision)
}

// Grace is how long originals stay after the receipt.
type Grace func(ctx context.Context) (time.Duration, error)

// Desk files decisions. It is safe for concurrent use.
type Desk struct {
	store       Store
	assertions  Assertions
	destination Destination
	sealer      Sealer
	announce    Announcer
	grace       Grace
	clock       clock.Clock
	retry       work.Policy
	duty        time.Duration
	works       *id.Source
	pdf         bool
}

// Needs is what a desk is made of.
type Needs struct {
	Store       Store
	Assertions  Assertions
	Destination Destination
	Sealer      Sealer
	Announcer   Announcer
	Grace       Grace
	Clock       clock.Clock
	// PDF has a PDF go beside each document.
	PDF bool
	// Retry spaces the attempts; the zero value is work.Steady. It must be the policy that the runner uses for Attempt, so that a person is
	// shown the right time.
	Retry work.Policy
	// Duty is how long a confirmation of the patient's identity holds (R12).
	Duty time.Duration
}

// New makes a desk.
func New(n Needs) *Desk {
	if n.Retry == (work.Policy{}) {
		n.Retry = work.Steady
	}
	return &Desk{
		duty: n.Duty, store: n.Store, assertions: n.Assertions, destination: n.Destination, sealer: n.Sealer, announce: n.Announcer, grace: n.Grace,
		clock: n.Clock, retry: n.Retry, pdf: n.PDF, works: id.NewSource(n.Clock),
	}
}

// Papers are the filings of a thread that a person is a member of.
func (d *Desk) Papers(ctx context.Context, in id.Thread, person id.Person) ([]Paper, error) {
	standing, err := d.store.Standing(ctx, in, person, nil)
	if err != nil {
		return nil, err
	}
	if !standing.Member {
		return nil, ErrThreadUnknown
	}
	return d.store.Papers(ctx, in)
}

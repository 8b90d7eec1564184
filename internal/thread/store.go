package thread

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Log writes threads' logs. Every method is one transaction, and calls done strictly after its commit, in the order of the
// commits of one thread, with what it wrote; done must not wait.
type Log interface {
	// CreateThread writes a thread that does not exist. ErrExists when it does; ErrDirectExists when it is a second direct
	// thread of its pair.
	CreateThread(ctx context.Context, c Creation, event audit.Event, done func(Written)) error
	// ChangeMembers appends a membership entry, and the epoch that goes with it. The entry must follow the one that the
	// thread has: ErrMoved.
	ChangeMembers(ctx context.Context, c Change, event audit.Event, done func(Written)) error
	// AddEpoch appends an epoch record. It must be the next one (ErrEpochTaken) and made for the present membership (ErrMoved).
	AddEpoch(ctx context.Context, e NewEpoch, event audit.Event, done func(Written)) error
	// AddMessage appends a message if admit, which sees the state in the same transaction and must be pure, has nothing
	// against it. admit also says whether Written is to have the members. When it answers ErrAlreadyThere, the entry that is
	// there is returned.
	AddMessage(ctx context.Context, m NewMessage, admit func(Standing) (members bool, err error), done func(Written)) (StoredEntry, error)
}

// Reader reads threads. ErrUnknown where the thread or the place in it does not exist.
type Reader interface {
	// Place is a thread and one person's place in it.
	Place(ctx context.Context, in id.Thread, person id.Person) (State, Member, error)
	// Membership is a thread, its members, its create and membership entries, and its present epoch's record, nil before the first.
	Membership(ctx context.Context, in id.Thread) (Records, error)
	// Members are those of a thread now.
	Members(ctx context.Context, in id.Thread) ([]Member, error)
	// ThreadsOf are those that a person is in.
	ThreadsOf(ctx context.Context, person id.Person) ([]id.Thread, error)
	// Heads are all threads of a person, or one of them when in is not zero.
	Heads(ctx context.Context, person id.Person, in id.Thread) ([]Head, error)
	// Entries are at most limit entries with after < seq ≤ until, without halves; Message and Commitment name the half.
	Entries(ctx context.Context, in id.Thread, after, until uint64, limit int) ([]StoredEntry, error)
	// Destroyed are the tombstones of messages that were destroyed after a time, in the order of destruction, with seq ≤ until: about limit of them, and then all of
	// the same time. at is the time of the last; more says that there are others after it.
	Destroyed(ctx context.Context, in id.Thread, after int64, until uint64, limit int) (entries []StoredEntry, at int64, more bool, err error)
	// MessageEntry is the entry of one message.
	MessageEntry(ctx context.Context, in id.Thread, message id.Message) (StoredEntry, error)
	// Epochs are at most limit epochs, ascending, with from ≤ epoch ≤ until, with the person's own envelopes.
	Epochs(ctx context.Context, in id.Thread, person id.Person, from, until uint32, limit int) ([]Epoch, error)
	// PresentKeys are the present epochs of those of these threads that a person is in, with the person's own envelopes, in no order.
	PresentKeys(ctx context.Context, person id.Person, threads []id.Thread) ([]PresentKeys, error)
	// Grants are those made to a person.
	Grants(ctx context.Context, in id.Thread, person id.Person) ([]Grant, error)
	// Complaints are those of a thread, oldest first.
	Complaints(ctx context.Context, in id.Thread) ([]Complaint, error)
	// LastAccepted is what was last accepted from a device in each thread.
	LastAccepted(ctx context.Context, device id.Device) ([]envelope.LastAccepted, error)
	// Companions are the people who share a thread with a person.
	Companions(ctx context.Context, person id.Person) ([]id.Person, error)
}

// Notes writes what is beside the log.
type Notes interface {
	// AddGrant keeps a grant; the same again changes nothing.
	AddGrant(ctx context.Context, in id.Thread, g NewGrant, event audit.Event) error
	// AddComplaint keeps one complaint per person and epoch, and says whether this one was kept. ErrTooManyReports.
	AddComplaint(ctx context.Context, in id.Thread, c NewComplaint, event audit.Event) (kept bool, err error)
	// AddConflict keeps a report; the same again changes nothing. It lets the members of a direct thread have another. ErrTooManyReports.
	AddConflict(ctx context.Context, c NewConflict, event audit.Event) error
	// RaiseMarks moves marks up, never down, for members only, and returns those that moved as they are now.
	RaiseMarks(ctx context.Context, raised []Raise) ([]MovedMark, error)
	// Marks are those of all members.
	Marks(ctx context.Context, in id.Thread) ([]Mark, error)
	// Strays are those of the halves that no message in a log needs, destroyed ones not counted.
	Strays(ctx context.Context, halves []HalfRef) ([]HalfRef, error)
	// MarkStale says that the present epochs of threads are over, as long as they are the ones given.
	MarkStale(ctx context.Context, epochs map[id.Thread]uint32) error
}

// NewEntry is an entry without its place. Device is zero for what the server signed.
type NewEntry struct {
	Kind   envelope.EntryKind
	Hash   id.Hash // entryHash
	Device id.Device
	Body   []byte
}

// Creation is a whole new thread. State has everything but Seq and LogHash, as it is after the entries.
type Creation struct {
	State   State
	Entries []NewEntry // create first
	Members []Member   // JoinedSeq is the place in Entries, from 1
	Epoch   *NewEpoch
	At      time.Time
}

// Change is one membership entry and its effect.
type Change struct {
	Thread   id.Thread
	Previous id.Hash // the entry that it follows
	Entry    NewEntry
	Seq      uint32 // the entry's place in the membership log
	Effect   Effect
	Epoch    *NewEpoch
	At       time.Time

	object []byte    // of the entry
	target id.Person // whom it is about
}

// Effect is what an entry does to the thread and its members. It is more than the entry says: when the last owner goes,
// another member becomes one.
type Effect struct {
	Join   []Member // people who were members before among them; the store sets JoinedSeq
	Leave  []id.Person
	Update []Member // MemberRole and Identity count
	Name   string   // as it is now
	Link   Link
}

// Link is the patient of a thread, as the server knows it; zero before the link entry.
type Link struct {
	Tag       id.Tag
	Assertion id.Hash
}

// NewEpoch is an epoch without its place.
type NewEpoch struct {
	Thread        id.Thread
	Epoch         uint32
	Record        id.Hash // recordHash
	MembershipSeq uint32
	Issued        time.Time
	Entry         NewEntry
	SealedState   []byte
	Envelopes     []SealedEnvelope
	At            time.Time
}

// SealedEnvelope is one recipient's envelope with its path, both as objects.
type SealedEnvelope struct {
	Purpose   envelope.EnvelopePurpose
	Recipient envelope.Recipient
	Envelope  []byte
	Proof     []byte
}

// NewMessage is a message without its place.
type NewMessage struct {
	Header envelope.Header
	Hash   id.Hash // entryHash
	Body   []byte
	At     time.Time
	// Event is written when the message changes more than the log: the first quarantine, and taking note of it.
	Event audit.Event
}

// Standing is what a message is judged by. State and Member have what sending depends on, and not names, links and pins.
type Standing struct {
	State  State
	Member Member // of the author; zero when there is none
	// PersonHead is the head of the author's own log, by which they were verified; zero when the database has no such log.
	PersonHead id.Hash
	// DeviceSeq and DeviceEntry are the author's device's last message in the thread, zero before the first.
	DeviceSeq   uint64
	DeviceEntry id.Hash
	// SeenHash is the log hash at the header's seenSeq, zero where there is none.
	SeenHash id.Hash
	// Confirmed is when the author last confirmed the patient's identity under the present link; it is asked for kinds that need it only.
	Confirmed time.Time
	// There is the entry that has the message's id already.
	There *StoredEntry
}

// Records is what decides about membership entries and epochs.
type Records struct {
	State   State
	Members []Member
	Entries []Entry // with Seq and Body, signed objects
	Epoch   []byte  // signed
}

// Written is what a transaction added to a log.
type Written struct {
	State   State // after it; of a message as in Standing
	Entries []Entry
	// Members are the members after it; nil after a message whose store was not asked for them.
	Members []Member
}

// StoredEntry is an entry as the log has it. Body of a destroyed message is its tombstone and Kind says so.
type StoredEntry struct {
	Entry
	Message    id.Message
	Commitment id.Hash // shredCommit
	Live       bool    // a message that is neither destroyed nor being destroyed
}

// Epoch is one epoch as one person gets it.
type Epoch struct {
	Seq         uint64 `json:"-"`
	Epoch       uint32 `json:"epoch"`
	Record      []byte `json:"record" doc:"signed epoch-record"`
	SealedState []byte `json:"sealedState"`
	Envelope    []byte `json:"envelope" nullable:"true" doc:"mine; null when the epoch was not sealed to me"`
	Proof       []byte `json:"proof" nullable:"true" doc:"envelope-proof of my envelope"`
}

// PresentKeys are a thread's present epoch as one of its members gets it, without the record, which is in the log.
type PresentKeys struct {
	Thread      id.Thread `json:"thread"`
	Epoch       uint32    `json:"epoch"`
	SealedState []byte    `json:"sealedState"`
	Envelope    []byte    `json:"envelope" nullable:"true" doc:"mine; null when the epoch was not sealed to me"`
	Proof       []byte    `json:"proof" nullable:"true" doc:"envelope-proof of my envelope"`
}

// Grant is earlier epochs given to somebody who was added with history.
type Grant struct {
	Grant     []byte   `json:"grant" doc:"signed history-grant"`
	Envelopes [][]byte `json:"envelopes" doc:"envelope objects in the order of the grant's records"`
}

// NewGrant is a grant to keep.
type NewGrant struct {
	Hash   id.Hash
	Target id.Person
	Grant
	At time.Time
}

// Complaint is what a member says of an epoch's keys.
type Complaint struct {
	Complaint []byte `json:"complaint" doc:"signed complaint"`
	At        int64  `json:"at"`
	Answered  bool   `json:"answered" doc:"somebody has given keys to this person since"`
}

// NewComplaint is a complaint to keep.
type NewComplaint struct {
	Epoch  uint32
	Person id.Person
	Body   []byte
	At     time.Time
}

// NewConflict is a report to keep.
type NewConflict struct {
	Hash   id.Hash
	Thread id.Thread
	Person id.Person
	Body   []byte
	At     time.Time
}

// Raise moves one member's marks up; zero leaves a mark alone.
type Raise struct {
	Thread        id.Thread
	Person        id.Person
	Reached, Seen uint64
	At            time.Time
}

// MovedMark is a mark that moved.
type MovedMark struct {
	Thread id.Thread
	Mark   Mark
}

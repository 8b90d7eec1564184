// Package thread is the room of conversations: who is in them, under which keys, and what was sent.
//
//   - thread.go    the room, what it needs of others
//   - create.go    starting a thread, whole, in one transaction
//   - member.go    membership entries: adding, removing, roles, names, patient links; remove.go the server's own removals
//   - epoch.go     epoch records with their envelopes; grant.go earlier epochs for those added with history
//   - complaint.go what members say of keys that do not open, and of threads that contradict themselves
//   - message.go   sending: the rules, the shred half first, then the log, then everybody
//   - relink.go    what a thread that is linked again needs; confirm.go   who may decide: those who compared the patient's identifiers; quarantine.go what follows when the patient was the wrong one
//   - read.go      heads, pages of the log, epochs, as one person may have them
//   - mark.go      how far each member got, and what else is done a moment later; publish.go telling those who are connected
//   - known.go     what was verified before, and people's logs as the verifiers want them
//   - state.go     what a thread, a member and an entry are; store.go what the room needs of a database
//
// How it works. A thread has one log with consecutive seq, in which its creation, membership entries, epoch records and messages share one
// hash chain. The server can read none of the content. It verifies what it can, with the same code as the clients: signatures by live
// devices, who may do what, that an epoch is for exactly the members there are. What two people do at once is decided in SQL: a membership entry
// must follow the last one, an epoch must be the next one, a message must be sealed under the present one.
//
// What is remembered between requests (memberships, epochs, audiences, authors' logs) is found by the head or number from which it follows, so it is
// never out of date, and forgetting it costs time only. The room has one goroutine, [Service.Run].
//
// Invariants. An entry is acknowledged after it is durable and published after that. A message's shred half is durable before the message is; a
// half whose message never came is swept an hour later. Nobody who is not a member learns that a thread exists. A removed member gets nothing
// that was sent after the removal, and no half at all. Envelopes and sealed state are committed with their record, before any message
// under it.
package thread

import (
	"context"
	"log/slog"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Actor is the device that acts, as its session has it.
type Actor struct {
	Person  id.Person
	Device  id.Device
	Session id.Session
}

// Keys are people's verified keys. They are asked for at every send and must be cheap; nobody changes a state that was given out.
type Keys interface {
	// States are those of the people who have any.
	States(ctx context.Context, of ...id.Person) (envelope.PersonMap, error)
	// Chain is the verified chain of root manifests.
	Chain() *envelope.Manifests
}

// Staff tells whether a person works here now: only they can be added.
type Staff interface {
	Works(ctx context.Context, person id.Person) (bool, error)
}

// Links tells whether the server asserted, for this thread, the patient that a link entry names.
type Links interface {
	// Check answers nil, or ErrLinkUnproved. before is the assertion that the thread is linked to, zero for none.
	Check(ctx context.Context, in id.Thread, tag id.Tag, assertion, before id.Hash) error
}

// Gate says who may write what is no emergency. It is asked at every send and must be cheap.
type Gate interface {
	MayWrite(ctx context.Context, person id.Person) error
}

// Halves keeps shred halves, in a database of their own.
type Halves interface {
	// Put is durable when it returns. The same half again is no error.
	Put(ctx context.Context, half Half) error
	// Get finds those halves of a thread that are there.
	Get(ctx context.Context, in id.Thread, refs []HalfRef) (map[HalfRef][32]byte, error)
	// Delete destroys halves. What is not there is no error.
	Delete(ctx context.Context, refs ...HalfRef) error
	// Orphans destroys halves that were put before a time and that stray says are without a message, and counts them.
	Orphans(ctx context.Context, before time.Time, stray func(context.Context, []HalfRef) ([]HalfRef, error)) (int, error)
}

// HalfRef names the shred half of one sealing of a message: one that was sealed again for a newer epoch has another.
type HalfRef struct {
	Thread  id.Thread
	Message id.Message
	Commit  id.Hash // the header's shredCommit
}

// Half is one shred half.
type Half struct {
	HalfRef
	Half [32]byte
	At   time.Time
}

// Publisher tells those who are connected. It is called strictly after commits and never waits.
type Publisher interface {
	// Publish sends a log entry, encoded.
	Publish(in id.Thread, people []id.Person, entry []byte)
	// Changed says that a thread's members changed.
	Changed(in id.Thread, people []id.Person)
	Marks(in id.Thread, people []id.Person, marks []Mark)
	// LogGrew says that a person's log has a new entry.
	LogGrew(person id.Person, people []id.Person)
}

// Store is everything that the room keeps in the main database.
type Store interface {
	Log
	Reader
	Notes
	Warnings
}

// Options are what the room is built from.
type Options struct {
	Store     Store
	Halves    Halves
	Keys      Keys
	Staff     Staff
	Links     Links
	Publisher Publisher
	// Gate may be nil, and then everybody may write.
	Gate Gate
	// Remover is the removing half of the server key "remove".
	Remover envelope.Signer
	Clock   clock.Clock
	Log     *slog.Logger
}

// Service is the room. It is safe for concurrent use.
type Service struct {
	store     Store
	halves    Halves
	keys      Keys
	staff     Staff
	links     Links
	publisher Publisher
	gate      Gate
	remover   envelope.Signer
	clock     clock.Clock
	log       *slog.Logger

	audiences audiences
	members   memberships
	authors   authors
	pending   pending
}

// New makes the room.
func New(o Options) *Service {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{
		store: o.Store, halves: o.Halves, keys: o.Keys, staff: o.Staff, links: o.Links, publisher: o.Publisher, gate: o.Gate, remover: o.Remover,
		clock: o.Clock, log: o.Log, pending: newPending(),
	}
}

// now is cut to what is stored.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

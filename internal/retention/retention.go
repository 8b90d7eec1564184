// Package retention destroys originals once they may go, and keeps what must not.
//
// Layout: retention.go the types and the keeper; disposal.go how a filing's originals and what a class let go are destroyed; class.go the one table of
// classes; period.go what an organisation made of it; keep.go why a message stays; plan.go what would go; hold.go holds; drill.go a hold tried out;
// certificate.go the proof of a destruction and its check, certificate_page.go the same to print; faults.go what can go wrong.
//
// A disposal has three steps that each may be repeated: in one transaction, conditional on everything that keeps a message, messages go from live to
// destroying and the destruction ledger is written; their shred halves are deleted; their rows become tombstones. A crash between two steps leaves
// work that is due again.
//
// Invariants: a filing with a receipt destroys only the messages that were filed, past its grace and while the record answers (R20, H14). A class destroys only what
// nobody decided anything about, and in a clinical thread only what was swept (R49). A hold, a case and a quarantine forbid both in the same transaction that would begin
// them. After the second step nobody can read the message again: the content key needs the half. A tombstone keeps the entry's hash, so the thread's chain still
// verifies. Two leaves of the audit log tell of each disposal, the second with the digest of its tombstones.
package retention

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

const (
	// Dispose is the kind of work that disposes of a filing's originals; its subject and key are the filing's id. The record room intends it.
	Dispose work.Kind = "retention.dispose"
	// Sweep is the kind of work that disposes of what the classes have let go. One row of it is always waiting.
	Sweep work.Kind = "retention.sweep"
)

// Doomed is a message that is being destroyed.
type Doomed struct {
	Thread    id.Thread
	Seq       uint64
	Tombstone envelope.Tombstone
	Done      bool // its row is a tombstone already
}

// Disposal is one act of destruction, within one thread.
type Disposal struct {
	ID      id.Disposal
	Thread  id.Thread
	Reason  envelope.DestroyReason
	Filing  id.Filing // zero when it went by its class
	Class   Class
	Space   envelope.Space
	Period  Period
	BeganAt time.Time
	DoneAt  time.Time
	Doomed  []Doomed
	Subject []byte // of its leaves in the audit log
}

// Verdict is how the first step ended.
type Verdict uint8

const (
	// Go: the messages are marked as destroying, now or by an earlier attempt.
	Go Verdict = iota
	// Kept: a hold, a case or a quarantine covers one of them, or the decision waits to be countersigned or was taken back. What ends that, or the sweep, makes the
	// disposal due again.
	Kept
	// Early: there is no receipt, or its grace is not over.
	Early
)

// Cursor is where a sweep has come to.
type Cursor struct {
	At     int64
	Thread id.Thread
	Seq    uint64
}

// Keeps says which candidates must stay, with the transaction that asks in its context.
type Keeps func(ctx context.Context, candidates []Candidate) (map[id.Message]Reason, error)

// Store keeps the destruction ledger and changes the thread's rows.
type Store interface {
	HoldStore
	// BeginFiled is the first step for a filing: all of its originals or none.
	BeginFiled(ctx context.Context, filing id.Filing, as id.Disposal, now time.Time, keeps Keeps, event func(Disposal) audit.Event) (Disposal, Verdict, error)
	// Expired looks, beside the traffic, for at most limit messages of a class that may go, after a place in the order of time.
	Expired(ctx context.Context, class Class, after Cursor, limit int, now time.Time) ([]Candidate, error)
	// BeginExpired is the first step for what Expired found. It asks about each again; one disposal for each thread.
	BeginExpired(ctx context.Context, class Class, found []Candidate, now time.Time, made func() id.Disposal, keeps Keeps,
		event func(Disposal) audit.Event) ([]Disposal, error)
	// Begun are disposals that began and did not end.
	Begun(ctx context.Context, limit int) ([]Disposal, error)
	// EndDisposal is the third step: rows become tombstones. done is called after commit with what was not a tombstone before.
	EndDisposal(ctx context.Context, d Disposal, now time.Time, event audit.Event, done func([]Doomed)) error
	// Overdue are filings with a receipt whose grace is over and whose originals are still there.
	Overdue(ctx context.Context, now time.Time, limit int) ([]id.Filing, error)
	// Audit writes an event by itself.
	Audit(ctx context.Context, event audit.Event) error
	// IntendWork writes work by itself.
	IntendWork(ctx context.Context, intent work.Intent) error

	// Schedule is the periods in force.
	Schedule(ctx context.Context) (Schedule, error)
	// SetPeriod writes one.
	SetPeriod(ctx context.Context, setting Setting, event audit.Event) error

	// Standings are messages that are there, grouped by what keeps them; of one thread each by itself.
	Standings(ctx context.Context, in id.Thread, now time.Time) ([]Standing, error)
	// Disposals are those that a certificate is about, oldest first, with their tombstones.
	Disposals(ctx context.Context, what Subject, limit int) ([]Disposal, error)
	// LastLeaf is the place of the newest event of a kind and subject in the audit log.
	LastLeaf(ctx context.Context, kind audit.Kind, subject []byte) (int64, error)
	// Try evaluates a hold without placing it, in a transaction that is undone.
	Try(ctx context.Context, hold Hold, now time.Time) (Trial, error)
}

// Eraser deletes shred halves for good. It is idempotent.
type Eraser interface {
	Erase(ctx context.Context, doomed []Doomed) error
}

// Announcer tells members that messages of a thread are gone, after commit. filing is zero when they went by their class.
type Announcer interface {
	Destroyed(filing id.Filing, doomed []Doomed)
}

// Patients knows a patient's tags by a number that it forgets again.
type Patients interface {
	// Tags are all tags under which threads may be linked to a patient. complete is false when the index did not answer, so that numbers which were replaced
	// are not among them.
	Tags(ctx context.Context, by id.Person, number string) (tags []id.Tag, complete bool, err error)
}

// Keeper disposes and holds. It is safe for concurrent use.
type Keeper struct {
	Needs
	ids *id.Source
}

// Needs is what a keeper is made of.
type Needs struct {
	Store     Store
	Eraser    Eraser
	Announcer Announcer
	NoIndex   bool     // no patient index is configured: Patients knows the number that it is given and no other
	Record    Record   // nil where nothing is filed
	Patients  Patients // nil where no hold is placed by NHS number
	Guards    []Guard
	Clock     clock.Clock
}

// New makes a keeper.
func New(n Needs) *Keeper { return &Keeper{Needs: n, ids: id.NewSource(n.Clock)} }

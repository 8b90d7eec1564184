package envelope

import "github.com/wardline/wardline/internal/id"

// Problem is what is wrong with the keys that somebody was given.
type Problem uint8

// The problems.
const (
	ProblemWrongSecret Problem = 1 // the envelope does not open, or holds something else than the record commits to
	ProblemWrongShare  Problem = 2 // the officers' shares do not follow from it
	ProblemWrongState  Problem = 3 // the sealed state does not open, or is of another patient
)

var problems = labels{"wrong-secret", "wrong-share", "wrong-state"}

// String is the word of the layout.
func (p Problem) String() string { return problems.word(uint8(p)) }

// Complaint is what a member says of an epoch that lists them and that they cannot open. Envelope is the hash of the envelope that they were
// given.
type Complaint struct {
	Thread   id.Thread
	Epoch    uint32
	Record   id.Hash
	Problem  Problem
	Envelope id.Hash
	Person   id.Person
	Device   id.Device
	Issued   Time
}

// Type implements [Object].
func (*Complaint) Type() Type { return TypeComplaint }

func (c *Complaint) fields(f codec) {
	f.fixed("thread", c.Thread[:])
	f.u32("epoch", &c.Epoch)
	f.fixed("record", c.Record[:])
	f.enum("problem", problems, (*uint8)(&c.Problem))
	f.fixed("envelope", c.Envelope[:])
	f.fixed("person", c.Person[:])
	f.fixed("device", c.Device[:])
	f.time("issued", &c.Issued)
}

// ConflictKind is how a thread contradicts itself, or what was seen of it before.
type ConflictKind uint8

// The kinds.
const (
	ConflictForkedLog     ConflictKind = 1 // two entries at one place of the log
	ConflictForkedMembers ConflictKind = 2 // two membership entries with one predecessor
	ConflictForkedKeys    ConflictKind = 3 // two records for one epoch
	ConflictRolledBack    ConflictKind = 4 // less than was there before
	ConflictMissing       ConflictKind = 5 // the whole thread is not shown
	ConflictBookmark      ConflictKind = 6 // another log than the bookmark's
	ConflictSplitView     ConflictKind = 7 // somebody signed that they saw another log, or more of it
	ConflictRefused       ConflictKind = 8 // an entry that fails its checks
)

var conflictKinds = labels{
	"forked-log", "forked-members", "forked-keys", "rolled-back", "missing", "bookmark", "split-view", "refused",
}

// String is the word of the layout.
func (k ConflictKind) String() string { return conflictKinds.word(uint8(k)) }

// Conflict is a member's report of a thread that they stopped using. Seq is the place where the logs part, Seen the log hash that the person had
// there and Shown the one that they are shown now, each zero when it is not known. Entries are the entries that contradict each other, and
// Authors who signed those, as far as that is known.
type Conflict struct {
	Thread  id.Thread
	Kind    ConflictKind
	Seq     uint64
	Seen    id.Hash
	Shown   id.Hash
	Entries []ConflictEntry
	Authors []ConflictAuthor
	Person  id.Person
	Device  id.Device
	Issued  Time
}

// ConflictEntry is the hash of one of the entries.
type ConflictEntry struct{ Entry id.Hash }

func (e *ConflictEntry) fields(c codec) { c.fixed("entry", e.Entry[:]) }

// ConflictAuthor is one of their authors.
type ConflictAuthor struct{ Person id.Person }

func (a *ConflictAuthor) fields(c codec) { c.fixed("person", a.Person[:]) }

// Type implements [Object].
func (*Conflict) Type() Type { return TypeConflict }

func (c *Conflict) fields(f codec) {
	f.fixed("thread", c.Thread[:])
	f.enum("kind", conflictKinds, (*uint8)(&c.Kind))
	f.u64("seq", &c.Seq)
	f.fixed("seen", c.Seen[:])
	f.fixed("shown", c.Shown[:])
	seq(f, "entries", 2, &c.Entries)
	list(f, "authors", 8, []string{"person"}, &c.Authors)
	f.fixed("person", c.Person[:])
	f.fixed("device", c.Device[:])
	f.time("issued", &c.Issued)
}

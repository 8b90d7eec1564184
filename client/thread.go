package client

import (
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// thread is one thread as it was verified, entry by entry.
type thread struct {
	id  id.Thread
	log *envelope.ThreadLog
	// served is the log as it is kept: a destroyed message's entry is its tombstone.
	served     []*envelope.LogEntry
	membership *envelope.Membership
	epochs     []*epoch // epoch n at n-1
	messages   []*message
	byID       map[id.Message]*message
	unopened   []*message
	changes    []change
	head       head
	// destroyedAt is up to when destroyed messages were asked for, by the server's count.
	destroyedAt int64
	// checked says that the vault's bookmark was compared.
	checked bool
	refused error // why the log goes no further
	noted   []error
	// told is the last entry of which the live connection has told.
	told uint64
	// halvesAt is 1 + the membership entry after which missing halves were asked for.
	halvesAt uint32
	// heard is what messages told of the Merkle log and nobody has looked at yet.
	heard []heard
	// complaints are those of members, of which the server had so many when it was asked; given are those that this session has answered.
	complaints []complaint
	heardOf    int
	given      map[complained]bool
	// settling and settled guard and mark what follows from the log beyond this thread: complaints and grants.
	settling bool
	settled  uint64
	// ahead are the places of entries that are still to be judged, while others are.
	ahead map[id.Hash]uint64
	// claims are what this thread's first messages say that it goes on from.
	claims []claim
}

// heard is what one person's client told of the Merkle log.
type heard struct {
	by  id.Person
	log envelope.LogHead
}

// epoch is one verified record, and its key where we have it.
type epoch struct {
	*envelope.Epoch
	signed  *envelope.Signed
	fetched bool
	key     *envelope.EpochKey
	sealed  *envelope.SealedState
	state   *envelope.ThreadState
	patient *envelope.PatientAssertion
	// refused is why its key or state is not used; no server could have known. spoilt is set when that is its author's doing.
	refused error
	spoilt  *spoilt
	given   id.Hash // of the envelope that was given
	told    bool
	carries uint32 // messages
}

// message is one verified message, and its content where we have it.
type message struct {
	seq       uint64
	at        envelope.Time
	verified  *envelope.VerifiedMessage // nil once it is destroyed
	half      *[32]byte
	inner     *inner
	refused   error // what opening it showed; no server could have known
	told      bool
	tombstone *envelope.Tombstone
	// These outlive the message.
	id       id.Message
	entry    id.Hash
	person   id.Person
	device   id.Device
	time     envelope.Time
	kind     envelope.MessageKind
	urgency  envelope.Urgency
	inEpoch  uint32
	deviceNo uint64
}

// change is one membership entry with its place in the log.
type change struct {
	seq    uint64
	at     envelope.Time
	hash   id.Hash
	entry  envelope.Object
	number uint32 // in the membership log
}

// head is a thread as the server tells it.
type head struct {
	Thread         id.Thread `json:"thread"`
	Space          string    `json:"space"`
	Name           string    `json:"name"`
	Seq            uint64    `json:"seq"`
	LogHash        []byte    `json:"logHash"`
	MembershipSeq  uint32    `json:"membershipSeq"`
	MembershipHead []byte    `json:"membershipHead"`
	Epoch          uint32    `json:"epoch"`
	JoinedSeq      uint64    `json:"joinedSeq"`
	LeftSeq        *uint64   `json:"leftSeq"`
	SeenSeq        uint64    `json:"seenSeq"`
	Unread         int       `json:"unread"`
	LastAt         int64     `json:"lastAt"`
	LastKind       string    `json:"lastKind"`
	Unfiled        int       `json:"unfiled"`
	Complaints     int       `json:"complaints"`
	DestroyedAt    int64     `json:"destroyedAt"`
	KeptDays       int64     `json:"keptDays"`
}

func newThread(name id.Thread) *thread {
	return &thread{id: name, log: envelope.NewThreadLog(name), byID: map[id.Message]*message{}, given: map[complained]bool{}}
}

// current is the newest epoch; nil before the first.
func (t *thread) current() *epoch {
	if len(t.epochs) == 0 {
		return nil
	}
	return t.epochs[len(t.epochs)-1]
}

// epochAt finds an epoch by its number.
func (t *thread) epochAt(number uint32) (*epoch, bool) {
	if number < 1 || int64(number) > int64(len(t.epochs)) {
		return nil, false
	}
	return t.epochs[number-1], true
}

// verified are the records alone.
func (t *thread) verified() []*envelope.Epoch {
	all := make([]*envelope.Epoch, len(t.epochs))
	for n, epoch := range t.epochs {
		all[n] = epoch.Epoch
	}
	return all
}

// state is the newest state that opened as it should.
func (t *thread) state() (*envelope.ThreadState, *envelope.PatientAssertion) {
	for n := len(t.epochs) - 1; n >= 0; n-- {
		if t.epochs[n].state != nil {
			return t.epochs[n].state, t.epochs[n].patient
		}
	}
	return nil, nil
}

func (t *thread) isMember(person id.Person) bool {
	if t.membership == nil {
		return false
	}
	_, ok := t.membership.Member(person)
	return ok
}

// people are all who are named in the log so far.
func (t *thread) people() []id.Person {
	var all []id.Person
	if t.membership == nil {
		return nil
	}
	all = append(all, t.membership.Create().Person)
	for _, change := range t.changes {
		all = append(all, peopleIn(change.entry)...)
	}
	slices.SortFunc(all, id.Person.Compare)
	return slices.Compact(all)
}

// logHashAt is the log hash of an entry that is here.
func (t *thread) logHashAt(seq uint64) id.Hash {
	if seq == 0 || seq > uint64(len(t.served)) {
		return id.Hash{}
	}
	return t.served[seq-1].LogHash
}

// rewind makes the log anew from what was believed, after an entry was refused: a refusal changes nothing.
func (t *thread) rewind() {
	t.log = envelope.NewThreadLog(t.id)
	for _, entry := range t.served {
		if _, err := t.log.Append(entry); err != nil {
			panic("client: a log that verified does not verify again: " + err.Error())
		}
	}
}

// Position implements envelope.Order.
func (t *thread) Position(entry id.Hash) (uint64, bool) {
	if seq, here := t.log.Position(entry); here {
		return seq, true
	}
	seq, ahead := t.ahead[entry]
	return seq, ahead
}

// headOf gives the common fields of a membership entry.
func headOf(entry envelope.Object) (envelope.EntryHead, bool) {
	switch entry := entry.(type) {
	case *envelope.Add:
		return entry.EntryHead, true
	case *envelope.Remove:
		return entry.EntryHead, true
	case *envelope.Rekey:
		return entry.EntryHead, true
	case *envelope.MemberRole:
		return entry.EntryHead, true
	case *envelope.Link:
		return entry.EntryHead, true
	case *envelope.Rename:
		return entry.EntryHead, true
	}
	return envelope.EntryHead{}, false
}

// targetOf is whom a membership entry is about.
func targetOf(entry envelope.Object) id.Person {
	switch entry := entry.(type) {
	case *envelope.Add:
		return entry.Target
	case *envelope.Remove:
		return entry.Target
	case *envelope.Rekey:
		return entry.Target
	case *envelope.MemberRole:
		return entry.Target
	}
	return id.Person{}
}

// peopleIn are those whom a create or membership entry names.
func peopleIn(entry envelope.Object) []id.Person {
	var named []id.Person
	if create, ok := entry.(*envelope.Create); ok {
		named = append(named, create.Person)
	}
	if head, ok := headOf(entry); ok {
		named = append(named, head.Person, targetOf(entry))
	}
	return slices.DeleteFunc(named, func(one id.Person) bool { return one.IsZero() })
}

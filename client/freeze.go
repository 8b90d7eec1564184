package client

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Freeze says why nothing is sent in a thread any more: its log contradicts itself, or what was seen of it before (section 7.8 of
// docs/protocol.md). It is for good on this machine, whatever the server shows later. What was verified before stays readable.
type Freeze struct {
	Kind envelope.ConflictKind `json:"kind"`
	Code envelope.Code         `json:"code"` // of the refusal
	// From is the first place of the log that is not believed.
	From uint64        `json:"from"`
	At   envelope.Time `json:"at"`
	// Seq is where the logs part; Seen is the log hash that this person had there and Shown what is shown now, each zero when it is not known.
	Seq   uint64  `json:"seq"`
	Seen  id.Hash `json:"seen"`
	Shown id.Hash `json:"shown"`
	// Entries contradict each other, and Authors signed them: nobody is named for what no device of theirs signed.
	Entries []id.Hash   `json:"entries,omitempty"`
	Authors []id.Person `json:"authors,omitempty"`
	// Reported: whoever runs the service has the report.
	Reported bool `json:"reported"`
}

// FrozenError is the answer to whoever wants to send in a frozen thread. It is an [ErrThreadFrozen], and the refusal that froze it.
type FrozenError struct {
	Thread id.Thread
	Freeze Freeze
	Err    error
}

// Error implements error.
func (f *FrozenError) Error() string {
	return "frozen (" + f.Freeze.Kind.String() + "): " + f.Err.Error()
}

// Unwrap gives both.
func (f *FrozenError) Unwrap() []error { return []error{ErrThreadFrozen, f.Err} }

// freeze stops a thread, unless it has stopped already: what follows is no news. It gives the error of whoever found out.
func (s *Session) freeze(in id.Thread, what Freeze, refused error) error {
	if s.frozen[in] != nil {
		return refused
	}
	what.Code, what.At = envelope.CodeOf(refused), s.client.now()
	what.Authors = slices.Compact(slices.SortedFunc(slices.Values(what.Authors), id.Person.Compare))
	s.frozen[in] = &what
	s.client.rememberFreeze(s.person, in, what)
	return &FrozenError{in, what, refused}
}

// stopped is why nothing is sent in a thread; nil when all is well.
func (s *Session) stopped(t *thread) error {
	if frozen := s.frozen[t.id]; frozen != nil {
		return &FrozenError{t.id, *frozen, refuse(frozen.Code, "the thread was frozen")}
	}
	return t.refused
}

// believable is up to where a thread's log is taken in.
func (s *Session) believable(in id.Thread, seq uint64) uint64 {
	if frozen := s.frozen[in]; frozen != nil {
		return min(seq, frozen.From-1)
	}
	return seq
}

// Frozen are the threads in which nothing is sent any more, those among them that the server does not show.
func (s *Session) Frozen() map[id.Thread]Freeze {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[id.Thread]Freeze, len(s.frozen))
	for in, frozen := range s.frozen {
		all[in] = *frozen
	}
	return all
}

// place is one of a log, with its log hash.
type place struct {
	seq  uint64
	hash id.Hash
}

// reached is how far this person has seen a thread, on any device.
func (s *Session) reached(t *thread) place {
	mark := s.newestMark(t.id)
	if mark.Seq > t.log.Seq() {
		return place{mark.Seq, mark.LogHash}
	}
	return place{t.log.Seq(), t.log.Hash()}
}

// checkHead freezes a thread whose head is before a place that had been seen when it was asked for, or has another hash at a place that is here.
func (s *Session) checkHead(t *thread, to head, had place) error {
	switch here := t.logHashAt(to.Seq); {
	case s.frozen[t.id] != nil:
		return nil
	case len(to.LogHash) != len(here):
		return refuse(envelope.Malformed, "a log hash that is not 32 bytes")
	case to.Seq < had.seq:
		return s.freeze(t.id, Freeze{
			Kind: envelope.ConflictRolledBack, From: max(had.seq, t.log.Seq()) + 1, Seq: had.seq, Seen: had.hash,
		}, refuse(envelope.RolledBack, "the thread is shorter than this person has seen it"))
	case to.Seq <= t.log.Seq() && !bytes.Equal(to.LogHash, here[:]):
		return s.freeze(t.id, Freeze{
			Kind: envelope.ConflictForkedLog, From: t.log.Seq() + 1, Seq: to.Seq, Seen: here, Shown: id.Hash(to.LogHash),
		}, refuse(envelope.BrokenChain, "the head is of another history"))
	}
	return nil
}

// missing freezes what was seen before and is not listed: nobody is ever taken off their own list.
func (s *Session) missing(in id.Thread) error {
	seen := s.newestMark(in)
	return &ThreadError{in, s.freeze(in, Freeze{
		Kind: envelope.ConflictMissing, From: seen.Seq + 1, Seq: seen.Seq, Seen: seen.LogHash,
	}, refuse(envelope.RolledBack, "a thread that was there before is not shown"))}
}

// newestMark is the newest state of a thread that this person has seen, on any device; zero for none.
func (s *Session) newestMark(in id.Thread) envelope.Bookmark {
	return slices.MaxFunc(append(s.marksOf(in), envelope.Bookmark{}), func(a, b envelope.Bookmark) int { return cmp.Compare(a.Seq, b.Seq) })
}

// marksOf are what this device remembers of a thread and what the vault says, which another device may have written.
func (s *Session) marksOf(in id.Thread) []envelope.Bookmark {
	var marks []envelope.Bookmark
	if mark, known := s.bookmark[in]; known {
		marks = append(marks, mark)
	}
	saved := s.secrets.vault.Bookmarks
	at, found := slices.BinarySearchFunc(saved, in, func(b envelope.Bookmark, t id.Thread) int { return b.Thread.Compare(t) })
	if found && (len(marks) == 0 || saved[at] != marks[0]) {
		marks = append(marks, saved[at])
	}
	return marks
}

// report tells whoever runs the service, once for each frozen thread. What did not arrive goes again with the next sync, as the same bytes; what was
// refused, with the next session.
func (s *Session) report(ctx context.Context) {
	for in, frozen := range s.frozen {
		if s.secrets == nil {
			return
		}
		if !frozen.Reported && !s.unreported[in] {
			s.reportOne(ctx, in, frozen)
		}
	}
}

func (s *Session) reportOne(ctx context.Context, in id.Thread, frozen *Freeze) {
	conflict := &envelope.Conflict{
		Thread: in, Kind: frozen.Kind, Seq: frozen.Seq, Seen: frozen.Seen, Shown: frozen.Shown, Person: s.person, Device: s.device.ID,
		Issued: frozen.At,
	}
	for _, entry := range frozen.Entries[:min(len(frozen.Entries), 2)] {
		conflict.Entries = append(conflict.Entries, envelope.ConflictEntry{Entry: entry})
	}
	for _, author := range frozen.Authors[:min(len(frozen.Authors), 8)] {
		conflict.Authors = append(conflict.Authors, envelope.ConflictAuthor{Person: author})
	}
	encoded, err := s.signed(conflict)
	if err == nil {
		err = s.again(ctx, "POST", "/v1/threads/"+in.String()+"/conflicts", map[string][]byte{"conflict": encoded}, nil)
	}
	switch {
	case err == nil:
		frozen.Reported = true
		s.client.rememberFreeze(s.person, in, *frozen)
	case !uncertain(err):
		s.unreported[in] = true
	}
}

// signed is an object of this device, as it is posted.
func (s *Session) signed(object envelope.Object) ([]byte, error) {
	signed, err := envelope.SignObject(object, s.device.stamp())
	if err != nil {
		return nil, err
	}
	return envelope.Encode(signed)
}

// rememberFreeze keeps it for the next session on this machine.
func (c *Client) rememberFreeze(person id.Person, in id.Thread, frozen Freeze) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.memory.Frozen[person] == nil {
		c.memory.Frozen[person] = map[id.Thread]Freeze{}
	}
	c.memory.Frozen[person][in] = frozen
}

func (c *Client) knownFreezes(person id.Person) map[id.Thread]*Freeze {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := map[id.Thread]*Freeze{}
	for in, frozen := range c.memory.Frozen[person] {
		known[in] = &frozen
	}
	return known
}

func cloneFreezes(all map[id.Person]map[id.Thread]Freeze) map[id.Person]map[id.Thread]Freeze {
	clone := map[id.Person]map[id.Thread]Freeze{}
	for person, frozen := range all {
		clone[person] = maps.Clone(frozen)
	}
	return clone
}

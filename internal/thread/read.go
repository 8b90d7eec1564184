package thread

import (
	"context"
	"math"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// MaxPage is the most entries that one page has.
const MaxPage = 500

// Page is a part of a log.
type Page struct {
	Entries [][]byte // log-entry objects, ascending by seq without gaps
	More    bool
}

// Heads are a person's threads, those with the latest news first.
func (s *Service) Heads(ctx context.Context, person id.Person) ([]Head, error) {
	return s.store.Heads(ctx, person, id.Thread{})
}

// Head is one of them.
func (s *Service) Head(ctx context.Context, person id.Person, in id.Thread) (Head, error) {
	heads, err := s.store.Heads(ctx, person, in)
	if err != nil {
		return Head{}, err
	}
	if len(heads) == 0 || in.IsZero() {
		return Head{}, ErrUnknown
	}
	return heads[0], nil
}

// Log is a page of a thread's log, after a seq, as this person may have it. Everything up to a removal is there for the chain to verify; a half is there for
// members who are served, and from the join on unless the add gave history. limit is at most MaxPage.
func (s *Service) Log(ctx context.Context, person id.Person, in id.Thread, after uint64, limit int) (Page, error) {
	member, err := s.place(ctx, in, person)
	if err != nil {
		return Page{}, err
	}
	until := uint64(math.MaxInt64)
	if member.Left != nil {
		until = member.Left.Seq
	}
	if after >= until {
		return Page{Entries: [][]byte{}}, nil
	}
	limit = max(1, min(limit, MaxPage))
	stored, err := s.store.Entries(ctx, in, after, until, limit+1)
	if err != nil {
		return Page{}, err
	}
	page := Page{Entries: make([][]byte, 0, len(stored)), More: len(stored) > limit}
	if page.More {
		stored = stored[:limit]
	}
	if err := s.joinHalves(ctx, in, member, stored); err != nil {
		return Page{}, err
	}
	for _, entry := range stored {
		encoded, err := entry.Encode(in)
		if err != nil {
			return Page{}, err
		}
		page.Entries = append(page.Entries, encoded)
	}
	return page, nil
}

// Gone are tombstones of a thread.
type Gone struct {
	Entries [][]byte // log-entry objects
	At      int64    // when the last of them was destroyed: what to ask after next
	More    bool
}

// Destroyed are the tombstones that came after a time, for a device that was away when they were announced: what it keeps of those messages has to go.
func (s *Service) Destroyed(ctx context.Context, person id.Person, in id.Thread, after int64) (Gone, error) {
	member, err := s.place(ctx, in, person)
	if err != nil {
		return Gone{}, err
	}
	until := uint64(math.MaxInt64)
	if member.Left != nil {
		until = member.Left.Seq
	}
	stored, at, more, err := s.store.Destroyed(ctx, in, after, until, MaxPage)
	if err != nil {
		return Gone{}, err
	}
	gone := Gone{Entries: make([][]byte, 0, len(stored)), At: at, More: more}
	for _, entry := range stored {
		encoded, err := entry.Encode(in)
		if err != nil {
			return Gone{}, err
		}
		gone.Entries = append(gone.Entries, encoded)
	}
	return gone, nil
}

// joinHalves puts the halves to the messages that this member may read.
func (s *Service) joinHalves(ctx context.Context, in id.Thread, member Member, stored []StoredEntry) error {
	from, any := member.halvesFrom(s.now())
	if !any {
		return nil
	}
	var wanted []HalfRef
	for _, entry := range stored {
		if entry.Live && entry.Seq > from {
			wanted = append(wanted, HalfRef{in, entry.Message, entry.Commitment})
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	halves, err := s.halves.Get(ctx, in, wanted)
	if err != nil {
		return err
	}
	for n := range stored {
		entry := &stored[n]
		if half, ok := halves[HalfRef{in, entry.Message, entry.Commitment}]; ok {
			entry.Half = &half
		}
	}
	return nil
}

// Epochs are at most limit epochs from one on, with the person's own envelopes. Somebody who was removed gets the records up to then, and no
// envelope.
func (s *Service) Epochs(ctx context.Context, person id.Person, in id.Thread, from uint32, limit int) ([]Epoch, error) {
	member, err := s.place(ctx, in, person)
	if err != nil {
		return nil, err
	}
	until := uint32(math.MaxInt32)
	if member.Left != nil {
		until = member.Left.Epoch
	}
	epochs, err := s.store.Epochs(ctx, in, person, from, until, max(1, min(limit, MaxPage)))
	if err != nil {
		return nil, err
	}
	if member.Left != nil {
		for n := range epochs {
			epochs[n].Envelope, epochs[n].Proof = nil, nil
		}
	}
	return epochs, nil
}

// MaxKeys is the most threads whose keys are given in one answer.
const MaxKeys = 500

// PresentKeys are the keys of many threads at once, for a device that has none yet: those of the present epoch, of the threads that this
// person is in. Of others it says nothing, so that nobody learns whether they exist. At most MaxKeys are looked at.
func (s *Service) PresentKeys(ctx context.Context, person id.Person, threads []id.Thread) ([]PresentKeys, error) {
	return s.store.PresentKeys(ctx, person, threads[:min(len(threads), MaxKeys)])
}

// LastAccepted is what was last accepted from a device in each thread, ascending by thread: what a revocation names.
func (s *Service) LastAccepted(ctx context.Context, device id.Device) ([]envelope.LastAccepted, error) {
	return s.store.LastAccepted(ctx, device)
}

// Audience are the members who are told what happens in a thread now.
func (s *Service) Audience(ctx context.Context, in id.Thread) ([]id.Person, error) {
	members, err := s.store.Members(ctx, in)
	if err != nil {
		return nil, err
	}
	people := []id.Person{}
	for _, member := range members {
		if member.Served(s.now()) {
			people = append(people, member.Person)
		}
	}
	return people, nil
}

// place is a person's place in a thread, past or present. Nobody else learns that the thread exists.
func (s *Service) place(ctx context.Context, in id.Thread, person id.Person) (Member, error) {
	_, member, err := s.store.Place(ctx, in, person)
	return member, err
}

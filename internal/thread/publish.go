package thread

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// announce tells members about a change, and those who left that there was one. It runs after the commit, in its order.
func (s *Service) announce(w Written, left []id.Person) {
	s.audiences.put(w.State.Thread, w.State.MembershipSeq, w.Members)
	s.deliver(w, nil)
	people := make([]id.Person, 0, len(w.Members)+len(left))
	for _, member := range w.Members {
		people = append(people, member.Person)
	}
	s.publisher.Changed(w.State.Thread, append(people, left...))
}

// deliver sends what was written to those who are members after it, and to nobody else: the list is of the very membership under which it
// was written.
func (s *Service) deliver(w Written, half *[32]byte) {
	if w.Members != nil {
		s.audiences.put(w.State.Thread, w.State.MembershipSeq, w.Members)
	}
	people, ok := s.audiences.get(w.State.Thread, w.State.MembershipSeq, s.now())
	if !ok {
		return // another node changed the members since; whoever misses this asks for it
	}
	for _, entry := range w.Entries {
		entry.Half = half
		encoded, err := entry.Encode(w.State.Thread)
		if err != nil {
			s.log.Error("a log entry cannot be encoded", "code", fault.As(err).Code())
			return
		}
		s.publisher.Publish(w.State.Thread, people, encoded)
	}
}

// Redeliver sends messages of a thread again as they are now, without halves: tombstones, once they are destroyed.
func (s *Service) Redeliver(ctx context.Context, in id.Thread, messages []id.Message) error {
	people, err := s.Audience(ctx, in)
	if err != nil {
		return err
	}
	for _, message := range messages {
		entry, err := s.store.MessageEntry(ctx, in, message)
		if err != nil {
			return err
		}
		encoded, err := entry.Encode(in)
		if err != nil {
			return err
		}
		s.publisher.Publish(in, people, encoded)
	}
	return nil
}

// audiences remembers who gets what is sent, by the membership entry from which it follows, so that it cannot be out of date.
type audiences struct {
	mu       sync.Mutex
	byThread map[id.Thread]audience
}

type audience struct {
	membershipSeq uint32
	people        []id.Person // members without an end; shared, never changed
	timed         []Member    // and those with one
}

const audiencesKept = 16384

func (a *audiences) put(in id.Thread, membershipSeq uint32, members []Member) {
	made := audience{membershipSeq: membershipSeq, people: make([]id.Person, 0, len(members))}
	for _, member := range members {
		switch {
		case member.Standby:
		case member.Until.IsZero():
			made.people = append(made.people, member.Person)
		default:
			made.timed = append(made.timed, member)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byThread == nil {
		a.byThread = make(map[id.Thread]audience)
	}
	for old := range a.byThread {
		if len(a.byThread) < audiencesKept {
			break
		}
		delete(a.byThread, old) // any one
	}
	a.byThread[in] = made
}

// get are the people who get something written under a membership.
func (a *audiences) get(in id.Thread, membershipSeq uint32, now time.Time) ([]id.Person, bool) {
	a.mu.Lock()
	found, ok := a.byThread[in]
	a.mu.Unlock()
	if !ok || found.membershipSeq != membershipSeq {
		return nil, false
	}
	people := found.people
	for _, member := range found.timed {
		if member.Served(now) {
			people = append(people[:len(people):len(people)], member.Person)
		}
	}
	return people, true
}

// holds says whether a person is in the audience as it is known, which may be out of date.
func (a *audiences) holds(in id.Thread, person id.Person) bool {
	a.mu.Lock()
	found := a.byThread[in]
	a.mu.Unlock()
	if slices.Contains(found.people, person) {
		return true
	}
	return slices.ContainsFunc(found.timed, func(m Member) bool { return m.Person == person })
}

func (a *audiences) has(in id.Thread, membershipSeq uint32) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, ok := a.byThread[in]
	return ok && found.membershipSeq == membershipSeq
}

// LogGrew is called after a person's log got a new entry: it tells those who share a thread with them, and ends the epochs that the entry
// has overtaken. It does not wait.
func (s *Service) LogGrew(person id.Person) {
	s.authors.forget(person)
	s.pending.grew(person)
}

// spread does what LogGrew promised.
func (s *Service) spread(ctx context.Context, person id.Person) error {
	companions, err := s.store.Companions(ctx, person)
	if err != nil {
		return err
	}
	s.publisher.LogGrew(person, companions)
	threads, err := s.store.ThreadsOf(ctx, person)
	if err != nil {
		return err
	}
	over := map[id.Thread]uint32{}
	for _, in := range threads {
		stale, epoch, err := s.overtaken(ctx, in)
		if err != nil {
			return err
		}
		if stale {
			over[in] = epoch
		}
	}
	if len(over) == 0 {
		return nil
	}
	return s.store.MarkStale(ctx, over)
}

// overtaken says whether somebody's keys have moved past a thread's present epoch.
func (s *Service) overtaken(ctx context.Context, in id.Thread) (bool, uint32, error) {
	records, err := s.store.Membership(ctx, in)
	if err != nil {
		return false, 0, err
	}
	k, err := s.know(ctx, records)
	if err != nil || k.epoch == nil {
		return false, 0, err
	}
	trust, people := s.trust(ctx, present(k.membership)...)
	policy, ok := trust.Manifests.Policy()
	if !ok {
		return false, 0, errStored
	}
	err = k.epoch.CheckFresh(trust, k.membership, policy, k.epoch.Core.Issued, 0)
	if people.failed != nil {
		return false, 0, people.failed
	}
	return errors.Is(err, &envelope.Refusal{Code: envelope.StaleEpoch}), records.State.Epoch, nil
}

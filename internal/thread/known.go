package thread

import (
	"context"
	"slices"
	"sync"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// known is a thread as the verifiers want it. Nobody changes one after it was made.
type known struct {
	membership *envelope.Membership
	epoch      *envelope.Epoch // the present one, nil before the first
}

// memberships remembers what was verified, so that a send does not walk the membership log. An entry is found by its head, and by its
// record, so it cannot be out of date; forgetting one costs time only.
type memberships struct {
	mu       sync.Mutex
	byThread map[id.Thread]known
}

const membershipsKept = 1024

func (m *memberships) get(in id.Thread) known {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byThread[in]
}

func (m *memberships) put(in id.Thread, k known) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byThread == nil {
		m.byThread = make(map[id.Thread]known)
	}
	for old := range m.byThread {
		if len(m.byThread) < membershipsKept {
			break
		}
		delete(m.byThread, old) // any one
	}
	m.byThread[in] = k
}

// know finds out what a thread's records amount to.
func (s *Service) know(ctx context.Context, r Records) (known, error) {
	k := s.members.get(r.State.Thread)
	if k.membership == nil || k.membership.Head() != r.State.MembershipHead {
		membership, err := s.replay(ctx, r.Entries)
		if err != nil {
			return known{}, err
		}
		k.membership = membership
	}
	switch {
	case r.State.Epoch == 0:
		k.epoch = nil
	case k.epoch == nil || k.epoch.Hash != r.State.Record:
		epoch, err := s.stored(k.membership, r.Epoch)
		if err != nil {
			return known{}, err
		}
		k.epoch = epoch
	}
	s.members.put(r.State.Thread, k)
	return k, nil
}

var errStored = fault.New(fault.Internal, "internal", "Something went wrong on our side. It has been recorded.")

// replay verifies a stored membership log again. It was verified entry by entry when it was written.
func (s *Service) replay(ctx context.Context, entries []Entry) (*envelope.Membership, error) {
	log := make([]*envelope.Signed, 0, len(entries))
	for _, entry := range entries {
		signed, err := envelope.Parse[envelope.Signed](entry.Body)
		if err != nil {
			return nil, errStored.Because(err)
		}
		log = append(log, signed)
	}
	trust, people := s.trust(ctx, named(entries)...)
	membership, err := envelope.VerifyMembershipLog(trust, log...)
	if people.failed != nil {
		return nil, people.failed
	}
	if err != nil {
		return nil, errStored.Because(err)
	}
	return membership, nil
}

// stored reads a record that was verified when it was written. What it follows is not looked at again.
func (s *Service) stored(membership *envelope.Membership, body []byte) (*envelope.Epoch, error) {
	signed, err := envelope.Parse[envelope.Signed](body)
	if err != nil {
		return nil, errStored.Because(err)
	}
	epoch, err := readRecord(signed)
	if err != nil {
		return nil, errStored.Because(err)
	}
	if epoch.Membership, err = membership.At(epoch.Core.MembershipSeq, epoch.Core.MembershipHead); err != nil {
		return nil, errStored.Because(err)
	}
	manifest, ok := s.keys.Chain().ByHash(epoch.Core.Manifest)
	if !ok {
		return nil, errStored
	}
	epoch.Manifest = manifest
	return epoch, nil
}

// readRecord reads what a record says of itself and believes none of it.
func readRecord(signed *envelope.Signed) (*envelope.Epoch, error) {
	record, err := envelope.Open[envelope.EpochRecord](signed)
	if err != nil {
		return nil, err
	}
	core, err := envelope.Parse[envelope.EpochCore](record.Core)
	if err != nil {
		return nil, err
	}
	epoch := &envelope.Epoch{Core: *core, EnvelopeRoot: record.EnvelopeRoot}
	if epoch.Hash, err = signed.Hash(); err != nil {
		return nil, err
	}
	epoch.CoreHash, err = envelope.HashBytes(record.Core)
	return epoch, err
}

// logs are people's logs as the verifiers want them: fetched together beforehand, and one by one when somebody else is asked for.
type logs struct {
	ctx    context.Context
	keys   Keys
	have   envelope.PersonMap
	failed error // the fetching, not a log
}

// Person implements envelope.People.
func (l *logs) Person(person id.Person) (*envelope.PersonState, bool) {
	if state, ok := l.have[person]; ok {
		return state, state != nil
	}
	l.fetch(person)
	state := l.have[person]
	return state, state != nil
}

func (l *logs) fetch(people ...id.Person) {
	if l.failed != nil {
		return
	}
	found, err := l.keys.States(l.ctx, people...)
	if err != nil {
		l.failed = err
		return
	}
	for _, person := range people {
		l.have[person] = found[person] // nil for somebody who has none
	}
}

// trust is what to verify with; people are those who will be asked for. When logs.failed is set afterwards, it and not the refusal is the
// answer: see verdict.
func (s *Service) trust(ctx context.Context, people ...id.Person) (envelope.Trust, *logs) {
	l := &logs{ctx: ctx, keys: s.keys, have: envelope.PersonMap{}}
	if len(people) > 0 {
		l.fetch(people...)
	}
	return envelope.Trust{Manifests: s.keys.Chain(), People: l}, l
}

// trustFor is trust with what is remembered of one person, unless that is nil.
func (s *Service) trustFor(ctx context.Context, person id.Person, state *envelope.PersonState) (envelope.Trust, *logs) {
	if state == nil {
		return s.trust(ctx, person)
	}
	trust, people := s.trust(ctx)
	people.have[person] = state
	return trust, people
}

// authors remembers the logs of those who send, so that a send need not ask for them: whether they are the latest is found out in the
// transaction that writes the message.
type authors struct {
	mu       sync.Mutex
	byPerson map[id.Person]*envelope.PersonState
}

const authorsKept = 16384

func (a *authors) get(person id.Person) *envelope.PersonState {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byPerson[person]
}

func (a *authors) put(state *envelope.PersonState) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byPerson == nil {
		a.byPerson = make(map[id.Person]*envelope.PersonState)
	}
	for old := range a.byPerson {
		if len(a.byPerson) < authorsKept {
			break
		}
		delete(a.byPerson, old) // any one
	}
	a.byPerson[state.Person()] = state
}

func (a *authors) forget(person id.Person) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byPerson, person)
}

// verdict is the fault of a verification.
func (l *logs) verdict(err error) error {
	if l.failed != nil {
		return l.failed
	}
	return refusal(err)
}

// live refuses a device that may not sign anything new, whatever its session says.
func (s *Service) live(people *logs, actor Actor) error {
	state, ok := people.Person(actor.Person)
	if people.failed != nil {
		return people.failed
	}
	if !ok {
		return errNoDevice
	}
	device, ok := state.Device(actor.Device)
	if !ok {
		return errNoDevice
	}
	return refusal(device.CheckNow(envelope.TimeOf(s.now())))
}

var errNoDevice = refusal(&envelope.Refusal{Code: envelope.RevokedDevice, Detail: "no such device"})

// named are the people whom a membership log names.
func named(entries []Entry) []id.Person {
	var people []id.Person
	for _, entry := range entries {
		signed, head, err := parseEntry(entry.Body)
		if err == nil {
			people = append(people, head.Person, targetOf(signed.Object))
			continue
		}
		if _, create, err := parseSigned[envelope.Create](entry.Body); err == nil {
			people = append(people, create.Person)
		}
	}
	slices.SortFunc(people, id.Person.Compare)
	people = slices.Compact(people)
	return slices.DeleteFunc(people, id.Person.IsZero)
}

// present are the members.
func present(m *envelope.Membership) []id.Person {
	var people []id.Person
	for _, member := range m.Members() {
		people = append(people, member.Person)
	}
	return people
}

package policy

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wardline/wardline/internal/id"
)

// freshness is how old the register in memory may be. Another node, or the command line, may have published meanwhile: half a minute is promised.
const freshness = 20 * time.Second

// gate remembers who may write. Only a yes is remembered, and a yes ends only when the register changes, a version takes effect or a deferral
// is over: all of these are known here. A no is asked again each time, so accepting on another node counts at once.
type gate struct {
	known   atomic.Pointer[register]
	loading sync.Mutex
}

// register is what is in force, and who was found to be clear of it. It is replaced, never changed.
type register struct {
	required []Version
	turn     time.Time    // when another version takes effect; zero: never
	read     atomic.Int64 // when it was last compared with the database, Unix nanoseconds
	clear    sync.Map     // id.Person → time.Time until which, zero: for good
}

func (g *gate) forget() { g.known.Store(nil) }

// MayWrite answers nil, or ErrNeeded with the policies that the person has to accept first.
func (s *Service) MayWrite(ctx context.Context, person id.Person) error {
	now := s.clock.Now()
	reg, err := s.register(ctx, now)
	if err != nil || len(reg.required) == 0 {
		return err
	}
	if until, found := reg.clear.Load(person); found {
		if until := until.(time.Time); until.IsZero() || now.Before(until) {
			return nil
		}
	}
	accepted, deferred, err := s.store.PolicyRecord(ctx, person)
	if err != nil {
		return err
	}
	var until time.Time
	needed := []id.Policy{}
	for _, v := range reg.required {
		standing := stand(v, accepted, deferred, now)
		switch {
		case standing.Needed:
			needed = append(needed, v.Policy)
		case standing.AcceptedAt.IsZero() && (until.IsZero() || standing.DeferredUntil.Before(until)):
			until = standing.DeferredUntil
		}
	}
	if len(needed) > 0 {
		return ErrNeeded.With("policies", needed)
	}
	reg.clear.Store(person, until)
	return nil
}

// register is the one in memory, read anew when it is old. One caller reads; the others go on with what there is.
func (s *Service) register(ctx context.Context, now time.Time) (*register, error) {
	old := s.gate.known.Load()
	if old != nil {
		turned := !old.turn.IsZero() && !now.Before(old.turn)
		if !turned && now.UnixNano()-old.read.Load() < int64(freshness) {
			return old, nil
		}
		if !turned {
			if !s.gate.loading.TryLock() {
				return old, nil
			}
			defer s.gate.loading.Unlock()
			return s.reread(ctx, old, now)
		}
	}
	s.gate.loading.Lock()
	defer s.gate.loading.Unlock()
	return s.reread(ctx, s.gate.known.Load(), now)
}

func (s *Service) reread(ctx context.Context, old *register, now time.Time) (*register, error) {
	all, err := s.store.PolicyVersions(ctx)
	if err != nil {
		return nil, err
	}
	current, turn := inForce(all, now)
	required := slices.DeleteFunc(current, func(v Version) bool { return !v.Required })
	if old != nil && old.turn.Equal(turn) && slices.Equal(old.required, required) {
		old.read.Store(now.UnixNano())
		s.gate.known.Store(old)
		return old, nil
	}
	fresh := &register{required: required, turn: turn}
	fresh.read.Store(now.UnixNano())
	s.gate.known.Store(fresh)
	return fresh, nil
}

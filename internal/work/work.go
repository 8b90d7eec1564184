// Package work is durable intent as data: what has to happen later is a row, written in the transaction that made it necessary.
//
// A room returns or writes [Due] values; the store keeps them beside the room's own rows ([Atomically]); jobs claims those whose time has come
// and calls the room's handler; [Policy.Settle] says what becomes of the row. Nothing that must not be lost is ever a timer in memory.
//
// Invariants: handlers are idempotent, because a crash between the act and its settlement repeats it. A failure that may pass is tried
// for ever, at growing intervals with an upper bound: nothing ages out silently. Only an explicit refusal stops it, and that is recorded for a person to see.
// Everything here is pure: no SQL, no clock, no goroutine.
package work

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"math"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Kind names a handler, as in "record.file". Each room declares its own.
type Kind string

// Due is one thing to do at or after a time.
type Due struct {
	ID      id.Work
	Kind    Kind
	At      time.Time
	Subject []byte // what it is about: ids, at most 64 bytes, see audit.About
	Key     string // at most one waiting Due of a Kind has this Key; a second one replaces the first's time when earlier. Empty means no such limit
	Attempt int    // how often it was tried and failed
}

// Cancel takes back a waiting Due by its kind and key, when what it was for has happened in another way.
type Cancel struct {
	Kind Kind
	Key  string
}

// Intent is what a room wants to be written together with its own rows.
type Intent struct {
	Due    []Due
	Cancel []Cancel
}

// Add appends a Due and returns the intent, for building one step by step.
func (i Intent) Add(due ...Due) Intent {
	i.Due = append(i.Due[:len(i.Due):len(i.Due)], due...)
	return i
}

// Without appends a cancellation and returns the intent.
func (i Intent) Without(kind Kind, key string) Intent {
	i.Cancel = append(i.Cancel[:len(i.Cancel):len(i.Cancel)], Cancel{kind, key})
	return i
}

// Atomically runs fn in one transaction of the main store. Store methods called with the context that fn is given take part in it; all is
// written when fn returns nil and nothing when it does not. fn may be run again from the start, so it has no other effects.
type Atomically interface {
	Atomically(ctx context.Context, fn func(ctx context.Context) error) error
}

// Handler does the work of one kind. An error of kind [fault.Unavailable], [fault.Upstream], [fault.TooMany] or [fault.Internal] is tried again; any other is a
// refusal that trying again cannot change.
type Handler interface {
	Handle(ctx context.Context, due Due) error
}

// Outcome is what becomes of a row after its handler returned.
type Outcome uint8

const (
	// Done: the row goes.
	Done Outcome = iota
	// Again: the row waits until a later time.
	Again
	// Refused: the row stays, is not tried again, and its code is shown to a person.
	Refused
)

// Settlement is the row's new state.
type Settlement struct {
	Outcome Outcome
	At      time.Time // when to try again; set for Again
	Attempt int
	Code    string // the fault's stable code, for Again and Refused; never its cause
}

// Policy spaces out the tries of one kind of work.
type Policy struct {
	First  time.Duration // after the first failure
	Factor float64       // each further wait is so much longer, at least 1
	Max    time.Duration // and never longer than this
	Jitter float64       // 0 to 1: up to this part of the wait is taken off, so that a thousand rows do not come back together
}

// Steady is the policy for work without a better one: 5 s, doubling, up to 10 minutes.
var Steady = Policy{First: 5 * time.Second, Factor: 2, Max: 10 * time.Minute, Jitter: 0.2}

// Settle decides what becomes of a row whose handler returned err at the given time.
func (p Policy) Settle(due Due, err error, now time.Time) Settlement {
	if err == nil {
		return Settlement{Outcome: Done, Attempt: due.Attempt}
	}
	failure := fault.As(err)
	attempt := due.Attempt + 1
	if !mayPass(failure.Kind()) {
		return Settlement{Outcome: Refused, Attempt: attempt, Code: failure.Code()}
	}
	wait := max(p.Wait(attempt, due.ID), failure.Wait())
	return Settlement{Outcome: Again, At: now.Add(wait), Attempt: attempt, Code: failure.Code()}
}

// Wait is how long to wait after the given number of failures (1 is the first). It is the same for the same row and attempt.
func (p Policy) Wait(attempt int, row id.Work) time.Duration {
	wait := float64(p.First) * math.Pow(max(p.Factor, 1), float64(max(attempt, 1)-1))
	wait = min(wait, float64(p.Max))
	return time.Duration(wait * (1 - p.Jitter*fraction(attempt, row)))
}

func mayPass(kind fault.Kind) bool {
	switch kind {
	case fault.Unavailable, fault.Upstream, fault.TooMany, fault.Internal:
		return true
	}
	return false
}

// fraction spreads rows evenly over 0 to 1.
func fraction(attempt int, row id.Work) float64 {
	sum := fnv.New64a()
	sum.Write(row[:])
	sum.Write(binary.BigEndian.AppendUint64(nil, uint64(attempt)))
	return float64(sum.Sum64()>>11) / (1 << 53)
}

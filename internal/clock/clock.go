// Package clock is the only source of the present time, so that tests and the demonstration can move it.
//
// Invariants: production wiring uses [System]; nothing outside this package calls time.Now for a decision. Times on the wire and in
// both databases are whole milliseconds since 1970 in UTC ([Millis], [FromMillis]), below 2^53 so that JavaScript holds them exactly.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock tells the present time.
type Clock interface{ Now() time.Time }

// System is the operating system's clock, in UTC.
type System struct{}

// Now implements [Clock].
func (System) Now() time.Time { return time.Now().UTC() }

// Manual is a clock that stands still until it is moved. It is safe for concurrent use; make it with [NewManual].
type Manual struct {
	mu    sync.Mutex
	now   time.Time
	moved chan struct{}
}

// NewManual is a clock that stands at the given time.
func NewManual(at time.Time) *Manual {
	return &Manual{now: at.UTC(), moved: make(chan struct{})}
}

// Now implements [Clock].
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to the given time, backwards too, and wakes everyone in [Until].
func (m *Manual) Set(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = at.UTC()
	close(m.moved)
	m.moved = make(chan struct{})
}

// Advance moves the clock on and returns the new time.
func (m *Manual) Advance(by time.Duration) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(by)
	close(m.moved)
	m.moved = make(chan struct{})
	return m.now
}

// Until waits for the clock to reach the given time, or for ctx to end, whose error it then returns. On a [Manual] clock it waits
// for the clock to be moved and uses no timer.
func Until(ctx context.Context, c Clock, at time.Time) error {
	for {
		now, moved := observe(c)
		if !now.Before(at) {
			return ctx.Err()
		}
		var fired <-chan time.Time
		if moved == nil {
			timer := time.NewTimer(at.Sub(now))
			defer timer.Stop()
			fired = timer.C
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		case <-fired:
		}
	}
}

// Millis is the time in the wire's unit. Times before 1970 become 0.
func Millis(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) }

// FromMillis is the time of a wire value, in UTC.
func FromMillis(ms uint64) time.Time { return time.UnixMilli(int64(ms)).UTC() }

// observe reads the time and, of a Manual clock, the channel that closes at its next move, both under one lock so that no move
// falls between them.
func observe(c Clock) (time.Time, <-chan struct{}) {
	m, ok := c.(*Manual)
	if !ok {
		return c.Now(), nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now, m.moved
}

package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/work"
)

// claim takes rows, as many as may still be in hand, and starts their handlers, which end with working. It returns how
// many there were. The caller holds r.claiming, so the room that it sees can only grow.
func (r *Runner) claim(ctx, working context.Context, now func() time.Time) (int, error) {
	room := r.options.Concurrency - r.hands(0)
	if room <= 0 {
		return 0, nil
	}
	claimed, err := r.queue.ClaimWork(ctx, r.owner, r.kinds, now(), r.options.Lease, room)
	r.hands(len(claimed))
	for _, due := range claimed {
		go func() {
			r.do(working, due, now)
			r.hands(-1)
			r.Wake()
		}()
	}
	return len(claimed), err
}

// do handles one row and settles it.
func (r *Runner) do(working context.Context, due work.Due, now func() time.Time) {
	h := r.handlers[due.Kind]
	ctx, cancel := context.WithTimeout(working, r.options.Lease*3/4)
	err := r.handle(ctx, h, due)
	cancel()

	at := now()
	settlement := h.policy.Settle(due, err, at)
	if err != nil && working.Err() != nil {
		// It was stopped, and did not fail: the next run takes it up where this one left it.
		settlement = work.Settlement{Outcome: work.Again, At: due.At, Attempt: due.Attempt, Code: settlement.Code}
	}
	r.report(ctx, due, settlement, err)
	r.settle(working, due, settlement, at)
}

func (r *Runner) handle(ctx context.Context, h handler, due work.Due) (err error) {
	defer func() {
		if value := recover(); value != nil {
			// The value may quote anything, the stack names functions only.
			err = fmt.Errorf("jobs: the handler panicked with a %T", value)
			r.log.ErrorContext(ctx, "a handler panicked", "kind", due.Kind, "work", due.ID, "stack", string(debug.Stack()))
		}
	}()
	return h.handle(ctx, due)
}

// settle writes the settlement, for as long as that takes while the runner works, and a few times when it is stopping:
// a row that stays unsettled is claimed by another run when its lease ends.
func (r *Runner) settle(working context.Context, due work.Due, s work.Settlement, at time.Time) {
	ctx := context.WithoutCancel(working)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := r.queue.SettleWork(ctx, r.owner, due.ID, s, at)
		if err == nil {
			return
		}
		r.failed(ctx, "finished work was not settled", err)
		select {
		case <-time.After(pause):
		case <-working.Done():
			if err := r.queue.SettleWork(ctx, r.owner, due.ID, s, at); err != nil {
				r.failed(ctx, "finished work was left unsettled", err)
			}
			return
		}
	}
}

// report logs what is not done: ids and codes, never a cause.
func (r *Runner) report(ctx context.Context, due work.Due, s work.Settlement, err error) {
	if err == nil {
		return
	}
	level := slog.LevelWarn
	if kind, _ := fault.KindOf(err); kind == fault.Internal {
		level = slog.LevelError
	}
	r.log.Log(ctx, level, "work was not done", "kind", due.Kind, "work", due.ID, "attempt", s.Attempt, "code", s.Code, "refused", s.Outcome == work.Refused)
}

// pause waits until there is room and something may be due; without look, for the whole of the usual while.
func (r *Runner) pause(ctx context.Context, look bool) {
	until := r.clock.Now().Add(r.options.Poll)
	if !look || r.hands(0) >= r.options.Concurrency {
		// Room comes with a settlement, which wakes us.
	} else if next, err := r.queue.NextWork(ctx, r.owner, r.kinds); err != nil {
		r.failed(ctx, "due work was not looked for", err)
	} else if !next.IsZero() && next.Before(until) {
		until = next
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	reached := make(chan struct{})
	go func() {
		defer close(reached)
		_ = clock.Until(waiting, r.clock, until) // ends early with ctx
	}()
	select {
	case <-r.wake:
		cancel()
		<-reached
	case <-reached:
	}
}

// drain waits for the rows in hand, and cancels their handlers when that takes too long.
func (r *Runner) drain(stop context.CancelFunc) {
	timer := time.AfterFunc(r.options.Grace, stop)
	defer timer.Stop()
	r.waitIdle()
}

// hands changes the number of rows in hand, and returns it.
func (r *Runner) hands(by int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inHand += by
	if by < 0 {
		r.idle.Broadcast()
	}
	return r.inHand
}

// waitIdle waits until nothing is in hand.
func (r *Runner) waitIdle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.inHand > 0 {
		r.idle.Wait()
	}
}

func (r *Runner) failed(ctx context.Context, message string, err error) {
	if ctx.Err() == nil {
		r.log.ErrorContext(ctx, message, "code", fault.As(err).Code())
	}
}

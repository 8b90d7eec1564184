// Package jobs does what is due: it claims rows of due work (package work), calls the handler of their kind, and writes
// what became of them.
//
// Layout: jobs.go what others call; run.go claiming, handling and settling.
//
// Invariants. Rows are the truth: this package keeps nothing that must survive, and a timer here only says when to look
// again. A row is handled by one runner at a time while its lease lasts, and a handler is given less time than that. A
// row is settled exactly once by whoever handled it; a crash before that has it handled again, so handlers are
// idempotent. A handler's panic is an error like any other.
//
// A Runner has one goroutine that claims (Run's caller) and one for each row in hand. Locks are taken in the order
// claiming, mu; only claiming is held while waiting for the database.
package jobs

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// Queue is where due work lies. The owner is this process's own name.
type Queue interface {
	// ClaimWork gives the owner waiting rows whose time has come, which nobody else is given until the lease ends,
	// and the owner itself not before it settles them.
	ClaimWork(ctx context.Context, owner string, kinds []work.Kind, now time.Time, lease time.Duration, limit int) ([]work.Due, error)
	// SettleWork writes what became of a row. It changes nothing when the row is the owner's no longer.
	SettleWork(ctx context.Context, owner string, due id.Work, s work.Settlement, now time.Time) error
	// NextWork is when the owner can claim the next row; zero when there is none.
	NextWork(ctx context.Context, owner string, kinds []work.Kind) (time.Time, error)
	// FreeWork frees what an earlier process left claimed, where that can be known.
	FreeWork(ctx context.Context) error
}

// Options are a Runner's settings; zero values mean the defaults.
type Options struct {
	Concurrency int           // rows in hand at once; 8
	Lease       time.Duration // how long a row is kept from others; 1 minute. A handler gets three quarters of it
	Poll        time.Duration // look at least this often, for rows of other nodes; 2 seconds
	Grace       time.Duration // how long a stop waits for handlers before it cancels them; 10 seconds
}

// Runner does the work. Register the handlers, then Run it once, or call RunDue, or both.
type Runner struct {
	queue   Queue
	clock   clock.Clock
	log     *slog.Logger
	options Options
	owner   string

	kinds    []work.Kind
	handlers map[work.Kind]handler
	wake     chan struct{}

	claiming sync.Mutex // held while rows are claimed
	mu       sync.Mutex
	inHand   int
	idle     *sync.Cond // of mu, signalled when inHand falls
}

type handler struct {
	handle func(context.Context, work.Due) error
	policy work.Policy
}

// New makes a runner without handlers.
func New(queue Queue, clock clock.Clock, log *slog.Logger, options Options) *Runner {
	if options.Concurrency <= 0 {
		options.Concurrency = 8
	}
	if options.Lease <= 0 {
		options.Lease = time.Minute
	}
	if options.Poll <= 0 {
		options.Poll = 2 * time.Second
	}
	if options.Grace <= 0 {
		options.Grace = 10 * time.Second
	}
	r := &Runner{
		queue: queue, clock: clock, log: log, options: options, owner: rand.Text(),
		handlers: map[work.Kind]handler{}, wake: make(chan struct{}, 1),
	}
	r.idle = sync.NewCond(&r.mu)
	return r
}

// Handle has work of a kind done by handle, tried again after work.Steady. Every kind has one handler, registered
// before the runner is used; a second is a programming error.
func (r *Runner) Handle(kind work.Kind, handle func(ctx context.Context, due work.Due) error) {
	r.HandleWith(kind, work.Steady, handle)
}

// HandleWith is Handle with a policy of its own.
func (r *Runner) HandleWith(kind work.Kind, policy work.Policy, handle func(ctx context.Context, due work.Due) error) {
	if _, twice := r.handlers[kind]; twice {
		panic("jobs: two handlers for " + string(kind))
	}
	r.handlers[kind] = handler{handle, policy}
	r.kinds = append(r.kinds, kind)
}

// Wake says that work has been written. It never waits, so it may be called after every commit.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, and then until every row in hand is settled. Errors are logged and tried again.
func (r *Runner) Run(ctx context.Context) {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err := r.queue.FreeWork(ctx); err != nil {
		r.failed(ctx, "work of an earlier run was not freed", err)
	}
	for ctx.Err() == nil {
		r.claiming.Lock()
		_, err := r.claim(ctx, working, r.clock.Now)
		r.claiming.Unlock()
		if err != nil {
			r.failed(ctx, "due work was not claimed", err)
		}
		r.pause(ctx, err == nil)
	}
	r.drain(stop)
}

// RunDue does everything that is due at now, what becomes due by it included, and returns when nothing is in hand and
// nothing that is due is left, with the number of rows that it claimed itself. It is for tests and for an operator's
// clock; it may be called while Run is running.
func (r *Runner) RunDue(ctx context.Context, now time.Time) (int, error) {
	done := 0
	for {
		// With nothing in hand and nobody else claiming, a claim that finds nothing proves that nothing is left.
		r.claiming.Lock()
		r.waitIdle()
		claimed, err := r.claim(ctx, ctx, func() time.Time { return now })
		r.claiming.Unlock()
		done += claimed
		if err != nil || claimed == 0 {
			return done, err
		}
	}
}

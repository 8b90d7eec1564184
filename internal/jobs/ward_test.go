package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/jobs"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/work"
)

// ward is one runner on one database with a clock that a test moves.
type ward struct {
	*jobs.Runner
	db    *store.DB
	clock *clock.Manual
	log   *lockedBuffer
}

func newWard(db *store.DB, options jobs.Options) ward {
	w := ward{db: db, clock: clock.NewManual(noon), log: &lockedBuffer{}}
	w.Runner = jobs.New(db, w.clock, slog.New(slog.NewTextHandler(w.log, nil)), options)
	db.OnDue(w.Wake)
	return w
}

func (w ward) add(t *testing.T, due ...work.Due) {
	t.Helper()
	err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.Intend(work.Intent{}.Add(due...)) })
	if err != nil {
		t.Fatal(err)
	}
}

func (w ward) runDue(t *testing.T) int {
	t.Helper()
	n, err := w.RunDue(t.Context(), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// run starts Run, and returns what stops it and waits for it.
func (w ward) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { w.Run(ctx) })
	return func() { cancel(); group.Wait() }
}

func due(n int, at time.Time) work.Due {
	return work.Due{ID: id.Work{byte(n >> 8), byte(n), 1}, Kind: kind, At: at}
}

// brokenQueue fails to settle while it is told to.
type brokenQueue struct {
	*store.DB
	fail   atomic.Bool
	failed counter
}

func (q *brokenQueue) SettleWork(ctx context.Context, owner string, due id.Work, s work.Settlement, now time.Time) error {
	if q.fail.Load() {
		q.failed.Add()
		return fmt.Errorf("settling: %w", errors.New("the disk is full"))
	}
	return q.DB.SettleWork(ctx, owner, due, s, now)
}

// counter can be waited for.
type counter struct {
	mu   sync.Mutex
	n    int
	more chan struct{}
}

func (c *counter) Add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	if c.more != nil {
		close(c.more)
		c.more = nil
	}
}

func (c *counter) Wait(n int) {
	for {
		c.mu.Lock()
		if c.n >= n {
			c.mu.Unlock()
			return
		}
		if c.more == nil {
			c.more = make(chan struct{})
		}
		more := c.more
		c.mu.Unlock()
		<-more
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

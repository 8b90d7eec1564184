package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Group is Tx for small writes that come in great numbers: those that wait together share one transaction and
// one sync to disk. Each keeps its own result, and one that fails leaves nothing behind and fails alone.
//
// Operations run one at a time in the order of the calls, each seeing the ones before it. fn may run more than
// once, under the same rule as in Tx. Group returns after the commit. When ctx ends while the operation still
// waits, it is not run; once it runs, Group waits for its result, so that an answer is never unknown for
// impatience.
func (db *DB) Group(ctx context.Context, fn func(*Tx) error) error {
	if outer := db.joined(ctx); outer != nil {
		return fn(outer)
	}
	return db.group.do(ctx, fn)
}

// Grouped counts the transactions that Group has committed and the operations in them.
func (db *DB) Grouped() (transactions, operations uint64) {
	return db.group.transactions.Load(), db.group.operations.Load()
}

const (
	queueLength   = 1024 // waiting operations, beyond which callers wait to wait
	batchLength   = 256  // operations in one transaction
	batchDeadline = 30 * time.Second
)

// committer owns the goroutine that commits groups.
type committer struct {
	db    *DB
	queue chan *operation
	done  chan struct{}

	mu     sync.RWMutex // held for reading while putting into queue, for writing to close it
	closed bool

	transactions, operations atomic.Uint64
}

// operation is one caller of Group.
type operation struct {
	ctx     context.Context
	fn      func(*Tx) error
	taken   atomic.Bool // by the committer, or by its own caller who gave up
	result  chan error
	refused error  // what fn answered in this attempt
	panic   string // and how it panicked
}

func newCommitter(db *DB) *committer {
	c := &committer{db: db, queue: make(chan *operation, queueLength), done: make(chan struct{})}
	go c.run()
	return c
}

func (c *committer) do(ctx context.Context, fn func(*Tx) error) error {
	op := &operation{ctx: ctx, fn: fn, result: make(chan error, 1)}
	if err := c.enqueue(ctx, op); err != nil {
		return err
	}
	select {
	case err := <-op.result:
		return op.answer(err)
	case <-ctx.Done():
		if op.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return op.answer(<-op.result)
	}
}

func (c *committer) enqueue(ctx context.Context, op *operation) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case c.queue <- op:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close refuses new operations and returns when the queued ones are answered.
func (c *committer) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.queue)
	}
	c.mu.Unlock()
	<-c.done
}

func (c *committer) run() {
	defer close(c.done)
	batch := make([]*operation, 0, batchLength)
	for first := range c.queue {
		batch = c.drain(append(batch[:0], first))
		if len(batch) > 0 {
			c.commit(batch)
		}
		clear(batch)
	}
}

// drain takes what else is waiting, without waiting for more, and drops those whose callers have gone.
func (c *committer) drain(batch []*operation) []*operation {
	batch = claim(batch[:0], batch[0])
	for len(batch) < batchLength {
		select {
		case op, open := <-c.queue:
			if !open {
				return batch
			}
			batch = claim(batch, op)
		default:
			return batch
		}
	}
	return batch
}

func claim(batch []*operation, op *operation) []*operation {
	if op.taken.CompareAndSwap(false, true) {
		return append(batch, op)
	}
	return batch
}

// commit runs a batch in one transaction and answers everyone in it.
func (c *committer) commit(batch []*operation) {
	ctx, cancel := c.db.deadline()
	defer cancel()
	// The first attempt has no savepoints: they would cost two more statements for every operation, and
	// nearly every operation succeeds or is refused before it writes. When one fails halfway, the whole batch
	// is done again with them.
	err := c.db.retrying(ctx, func() error { return c.attempt(ctx, batch, false) })
	if errors.Is(err, errHalfway) {
		err = c.db.retrying(ctx, func() error { return c.attempt(ctx, batch, true) })
	}
	if ctx.Err() != nil && err != nil {
		err = ErrUnavailable.Because(cause("store: the group took too long"))
	}
	if err == nil {
		c.transactions.Add(1)
		c.operations.Add(uint64(len(batch)))
	}
	for _, op := range batch {
		if err != nil {
			op.result <- err
		} else {
			op.result <- op.refused
		}
	}
}

// errHalfway says that an operation failed after it may have written.
var errHalfway = errors.New("store: an operation of the group failed halfway")

func (c *committer) attempt(ctx context.Context, batch []*operation, savepoints bool) error {
	tx, end, err := c.db.begin(ctx)
	if err != nil {
		return err
	}
	return tx.finish(end, tx.guarded(end, func(tx *Tx) error {
		base := tx.ctx
		for _, op := range batch {
			tx.ctx = borrowed{base, op.ctx}
			var err error
			if savepoints {
				err = op.runSafely(tx)
			} else {
				err = op.run(tx)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// run runs the operation in the open. An error from it ends the attempt; a refusal before anything was
// written is the operation's own result and does not.
func (op *operation) run(tx *Tx) error {
	writes, after := tx.writes, len(tx.after)
	op.call(tx)
	if tx.failed != nil || op.refused != nil && tx.writes != writes {
		return errHalfway
	}
	if op.refused != nil {
		tx.after = tx.after[:after]
	}
	return nil
}

// runSafely runs the operation inside a savepoint. An error from it means that the transaction is lost.
func (op *operation) runSafely(tx *Tx) error {
	after := len(tx.after)
	if _, err := tx.Exec("SAVEPOINT operation"); err != nil {
		return err
	}
	op.call(tx)
	if tx.failed != nil {
		if isContended(tx.failed) {
			return tx.failed
		}
		if op.refused == nil {
			op.refused = tx.failed
		}
		tx.failed = nil
	}
	if op.refused != nil {
		tx.after = tx.after[:after]
		if _, err := tx.Exec("ROLLBACK TO SAVEPOINT operation"); err != nil {
			return err
		}
	}
	_, err := tx.Exec("RELEASE SAVEPOINT operation")
	return err
}

// call runs fn. A panic belongs to the caller, not to the goroutine that commits for everyone.
func (op *operation) call(tx *Tx) {
	op.refused, op.panic = nil, ""
	defer func() {
		if value := recover(); value != nil {
			op.refused = errPanicked
			op.panic = fmt.Sprintf("%v\n\n%s", value, debug.Stack())
		}
	}()
	op.refused = op.fn(tx)
}

var errPanicked = errors.New("store: a grouped operation panicked")

// answer is the operation's result, or its panic, in the caller's own goroutine.
func (op *operation) answer(err error) error {
	if errors.Is(err, errPanicked) {
		panic("store: a grouped operation panicked: " + op.panic)
	}
	return err
}

// deadline bounds a transaction that nobody's context bounds. SQLite needs none: it waits for no network.
func (db *DB) deadline() (context.Context, context.CancelFunc) {
	if db.writer != nil {
		return context.Background(), func() {}
	}
	return context.WithTimeout(context.Background(), batchDeadline)
}

// borrowed is the transaction's context with the values, and not the cancellation, of one operation's.
type borrowed struct {
	context.Context
	values context.Context
}

func (b borrowed) Value(key any) any {
	if own := b.Context.Value(key); own != nil {
		return own
	}
	return b.values.Value(key)
}

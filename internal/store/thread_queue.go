package store

import (
	"context"
	"sync"

	"github.com/wardline/wardline/internal/fault"
)

// sendQueue holds the messages that wait for the transaction before theirs. A goroutine works it off, and ends when it is empty.
type sendQueue struct {
	threads Threads

	mu      sync.Mutex
	waiting []*sending
	working bool
}

// sendsTogether is how many messages one transaction takes at most.
const sendsTogether = 128

// add queues a message and returns when it is answered, or when ctx ends before its turn. Once its turn has come it waits for the answer, so
// that an answer is never unknown for impatience.
func (q *sendQueue) add(ctx context.Context, s *sending) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	q.waiting = append(q.waiting, s)
	if !q.working {
		q.working = true
		go q.work()
	}
	q.mu.Unlock()
	select {
	case <-s.answered:
	case <-ctx.Done():
		if q.drop(s) {
			return ctx.Err()
		}
		<-s.answered
	}
	if s.panic != nil {
		panic(s.panic)
	}
	return nil
}

// drop takes a message out of the queue, if its turn has not come.
func (q *sendQueue) drop(s *sending) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n, other := range q.waiting {
		if other == s {
			q.waiting = append(q.waiting[:n:n], q.waiting[n+1:]...)
			return true
		}
	}
	return false
}

func (q *sendQueue) take() []*sending {
	q.mu.Lock()
	defer q.mu.Unlock()
	turn := q.waiting[:min(len(q.waiting), sendsTogether)]
	q.waiting = append([]*sending(nil), q.waiting[len(turn):]...)
	if len(turn) == 0 {
		q.working = false
	}
	return turn
}

func (q *sendQueue) work() {
	for turn := q.take(); len(turn) > 0; turn = q.take() {
		q.commit(turn)
		for _, s := range turn {
			close(s.answered)
		}
	}
}

// commit writes messages in one transaction. When that fails for a reason that may be one message's own, each gets one of its own.
func (q *sendQueue) commit(turn []*sending) {
	err := q.try(turn)
	if err == nil {
		return
	}
	if kind, _ := fault.KindOf(err); len(turn) == 1 || kind == fault.Unavailable {
		for _, s := range turn {
			s.err = err
		}
		return
	}
	for _, s := range turn {
		q.commit([]*sending{s})
	}
}

// try is a transaction. A panic belongs to the message that caused it.
func (q *sendQueue) try(turn []*sending) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = errPanicked
			if len(turn) == 1 {
				turn[0].panic = value
			}
		}
	}()
	return q.threads.batch(turn)
}

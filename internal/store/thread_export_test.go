package store

import "github.com/wardline/wardline/internal/thread"

// Answer is what became of one message of a batch.
type Answer struct {
	Entry thread.StoredEntry
	Err   error
}

// AddTogether is AddMessage for messages that wait together, in this order.
func (t Threads) AddTogether(
	messages []thread.NewMessage, admit func(int, thread.Standing) (bool, error), done func(int, thread.Written),
) ([]Answer, error) {
	sends := make([]*sending, len(messages))
	for n, message := range messages {
		sends[n] = &sending{
			message: message, answered: make(chan struct{}),
			admit: func(s thread.Standing) (bool, error) { return admit(n, s) },
			done:  func(w thread.Written) { done(n, w) },
		}
	}
	err := t.batch(sends)
	answers := make([]Answer, len(sends))
	for n, s := range sends {
		answers[n] = Answer{s.entry, s.err}
	}
	return answers, err
}

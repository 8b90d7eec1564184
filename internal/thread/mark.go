package thread

import (
	"context"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// pending is what may be done a moment later: marks, of which only the highest of each person and thread is kept, and people whose logs
// grew. It is lost in a crash: marks are hints, and a client asks for logs when it connects.
type pending struct {
	mu     sync.Mutex
	marks  map[markKey]Raise
	people map[id.Person]struct{}
	wake   chan struct{}
}

type markKey struct {
	thread id.Thread
	person id.Person
}

const (
	marksKept = 65536
	marksPage = 512
	settle    = 500 * time.Millisecond // from the first thing that is pending until it is done
)

func newPending() pending {
	return pending{marks: map[markKey]Raise{}, people: map[id.Person]struct{}{}, wake: make(chan struct{}, 1)}
}

func (p *pending) raise(r Raise) {
	p.mu.Lock()
	key := markKey{r.Thread, r.Person}
	old, there := p.marks[key]
	if there || len(p.marks) < marksKept {
		r.Reached, r.Seen = max(r.Reached, old.Reached), max(r.Seen, old.Seen)
		p.marks[key] = r
	}
	p.mu.Unlock()
	p.rouse()
}

func (p *pending) grew(person id.Person) {
	p.mu.Lock()
	p.people[person] = struct{}{}
	p.mu.Unlock()
	p.rouse()
}

func (p *pending) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *pending) take() (marks []Raise, people []id.Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.marks {
		marks = append(marks, r)
	}
	for person := range p.people {
		people = append(people, person)
	}
	clear(p.marks)
	clear(p.people)
	return marks, people
}

// Mark notes how far a person got, to be written a moment later together with what else comes in. What is no news, beyond the log's end, or about a
// thread that is not theirs, is dropped then. It does not wait.
func (s *Service) Mark(person id.Person, in id.Thread, reached, seen uint64) {
	s.pending.raise(Raise{Thread: in, Person: person, Reached: max(reached, seen), Seen: seen, At: s.now()})
}

// MarkNow is Mark for one who wants to know that it is written.
func (s *Service) MarkNow(ctx context.Context, person id.Person, in id.Thread, reached, seen uint64) error {
	if _, err := s.place(ctx, in, person); err != nil {
		return err
	}
	s.Mark(person, in, reached, seen)
	return s.Flush(ctx)
}

// Marks are how far the members of a thread got.
func (s *Service) Marks(ctx context.Context, person id.Person, in id.Thread) ([]Mark, error) {
	if _, err := s.place(ctx, in, person); err != nil {
		return nil, err
	}
	return s.store.Marks(ctx, in)
}

// Run does what is pending, until ctx ends; then it does the rest and returns.
func (s *Service) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			s.flush(last)
			return
		case <-s.pending.wake:
		}
		if clock.Until(ctx, s.clock, s.clock.Now().Add(settle)) == nil {
			s.flush(ctx)
		}
	}
}

func (s *Service) flush(ctx context.Context) {
	if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "marks were not written", "code", fault.As(err).Code())
	}
}

// Flush does what is pending now.
func (s *Service) Flush(ctx context.Context) error {
	marks, people := s.pending.take()
	for len(marks) > 0 {
		page := marks[:min(len(marks), marksPage)]
		marks = marks[len(page):]
		moved, err := s.store.RaiseMarks(ctx, page)
		if err != nil {
			return err
		}
		if err := s.tellMarks(ctx, moved); err != nil {
			return err
		}
	}
	for _, person := range people {
		if err := s.spread(ctx, person); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellMarks(ctx context.Context, moved []MovedMark) error {
	byThread := map[id.Thread][]Mark{}
	for _, m := range moved {
		byThread[m.Thread] = append(byThread[m.Thread], m.Mark)
	}
	for in, marks := range byThread {
		members, err := s.store.Members(ctx, in)
		if err != nil {
			return err
		}
		var people []id.Person
		for _, member := range members {
			if member.Served(s.now()) {
				people = append(people, member.Person)
			}
		}
		s.publisher.Marks(in, people, marks)
	}
	return nil
}

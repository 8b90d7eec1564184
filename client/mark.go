package client

import (
	"context"

	"github.com/wardline/wardline/internal/id"
)

// Mark is how far a member got: hints by the server, not acts.
type Mark struct {
	Person     id.Person `json:"person"`
	ReachedSeq uint64    `json:"reachedSeq"`
	ReachedAt  int64     `json:"reachedAt"`
	SeenSeq    uint64    `json:"seenSeq"`
	SeenAt     int64     `json:"seenAt"`
}

// Reached says that this device has a thread up to a seq.
func (s *Session) Reached(ctx context.Context, in id.Thread, seq uint64) error {
	return s.mark(ctx, in, "reached", seq)
}

// Seen says that the person has read a thread up to a seq.
func (s *Session) Seen(ctx context.Context, in id.Thread, seq uint64) error {
	return s.mark(ctx, in, "seen", seq)
}

func (s *Session) mark(ctx context.Context, in id.Thread, what string, seq uint64) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.again(ctx, "POST", "/v1/threads/"+in.String()+"/"+what, map[string]uint64{"seq": seq}, nil)
}

// Marks are how far the members of a thread got.
func (s *Session) Marks(ctx context.Context, in id.Thread) ([]Mark, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var body struct {
		Marks []Mark `json:"marks"`
	}
	err := s.call(ctx, "GET", "/v1/threads/"+in.String()+"/marks", nil, &body)
	return body.Marks, err
}

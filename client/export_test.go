package client

import (
	"context"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// SayRaw sends an inner as it is, as a hostile member's client could.
func (s *Session) SayRaw(ctx context.Context, in id.Thread, kind envelope.MessageKind, plain []byte) (id.Message, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return id.Message{}, err
	}
	defer s.mu.Unlock()
	if err := s.freshen(ctx, t); err != nil {
		return id.Message{}, err
	}
	one := &pending{id: id.New[id.Message](s.client.ids), kind: kind, urgency: envelope.UrgencyRoutine}
	if err := s.seal(t, one, s.lastOf(t), plain); err != nil {
		return id.Message{}, err
	}
	s.outbox[t.id] = append(s.outbox[t.id], one)
	return one.id, s.flush(ctx, t)
}

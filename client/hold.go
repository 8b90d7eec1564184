package client

import (
	"context"

	"github.com/wardline/wardline/internal/id"
)

// Hold forbids destruction in a thread. All of this needs the permission information-governance.
type Hold struct {
	Hold          id.Hold    `json:"hold"`
	Thread        id.Thread  `json:"thread"`
	Reason        string     `json:"reason"`
	PlacedBy      id.Person  `json:"placedBy"`
	PlacedAt      int64      `json:"placedAt"`
	ReleasedBy    *id.Person `json:"releasedBy"`
	ReleasedAt    int64      `json:"releasedAt"`
	ReleaseReason string     `json:"releaseReason"`
}

// PlaceHold forbids destruction in a thread from now on.
func (s *Session) PlaceHold(ctx context.Context, in id.Thread, reason string) (Hold, error) {
	var placed Hold
	err := s.holds(ctx, "POST", "/v1/holds", map[string]any{"thread": in, "reason": reason}, &placed)
	return placed, err
}

// ReleaseHold ends one.
func (s *Session) ReleaseHold(ctx context.Context, hold id.Hold, reason string) (Hold, error) {
	var released Hold
	err := s.holds(ctx, "POST", "/v1/holds/"+hold.String()+"/release", map[string]string{"reason": reason}, &released)
	return released, err
}

// Holds are all of them, newest first.
func (s *Session) Holds(ctx context.Context) ([]Hold, error) {
	var body struct {
		Holds []Hold `json:"holds"`
	}
	err := s.holds(ctx, "GET", "/v1/holds", nil, &body)
	return body.Holds, err
}

func (s *Session) holds(ctx context.Context, method, path string, in, out any) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.call(ctx, method, path, in, out)
}

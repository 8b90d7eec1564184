package client

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/wardline/wardline/internal/id"
)

// Hold forbids destruction in a scope. All of this needs the permission information-governance.
type Hold struct {
	Hold          id.Hold    `json:"hold"`
	Thread        id.Thread  `json:"thread"`
	Person        id.Person  `json:"person"`
	Patient       bool       `json:"patient"`
	From          int64      `json:"from"`
	Until         int64      `json:"until"`
	Reason        string     `json:"reason"`
	Requester     string     `json:"requester"`
	PlacedBy      id.Person  `json:"placedBy"`
	PlacedAt      int64      `json:"placedAt"`
	Covered       int64      `json:"covered"`
	Incomplete    bool       `json:"incomplete"`
	ReleasedBy    *id.Person `json:"releasedBy"`
	ReleasedAt    int64      `json:"releasedAt"`
	ReleaseReason string     `json:"releaseReason"`
	Receipt       string     `json:"receipt"`
}

// HoldScope is what a hold is about: what everything that is set has in common.
type HoldScope struct {
	Thread    id.Thread `json:"thread,omitzero"`
	Person    id.Person `json:"person,omitzero"`
	NHSNumber string    `json:"nhsNumber,omitempty"`
	From      int64     `json:"from,omitempty"`
	Until     int64     `json:"until,omitempty"`
}

// PlaceHold forbids destruction in a scope from now on.
func (s *Session) PlaceHold(ctx context.Context, scope HoldScope, reason, requester string) (Hold, error) {
	var placed Hold
	err := s.holds(ctx, "POST", "/v1/holds", struct {
		Scope     HoldScope `json:"scope"`
		Reason    string    `json:"reason"`
		Requester string    `json:"requester,omitempty"`
	}{scope, reason, requester}, &placed)
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

// Certificate is the certificate of what was destroyed in a thread, as JSON to be kept and checked, and as a page to print.
func (s *Session) Certificate(ctx context.Context, in id.Thread) (certificate []byte, page string, err error) {
	var body struct {
		Certificate json.RawMessage `json:"certificate"`
		Page        string          `json:"page"`
	}
	err = s.holds(ctx, "GET", "/v1/retention/certificate?thread="+url.QueryEscape(in.String()), nil, &body)
	return body.Certificate, body.Page, err
}

func (s *Session) holds(ctx context.Context, method, path string, in, out any) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.call(ctx, method, path, in, out)
}

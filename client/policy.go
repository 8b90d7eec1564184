package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/wardline/wardline/internal/id"
)

// Policy is one of the organisation's policies, as it stands with this person.
type Policy struct {
	Policy        id.Policy `json:"policy"`
	Version       uint32    `json:"version"`
	Title         string    `json:"title"`
	Summary       string    `json:"summary"`
	EffectiveAt   int64     `json:"effectiveAt"`
	ReviewAt      int64     `json:"reviewAt"`
	Required      bool      `json:"required"`
	Hash          id.Hash   `json:"hash"`
	AcceptedAt    int64     `json:"acceptedAt"`    // 0: not accepted
	DeferredUntil int64     `json:"deferredUntil"` // 0: never put off
	Needed        bool      `json:"needed"`        // before anything is written
}

var errPolicyText = errors.New("client: the text of a policy is not the one that the list names")

// Policies lists those in force.
func (s *Session) Policies(ctx context.Context) ([]Policy, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.policies(ctx)
}

func (s *Session) policies(ctx context.Context) ([]Policy, error) {
	var body struct {
		Policies []Policy `json:"policies"`
	}
	err := s.again(ctx, "GET", "/v1/policies", nil, &body)
	return body.Policies, err
}

// PolicyText is the text that would be accepted.
func (s *Session) PolicyText(ctx context.Context, p Policy) (string, error) {
	if err := s.enter(); err != nil {
		return "", err
	}
	defer s.mu.Unlock()
	return s.policyText(ctx, p)
}

func (s *Session) policyText(ctx context.Context, p Policy) (string, error) {
	var body struct {
		Text string `json:"text"`
	}
	if err := s.again(ctx, "GET", p.path(), nil, &body); err != nil {
		return "", err
	}
	if id.Hash(sha256.Sum256([]byte(body.Text))) != p.Hash {
		return "", errPolicyText
	}
	return body.Text, nil
}

// AcceptPolicy accepts the text with the policy's hash.
func (s *Session) AcceptPolicy(ctx context.Context, p Policy) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.again(ctx, "POST", p.path()+"/accept", map[string]any{"hash": p.Hash}, nil)
}

// DeferPolicy says that the person is on duty.
func (s *Session) DeferPolicy(ctx context.Context, p Policy) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.again(ctx, "POST", p.path()+"/defer", map[string]any{"reason": "on-duty"}, nil)
}

// AcceptPolicies reads and accepts whatever has to be accepted before anything is written. It is for programs that play a person.
func (s *Session) AcceptPolicies(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	policies, err := s.policies(ctx)
	if err != nil {
		return err
	}
	for _, p := range policies {
		if !p.Needed {
			continue
		}
		if _, err := s.policyText(ctx, p); err != nil {
			return err
		}
		if err := s.again(ctx, "POST", p.path()+"/accept", map[string]any{"hash": p.Hash}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p Policy) path() string { return fmt.Sprintf("/v1/policies/%s/versions/%d", p.Policy, p.Version) }

package identity

import (
	"context"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// The refusals of what a request proves of its sender's key (R22).
var (
	// ErrProofMissing: a request that begins a session has to say to which key.
	ErrProofMissing = fault.New(fault.Unauthenticated, "proof_missing", "This browser did not prove that it is the one that signed in. Please reload the page.")
	// ErrProofWrong: somebody has the session's cookie, and not its key.
	ErrProofWrong = fault.New(fault.Unauthenticated, "proof_wrong", "This browser is not the one that signed in. Please sign in here.")
	// ErrProofReplayed: a proof is taken once.
	ErrProofReplayed = fault.New(fault.Unauthenticated, "proof_replayed", "This was sent before. Please try again.")

	errOtherKey = fault.New(fault.Forbidden, "proof_other_device", "This session began with another key than this device's. Please sign in again.")
)

// Proof is what a request proved of its sender's key, when it begins a session.
type Proof struct {
	// Key is the thumbprint of the key.
	Key id.Hash
	// Use names the proof, which begins one session and no second one before Until, when it is too old anyway.
	Use   id.Hash
	Until time.Time
}

func (p Proof) check() error {
	if p.Key.IsZero() || p.Use.IsZero() {
		return ErrProofMissing
	}
	return nil
}

// ProofKey is the key of the nonces that proofs must carry. Every node that has the login key makes the same.
func (s *Service) ProofKey() [32]byte { return s.keys.Login.Steady(useProof) }

// refuseProof audits the use of a session's token without its key, once a minute, and answers.
func (s *Service) refuseProof(ctx context.Context, stored StoredSession) error {
	now := s.now()
	if !s.refusals.first(stored.ID, now) {
		return ErrProofWrong
	}
	person := stored.Profile.Person
	event := audit.Event{Kind: audit.ProofRefused, Subject: audit.About(person, stored.ID), At: now}
	if err := s.store.Audit(ctx, event); err != nil {
		return err
	}
	return ErrProofWrong
}

const (
	refusalEvery = time.Minute
	refusalsKept = 4096
)

// refusals remembers for which sessions a refusal was audited within the last minute. When there are too many it forgets, and audits more often.
type refusals struct {
	mu sync.Mutex
	at map[id.Session]time.Time
}

func (r *refusals) first(session id.Session, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, found := r.at[session]; found && now.Sub(last).Abs() < refusalEvery {
		return false
	}
	if r.at == nil || len(r.at) >= refusalsKept {
		r.at = map[id.Session]time.Time{}
	}
	r.at[session] = now
	return true
}

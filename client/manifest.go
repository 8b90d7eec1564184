package client

import (
	"context"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// readManifests verifies a chain from version 1 against everything that pins it.
func (c *Client) readManifests(pin envelope.Pin, bodies [][]byte, policy []byte) (*envelope.Manifests, *envelope.Policy, error) {
	chain, err := parseSigned(bodies)
	if err != nil {
		return nil, nil, err
	}
	manifests, err := envelope.CheckManifestChain(pin, chain...)
	if err != nil {
		return nil, nil, err
	}
	if err := manifests.CheckPin(c.pin()); err != nil {
		return nil, nil, err
	}
	if _, ok := manifests.ByHash(c.want); !ok && !c.want.IsZero() {
		return nil, nil, refuse(envelope.BrokenChain, "another manifest than the pinned one")
	}
	current, err := readPolicy(manifests, policy)
	return manifests, current, err
}

// readPolicy takes in the policy, which must be the current manifest's.
func readPolicy(manifests *envelope.Manifests, policy []byte) (*envelope.Policy, error) {
	if _, err := manifests.AddPolicy(policy); err != nil {
		return nil, err
	}
	current, ok := manifests.Policy()
	if !ok {
		return nil, refuse(envelope.RolledBack, "the policy of an earlier manifest")
	}
	return current, nil
}

type manifestsBody struct {
	Manifests [][]byte `json:"manifests"`
	Policy    []byte   `json:"policy"`
}

// refreshManifests takes in versions that have come since. The chain that is here must be the beginning of the server's.
func (s *Session) refreshManifests(ctx context.Context) error {
	var body manifestsBody
	if err := s.call(ctx, "GET", "/v1/manifests", nil, &body); err != nil {
		return err
	}
	have := int(s.manifests.Current().Version)
	if len(body.Manifests) < have {
		return refuse(envelope.RolledBack, "the manifest is older than the pinned one")
	}
	chain, err := parseSigned(body.Manifests)
	if err != nil {
		return err
	}
	if hash, err := chain[have-1].Hash(); err != nil || hash != s.manifests.Current().Hash {
		return refuse(envelope.BrokenChain, "another manifest than the pinned one")
	}
	for _, next := range chain[have:] {
		if err := s.manifests.Append(next); err != nil {
			return err
		}
	}
	policy, err := readPolicy(s.manifests, body.Policy)
	if err != nil {
		return err
	}
	s.policy = policy
	return nil
}

// Manifest is the current root manifest, verified.
func (s *Session) Manifest() envelope.Manifest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.manifests.Current()
}

// Policy is the current policy.
func (s *Session) Policy() envelope.Policy {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.policy
}

func parseSigned(bodies [][]byte) ([]*envelope.Signed, error) {
	signed := make([]*envelope.Signed, len(bodies))
	for n, body := range bodies {
		var err error
		if signed[n], err = envelope.Parse[envelope.Signed](body); err != nil {
			return nil, err
		}
	}
	return signed, nil
}

func verifyLog(manifests *envelope.Manifests, person id.Person, bodies [][]byte) (*envelope.PersonState, error) {
	log, err := parseSigned(bodies)
	if err != nil {
		return nil, err
	}
	return envelope.VerifyPersonLog(manifests, person, log...)
}

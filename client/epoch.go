package client

import (
	"context"
	"fmt"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
)

const epochsAsked = 100

type epochsBody struct {
	Epochs []struct {
		Epoch       uint32 `json:"epoch"`
		Record      []byte `json:"record"`
		SealedState []byte `json:"sealedState"`
		Envelope    []byte `json:"envelope"`
		Proof       []byte `json:"proof"`
	} `json:"epochs"`
}

// fetchEpochs asks for the envelopes and states of epochs whose records are verified and whose keys are not here.
func (s *Session) fetchEpochs(ctx context.Context, t *thread) error {
	from := uint32(0)
	for n, epoch := range t.epochs {
		if !epoch.fetched {
			from = uint32(n) + 1
			break
		}
	}
	for from > 0 && from <= uint32(len(t.epochs)) {
		var body epochsBody
		path := fmt.Sprintf("/v1/threads/%s/epochs?from=%d&limit=%d", t.id, from, epochsAsked)
		if err := s.call(ctx, "GET", path, nil, &body); err != nil {
			return err
		}
		if len(body.Epochs) == 0 {
			return refuse(envelope.RolledBack, "epochs are missing")
		}
		for _, served := range body.Epochs {
			if served.Epoch != from {
				return refuse(envelope.BrokenChain, "another epoch than the next one")
			}
			epoch, ok := t.epochAt(served.Epoch)
			if !ok {
				return nil // newer than the log that is here
			}
			from++
			if epoch.fetched {
				continue
			}
			if err := epoch.readServed(s, served.Record, served.SealedState, served.Envelope, served.Proof); err != nil {
				return err
			}
		}
	}
	return nil
}

// readServed takes in what belongs to a record. What the server could have checked is its fault and an error; what only a key shows is noted
// with the epoch.
func (e *epoch) readServed(s *Session, record, sealedState, sealed, proof []byte) error {
	signed, err := envelope.Parse[envelope.Signed](record)
	if err != nil {
		return err
	}
	if hash, err := signed.Hash(); err != nil || hash != e.Hash {
		return refuse(envelope.BrokenChain, "another record than the log's")
	}
	state, err := envelope.Parse[envelope.SealedState](sealedState)
	if err != nil {
		return err
	}
	if hash, err := envelope.HashBytes(sealedState); err != nil || hash != e.Core.State {
		return refuse(envelope.BadCommitment, "not the state that the record commits to")
	}
	e.sealed = state
	listed, ok := e.Lists(s.person)
	switch {
	case !ok, listed.Identity != s.self.IdentityHash(): // or it was made for an identity that was reset
		e.fetched = true
		return nil
	case len(sealed) == 0:
		e.fetched = true
		e.refused = refuse(envelope.WrongMembers, "the envelope was not given")
		return nil
	}
	pair, ok := s.secrets.pairs[listed.Generation]
	if !ok {
		e.fetched = true
		e.refused = refuse(envelope.WrongSecret, "the vault has no such generation")
		return nil
	}
	one, err := envelope.Parse[envelope.Envelope](sealed)
	if err != nil {
		return err
	}
	path, err := envelope.Parse[envelope.EnvelopeProof](proof)
	if err != nil {
		return err
	}
	key, err := envelope.OpenEpoch(e.Epoch, s.person, pair, one, path)
	switch envelope.CodeOf(err) {
	case envelope.BrokenChain, envelope.WrongMembers: // not the envelope under the record's root
		return err
	}
	e.fetched = true
	given, hashed := envelope.HashBytes(sealed)
	if hashed != nil {
		return hashed
	}
	e.given = given
	if err == nil {
		e.give(s.manifests, key)
	} else {
		e.refused = err
		if problem, ok := envelope.ProblemOf(err); ok {
			e.spoilt = &spoilt{problem: problem}
		}
	}
	if e.spoilt != nil {
		e.spoilt.envelope = e.given
	}
	return nil
}

// give sets an epoch's key.
func (e *epoch) give(manifests *envelope.Manifests, key *envelope.EpochKey) {
	e.key, e.refused = key, nil
	e.readState(manifests, e.sealed)
}

// readState opens the sealed state. An author who sealed another patient's assertion gets no message of theirs read.
func (e *epoch) readState(manifests *envelope.Manifests, sealed *envelope.SealedState) {
	e.sealed = sealed
	state, err := e.key.OpenState(manifests, sealed)
	if err != nil {
		e.key, e.refused = nil, err
		if e.spoilt == nil {
			e.spoilt = &spoilt{problem: envelope.ProblemWrongState}
		}
		return
	}
	e.state = state
	if state.Assertion == nil {
		return
	}
	signed, err := envelope.Parse[envelope.Signed](state.Assertion.Assertion)
	if err == nil {
		e.patient, err = envelope.Open[envelope.PatientAssertion](signed)
	}
	if err != nil { // OpenState has read it before
		e.key, e.state, e.refused = nil, nil, err
	}
}

// fetchGrants opens earlier epochs that a member gave to this person. A grant that is refused is passed over: it gives nothing.
func (s *Session) fetchGrants(ctx context.Context, t *thread) error {
	me, member := t.membership.Member(s.person)
	missing := slices.ContainsFunc(t.epochs, func(e *epoch) bool {
		_, listed := e.Lists(s.person)
		return e.key == nil && (listed || me.History)
	})
	if !missing || !member {
		return nil
	}
	var body struct {
		Grants []grantBody `json:"grants"`
	}
	if err := s.call(ctx, "GET", "/v1/threads/"+t.id.String()+"/grants", nil, &body); err != nil {
		return err
	}
	for _, one := range body.Grants {
		if err := s.openGrant(t, one); err != nil {
			t.note(err)
		}
	}
	return nil
}

type grantBody struct {
	Grant     []byte   `json:"grant"`
	Envelopes [][]byte `json:"envelopes"`
}

func (s *Session) openGrant(t *thread, body grantBody) error {
	signed, err := envelope.Parse[envelope.Signed](body.Grant)
	if err != nil {
		return err
	}
	if said, err := envelope.Open[envelope.HistoryGrant](signed); err == nil && said.Target == s.person && said.Identity != s.self.IdentityHash() {
		return nil // for an identity that was reset since
	}
	envelopes := make([]envelope.Envelope, len(body.Envelopes))
	for n, raw := range body.Envelopes {
		one, err := envelope.Parse[envelope.Envelope](raw)
		if err != nil {
			return err
		}
		envelopes[n] = *one
	}
	grant, err := envelope.VerifyGrant(s.trust(t), t.membership, t.verified(), signed, envelopes)
	if err != nil {
		return err
	}
	if grant.Object.Target != s.person {
		return refuse(envelope.WrongIdentity, "a grant for somebody else")
	}
	pair, ok := s.secrets.pairs[grant.Object.Generation]
	if !ok {
		return refuse(envelope.WrongSecret, "the vault has no such generation")
	}
	keys, err := grant.Open(pair)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if epoch, ok := t.epochAt(key.Epoch().Core.Epoch); ok && epoch.key == nil && epoch.sealed != nil {
			epoch.give(s.manifests, key)
		}
	}
	return nil
}

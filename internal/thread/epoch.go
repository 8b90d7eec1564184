package thread

import (
	"bytes"
	"context"
	"errors"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Rotate adds the next epoch. Of two that are made at once one wins; the same bytes again get the same answer.
func (s *Service) Rotate(ctx context.Context, actor Actor, in id.Thread, post EpochPost) (seq uint64, epoch uint32, err error) {
	records, err := s.recordsFor(ctx, actor, in)
	if err != nil {
		return 0, 0, err
	}
	signed, _, err := parseSigned[envelope.EpochRecord](post.Record)
	if err != nil {
		return 0, 0, err
	}
	said, err := readRecord(signed)
	if err != nil {
		return 0, 0, refusal(err)
	}
	if said.Core.Thread != in {
		return 0, 0, ErrWrongSender
	}
	if said.Core.Epoch != records.State.Epoch+1 {
		return s.madeBefore(ctx, actor, records.State, said.Core.Epoch, post)
	}
	if said.Core.MembershipSeq != records.State.MembershipSeq {
		return 0, 0, Moved(records.State)
	}
	before, err := s.know(ctx, records)
	if err != nil {
		return 0, 0, err
	}
	made, verified, err := s.verifyEpoch(ctx, actor, before.membership, before.epoch, post)
	if err != nil {
		return 0, 0, err
	}
	event := audit.Event{
		Kind: audit.Epoch, Actor: actor.Person, Subject: audit.About(in), At: made.At, Details: map[string]string{"epoch": decimal(int(made.Epoch))},
	}
	err = s.store.AddEpoch(ctx, made, event, func(w Written) {
		seq = w.Entries[0].Seq
		s.members.put(in, known{before.membership, verified})
		s.announce(w, nil)
	})
	if errors.Is(err, ErrEpochTaken) {
		state, _, placed := s.store.Place(ctx, in, actor.Person)
		if placed != nil {
			return 0, 0, placed
		}
		return s.madeBefore(ctx, actor, state, made.Epoch, post)
	}
	return seq, made.Epoch, err
}

// madeBefore answers somebody whose epoch is not the next one: the very record may be there already.
func (s *Service) madeBefore(ctx context.Context, actor Actor, state State, epoch uint32, post EpochPost) (uint64, uint32, error) {
	there, err := s.store.Epochs(ctx, state.Thread, actor.Person, epoch, epoch, 1)
	if err != nil {
		return 0, 0, err
	}
	if len(there) == 1 && bytes.Equal(there[0].Record, post.Record) {
		return there[0].Seq, epoch, nil
	}
	return 0, 0, EpochTaken(state)
}

// verifyEpoch checks an epoch as every receiver will, and then what only the server sees whole: all the envelopes, and that the record is made
// for what is true now.
func (s *Service) verifyEpoch(
	ctx context.Context, actor Actor, membership *envelope.Membership, previous *envelope.Epoch, post EpochPost,
) (NewEpoch, *envelope.Epoch, error) {
	signed, err := envelope.Parse[envelope.Signed](post.Record)
	if err != nil {
		return NewEpoch{}, nil, refusal(err)
	}
	said, err := readRecord(signed)
	if err != nil {
		return NewEpoch{}, nil, refusal(err)
	}
	if said.Core.Person != actor.Person || said.Core.Device != actor.Device {
		return NewEpoch{}, nil, ErrWrongSender
	}
	if err := s.plausible(said.Core.Issued); err != nil {
		return NewEpoch{}, nil, err
	}
	trust, people := s.trust(ctx, present(membership)...)
	if err := s.live(people, actor); err != nil {
		return NewEpoch{}, nil, err
	}
	epoch, err := envelope.VerifyEpoch(trust, membership, previous, signed)
	if err != nil {
		return NewEpoch{}, nil, people.verdict(err)
	}
	policy, ok := trust.Manifests.Policy()
	if !ok {
		return NewEpoch{}, nil, errStored
	}
	if err := epoch.CheckFresh(trust, membership, policy, envelope.TimeOf(s.now()), 0); err != nil {
		return NewEpoch{}, nil, people.verdict(err)
	}
	sealed, err := checkEnvelopes(epoch, post.Envelopes)
	if err != nil {
		return NewEpoch{}, nil, err
	}
	if err := checkState(epoch, post.SealedState); err != nil {
		return NewEpoch{}, nil, err
	}
	return NewEpoch{
		Thread: epoch.Core.Thread, Epoch: epoch.Core.Epoch, Record: epoch.Hash, MembershipSeq: epoch.Core.MembershipSeq,
		Issued:      epoch.Core.Issued.Time(),
		Entry:       NewEntry{Kind: envelope.EntryEpoch, Hash: epoch.Hash, Device: actor.Device, Body: post.Record},
		SealedState: post.SealedState, Envelopes: sealed, At: s.now(),
	}, epoch, nil
}

// checkEnvelopes reads the envelopes and gives each its path.
func checkEnvelopes(epoch *envelope.Epoch, bodies [][]byte) ([]SealedEnvelope, error) {
	envelopes := make([]envelope.Envelope, 0, len(bodies))
	for _, body := range bodies {
		one, err := envelope.Parse[envelope.Envelope](body)
		if err != nil {
			return nil, refusal(err)
		}
		envelopes = append(envelopes, *one)
	}
	proofs, err := epoch.CheckEnvelopes(envelopes)
	if err != nil {
		return nil, ErrEnvelopesWrong.Because(err)
	}
	sealed := make([]SealedEnvelope, len(bodies))
	for n, body := range bodies {
		proof, err := envelope.Encode(&proofs[n])
		if err != nil {
			return nil, refusal(err)
		}
		sealed[n] = SealedEnvelope{Purpose: envelopes[n].Purpose, Recipient: envelopes[n].Recipient, Envelope: body, Proof: proof}
	}
	return sealed, nil
}

// checkState: the server cannot open the state, and sees that it is the one that the record commits to.
func checkState(epoch *envelope.Epoch, body []byte) error {
	state, err := envelope.Parse[envelope.SealedState](body)
	if err != nil {
		return refusal(err)
	}
	hash, err := envelope.HashBytes(body)
	if err != nil {
		return refusal(err)
	}
	if hash != epoch.Core.State || state.Thread != epoch.Core.Thread || state.Epoch != epoch.Core.Epoch {
		return refusal(&envelope.Refusal{Code: envelope.BadCommitment, Detail: "not the state that the record commits to"})
	}
	return nil
}

package client

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

type epochPost struct {
	Record      []byte   `json:"record"`
	Envelopes   [][]byte `json:"envelopes"`
	SealedState []byte   `json:"sealedState"`
}

// races is how often something is made anew because somebody else was faster.
const races = 8

// Rotate makes a new epoch now. Sends do it by themselves when it is due.
func (s *Session) Rotate(ctx context.Context, in id.Thread) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.rotate(ctx, t)
}

// freshen makes sure that the newest epoch may carry one more message, whatever the server says: section 7.5 of docs/protocol.md.
func (s *Session) freshen(ctx context.Context, t *thread) error {
	for race := 0; ; race++ {
		err := s.fresh(t)
		if err == nil {
			return s.mustBeLogged(ctx, t.people()...)
		}
		if envelope.CodeOf(err) != envelope.StaleEpoch || race == races || err == errUnopened && !s.mayRenew(t.id) {
			return err
		}
		err = s.rotate(ctx, t)
		if envelope.CodeOf(err) == envelope.WrongIdentity && race == 0 && !t.carriesPresent() {
			err = s.syncThread(ctx, t.id) // a later link is here already, and its keys are behind it
		}
		if err != nil {
			return err
		}
	}
}

// carriesPresent says whether the newest state is of the present link.
func (t *thread) carriesPresent() bool {
	_, _, err := t.present()
	return err == nil || t.membership.Space() != envelope.SpacePatient
}

func (s *Session) fresh(t *thread) error {
	if err := s.stopped(t); err != nil {
		return err
	}
	now := t.current()
	if now == nil {
		return refuse(envelope.StaleEpoch, "no epoch yet")
	}
	queued := uint32(len(s.outbox[t.id]))
	err := now.CheckFresh(s.trust(t), t.membership, s.policy, s.client.now(), now.carries+queued)
	if err == nil && now.key == nil && t.isMember(s.person) {
		return errUnopened
	}
	return err
}

// errUnopened is no cause of the protocol to rotate but a complaint's, and so bounded.
var errUnopened = refuse(envelope.StaleEpoch, "the present epoch did not open")

// rotate makes one new epoch. When somebody else was faster, ours is thrown away, and theirs is taken in: the caller looks again.
func (s *Session) rotate(ctx context.Context, t *thread) error {
	if err := s.stopped(t); err != nil {
		return err
	}
	if err := s.mustBeLogged(ctx, t.people()...); err != nil {
		return err
	}
	made, post, err := s.makeEpoch(t, t.membership, nil)
	if err != nil {
		return err
	}
	s.made[made.Epoch.Hash] = made
	err = s.again(ctx, "POST", "/v1/threads/"+t.id.String()+"/epochs", post, nil)
	if err != nil && !lostRace(err) && !uncertain(err) {
		delete(s.made, made.Epoch.Hash)
		return err
	}
	synced := s.syncThread(ctx, t.id)
	if uncertain(err) && s.made[made.Epoch.Hash] != nil {
		synced = errors.Join(synced, err) // it never arrived
	}
	delete(s.made, made.Epoch.Hash)
	if synced == nil {
		s.madeNewest(ctx, t, made)
	}
	return synced
}

// madeNewest gives what they missed to those whom an epoch of this session lists again.
func (s *Session) madeNewest(ctx context.Context, t *thread, made *envelope.MadeEpoch) {
	if now := t.current(); made != nil && now != nil && now.Hash == made.Epoch.Hash {
		s.giveMissed(ctx, t)
	}
}

// lostRace says that somebody else changed the thread at the same time.
func lostRace(err error) bool {
	return hasCode(err, "epoch_taken", "membership_moved", string(envelope.StaleEpoch), string(envelope.BrokenChain))
}

// makeEpoch makes the next epoch for a membership, and what is posted of it. Without a state of its own it goes on from the newest one that opened.
func (s *Session) makeEpoch(t *thread, membership *envelope.Membership, state *envelope.ThreadState) (*envelope.MadeEpoch, *epochPost, error) {
	input := envelope.EpochInput{
		Trust: s.trust(t), Membership: membership, Person: s.person, Device: s.device.ID, Key: s.device.signer(), Issued: s.client.now(),
		Entropy: s.client.entropy,
	}
	if last := t.current(); last != nil {
		input.Previous = last.Epoch
		input.Issued = max(input.Issued, last.Core.Issued) // clocks differ
	}
	if state == nil {
		state, _ = t.state()
	}
	if state != nil {
		input.State = *state
	}
	return s.finishEpoch(input)
}

func (s *Session) finishEpoch(input envelope.EpochInput) (*envelope.MadeEpoch, *epochPost, error) {
	made, err := envelope.NewEpoch(input)
	if err != nil {
		return nil, nil, err
	}
	post := &epochPost{}
	if post.Record, err = envelope.Encode(made.Signed); err != nil {
		return nil, nil, err
	}
	if post.SealedState, err = envelope.Encode(made.State); err != nil {
		return nil, nil, err
	}
	for n := range made.Envelopes {
		encoded, err := envelope.Encode(&made.Envelopes[n])
		if err != nil {
			return nil, nil, err
		}
		post.Envelopes = append(post.Envelopes, encoded)
	}
	return made, post, nil
}

// enterThread takes the session for one thread that has been synced.
func (s *Session) enterThread(in id.Thread) (*thread, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	t := s.threads[in]
	if t == nil {
		s.mu.Unlock()
		return nil, ErrThreadUnknown
	}
	return t, nil
}

package client

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Grant gives a member the earlier epochs that they may have and do not hold, as far as this session can read them (section 7.6 of
// docs/protocol.md): after an [Session.Add] or [Session.Rekey] whose grant got lost, or to somebody who was left out for a while.
func (s *Session) Grant(ctx context.Context, in id.Thread, person id.Person) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	if _, ok := t.membership.Member(person); !ok {
		return refuse(envelope.NotEntitled, "not a member")
	}
	return s.giveAll(ctx, t, person)
}

// giveAll gives everything but the epochs that were made for the identity that the member has now.
func (s *Session) giveAll(ctx context.Context, t *thread, person id.Person) error {
	target, _ := t.membership.Member(person)
	return s.give(ctx, t, person, func(e *epoch) bool {
		_, listed := e.Lists(person)
		return !listed || e.Core.MembershipSeq < target.PinnedSeq
	})
}

// give gives those epochs that are wanted, that the member may have, and that are open here. It gives nothing when nothing can be sealed to them now.
func (s *Session) give(ctx context.Context, t *thread, person id.Person, wanted func(*epoch) bool) error {
	if err := s.stopped(t); err != nil {
		return err
	}
	if err := s.refreshPeople(ctx, person); err != nil {
		return err
	}
	target, member := t.membership.Member(person)
	state := s.people[person]
	if !member || state == nil || !state.Ready(target.Identity) {
		return nil
	}
	var keys []*envelope.EpochKey
	for _, epoch := range t.epochs {
		if epoch.key != nil && target.MayRead(epoch.Epoch) && wanted(epoch) {
			keys = append(keys, epoch.key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if err := s.mustBeLogged(ctx, person); err != nil {
		return err
	}
	signed, envelopes, err := envelope.NewGrant(envelope.GrantInput{
		Trust: s.trust(t), Membership: t.membership, Target: person, Person: s.person, Device: s.device.ID, Key: s.device.signer(),
		Issued: s.client.now(), Epochs: keys,
	})
	if err != nil {
		return err
	}
	body := grantBody{}
	if body.Grant, err = envelope.Encode(signed); err != nil {
		return err
	}
	for n := range envelopes {
		encoded, err := envelope.Encode(&envelopes[n])
		if err != nil {
			return err
		}
		body.Envelopes = append(body.Envelopes, encoded)
	}
	return s.again(ctx, "POST", "/v1/threads/"+t.id.String()+"/grants", body, nil)
}

// giveMissed gives those whom the newest epoch lists again, after they had been left out, what was said meanwhile. Whoever made the epoch does it. What
// could not be given is told, and stops nothing: anybody can give it later.
func (s *Session) giveMissed(ctx context.Context, t *thread) {
	for _, person := range t.returned() {
		if person != s.person {
			t.note(s.giveReturnedTo(ctx, t, person))
		}
	}
}

// giveReturned is for an epoch that somebody who was left out made themselves: they have no keys to give themselves. The first members who see it
// come give them.
func (s *Session) giveReturned(ctx context.Context, t *thread) error {
	now := t.current()
	if now == nil || t.settled == 0 || now.Core.Person == s.person {
		return nil
	}
	by := now.Core.Person
	rank := t.rank(s.person, by)
	if seq, _ := t.log.Position(now.Hash); seq <= t.settled || rank < 0 || rank >= firstAnswer {
		return nil // not news, or for others to do
	}
	var failed error
	for _, person := range t.returned() {
		if person == by {
			failed = errors.Join(failed, s.giveReturnedTo(ctx, t, person))
		}
	}
	return failed
}

func (s *Session) giveReturnedTo(ctx context.Context, t *thread, person id.Person) error {
	return s.give(ctx, t, person, func(e *epoch) bool {
		_, listed := e.Lists(person)
		return !listed
	})
}

// returned are those whom the newest epoch lists and the one before left out, though they were members then as they are now.
func (t *thread) returned() []id.Person {
	last := len(t.epochs) - 1
	if last < 1 {
		return nil
	}
	before, now := t.epochs[last-1], t.epochs[last]
	var back []id.Person
	for _, member := range t.membership.Members() {
		_, listed := now.Lists(member.Person)
		if _, was := before.Lists(member.Person); listed && !was && member.PinnedSeq <= before.Core.MembershipSeq {
			back = append(back, member.Person)
		}
	}
	return back
}

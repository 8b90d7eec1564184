package client

import (
	"context"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Grant gives a member the earlier epochs that their add allows, as far as this session can read them: after an [Session.Add] whose grant got
// lost, or a [Session.Rekey].
func (s *Session) Grant(ctx context.Context, in id.Thread, person id.Person) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.refreshPeople(ctx, person); err != nil {
		return err
	}
	return s.grant(ctx, t, person)
}

func (s *Session) grant(ctx context.Context, t *thread, person id.Person) error {
	target, ok := t.membership.Member(person)
	if !ok {
		return refuse(envelope.NotEntitled, "not a member")
	}
	var keys []*envelope.EpochKey
	for _, epoch := range t.epochs {
		_, listed := epoch.Lists(person)
		current := listed && epoch.Core.MembershipSeq >= target.PinnedSeq
		if epoch.key != nil && !current && (listed || target.History) {
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

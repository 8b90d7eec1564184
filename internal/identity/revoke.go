package identity

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// RevokeAll ends everything that a person can sign with: all their sessions, and each device that is not revoked yet by an entry that the
// server signs. It may be called again after it failed halfway. It is for leavers and lost accounts.
func (s *Service) RevokeAll(ctx context.Context, person id.Person, reason envelope.RevokeReason) error {
	if err := s.EndAll(ctx, person); err != nil {
		return err
	}
	state, err := s.fresh(ctx, person)
	if errors.Is(err, errNoPersonLog) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, device := range state.Devices() {
		if _, revoked := device.Revoked(); revoked {
			continue
		}
		if err := s.revoke(ctx, state, device.ID(), reason); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) revoke(ctx context.Context, state *envelope.PersonState, device id.Device, reason envelope.RevokeReason) error {
	last, err := s.accepted.LastAccepted(ctx, device)
	if err != nil {
		return err
	}
	now := s.now()
	entry := &envelope.Revoke{
		Person: state.Person(), Seq: state.Seq() + 1, Previous: state.Head(), Device: device, Reason: reason, By: envelope.RevokeByServer,
		Issued: envelope.TimeOf(now), LastAccepted: last,
	}
	signed, err := envelope.SignObject(entry, envelope.ByServer(envelope.PurposeRemove, s.keys.Revoke))
	if err != nil {
		return err
	}
	if err := state.Append(signed); err != nil {
		return err
	}
	encoded, err := envelope.Encode(signed)
	if err != nil {
		return err
	}
	stored := Entry{Person: state.Person(), Seq: state.Seq(), Hash: state.Head(), At: now, Signed: encoded}
	effect := Effect{Revoke: device}
	ended, appended, err := s.store.AppendEntry(ctx, stored, effect, s.entryEvents(id.Person{}, stored, effect))
	if err != nil {
		return err
	}
	if !appended {
		return errLogMoved
	}
	s.events.LogGrew(state.Person())
	for _, session := range ended {
		s.events.SessionEnded(session)
	}
	return nil
}

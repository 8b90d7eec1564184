package thread

import (
	"context"
	"errors"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// RemoveEverywhere removes a person from all their threads with the server's own signature: a leaver, a mover, or somebody whose account was lost.
// It can be called again; it returns how many threads it removed the person from. Members rotate the keys with their next message.
func (s *Service) RemoveEverywhere(ctx context.Context, person id.Person, reason envelope.RemoveReason) (removed int, err error) {
	threads, err := s.store.ThreadsOf(ctx, person)
	if err != nil {
		return 0, err
	}
	for _, in := range threads {
		for try := 0; ; try++ {
			err := s.serverRemove(ctx, in, person, reason)
			if errors.Is(err, ErrMoved) && try < removeTries {
				continue // a member changed the thread at the same time
			}
			if err != nil {
				return removed, err
			}
			removed++
			break
		}
	}
	return removed, nil
}

const removeTries = 10

func (s *Service) serverRemove(ctx context.Context, in id.Thread, person id.Person, reason envelope.RemoveReason) error {
	records, err := s.store.Membership(ctx, in)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(records.Members, func(m Member) bool { return m.Person == person }) {
		return nil
	}
	before, err := s.know(ctx, records)
	if err != nil {
		return err
	}
	entry := &envelope.Remove{
		EntryHead: envelope.EntryHead{
			Thread: in, Seq: records.State.MembershipSeq + 1, Previous: records.State.MembershipHead, Issued: envelope.TimeOf(s.now()),
		},
		Target: person, Reason: reason,
	}
	signed, err := envelope.SignObject(entry, envelope.ByServer(envelope.PurposeRemove, s.remover))
	if err != nil {
		return err
	}
	body, err := envelope.Encode(signed)
	if err != nil {
		return err
	}
	after, err := before.membership.At(records.State.MembershipSeq, records.State.MembershipHead)
	if err != nil {
		return errStored.Because(err)
	}
	trust, people := s.trust(ctx, person)
	if err := after.Append(trust, signed); err != nil {
		return people.verdict(err)
	}
	change := s.change(before.membership, after, NewEntry{Kind: envelope.EntryMembership, Hash: after.Head(), Body: body})
	_, err = s.commit(ctx, id.Person{}, change, known{after, before.epoch})
	return err
}

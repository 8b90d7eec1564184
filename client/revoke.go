package client

import (
	"context"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Revoke ends one of the person's devices, this one too. The entry names what was last accepted from it in each thread, so that nothing it may sign
// later counts, whatever a server says of the time. After lost or stolen the person is left out of new epochs until they have a new generation.
func (s *Session) Revoke(ctx context.Context, device id.Device, reason envelope.RevokeReason) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.syncAll(ctx); err != nil {
		return err
	}
	if err := s.refreshPeople(ctx, s.person); err != nil {
		return err
	}
	entry := &envelope.Revoke{
		Person: s.person, Seq: s.self.Seq() + 1, Previous: s.self.Head(), Device: device, Reason: reason, By: envelope.RevokeByDevice,
		Issued: s.client.now(), LastAccepted: s.lastAccepted(device),
	}
	by := s.device.stamp()
	if device == s.device.ID { // no device ends itself
		identity, err := s.secrets.key.OpenIdentity(s.secrets.sealedIdentity, s.self.Identity())
		if err != nil {
			return err
		}
		entry.By, by = envelope.RevokeByIdentity, envelope.ByIdentity(s.person, identity)
	}
	signed, err := envelope.SignObject(entry, by)
	if err != nil {
		return err
	}
	encoded, err := envelope.Encode(signed)
	if err != nil {
		return err
	}
	if err := s.call(ctx, "POST", "/v1/person-log", map[string][]byte{"entry": encoded}, nil); err != nil {
		return err
	}
	return s.self.Append(signed)
}

// lastAccepted is the newest entry of a device in each thread, of any kind, and how many messages it had sent there.
func (s *Session) lastAccepted(device id.Device) []envelope.LastAccepted {
	var all []envelope.LastAccepted
	for _, t := range s.threads {
		if entry, ok := t.lastBy(device); ok {
			all = append(all, envelope.LastAccepted{Thread: t.id, DeviceSeq: t.log.Device(device).Seq, Entry: entry})
		}
	}
	slices.SortFunc(all, func(a, b envelope.LastAccepted) int { return a.Thread.Compare(b.Thread) })
	return all
}

func (t *thread) lastBy(device id.Device) (last id.Hash, found bool) {
	var at uint64
	newer := func(seq uint64, by id.Device, entry id.Hash) {
		if by == device && seq > at {
			at, last, found = seq, entry, true
		}
	}
	newer(1, t.membership.Create().Device, id.Hash(t.id))
	for _, one := range t.changes {
		if head, ok := headOf(one.entry); ok {
			newer(one.seq, head.Device, one.hash)
		}
	}
	for _, epoch := range t.epochs {
		if seq, ok := t.log.Position(epoch.Hash); ok {
			newer(seq, epoch.Core.Device, epoch.Hash)
		}
	}
	for _, m := range t.messages {
		newer(m.seq, m.device, m.entry)
	}
	return last, found
}

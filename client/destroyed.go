package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// note keeps what was wrong and stopped nothing, to be told once.
func (t *thread) note(err error) { t.noted = append(t.noted, err) }

// takeNoted tells it: what authors got wrong with epochs and messages, and what was noted.
func (t *thread) takeNoted() error {
	told := t.noted
	t.noted = nil
	for _, epoch := range t.epochs {
		if epoch.refused != nil && !epoch.told {
			epoch.told = true
			told = append(told, epoch.refused)
		}
	}
	for _, m := range t.messages {
		if m.refused != nil && !m.told {
			m.told = true
			told = append(told, m.refused)
		}
	}
	return errors.Join(told...)
}

// fetchHalves asks again for messages that came without a half, once after each change of members: somebody who is added with history is given
// what was kept from them before.
func (s *Session) fetchHalves(ctx context.Context, t *thread) error {
	me, ok := t.membership.Member(s.person)
	if !ok || t.halvesAt == t.membership.Seq()+1 {
		return nil
	}
	var first, last uint64
	for _, m := range t.messages {
		if m.verified != nil && m.half == nil && (me.History || m.seq > t.joined(s.person)) {
			if first == 0 {
				first = m.seq
			}
			last = m.seq
		}
	}
	for after := first; first > 0 && after <= last; {
		entries, err := s.fetchLog(ctx, t.id, after-1, entriesAsked)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			break
		}
		for _, entry := range entries {
			if entry.Seq > t.log.Seq() {
				break // newer than the log that is here
			}
			if err := s.seeEntryAgain(t, entry); err != nil {
				return err
			}
		}
		after += uint64(len(entries))
	}
	t.halvesAt = t.membership.Seq() + 1
	t.openMessages()
	return nil
}

// joined is the place in the log from which a member is given halves.
func (t *thread) joined(person id.Person) uint64 {
	joined := uint64(1)
	for _, change := range t.changes {
		if add, ok := change.entry.(*envelope.Add); ok && add.Target == person {
			joined = change.seq
		}
	}
	return joined
}

// findDestroyed asks for what was destroyed since this device last heard, whatever the reason, and drops it.
func (s *Session) findDestroyed(ctx context.Context, t *thread) error {
	for t.head.DestroyedAt > t.destroyedAt {
		var body struct {
			Entries [][]byte `json:"entries"`
			At      int64    `json:"at"`
			More    bool     `json:"more"`
		}
		if err := s.call(ctx, "GET", fmt.Sprintf("/v1/threads/%s/destroyed?after=%d", t.id, t.destroyedAt), nil, &body); err != nil {
			return err
		}
		for _, raw := range body.Entries {
			entry, err := envelope.Parse[envelope.LogEntry](raw)
			if err != nil {
				return err
			}
			if entry.Kind != envelope.EntryTombstone || entry.Seq > uint64(len(t.served)) {
				continue // the log will have it in its place
			}
			if err := t.seeAgain(entry); err != nil {
				return err
			}
		}
		if body.At <= t.destroyedAt {
			break // it says more than it has
		}
		t.destroyedAt = body.At
	}
	return nil
}

// dropDestroyed sees to it that what a filing destroyed is destroyed here too.
func (s *Session) dropDestroyed(ctx context.Context, t *thread, filing Filing) error {
	if filing.DestroyedAt == 0 {
		return nil
	}
	for _, source := range filing.Sources {
		m, ok := t.byID[source]
		if !ok || m.tombstone != nil {
			continue
		}
		entries, err := s.fetchLog(ctx, t.id, m.seq-1, 1)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := s.seeEntryAgain(t, entry); err != nil {
				return err
			}
		}
	}
	return nil
}

// seeAgain takes in an entry that is in the log already. It may have become a tombstone, or have got its half; otherwise it must be what it was.
func (t *thread) seeAgain(entry *envelope.LogEntry) error {
	if entry.Thread != t.id || entry.Seq < 1 || entry.Seq > uint64(len(t.served)) {
		return refuse(envelope.BrokenChain, "another entry than the one that was asked for")
	}
	there := t.served[entry.Seq-1]
	if entry.LogHash != there.LogHash {
		return refuse(envelope.BrokenChain, "another history than the one that was shown before")
	}
	switch entry.Kind {
	case envelope.EntryTombstone:
		return t.bury(entry)
	case envelope.EntryMessage:
		return t.seeMessage(entry)
	}
	return nil
}

func (t *thread) seeMessage(entry *envelope.LogEntry) error {
	header, err := headerOf(entry.Body)
	if err != nil {
		return err
	}
	m, ok := t.byID[header.Message]
	if !ok || m.seq != entry.Seq {
		return refuse(envelope.BrokenChain, "another message than the one that was shown before")
	}
	if m.verified == nil || m.half != nil {
		return nil
	}
	return m.giveHalf(entry.Half)
}

// bury puts a tombstone in the place of a message: text, half and ciphertext go. It must be that message's.
func (t *thread) bury(entry *envelope.LogEntry) error {
	tombstone, err := envelope.Parse[envelope.Tombstone](entry.Body)
	if err != nil {
		return err
	}
	m, ok := t.byID[tombstone.Message]
	switch {
	case !ok, m.seq != entry.Seq, tombstone.Thread != t.id, tombstone.Entry != m.entry, tombstone.Person != m.person,
		tombstone.Device != m.device, tombstone.DeviceSeq != m.deviceNo, tombstone.Kind != uint8(m.kind):
		return refuse(envelope.BrokenChain, "a tombstone that is not that message's")
	case m.tombstone != nil:
		return nil
	}
	m.tombstone, m.verified, m.half, m.inner, m.refused = tombstone, nil, nil, nil, nil
	t.served[entry.Seq-1] = entry
	return nil
}

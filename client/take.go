package client

import (
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// take believes the next entry of a log, or refuses it and changes nothing.
func (s *Session) take(t *thread, entry *envelope.LogEntry) error {
	hash, err := t.log.Append(entry)
	if err != nil {
		return err
	}
	if err := s.believe(t, entry, hash); err != nil {
		t.rewind()
		return err
	}
	t.served = append(t.served, entry)
	return nil
}

// believe verifies what an entry says. Nothing is changed before the last check.
func (s *Session) believe(t *thread, entry *envelope.LogEntry, hash id.Hash) error {
	switch entry.Kind {
	case envelope.EntryMessage:
		return s.believeMessage(t, entry)
	case envelope.EntryTombstone:
		tombstone, err := envelope.Parse[envelope.Tombstone](entry.Body)
		if err != nil {
			return err
		}
		return t.keep(tombstoned(entry, tombstone))
	}
	signed, err := envelope.Parse[envelope.Signed](entry.Body)
	if err != nil {
		return err
	}
	switch entry.Kind {
	case envelope.EntryCreate:
		t.membership, err = envelope.NewMembership(s.trust(t), signed)
		return err
	case envelope.EntryEpoch:
		return s.believeEpoch(t, signed)
	}
	kind, err := signed.Kind()
	if err != nil {
		return err
	}
	object, err := envelope.Decode(kind, signed.Object)
	if err != nil {
		return err
	}
	if err := t.membership.Append(s.trust(t), signed); err != nil {
		return err
	}
	t.changes = append(t.changes, change{seq: entry.Seq, at: entry.At, hash: hash, entry: object, number: t.membership.Seq()})
	return nil
}

func (s *Session) believeEpoch(t *thread, signed *envelope.Signed) error {
	var previous *envelope.Epoch
	if last := t.current(); last != nil {
		previous = last.Epoch
	}
	verified, err := envelope.VerifyEpoch(s.trust(t), t.membership, previous, signed)
	if err != nil {
		return err
	}
	next := &epoch{Epoch: verified, signed: signed}
	if made, ok := s.made[verified.Hash]; ok {
		delete(s.made, verified.Hash)
		next.fetched = true
		// The key belongs to the record as it was verified here and now.
		if next.key, err = verified.Recover(made.Key.Random()); err != nil {
			return err
		}
		next.readState(s.manifests, made.State)
	}
	t.epochs = append(t.epochs, next)
	return nil
}

func (s *Session) believeMessage(t *thread, entry *envelope.LogEntry) error {
	header, err := headerOf(entry.Body)
	if err != nil {
		return err
	}
	under, ok := t.epochAt(header.Epoch)
	if !ok {
		return refuse(envelope.BrokenChain, "a message under an epoch that is not in the log")
	}
	verified, err := envelope.VerifyMessage(s.trust(t), under.Epoch, entry.Body)
	if err != nil {
		return err
	}
	m := &message{
		seq: entry.Seq, at: entry.At, verified: verified, id: header.Message, entry: verified.Entry, person: header.Person, device: header.Device,
		time: header.Time, kind: header.Kind, urgency: header.Urgency, inEpoch: header.Epoch, deviceNo: header.DeviceSeq,
	}
	if err := m.giveHalf(entry.Half); err != nil {
		return err
	}
	if err := t.keep(m); err != nil {
		return err
	}
	under.carries++
	return nil
}

// giveHalf takes in the half that came with a message; a wrong one is the server's doing.
func (m *message) giveHalf(half *envelope.LogHalf) error {
	if half == nil {
		return nil
	}
	if err := m.verified.CheckHalf(half.Half); err != nil {
		return &servedWrong{err}
	}
	kept := half.Half
	m.half = &kept
	return nil
}

func (t *thread) keep(m *message) error {
	if _, twice := t.byID[m.id]; twice {
		return refuse(envelope.BrokenChain, "one message id twice")
	}
	t.messages = append(t.messages, m)
	t.byID[m.id] = m
	if m.verified != nil {
		t.unopened = append(t.unopened, m)
	}
	return nil
}

func tombstoned(entry *envelope.LogEntry, tombstone *envelope.Tombstone) *message {
	return &message{
		seq: entry.Seq, at: entry.At, tombstone: tombstone, id: tombstone.Message, entry: tombstone.Entry, person: tombstone.Person,
		device: tombstone.Device, time: tombstone.Time, kind: envelope.MessageKind(tombstone.Kind), deviceNo: tombstone.DeviceSeq,
	}
}

// headerOf reads a message's header. It verifies nothing.
func headerOf(raw []byte) (*envelope.Header, error) {
	message, err := envelope.Parse[envelope.Message](raw)
	if err != nil {
		return nil, err
	}
	return envelope.Parse[envelope.Header](message.Header)
}

// openMessages opens what can be opened by now. What an author got wrong is noted with the message and stops nothing.
func (t *thread) openMessages() {
	t.comparePatients()
	t.unopened = slices.DeleteFunc(t.unopened, func(m *message) bool {
		if m.verified == nil {
			return true // destroyed
		}
		under, ok := t.epochAt(m.inEpoch)
		if !ok || under.key == nil || m.half == nil {
			return false
		}
		m.open(t, under.key)
		return true
	})
}

func (m *message) open(t *thread, key *envelope.EpochKey) {
	opened, err := m.verified.Open(key, *m.half)
	if err != nil {
		m.refused = err
		return
	}
	read, err := decodeInner(m.kind, opened.Inner)
	if err == nil {
		err = t.checkReferences(m.seq, read)
	}
	if err != nil {
		m.refused = err
		return
	}
	m.inner = read
	t.claimed(m)
	if read.log != nil {
		t.heard = append(t.heard, heard{m.person, *read.log})
	}
}

// checkReferences: a message refers to earlier messages of its thread, by the hashes that they have in the log.
func (t *thread) checkReferences(before uint64, read *inner) error {
	for _, reference := range read.references() {
		there, ok := t.byID[reference.Message]
		if !ok || there.entry != reference.Entry || there.seq >= before {
			return refuse(envelope.BrokenChain, "a reference to what is no earlier message of this thread")
		}
	}
	return nil
}

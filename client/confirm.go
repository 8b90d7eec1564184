package client

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Check says whether the person has compared the patient's name, date of birth and number with the patient of the thread. A caller says so for
// a person who did: this library never does by itself (R12).
type Check bool

// What a person did.
const (
	NotCompared     Check = false
	PatientCompared Check = true
)

// confirmAgain is when a confirmation is made anew. The server's duty is twelve hours by its own clock; the hour between is for clocks that differ.
const confirmAgain = 11 * time.Hour

// ConfirmPatient says, with the device's signature, that the person has compared the patient's name, date of birth and number.
func (s *Session) ConfirmPatient(ctx context.Context, in id.Thread) (Message, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return Message{}, err
	}
	defer s.mu.Unlock()
	queued, err := s.queueConfirm(ctx, t)
	if err != nil {
		return Message{}, err
	}
	return s.sent(ctx, t, queued)
}

func (s *Session) queueConfirm(ctx context.Context, t *thread) (*pending, error) {
	_, assertion := t.state()
	if assertion == nil {
		return nil, refuse(envelope.WrongIdentity, "a thread without a patient")
	}
	hash, err := envelope.Hash(assertion)
	if err != nil {
		return nil, err
	}
	return s.enqueue(ctx, t, envelope.KindConfirm, &inner{assertion: &hash}, envelope.UrgencyRoutine)
}

// confirmFirst queues a confirmation where this person's last one is too old, or missing.
func (s *Session) confirmFirst(ctx context.Context, t *thread, check Check) error {
	if check == NotCompared || s.confirmedLately(t) {
		return nil
	}
	_, err := s.queueConfirm(ctx, t)
	return err
}

// confirmedLately looks after the present link only: before it the patient was another assertion's, who was compared with another banner.
func (s *Session) confirmedLately(t *thread) bool {
	for _, waiting := range s.outbox[t.id] {
		if waiting.kind == envelope.KindConfirm {
			return true
		}
	}
	for n := len(t.messages) - 1; n >= 0; n-- {
		m := t.messages[n]
		if m.seq < t.linkedAt() {
			return false
		}
		if m.kind == envelope.KindConfirm && m.person == s.person && (m.inner == nil || t.names(m.inner)) {
			return s.client.now().Time().Sub(m.at.Time()) < confirmAgain
		}
	}
	return false
}

// confirms says whether the words of a confirmation are about the patient of the present link.
func (t *thread) confirms(plain []byte) bool {
	read, err := decodeInner(envelope.KindConfirm, plain)
	return err == nil && t.names(read)
}

func (t *thread) names(said *inner) bool {
	link, linked := t.membership.Link()
	return linked && said.assertion != nil && *said.assertion == link.Assertion
}

// linkedAt is the place of the present link in the log.
func (t *thread) linkedAt() uint64 {
	for n := len(t.changes) - 1; n >= 0; n-- {
		if _, link := t.changes[n].entry.(*envelope.Link); link {
			return t.changes[n].seq
		}
	}
	return 0
}

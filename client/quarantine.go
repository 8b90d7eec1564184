package client

import (
	"context"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// ErrQuarantined: the thread is linked to the wrong patient, and nothing more is said there.
var ErrQuarantined = &Stopped{"thread_quarantined", "the thread is linked to the wrong patient"}

// Quarantine is what the server says of a thread that turned out to be linked to the wrong patient. That it is, is in the log: [Thread.Quarantined].
type Quarantine struct {
	Message id.Message `json:"message"`
	By      id.Person  `json:"by"`
	Seq     uint64     `json:"seq"`
	At      int64      `json:"at"`
	// Readers are all who were ever in the thread; 0 of AcknowledgedAt is not yet.
	Readers []struct {
		Person         id.Person `json:"person"`
		Left           bool      `json:"left"`
		Gone           bool      `json:"gone"`
		AcknowledgedAt int64     `json:"acknowledgedAt"`
	} `json:"readers"`
	// Filings are those that the record has to mark as entered in error.
	Filings []struct {
		Filing   id.Filing  `json:"filing"`
		Decision id.Message `json:"decision"`
		// Retraction is owed, retracting, retracted or refused.
		Retraction string `json:"retraction"`
	} `json:"filings"`
}

// Quarantine stops a patient's thread, because it is linked to the wrong patient (R51). It is not undone.
func (s *Session) Quarantine(ctx context.Context, in id.Thread, text string) (Message, error) {
	return s.act(ctx, in, envelope.KindQuarantine, &inner{reason: WrongPatientReason, text: text})
}

// TakeNote acknowledges a quarantine: by an act in the thread where this person may send one, else by their word to the server.
func (s *Session) TakeNote(ctx context.Context, in id.Thread) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	stopped := t.quarantine()
	if stopped == nil || !t.membership.MayPost(s.person) {
		return s.again(ctx, "POST", "/v1/threads/"+in.String()+"/quarantine/acknowledgement", nil, nil)
	}
	_, err = s.sendAct(ctx, t, envelope.KindAcknowledge, &inner{about: &Reference{stopped.id, stopped.entry}})
	return err
}

// QuarantineOf is who has taken note and what the record still has to mark.
func (s *Session) QuarantineOf(ctx context.Context, in id.Thread) (Quarantine, error) {
	var known Quarantine
	if err := s.enter(); err != nil {
		return known, err
	}
	defer s.mu.Unlock()
	err := s.call(ctx, "GET", "/v1/threads/"+in.String()+"/quarantine", nil, &known)
	return known, err
}

// RetractFiling has the record mark a filing as entered in error. The server does not know whose record it is, so this device says it.
func (s *Session) RetractFiling(ctx context.Context, in id.Thread, filing id.Filing) (Filing, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return Filing{}, err
	}
	defer s.mu.Unlock()
	state, assertion := t.state()
	if assertion == nil {
		return Filing{}, refuse(envelope.WrongIdentity, "a thread without a patient")
	}
	var answer Filing
	err = s.again(ctx, "POST", "/v1/threads/"+in.String()+"/filings/"+filing.String()+"/retraction",
		map[string]any{"assertion": state.Assertion.Assertion}, &answer)
	return answer, err
}

// quarantine is the message that stopped a thread, nil in the others. What it says need not be readable: its kind is signed.
func (t *thread) quarantine() *message {
	for _, m := range t.messages {
		if m.kind == envelope.KindQuarantine {
			return m
		}
	}
	return nil
}

// allows is what may still be said in a thread.
func (t *thread) allows(kind envelope.MessageKind) error {
	switch kind {
	case envelope.KindAcknowledge, envelope.KindWithdraw, envelope.KindQuarantine:
		return nil
	}
	if t.quarantine() != nil {
		return ErrQuarantined
	}
	return nil
}

func (s *Session) act(ctx context.Context, in id.Thread, kind envelope.MessageKind, said *inner) (Message, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return Message{}, err
	}
	defer s.mu.Unlock()
	return s.sendAct(ctx, t, kind, said)
}

func (s *Session) sendAct(ctx context.Context, t *thread, kind envelope.MessageKind, said *inner) (Message, error) {
	queued, err := s.enqueue(ctx, t, kind, said, envelope.UrgencyRoutine)
	if err != nil {
		return Message{}, err
	}
	return s.sent(ctx, t, queued)
}

package client

import (
	"context"
	"strings"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// Draft is what is to be said. Only one of Text and Statements is needed.
type Draft struct {
	Text    string
	ReplyTo id.Message // zero for none
	Urgency envelope.Urgency
	// Decision makes it a clinical decision, of a patient thread: Statements are the messages whose words it is, Background those that belong beside
	// it.
	Decision   bool
	Statements []id.Message
	Background []id.Message
	// Check says that the person has compared the patient's identifiers: then a confirmation goes before the decision where one is needed (R12).
	Check Check

	continues *id.Thread // the frozen thread that this one goes on from
}

// Send says something in a thread, and returns when the server has it. After an error that says nothing, the message stays in the outbox: see
// [Session.Flush].
func (s *Session) Send(ctx context.Context, in id.Thread, text string) (Message, error) {
	return s.Say(ctx, in, Draft{Text: text})
}

// Reply is Send, in answer to an earlier message.
func (s *Session) Reply(ctx context.Context, in id.Thread, text string, to id.Message) (Message, error) {
	return s.Say(ctx, in, Draft{Text: text, ReplyTo: to})
}

// Decide records a clinical decision, of a person who has compared the patient's identifiers or who confirmed them before.
func (s *Session) Decide(
	ctx context.Context, in id.Thread, text string, statements, background []id.Message, check Check,
) (Message, error) {
	return s.Say(ctx, in, Draft{Text: text, Decision: true, Statements: statements, Background: background, Check: check})
}

// Say is Queue and Flush.
func (s *Session) Say(ctx context.Context, in id.Thread, draft Draft) (Message, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return Message{}, err
	}
	defer s.mu.Unlock()
	compared, _ := t.membership.Link()
	queued, err := s.queue(ctx, t, draft)
	if err != nil {
		return Message{}, err
	}
	said, err := s.sent(ctx, t, queued)
	if now, _ := t.membership.Link(); !hasCode(err, "identity_unconfirmed") || draft.Check == NotCompared || now != compared {
		return said, err // of another link the person has compared nothing
	}
	// By the server's clock the last confirmation is too old.
	if _, err := s.queueConfirm(ctx, t); err != nil {
		return Message{}, err
	}
	if queued, err = s.queue(ctx, t, draft); err != nil {
		return Message{}, err
	}
	return s.sent(ctx, t, queued)
}

// sent sends what waits and shows one message of it.
func (s *Session) sent(ctx context.Context, t *thread, queued *pending) (Message, error) {
	if err := s.flush(ctx, t); err != nil {
		return Message{}, err
	}
	there := t.byID[queued.id]
	if there == nil {
		return Message{}, ErrRelinked // a confirmation of who the patient was before
	}
	return s.describeMessage(t, there), nil
}

// Queue seals a message into the outbox and returns its id. It may make an epoch for it.
func (s *Session) Queue(ctx context.Context, in id.Thread, draft Draft) (id.Message, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return id.Message{}, err
	}
	defer s.mu.Unlock()
	queued, err := s.queue(ctx, t, draft)
	if err != nil {
		return id.Message{}, err
	}
	return queued.id, nil
}

// Flush sends what waits in a thread's outbox, in order.
func (s *Session) Flush(ctx context.Context, in id.Thread) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.flush(ctx, t)
}

// Waiting are the messages in a thread's outbox. They outlive a lock, as ciphertext.
func (s *Session) Waiting(in id.Thread) []id.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var waiting []id.Message
	for _, one := range s.outbox[in] {
		waiting = append(waiting, one.id)
	}
	return waiting
}

func (s *Session) queue(ctx context.Context, t *thread, draft Draft) (*pending, error) {
	said, kind, err := t.compose(draft)
	if err != nil {
		return nil, err
	}
	if err := t.checkNumbers(said.text); err != nil {
		return nil, err // before a confirmation goes for nothing
	}
	if draft.Decision {
		if err := s.confirmFirst(ctx, t, draft.Check); err != nil {
			return nil, err
		}
	}
	urgency := draft.Urgency
	if urgency == 0 {
		urgency = envelope.UrgencyRoutine
	}
	return s.enqueue(ctx, t, kind, said, urgency)
}

// enqueue seals a message into the outbox. It may make an epoch for it.
func (s *Session) enqueue(
	ctx context.Context, t *thread, kind envelope.MessageKind, said *inner, urgency envelope.Urgency,
) (*pending, error) {
	if err := t.allows(kind); err != nil {
		return nil, err
	}
	if err := t.checkNumbers(said.text); err != nil {
		return nil, err
	}
	plain, err := encodeInner(kind, said)
	if err != nil {
		return nil, err
	}
	if err := s.freshen(ctx, t); err != nil {
		return nil, err
	}
	if kind == envelope.KindConfirm && !t.names(said) {
		return nil, ErrRelinked // while the keys were renewed
	}
	plain = withLog(kind, said, plain, s.ledger.head)
	one := &pending{id: id.New[id.Message](s.client.ids), kind: kind, urgency: urgency}
	if err := s.seal(t, one, s.lastOf(t), plain); err != nil {
		return nil, err
	}
	s.outbox[t.id] = append(s.outbox[t.id], one)
	return one, nil
}

// compose turns a draft into an inner, with the hashes of what it refers to.
func (t *thread) compose(draft Draft) (*inner, envelope.MessageKind, error) {
	text, err := tidyText(draft.Text)
	if err != nil {
		return nil, 0, err
	}
	if text != "" && isBlank(text) {
		return nil, 0, ErrText
	}
	if strings.ContainsFunc(text, isMark) {
		return nil, 0, ErrHiddenMark
	}
	said := &inner{text: text, continues: draft.continues}
	if draft.Decision {
		if said.statements, err = t.refer(draft.Statements); err != nil {
			return nil, 0, err
		}
		said.background, err = t.refer(draft.Background)
		return said, envelope.KindDecision, err
	}
	if !draft.ReplyTo.IsZero() {
		references, err := t.refer([]id.Message{draft.ReplyTo})
		if err != nil {
			return nil, 0, err
		}
		said.replyTo = &references[0]
	}
	return said, envelope.KindText, nil
}

func (t *thread) refer(messages []id.Message) ([]Reference, error) {
	var references []Reference
	for _, one := range messages {
		m, ok := t.byID[one]
		if !ok {
			return nil, ErrMessageUnknown
		}
		references = append(references, Reference{m.id, m.entry})
	}
	return references, nil
}

// checkNumbers stops a text with an NHS number that does not belong here.
func (t *thread) checkNumbers(text string) error {
	found := nhs.FindNumbers(text)
	if len(found) == 0 {
		return nil
	}
	_, assertion := t.state()
	if assertion == nil {
		return ErrNumberOutside
	}
	patient := describePatient(assertion)
	for _, one := range found {
		if one.Number != patient.Number && one.Number != patient.Superseded {
			return ErrOtherPatient
		}
	}
	return nil
}

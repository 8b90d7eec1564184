package thread

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// A patient thread is quarantined by any member's act, because it is linked to the wrong patient (R51). Nothing is said, decided or filed there from
// then on, and everybody who was ever in it is told until they have taken note: also those who left, because they read it too. The act is in
// the log, so clients do not need the server's word for it. It is not undone: the right patient goes on in another thread.

// ErrQuarantined: nothing more is said here.
var ErrQuarantined = fault.New(fault.Conflict, "thread_quarantined",
	"This conversation is linked to the wrong patient. Nothing more can be sent here. Go on in a conversation about the right patient.")

// ErrNotQuarantined: there is nothing to take note of.
var ErrNotQuarantined = fault.New(fault.Conflict, "not_quarantined", "Nobody said that this conversation is linked to the wrong patient.")

// Quarantine is what is known of a quarantined thread.
type Quarantine struct {
	Message id.Message
	By      id.Person
	Seq     uint64
	At      time.Time
	Readers []QuarantineReader
	Filings []QuarantineFiling
}

// QuarantineReader is somebody who was ever in the thread.
type QuarantineReader struct {
	Person         id.Person
	Left           bool      // not in the thread any more
	Gone           bool      // does not work here any more, so nobody waits for them
	AcknowledgedAt time.Time // zero: not yet
}

// QuarantineFiling is a filing that the record has, or may have, and that has to be marked there as entered in error.
type QuarantineFiling struct {
	Filing     id.Filing
	Decision   id.Message
	Retraction string // owed, retracting, retracted or refused
}

// HeadQuarantine is a quarantine as it stands in a list.
type HeadQuarantine struct {
	Seq          uint64 `json:"seq" doc:"of the message that said so first"`
	At           int64  `json:"at"`
	Acknowledged bool   `json:"acknowledged" doc:"I have taken note"`
	Waiting      int    `json:"waiting" doc:"people who have not taken note yet"`
	InError      int    `json:"inError" doc:"filings that the record has not marked as entered in error yet"`
}

// Warnings are what a quarantine needs of a database.
type Warnings interface {
	// Quarantine is what is known of a quarantined thread; ErrNotQuarantined.
	Quarantine(ctx context.Context, in id.Thread) (Quarantine, error)
	// TakeNote writes that a person, who is among the readers, has taken note; the same again changes nothing.
	TakeNote(ctx context.Context, in id.Thread, person id.Person, at time.Time, event audit.Event) error
}

// allowed is what may still be said in a quarantined thread.
func allowed(s State, kind envelope.MessageKind) error {
	if s.Quarantined == 0 {
		return nil
	}
	switch kind {
	case envelope.KindAcknowledge, envelope.KindWithdraw, envelope.KindQuarantine:
		return nil
	}
	return ErrQuarantined
}

// TakesNote says whether a message is its author's acknowledgement of the quarantine. The server cannot read what an acknowledgement is about. Who
// signed one with the quarantine before their eyes can mean nothing else: nothing else there waits for one.
func TakesNote(s State, h *envelope.Header) bool {
	return h.Kind == envelope.KindAcknowledge && s.Quarantined > 0 && h.SeenSeq >= s.Quarantined
}

// eventOf is what the audit log is told when a message changes more than the log: the first quarantine, and taking note of it.
func eventOf(h *envelope.Header, now time.Time) audit.Event {
	event := audit.Event{Actor: h.Person, Subject: audit.About(h.Thread), At: now, Details: map[string]string{"message": h.Message.String()}}
	switch h.Kind {
	case envelope.KindQuarantine:
		event.Kind = audit.Quarantined
	case envelope.KindAcknowledge:
		event.Kind = audit.QuarantineRead
	}
	return event
}

// Quarantine is what is known of a quarantined thread, for whoever is or was in it.
func (s *Service) Quarantine(ctx context.Context, person id.Person, in id.Thread) (Quarantine, error) {
	if _, err := s.place(ctx, in, person); err != nil {
		return Quarantine{}, err
	}
	return s.store.Quarantine(ctx, in)
}

// TakeNote is for those who cannot sign an acknowledgement in the thread, because they left or only read there. The others send the act.
func (s *Service) TakeNote(ctx context.Context, person id.Person, in id.Thread) error {
	if _, err := s.place(ctx, in, person); err != nil {
		return err
	}
	now := s.now()
	event := audit.Event{Kind: audit.QuarantineRead, Actor: person, Subject: audit.About(in), At: now}
	if err := s.store.TakeNote(ctx, in, person, now, event); err != nil {
		return err
	}
	s.tellReaders(ctx, in)
	return nil
}

// tellReaders tells everybody whom a quarantine concerns that it stands otherwise than it did, also those who left. It is a hint: whoever misses
// it gets the same from the heads.
func (s *Service) tellReaders(ctx context.Context, in id.Thread) {
	known, err := s.store.Quarantine(ctx, in)
	if err != nil {
		s.log.WarnContext(ctx, "the readers of a quarantined thread were not told", "code", fault.As(err).Code())
		return
	}
	people := make([]id.Person, 0, len(known.Readers))
	for _, reader := range known.Readers {
		people = append(people, reader.Person)
	}
	s.publisher.Changed(in, people)
}

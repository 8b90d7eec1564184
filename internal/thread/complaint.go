package thread

import (
	"context"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// A complaint or a report is a word that nobody can check, so it changes nothing but the audit log and what members are told, and there are
// only so many of them.
const (
	// MaxReports is how many complaints, and how many reports, one person may make in a day.
	MaxReports = 20
	// MaxComplaints is how many are kept of one epoch. Whoever comes later is not told.
	MaxComplaints = 16
)

// ErrTooManyReports is the answer beyond MaxReports.
var ErrTooManyReports = fault.New(fault.TooMany, "too_many_reports", "That is more than can be taken in one day. Please tell the service desk.")

// Complain keeps a member's complaint about the keys of an epoch, and tells the members. The same epoch again changes nothing.
func (s *Service) Complain(ctx context.Context, actor Actor, in id.Thread, body []byte) error {
	records, err := s.recordsFor(ctx, actor, in)
	if err != nil {
		return err
	}
	signed, said, err := parseSigned[envelope.Complaint](body)
	if err != nil {
		return err
	}
	if said.Thread != in || said.Person != actor.Person || said.Device != actor.Device {
		return ErrWrongSender
	}
	if err := s.plausible(said.Issued); err != nil {
		return err
	}
	trust, people := s.trust(ctx, actor.Person)
	if err := s.live(people, actor); err != nil {
		return err
	}
	k, err := s.know(ctx, records)
	if err != nil {
		return err
	}
	epochs, err := s.epochAt(ctx, actor, k, said)
	if err != nil {
		return err
	}
	_, about, err := envelope.VerifyComplaint(trust, k.membership, epochs, signed)
	if err != nil {
		return people.verdict(err)
	}
	kept, err := s.store.AddComplaint(ctx, in, NewComplaint{Epoch: said.Epoch, Person: said.Person, Body: body, At: s.now()}, audit.Event{
		Kind: audit.Complaint, Actor: actor.Person, Subject: audit.About(in), At: s.now(),
		Details: map[string]string{
			"epoch": decimal(int(said.Epoch)), "problem": said.Problem.String(), "author": about.Core.Person.String(),
		},
	})
	if err != nil || !kept {
		return err
	}
	s.publisher.Changed(in, present(k.membership))
	return nil
}

// epochAt is the record that a complaint is about, as it was when it was accepted; none when there is no such epoch.
func (s *Service) epochAt(ctx context.Context, actor Actor, k known, said *envelope.Complaint) ([]*envelope.Epoch, error) {
	stored, err := s.store.Epochs(ctx, said.Thread, actor.Person, said.Epoch, said.Epoch, 1)
	if err != nil || len(stored) == 0 {
		return nil, err
	}
	epoch, err := s.stored(k.membership, stored[0].Record)
	if err != nil {
		return nil, err
	}
	return []*envelope.Epoch{epoch}, nil
}

// Complaints are those that members of a thread made.
func (s *Service) Complaints(ctx context.Context, person id.Person, in id.Thread) ([]Complaint, error) {
	member, err := s.place(ctx, in, person)
	if err != nil {
		return nil, err
	}
	if member.Left != nil {
		return []Complaint{}, nil
	}
	return s.store.Complaints(ctx, in)
}

// ReportConflict keeps a person's report of a thread that contradicts itself, or that is not there any more, for whoever runs the service. It does not
// say whether there is such a thread. In a direct thread it lets the two start another one, because they cannot go on in this.
func (s *Service) ReportConflict(ctx context.Context, actor Actor, in id.Thread, body []byte) error {
	signed, said, err := parseSigned[envelope.Conflict](body)
	if err != nil {
		return err
	}
	if said.Thread != in || said.Person != actor.Person || said.Device != actor.Device {
		return ErrWrongSender
	}
	if err := s.plausible(said.Issued); err != nil {
		return err
	}
	trust, people := s.trust(ctx, actor.Person)
	if err := s.live(people, actor); err != nil {
		return err
	}
	if _, err := envelope.VerifyConflict(trust, signed); err != nil {
		return people.verdict(err)
	}
	hash, err := signed.Hash()
	if err != nil {
		return refusal(err)
	}
	details := map[string]string{"kind": said.Kind.String(), "seq": decimal(int(said.Seq)), "report": hash.String()}
	return s.store.AddConflict(ctx, NewConflict{Hash: hash, Thread: in, Person: said.Person, Body: body, At: s.now()}, audit.Event{
		Kind: audit.ThreadFrozen, Actor: actor.Person, Subject: audit.About(in), At: s.now(), Details: details,
	})
}

package server

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/httpapi"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/live"
	"github.com/wardline/wardline/internal/patient"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store/shredstore"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/work"
)

const (
	revokeLeaver = envelope.RevokeLeaver
	removeLeaver = envelope.RemoveLeaver
)

// wires lets rooms that need one another be built one after the other. It is complete before anything is served.
type wires struct {
	*thread.Service
	hub *live.Hub
}

var (
	_ identity.Events   = (*wires)(nil)
	_ identity.Accepted = (*wires)(nil)
	_ live.Threads      = (*wires)(nil)
)

// SessionLocked implements identity.Events.
func (w *wires) SessionLocked(session id.Session) { w.hub.SessionLocked(session) }

// SessionEnded implements identity.Events.
func (w *wires) SessionEnded(session id.Session) { w.hub.SessionEnded(session) }

// staff says who works here.
type staff struct {
	people *people.Service
	clock  clock.Clock
}

// Works implements thread.Staff.
func (s staff) Works(ctx context.Context, person id.Person) (bool, error) {
	found, err := s.people.Person(ctx, person)
	if errors.Is(err, people.ErrUnknown) {
		return false, nil
	}
	return err == nil && found.Active(s.clock.Now()), err
}

// links says which patients were identified here.
type links struct{ patients *patient.Desk }

// Check implements thread.Links.
func (l links) Check(ctx context.Context, in id.Thread, tag id.Tag, assertion, before id.Hash) error {
	err := l.patients.CheckLink(ctx, in, tag, assertion, before)
	if errors.Is(err, patient.ErrAssertion) {
		return thread.ErrLinkUnproved.Because(err)
	}
	return err
}

// eraser deletes the halves of messages that are being destroyed.
type eraser struct{ shred *shredstore.Store }

// Erase implements retention.Eraser. A message may have had several halves, when it was sealed again before it was accepted: all go.
func (e eraser) Erase(ctx context.Context, doomed []retention.Doomed) error {
	refs := make([]shredstore.Ref, 0, len(doomed))
	for _, one := range doomed {
		refs = append(refs, shredstore.Ref{Thread: one.Thread, Message: one.Tombstone.Message})
	}
	return e.shred.Delete(ctx, refs...)
}

// certifier is the retention room with what a certificate says of the organisation.
type certifier struct{ s *Server }

func (c certifier) Schedule(ctx context.Context) (retention.Schedule, error) {
	return c.s.keeper.Schedule(ctx)
}

func (c certifier) Plan(ctx context.Context, in id.Thread) ([]retention.Line, error) {
	return c.s.keeper.Plan(ctx, in)
}

func (c certifier) Certificate(ctx context.Context, what retention.Subject) (retention.Certificate, error) {
	issuer := retention.Issuer{
		Organisation: c.s.identity.Chain().Current().Organisation, ShredHorizon: time.Duration(c.s.identity.Policy().ShredHorizonMillis) * time.Millisecond,
	}
	return c.s.keeper.Certify(ctx, c.s.ledger, issuer, what)
}

func personOf(due work.Due) (id.Person, error) {
	person, err := id.FromBytes[id.Person](due.Subject)
	if err != nil {
		return id.Person{}, fault.New(fault.Invalid, "bad_subject", "This work names nobody.").Because(err)
	}
	return person, nil
}

// rooms is what the HTTP surface calls.
func (s *Server) rooms() httpapi.Rooms {
	return httpapi.Rooms{
		Enrolments: s.identity, SignIns: s.identity, Sessions: s.identity, PersonLogs: s.identity, Vaults: s.identity, Manifests: s.identity,
		Passkeys: s.identity, Unlockers: s.identity,
		Threads: s.threads, Epochs: s.threads, Messages: s.threads, Marks: s.threads, Quarantines: s.threads, Live: s.hub,
		Directory: s.people, Patients: s.patients, Records: s.records, Decisions: s.records, Holds: s.keeper, Retention: certifier{s}, Ledger: s.ledger, Policies: s.policies,
		Ready: func(ctx context.Context) error { return errors.Join(s.db.Ping(ctx), s.shred.Ping(ctx)) },
	}
}

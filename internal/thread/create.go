package thread

import (
	"bytes"
	"context"
	"errors"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// NewThread is a whole new thread, as wire objects.
type NewThread struct {
	Create  []byte   // signed create
	Entries [][]byte // signed membership entries, in order
	Epoch   EpochPost
}

// EpochPost is a new epoch, as wire objects.
type EpochPost struct {
	Record      []byte   // signed epoch-record
	Envelopes   [][]byte // members ascending, then seats ascending
	SealedState []byte
}

var errPair = fault.New(fault.Invalid, "direct_pair", "A direct conversation is between two people.")

// Create starts a thread with its first members, its patient when it has one, and its first epoch. The same bytes again get the same
// answer. seq is that of the last entry.
func (s *Service) Create(ctx context.Context, actor Actor, post NewThread) (made id.Thread, seq uint64, err error) {
	signed, create, err := parseSigned[envelope.Create](post.Create)
	if err != nil {
		return id.Thread{}, 0, err
	}
	if create.Person != actor.Person || create.Device != actor.Device {
		return id.Thread{}, 0, ErrWrongSender
	}
	if err := s.plausible(create.Created); err != nil {
		return id.Thread{}, 0, err
	}
	people := s.logsFor(ctx, actor, post.Entries...)
	if err := s.live(people, actor); err != nil {
		return id.Thread{}, 0, err
	}
	membership, err := envelope.NewMembership(envelope.Trust{Manifests: s.keys.Chain(), People: people}, signed)
	if err != nil {
		return id.Thread{}, 0, people.verdict(err)
	}
	made = membership.Thread()
	entries := []NewEntry{{Kind: envelope.EntryCreate, Hash: id.Hash(made), Device: actor.Device, Body: post.Create}}
	for _, body := range post.Entries {
		entry, err := s.appendEntry(ctx, actor, membership, body, people)
		if err != nil {
			return id.Thread{}, 0, err
		}
		entries = append(entries, entry)
	}
	if err := allowsStart(membership); err != nil {
		return id.Thread{}, 0, err
	}
	epoch, verified, err := s.verifyEpoch(ctx, actor, membership, nil, post.Epoch)
	if err != nil {
		return id.Thread{}, 0, err
	}
	creation := Creation{State: stateOf(membership), Entries: entries, Members: founding(membership), Epoch: &epoch, At: s.now()}
	event := audit.Event{
		Kind: audit.ThreadCreated, Actor: actor.Person, Subject: audit.About(made), At: creation.At,
		Details: map[string]string{"space": membership.Space().String(), "members": decimal(len(creation.Members))},
	}
	err = s.store.CreateThread(ctx, creation, event, func(w Written) {
		s.members.put(made, known{membership, verified})
		s.announce(w, nil)
	})
	if errors.Is(err, ErrExists) {
		return s.createdBefore(ctx, actor, made, post)
	}
	return made, uint64(len(entries)) + 1, err
}

// createdBefore answers a second try, whose bytes must be those of the first.
func (s *Service) createdBefore(ctx context.Context, actor Actor, made id.Thread, post NewThread) (id.Thread, uint64, error) {
	if _, _, err := s.store.Place(ctx, made, actor.Person); err != nil {
		return id.Thread{}, 0, err
	}
	bodies := append(append([][]byte{post.Create}, post.Entries...), post.Epoch.Record)
	last := uint64(len(bodies))
	entries, err := s.store.Entries(ctx, made, 0, last, len(bodies))
	if err != nil {
		return id.Thread{}, 0, err
	}
	for n, body := range bodies {
		if n >= len(entries) || !bytes.Equal(entries[n].Body, body) {
			return id.Thread{}, 0, ErrExists
		}
	}
	return made, last, nil
}

// allowsStart is what a space asks of a thread before its first epoch.
func allowsStart(m *envelope.Membership) error {
	if !envelope.MayKeep(m.Space(), m.Create().Retention) {
		return ErrClass
	}
	switch m.Space() {
	case envelope.SpacePatient:
		switch len(m.Links()) {
		case 0:
			return ErrLinkNeeded
		case 1:
		default:
			return ErrLinkWithoutEpoch // a later one needs keys of its own
		}
	case envelope.SpaceDirect:
		if len(m.Members()) != 2 {
			return errPair
		}
	}
	return nil
}

// founding are the members of a new thread, with the places of the entries that brought them in.
func founding(m *envelope.Membership) []Member {
	var members []Member
	for _, one := range m.Members() {
		member := memberOf(one)
		member.JoinedSeq = uint64(one.Since) + 1 // create is entry 1, and membership entry n is entry n+1
		members = append(members, member)
	}
	return members
}

func memberOf(m envelope.Member) Member {
	member := Member{Person: m.Person, MemberRole: m.Role, Identity: m.Identity, Standby: m.Standby, History: m.History}
	if m.Until != 0 {
		member.Until = m.Until.Time()
	}
	return member
}

// stateOf is the part of a new thread's state that follows from its membership log.
func stateOf(m *envelope.Membership) State {
	create := m.Create()
	s := State{
		Thread: m.Thread(), Space: create.Space, Name: m.Name(), AddBy: create.AddBy, PostBy: create.PostBy, Retention: create.Retention,
		Creator: create.Person, MembershipSeq: m.Seq(), MembershipHead: m.Head(),
	}
	if link, linked := m.Link(); linked {
		s.Link = Link{link.Tag, link.Assertion}
	}
	return s
}

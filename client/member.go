package client

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// AddOptions say how somebody is added.
type AddOptions struct {
	Reason envelope.AddReason // care team when it is zero
	// History gives them everything that was said before, as far as this member can read it.
	History bool
	Role    envelope.ThreadRole // member when it is zero
	Standby bool
	Note    string // sealed; only members read it
}

// Add brings somebody in, with a new epoch, and gives them the history when that is asked for.
func (s *Session) Add(ctx context.Context, in id.Thread, person id.Person, options AddOptions) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.refreshPeople(ctx, person); err != nil {
		return err
	}
	if options.Reason == 0 {
		options.Reason = envelope.AddCareTeam
	}
	err = s.change(ctx, t, true, func(head envelope.EntryHead) (envelope.Object, error) {
		add, err := s.addEntry(head, person, options.Reason)
		if err != nil {
			return nil, err
		}
		add.History, add.Standby = options.History, options.Standby
		if options.Role != 0 {
			add.MemberRole = options.Role
		}
		add.Note, err = s.sealNote(t, head.Seq, options.Note)
		return add, err
	})
	if err != nil || !options.History {
		return err
	}
	return s.giveAll(ctx, t, person)
}

// Remove takes somebody out, oneself too, with a new epoch that they get no part of.
func (s *Session) Remove(ctx context.Context, in id.Thread, person id.Person, reason envelope.RemoveReason, note string) error {
	return s.changeMembers(ctx, in, person != s.person, func(t *thread, head envelope.EntryHead) (envelope.Object, error) {
		sealed, err := s.sealNote(t, head.Seq, note)
		return &envelope.Remove{EntryHead: head, Target: person, Reason: reason, Note: sealed}, err
	})
}

// Rekey readmits somebody who has a new identity, after this member has made sure that it is theirs, and gives them back what they may have.
func (s *Session) Rekey(ctx context.Context, in id.Thread, person id.Person) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	err = s.change(ctx, t, true, func(head envelope.EntryHead) (envelope.Object, error) {
		if err := s.refreshPeople(ctx, person); err != nil {
			return nil, err
		}
		state := s.people[person]
		if state == nil {
			return nil, ErrNotEnrolled
		}
		return &envelope.Rekey{EntryHead: head, Target: person, Identity: state.IdentityHash()}, nil
	})
	if err != nil {
		return err
	}
	return s.giveAll(ctx, t, person)
}

// SetRole changes what a member is in a thread.
func (s *Session) SetRole(ctx context.Context, in id.Thread, person id.Person, role envelope.ThreadRole) error {
	return s.changeMembers(ctx, in, false, func(_ *thread, head envelope.EntryHead) (envelope.Object, error) {
		return &envelope.MemberRole{EntryHead: head, Target: person, MemberRole: role}, nil
	})
}

// Rename gives a thread another name.
func (s *Session) Rename(ctx context.Context, in id.Thread, name string) error {
	name, err := tidyText(name)
	if err != nil {
		return err
	}
	return s.changeMembers(ctx, in, false, func(_ *thread, head envelope.EntryHead) (envelope.Object, error) {
		return &envelope.Rename{EntryHead: head, Name: name}, nil
	})
}

func (s *Session) changeMembers(
	ctx context.Context, in id.Thread, rotate bool, entry func(*thread, envelope.EntryHead) (envelope.Object, error),
) error {
	t, err := s.enterThread(in)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.change(ctx, t, rotate, func(head envelope.EntryHead) (envelope.Object, error) { return entry(t, head) })
}

type entryBody struct {
	Entry []byte     `json:"entry"`
	Epoch *epochPost `json:"epoch,omitempty"`
}

// change appends one membership entry, with the epoch that it calls for. When somebody else changed the thread first, it is made anew for what the
// thread is then. After a lost answer the same bytes go again, which the server knows.
func (s *Session) change(ctx context.Context, t *thread, rotate bool, make func(envelope.EntryHead) (envelope.Object, error)) error {
	return s.changeWith(ctx, t, rotate, nil, make)
}

// changeState is change with an epoch that has another state than the one before it.
func (s *Session) changeState(ctx context.Context, t *thread, state *envelope.ThreadState, make func(envelope.EntryHead) (envelope.Object, error)) error {
	return s.changeWith(ctx, t, true, state, make)
}

func (s *Session) changeWith(
	ctx context.Context, t *thread, rotate bool, state *envelope.ThreadState, make func(envelope.EntryHead) (envelope.Object, error),
) error {
	for race := 0; ; race++ {
		if err := s.stopped(t); err != nil {
			return err
		}
		body, made, entry, err := s.makeChange(ctx, t, rotate, state, make)
		if err != nil {
			return err
		}
		if made != nil {
			s.made[made.Epoch.Hash] = made
		}
		posted := s.again(ctx, "POST", "/v1/threads/"+t.id.String()+"/entries", body, nil)
		if posted != nil && !lostRace(posted) && !uncertain(posted) {
			s.forget(made)
			return posted
		}
		known := s.known(t)
		synced := s.syncThread(ctx, t.id)
		s.forget(made)
		if synced != nil {
			return errors.Join(posted, synced)
		}
		if _, done := t.log.Position(entry); done || posted == nil {
			s.madeNewest(ctx, t, made)
			return nil
		}
		if uncertain(posted) || s.known(t) == known || race == races {
			return posted
		}
	}
}

// known counts what is known of a thread, its people and the manifest: when it has not grown, trying again cannot help.
func (s *Session) known(t *thread) uint64 {
	known := t.log.Seq() + uint64(s.manifests.Current().Version)
	for _, person := range t.people() {
		if state := s.people[person]; state != nil {
			known += uint64(state.Seq())
		}
	}
	return known
}

func (s *Session) forget(made *envelope.MadeEpoch) {
	if made != nil {
		delete(s.made, made.Epoch.Hash)
	}
}

func (s *Session) makeChange(
	ctx context.Context, t *thread, rotate bool, state *envelope.ThreadState, make func(envelope.EntryHead) (envelope.Object, error),
) (*entryBody, *envelope.MadeEpoch, id.Hash, error) {
	fail := func(err error) (*entryBody, *envelope.MadeEpoch, id.Hash, error) { return nil, nil, id.Hash{}, err }
	object, err := make(s.nextEntry(t.membership))
	if err != nil {
		return fail(err)
	}
	signed, err := envelope.SignObject(object, s.device.stamp())
	if err != nil {
		return fail(err)
	}
	after, err := t.membership.At(t.membership.Seq(), t.membership.Head())
	if err != nil {
		return fail(err)
	}
	if err := after.Append(s.trust(t), signed); err != nil {
		return fail(err)
	}
	body := &entryBody{}
	if body.Entry, err = envelope.Encode(signed); err != nil {
		return fail(err)
	}
	if !rotate || !after.MayPost(s.person) {
		return body, nil, after.Head(), nil
	}
	if err := s.mustBeLogged(ctx, membersOf(after)...); err != nil {
		return fail(err)
	}
	made, post, err := s.makeEpoch(t, after, state)
	if err != nil {
		return fail(err)
	}
	body.Epoch = post
	return body, made, after.Head(), nil
}

// sealNote seals the free text of an entry under the newest epoch that is open here; nil for no text.
func (s *Session) sealNote(t *thread, seq uint32, text string) (*envelope.Note, error) {
	text, err := tidyText(text)
	if err != nil || text == "" {
		return nil, err
	}
	now := t.current()
	if now == nil || now.key == nil {
		return nil, refuse(envelope.WrongSecret, "there is no epoch to seal a note under")
	}
	return now.key.SealNote(seq, text, s.client.entropy)
}

func membersOf(membership *envelope.Membership) []id.Person {
	var people []id.Person
	for _, member := range membership.Members() {
		people = append(people, member.Person)
	}
	return people
}

package thread

import (
	"bytes"
	"context"
	"strconv"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

var (
	errNotMember = fault.New(fault.Forbidden, "not_a_member", "You are no longer in this conversation.")
	errOutsider  = fault.New(fault.Invalid, "not_staff", "Only people who work here now can be added.")
)

// Append adds a membership entry, with the epoch that it calls for when there is one. The same bytes again get the same answer.
func (s *Service) Append(ctx context.Context, actor Actor, in id.Thread, body []byte, post *EpochPost) (seq uint64, err error) {
	records, err := s.recordsFor(ctx, actor, in)
	if err != nil {
		return 0, err
	}
	_, head, err := parseEntry(body)
	if err != nil {
		return 0, err
	}
	if head.Thread != in || head.Person != actor.Person || head.Device != actor.Device {
		return 0, ErrWrongSender
	}
	if int64(head.Seq) < int64(len(records.Entries)) {
		if there := records.Entries[head.Seq]; bytes.Equal(there.Body, body) {
			return there.Seq, nil
		}
		return 0, Moved(records.State)
	}
	if head.Seq != records.State.MembershipSeq+1 || head.Previous != records.State.MembershipHead {
		return 0, Moved(records.State)
	}
	before, err := s.know(ctx, records)
	if err != nil {
		return 0, err
	}
	after, err := before.membership.At(records.State.MembershipSeq, records.State.MembershipHead)
	if err != nil {
		return 0, errStored.Because(err)
	}
	entry, err := s.appendEntry(ctx, actor, after, body, s.logsFor(ctx, actor, body))
	if err != nil {
		return 0, err
	}
	change := s.change(before.membership, after, entry)
	if err := allowsRelink(records.State, change.Effect.Link, post); err != nil {
		return 0, err
	}
	next := known{after, before.epoch}
	if post != nil {
		epoch, verified, err := s.verifyEpoch(ctx, actor, after, before.epoch, *post)
		if err != nil {
			return 0, err
		}
		change.Epoch, next.epoch = &epoch, verified
	}
	return s.commit(ctx, actor.Person, change, next)
}

// commit writes a change and tells about it.
func (s *Service) commit(ctx context.Context, by id.Person, c Change, next known) (seq uint64, err error) {
	kind, _ := envelope.TypeOf(c.object)
	details := map[string]string{"entry": kind.Name(), "seq": decimal(int(c.Seq))}
	if !c.target.IsZero() {
		details["target"] = c.target.String()
	}
	event := audit.Event{Kind: audit.Membership, Actor: by, Subject: audit.About(c.Thread), At: c.At, Details: details}
	err = s.store.ChangeMembers(ctx, c, event, func(w Written) {
		seq = w.Entries[0].Seq
		s.members.put(c.Thread, next)
		s.announce(w, c.Effect.Leave)
	})
	return seq, err
}

// change is an entry with what it does.
func (s *Service) change(before, after *envelope.Membership, entry NewEntry) Change {
	signed, _ := envelope.Parse[envelope.Signed](entry.Body)
	c := Change{Thread: after.Thread(), Previous: before.Head(), Entry: entry, Seq: after.Seq(), At: s.now(), object: signed.Object}
	c.target = targetOf(signed.Object)
	c.Effect.Name = after.Name()
	if link, linked := after.Link(); linked {
		c.Effect.Link = Link{link.Tag, link.Assertion}
	}
	for _, now := range after.Members() {
		then, was := before.Member(now.Person)
		switch {
		case !was:
			c.Effect.Join = append(c.Effect.Join, memberOf(now))
		case then.Role != now.Role || then.Identity != now.Identity:
			c.Effect.Update = append(c.Effect.Update, memberOf(now))
		}
	}
	for _, then := range before.Members() {
		if _, still := after.Member(then.Person); !still {
			c.Effect.Leave = append(c.Effect.Leave, then.Person)
		}
	}
	return c
}

// appendEntry verifies an entry by the actor and takes it into the membership. What only the server can know is checked here: that somebody who is
// added works here, and that the patient who is linked was looked up for this thread.
func (s *Service) appendEntry(
	ctx context.Context, actor Actor, membership *envelope.Membership, body []byte, people *logs,
) (NewEntry, error) {
	signed, head, err := parseEntry(body)
	if err != nil {
		return NewEntry{}, err
	}
	if head.Person != actor.Person || head.Device != actor.Device {
		return NewEntry{}, ErrWrongSender
	}
	if err := s.plausible(head.Issued); err != nil {
		return NewEntry{}, err
	}
	if err := s.live(people, actor); err != nil {
		return NewEntry{}, err
	}
	if err := membership.Append(envelope.Trust{Manifests: s.keys.Chain(), People: people}, signed); err != nil {
		return NewEntry{}, people.verdict(err)
	}
	kind, _ := signed.Kind()
	switch kind {
	case envelope.TypeAdd:
		works, err := s.staff.Works(ctx, targetOf(signed.Object))
		if err != nil {
			return NewEntry{}, err
		}
		if !works {
			return NewEntry{}, errOutsider
		}
	case envelope.TypeLink:
		links := membership.Links()
		link, before := links[len(links)-1], id.Hash{}
		if len(links) > 1 {
			before = links[len(links)-2].Assertion
		}
		if err := s.links.Check(ctx, membership.Thread(), link.Tag, link.Assertion, before); err != nil {
			return NewEntry{}, err
		}
	}
	return NewEntry{Kind: envelope.EntryMembership, Hash: membership.Head(), Device: actor.Device, Body: body}, nil
}

// logsFor are the logs of the actor and of those whom entries are about, asked for at once.
func (s *Service) logsFor(ctx context.Context, actor Actor, bodies ...[]byte) *logs {
	wanted := []id.Person{actor.Person}
	for _, body := range bodies {
		if signed, _, err := parseEntry(body); err == nil { // what is wrong with it is said later
			if target := targetOf(signed.Object); !target.IsZero() {
				wanted = append(wanted, target)
			}
		}
	}
	_, people := s.trust(ctx, wanted...)
	return people
}

// recordsFor are a thread's records, for somebody who is a member now.
func (s *Service) recordsFor(ctx context.Context, actor Actor, in id.Thread) (Records, error) {
	_, member, err := s.store.Place(ctx, in, actor.Person)
	if err != nil {
		return Records{}, err
	}
	if !member.Served(s.now()) {
		return Records{}, errNotMember
	}
	return s.store.Membership(ctx, in)
}

// plausible bounds the author's claim of the time. Clocks differ, and a slow one is no reason to lose a message; one that is a day
// ahead would put its messages behind everything that is still to come.
func (s *Service) plausible(claimed envelope.Time) error {
	if claimed.Time().Sub(s.now()) > day {
		return ErrFuture
	}
	return nil
}

// parseSigned reads a signed object of one type.
func parseSigned[T any, P interface {
	*T
	envelope.Object
}](body []byte) (*envelope.Signed, *T, error) {
	signed, err := envelope.Parse[envelope.Signed](body)
	if err != nil {
		return nil, nil, refusal(err)
	}
	object := P(new(T))
	decoded, err := envelope.Decode(object.Type(), signed.Object)
	if err != nil {
		return nil, nil, refusal(err)
	}
	return signed, (*T)(decoded.(P)), nil
}

// parseEntry reads a signed membership entry.
func parseEntry(body []byte) (*envelope.Signed, *envelope.EntryHead, error) {
	signed, err := envelope.Parse[envelope.Signed](body)
	if err != nil {
		return nil, nil, refusal(err)
	}
	object, err := envelope.DecodeAny(signed.Object)
	if err != nil {
		return nil, nil, refusal(err)
	}
	switch entry := object.(type) {
	case *envelope.Add:
		return signed, &entry.EntryHead, nil
	case *envelope.Remove:
		return signed, &entry.EntryHead, nil
	case *envelope.Rekey:
		return signed, &entry.EntryHead, nil
	case *envelope.MemberRole:
		return signed, &entry.EntryHead, nil
	case *envelope.Link:
		return signed, &entry.EntryHead, nil
	case *envelope.Rename:
		return signed, &entry.EntryHead, nil
	}
	return nil, nil, refusal(&envelope.Refusal{Code: envelope.Malformed, Detail: "not a membership entry"})
}

// targetOf is whom an entry is about, zero when it is about nobody.
func targetOf(object []byte) id.Person {
	entry, err := envelope.DecodeAny(object)
	if err != nil {
		return id.Person{}
	}
	switch entry := entry.(type) {
	case *envelope.Add:
		return entry.Target
	case *envelope.Remove:
		return entry.Target
	case *envelope.Rekey:
		return entry.Target
	case *envelope.MemberRole:
		return entry.Target
	}
	return id.Person{}
}

func decimal(n int) string { return strconv.Itoa(n) }

package client

import (
	"context"
	"io"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// TeamOptions are a team thread's rules; the zero value lets owners add and every member write.
type TeamOptions struct {
	AddBy  envelope.Who
	PostBy envelope.Who
	// Space is team when it is zero; social and announcement spaces are made the same way.
	Space envelope.Space
	// Reason is why the first members are there; founding when it is zero.
	Reason envelope.AddReason
}

const defaultRetention = 1

type createBody struct {
	Create  []byte     `json:"create"`
	Entries [][]byte   `json:"entries"`
	Epoch   *epochPost `json:"epoch"`
}

// founding is a thread that is being made: its id is known before the server has heard of it.
type founding struct {
	create     *envelope.Signed
	membership *envelope.Membership
	entries    []*envelope.Signed
	state      envelope.ThreadState
}

// CreateTeam starts a named thread with these people.
func (s *Session) CreateTeam(ctx context.Context, name string, people []id.Person, options TeamOptions) (id.Thread, error) {
	if err := s.enter(); err != nil {
		return id.Thread{}, err
	}
	defer s.mu.Unlock()
	space := options.Space
	if space == 0 {
		space = envelope.SpaceTeam
	}
	name, err := tidyText(name)
	if err != nil {
		return id.Thread{}, err
	}
	f, err := s.found(envelope.Create{Space: space, Name: name, AddBy: orOwner(options.AddBy), PostBy: orMember(options.PostBy)})
	if err != nil {
		return id.Thread{}, err
	}
	if err := s.invite(ctx, f, people, options.Reason); err != nil {
		return id.Thread{}, err
	}
	return s.start(ctx, f)
}

// CreateDirect finds or starts the thread between two people: there is one.
func (s *Session) CreateDirect(ctx context.Context, with id.Person) (id.Thread, error) {
	if err := s.enter(); err != nil {
		return id.Thread{}, err
	}
	defer s.mu.Unlock()
	f, err := s.found(envelope.Create{Space: envelope.SpaceDirect, AddBy: envelope.WhoOwner, PostBy: envelope.WhoMember})
	if err != nil {
		return id.Thread{}, err
	}
	if err := s.invite(ctx, f, []id.Person{with}, 0); err != nil {
		return id.Thread{}, err
	}
	made, err := s.start(ctx, f)
	if !hasCode(err, "direct_exists") {
		return made, err
	}
	return s.existingDirect(ctx, with, err)
}

// existingDirect takes the thread that the server names, if it is what it should be: direct, and between these two.
func (s *Session) existingDirect(ctx context.Context, with id.Person, answer error) (id.Thread, error) {
	var there id.Thread
	if problem, ok := answer.(*Problem); !ok || !problem.Extension("thread", &there) {
		return id.Thread{}, answer
	}
	if err := s.syncThread(ctx, there); err != nil {
		return id.Thread{}, err
	}
	t := s.threads[there]
	if t == nil || t.membership.Space() != envelope.SpaceDirect || !t.isMember(s.person) || !t.isMember(with) {
		return id.Thread{}, refuse(envelope.WrongMembers, "the server named a thread that is not between these two")
	}
	return there, nil
}

// found makes and signs the creating entry; the caller gives space, name and rules.
func (s *Session) found(create envelope.Create) (*founding, error) {
	create.Person, create.Device, create.Identity = s.person, s.device.ID, s.self.IdentityHash()
	create.Retention, create.Manifest, create.Created = defaultRetention, s.manifests.Current().Hash, s.client.now()
	if _, err := io.ReadFull(s.client.entropy, create.Nonce[:]); err != nil {
		return nil, err
	}
	signed, err := envelope.SignObject(&create, s.device.stamp())
	if err != nil {
		return nil, err
	}
	membership, err := envelope.NewMembership(s.trust(nil), signed)
	if err != nil {
		return nil, err
	}
	return &founding{create: signed, membership: membership}, nil
}

// append signs and verifies the next entry of a thread that is being made.
func (f *founding) append(s *Session, entry envelope.Object) error {
	signed, err := envelope.SignObject(entry, s.device.stamp())
	if err != nil {
		return err
	}
	if err := f.membership.Append(s.trust(nil), signed); err != nil {
		return err
	}
	f.entries = append(f.entries, signed)
	return nil
}

// invite adds the first members. Each is pinned to the identity that their own verified log has.
func (s *Session) invite(ctx context.Context, f *founding, people []id.Person, reason envelope.AddReason) error {
	people = slices.DeleteFunc(slices.Clone(people), func(one id.Person) bool { return one == s.person })
	if err := s.refreshPeople(ctx, people...); err != nil {
		return err
	}
	if reason == 0 {
		reason = envelope.AddFounding
	}
	for _, person := range people {
		add, err := s.addEntry(s.nextEntry(f.membership), person, reason)
		if err != nil {
			return err
		}
		add.History = true // there is none yet, and they belong to it from the beginning
		if err := f.append(s, add); err != nil {
			return err
		}
	}
	return nil
}

// start makes the first epoch and posts everything at once. The same bytes again get the same answer.
func (s *Session) start(ctx context.Context, f *founding) (id.Thread, error) {
	in := f.membership.Thread()
	if err := s.mustBeLogged(ctx, membersOf(f.membership)...); err != nil {
		return id.Thread{}, err
	}
	made, post, err := s.finishEpoch(envelope.EpochInput{
		Trust: s.trust(nil), Membership: f.membership, State: f.state, Person: s.person, Device: s.device.ID, Key: s.device.signer(),
		Issued: s.client.now(), Entropy: s.client.entropy,
	})
	if err != nil {
		return id.Thread{}, err
	}
	body := createBody{Epoch: post, Entries: [][]byte{}}
	if body.Create, err = envelope.Encode(f.create); err != nil {
		return id.Thread{}, err
	}
	for _, entry := range f.entries {
		encoded, err := envelope.Encode(entry)
		if err != nil {
			return id.Thread{}, err
		}
		body.Entries = append(body.Entries, encoded)
	}
	if err := s.again(ctx, "POST", "/v1/threads", body, nil); err != nil {
		return id.Thread{}, err
	}
	s.made[made.Epoch.Hash] = made
	return in, s.syncThread(ctx, in)
}

// nextEntry is the beginning of the next membership entry by this device.
func (s *Session) nextEntry(membership *envelope.Membership) envelope.EntryHead {
	return envelope.EntryHead{
		Thread: membership.Thread(), Seq: membership.Seq() + 1, Previous: membership.Head(), Person: s.person, Device: s.device.ID,
		Issued: s.client.now(),
	}
}

func (s *Session) addEntry(head envelope.EntryHead, person id.Person, reason envelope.AddReason) (*envelope.Add, error) {
	state := s.people[person]
	if state == nil {
		return nil, ErrNotEnrolled
	}
	return &envelope.Add{
		EntryHead: head, Target: person, Identity: state.IdentityHash(), MemberRole: envelope.RoleMember, Reason: reason,
	}, nil
}

func orOwner(who envelope.Who) envelope.Who {
	if who == 0 {
		return envelope.WhoOwner
	}
	return who
}

func orMember(who envelope.Who) envelope.Who {
	if who == 0 {
		return envelope.WhoMember
	}
	return who
}

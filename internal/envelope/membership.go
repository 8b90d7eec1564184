package envelope

import (
	"maps"
	"slices"

	"github.com/wardline/wardline/internal/id"
)

// Member is one person in a thread.
type Member struct {
	Person id.Person
	// Identity is the identity hash that the thread pins.
	Identity id.Hash
	Role     ThreadRole
	History  bool
	Standby  bool
	Until    Time
	// Since is the seq of the add that brought the person in, 0 for the creator.
	Since uint32
	// PinnedSeq and PinnedAt are the seq and time of the create, add or rekey that pinned the identity.
	PinnedSeq uint32
	PinnedAt  Time
}

// Membership is a verified membership log: who is in a thread, as what.
type Membership struct {
	thread  id.Thread
	create  Create
	entries []entry
	heads   []id.Hash // the hash of every entry, the creating one first

	members map[id.Person]Member
	everIn  map[id.Person]bool
	links   []*Link // in order
	name    string
}

// entry is any membership entry after the first.
type entry interface {
	Object
	head() *EntryHead
}

// NewMembership verifies the entry that creates a thread.
func NewMembership(trust Trust, signed *Signed) (*Membership, error) {
	create, err := Open[Create](signed)
	if err != nil {
		return nil, err
	}
	hash, err := signed.Hash()
	if err != nil {
		return nil, err
	}
	if (create.Space == SpacePatient || create.Space == SpaceDirect) && create.Name != "" {
		return nil, refuse(NotEntitled, "a patient or direct thread has no name in the open")
	}
	if _, ok := trust.Manifests.ByHash(create.Manifest); !ok {
		return nil, refuse(BrokenChain, "unknown manifest")
	}
	act := Act{Thread: id.Thread(hash), Entry: hash, At: create.Created}
	if err := verifyByDevice(trust, signed, create.Person, create.Device, create.Identity, act); err != nil {
		return nil, err
	}
	membership := &Membership{thread: id.Thread(hash), create: *create, heads: []id.Hash{hash}}
	membership.begin()
	return membership, nil
}

// VerifyMembershipLog verifies a whole log, the creating entry first.
func VerifyMembershipLog(trust Trust, log ...*Signed) (*Membership, error) {
	if len(log) == 0 {
		return nil, refuse(BrokenChain, "empty membership log")
	}
	membership, err := NewMembership(trust, log[0])
	for _, signed := range log[1:] {
		if err != nil {
			return nil, err
		}
		err = membership.Append(trust, signed)
	}
	if err != nil {
		return nil, err
	}
	return membership, nil
}

// Append verifies the next entry and takes it in: section 6.1 of docs/protocol.md. After a refusal nothing has changed.
func (m *Membership) Append(trust Trust, signed *Signed) error {
	kind, err := signed.Kind()
	if err != nil {
		return err
	}
	object, err := Decode(kind, signed.Object)
	if err != nil {
		return err
	}
	next, ok := object.(entry)
	if !ok {
		return refuse(Malformed, "not a membership entry")
	}
	hash, err := signed.Hash()
	if err != nil {
		return err
	}
	head := next.head()
	if head.Thread != m.thread || int64(head.Seq) != int64(len(m.entries))+1 || head.Previous != m.Head() {
		return refuse(BrokenChain, "membership entry does not follow")
	}
	if err := m.verifySigner(trust, signed, next, hash); err != nil {
		return err
	}
	if err := m.allows(trust, next); err != nil {
		return err
	}
	m.entries, m.heads = append(m.entries, next), append(m.heads, hash)
	m.apply(next)
	return nil
}

// verifySigner checks who signed. Only a removal may be the server's, and it then names no person.
func (m *Membership) verifySigner(trust Trust, signed *Signed, next entry, hash id.Hash) error {
	head := next.head()
	if remove, ok := next.(*Remove); ok && head.Person.IsZero() && head.Device.IsZero() {
		switch remove.Reason {
		case RemoveLeaver, RemoveMover, RemoveLostDevice:
			return trust.Manifests.VerifyServer(signed, PurposeRemove)
		}
		return refuse(NotEntitled, "the server removes leavers, movers and lost accounts only")
	}
	member, ok := m.members[head.Person]
	if !ok {
		return refuse(NotEntitled, "not a member")
	}
	act := Act{Thread: m.thread, Entry: hash, At: head.Issued, Order: trust.Order}
	return verifyByDevice(trust, signed, member.Person, head.Device, member.Identity, act)
}

// verifyByDevice checks that the only signature is that of a device of the person, certified by the identity that the thread pins.
func verifyByDevice(trust Trust, signed *Signed, person id.Person, device id.Device, pinned id.Hash, act Act) error {
	state, err := trust.person(person)
	if err != nil {
		return err
	}
	act.Order = trust.Order
	live, err := state.CheckAct(device, act)
	if err != nil {
		return err
	}
	if live.Identity != pinned {
		return refuse(WrongIdentity, "the device belongs to another identity than the thread pins")
	}
	return signed.verify(needDevice(device, live.Key))
}

// Thread is the thread's id.
func (m *Membership) Thread() id.Thread { return m.thread }

// Create is the entry that created the thread.
func (m *Membership) Create() Create { return m.create }

// Space is the thread's space.
func (m *Membership) Space() Space { return m.create.Space }

// Seq is the seq of the last entry, 0 for the creating one.
func (m *Membership) Seq() uint32 { return uint32(len(m.entries)) }

// Head is the hash of the last entry.
func (m *Membership) Head() id.Hash { return m.heads[len(m.heads)-1] }

// Name is the name that the server sees; empty in patient and direct threads.
func (m *Membership) Name() string { return m.name }

// Link is the entry that ties the thread to a patient: the newest, where a later one said better who that is.
func (m *Membership) Link() (Link, bool) {
	if len(m.links) == 0 {
		return Link{}, false
	}
	return *m.links[len(m.links)-1], true
}

// Links are all links that the thread ever had, in order.
func (m *Membership) Links() []Link {
	links := make([]Link, len(m.links))
	for n, link := range m.links {
		links[n] = *link
	}
	return links
}

// continued is the assertion that the present link's takes the place of, zero for the first.
func (m *Membership) continued() id.Hash {
	if len(m.links) < 2 {
		return id.Hash{}
	}
	return m.links[len(m.links)-2].Assertion
}

// Member finds a member.
func (m *Membership) Member(person id.Person) (Member, bool) {
	member, ok := m.members[person]
	return member, ok
}

// Members lists the members, ascending by id.
func (m *Membership) Members() []Member {
	return slices.SortedFunc(maps.Values(m.members), func(a, b Member) int { return a.Person.Compare(b.Person) })
}

// At is the membership at an earlier entry, a copy. A head that is not the one at that seq is another history: a split view or a
// forgery.
func (m *Membership) At(seq uint32, head id.Hash) (*Membership, error) {
	if int64(seq) >= int64(len(m.heads)) || m.heads[seq] != head {
		return nil, refuse(BrokenChain, "no such membership head")
	}
	then := &Membership{
		thread: m.thread, create: m.create, entries: slices.Clip(m.entries[:seq]), heads: slices.Clip(m.heads[:seq+1]),
	}
	then.begin()
	for _, entry := range then.entries {
		then.apply(entry)
	}
	return then, nil
}

// since lists what a person was from an entry on, without repetition.
func (m *Membership) since(seq uint32, person id.Person) (standings []Member) {
	then := &Membership{create: m.create}
	then.begin()
	for at := uint32(0); ; at++ {
		if was, ok := then.members[person]; ok && at >= seq && !slices.Contains(standings, was) {
			standings = append(standings, was)
		}
		if at == m.Seq() {
			return standings
		}
		then.apply(m.entries[at])
	}
}

// MayPost says whether a person may send messages and make epochs.
func (m *Membership) MayPost(person id.Person) bool {
	member, ok := m.members[person]
	return ok && (member.Role == RoleOwner || member.Role == RoleMember && m.create.PostBy == WhoMember)
}

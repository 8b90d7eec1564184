package envelope

import "github.com/wardline/wardline/internal/id"

// allows is the table of section 6.1 of docs/protocol.md: who may make which entry. The signature has been checked before.
func (m *Membership) allows(trust Trust, next entry) error {
	author, isMember := m.members[next.head().Person]
	acts := isMember && author.Role != RoleReader // where the document says any member, a reader is not meant
	owner := isMember && author.Role == RoleOwner
	space := m.Space()
	switch next := next.(type) {
	case *Add:
		return m.allowsAdd(trust, next, acts, owner)
	case *Remove:
		return m.allowsRemove(next, acts, owner, isMember)
	case *Rekey:
		return m.allowsRekey(trust, next, acts)
	case *MemberRole:
		target, ok := m.members[next.Target]
		switch {
		case !owner:
			return refuse(NotEntitled, "only an owner changes roles")
		case !ok:
			return refuse(NotEntitled, "not a member")
		case target.Role == RoleOwner && next.MemberRole != RoleOwner && m.owners() == 1:
			return refuse(NotEntitled, "the last owner stays an owner")
		}
	case *Link:
		switch {
		case space != SpacePatient || !acts:
			return refuse(NotEntitled, "only a member links, and only a patient thread")
		case len(m.links) == 0:
		case !m.MayPost(author.Person):
			return refuse(NotEntitled, "only somebody who may post links again")
		case m.links[len(m.links)-1].Assertion == next.Assertion:
			return refuse(NotEntitled, "linked so already")
		}
	case *Rename:
		if !owner || space == SpacePatient || space == SpaceDirect {
			return refuse(NotEntitled, "only an owner renames, and not a patient or direct thread")
		}
	}
	return nil
}

func (m *Membership) allowsAdd(trust Trust, add *Add, acts, owner bool) error {
	_, already := m.members[add.Target]
	switch {
	case !owner && !(acts && m.create.AddBy == WhoMember):
		return refuse(NotEntitled, "may not add")
	case !owner && add.MemberRole == RoleOwner:
		return refuse(NotEntitled, "only an owner adds an owner")
	case already:
		return refuse(NotEntitled, "a member already")
	case m.Space() == SpaceDirect && !m.everIn[add.Target] && len(m.everIn) >= 2:
		return refuse(NotEntitled, "a direct thread is between two people")
	}
	return checkBound(trust, add.Target, add.Identity)
}

func (m *Membership) allowsRemove(remove *Remove, acts, owner, isMember bool) error {
	byServer := !isMember // verifySigner let no other stranger through
	self := isMember && remove.Person == remove.Target
	if _, ok := m.members[remove.Target]; !ok {
		return refuse(NotEntitled, "not a member")
	}
	if byServer || owner || self || acts && m.Space() == SpacePatient {
		return nil
	}
	return refuse(NotEntitled, "may not remove")
}

func (m *Membership) allowsRekey(trust Trust, rekey *Rekey, acts bool) error {
	target, ok := m.members[rekey.Target]
	switch {
	case !acts || rekey.Person == rekey.Target:
		return refuse(NotEntitled, "another member must readmit")
	case !ok:
		return refuse(NotEntitled, "not a member")
	case target.Identity == rekey.Identity:
		return refuse(NotEntitled, "pinned already")
	}
	return checkBound(trust, rekey.Target, rekey.Identity)
}

// checkBound holds an identity that is about to be pinned against the person's own log.
func checkBound(trust Trust, person id.Person, identity id.Hash) error {
	state, err := trust.person(person)
	if err != nil {
		return err
	}
	if !state.HadIdentity(identity) {
		return refuse(WrongIdentity, "the person's log binds no such identity")
	}
	return nil
}

// begin is the membership after the creating entry alone.
func (m *Membership) begin() {
	creator := m.create.Person
	m.members = map[id.Person]Member{creator: {
		Person: creator, Identity: m.create.Identity, Role: RoleOwner, History: true, PinnedAt: m.create.Created,
	}}
	m.everIn = map[id.Person]bool{creator: true}
	m.name = m.create.Name
}

// apply is what an entry that has been verified changes.
func (m *Membership) apply(next entry) {
	head := next.head()
	switch next := next.(type) {
	case *Add:
		m.members[next.Target] = Member{
			Person: next.Target, Identity: next.Identity, Role: next.MemberRole, History: next.History, Standby: next.Standby,
			Until: next.Until, Since: head.Seq, PinnedSeq: head.Seq, PinnedAt: head.Issued,
		}
		m.everIn[next.Target] = true
	case *Remove:
		delete(m.members, next.Target)
		m.succeed()
	case *Rekey:
		member := m.members[next.Target]
		member.Identity, member.PinnedSeq, member.PinnedAt = next.Identity, head.Seq, head.Issued
		m.members[next.Target] = member
	case *MemberRole:
		member := m.members[next.Target]
		member.Role = next.MemberRole
		m.members[next.Target] = member
	case *Link:
		m.links = append(m.links, next)
	case *Rename:
		m.name = next.Name
	}
}

func (m *Membership) owners() int {
	count := 0
	for _, member := range m.members {
		if member.Role == RoleOwner {
			count++
		}
	}
	return count
}

// succeed makes the longest-standing member an owner when a removal has left none: the server cannot, and a thread whose only owner
// leaves the trust must not be stuck.
func (m *Membership) succeed() {
	if m.owners() > 0 {
		return
	}
	var heir *Member
	for _, member := range m.members {
		if member.Role == RoleMember && (heir == nil || member.Since < heir.Since) {
			heir = &member
		}
	}
	if heir != nil {
		heir.Role = RoleOwner
		m.members[heir.Person] = *heir
	}
}

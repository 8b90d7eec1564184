package envelope

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/id"
)

// TestWhoMayDoWhat is the table of section 6.1.
func TestWhoMayDoWhat(t *testing.T) {
	w := newWorld(t)
	owner, second, plain, reader, new1, stranger := w.enrol("Owner"), w.enrol("Second"), w.enrol("Member"), w.enrol("Reader"), w.enrol("New"), w.enrol("Stranger")
	// build makes a thread with an owner, a second owner, a member and a reader.
	build := func(space Space, addBy Who) *room {
		r := w.room(space, owner)
		if addBy != WhoOwner {
			create := w.createEntry(space, owner)
			create.AddBy = addBy
			r.create = w.sign(create, owner.byDevice())
			r.membership = must(NewMembership(w.trust(), r.create))
			r.log = NewThreadLog(r.membership.Thread())
			r.record(EntryCreate, mustEncode(t, r.create), nil)
		}
		if space == SpaceDirect {
			r.add(owner, plain)
			return r
		}
		r.append(owner, change(r.addEntry(owner, second), func(a *Add) { a.MemberRole = RoleOwner }))
		r.add(owner, plain)
		r.append(owner, change(r.addEntry(owner, reader), func(a *Add) { a.MemberRole = RoleReader }))
		return r
	}
	add := func(by *staff, role ThreadRole) func(*room) Object {
		return func(r *room) Object { return change(r.addEntry(by, new1), func(a *Add) { a.MemberRole = role }) }
	}
	remove := func(by, target *staff) func(*room) Object {
		return func(r *room) Object { return r.removeEntry(by, target) }
	}
	role := func(by, target *staff, role ThreadRole) func(*room) Object {
		return func(r *room) Object { return &MemberRole{EntryHead: r.head(by), Target: target.id, MemberRole: role} }
	}
	link := func(by *staff) func(*room) Object {
		return func(r *room) Object { return &Link{EntryHead: r.head(by)} }
	}
	rename := func(by *staff) func(*room) Object {
		return func(r *room) Object { return &Rename{EntryHead: r.head(by), Name: "x"} }
	}
	type row struct {
		what  string
		space Space
		addBy Who
		by    *staff
		entry func(*room) Object
		code  Code
	}
	for _, test := range []row{
		{"an owner adds", SpaceTeam, WhoOwner, owner, add(owner, RoleMember), ""},
		{"an owner adds an owner", SpaceTeam, WhoOwner, owner, add(owner, RoleOwner), ""},
		{"a member adds where owners do", SpaceTeam, WhoOwner, plain, add(plain, RoleMember), NotEntitled},
		{"a member adds where members do", SpaceTeam, WhoMember, plain, add(plain, RoleMember), ""},
		{"a member adds an owner", SpaceTeam, WhoMember, plain, add(plain, RoleOwner), NotEntitled},
		{"a reader adds", SpaceTeam, WhoMember, reader, add(reader, RoleReader), NotEntitled},
		{"a stranger adds", SpaceTeam, WhoMember, stranger, add(stranger, RoleMember), NotEntitled},
		{"a stranger adds themselves", SpaceTeam, WhoMember, new1, add(new1, RoleMember), NotEntitled},
		{"adding a member again", SpaceTeam, WhoOwner, owner, func(r *room) Object { return r.addEntry(owner, plain) }, NotEntitled},
		{"a third in a direct thread", SpaceDirect, WhoMember, owner, add(owner, RoleMember), NotEntitled},

		{"an owner removes", SpaceTeam, WhoOwner, owner, remove(owner, second), ""},
		{"a member removes in a team thread", SpaceTeam, WhoOwner, plain, remove(plain, reader), NotEntitled},
		{"a member removes in a patient thread", SpacePatient, WhoOwner, plain, remove(plain, owner), ""},
		{"a reader removes in a patient thread", SpacePatient, WhoOwner, reader, remove(reader, plain), NotEntitled},
		{"a reader leaves", SpaceTeam, WhoOwner, reader, remove(reader, reader), ""},
		{"a member leaves", SpaceTeam, WhoOwner, plain, remove(plain, plain), ""},
		{"a stranger removes", SpacePatient, WhoOwner, stranger, remove(stranger, plain), NotEntitled},
		{"removing a stranger", SpaceTeam, WhoOwner, owner, remove(owner, stranger), NotEntitled},

		{"an owner makes an owner", SpaceTeam, WhoOwner, owner, role(owner, plain, RoleOwner), ""},
		{"an owner demotes another", SpaceTeam, WhoOwner, owner, role(owner, second, RoleReader), ""},
		{"an owner demotes themselves beside another", SpaceTeam, WhoOwner, owner, role(owner, owner, RoleMember), ""},
		{"a member makes an owner", SpaceTeam, WhoMember, plain, role(plain, plain, RoleOwner), NotEntitled},
		{"a role for a stranger", SpaceTeam, WhoOwner, owner, role(owner, stranger, RoleMember), NotEntitled},

		{"a member links", SpacePatient, WhoOwner, plain, link(plain), ""},
		{"a reader links", SpacePatient, WhoOwner, reader, link(reader), NotEntitled},
		{"a link in a team thread", SpaceTeam, WhoOwner, owner, link(owner), NotEntitled},
		{"R04 a link in an announcement", SpaceAnnouncement, WhoOwner, owner, link(owner), NotEntitled},
		{"R33 a link in a social thread", SpaceSocial, WhoOwner, owner, link(owner), NotEntitled},

		{"an owner renames", SpaceTeam, WhoOwner, owner, rename(owner), ""},
		{"a member renames", SpaceTeam, WhoOwner, plain, rename(plain), NotEntitled},
		{"renaming a patient thread", SpacePatient, WhoOwner, owner, rename(owner), NotEntitled},
		{"renaming a direct thread", SpaceDirect, WhoOwner, owner, rename(owner), NotEntitled},
	} {
		r := build(test.space, test.addBy)
		before := r.membership.Head()
		err := r.membership.Append(w.trust(), w.sign(test.entry(r), test.by.byDevice()))
		refused(t, test.what, err, test.code)
		if err != nil && r.membership.Head() != before {
			t.Errorf("%s: refused, and the log has changed", test.what)
		}
	}
}

func TestRekeyNeedsAnotherMemberAndABoundIdentity(t *testing.T) {
	w := newWorld(t)
	ann, bea, cal := w.enrol("Ann"), w.enrol("Bea"), w.enrol("Cal")
	r := w.room(SpaceTeam, ann)
	r.add(ann, bea)
	rekey := func(by, target *staff, identity id.Hash) error {
		return r.membership.Append(w.trust(), w.sign(&Rekey{EntryHead: r.head(by), Target: target.id, Identity: identity}, by.byDevice()))
	}
	reader, returned := w.enrol("Reader"), w.enrol("Returned")
	r.append(ann, change(r.addEntry(ann, reader), func(a *Add) { a.MemberRole = RoleReader }))
	r.add(ann, returned)
	before, old := r.head(returned), returned.device()
	returned.reset()
	refused(t, "by a reader", rekey(reader, returned, returned.state.IdentityHash()), NotEntitled)
	self := &Rekey{EntryHead: before, Target: returned.id, Identity: returned.state.IdentityHash()}
	refused(t, "by the old identity's device, as if in time", r.membership.Append(w.trust(), w.sign(self, ByDevice(old.id, old.key))), NotEntitled)
	refused(t, "to the pinned identity", rekey(ann, bea, bea.state.IdentityHash()), NotEntitled)
	refused(t, "to somebody else's", rekey(ann, bea, cal.state.IdentityHash()), WrongIdentity)
	refused(t, "of a stranger", rekey(ann, cal, cal.state.IdentityHash()), NotEntitled)
	bea.reset()
	bea.newGeneration()
	bea.newDevice()
	refused(t, "by the person with the new identity", rekey(bea, bea, bea.state.IdentityHash()), WrongIdentity)
	refused(t, "anything by the new identity", r.membership.Append(w.trust(), w.sign(r.removeEntry(bea, bea), bea.byDevice())), WrongIdentity)
	check(t, rekey(ann, bea, bea.state.IdentityHash()))
	check(t, r.membership.Append(w.trust(), w.sign(r.removeEntry(bea, bea), bea.byDevice())))
}

// TestServerCannotAddAReader is P3: no entry that the server can sign adds or readmits anybody.
func TestServerCannotAddAReader(t *testing.T) {
	w := newWorld(t)
	ann, bea, spy := w.enrol("Ann"), w.enrol("Bea"), w.enrol("Spy")
	r := w.room(SpaceTeam, ann)
	r.add(ann, bea)
	for purpose := PurposeBind; purpose <= PurposeAudit; purpose++ {
		for _, zero := range []bool{true, false} {
			add := r.addEntry(ann, spy)
			if zero {
				add.Person, add.Device = id.Person{}, id.Device{}
			}
			if err := r.membership.Append(w.trust(), w.sign(add, ByServer(purpose, w.server[purpose]))); err == nil {
				t.Errorf("an add by the server's %s key was accepted", purpose)
			}
		}
	}
	forged := NewSigner(w.seed())
	refused(t, "in Ann's name with another key",
		r.membership.Append(w.trust(), w.sign(r.addEntry(ann, spy), ByDevice(ann.device().id, forged))), BadSignature)
	refused(t, "in Ann's name by Bea's device",
		r.membership.Append(w.trust(), w.sign(r.addEntry(ann, spy), bea.byDevice())), WrongPurpose)
	unknown := r.addEntry(ann, spy)
	unknown.Identity = bea.state.IdentityHash()
	refused(t, "with an identity that the target's log does not bind",
		r.membership.Append(w.trust(), w.sign(unknown, ann.byDevice())), WrongIdentity)
	delete(w.people, spy.id)
	refused(t, "somebody whose log is not at hand", r.membership.Append(w.trust(), w.sign(r.addEntry(ann, spy), ann.byDevice())), WrongIdentity)
}

func TestR32_ServerRemovesLeaversAndMoversOnly(t *testing.T) {
	w := newWorld(t)
	ann, bea := w.enrol("Ann"), w.enrol("Bea")
	for reason := RemoveOwnRequest; reason <= RemoveOther; reason++ {
		r := w.room(SpaceTeam, ann)
		r.add(ann, bea)
		remove := change(r.removeEntry(ann, bea), func(e *Remove) { e.Person, e.Device, e.Reason = id.Person{}, id.Device{}, reason })
		want := NotEntitled
		if reason == RemoveLeaver || reason == RemoveMover || reason == RemoveLostDevice {
			want = ""
			refused(t, "by the bind key", r.membership.Append(w.trust(), w.sign(remove, ByServer(PurposeBind, w.server[PurposeBind]))), WrongPurpose)
			named := change(remove, func(e *Remove) { e.Person, e.Device = ann.id, ann.device().id })
			refused(t, "in a member's name", r.membership.Append(w.trust(), w.sign(named, ByServer(PurposeRemove, w.server[PurposeRemove]))), WrongPurpose)
		}
		refused(t, reason.String(), r.membership.Append(w.trust(), w.sign(remove, ByServer(PurposeRemove, w.server[PurposeRemove]))), want)
	}
}

// TestOwnerSuccession: a thread is never without an owner while it has a member who can be one.
func TestOwnerSuccession(t *testing.T) {
	w := newWorld(t)
	ann, bea, cal, dot := w.enrol("Ann"), w.enrol("Bea"), w.enrol("Cal"), w.enrol("Dot")
	r := w.room(SpaceTeam, ann)
	r.append(ann, change(r.addEntry(ann, dot), func(a *Add) { a.MemberRole = RoleReader }))
	r.add(ann, cal, bea)
	demote := &MemberRole{EntryHead: r.head(ann), Target: ann.id, MemberRole: RoleMember}
	refused(t, "the last owner demoted", r.membership.Append(w.trust(), w.sign(demote, ann.byDevice())), NotEntitled)
	leaver := change(r.removeEntry(ann, ann), func(e *Remove) { e.Person, e.Device, e.Reason = id.Person{}, id.Device{}, RemoveLeaver })
	r.take(w.sign(leaver, ByServer(PurposeRemove, w.server[PurposeRemove])))
	if heir, _ := r.membership.Member(cal.id); heir.Role != RoleOwner || r.membership.owners() != 1 {
		t.Errorf("Cal, who came first, is %v of %d owners", heir.Role, r.membership.owners())
	}
	r.append(cal, r.removeEntry(cal, bea))
	r.append(cal, r.removeEntry(cal, cal))
	if r.membership.owners() != 0 || len(r.membership.Members()) != 1 {
		t.Error("a reader inherited")
	}
}

func TestMembershipChainIsChecked(t *testing.T) {
	w := newWorld(t)
	ann, bea := w.enrol("Ann"), w.enrol("Bea")
	r, other := w.room(SpaceTeam, ann), w.room(SpaceTeam, ann)
	add := r.addEntry(ann, bea)
	for name, how := range map[string]func(*Add){
		"another thread":      func(a *Add) { a.Thread = other.membership.Thread() },
		"a seq left out":      func(a *Add) { a.Seq++ },
		"another predecessor": func(a *Add) { a.Previous[0] ^= 1 },
	} {
		refused(t, name, r.membership.Append(w.trust(), w.sign(change(add, how), ann.byDevice())), BrokenChain)
	}
	signed := w.sign(add, ann.byDevice())
	check(t, r.membership.Append(w.trust(), signed))
	refused(t, "the same entry again", r.membership.Append(w.trust(), signed), BrokenChain)
	refused(t, "something else", r.membership.Append(w.trust(), r.create), Malformed)
	refused(t, "a log that begins with something else", second(VerifyMembershipLog(w.trust(), signed)), Malformed)
	refused(t, "no log", second(VerifyMembershipLog(w.trust())), BrokenChain)
	refused(t, "a broken log", second(VerifyMembershipLog(w.trust(), r.create, signed, signed)), BrokenChain)
	again := must(VerifyMembershipLog(w.trust(), r.create, signed))
	if again.Head() != r.membership.Head() || len(again.Members()) != 2 {
		t.Error("the log does not give the same membership")
	}
	then := must(again.At(0, id.Hash(again.Thread())))
	if len(then.Members()) != 1 || len(again.Members()) != 2 {
		t.Error("the membership before the add is not what it was")
	}
}

func TestCreateIsChecked(t *testing.T) {
	w := newWorld(t)
	ann, bea := w.enrol("Ann"), w.enrol("Bea")
	for name, test := range map[string]struct {
		code Code
		how  func(*Create)
	}{
		"a name on a patient thread": {NotEntitled, func(c *Create) { c.Space, c.Name = SpacePatient, "Mr Example" }},
		"a name on a direct thread":  {NotEntitled, func(c *Create) { c.Space = SpaceDirect }},
		"an unknown manifest":        {BrokenChain, func(c *Create) { c.Manifest[0] ^= 1 }},
		"another identity":           {WrongIdentity, func(c *Create) { c.Identity = bea.state.IdentityHash() }},
		"another's device":           {RevokedDevice, func(c *Create) { c.Device = bea.device().id }},
		"another person":             {RevokedDevice, func(c *Create) { c.Person = bea.id }},
		"an expired device":          {RevokedDevice, func(c *Create) { c.Created += 31 * day }},
	} {
		_, err := NewMembership(w.trust(), w.sign(change(w.createEntry(SpaceTeam, ann), test.how), ann.byDevice()))
		refused(t, name, err, test.code)
	}
}

// TestAnyChangedByteInAMembershipLogIsRefused is the property: a log with one byte changed does not verify.
func TestAnyChangedByteInAMembershipLogIsRefused(t *testing.T) {
	w := newWorld(t)
	ann, bea, cal := w.enrol("Ann"), w.enrol("Bea"), w.enrol("Cal")
	r := w.room(SpacePatient, ann)
	r.add(ann, bea, cal)
	r.link(bea)
	r.append(ann, &MemberRole{EntryHead: r.head(ann), Target: bea.id, MemberRole: RoleOwner})
	r.append(cal, r.removeEntry(cal, ann))
	log := append([]*Signed{r.create}, r.entries...)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(log)-1).Draw(t, "entry")
		altered, changed := flipOneByte(t, log, at)
		if !changed {
			return
		}
		if _, err := VerifyMembershipLog(w.trust(), altered...); CodeOf(err) == "" {
			t.Fatalf("a changed entry %d was accepted", at)
		}
	})
}

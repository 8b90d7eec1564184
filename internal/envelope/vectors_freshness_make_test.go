package envelope

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// freshPlace is how much of a person's log is known in a case.
type freshPlace struct {
	Person hexed `json:"person"`
	Seq    int   `json:"seq"`
}

type freshRotation struct {
	What       string       `json:"what"`
	Epoch      int          `json:"epoch"`
	People     []freshPlace `json:"people"`
	Membership int          `json:"membership"`
	Manifests  int          `json:"manifests"`
	Now        Time         `json:"now,string"`
	Messages   uint32       `json:"messages"`
	Due        bool         `json:"due"`
}

type freshRecord struct {
	What   string `json:"what"`
	Record hexed  `json:"record"`
	Code   Code   `json:"code"`
}

type freshGrant struct {
	What      string  `json:"what"`
	Person    hexed   `json:"person"`
	Seed      hexed   `json:"seed"`
	Grant     hexed   `json:"grant"`
	Envelopes []hexed `json:"envelopes"`
	Code      Code    `json:"code"`
}

type freshComplaint struct {
	What      string `json:"what"`
	Complaint hexed  `json:"complaint"`
	Code      Code   `json:"code"`
}

type freshVectors struct {
	Manifests []hexed `json:"manifests"`
	Policy    hexed   `json:"policy"`
	People    []struct {
		Person hexed   `json:"person"`
		Log    []hexed `json:"log"`
	} `json:"people"`
	Create     hexed            `json:"create"`
	Entries    []hexed          `json:"entries"`
	Epochs     []hexed          `json:"epochs"`
	Rotation   []freshRotation  `json:"rotation"`
	Records    []freshRecord    `json:"records"`
	Grants     []freshGrant     `json:"grants"`
	Complaints []freshComplaint `json:"complaints"`
}

// freshCast is the thread of the vectors: everything that ends an epoch happens in it.
type freshCast struct {
	*room
	anita, leila, tom, ben, dan *staff
	one, two, three, four       *MadeEpoch
}

func newFreshCast(t *testing.T) *freshCast {
	w := newWorld(t)
	c := &freshCast{
		anita: w.enrol("Dr Anita Patel"), leila: w.enrol("Dr Leila Haddad"), tom: w.enrol("Tom Reid"), ben: w.enrol("Ben Stone"),
		dan: w.enrol("Dan Ward"),
	}
	c.room = w.room(SpaceTeam, c.anita)
	c.add(c.anita, c.leila)
	toms := c.addEntry(c.anita, c.tom)
	toms.History = true
	c.append(c.anita, toms)
	c.add(c.anita, c.ben)
	c.one = c.rotate(c.anita)
	c.leila.newDevice() // 4
	c.leila.revoke(c.leila.devices[0].id, RevokeStolen)
	c.tom.newDevice() // 4
	c.tom.revoke(c.tom.devices[0].id, RevokeSignedOut)
	c.ben.reset() // 4
	c.ben.newGeneration()
	c.ben.newDevice()
	c.two = c.rotate(c.anita)
	c.leila.newGeneration() // 6
	c.three = c.rotate(c.anita)
	c.anita.newGeneration() // 4
	c.append(c.anita, &Rename{EntryHead: c.head(c.anita), Name: "Ward 7B, day"})
	c.append(c.anita, &Rekey{EntryHead: c.head(c.anita), Target: c.ben.id, Identity: c.ben.state.IdentityHash()})
	c.four = c.rotate(c.tom)
	c.add(c.anita, c.dan)
	c.rotate(c.anita)
	w.newOfficers(w.seats)
	return c
}

func generateFreshness(t *testing.T) (vectors freshVectors) {
	c := newFreshCast(t)
	raw := func(object Object) hexed { return mustEncode(t, object) }
	for _, one := range c.w.chain {
		vectors.Manifests = append(vectors.Manifests, raw(one))
	}
	vectors.Policy = raw(c.w.policy)
	for _, one := range []*staff{c.anita, c.leila, c.tom, c.ben, c.dan} {
		person := struct {
			Person hexed   `json:"person"`
			Log    []hexed `json:"log"`
		}{Person: one.id[:]}
		for _, entry := range one.log {
			person.Log = append(person.Log, raw(entry))
		}
		vectors.People = append(vectors.People, person)
	}
	vectors.Create = raw(c.create)
	for _, entry := range c.entries {
		vectors.Entries = append(vectors.Entries, raw(entry))
	}
	for _, epoch := range c.epochs {
		vectors.Epochs = append(vectors.Epochs, raw(epoch.Signed))
	}
	vectors.Rotation = c.rotations()
	vectors.Records = c.records()
	vectors.Grants = c.grants()
	vectors.Complaints = c.complaints()
	return vectors
}

func (c *freshCast) rotations() (all []freshRotation) {
	issued := c.one.Epoch.Core.Issued
	age, count := Time(c.w.policy.RotateAfterMillis), c.w.policy.RotateAfterMessages
	add := func(what string, due bool, seqs [5]int, change func(*freshRotation)) {
		one := freshRotation{What: what, Epoch: 1, Membership: 3, Manifests: 1, Now: issued + 1, Due: due}
		for n, who := range []*staff{c.anita, c.leila, c.tom, c.ben, c.dan} {
			one.People = append(one.People, freshPlace{who.id[:], seqs[n]})
		}
		if change != nil {
			change(&one)
		}
		all = append(all, one)
	}
	start := [5]int{3, 3, 3, 3, 3}
	add("nothing happened", false, start, nil)
	add("a new device", false, [5]int{3, 4, 3, 3, 3}, nil)
	add("a lost or stolen device", true, [5]int{3, 5, 3, 3, 3}, nil)
	add("a new device of another", false, [5]int{3, 3, 4, 3, 3}, nil)
	add("a device that was signed out", true, [5]int{3, 3, 5, 3, 3}, nil)
	add("a reset", true, [5]int{3, 3, 3, 4, 3}, nil)
	add("a new generation", true, [5]int{4, 3, 3, 3, 3}, nil)
	add("news of somebody who is no member", false, [5]int{3, 3, 3, 3, 1}, nil)
	add("a membership entry", true, start, func(r *freshRotation) { r.Membership = 4 })
	add("a manifest", true, start, func(r *freshRotation) { r.Manifests = 2 })
	add("an age that is not too great", false, start, func(r *freshRotation) { r.Now = issued + age })
	add("age", true, start, func(r *freshRotation) { r.Now = issued + age + 1 })
	add("one message less than the most", false, start, func(r *freshRotation) { r.Messages = count - 1 })
	add("the most messages", true, start, func(r *freshRotation) { r.Messages = count })
	add("a clock that is behind", false, start, func(r *freshRotation) { r.Now = issued - 3_600_000 })
	add("somebody left out who is still not ready", false, [5]int{3, 5, 5, 6, 3}, func(r *freshRotation) { r.Epoch = 2 })
	add("somebody left out who is ready again", true, [5]int{3, 6, 5, 6, 3}, func(r *freshRotation) { r.Epoch = 2 })
	add("somebody with a new identity who is not readmitted", false, [5]int{3, 6, 5, 6, 3}, func(r *freshRotation) { r.Epoch = 3 })
	return all
}

// at is how a record would list somebody at a place in their log, whether it may or not.
func (s *staff) at(seq int, generation uint32, identity id.Hash) EpochMember {
	return EpochMember{Person: s.id, Identity: identity, LogHead: s.state.entries[seq-1].hash, Generation: generation}
}

func (c *freshCast) records() (all []freshRecord) {
	first := func(s *staff) id.Hash { return s.state.entries[0].identity }
	a, t := c.anita.at(3, 1, first(c.anita)), c.tom.at(5, 1, first(c.tom))
	leila := func(seq int, generation uint32) EpochMember { return c.leila.at(seq, generation, first(c.leila)) }
	add := func(what string, code Code, members ...EpochMember) {
		core := c.one.Epoch.Core
		core.Epoch, core.Previous, core.Issued = 2, c.one.Epoch.Hash, c.w.tick()
		core.Members = slices.SortedFunc(slices.Values(members), func(a, b EpochMember) int { return a.Person.Compare(b.Person) })
		record := &EpochRecord{Core: mustEncode(c.w.t, &core), EnvelopeRoot: c.w.seed()}
		all = append(all, freshRecord{what, mustEncode(c.w.t, c.w.sign(record, c.anita.byDevice())), code})
	}
	add("everybody at old heads, whose news the author had not heard", "", a, t, leila(3, 1), c.ben.at(3, 1, first(c.ben)))
	add("without those to whom nothing can be sealed", "", a, t)
	add("the old keys of a stolen phone, known to be stolen", WrongMembers, a, t, leila(5, 1))
	add("the new keys at a head before them", WrongMembers, a, t, leila(5, 2))
	add("the new keys", "", a, t, leila(6, 2))
	add("the old keys at the head of the new ones", WrongMembers, a, t, leila(6, 1))
	add("somebody ready is left out", WrongMembers, a, leila(6, 2))
	add("a reset identity that nobody readmitted", WrongIdentity, a, t, c.ben.at(6, 2, c.ben.state.IdentityHash()))
	add("the old identity at the head of the new one", WrongIdentity, a, t, c.ben.at(6, 1, first(c.ben)))
	add("somebody who is not a member", WrongMembers, a, t, c.dan.at(3, 1, first(c.dan)))
	return all
}

func (c *freshCast) grants() (all []freshGrant) {
	add := func(what string, code Code, by, to *staff, made *MadeEpoch, generation int) {
		member, _ := c.membership.Member(to.id)
		pair := NewSealPair(to.generations[generation-1].Seed)
		recipient := PersonRecipient(to.id)
		sealed, err := SealTo(pair.Public(), made.Epoch.context(EnvelopeGrant, recipient), made.Key.random)
		check(c.w.t, err)
		envelopes := []Envelope{{Purpose: EnvelopeGrant, Recipient: recipient, Sealed: sealed}}
		object := &HistoryGrant{
			Thread: c.membership.Thread(), Target: to.id, Identity: member.Identity, Generation: uint32(generation),
			MembershipSeq: member.PinnedSeq, Person: by.id, Device: by.device().id, Issued: c.w.tick(),
			Records:   []GrantRecord{{Epoch: made.Epoch.Core.Epoch, Record: made.Epoch.Hash}},
			Envelopes: grantEnvelopesHash(envelopes),
		}
		all = append(all, freshGrant{
			What: what, Person: to.id[:], Seed: to.generations[generation-1].Seed[:], Grant: mustEncode(c.w.t, c.w.sign(object, by.byDevice())),
			Envelopes: []hexed{mustEncode(c.w.t, &envelopes[0])}, Code: code,
		})
	}
	add("what was made while a phone was stolen", "", c.anita, c.leila, c.two, 2)
	add("what was made for somebody", "", c.tom, c.leila, c.three, 2)
	add("what was made before a reset", "", c.anita, c.ben, c.one, 2)
	add("what was made between a reset and the rekey", NotEntitled, c.anita, c.ben, c.two, 2)
	add("what was made before somebody came without history", NotEntitled, c.anita, c.dan, c.four, 1)
	add("to the identity before the reset", WrongIdentity, c.anita, c.ben, c.one, 1)
	return all
}

func (c *freshCast) complaints() (all []freshComplaint) {
	add := func(what string, code Code, by *staff, about *MadeEpoch, change func(*Complaint), stamp ...Stamp) {
		object := &Complaint{
			Thread: c.membership.Thread(), Epoch: about.Epoch.Core.Epoch, Record: about.Epoch.Hash, Problem: ProblemWrongSecret,
			Envelope: fixedHash(&about.Envelopes[0]), Person: by.id, Device: by.device().id, Issued: c.w.tick(),
		}
		if change != nil {
			change(object)
		}
		if len(stamp) == 0 {
			stamp = []Stamp{by.byDevice()}
		}
		all = append(all, freshComplaint{what, mustEncode(c.w.t, c.w.sign(object, stamp...)), code})
	}
	add("by somebody whose keys they are", "", c.leila, c.three, nil)
	add("by somebody who is not listed", NotEntitled, c.leila, c.two, nil)
	add("about their own keys", NotEntitled, c.anita, c.three, nil)
	add("about another record", BrokenChain, c.leila, c.three, func(o *Complaint) { o.Record = c.two.Epoch.Hash })
	add("about keys that are not there", RolledBack, c.leila, c.three, func(o *Complaint) { o.Epoch = 9 })
	stolen := c.leila.devices[0]
	add("by a stolen phone", RevokedDevice, c.leila, c.three, func(o *Complaint) { o.Device = stolen.id }, ByDevice(stolen.id, stolen.key))
	add("of another thread", BrokenChain, c.leila, c.three, func(o *Complaint) { o.Thread = id.Thread{} })
	add("signed by somebody else", BadSignature, c.leila, c.three, nil, ByDevice(c.leila.device().id, c.tom.device().key))
	return all
}

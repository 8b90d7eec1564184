package client_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// another bends an epoch that is being posted into another one of this author's, sealed to everybody as it should be: no server can see what change
// made of it.
func (p *person) another(change func(core *envelope.EpochCore, m map[string]any)) rule {
	stamp := p.stamp()
	return rule{method: "POST", path: "/epochs", times: 1, request: func(m map[string]any) {
		record := decoded[envelope.Signed](p.w, m["record"])
		hash, err := record.Hash()
		p.w.check(err)
		random := p.MadeRandom(hash)
		opened, err := envelope.Open[envelope.EpochRecord](record)
		p.w.check(err)
		core, err := envelope.Parse[envelope.EpochCore](opened.Core)
		p.w.check(err)
		change(core, m)
		opened.Core = bytesOf(p.w, core)
		coreHash, err := envelope.HashBytes(opened.Core)
		p.w.check(err)
		var leaves [][]byte
		for n, one := range m["envelopes"].([]any) {
			sealed := decoded[envelope.Envelope](p.w, one)
			if sealed.Purpose == envelope.EnvelopeMember {
				context := &envelope.EnvelopeContext{Core: coreHash, Purpose: sealed.Purpose, Recipient: sealed.Recipient}
				sealed.Sealed, err = envelope.SealTo(p.SealKey(id.Person(sealed.Recipient)), context, random)
				p.w.check(err)
			}
			m["envelopes"].([]any)[n] = encoded(p.w, sealed)
			hash, err := envelope.Hash(sealed)
			p.w.check(err)
			leaves = append(leaves, bytesOf(p.w, &envelope.EnvelopeLeaf{Purpose: sealed.Purpose, Recipient: sealed.Recipient, Envelope: hash}))
		}
		opened.EnvelopeRoot = envelope.MerkleRoot(leaves)
		signed, err := envelope.SignObject(opened, stamp)
		p.w.check(err)
		m["record"] = encoded(p.w, signed)
	}}
}

func (p *person) complaints(in id.Thread) (said []envelope.Problem) {
	for _, one := range p.view(in).Complaints {
		said = append(said, one.Problem)
	}
	return said
}

func TestP8_KeysThatDoNotOpenAreComplainedOfAndGivenByAnotherMember(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	anita.say(in, "before")
	anita.wire.bend(anita.garbageFor(leila.Person()))
	w.check(anita.Rotate(w.ctx, in))
	anita.say(in, "under the bad keys")
	w.refused("garbage", leila.Sync(w.ctx), envelope.WrongSecret)
	if got := leila.texts(in); !slices.Equal(got, []string{"before", "[unopened]"}) || leila.view(in).Epoch != 3 {
		t.Errorf("leila reads %q and is at epoch %d", got, leila.view(in).Epoch)
	}
	anita.sync() // whose fault it is gives nothing more
	if posts := anita.wire.count("POST", "/grants"); posts != 0 {
		t.Errorf("the author gave %d times", posts)
	}
	tom.sync()
	leila.sync()
	if got := leila.texts(in); !slices.Equal(got, []string{"before", "under the bad keys"}) {
		t.Errorf("after the grant leila reads %q", got)
	}
	tom.sync()
	leila.say(in, "I can read again.")
	for _, one := range []*person{anita, tom, leila} {
		one.sync()
		said := one.view(in).Complaints
		if len(said) != 1 || said[0].By != leila.Person() || said[0].Author != anita.Person() || said[0].Epoch != 2 || said[0].Problem != envelope.ProblemWrongSecret {
			t.Errorf("%s sees %+v", one.userName, said)
		}
		if got := one.texts(in); got[len(got)-1] != "I can read again." || one.view(in).Epoch != 3 {
			t.Errorf("%s reads %q, epoch %d", one.userName, got, one.view(in).Epoch)
		}
	}
	if posts := tom.wire.count("POST", "/grants"); posts != 1 {
		t.Errorf("tom gave %d times", posts)
	}
	w.check(leila.Lock(w.ctx))
	w.check(leila.Unlock(w.ctx, password))
	w.refused("told again after a lock", leila.Sync(w.ctx), "")
	if posts := leila.wire.count("POST", "/complaints"); posts != 1 {
		t.Errorf("leila complained %d times of one epoch", posts)
	}
	if got := leila.texts(in); !slices.Equal(got, []string{"before", "under the bad keys", "I can read again."}) {
		t.Errorf("after a lock leila reads %q", got)
	}
}

func TestP8_EachProblemIsCalledByItsName(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	for name, test := range map[string]struct {
		change  func(core *envelope.EpochCore, m map[string]any)
		code    envelope.Code
		problem envelope.Problem
	}{
		"a share that the secret does not give": {func(core *envelope.EpochCore, _ map[string]any) {
			core.Shares[0].Commit[0] ^= 1
		}, envelope.WrongShare, envelope.ProblemWrongShare},
		"a state that does not open": {func(core *envelope.EpochCore, m map[string]any) {
			state := decoded[envelope.SealedState](w, m["sealedState"])
			state.Ciphertext[0] ^= 1
			m["sealedState"] = encoded(w, state)
			var err error
			core.State, err = envelope.Hash(state)
			w.check(err)
		}, envelope.WrongSecret, envelope.ProblemWrongState},
	} {
		in := anita.team(leila, tom)
		anita.say(in, "before")
		anita.wire.bend(anita.another(test.change))
		_ = anita.Rotate(w.ctx, in) // her own client finds out as well
		w.refused(name, leila.Sync(w.ctx), test.code)
		leila.sync()
		if said := leila.complaints(in); !slices.Equal(said, []envelope.Problem{test.problem}) {
			t.Errorf("%s: the complaints are %v", name, said)
		}
		leila.say(in, "after")
		if got := leila.view(in); got.Epoch != 3 || got.Frozen != nil {
			t.Errorf("%s: epoch %d, frozen %v", name, got.Epoch, got.Frozen)
		}
		before := tom.wire.count("POST", "/grants")
		_ = tom.Sync(w.ctx) // has the same to complain of, and nothing to give
		if after := tom.wire.count("POST", "/grants"); after != before {
			t.Errorf("%s: tom gave something", name)
		}
		if got := tom.texts(in); !slices.Equal(got, []string{"before", "after"}) || tom.view(in).Epoch != 3 {
			t.Errorf("%s: tom reads %q, epoch %d", name, got, tom.view(in).Epoch)
		}
	}
}

func TestP8_OwnComplaintsMakeThreeEpochsAnHour(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	leila.sync()
	for range 4 {
		anita.sync()
		anita.wire.bend(anita.garbageFor(leila.Person()))
		w.check(anita.Rotate(w.ctx, in))
		w.refused("garbage", leila.Sync(w.ctx), envelope.WrongSecret)
	}
	leila.sync()
	if epoch, said := leila.view(in).Epoch, leila.complaints(in); epoch != 8 || len(said) != 4 {
		t.Errorf("after four bad epochs: epoch %d, complaints %v", epoch, said)
	}
	w.refused("sending under keys that do not open", errorOf(leila.Send(w.ctx, in, "one")), envelope.StaleEpoch)
	w.clock.Advance(time.Hour)
	if leila.Sync(w.ctx) != nil { // locked by the server meanwhile
		w.check(leila.Unlock(w.ctx, password))
		_ = leila.Sync(w.ctx)
	}
	leila.say(in, "an hour later")
	if epoch := leila.view(in).Epoch; epoch != 9 {
		t.Errorf("an hour later: epoch %d", epoch)
	}
}

func errorOf(_ client.Message, err error) error { return err }

func TestP8_AFalseComplaintMakesNobodyElseDoAnything(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	anita.say(in, "before")
	tom.sync()
	w.check(tom.Accuse(w.ctx, in, 1, envelope.ProblemWrongState))
	for _, one := range []*person{leila, anita} {
		one.sync()
		one.say(in, one.userName)
		if shown := one.view(in); shown.Epoch != 1 || shown.Frozen != nil || len(shown.Complaints) != 1 {
			t.Errorf("%s: epoch %d, frozen %v, complaints %v", one.userName, shown.Epoch, shown.Frozen, shown.Complaints)
		}
	}
	// One that is not genuine is nobody's.
	leila.wire.bend(rule{method: "GET", path: "/complaints", body: func(m map[string]any) {
		for _, one := range listOf(t, m, "complaints") {
			signed := decoded[envelope.Signed](w, one.(map[string]any)["complaint"])
			signed.Signatures[0].Signature[0] ^= 1
			one.(map[string]any)["complaint"] = encoded(w, signed)
		}
	}})
	w.check(leila.Lock(w.ctx))
	w.check(leila.Unlock(w.ctx, password))
	w.refused("a forged complaint", leila.Sync(w.ctx), envelope.BadSignature)
	if shown := leila.view(in); len(shown.Complaints) != 0 || shown.Frozen != nil {
		t.Errorf("a forged complaint is shown: %+v", shown.Complaints)
	}
}

func TestP8_TwoMembersAnswerAndTheThirdWaits(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	others := []*person{w.enrol("tom.reid", "Tom Reid"), w.enrol("una.bell", "Una Bell"), w.enrol("nia.okafor", "Nia Okafor")}
	slices.SortFunc(others, func(a, b *person) int { return a.Person().Compare(b.Person()) })
	in := anita.team(append(others, leila)...)
	anita.say(in, "before")
	anita.wire.bend(anita.garbageFor(leila.Person()))
	w.check(anita.Rotate(w.ctx, in))
	anita.say(in, "under the bad keys")
	w.refused("garbage", leila.Sync(w.ctx), envelope.WrongSecret)
	last := others[2]
	last.sync()
	w.clock.Advance(30 * time.Second)
	last.sync()
	if posts := last.wire.count("POST", "/grants"); posts != 0 {
		t.Errorf("the third gave %d times at once", posts)
	}
	w.clock.Advance(30 * time.Second)
	last.sync()
	last.sync()
	if posts := last.wire.count("POST", "/grants"); posts != 1 {
		t.Errorf("after a minute without an answer the third gave %d times", posts)
	}
	leila.sync()
	if got := leila.texts(in); !slices.Equal(got, []string{"before", "under the bad keys"}) {
		t.Errorf("leila reads %q", got)
	}
	others[0].sync() // somebody was faster
	if posts := others[0].wire.count("POST", "/grants"); posts != 0 {
		t.Errorf("what has been answered was answered again %d times", posts)
	}
}

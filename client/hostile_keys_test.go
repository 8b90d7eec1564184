package client_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
)

// TestP4_ASecondIdentityOfSomebodyIsRefused: the server has the bind key, and makes a second log for a person, right in itself.
func TestP4_ASecondIdentityOfSomebodyIsRefused(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "one")
	second := w.boundLog(leila.Person(), "Dr Leila Haddad")
	show := rule{method: "POST", path: logs, body: func(m map[string]any) {
		for _, one := range listOf(t, m, "logs") {
			if log := one.(map[string]any); log["person"] == leila.Person().String() {
				log["entries"] = second
			}
		}
	}}
	anita.wire.bend(show)
	_, err := anita.Identity(w.ctx, leila.Person())
	w.refused("to somebody who knows the first", err, envelope.BrokenChain)
	fresh, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	fresh.wire.bend(show)
	_, err = fresh.CreateDirect(w.ctx, leila.Person())
	w.refused("to somebody who knows none: it is not in the Merkle log", err, envelope.NotLogged)
	if fresh.wire.count("POST", "/v1/threads") != 0 {
		t.Error("something was sealed to it")
	}
	if err := fresh.Sync(w.ctx); !errors.Is(err, &envelope.Refusal{Code: envelope.WrongIdentity}) {
		t.Errorf("in a thread that pins the first: %v", err)
	}
	if _, err := fresh.Send(w.ctx, in, "to whom?"); err == nil {
		t.Error("something was sent to it")
	}
}

// TestP8_AWrongGrantGivesNothing: whatever a server makes of a grant, or whoever signed it.
func TestP8_AWrongGrantGivesNothing(t *testing.T) {
	w := newWorld(t)
	anita, tom, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("tom.reid", "Tom Reid"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team()
	anita.say(in, "one")
	w.check(anita.Rotate(w.ctx, in))
	anita.say(in, "two")
	w.check(anita.Add(w.ctx, in, leila.Person(), client.AddOptions{History: true}))
	w.check(anita.Add(w.ctx, in, tom.Person(), client.AddOptions{History: true}))
	anita.say(in, "three")
	var toms any
	tom.wire.bend(rule{method: "GET", path: "/grants", body: func(m map[string]any) { toms = listOf(t, m, "grants")[0] }})
	tom.sync()
	signed := func(change func(*envelope.HistoryGrant), by envelope.Stamp) func(map[string]any) {
		return func(m map[string]any) {
			one := listOf(t, m, "grants")[0].(map[string]any)
			said, err := envelope.Open[envelope.HistoryGrant](decoded[envelope.Signed](w, one["grant"]))
			w.check(err)
			change(said)
			again, err := envelope.SignObject(said, by)
			w.check(err)
			one["grant"] = encoded(w, again)
		}
	}
	stranger := w.enrol("una.bell", "Una Bell")
	for name, test := range map[string]struct {
		bend func(map[string]any)
		code envelope.Code
	}{
		"somebody else's":     {func(m map[string]any) { m["grants"] = []any{toms} }, envelope.WrongIdentity},
		"no envelopes":        {func(m map[string]any) { listOf(t, m, "grants")[0].(map[string]any)["envelopes"] = []any{} }, envelope.BrokenChain},
		"envelopes exchanged": {func(m map[string]any) { exchange(listOf(t, m, "grants")[0].(map[string]any)) }, envelope.BrokenChain},
		"somebody else's envelopes": {func(m map[string]any) {
			listOf(t, m, "grants")[0].(map[string]any)["envelopes"] = toms.(map[string]any)["envelopes"]
		}, envelope.BrokenChain},
		"envelopes exchanged by a member": {func(m map[string]any) {
			one := listOf(t, m, "grants")[0].(map[string]any)
			exchange(one)
			var all []byte
			for _, sealed := range one["envelopes"].([]any) {
				all = append(all, bytesOf(w, decoded[envelope.Envelope](w, sealed))...)
			}
			signed(func(g *envelope.HistoryGrant) { g.Envelopes = envelope.HashLabel("grant-envelopes", all) }, anita.stamp())(m)
		}, envelope.WrongSecret},
		"signed by nobody":     {signed(func(*envelope.HistoryGrant) {}, envelope.ByDevice(anita.DeviceKeys().ID, envelope.NewSigner([32]byte{4}))), envelope.BadSignature},
		"signed by a stranger": {signed(func(g *envelope.HistoryGrant) { g.Person, g.Device = stranger.Person(), stranger.DeviceKeys().ID }, stranger.stamp()), envelope.NotEntitled},
		"by the target":        {signed(func(g *envelope.HistoryGrant) { g.Person, g.Device = leila.Person(), leila.DeviceKeys().ID }, leila.stamp()), envelope.NotEntitled},
		"of another thread":    {signed(func(g *envelope.HistoryGrant) { g.Thread[0] ^= 1 }, anita.stamp()), envelope.BrokenChain},
		"of other records":     {signed(func(g *envelope.HistoryGrant) { g.Records[0].Record[0] ^= 1 }, anita.stamp()), envelope.BrokenChain},
		"for another add":      {signed(func(g *envelope.HistoryGrant) { g.MembershipSeq++ }, anita.stamp()), envelope.NotEntitled},
		"to another key":       {signed(func(g *envelope.HistoryGrant) { g.Generation++ }, anita.stamp()), envelope.WrongIdentity},
	} {
		fresh, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{})
		w.check(err)
		fresh.wire.bend(rule{method: "GET", path: "/grants", body: test.bend})
		w.refused(name, fresh.Sync(w.ctx), test.code)
		shown := fresh.view(in)
		if got := fresh.texts(in); !slices.Equal(got, []string{"[unopened]", "[unopened]", "three"}) || shown.Refused != nil {
			t.Errorf("%s: leila reads %q, refused %v", name, got, shown.Refused)
		}
		if posts := fresh.wire.count("POST", "/complaints"); posts != 0 {
			t.Errorf("%s: somebody was accused", name)
		}
		fresh.wire.straighten()
		fresh.sync()
		if got := fresh.texts(in); !slices.Equal(got, []string{"one", "two", "three"}) {
			t.Errorf("%s: then leila reads %q", name, got)
		}
	}
}

func exchange(grant map[string]any) {
	list := grant["envelopes"].([]any)
	list[0], list[1] = list[1], list[0]
}

// TestP8_AnOldBookmarkIsRefusedTogetherWithTheShorterThread: a server that gives an older vault to hide that a thread is shorter.
func TestP8_AnOldBookmarkIsRefusedTogetherWithTheShorterThread(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "one")
	leila.sync()
	w.check(leila.SaveBookmarks(w.ctx))
	var older any
	leila.wire.bend(rule{method: "POST", path: "/v1/session/unlock", times: 1, body: func(m map[string]any) {
		older = m["unlock"].(map[string]any)["sealedVault"]
	}})
	w.check(leila.Lock(w.ctx))
	w.check(leila.Unlock(w.ctx, password))
	anita.say(in, "two, which is to be hidden")
	leila.sync()
	w.check(leila.SaveBookmarks(w.ctx))
	w.check(leila.Lock(w.ctx))
	replay := func(m map[string]any) { m["unlock"].(map[string]any)["sealedVault"] = older }
	leila.wire.bend(rule{method: "POST", path: "/v1/session/unlock", times: 1, body: replay})
	w.refused("an older vault", leila.Unlock(w.ctx, password), envelope.RolledBack)
	w.check(leila.Unlock(w.ctx, password))
	leila.wire.bend(rule{method: "GET", path: "/v1/threads$", body: func(m map[string]any) {
		one := listOf(t, m, "threads")[0].(map[string]any)
		one["seq"] = one["seq"].(float64) - 1
	}})
	w.refused("a shorter thread", leila.Sync(w.ctx), envelope.RolledBack)
	leila.isFrozen(in, envelope.ConflictRolledBack)
}

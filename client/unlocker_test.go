package client_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

func TestR23_AChangedPasswordMakesEveryKeyNew(t *testing.T) {
	const changed = "another battery staple, horse"
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "Before.")
	other, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)

	for range 6 {
		w.clock.Advance(2 * time.Minute)
		anita.sync()
		other.sync()
		leila.sync()
	}
	if err := anita.ChangePassword(w.ctx, changed); client.CodeOf(err) != "proof_needed" {
		t.Fatalf("without a proof: %v", err)
	}
	if err := anita.Confirm(w.ctx, "not the password"); client.CodeOf(err) != "password_wrong" {
		t.Errorf("a wrong proof: %v", err)
	}
	w.check(anita.Confirm(w.ctx, password))
	before := anita.client.Memory().Accounts["anita.patel"]
	w.check(anita.ChangePassword(w.ctx, changed))
	after := anita.client.Memory().Accounts["anita.patel"]
	if after.AKGeneration != before.AKGeneration+1 || after.LogSeq <= before.LogSeq || after.Vault.Version != before.Vault.Version+1 {
		t.Errorf("before %+v, after %+v", before, after)
	}

	if err := other.Sync(w.ctx); client.CodeOf(err) != "session_locked" || !other.Locked() {
		t.Errorf("the other session: %v", err)
	}
	if err := other.Unlock(w.ctx, password); client.CodeOf(err) != "password_wrong" {
		t.Errorf("the old password: %v", err)
	}
	w.check(other.Unlock(w.ctx, changed))
	if _, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{}); client.CodeOf(err) != "sign_in_refused" {
		t.Errorf("signing in with the old password: %v", err)
	}

	// The thread goes on under the new sealing key, and what was said before is still there.
	anita.sync()
	leila.sync()
	leila.say(in, "After.")
	anita.sync()
	other.sync()
	for _, one := range []*person{anita, other, leila} {
		if got := one.texts(in); !slices.Equal(got, []string{"Before.", "After."}) {
			t.Errorf("%s reads %q", one.userName, got)
		}
	}
	w.check(anita.Lock(w.ctx))
	w.check(anita.Unlock(w.ctx, changed))
	unlockers, err := anita.Unlockers()
	w.check(err)
	if len(unlockers) != 1 || unlockers[0].Kind != envelope.UnlockerPassword {
		t.Fatalf("%+v", unlockers)
	}
	if err := anita.RemoveUnlocker(w.ctx, unlockers[0].Unlocker); client.CodeOf(err) != "last_unlocker" {
		t.Errorf("removing the last: %v", err)
	}
	if err := anita.RemoveUnlocker(w.ctx, id.Unlocker{1}); client.CodeOf(err) != "unlocker_unknown" {
		t.Errorf("removing what is not there: %v", err)
	}
}

// TestR23_AServerThatGoesBackToTheOldAccountKeyIsRefused: whoever kept what was deleted cannot bring it back to somebody who knows better.
func TestR23_AServerThatGoesBackToTheOldAccountKeyIsRefused(t *testing.T) {
	const changed = "another battery staple, horse"
	w := newWorld(t)
	anita := w.enrol("anita.patel", "Dr Anita Patel")
	var old map[string]any
	anita.wire.bend(rule{method: "POST", path: "/v1/session/unlock", body: func(m map[string]any) { old = m["unlock"].(map[string]any) }})
	w.check(anita.Lock(w.ctx))
	w.check(anita.Unlock(w.ctx, password))
	w.check(anita.ChangePassword(w.ctx, changed))
	w.check(anita.Lock(w.ctx))
	anita.wire.straighten()
	anita.wire.bend(rule{method: "POST", path: "/v1/session/unlock", body: func(m map[string]any) {
		unlock := m["unlock"].(map[string]any)
		for _, part := range []string{"akWrap", "sealedVault", "sealedIdentity"} {
			unlock[part] = old[part]
		}
	}})
	if err := anita.Unlock(w.ctx, changed); envelope.CodeOf(err) == "" {
		t.Errorf("the wrap of the old account key: %v", err)
	}
	if !anita.Locked() {
		t.Error("the session opened")
	}
}

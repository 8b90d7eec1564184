package identity_test

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
)

// blobs are every stored blob and wrap of a person.
func (r *room) blobs(t *testing.T, browser *identitytest.Browser) (blobs, wraps [][]byte) {
	t.Helper()
	_, unlockers, _, err := r.db.Vault(ctx, browser.Person)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range unlockers {
		blobs, wraps = append(blobs, u.Blob), append(wraps, u.AKWrap)
	}
	return blobs, wraps
}

func contains(all [][]byte, one []byte) bool {
	return slices.ContainsFunc(all, func(other []byte) bool { return bytes.Equal(one, other) })
}

func TestR23_AChangedPasswordRotatesAndTheOldOneGetsNothing(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		elsewhere, err := r.signIn(t, "patel", browser.AuthKey, browser.Code())
		if err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(30 * time.Second)
		waiting, err := r.Password(ctx, "patel", browser.AuthKey) // right when it was given
		if err != nil {
			t.Fatal(err)
		}
		before, _ := r.blobs(t, browser)
		_, oldWraps := r.blobs(t, browser)
		seq := r.state(t, browser).Seq()
		next := r.change(t, browser, enrolled.Session, browser.NewPassword(), browser.Unlocker(t, envelope.UnlockerPassword))

		state := r.state(t, browser)
		if key, ok := state.GenerationKey(2); state.Seq() != seq+1 || !ok || key.Seal != next.Generation.Public() {
			t.Error("there is no new sealing key")
		}
		blobs, wraps := r.blobs(t, browser)
		if len(blobs) != 1 || contains(blobs, before[0]) || contains(wraps, oldWraps[0]) {
			t.Error("what the old password opens is still there")
		}
		_, err = r.Code(ctx, waiting, browser.Code(), identity.From{Proof: identitytest.Proof(r.clock)})
		wantCode(t, "a ticket of the old password", err, "sign_in_refused")
		_, err = r.signIn(t, "patel", browser.AuthKey, browser.Code())
		wantCode(t, "the old password", err, "sign_in_refused")
		other := r.again(t, elsewhere.Token)
		if !other.Locked || !slices.Contains(r.heard.Locked, other.ID) {
			t.Error("the other session is not locked")
		}
		if here := r.again(t, enrolled.Token); here.Locked || slices.Contains(r.heard.Locked, here.ID) {
			t.Error("this session is locked")
		}
		_, _, err = r.Unlock(ctx, other, browser.AuthKey)
		wantCode(t, "unlocking with the old password", err, "password_wrong")
		_, unlock, err := r.Unlock(ctx, other, next.AuthKey)
		if err != nil {
			t.Fatal(err)
		}
		next.OpenUnlock(t, unlock)
		if [32]byte(unlock.VaultShare) != next.VaultShare || next.VaultShare == browser.VaultShare {
			t.Error("the share is the old one")
		}
		signedIn, err := r.signIn(t, "patel", next.AuthKey, next.Code())
		if err != nil {
			t.Fatal(err)
		}
		next.OpenUnlock(t, signedIn.Unlock)
		for kind, want := range map[audit.Kind]int{audit.UnlockerAdded: 1, audit.UnlockerRemoved: 1, audit.VaultChanged: 1, audit.Lock: 1} {
			if got := r.audited(t, kind); got != want {
				t.Errorf("%d events %s, want %d", got, kind, want)
			}
		}
	})
}

func TestR23_WrapsAndVaultsOfTheOldAccountKeyAreRefused(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		rollback := *browser
		next := r.change(t, browser, enrolled.Session, browser.NewPIN(), id.Unlocker{})
		old, _ := browser.Change(t, r.state(t, browser), browser.NewPIN(), id.Unlocker{})
		_, err := r.ChangeUnlockers(ctx, enrolled.Session, old)
		wantCode(t, "a change that was made before another", err, "vault_moved")

		first, after := next.Change(t, r.state(t, next), next.NewPassword(), next.Unlocker(t, envelope.UnlockerPassword))
		if _, err := r.ChangeUnlockers(ctx, enrolled.Session, first); err != nil {
			t.Fatal(err)
		}
		_, err = r.ChangeUnlockers(ctx, enrolled.Session, first)
		wantCode(t, "the same change again", err, "vault_moved")
		again, _ := after.Change(t, r.state(t, after), nil, after.Unlocker(t, envelope.UnlockerPIN))
		replayed := again
		replayed.Wraps = first.Wraps[:1]
		_, err = r.ChangeUnlockers(ctx, enrolled.Session, replayed)
		wantCode(t, "a wrap of the account key before", err, "unlockers_malformed")
		_, err = r.ReplaceVault(ctx, browser.Person, rollback.NextVault(t))
		wantCode(t, "a vault under the first account key", err, "vault_moved")
		older := *next
		older.Vault = after.Vault // the right head, the wrong key
		_, err = r.ReplaceVault(ctx, browser.Person, older.NextVaultUnder(t, next.AK))
		wantCode(t, "the next vault under an account key of before", err, "vault_malformed")
	})
}

func TestR23_APersonProvesThemselvesBeforeTheyChangeAnything(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		change, _ := browser.Change(t, r.state(t, browser), browser.NewPIN(), id.Unlocker{})
		r.clock.Set(start.Add(10 * time.Minute))
		_, err := r.ChangeUnlockers(ctx, enrolled.Session, change)
		wantCode(t, "after ten minutes", err, "proof_needed")
		session, _, err := r.Unlock(ctx, enrolled.Session, browser.AuthKey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ChangeUnlockers(ctx, session, change); err != nil {
			t.Errorf("after the password: %v", err)
		}
		found, err := r.Session(ctx, session.ID, true)
		if err != nil || !found.ProvedAt.Equal(r.clock.Now()) {
			t.Errorf("proved at %v, %v", found.ProvedAt, err)
		}
	})
}

func TestR23_TheLastUnlockerCannotBeRemoved(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		password := browser.Unlocker(t, envelope.UnlockerPassword)
		for name, add := range map[string]*identity.NewUnlocker{"with nothing": nil, "with a PIN": browser.NewPIN()} {
			change, _ := browser.Change(t, r.state(t, browser), add, password)
			_, err := r.ChangeUnlockers(ctx, enrolled.Session, change)
			wantCode(t, "leaving "+name, err, "last_unlocker")
		}
		next := r.change(t, browser, enrolled.Session, browser.NewPIN(), id.Unlocker{})
		change, _ := next.Change(t, r.state(t, next), nil, password)
		_, err := r.ChangeUnlockers(ctx, enrolled.Session, change)
		wantCode(t, "leaving a PIN that was there", err, "last_unlocker")
		after := r.change(t, next, enrolled.Session, nil, next.Unlocker(t, envelope.UnlockerPIN))
		if _, wraps := r.blobs(t, after); len(wraps) != 1 || r.count(t, `SELECT COUNT(*) FROM pin`) != 0 {
			t.Error("the PIN is still there")
		}
	})
}

func TestR23_ADowngradedPasswordIsRefused(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		for name, spoil := range map[string]func(*identity.NewPassword){
			"less memory":   func(p *identity.NewPassword) { p.MemoryKiB-- },
			"fewer passes":  func(p *identity.NewPassword) { p.Passes-- },
			"other passes":  func(p *identity.NewPassword) { p.Passes++ },
			"another salt":  func(p *identity.NewPassword) { p.Salt = random(16) },
			"a short salt":  func(p *identity.NewPassword) { p.Salt = p.Salt[:15] },
			"no parameters": func(p *identity.NewPassword) { p.MemoryKiB, p.Passes = 0, 0 },
		} {
			add := browser.NewPassword()
			spoil(add.Password)
			change, _ := browser.Change(t, r.state(t, browser), add, browser.Unlocker(t, envelope.UnlockerPassword))
			_, err := r.ChangeUnlockers(ctx, enrolled.Session, change)
			wantCode(t, name, err, "weak_parameters")
		}
		add := browser.NewPassword()
		add.Password.Salt = nil
		r.change(t, browser, enrolled.Session, add, browser.Unlocker(t, envelope.UnlockerPassword))
		if p, err := r.Parameters(ctx, "patel"); err != nil || p.Salt != browser.Salt {
			t.Errorf("a stranger sees that something changed: %v", err)
		}
	})
}

func TestR23_AChangeThatDoesNotFitTogetherChangesNothing(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		stranger, _ := r.enrol(t, "okafor")
		password := browser.Unlocker(t, envelope.UnlockerPassword)
		theirs, _ := stranger.Change(t, r.state(t, stranger), stranger.NewPassword(), stranger.Unlocker(t, envelope.UnlockerPassword))
		rotating := func() identity.UnlockerChange {
			change, _ := browser.Change(t, r.state(t, browser), browser.NewPassword(), password)
			return change
		}
		adding := func() identity.UnlockerChange {
			change, _ := browser.Change(t, r.state(t, browser), browser.NewPIN(), id.Unlocker{})
			return change
		}
		for name, test := range map[string]struct {
			code  string
			base  func() identity.UnlockerChange
			spoil func(*identity.UnlockerChange)
		}{
			"another's vault":           {"unlockers_malformed", rotating, func(c *identity.UnlockerChange) { c.Vault = theirs.Vault }},
			"another's wraps":           {"unlockers_malformed", rotating, func(c *identity.UnlockerChange) { c.Wraps = theirs.Wraps }},
			"another's identity":        {"unlockers_malformed", rotating, func(c *identity.UnlockerChange) { c.Identity = theirs.Identity }},
			"another's generation":      {"broken_chain", rotating, func(c *identity.UnlockerChange) { c.Generation = theirs.Generation }},
			"another's blob":            {"unlockers_malformed", rotating, func(c *identity.UnlockerChange) { c.Add.Blob = theirs.Add.Blob }},
			"no wraps":                  {"unlockers_malformed", rotating, func(c *identity.UnlockerChange) { c.Wraps = nil }},
			"a wrap twice":              {"unlockers_malformed", rotating, func(c *identity.UnlockerChange) { c.Wraps = append(c.Wraps, c.Wraps[0]) }},
			"no identity":               {"malformed", rotating, func(c *identity.UnlockerChange) { c.Identity = nil }},
			"no generation":             {"malformed", rotating, func(c *identity.UnlockerChange) { c.Generation = nil }},
			"a device as generation":    {"unlockers_malformed", rotating, func(c *identity.UnlockerChange) { c.Generation = r.revocation(t, browser, browser) }},
			"removing what is not":      {"unlockers_malformed", rotating, func(c *identity.UnlockerChange) { c.Remove = []id.Unlocker{{1}} }},
			"a removal that is none":    {"unlockers_malformed", rotating, func(c *identity.UnlockerChange) { c.Remove = nil }},
			"an addition that removes":  {"unlockers_malformed", adding, func(c *identity.UnlockerChange) { c.Remove = []id.Unlocker{password} }},
			"an addition with identity": {"unlockers_malformed", adding, func(c *identity.UnlockerChange) { c.Identity = theirs.Identity }},
			"nothing at all":            {"unlockers_malformed", adding, func(c *identity.UnlockerChange) { c.Add, c.Wraps = nil, nil }},
			"a passkey without one":     {"unlockers_malformed", adding, func(c *identity.UnlockerChange) { c.Add.Kind = envelope.UnlockerPasskey }},
			"a PIN called password":     {"unlockers_malformed", adding, func(c *identity.UnlockerChange) { c.Add.Kind = envelope.UnlockerPassword }},
			"a PIN with a password":     {"unlockers_malformed", adding, func(c *identity.UnlockerChange) { c.Add.Password = browser.NewPassword().Password }},
			"a short verifier": {"unlockers_malformed", adding, func(c *identity.UnlockerChange) {
				c.Add.PIN = &identity.NewPIN{Verifier: random(31), Share: random(32)}
			}},
			"a label with a line break": {"unlocker_label", adding, func(c *identity.UnlockerChange) { c.Add.Label = "a\x00b" }},
			"a vault that is rubbish":   {"malformed", adding, func(c *identity.UnlockerChange) { c.Vault = random(100) }},
		} {
			change := test.base()
			test.spoil(&change)
			_, err := r.ChangeUnlockers(ctx, enrolled.Session, change)
			wantCode(t, name, err, test.code)
		}
		if _, unlock, err := r.Unlock(ctx, enrolled.Session, browser.AuthKey); err != nil {
			t.Error(err)
		} else {
			browser.OpenUnlock(t, unlock)
		}
		if r.audited(t, audit.UnlockerAdded) != 0 || r.state(t, browser).Seq() != 3 {
			t.Error("a refused change left something")
		}
	})
}

func TestR23_OfTwoChangesAtOnceOneIsMade(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		password := browser.Unlocker(t, envelope.UnlockerPassword)
		var mu sync.Mutex
		made := map[string]*identitytest.Browser{}
		var group sync.WaitGroup
		for range 4 {
			change, next := browser.Change(t, r.state(t, browser), browser.NewPassword(), password)
			group.Go(func() {
				_, err := r.ChangeUnlockers(ctx, enrolled.Session, change)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made[string(next.AuthKey)] = next
				} else if code := codeOf(err); code != "vault_moved" && code != "broken_chain" && code != "unlockers_malformed" {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(made) != 1 {
			t.Fatalf("%d changes were made", len(made))
		}
		for _, next := range made {
			_, unlock, err := r.Unlock(ctx, enrolled.Session, next.AuthKey)
			if err != nil {
				t.Fatal(err)
			}
			next.OpenUnlock(t, unlock)
		}
	})
}

// P8 in docs/protocol.md, 5.7 and 7.1: a lost device ends the sealing to a person until their keys are renewed, for which no unlocker has to go.
func TestP8_KeysAreRenewedAfterALossAndWhatWasOnTheDeviceGoesWithIt(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		elsewhere, err := r.signIn(t, "patel", browser.AuthKey, browser.Code())
		if err != nil {
			t.Fatal(err)
		}
		plain, next := browser.Renew(t, r.state(t, browser))
		if _, err := r.ChangeUnlockers(ctx, enrolled.Session, plain); err != nil {
			t.Fatal(err)
		}
		if other := r.again(t, elsewhere.Token); !other.Locked {
			t.Error("the other session is not locked")
		}
		session, unlock, err := r.Unlock(ctx, enrolled.Session, browser.AuthKey)
		if err != nil {
			t.Fatal(err)
		}
		next.OpenUnlock(t, unlock)
		if key, ok := r.state(t, browser).GenerationKey(2); !ok || key.Seal != next.Generation.Public() {
			t.Error("there is no new sealing key")
		}
		_, err = r.ChangeUnlockers(ctx, session, plain)
		wantCode(t, "the same renewal again", err, "vault_moved")

		withPIN := r.change(t, next, session, browser.NewPIN(), id.Unlocker{})
		pin, password := withPIN.Unlocker(t, envelope.UnlockerPIN), withPIN.Unlocker(t, envelope.UnlockerPassword)
		all, _ := withPIN.Renew(t, r.state(t, browser), pin, password)
		_, err = r.ChangeUnlockers(ctx, session, all)
		wantCode(t, "removing everything", err, "last_unlocker")
		twice, _ := withPIN.Renew(t, r.state(t, browser), pin)
		twice.Remove = append(twice.Remove, pin)
		_, err = r.ChangeUnlockers(ctx, session, twice)
		wantCode(t, "removing one twice", err, "unlockers_malformed")
		half, _ := withPIN.Renew(t, r.state(t, browser))
		half.Generation = nil
		_, err = r.ChangeUnlockers(ctx, session, half)
		wantCode(t, "a renewal without a generation", err, "malformed")
		last, after := withPIN.Renew(t, r.state(t, browser), pin)
		if _, err := r.ChangeUnlockers(ctx, session, last); err != nil {
			t.Fatal(err)
		}
		if blobs, _ := r.blobs(t, after); len(blobs) != 1 || r.count(t, `SELECT COUNT(*) FROM pin`) != 0 || r.audited(t, audit.UnlockerRemoved) != 1 {
			t.Errorf("%d unlockers are left", len(blobs))
		}
	})
}

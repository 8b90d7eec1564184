package identity_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
)

func newAuthenticator() *identitytest.Authenticator { return identitytest.NewAuthenticator(origin) }

func create(a *identitytest.Authenticator, c identity.PasskeyCreation) []byte {
	return a.Create(c.Challenge[:], c.Handle)
}

// passkey registers a passkey; with prf also the unlocker that it opens.
func (r *room) passkey(t *testing.T, browser *identitytest.Browser, session identity.Session, prf bool) (*identitytest.Authenticator, *identitytest.Browser) {
	t.Helper()
	a := newAuthenticator()
	creation, err := r.RegisterOptions(ctx, session)
	if err != nil {
		t.Fatal(err)
	}
	registration := identity.Registration{Ticket: creation.Ticket, Credential: create(a, creation), Label: "Phone"}
	if prf {
		var change identity.UnlockerChange
		change, browser = browser.Change(t, r.state(t, browser), browser.NewPasskey(), id.Unlocker{})
		registration.Change = &change
	}
	credential, _, err := r.Register(ctx, session, registration)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(credential, a.Key.ID) {
		t.Error("another credential")
	}
	return a, browser
}

func (r *room) signInPasskey(t *testing.T, a *identitytest.Authenticator, change ...func(*identitytest.Authenticator)) (identity.PasskeySignIn, error) {
	t.Helper()
	request, err := r.SignInOptions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return r.SignInPasskey(ctx, request.Ticket, a.Get(request.Challenge[:], change...), identity.From{Proof: identitytest.Proof(r.clock)})
}

func TestR23_APasskeySignsInAndOpensTheVault(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		a, browser := r.passkey(t, browser, enrolled.Session, true)
		signedIn, err := r.signInPasskey(t, a)
		if err != nil {
			t.Fatal(err)
		}
		if !signedIn.PRF || signedIn.Unlock.Kind != envelope.UnlockerPasskey || signedIn.Unlock.VaultShare != nil || len(signedIn.Challenge) != 32 {
			t.Errorf("PRF %v, %v, %d bytes of vault share", signedIn.PRF, signedIn.Unlock.Kind, len(signedIn.Unlock.VaultShare))
		}
		browser.OpenUnlock(t, signedIn.Unlock)
		session := r.again(t, signedIn.Token)
		if session.Unlocker != signedIn.Unlock.Unlocker || !session.ProvedAt.Equal(r.clock.Now()) {
			t.Errorf("%+v", session)
		}
		unlockers, without, err := r.Unlockers(ctx, session)
		if err != nil || len(unlockers) != 2 || len(without) != 0 || !unlockers[1].Current || !bytes.Equal(unlockers[1].Credential, a.Key.ID) ||
			unlockers[1].Label != "Phone" || unlockers[1].LastUsedAt.IsZero() {
			t.Errorf("%+v, %+v, %v", unlockers, without, err)
		}
		if r.audited(t, audit.PasskeyAdded) != 1 || r.audited(t, audit.UnlockerAdded) != 1 || r.audited(t, audit.SignIn) != 1 {
			t.Error("not everything was audited")
		}
	})
}

func TestR23_APasskeyWithoutPRFLeavesTheVaultToThePassword(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		a, _ := r.passkey(t, browser, enrolled.Session, false)
		signedIn, err := r.signInPasskey(t, a)
		if err != nil {
			t.Fatal(err)
		}
		u := signedIn.Unlock
		if signedIn.PRF || u.Kind != envelope.UnlockerPassword || [32]byte(u.VaultShare) != browser.VaultShare || u.Stretching == nil || u.Stretching.Salt != browser.Salt {
			t.Errorf("PRF %v, %+v", signedIn.PRF, u.Stretching)
		}
		browser.OpenUnlock(t, u)
		unlockers, without, err := r.Unlockers(ctx, signedIn.Session)
		if err != nil || len(unlockers) != 1 || len(without) != 1 || !without[0].Unlocker.IsZero() {
			t.Errorf("%+v, %+v, %v", unlockers, without, err)
		}
		if err := r.RemovePasskey(ctx, enrolled.Session, a.Key.ID); err != nil {
			t.Fatal(err)
		}
		_, err = r.signInPasskey(t, a)
		wantCode(t, "a passkey that was removed", err, "passkey_refused")
		wantCode(t, "removing it twice", r.RemovePasskey(ctx, enrolled.Session, a.Key.ID), "passkey_unknown")
	})
}

func TestR23_APasskeyUnlocksItsPersonsSessionOnly(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		_, other := r.enrol(t, "okafor")
		_, err := r.UnlockOptions(ctx, other.Session)
		wantCode(t, "without a passkey", err, "passkey_none")
		a, browser := r.passkey(t, browser, enrolled.Session, true)
		if err := r.Lock(ctx, enrolled.Session); err != nil {
			t.Fatal(err)
		}
		locked := r.again(t, enrolled.Token)
		r.clock.Advance(20 * time.Minute)
		request, err := r.UnlockOptions(ctx, locked)
		if err != nil || len(request.Allowed) != 1 {
			t.Fatal(request.Allowed, err)
		}
		_, _, err = r.UnlockPasskey(ctx, other.Session, request.Ticket, a.Get(request.Challenge[:]))
		wantCode(t, "a ticket of another session", err, "ticket_spent")
		_, err = r.SignInPasskey(ctx, request.Ticket, a.Get(request.Challenge[:]), identity.From{Proof: identitytest.Proof(r.clock)})
		wantCode(t, "a ticket for another purpose", err, "ticket_spent")
		session, unlock, err := r.UnlockPasskey(ctx, locked, request.Ticket, a.Get(request.Challenge[:]))
		if err != nil {
			t.Fatal(err)
		}
		browser.OpenUnlock(t, unlock)
		if session.Locked || !session.ProvedAt.Equal(r.clock.Now()) {
			t.Errorf("%+v", session)
		}
		okafor := newAuthenticator()
		creation, err := r.RegisterOptions(ctx, with(other.Session, func(s *identity.Session) { s.ProvedAt = r.clock.Now() }))
		if err != nil {
			t.Fatal(err)
		}
		fresh := with(other.Session, func(s *identity.Session) { s.ProvedAt = r.clock.Now() })
		if _, _, err := r.Register(ctx, fresh, identity.Registration{Ticket: creation.Ticket, Credential: create(okafor, creation)}); err != nil {
			t.Fatal(err)
		}
		if request, err = r.UnlockOptions(ctx, other.Session); err != nil {
			t.Fatal(err)
		}
		_, _, err = r.UnlockPasskey(ctx, other.Session, request.Ticket, a.Get(request.Challenge[:]))
		wantCode(t, "another person's passkey", err, "passkey_refused")
	})
}

func TestR23_AnAssertionIsTakenOnce(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		a, _ := r.passkey(t, browser, enrolled.Session, true)
		request, err := r.SignInOptions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		assertion := a.Get(request.Challenge[:])
		var signedIn, spent atomic.Int32
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				_, err := r.SignInPasskey(ctx, request.Ticket, assertion, identity.From{Proof: identitytest.Proof(r.clock)})
				switch {
				case err == nil:
					signedIn.Add(1)
				case fault.As(err).Code() == "ticket_spent":
					spent.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if signedIn.Load() != 1 || spent.Load() != 5 {
			t.Errorf("%d sessions for one assertion, %d refused", signedIn.Load(), spent.Load())
		}
		_, err = r.restarted().SignInPasskey(ctx, request.Ticket, a.Get(request.Challenge[:]), identity.From{Proof: identitytest.Proof(r.clock)})
		wantCode(t, "another answer to the same challenge, after a restart", err, "ticket_spent")
		failed, _ := r.SignInOptions(ctx)
		_, err = r.SignInPasskey(ctx, failed.Ticket, a.Get(make([]byte, 32)), identity.From{Proof: identitytest.Proof(r.clock)})
		wantCode(t, "an answer to another challenge", err, "passkey_refused")
		_, err = r.SignInPasskey(ctx, failed.Ticket, a.Get(failed.Challenge[:]), identity.From{Proof: identitytest.Proof(r.clock)})
		wantCode(t, "a challenge after a failed answer", err, "ticket_spent")
		late, _ := r.SignInOptions(ctx)
		r.clock.Advance(5 * time.Minute)
		_, err = r.SignInPasskey(ctx, late.Ticket, a.Get(late.Challenge[:]), identity.From{Proof: identitytest.Proof(r.clock)})
		wantCode(t, "after five minutes", err, "ticket_spent")
		if _, err := r.signInPasskey(t, a); err != nil {
			t.Error(err)
		}
		if rows := r.count(t, `SELECT COUNT(*) FROM spent_challenge`); rows != 1 {
			t.Errorf("%d challenges are remembered", rows)
		}
	})
}

func TestR23_AnAssertionThatDoesNotCheckIsRefused(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		leaver, left := r.enrol(t, "leaver")
		a, _ := r.passkey(t, browser, enrolled.Session, true)
		gone, _ := r.passkey(t, leaver, left.Session, true)
		if err := r.people.Leave(ctx, id.Person{}, leaver.Person); err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct {
			code   string
			by     *identitytest.Authenticator
			change func(*identitytest.Authenticator)
		}{
			"not verified":           {"user_not_verified", a, func(a *identitytest.Authenticator) { a.Auth.Options.UserNotVerified = true }},
			"not verified, unknown":  {"user_not_verified", newAuthenticator(), func(a *identitytest.Authenticator) { a.Auth.Options.UserNotVerified = true }},
			"not present":            {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Auth.Options.UserNotPresent = true }},
			"an unknown credential":  {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Key.ID = random(32) }},
			"a bad signature":        {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Key.Key = newAuthenticator().Key.Key }},
			"another origin":         {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Site.Origin = "https://wardline.test.evil.example" }},
			"another port":           {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Site.Origin = origin + ":8443" }},
			"another scheme":         {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Site.Origin = "http://wardline.test" }},
			"another site":           {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Site.ID = "evil.example" }},
			"another person's name":  {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Auth.Options.UserHandle = random(32) }},
			"no name":                {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Auth.Options.UserHandle = nil }},
			"a backup that was none": {"passkey_refused", a, func(a *identitytest.Authenticator) { a.Auth.Options.BackupEligible = true }},
			"somebody who left":      {"passkey_refused", gone, func(*identitytest.Authenticator) {}},
		} {
			_, err := r.signInPasskey(t, test.by, test.change)
			refusal := fault.As(err)
			if refusal.Code() != test.code || refusal.Kind() != fault.Unauthenticated || len(refusal.Details()) > 0 {
				t.Errorf("%s: %v %v, want %s", name, err, refusal.Details(), test.code)
			}
		}
		if _, err := r.signInPasskey(t, a); err != nil {
			t.Errorf("after all that: %v", err)
		}
	})
}

func TestR23_ACounterThatGoesBackIsACopy(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		a, _ := r.passkey(t, browser, enrolled.Session, true)
		if _, err := r.signInPasskey(t, a, func(a *identitytest.Authenticator) { a.Key.Counter = 9 }); err != nil {
			t.Fatal(err)
		}
		for _, count := range []uint32{9, 8, 0} {
			_, err := r.signInPasskey(t, a, func(a *identitytest.Authenticator) { a.Key.Counter = count })
			wantCode(t, "a counter that did not go on", err, "passkey_cloned")
		}
		if r.audited(t, audit.PasskeyCloned) != 3 || r.audited(t, audit.SignIn) != 1 {
			t.Error("it was not audited")
		}
		if _, err := r.signInPasskey(t, a, func(a *identitytest.Authenticator) { a.Key.Counter = 10 }); err != nil {
			t.Error(err)
		}
		synced, _ := r.passkeyThatDoesNotCount(t, enrolled.Session)
		for range 3 {
			if _, err := r.signInPasskey(t, synced, func(a *identitytest.Authenticator) { a.Key.Counter = 0 }); err != nil {
				t.Errorf("one that does not count: %v", err)
			}
		}
	})
}

func (r *room) passkeyThatDoesNotCount(t *testing.T, session identity.Session) (*identitytest.Authenticator, []byte) {
	t.Helper()
	a := newAuthenticator()
	a.Auth.Options.BackupEligible, a.Auth.Options.BackupState = true, true
	creation, err := r.RegisterOptions(ctx, session)
	if err != nil {
		t.Fatal(err)
	}
	credential, _, err := r.Register(ctx, session, identity.Registration{Ticket: creation.Ticket, Credential: create(a, creation)})
	if err != nil {
		t.Fatal(err)
	}
	return a, credential
}

func TestR23_ARegistrationThatDoesNotCheckIsRefused(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		for name, test := range map[string]struct {
			code   string
			change func(*identitytest.Authenticator)
		}{
			"not verified":   {"user_not_verified", func(a *identitytest.Authenticator) { a.Auth.Options.UserNotVerified = true }},
			"not present":    {"passkey_refused", func(a *identitytest.Authenticator) { a.Auth.Options.UserNotPresent = true }},
			"another origin": {"passkey_refused", func(a *identitytest.Authenticator) { a.Site.Origin = "https://evil.example" }},
			"another site":   {"passkey_refused", func(a *identitytest.Authenticator) { a.Site.ID = "evil.example" }},
		} {
			a := newAuthenticator()
			test.change(a)
			creation, err := r.RegisterOptions(ctx, enrolled.Session)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = r.Register(ctx, enrolled.Session, identity.Registration{Ticket: creation.Ticket, Credential: create(a, creation)})
			wantCode(t, name, err, test.code)
			_, _, err = r.Register(ctx, enrolled.Session, identity.Registration{Ticket: creation.Ticket, Credential: create(newAuthenticator(), creation)})
			wantCode(t, "the challenge again", err, "ticket_spent")
		}
		a := newAuthenticator()
		creation, _ := r.RegisterOptions(ctx, enrolled.Session)
		change, _ := browser.Change(t, r.state(t, browser), browser.NewPIN(), id.Unlocker{})
		_, _, err := r.Register(ctx, enrolled.Session, identity.Registration{Ticket: creation.Ticket, Credential: create(a, creation), Change: &change})
		wantCode(t, "a PIN with a passkey's registration", err, "unlockers_malformed")
		if passkeys, err := r.db.PasskeysOf(ctx, browser.Person); err != nil || len(passkeys) > 0 {
			t.Errorf("%d passkeys were kept, %v", len(passkeys), err)
		}
		first, _ := r.passkey(t, browser, enrolled.Session, false)
		creation, _ = r.RegisterOptions(ctx, enrolled.Session)
		if len(creation.Allowed) != 1 || !bytes.Equal(creation.Handle, first.Auth.Options.UserHandle) {
			t.Error("the first is not excluded, or the handle is another")
		}
		_, _, err = r.Register(ctx, enrolled.Session, identity.Registration{Ticket: creation.Ticket, Credential: create(first, creation)})
		wantCode(t, "the same credential again", err, "passkey_exists")
		r.clock.Set(start.Add(10 * time.Minute))
		_, err = r.RegisterOptions(ctx, enrolled.Session)
		wantCode(t, "without a proof", err, "proof_needed")
		_, _, err = r.Register(ctx, enrolled.Session, identity.Registration{})
		wantCode(t, "without a proof", err, "proof_needed")
		wantCode(t, "without a proof", r.RemovePasskey(ctx, enrolled.Session, first.Key.ID), "proof_needed")
	})
}

func TestR23_APRFResultIsNeverTaken(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		a, _ := r.passkey(t, browser, enrolled.Session, true)
		secret := base64.RawURLEncoding.EncodeToString(random(32))
		for name, results := range map[string]string{
			"as it comes":          `{"prf":{"results":{"first":"` + secret + `"}}}`,
			"with enabled":         `{"prf":{"enabled":true,"results":{"first":"` + secret + `","second":"` + secret + `"}}}`,
			"spelt otherwise":      `{"PRF":{"Results":{"first":"` + secret + `"}}}`,
			"hidden by another":    `{"prf":{"results":{"first":"` + secret + `"}},"prf":{}}`,
			"of another shape":     `{"prf":{"results":[1,2,3]}}`,
			"empty":                `{"prf":{"results":{}}}`,
			"deeper than it stand": `{"more":{"prf":{"results":"` + secret + `"}}}`,
		} {
			request, _ := r.SignInOptions(ctx)
			sent := bytes.Replace(a.Get(request.Challenge[:]), []byte(`{"type":`), []byte(`{"clientExtensionResults":`+results+`,"type":`), 1)
			if !json.Valid(sent) || !bytes.Contains(sent, []byte("esults")) {
				t.Fatalf("%s: the test sends %s", name, sent)
			}
			_, err := r.SignInPasskey(ctx, request.Ticket, sent, identity.From{Proof: identitytest.Proof(r.clock)})
			wantCode(t, name, err, "prf_sent")
			creation, _ := r.RegisterOptions(ctx, enrolled.Session)
			sent = bytes.Replace(create(newAuthenticator(), creation), []byte(`{"type":`), []byte(`{"clientExtensionResults":`+results+`,"type":`), 1)
			_, _, err = r.Register(ctx, enrolled.Session, identity.Registration{Ticket: creation.Ticket, Credential: sent})
			wantCode(t, name, err, "prf_sent")
		}
		request, _ := r.SignInOptions(ctx)
		sent := bytes.Replace(a.Get(request.Challenge[:]), []byte(`{"type":`), []byte(`{"clientExtensionResults":{"prf":{"enabled":true}},"type":`), 1)
		if _, err := r.SignInPasskey(ctx, request.Ticket, sent, identity.From{Proof: identitytest.Proof(r.clock)}); err != nil {
			t.Errorf("prf without results: %v", err)
		}
	})
}

func TestR23_SomebodyWithoutAPasswordSignsInByPasskey(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		plain, _ := r.passkey(t, browser, enrolled.Session, false)
		a, browser := r.passkey(t, browser, enrolled.Session, true)
		before, _ := r.Parameters(ctx, "patel")
		old := *browser
		browser = r.change(t, browser, enrolled.Session, nil, browser.Unlocker(t, envelope.UnlockerPassword))
		signedIn, err := r.signInPasskey(t, a)
		if err != nil {
			t.Fatal(err)
		}
		browser.OpenUnlock(t, signedIn.Unlock)
		_, err = r.signInPasskey(t, plain)
		wantCode(t, "a passkey that opens nothing", err, "passkey_opens_nothing")
		_, err = r.signIn(t, "patel", old.AuthKey, old.Code())
		wantCode(t, "the password that was removed", err, "sign_in_refused")
		_, err = r.signIn(t, "patel", nil, old.Code())
		wantCode(t, "no password", err, "sign_in_refused")
		_, _, err = r.Unlock(ctx, signedIn.Session, old.AuthKey)
		wantCode(t, "unlocking with the password that was removed", err, "password_wrong")
		if after, _ := r.Parameters(ctx, "patel"); after != before {
			t.Error("a stranger sees that the password is gone")
		}
		change, _ := browser.Change(t, r.state(t, browser), nil, browser.Unlocker(t, envelope.UnlockerPasskey))
		_, err = r.ChangeUnlockers(ctx, signedIn.Session, change)
		wantCode(t, "removing the last", err, "last_unlocker")
		wantCode(t, "removing the last as a passkey", r.RemovePasskey(ctx, signedIn.Session, a.Key.ID), "passkey_unlocks")
		browser = r.change(t, browser, signedIn.Session, browser.NewPassword(), browser.Unlocker(t, envelope.UnlockerPasskey))
		_, err = r.signInPasskey(t, a)
		wantCode(t, "the passkey whose unlocker was removed", err, "passkey_refused")
		r.clock.Advance(30 * time.Second)
		again, err := r.signIn(t, "patel", browser.AuthKey, browser.Code())
		if err != nil {
			t.Fatal(err)
		}
		browser.OpenUnlock(t, again.Unlock)
	})
}

func TestR23_AtAnAddressWithoutANameThereAreNoPasskeys(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		_, enrolled := r.enrol(t, "patel")
		for address, want := range map[string]bool{
			"https://wardline.test": true, "https://wardline.test:8443": true, "http://localhost:8080": true, "": false, "http://127.0.0.1:8443": false,
			"https://192.0.2.7": false, "https://[2001:db8::1]:8443": false,
		} {
			s := identity.New(identity.Options{Store: r.db, Keys: r.keys.ForIdentity(), Trust: r.trust, Clock: r.clock, Origin: address})
			if s.Passkeys() != want {
				t.Errorf("%q: %v", address, s.Passkeys())
			}
			if want {
				continue
			}
			_, signIn := s.SignInOptions(ctx)
			_, unlock := s.UnlockOptions(ctx, enrolled.Session)
			_, register := s.RegisterOptions(ctx, enrolled.Session)
			_, taken := s.SignInPasskey(ctx, random(90), []byte("{}"), identity.From{Proof: identitytest.Proof(r.clock)})
			for _, err := range []error{signIn, unlock, register, taken} {
				wantCode(t, address, err, "passkeys_unavailable")
			}
		}
	})
}

func TestAPasskeyOfEachAlgorithmAndTheLongestCredential(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		_, enrolled := r.enrol(t, "patel")
		for _, kind := range []virtualwebauthn.KeyType{virtualwebauthn.KeyTypeEC2, virtualwebauthn.KeyTypeRSA} {
			a := newAuthenticator()
			a.Key = virtualwebauthn.NewCredential(kind)
			a.Key.ID = random(1023)
			creation, err := r.RegisterOptions(ctx, enrolled.Session)
			if err != nil {
				t.Fatal(err)
			}
			registration := identity.Registration{Ticket: creation.Ticket, Credential: create(a, creation), Label: strings.Repeat("é", 50)}
			if _, _, err := r.Register(ctx, enrolled.Session, registration); err != nil {
				t.Fatal(err)
			}
			if _, err := r.signInPasskey(t, a); err != nil {
				t.Error(err)
			}
		}
	})
}

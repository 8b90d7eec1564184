package identity_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/people"
)

func TestR25_AnIdleSessionIsLockedByTheServer(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		for range 10 { // in use, it stays open for longer than the policy's time
			r.clock.Advance(2 * time.Minute)
			if session, err := r.authenticate(enrolled.Token); err != nil || session.Locked {
				t.Fatalf("%+v, %v", session, err)
			}
		}
		r.clock.Advance(3 * time.Minute)
		if session, err := r.Authenticate(ctx, enrolled.Token[:], identitytest.SharedKey().Thumbprint(), false); err != nil || session.Locked {
			t.Fatalf("%+v, %v", session, err) // asked about, not used
		}
		r.clock.Advance(2 * time.Minute)
		session, err := r.authenticate(enrolled.Token)
		if err != nil || !session.Locked {
			t.Fatalf("%+v, %v", session, err)
		}
		if len(r.heard.Locked) != 1 || r.heard.Locked[0] != session.ID || r.audited(t, audit.Lock) != 1 {
			t.Errorf("told %v, audited %d", r.heard.Locked, r.audited(t, audit.Lock))
		}
		if again, _ := r.authenticate(enrolled.Token); !again.Locked {
			t.Error("using a locked session opened it")
		}
		_, _, err = r.Unlock(ctx, session, random(32))
		wantCode(t, "a wrong password", err, "password_wrong")
		opened, unlock, err := r.Unlock(ctx, session, browser.AuthKey)
		if err != nil || opened.Locked {
			t.Fatalf("%+v, %v", opened, err)
		}
		browser.OpenUnlock(t, unlock)
		if again, err := r.authenticate(enrolled.Token); err != nil || again.Locked {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

func TestR25_LockingByHand(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		_, enrolled := r.enrol(t, "patel")
		for range 2 {
			if err := r.Lock(ctx, enrolled.Session); err != nil {
				t.Fatal(err)
			}
		}
		if session, err := r.Session(ctx, enrolled.Session.ID, true); err != nil || !session.Locked {
			t.Errorf("%+v, %v", session, err)
		}
		if len(r.heard.Locked) != 1 {
			t.Errorf("told %d times", len(r.heard.Locked))
		}
	})
}

func TestR25_TenWrongPasswordsEndASession(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		for n := range 10 {
			_, _, err := r.Unlock(ctx, enrolled.Session, random(32))
			wantCode(t, "wrong", err, "password_wrong")
			if _, err := r.authenticate(enrolled.Token); (err != nil) != (n == 9) {
				t.Fatalf("after %d wrong passwords: %v", n+1, err)
			}
		}
		_, _, err := r.Unlock(ctx, enrolled.Session, browser.AuthKey)
		wantCode(t, "the right one, too late", err, "not_signed_in")
		if len(r.heard.Ended) != 1 {
			t.Errorf("told %v", r.heard.Ended)
		}
	})
}

func TestR25_TriesThatAreStillBeingComparedCount(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		for range 10 { // as ten requests do that run at once
			if _, _, err := r.db.SpendUnlock(ctx, enrolled.Session.ID); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := r.Unlock(ctx, enrolled.Session, browser.AuthKey)
		wantCode(t, "the eleventh", err, "not_signed_in")
	})
}

func TestR22_ACopiedSessionIsOfNoUseAfterItsEnd(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		if err := r.End(ctx, enrolled.Session); err != nil {
			t.Fatal(err)
		}
		_, err := r.authenticate(enrolled.Token)
		wantCode(t, "the copied token", err, "not_signed_in")
		_, _, err = r.Unlock(ctx, enrolled.Session, browser.AuthKey)
		wantCode(t, "unlocking it", err, "not_signed_in")
		if err := r.End(ctx, enrolled.Session); err != nil || len(r.heard.Ended) != 1 || r.audited(t, audit.SignOut) != 1 {
			t.Errorf("ending twice: %v, told %v", err, r.heard.Ended)
		}
	})
}

func TestASessionEndsAfterTwelveHoursInUse(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		_, enrolled := r.enrol(t, "patel")
		for r.clock.Now().Before(start.Add(12*time.Hour - time.Minute)) {
			r.clock.Advance(4 * time.Minute)
			r.authenticate(enrolled.Token)
		}
		r.clock.Set(start.Add(12 * time.Hour))
		_, err := r.authenticate(enrolled.Token)
		wantCode(t, "after twelve hours", err, "not_signed_in")
		r.clock.Advance(31 * 24 * time.Hour)
		if forgotten, err := r.ForgetSessions(ctx); err != nil || forgotten != 1 {
			t.Errorf("%d rows forgotten, %v", forgotten, err)
		}
	})
}

func TestR42_ALeaverAndAnExpiredAccountAreOutAtOnce(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		if err := r.people.Leave(ctx, id.Person{}, browser.Person); err != nil {
			t.Fatal(err)
		}
		_, err := r.authenticate(enrolled.Token)
		wantCode(t, "a leaver's session", err, "not_signed_in")

		person, err := r.people.Add(ctx, id.Person{}, people.Person{UserName: "locum", DisplayName: "Lou Cum", Role: "Locum", Organisation: "Northfield Hospital",
			ExpiresAt: r.clock.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := r.people.Link(ctx, id.Person{}, person.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		invitation, err := r.Invitation(ctx, token[:])
		if err != nil {
			t.Fatal(err)
		}
		locum := identitytest.New(invitation, r.trust.Chain, r.clock)
		session, err := r.Enrol(ctx, locum.Complete(t, token[:], invitation.Profile))
		if err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(time.Hour)
		_, err = r.authenticate(session.Token)
		wantCode(t, "an expired account's session", err, "not_signed_in")
		_, err = r.signIn(t, "locum", locum.AuthKey, locum.Code())
		wantCode(t, "an expired account", err, "sign_in_refused")
	})
}

func TestR22_ASessionIsBoundByADeviceThatProvesItself(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		other, _ := r.enrol(t, "okafor")
		signedIn, err := r.signIn(t, "patel", browser.AuthKey, browser.Code())
		if err != nil {
			t.Fatal(err)
		}
		proof := browser.Prove(signedIn.Challenge)
		for name, test := range map[string]struct {
			code    string
			binding identity.Binding
		}{
			"a proof for another challenge": {"bad_signature", identity.Binding{Device: browser.Device, Signature: browser.Prove(random(32))}},
			"a proof by another key":        {"bad_signature", identity.Binding{Device: browser.Device, Signature: other.Prove(signedIn.Challenge)}},
			"no proof":                      {"bad_signature", identity.Binding{Device: browser.Device}},
			"somebody else's device":        {"revoked_device", identity.Binding{Device: other.Device, Signature: other.Prove(signedIn.Challenge)}},
			"an entry that is no device":    {"not_entitled", identity.Binding{Device: browser.Device, Signature: proof, Entry: r.revocation(t, browser, browser)}},
		} {
			_, err := r.Bind(ctx, signedIn.Session, test.binding)
			wantCode(t, name, err, test.code)
		}
		bound, err := r.Bind(ctx, signedIn.Session, identity.Binding{Device: browser.Device, Signature: proof})
		if err != nil || bound.Device != browser.Device {
			t.Fatalf("%+v, %v", bound, err)
		}
		_, err = r.Bind(ctx, signedIn.Session, identity.Binding{Device: browser.Device, Signature: proof})
		wantCode(t, "binding twice", err, "session_bound")
	})
}

func TestASecondBrowserAddsItsDeviceAndRevokesIt(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		signedIn, err := r.signIn(t, "patel", browser.AuthKey, browser.Code())
		if err != nil {
			t.Fatal(err)
		}
		second := browser.SecondDevice()
		state, _ := r.State(ctx, browser.Person)
		entry := second.Sign(t, second.DeviceEntry(state.Seq()+1, state.Head(), envelope.DeviceShared, 12*time.Hour))
		_, err = r.Bind(ctx, signedIn.Session, identity.Binding{Device: second.Device, Entry: entry, Signature: browser.Prove(signedIn.Challenge)})
		wantCode(t, "a new device with another's proof", err, "bad_signature")
		if state, _ := r.State(ctx, browser.Person); state.Seq() != 3 {
			t.Fatal("the refused device was appended")
		}
		if _, err = r.Bind(ctx, signedIn.Session, identity.Binding{Device: second.Device, Entry: entry, Signature: second.Prove(signedIn.Challenge)}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Append(ctx, browser.Person, identity.Appending{Entry: r.revocation(t, browser, second)}); err != nil {
			t.Fatal(err)
		}
		_, err = r.authenticate(signedIn.Token)
		wantCode(t, "the revoked device's session", err, "not_signed_in")
		if _, err := r.authenticate(enrolled.Token); err != nil {
			t.Errorf("the other device's session: %v", err)
		}
		if len(r.heard.Ended) != 1 || r.heard.Ended[0] != signedIn.Session.ID || r.audited(t, audit.DeviceRevoked) != 1 {
			t.Errorf("told %v", r.heard.Ended)
		}
		signedIn, err = r.signIn(t, "patel", browser.AuthKey, identity.TOTPCode(browser.TOTPSecret, r.clock.Advance(30*time.Second)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Bind(ctx, signedIn.Session, identity.Binding{Device: second.Device, Signature: second.Prove(signedIn.Challenge)})
		wantCode(t, "binding to the revoked device", err, "revoked_device")
	})
}

func TestR23_APasswordAloneGetsNothing(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		ticket, err := r.Password(ctx, "patel", browser.AuthKey)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range [][]byte{ticket, ticket[:32], browser.AuthKey} {
			_, err := r.Authenticate(ctx, token, identitytest.SharedKey().Thumbprint(), true)
			wantCode(t, "a ticket as a session", err, "not_signed_in")
		}
		_, _, err = r.Unlock(ctx, identity.Session{Profile: identity.Profile{Person: browser.Person}}, browser.AuthKey)
		wantCode(t, "unlocking without a session", err, "not_signed_in")
		for _, code := range []string{"", "000000", "not a code"} {
			if _, err := r.Code(ctx, ticket, code, identity.From{Proof: identitytest.Proof(r.clock)}); fault.As(err).Code() != "sign_in_refused" {
				t.Errorf("the code %q: %v", code, err)
			}
		}
	})
}

// revocation is an entry by which a browser revokes another device of its person.
func (r *room) revocation(t *testing.T, by, of *identitytest.Browser) []byte {
	t.Helper()
	state, err := r.State(ctx, by.Person)
	if err != nil {
		t.Fatal(err)
	}
	return by.Sign(t, &envelope.Revoke{
		Person: by.Person, Seq: state.Seq() + 1, Previous: state.Head(), Device: of.Device, Reason: envelope.RevokeLost,
		By: envelope.RevokeByIdentity, Issued: by.Now(),
	})
}

func TestR22_ASessionThatTwoCopiesUseIsLockedAndShownWithItsDevice(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		if err := r.UsedTwice(ctx, enrolled.Session.ID); err != nil {
			t.Fatal(err)
		}
		session := r.again(t, enrolled.Token)
		if !session.Locked || !slices.Contains(r.heard.Locked, session.ID) {
			t.Error("it is not locked")
		}
		if r.audited(t, audit.UsedTwice) != 1 {
			t.Error("it is not audited")
		}
		if _, _, err := r.Unlock(ctx, session, browser.AuthKey); err != nil {
			t.Fatal(err)
		}
		devices, err := r.Devices(ctx, session)
		if err != nil || len(devices) != 1 || !devices[0].UsedTwiceAt.Equal(r.clock.Now()) {
			t.Errorf("listed %+v, %v", devices, err)
		}
		if err := r.UsedTwice(ctx, id.Session{1}); err != nil || r.audited(t, audit.UsedTwice) != 1 {
			t.Errorf("a session that is not there: %v", err)
		}
	})
}

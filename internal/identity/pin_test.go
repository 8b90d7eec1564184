package identity_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/store"
)

// locked is somebody with a PIN whose session is locked.
type locked struct {
	*identitytest.Browser
	session identity.Session
	pin     *identity.NewPIN
}

func (r *room) withPIN(t *testing.T, userName string) *locked {
	t.Helper()
	browser, enrolled := r.enrol(t, userName)
	add := browser.NewPIN()
	browser = r.change(t, browser, enrolled.Session, add, id.Unlocker{})
	if err := r.Lock(ctx, enrolled.Session); err != nil {
		t.Fatal(err)
	}
	return &locked{Browser: browser, session: r.again(t, enrolled.Token), pin: add.PIN}
}

// again is the session of a token as the next request finds it.
func (r *room) again(t *testing.T, token [32]byte) identity.Session {
	t.Helper()
	session, err := r.authenticate(token)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// change carries out a change of unlockers.
func (r *room) change(t *testing.T, browser *identitytest.Browser, session identity.Session, add *identity.NewUnlocker, remove id.Unlocker) *identitytest.Browser {
	t.Helper()
	change, next := browser.Change(t, r.state(t, browser), add, remove)
	if _, err := r.ChangeUnlockers(ctx, session, change); err != nil {
		t.Fatal(err)
	}
	return next
}

func (r *room) state(t *testing.T, browser *identitytest.Browser) *envelope.PersonState {
	t.Helper()
	state, err := r.State(ctx, browser.Person)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestR24_APINOpensALockedSessionOfItsDevice(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l := r.withPIN(t, "patel")
		session, unlock, err := r.UnlockPIN(ctx, l.session, l.pin.Verifier)
		if err != nil {
			t.Fatal(err)
		}
		if session.Locked || unlock.Kind != envelope.UnlockerPIN || !bytes.Equal(unlock.PINShare, l.pin.Share) || len(unlock.VaultShare) > 0 {
			t.Errorf("%+v, %v, %d bytes of vault share", session, unlock.Kind, len(unlock.VaultShare))
		}
		l.OpenUnlock(t, unlock)
		r.clock.Advance(10 * time.Minute)
		_, _, err = r.UnlockPIN(ctx, l.session, l.pin.Verifier)
		wantCode(t, "the PIN again", err, "")
		session.Locked = false
		change, _ := l.Change(t, r.state(t, l.Browser), nil, unlock.Unlocker)
		found, err := r.Session(ctx, session.ID, true)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.ChangeUnlockers(ctx, found, change)
		wantCode(t, "a PIN as a proof", err, "proof_needed")
	})
}

func TestR24_TenWrongPINsDestroyIt(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l := r.withPIN(t, "patel")
		for left := 9; left > 0; left-- {
			_, unlock, err := r.UnlockPIN(ctx, l.session, random(32))
			wantCode(t, "a wrong PIN", err, "pin_wrong")
			if details := fault.As(err).Details(); len(details) != 1 || details["triesLeft"] != left || unlock.UnlockerBlob != nil {
				t.Errorf("%v, %d bytes of blob; %d tries should be left", details, len(unlock.UnlockerBlob), left)
			}
		}
		_, _, err := r.UnlockPIN(ctx, l.session, random(32))
		wantCode(t, "the tenth wrong PIN", err, "pin_gone")
		_, _, err = r.UnlockPIN(ctx, l.session, l.pin.Verifier)
		wantCode(t, "the right PIN after that", err, "pin_gone")
		if rows := r.count(t, `SELECT COUNT(*) FROM pin`); rows != 0 {
			t.Errorf("%d rows are left", rows)
		}
		if r.audited(t, audit.PINDestroyed) != 1 || r.audited(t, audit.SignInRefused) != 10 {
			t.Errorf("%d destroyed, %d refused", r.audited(t, audit.PINDestroyed), r.audited(t, audit.SignInRefused))
		}
		unlockers, _, err := r.Unlockers(ctx, l.session)
		if err != nil || len(unlockers) != 2 || unlockers[0].Gone || !unlockers[1].Gone || unlockers[1].Device != l.Device {
			t.Errorf("%+v, %v", unlockers, err)
		}
		if _, unlock, err := r.Unlock(ctx, l.session, l.AuthKey); err != nil {
			t.Errorf("the password after that: %v", err)
		} else {
			l.OpenUnlock(t, unlock)
		}
	})
}

func TestR24_TheRightPINGivesBackItsTries(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l := r.withPIN(t, "patel")
		for range 3 {
			for range 9 {
				_, _, err := r.UnlockPIN(ctx, l.session, random(32))
				wantCode(t, "a wrong PIN", err, "pin_wrong")
			}
			if _, _, err := r.UnlockPIN(ctx, l.session, l.pin.Verifier); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// stopping is a store whose server is stopped after it has spent a try and before anything is compared.
type stopping struct{ *store.DB }

var errStopped = errors.New("stopped")

func (s stopping) SpendPIN(ctx context.Context, person id.Person, device id.Device) (identity.StoredPIN, bool, error) {
	if _, _, err := s.DB.SpendPIN(ctx, person, device); err != nil {
		return identity.StoredPIN{}, false, err
	}
	return identity.StoredPIN{}, false, errStopped
}

func TestR24_ATryIsSpentBeforeItIsCompared(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l := r.withPIN(t, "patel")
		dying := identity.New(identity.Options{Store: stopping{r.db}, Keys: r.keys.ForIdentity(), Trust: r.trust, Clock: r.clock})
		for left := 9; left >= 0; left-- {
			if _, _, err := dying.UnlockPIN(ctx, l.session, l.pin.Verifier); !errors.Is(err, errStopped) {
				t.Fatal(err)
			}
			if tries := r.count(t, `SELECT tries FROM pin`); tries != left {
				t.Fatalf("%d tries are left, want %d", tries, left)
			}
		}
		_, _, err := r.restarted().UnlockPIN(ctx, l.session, l.pin.Verifier)
		wantCode(t, "the right PIN when every try was spent", err, "pin_gone")
		if rows := r.count(t, `SELECT COUNT(*) FROM pin`); rows != 0 {
			t.Error("what is left of the PIN was not destroyed")
		}
	})
}

func TestR24_GuessingAcrossRestartsIsBounded(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l := r.withPIN(t, "patel")
		compared := 0
		for range 40 {
			if _, _, err := r.restarted().UnlockPIN(ctx, l.session, random(32)); fault.As(err).Code() == "pin_wrong" {
				compared++
			}
			r.clock.Advance(time.Second)
		}
		if compared != 9 { // and the tenth, which says that there is none any more
			t.Errorf("%d guesses were compared", compared)
		}
	})
}

func TestR24_GuessingAtOnceIsBounded(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l := r.withPIN(t, "patel")
		var wrong, gone atomic.Int32
		var group sync.WaitGroup
		for range 24 {
			group.Go(func() {
				switch _, _, err := r.UnlockPIN(ctx, l.session, random(32)); fault.As(err).Code() {
				case "pin_wrong":
					wrong.Add(1)
				case "pin_gone":
					gone.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if wrong.Load() != 9 || gone.Load() != 15 || r.audited(t, audit.SignInRefused) != 10 {
			t.Errorf("%d wrong, %d gone, %d compared", wrong.Load(), gone.Load(), r.audited(t, audit.SignInRefused))
		}
	})
}

func TestR24_APINIsItsDevicesAndItsPersons(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l, other := r.withPIN(t, "patel"), r.withPIN(t, "okafor")
		signedIn, err := r.signIn(t, "patel", l.AuthKey, l.Code())
		if err != nil {
			t.Fatal(err)
		}
		for name, try := range map[string]struct {
			session identity.Session
			code    string
		}{
			"a session without a device":      {signedIn.Session, "pin_gone"},
			"another device of the person":    {with(l.session, func(s *identity.Session) { s.Device = l.SecondDevice().Device }), "pin_gone"},
			"another person on the device":    {with(l.session, func(s *identity.Session) { s.Person = other.Person }), "pin_gone"},
			"another person on their own one": {other.session, "pin_wrong"},
		} {
			_, _, err := r.UnlockPIN(ctx, try.session, l.pin.Verifier)
			wantCode(t, name, err, try.code)
		}
		for _, verifier := range [][]byte{nil, {}, l.pin.Verifier[:31], append(bytes.Clone(l.pin.Verifier), 0), l.pin.Share} {
			_, _, err := r.UnlockPIN(ctx, l.session, verifier)
			wantCode(t, "a malformed verifier", err, "pin_wrong")
		}
		if tries := r.count(t, `SELECT tries FROM pin WHERE tries <> 9`); tries != 5 {
			t.Errorf("%d tries are left", tries)
		}
	})
}

func with(s identity.Session, change func(*identity.Session)) identity.Session {
	change(&s)
	return s
}

func TestR24_NothingOfAPINIsStoredInClear(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l := r.withPIN(t, "patel")
		err := r.db.Read(ctx).Each(`SELECT verifier, share FROM pin`, nil, func(row store.Scanner) error {
			var verifier, share []byte
			if err := row.Scan(&verifier, &share); err != nil {
				return err
			}
			if bytes.Equal(verifier, l.pin.Verifier) || bytes.Contains(share, l.pin.Share) || len(share) != 65 {
				t.Errorf("verifier and share are kept as they came: %d bytes", len(share))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// The stored form of one is no good for another.
		other := r.withPIN(t, "okafor")
		if err := r.db.Tx(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE pin SET verifier = (SELECT verifier FROM pin WHERE person = $1) WHERE person = $2`, other.Person, l.Person)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, _, err = r.UnlockPIN(ctx, l.session, other.pin.Verifier)
		wantCode(t, "a verifier moved to another row", err, "pin_wrong")
	})
}

func TestR24_ARevokedDeviceHasNoPIN(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l := r.withPIN(t, "patel")
		if err := r.RevokeAll(ctx, l.Person, envelope.RevokeLost); err != nil {
			t.Fatal(err)
		}
		if rows := r.count(t, `SELECT COUNT(*) FROM pin`); rows != 0 {
			t.Errorf("%d PINs", rows)
		}
	})
}

func TestR24_ANewPINReplacesTheOldOne(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		l := r.withPIN(t, "patel")
		session, unlock, err := r.Unlock(ctx, l.session, l.AuthKey)
		if err != nil {
			t.Fatal(err)
		}
		l.OpenUnlock(t, unlock)
		old := l.Unlocker(t, envelope.UnlockerPIN)
		second := l.NewPIN()
		change, _ := l.Change(t, r.state(t, l.Browser), second, id.Unlocker{})
		_, err = r.ChangeUnlockers(ctx, session, change)
		wantCode(t, "a second PIN on one device", err, "unlockers_malformed")
		next := r.change(t, l.Browser, session, second, old)
		_, _, err = r.UnlockPIN(ctx, session, l.pin.Verifier)
		wantCode(t, "the old PIN", err, "pin_wrong")
		_, unlock, err = r.UnlockPIN(ctx, session, second.PIN.Verifier)
		if err != nil {
			t.Fatal(err)
		}
		next.OpenUnlock(t, unlock)
	})
}

// count reads a number.
func (r *room) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := r.db.Read(ctx).Row(query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

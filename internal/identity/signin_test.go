package identity_test

import (
	"encoding/base32"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
)

func TestSigningInOpensTheVault(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		signedIn, err := r.signIn(t, "patel", browser.AuthKey, browser.Code())
		if err != nil {
			t.Fatal(err)
		}
		if [32]byte(signedIn.Unlock.VaultShare) != browser.VaultShare {
			t.Error("another vault share")
		}
		browser.OpenUnlock(t, signedIn.Unlock)
		session, err := r.authenticate(signedIn.Token)
		if err != nil || !session.Device.IsZero() || session.Locked {
			t.Errorf("%+v, %v", session, err)
		}
		if r.audited(t, audit.SignIn) != 1 {
			t.Error("the sign-in was not audited")
		}
	})
}

func TestR23_ACodeIsTakenOnce(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		code := browser.Code()
		if _, err := r.signIn(t, "patel", browser.AuthKey, code); err != nil {
			t.Fatal(err)
		}
		_, err := r.signIn(t, "patel", browser.AuthKey, code)
		wantCode(t, "the code again", err, "sign_in_refused")
		before := identity.TOTPCode(browser.TOTPSecret, r.clock.Now().Add(-30*time.Second))
		_, err = r.signIn(t, "patel", browser.AuthKey, before)
		wantCode(t, "the code before the one that was taken", err, "sign_in_refused")
		r.clock.Advance(30 * time.Second)
		if _, err := r.signIn(t, "patel", browser.AuthKey, browser.Code()); err != nil {
			t.Errorf("the next code: %v", err)
		}
	})
}

func TestR23_TheCodeOfTheEnrolmentIsSpent(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		r.clock.Set(start) // the step of the enrolment
		_, err := r.signIn(t, "patel", browser.AuthKey, browser.Code())
		wantCode(t, "the code that enrolled", err, "sign_in_refused")
	})
}

func TestR23_OneCodeRacedMakesOneSession(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		ticket, err := r.Password(ctx, "patel", browser.AuthKey)
		if err != nil {
			t.Fatal(err)
		}
		code := browser.Code()
		var mu sync.Mutex
		var sessions int
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := r.Code(ctx, ticket, code, identity.From{Proof: identitytest.Proof(r.clock)}); err == nil {
					mu.Lock()
					sessions++
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if sessions != 1 {
			t.Errorf("%d sessions for one code", sessions)
		}
	})
}

func TestSkewOfOneStepIsTaken(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		r.clock.Advance(2 * time.Minute)
		for _, test := range []struct {
			apart time.Duration
			code  string
		}{
			{-60 * time.Second, "sign_in_refused"}, {60 * time.Second, "sign_in_refused"},
			{-30 * time.Second, ""}, {0, ""}, {30 * time.Second, ""},
		} {
			_, err := r.signIn(t, "patel", browser.AuthKey, identity.TOTPCode(browser.TOTPSecret, r.clock.Now().Add(test.apart)))
			wantCode(t, test.apart.String(), err, test.code)
		}
	})
}

func TestUnknownUsersAreAnsweredLikeKnownOnes(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		var left [2]identity.Stretching
		for n := range left {
			var err error
			if left[n], err = r.Parameters(ctx, "nobody"); err != nil {
				t.Fatal(err)
			}
		}
		elsewhere, _ := r.Parameters(ctx, "nobody2")
		known, _ := r.Parameters(ctx, "patel")
		if left[0] != left[1] || left[0].Salt == elsewhere.Salt || left[0].MemoryKiB != known.MemoryKiB || left[0].Passes != known.Passes {
			t.Errorf("%+v %+v %+v %+v", left[0], left[1], elsewhere, known)
		}
		wrong := random(32)
		first, err := r.Password(ctx, "nobody", wrong)
		if err != nil {
			t.Fatal(err)
		}
		second, err := r.Password(ctx, "patel", browser.AuthKey)
		if err != nil || len(first) != len(second) {
			t.Errorf("tickets of %d and %d bytes, %v", len(first), len(second), err)
		}
		// The same number of wrong tries is answered in the same way for both, lock-out included.
		for n := range 8 {
			var answers [2]string
			for k, name := range []string{"nobody", "patel"} {
				_, err := r.signIn(t, name, wrong, browser.Code())
				answers[k] = codeOf(err) + fault.As(err).Wait().String() + fault.As(err).Message()
			}
			if answers[0] != answers[1] {
				t.Errorf("try %d: %v", n, answers)
			}
		}
		if refused := r.audited(t, audit.SignInRefused); refused%2 != 0 || refused == 0 {
			t.Errorf("%d refusals audited for two names", refused)
		}
	})
}

func TestEveryReasonToRefuseLooksAlike(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		leaver, _ := r.enrol(t, "leaver")
		if err := r.people.Leave(ctx, id.Person{}, leaver.Person); err != nil {
			t.Fatal(err)
		}
		r.invite(t, "pending")
		r.clock.Advance(time.Minute)
		wrong := random(32)
		for name, try := range map[string]func() error{
			"an unknown name": func() error { _, err := r.signIn(t, "nobody", wrong, "123456"); return err },
			"a wrong password": func() error {
				_, err := r.signIn(t, "patel", wrong, browser.Code())
				return err
			},
			"a wrong code": func() error {
				_, err := r.signIn(t, "patel", browser.AuthKey, identity.TOTPCode(random(20), start))
				return err
			},
			"somebody who left": func() error {
				_, err := r.signIn(t, "leaver", leaver.AuthKey, leaver.Code())
				return err
			},
			"somebody who has not enrolled": func() error { _, err := r.signIn(t, "pending", wrong, "123456"); return err },
			"no ticket": func() error {
				_, err := r.Code(ctx, nil, "123456", identity.From{Proof: identitytest.Proof(r.clock)})
				return err
			},
			"a forged ticket": func() error {
				_, err := r.Code(ctx, random(90), "123456", identity.From{Proof: identitytest.Proof(r.clock)})
				return err
			},
		} {
			err := try()
			if got := fault.As(err); got.Code() != "sign_in_refused" || got.Kind() != fault.Unauthenticated || got.Details() != nil {
				t.Errorf("%s: %v %v", name, err, got.Details())
			}
		}
	})
}

func TestATicketRunsOut(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		ticket, err := r.Password(ctx, "patel", browser.AuthKey)
		if err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(5 * time.Minute)
		_, err = r.Code(ctx, ticket, browser.Code(), identity.From{Proof: identitytest.Proof(r.clock)})
		wantCode(t, "a ticket of five minutes ago", err, "sign_in_refused")
	})
}

func TestAGuesserIsSlowedDown(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		compared, last := 0, time.Duration(0)
		for range 12 {
			_, err := r.signIn(t, "PATEL", random(32), browser.Code())
			refusal := fault.As(err)
			if refusal.Code() == "too_many_tries" {
				if refusal.Wait() < last {
					t.Errorf("the wait shrank from %v to %v", last, refusal.Wait())
				}
				last = refusal.Wait()
				r.clock.Advance(last)
				continue
			}
			compared++
		}
		if compared != 8 || last < 15*time.Second { // five free, then one after each wait
			t.Errorf("%d passwords compared, the last wait was %v", compared, last)
		}
		_, err := r.signIn(t, "patel", browser.AuthKey, browser.Code())
		if errors.Is(err, fault.New(fault.TooMany, "too_many_tries", "")) {
			r.clock.Advance(fault.As(err).Wait())
			_, err = r.signIn(t, "patel", browser.AuthKey, browser.Code())
		}
		if err != nil {
			t.Errorf("the right password after the wait: %v", err)
		}
		for range 5 {
			_, err := r.signIn(t, "patel", random(32), "000000")
			wantCode(t, "after a success the count begins anew", err, "sign_in_refused")
		}
	})
}

func TestTheLongestWaitIsAQuarterOfAnHour(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		var longest time.Duration
		for range 40 {
			_, err := r.signIn(t, "nobody", random(32), "000000")
			longest = max(longest, fault.As(err).Wait())
			r.clock.Advance(fault.As(err).Wait())
		}
		if longest != 15*time.Minute {
			t.Errorf("the longest wait was %v", longest)
		}
	})
}

func TestTOTP(t *testing.T) {
	// RFC 6238 appendix B, SHA-1, cut to six digits.
	secret := []byte("12345678901234567890")
	for unix, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := identity.TOTPCode(secret, time.Unix(unix, 0)); got != want {
			t.Errorf("at %d: %s, want %s", unix, got, want)
		}
	}
}

func TestTheAuthenticatorAddressIsWhatAppsRead(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		_, invitation := r.invite(t, "j.o-brien@ward")
		secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(invitation.TOTPText())
		if err != nil || len(secret) != 20 {
			t.Errorf("%q: %v", invitation.TOTPText(), err)
		}
		if address := invitation.OTPAuth(); !strings.HasPrefix(address, "otpauth://totp/Wardline:j.o-brien@ward?") || !strings.Contains(address, "secret="+invitation.TOTPText()) {
			t.Error(address)
		}
	})
}

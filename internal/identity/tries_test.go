package identity_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
)

var home = netip.MustParseAddr("198.51.100.7")

// place is the nth network of a stranger.
func place(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(n / 256), byte(n), 9}) }

// guess tries a wrong password and reports how it was answered, and whether anything was compared.
func (r *room) guess(t *testing.T, from identity.From, name string) (answer string, compared bool) {
	t.Helper()
	_, err := r.signInFrom(t, from, name, random(32), "000000")
	refusal := fault.As(err)
	return refusal.Code() + " " + refusal.Message() + refusal.Wait().String(), refusal.Code() == "sign_in_refused"
}

// guesses counts those of so many guesses that were compared. network says where each comes from.
func (r *room) guesses(t *testing.T, many int, name func(n int) string, network func(n int) netip.Addr) (compared int) {
	t.Helper()
	for n := range many {
		if _, taken := r.guess(t, identity.From{Address: network(n)}, name(n)); taken {
			compared++
		}
	}
	return compared
}

func always[T any](value T) func(int) T { return func(int) T { return value } }

func TestR23_AStrangerKeepsNobodyOutOfTheirOwnBrowser(t *testing.T) {
	for name, network := range map[string]func(int) netip.Addr{
		"one address":            always(place(1)),
		"fifty networks":         func(n int) netip.Addr { return place(n % 50) },
		"the clinician's own":    always(home),
		"an address not known":   always(netip.Addr{}),
		"one network of IPv6":    func(n int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8:0:1%02x::1", n%256)) },
		"one network, addresses": func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}) },
	} {
		t.Run(name, func(t *testing.T) {
			eachRoom(t, func(t *testing.T, r *room) {
				browser, enrolled := r.enrol(t, "patel")
				most := 5
				if name == "fifty networks" {
					most = 20
				}
				if compared := r.guesses(t, 100, always("Patel"), network); compared != most {
					t.Errorf("%d of a hundred guesses were compared, want %d", compared, most)
				}
				_, err := r.signInFrom(t, identity.From{Address: network(0)}, "patel", browser.AuthKey, browser.Code())
				wantCode(t, "the right factors in a new browser, for the moment", err, "too_many_tries")
				signedIn, err := r.signInFrom(t, identity.From{Address: home, Browser: enrolled.Browser.Token[:]}, "patel", browser.AuthKey, browser.Code())
				if err != nil {
					t.Fatalf("the browser that enrolled: %v", err)
				}
				r.guesses(t, 25, always("patel"), network)
				r.clock.Advance(30 * time.Second)
				if _, err := r.signInFrom(t, identity.From{Address: home, Browser: signedIn.Browser.Token[:]}, "patel", browser.AuthKey, browser.Code()); err != nil {
					t.Errorf("and again, after more of them: %v", err)
				}
			})
		})
	}
}

func TestR23_AKnownBrowserHasABudgetOfItsOwn(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		known := identity.From{Address: home, Browser: enrolled.Browser.Token[:]}
		compared := 0
		for range 100 {
			if _, taken := r.guess(t, known, "patel"); taken {
				compared++
			}
		}
		if compared != 5 {
			t.Errorf("%d of a known browser's guesses were compared at once", compared)
		}
		_, err := r.signInFrom(t, known, "patel", browser.AuthKey, browser.Code())
		wantCode(t, "its own wrong tries", err, "too_many_tries")
		// A thief of the cookie blocks the cookie, and nothing else.
		if _, err := r.signIn(t, "patel", browser.AuthKey, browser.Code()); err != nil {
			t.Errorf("without the stolen cookie: %v", err)
		}
		// Over a day it gets fifty, however patient it is; a new day begins anew.
		end := start.Add(24 * time.Hour)
		for r.clock.Now().Before(end) {
			_, err := r.signInFrom(t, known, "patel", random(32), "000000")
			switch fault.As(err).Code() {
			case "sign_in_refused":
				compared++
			case "too_many_tries":
				r.clock.Advance(fault.As(err).Wait())
			}
		}
		if compared != 50 {
			t.Errorf("%d guesses in a day", compared)
		}
		r.clock.Advance(time.Minute)
		if _, err := r.signInFrom(t, known, "patel", browser.AuthKey, browser.Code()); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}

func TestR23_AllStrangersTogetherGetAHundredGuessesADay(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		compared, n := 0, 0
		for end := start.Add(24 * time.Hour); r.clock.Now().Before(end); n++ {
			_, err := r.signInFrom(t, identity.From{Address: place(n % 1000)}, "nobody", random(32), "000000")
			switch fault.As(err).Code() {
			case "sign_in_refused":
				compared++
			case "too_many_tries":
				r.clock.Advance(fault.As(err).Wait())
			}
		}
		if compared < 90 || compared > 100 {
			t.Errorf("%d guesses in a day", compared)
		}
	})
}

func TestR23_AThousandGuessesAMinuteStayFew(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		r.enrol(t, "name7")
		many := func(n int) string { return fmt.Sprintf("name%d", n) }
		if compared := r.guesses(t, 1000, always("name7"), func(n int) netip.Addr { return place(n) }); compared != 20 {
			t.Errorf("%d guesses at one name from a thousand networks were compared", compared)
		}
		if compared := r.guesses(t, 1000, many, always(home)); compared < 590 || compared > 600 {
			t.Errorf("%d guesses at a thousand names from one network were compared", compared)
		}
		r.clock.Advance(10 * time.Minute)
		if _, taken := r.guess(t, identity.From{Address: home}, "somebody"); !taken {
			t.Error("the network's next window did not begin")
		}
	})
}

func TestR23_ANetworkIsNotChargedForSuccessesOrForWhatWasNotCompared(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		r.guesses(t, 700, always("nobody"), always(home)) // five are compared
		for range 3 {
			if _, err := r.signInFrom(t, identity.From{Address: home}, "patel", browser.AuthKey, browser.Code()); err != nil {
				t.Fatal(err)
			}
			r.clock.Advance(30 * time.Second)
		}
		if compared := r.guesses(t, 700, func(n int) string { return fmt.Sprint("name", n) }, always(home)); compared != 595 {
			t.Errorf("%d guesses were compared", compared)
		}
		known := identity.From{Address: home, Browser: enrolled.Browser.Token[:]}
		if _, err := r.signInFrom(t, known, "patel", browser.AuthKey, browser.Code()); err != nil {
			t.Errorf("a known browser in a network that has none left: %v", err)
		}
	})
}

func TestR23_NamesThatNobodyHasAreCountedInTheSameWay(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		_, enrolled := r.enrol(t, "patel")
		r.enrol(t, "okafor")
		// A browser that is known for somebody else is a stranger to both.
		from := func(n int) identity.From {
			return identity.From{Address: place(n % 7), Browser: enrolled.Browser.Token[:]}
		}
		for n := range 60 {
			someone, _ := r.guess(t, from(n), "okafor")
			nobody, _ := r.guess(t, from(n), "nobody")
			if someone != nobody {
				t.Errorf("try %d: %q and %q", n, someone, nobody)
			}
			if n%10 == 9 {
				r.clock.Advance(7 * time.Second)
			}
		}
	})
}

func TestR23_ABrowserIsKnownUntilItsDeviceIsRevoked(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		other, _ := r.enrol(t, "okafor")
		// One ward PC, two people: each sign-in replaces the token, and both stay known.
		first, err := r.signInFrom(t, identity.From{Browser: enrolled.Browser.Token[:]}, "patel", browser.AuthKey, browser.Code())
		if err != nil {
			t.Fatal(err)
		}
		second, err := r.signInFrom(t, identity.From{Browser: first.Browser.Token[:]}, "okafor", other.AuthKey, other.Code())
		if err != nil {
			t.Fatal(err)
		}
		isKnown := func(what string, token [32]byte, name string, want bool) {
			t.Helper()
			r.guesses(t, 60, always(name), func(n int) netip.Addr { return place(n % 12) })
			_, taken := r.guess(t, identity.From{Address: place(1), Browser: token[:]}, name)
			if taken != want {
				t.Errorf("%s: known %v, want %v", what, taken, want)
			}
		}
		isKnown("the token before the last", first.Browser.Token, "patel", false)
		isKnown("the first person's name", second.Browser.Token, "patel", true)
		isKnown("the second person's name", second.Browser.Token, "okafor", true)
		isKnown("another name", second.Browser.Token, "nobody", false)

		if _, err := r.Bind(ctx, first.Session, identity.Binding{Device: browser.Device, Signature: browser.Prove(first.Challenge)}); err != nil {
			t.Fatal(err)
		}
		revoker := browser.SecondDevice()
		state, err := r.State(ctx, browser.Person)
		if err != nil {
			t.Fatal(err)
		}
		entry := revoker.Sign(t, revoker.DeviceEntry(state.Seq()+1, state.Head(), envelope.DeviceTrust, time.Hour))
		if _, err := r.Append(ctx, browser.Person, identity.Appending{Entry: entry}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Append(ctx, browser.Person, identity.Appending{Entry: r.revocation(t, revoker, browser)}); err != nil {
			t.Fatal(err)
		}
		isKnown("after its device was revoked", second.Browser.Token, "patel", false)
		isKnown("the other person's device was not", second.Browser.Token, "okafor", true)
		if err := r.EndAll(ctx, other.Person); err != nil {
			t.Fatal(err)
		}
		isKnown("after everything of the person ended", second.Browser.Token, "okafor", false)
	})
}

func TestR23_BudgetsSurviveARestartAndAreForgotten(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		_, enrolled := r.enrol(t, "patel")
		r.guesses(t, 60, always("patel"), func(n int) netip.Addr { return place(n % 12) })
		keys, trust := r.keys, r.trust
		r.Service = identity.New(identity.Options{Store: r.db, Keys: keys.ForIdentity(), Trust: trust, Clock: r.clock})
		if _, taken := r.guess(t, identity.From{Address: place(200)}, "patel"); taken {
			t.Error("a restart gave a blocked name more tries")
		}
		known := identity.From{Address: home, Browser: enrolled.Browser.Token[:]}
		if _, taken := r.guess(t, known, "patel"); !taken {
			t.Error("a restart forgot a browser")
		}
		rows := func(table string) (n int) {
			t.Helper()
			if err := r.db.Read(ctx).Row(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		r.clock.Advance(25 * time.Hour)
		if _, err := r.ForgetSessions(ctx); err != nil || rows("sign_in_budget") != 0 || rows("known_browser") != 1 {
			t.Errorf("a day later: %d budgets, %d browsers, %v", rows("sign_in_budget"), rows("known_browser"), err)
		}
		r.clock.Advance(180 * 24 * time.Hour)
		if _, taken := r.guess(t, known, "patel"); !taken {
			t.Error("half a year later it is a stranger like others")
		}
		if _, err := r.ForgetSessions(ctx); err != nil || rows("known_browser") != 0 {
			t.Errorf("half a year later: %d browsers, %v", rows("known_browser"), err)
		}
	})
}

package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/identity/identitytest"
)

// guesser tries a thousand sign-ins a minute, both steps of each, with wrong passwords and wrong codes.
type guesser struct {
	*site
	name, address func(n int) string
	owner         *person
	cookies       string // of the browser that signed the owner in before
	// What came of it.
	compared, refused int
}

// fromAddress sends through every layer as a browser at an address does.
func (g *guesser) fromAddress(address, path, cookies string, body any) *httptest.ResponseRecorder {
	g.t.Helper()
	return g.sendWith("POST", path, cookies, body, func(r *http.Request) {
		r.RemoteAddr = address + ":1234"
		proveBy(g.t, g.API, identitytest.SharedKey(), r)
	})
}

func (g *guesser) try(n int) {
	g.t.Helper()
	w := g.fromAddress(g.address(n), "/v1/sign-in/password", "", object{"userName": g.name(n), "authKey": wrongBytes(32)})
	if w.Code == http.StatusOK {
		var ticket signInTicketBody
		readInto(g.t, w, &ticket)
		w = g.fromAddress(g.address(n), "/v1/sign-in/code", "", object{"ticket": ticket.Ticket, "code": "000000"})
	}
	switch {
	case w.Code == http.StatusUnauthorized && problemOf(g.t, w)["code"] == "sign_in_refused":
		g.compared++
	case w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") != "":
		g.refused++
	default:
		g.t.Fatalf("guess %d: %d %s", n, w.Code, w.Body)
	}
}

// ownerSignsIn in the browser that they used before, at the address given.
func (g *guesser) ownerSignsIn(address string) {
	g.t.Helper()
	w := g.fromAddress(address, "/v1/sign-in/parameters", g.cookies, object{"userName": g.owner.userName})
	if w.Code == http.StatusOK {
		w = g.fromAddress(address, "/v1/sign-in/password", g.cookies, object{"userName": g.owner.userName, "authKey": g.owner.AuthKey})
	}
	if w.Code == http.StatusOK {
		var ticket signInTicketBody
		readInto(g.t, w, &ticket)
		w = g.fromAddress(address, "/v1/sign-in/code", g.cookies, object{"ticket": ticket.Ticket, "code": g.owner.Code()})
	}
	if w.Code != http.StatusOK {
		g.t.Fatalf("the owner, after %d guesses: %d %s", g.compared+g.refused, w.Code, w.Body)
	}
	g.cookies = browserCookieOf(w)
}

func browserCookieOf(w *httptest.ResponseRecorder) string {
	for _, cookie := range w.Result().Cookies() {
		if strings.HasSuffix(cookie.Name, "-browser") {
			return cookie.Name + "=" + cookie.Value
		}
	}
	return ""
}

func (g *guesser) rows(table string) (n int) {
	g.t.Helper()
	if err := g.db.Read(context.Background()).Row(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil {
		g.t.Fatal(err)
	}
	return n
}

func TestR23_AThousandSignInsAMinuteThroughEveryLayer(t *testing.T) {
	const many = 1000
	one := func(text string) func(int) string { return func(int) string { return text } }
	numbered := func(format string) func(int) string {
		return func(n int) string { return fmt.Sprintf(format, n/200, n%200) }
	}
	for what, row := range map[string]struct {
		name, address func(int) string
		most          int // guesses that are compared in the minute
	}{
		"at one account from one address":       {one("patel"), one("203.0.113.9"), 10},
		"at one account from many addresses":    {one("patel"), numbered("10.%d.%d.9"), 25},
		"at many accounts from one address":     {numbered("name%d.%d"), one("203.0.113.9"), 600},
		"at one account from the owner's own":   {one("patel"), one("192.0.2.1"), 10},
		"at many accounts from the owner's own": {numbered("name%d.%d"), one("192.0.2.1"), 600},
	} {
		t.Run(what, func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) {
				g := &guesser{site: s, name: row.name, address: row.address, owner: s.enrol("patel")}
				g.ownerSignsIn("192.0.2.1")
				events, budgets := s.audited("sign_in_refused"), g.rows("sign_in_budget")
				for n := range many {
					g.try(n)
					s.clock.Advance(time.Minute / many)
					if n == many/2 || n == many-1 {
						g.ownerSignsIn("192.0.2.1")
					}
				}
				if g.compared > row.most || g.compared == 0 {
					t.Errorf("%d guesses of %d were compared", g.compared, many)
				}
				// What was refused before it was compared has written nothing.
				if written := s.audited("sign_in_refused") - events; written != g.compared {
					t.Errorf("%d events for %d that were compared", written, g.compared)
				}
				if grown := g.rows("sign_in_budget") - budgets; grown > 2*g.compared {
					t.Errorf("%d rows for %d that were compared", grown, g.compared)
				}
			})
		})
	}
}

// Spread over both: each guess is a stranger's first at a name, which nobody can tell from a hospital at seven in the morning. What is bounded
// is the work for each and what stays of it.
func TestR23_AThousandSignInsAMinuteSpreadOverEverythingLeaveLittle(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		spread := func(n int) string { return fmt.Sprintf("10.%d.%d.9", n/200, n%200) }
		g := &guesser{site: s, name: spread, address: spread, owner: s.enrol("patel")}
		g.ownerSignsIn("192.0.2.1")
		for n := range 1000 {
			g.try(n)
			s.clock.Advance(time.Minute / 1000)
		}
		g.ownerSignsIn("192.0.2.1")
		if g.compared != 1000 || g.rows("sign_in_budget") > 2*g.compared+2 || g.rows("session") != 3 {
			t.Errorf("%d compared, %d budgets, %d sessions", g.compared, g.rows("sign_in_budget"), g.rows("session"))
		}
		if kept := len(s.limiter.young) + len(s.limiter.old); kept > 2*addressesKept {
			t.Errorf("%d addresses kept", kept)
		}
		s.clock.Advance(25 * time.Hour)
		if _, err := s.identity.ForgetSessions(context.Background()); err != nil || g.rows("sign_in_budget") != 0 {
			t.Errorf("a day later %d budgets are kept, %v", g.rows("sign_in_budget"), err)
		}
	})
}

// A token that nobody was given opens no second limit, and one that somebody was given has an end too.
func TestR23_AKnownBrowserHasALimitBesideThatOfItsAddress(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		g := &guesser{site: s, owner: s.enrol("patel")}
		g.ownerSignsIn("192.0.2.1")
		for s.limiter.take(netip.MustParseAddr("192.0.2.1")) == 0 { // the rest of its address is used up
		}
		for what, cookies := range map[string]string{"nothing": "", "one that nobody was given": "__Host-wardline-browser=" + strings.Repeat("A", 43)} {
			w := g.fromAddress("192.0.2.1", "/v1/sign-in/parameters", cookies, object{"userName": "patel"})
			s.refused(what, w, 429, "too_many_tries")
		}
		for n := range browserBurst + 1 {
			w := g.fromAddress("192.0.2.1", "/v1/sign-in/parameters", g.cookies, object{"userName": "patel"})
			if (w.Code == http.StatusOK) != (n < browserBurst) {
				t.Fatalf("question %d of a known browser: %d", n, w.Code)
			}
		}
	})
}

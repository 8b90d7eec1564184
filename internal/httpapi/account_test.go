package httpapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

func TestEnrolAndSignInOverHTTP(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		var present presentBody
		s.send("GET", "/v1/session", p.cookie, nil, &present)
		if present.Locked || present.Session.Person != p.Person || present.Session.Device == nil || *present.Session.Device != p.Device {
			t.Errorf("%+v", present)
		}
		cookie, signedIn := s.signIn(p)
		if signedIn.Session.Device != nil || len(signedIn.Challenge) != 32 || len(signedIn.Unlock.VaultShare) != 32 {
			t.Errorf("%+v", signedIn.Session)
		}
		s.refused("a session without a device", s.send("GET", "/v1/people", cookie, nil, nil), 403, "device_needed")
		proof := p.Prove(signedIn.Challenge)
		var bound boundBody
		s.send("POST", "/v1/session/device", cookie, object{"device": p.Device, "signature": proof[:]}, &bound)
		if *bound.Session.Device != p.Device {
			t.Errorf("%+v", bound)
		}
		var devices []deviceBody
		s.send("GET", "/v1/sessions/devices", cookie, nil, &devices)
		if len(devices) != 1 || !devices[0].Current || devices[0].Label != "Ward phone" || devices[0].Kind != "trust" {
			t.Errorf("%+v", devices)
		}
	})
}

func TestTheCookieIsStrict(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		token := s.link("patel")
		var invitation invitationBody
		s.send("POST", "/v1/enrolment/start", "", object{"token": token}, &invitation)
		_, body := s.completion(token, invitation)
		w := s.send("POST", "/v1/enrolment/complete", "", body, &enrolledBody{})
		set := w.Header().Get("Set-Cookie")
		for _, want := range []string{"__Host-wardline=", "Path=/", "HttpOnly", "Secure", "SameSite=Strict", "Expires="} {
			if !strings.Contains(set, want) {
				t.Errorf("%q lacks %s", set, want)
			}
		}
		if strings.Contains(set, "Domain") || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%q, %q", set, w.Header().Get("Cache-Control"))
		}
		w = s.send("POST", "/v1/session/end", cookieOf(w), nil, nil)
		if w.Code != 204 || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%d %q", w.Code, w.Header().Get("Set-Cookie"))
		}
	})
}

func TestLinksOverHTTP(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		token := s.link("patel")
		if w := s.send("GET", "/v1/enrolment/start?token="+token, "", nil, nil); w.Code != 404 {
			t.Errorf("a GET: %d", w.Code)
		}
		var invitation invitationBody
		s.send("POST", "/v1/enrolment/start", "", object{"token": token}, &invitation)
		_, body := s.completion(token, invitation)
		body["code"] = "000000x"
		s.refused("a wrong code", s.send("POST", "/v1/enrolment/complete", "", body, nil), 422, "code_wrong")
		_, body = s.completion(token, invitation)
		s.send("POST", "/v1/enrolment/complete", "", body, &enrolledBody{})
		s.refused("again", s.send("POST", "/v1/enrolment/complete", "", body, nil), 410, "enrolment_link_used")
		s.refused("start", s.send("POST", "/v1/enrolment/start", "", object{"token": token}, nil), 410, "enrolment_link_used")
		for _, bad := range []string{"", "x", strings.Repeat("A", 43), "!" + strings.Repeat("A", 42)} {
			s.refused("a bad token", s.send("POST", "/v1/enrolment/start", "", object{"token": bad}, nil), 404, "enrolment_link_invalid")
		}
		late := s.link("okafor")
		s.clock.Advance(time.Hour)
		s.refused("a late link", s.send("POST", "/v1/enrolment/start", "", object{"token": late}, nil), 410, "enrolment_link_expired")
	})
}

func TestR23_UnknownNamesCannotBeTold(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		wrong := make([]byte, 32)
		var seen [2][]string
		for n, name := range []string{"patel", "nobody"} {
			for range 8 { // past the point at which a name is blocked
				var ticket signInTicketBody
				s.send("POST", "/v1/sign-in/password", "", object{"userName": name, "authKey": wrong}, &ticket)
				w := s.send("POST", "/v1/sign-in/code", "", object{"ticket": ticket.Ticket, "code": p.Code()}, nil)
				w.Header().Del("X-Request-Id")
				seen[n] = append(seen[n], fmt.Sprint(w.Code, w.Header(), w.Body, len(ticket.Ticket)))
			}
			var parameters parametersBody
			w := s.send("POST", "/v1/sign-in/parameters", "", object{"userName": name}, &parameters)
			if len(parameters.Salt) != 16 {
				t.Errorf("%s: %s", name, w.Body)
			}
			seen[n] = append(seen[n], fmt.Sprint(w.Code, w.Body.Len(), parameters.MemoryKiB, parameters.Passes))
		}
		for n := range seen[0] {
			if seen[0][n] != seen[1][n] {
				t.Errorf("%s\n%s", seen[0][n], seen[1][n])
			}
		}
		if !strings.HasPrefix(seen[0][0], "401") || !strings.HasPrefix(seen[0][7], "429") {
			t.Errorf("%v", seen[0])
		}
	})
}

func TestR23_AKnownBrowserIsToldByItsCookieAlone(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		try := func(cookie string, authKey []byte) *httptest.ResponseRecorder {
			var ticket signInTicketBody
			s.send("POST", "/v1/sign-in/password", "", object{"userName": "patel", "authKey": authKey}, &ticket)
			return s.send("POST", "/v1/sign-in/code", cookie, object{"ticket": ticket.Ticket, "code": p.Code()}, nil)
		}
		w := try("", p.AuthKey)
		cookies := w.Result().Cookies()
		if w.Code != 200 || len(cookies) != 2 {
			t.Fatalf("%d %s", w.Code, w.Header())
		}
		c := cookies[1]
		if c.Name != "__Host-wardline-browser" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" ||
			c.Expires.Before(s.clock.Now().AddDate(0, 5, 0)) {
			t.Errorf("%s", c)
		}
		s.refused("the cookie is no session", s.send("GET", "/v1/people", "__Host-wardline="+c.Value, nil, nil), 401, "not_signed_in")
		for range 8 {
			try("", make([]byte, 32))
		}
		s.clock.Advance(time.Second)
		s.refused("a stranger", try("", p.AuthKey), 429, "too_many_tries")
		s.refused("a stranger with a cookie of their own making", try(c.Name+"="+strings.Repeat("A", 43), p.AuthKey), 429, "too_many_tries")
		s.clock.Advance(30 * time.Second)
		for range 3 {
			try("", make([]byte, 32))
		}
		if w := try(c.Name+"="+c.Value, p.AuthKey); w.Code != 200 {
			t.Errorf("the known browser: %d %s", w.Code, w.Body)
		}
	})
}

func TestR23_ReplayedAndForgedFactors(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		var ticket signInTicketBody
		s.send("POST", "/v1/sign-in/password", "", object{"userName": "patel", "authKey": p.AuthKey}, &ticket)
		attempt := object{"ticket": ticket.Ticket, "code": p.Code()}
		s.send("POST", "/v1/sign-in/code", "", attempt, &signedInBody{})
		s.refused("the same again", s.send("POST", "/v1/sign-in/code", "", attempt, nil), 401, "sign_in_refused")
		s.refused("a forged ticket", s.send("POST", "/v1/sign-in/code", "", object{"ticket": wrongBytes(94), "code": p.Code()}, nil), 401, "sign_in_refused")
		for name, cookie := range map[string]string{
			"the ticket as a session":      "__Host-wardline=" + base64.RawURLEncoding.EncodeToString(ticket.Ticket[:32]),
			"the password as a session":    "__Host-wardline=" + base64.RawURLEncoding.EncodeToString(p.AuthKey),
			"a cookie without the prefix":  strings.TrimPrefix(p.cookie, "__Host-"),
			"a cookie that is not base64":  "__Host-wardline=%%%",
			"a cookie cut off":             p.cookie[:len(p.cookie)-1],
			"a cookie with something more": p.cookie + "AAAA",
		} {
			s.refused(name, s.send("GET", "/v1/vault", cookie, nil, nil), 401, "not_signed_in")
			s.refused(name, s.send("POST", "/v1/session/unlock", cookie, object{"authKey": p.AuthKey}, nil), 401, "not_signed_in")
		}
	})
}

func TestR25_LockedAndEndedSessionsOverHTTP(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		s.clock.Advance(5 * time.Minute)
		s.refused("idle", s.send("GET", "/v1/people", p.cookie, nil, nil), 401, "session_locked")
		var present presentBody
		s.send("GET", "/v1/session", p.cookie, nil, &present)
		if !present.Locked {
			t.Error("the session does not say that it is locked")
		}
		s.refused("a wrong password", s.send("POST", "/v1/session/unlock", p.cookie, object{"authKey": make([]byte, 32)}, nil), 401, "password_wrong")
		var unlocked unlockedBody
		s.send("POST", "/v1/session/unlock", p.cookie, object{"authKey": p.AuthKey}, &unlocked)
		if len(unlocked.Unlock.VaultShare) != 32 {
			t.Error("unlocking released no share")
		}
		s.send("GET", "/v1/people", p.cookie, nil, &peopleBody{})
		if w := s.send("POST", "/v1/session/lock", p.cookie, nil, nil); w.Code != 204 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		s.refused("by hand", s.send("GET", "/v1/vault", p.cookie, nil, nil), 401, "session_locked")
		if w := s.send("POST", "/v1/session/end", p.cookie, nil, nil); w.Code != 204 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		for _, path := range []string{"/v1/session", "/v1/people", "/v1/vault"} {
			s.refused("a copied cookie after the end", s.send("GET", path, p.cookie, nil, nil), 401, "not_signed_in")
		}
	})
}

func TestVaultAndLogsOverHTTP(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p, other := s.enrol("patel"), s.enrol("okafor")
		var first unlockBody
		w := s.send("GET", "/v1/vault", p.cookie, nil, &first)
		if strings.Contains(w.Body.String(), "vaultShare") {
			t.Error("the share came without the password")
		}
		var version vaultVersionBody
		s.send("PUT", "/v1/vault", p.cookie, object{"sealedVault": p.NextVault(t)}, &version)
		if version.Version != 2 {
			t.Errorf("%+v", version)
		}
		s.refused("an older vault", s.send("PUT", "/v1/vault", p.cookie, object{"sealedVault": first.SealedVault}, nil), 409, "vault_moved")
		s.refused("another's vault", s.send("PUT", "/v1/vault", p.cookie, object{"sealedVault": other.NextVault(t)}, nil), 422, "vault_malformed")
		s.refused("a truncated vault", s.send("PUT", "/v1/vault", p.cookie, object{"sealedVault": first.SealedVault[:50]}, nil), 422, "malformed")
		s.refused("an enormous one", s.send("PUT", "/v1/vault", p.cookie, object{"sealedVault": make([]byte, vaultBody)}, nil), 413, "request_too_large")

		var logs logsBody
		s.send("POST", "/v1/people/logs", other.cookie,
			object{"people": []object{{"person": p.Person, "afterSeq": 0}, {"person": p.Person, "afterSeq": 2}, {"person": id.Person{9}, "afterSeq": 0}}}, &logs)
		if len(logs.Logs) != 3 || len(logs.Logs[0].Entries) != 3 || len(logs.Logs[1].Entries) != 1 || logs.Logs[2].Entries == nil {
			t.Errorf("%+v", logs)
		}
		state, err := s.identity.State(context.Background(), p.Person)
		if err != nil {
			t.Fatal(err)
		}
		second := p.SecondDevice()
		entry := second.Sign(t, second.DeviceEntry(state.Seq()+1, state.Head(), envelope.DeviceTrust, time.Hour))
		s.refused("another's log", s.send("POST", "/v1/person-log", other.cookie, object{"entry": entry}, nil), 422, "broken_chain")
		var seq seqBody
		s.send("POST", "/v1/person-log", p.cookie, object{"entry": entry}, &seq)
		if seq.Seq != 4 {
			t.Errorf("%+v", seq)
		}
	})
}

func TestTheDirectoryOverHTTP(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		for _, name := range []string{"adams", "brown", "clark"} {
			s.link(name)
		}
		var names []string
		path := "/v1/people?limit=2"
		for path != "" {
			var page peopleBody
			s.send("GET", path, p.cookie, nil, &page)
			for _, one := range page.People {
				names = append(names, fmt.Sprint(one.UserName, one.Enrolled))
			}
			path = ""
			if page.Next != nil {
				path = "/v1/people?limit=2&after=" + page.Next.String()
			}
		}
		if got := strings.Join(names, " "); got != "adamsfalse brownfalse clarkfalse pateltrue" {
			t.Error(got)
		}
		var one personBody
		s.send("GET", "/v1/people/"+p.Person.String(), p.cookie, nil, &one)
		if one.UserName != "patel" || one.Left {
			t.Errorf("%+v", one)
		}
		s.refused("nobody", s.send("GET", "/v1/people/"+id.Person{9}.String(), p.cookie, nil, nil), 404, "person_unknown")
		s.refused("no id", s.send("GET", "/v1/people/nobody", p.cookie, nil, nil), 422, "request_malformed")
		s.refused("a page too long", s.send("GET", "/v1/people?limit=101", p.cookie, nil, nil), 422, "request_malformed")
		if strings.Contains(s.log.String(), "patel") || strings.Contains(s.log.String(), p.Person.String()) {
			t.Error("the log names somebody")
		}
	})
}

func TestMalformedRequestsAreToldWithoutTheirValues(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		for body, status := range map[string]int{
			`{"userName":"SMITH","authKey":5}`:         422,
			`{"userName":"SMITH"}`:                     422,
			`{"userName":"SMITH","authKey":"","x":1}`:  422,
			`{"userName":"SMITH"`:                      400,
			`{"userName":"SMITH","authKey":"not b64"}`: 422,
			``: 400,
		} {
			w := call(t, s.API, "POST", "/v1/sign-in/password", body)
			if w.Code != status || problemOf(t, w)["code"] != "request_malformed" || strings.Contains(w.Body.String(), "SMITH") {
				t.Errorf("%s: %d %s", body, w.Code, w.Body)
			}
		}
	})
}

func TestSignInIsLimitedByAddress(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		for s.limiter.take(netip.MustParseAddr("192.0.2.1")) == 0 { // httptest's caller
		}
		w := s.send("POST", "/v1/sign-in/parameters", "", object{"userName": "one more"}, nil)
		s.refused("one more", w, 429, "too_many_tries")
		if w.Header().Get("Retry-After") != "1" {
			t.Error(w.Header())
		}
		s.clock.Advance(addressInterval)
		s.send("POST", "/v1/sign-in/parameters", "", object{"userName": "one more"}, &parametersBody{})
	})
}

func TestProbes(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		for _, path := range []string{"/healthz", "/readyz"} {
			s.send("GET", path, "", nil, &stateBody{})
		}
		s.refused("no checkpoint", s.send("GET", "/v1/log/checkpoint", "", nil, nil), 404, "checkpoint_missing")
	})
}

func wrongBytes(n int) []byte { return bytes.Repeat([]byte{7}, n) }

package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/dpop"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
)

// proven makes a request whose proof a test chooses; "" sends none.
func (s *site) proven(method, path, cookie, proof string) *httptest.ResponseRecorder {
	s.t.Helper()
	return call(s.t, bare{s.API}, method, path, "", func(r *http.Request) {
		r.Header.Set("Cookie", cookie)
		if proof != "" {
			r.Header.Set(dpop.Header, proof)
		}
	})
}

// bare is the surface without the test's own proofs.
type bare struct{ api *API }

func (b bare) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.api.ServeHTTP(w, r) }

func (s *site) prove(key *dpop.Key, method, url, nonce string, at time.Time) string {
	s.t.Helper()
	proof, err := key.Prove(method, url, nonce, at)
	if err != nil {
		s.t.Fatal(err)
	}
	return proof
}

func TestR22_ACopiedCookieIsRefusedElsewhere(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		now, key, thief := s.clock.Now(), identitytest.SharedKey(), identitytest.NewKey()
		nonce := s.proven("GET", "/v1/manifests", "", "").Header().Get(dpop.NonceHeader)
		const path, url = "/v1/session", testOrigin + "/v1/session"
		once := s.prove(key, "GET", url, nonce, now)
		for _, test := range []struct{ name, proof, code string }{
			{"with the key", once, ""},
			{"the same proof again", once, "proof_replayed"},
			{"without a proof", "", "proof_missing"},
			{"another key", s.prove(thief, "GET", url, nonce, now), "proof_wrong"},
			{"another method", s.prove(key, "POST", url, nonce, now), "proof_wrong"},
			{"another address", s.prove(key, "GET", testOrigin+"/v1/vault", nonce, now), "proof_wrong"},
			{"another host", s.prove(key, "GET", "https://elsewhere.test/v1/session", nonce, now), "proof_wrong"},
			{"an old proof", s.prove(key, "GET", url, nonce, now.Add(-2*time.Minute)), "proof_time"},
			{"without a nonce", s.prove(key, "GET", url, "", now), "use_dpop_nonce"},
			{"nonsense", "a.b.c", "proof_malformed"},
			{"too long", strings.Repeat("a", dpop.MaxSize+1), "proof_malformed"},
		} {
			w := s.proven("GET", path, p.cookie, test.proof)
			if test.code == "" {
				if w.Code != 200 {
					t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
				}
				continue
			}
			s.refused(test.name, w, 401, test.code)
			if told := problemOf(t, w)["serverTime"]; (told != nil) != (test.code == "proof_time" || test.code == "use_dpop_nonce") {
				t.Errorf("%s: told the time %v", test.name, told)
			}
		}
		// The person's own session stays, and one event stands for a minute of it.
		s.send("GET", "/v1/vault", p.cookie, nil, &struct{}{})
		if n := s.audited("proof_refused"); n != 1 {
			t.Errorf("%d events", n)
		}
		s.clock.Advance(time.Minute)
		s.refused("a minute later", s.proven("GET", path, p.cookie, ""), 401, "proof_missing")
		if n := s.audited("proof_refused"); n != 2 {
			t.Errorf("%d events", n)
		}
		s.send("POST", "/v1/session/end", p.cookie, nil, nil)
		s.refused("over", s.proven("GET", path, p.cookie, ""), 401, "not_signed_in")
	})
}

func TestR22_AThiefKeepsNoSessionAlive(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		idle := time.Duration(s.identity.Policy().IdleLockMillis) * time.Millisecond
		for range 4 {
			s.clock.Advance(idle / 3)
			s.refused("the thief", s.proven("GET", "/v1/vault", p.cookie, ""), 401, "proof_missing")
		}
		s.refused("its owner", s.send("GET", "/v1/vault", p.cookie, nil, nil), 401, "session_locked")
	})
}

func TestR22_ASessionBeginsOncePerProofAndWithTheKeyOfItsDevice(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		ask := func(key *dpop.Key, proof string) (*httptest.ResponseRecorder, string) {
			var ticket signInTicketBody
			s.send("POST", "/v1/sign-in/password", "", object{"userName": "patel", "authKey": p.AuthKey}, &ticket)
			if proof == "" && key != nil {
				now := s.clock.Now()
				proof = s.prove(key, "POST", testOrigin+"/v1/sign-in/code", s.nonces.At(now), now)
			}
			body := object{"ticket": ticket.Ticket, "code": p.Code()}
			w := s.sendWith("POST", "/v1/sign-in/code", "", body, func(r *http.Request) {
				r.Header.Del(dpop.Header)
				if proof != "" {
					r.Header.Set(dpop.Header, proof)
				}
			})
			return w, proof
		}
		w, _ := ask(nil, "")
		s.refused("no proof", w, 401, "proof_missing")
		w, proof := ask(identitytest.SharedKey(), "")
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		s.clock.Advance(30 * time.Second)
		w, _ = ask(nil, proof)
		s.refused("the same proof for a second session", w, 401, "proof_replayed")

		other := identitytest.NewKey()
		w, _ = ask(other, "")
		var body signedInBody
		readInto(t, w, &body)
		signature := p.Prove(body.Challenge)
		bind := object{"device": p.Device, "signature": signature[:]}
		w = s.sendWith("POST", "/v1/session/device", cookieOf(w), bind, func(r *http.Request) { proveBy(t, s.API, other, r) })
		s.refused("a device of another key", w, 403, "proof_other_device")
	})
}

func TestR22_EveryRouteOfASessionWantsTheProof(t *testing.T) {
	for _, r := range New(Options{}).table {
		api := New(Options{Rooms: Rooms{Sessions: oneSession{session: boundSession}}, Secure: true, Origin: testOrigin})
		path := parameter.ReplaceAllString(r.Path, "x")
		w := call(t, bare{api}, r.Method, path, "", signedIn)
		begins := slices.Contains([]string{"/v1/enrolment/complete", "/v1/sign-in/code", "/v1/sign-in/passkey"}, r.Path)
		if refused := strings.Contains(w.Body.String(), `"proof_missing"`); refused != (r.Need != Open || begins) {
			t.Errorf("%s %s (%s): %d %s", r.Method, r.Path, r.Need, w.Code, w.Body)
		}
	}
}

func TestR48_AnOwnDeviceNeedsTheAgreementToEnrolAndToSignIn(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		token := s.link("patel")
		var invitation invitationBody
		s.send("POST", "/v1/enrolment/start", "", object{"token": token}, &invitation)
		_, body := s.completion(token, invitation)
		for name, change := range map[string]object{
			"none":                   {"deviceKind": "own"},
			"to a text that is gone": {"deviceKind": "own", "agreement": true, "agreementVersion": identity.OwnDeviceAgreement + 1},
		} {
			for key, value := range change {
				body[key] = value
			}
			s.refused(name, s.send("POST", "/v1/enrolment/complete", "", body, nil), 422, "agreement_needed")
		}
		p := s.enrol("okafor")
		own := p.SecondDevice()
		bind := func(agreement bool) *httptest.ResponseRecorder {
			cookie, signedIn := s.signIn(p)
			state, err := s.identity.State(context.Background(), p.Person)
			if err != nil {
				t.Fatal(err)
			}
			entry := own.Sign(t, own.DeviceEntry(state.Seq()+1, state.Head(), envelope.DeviceOwn, time.Hour))
			signature := own.Prove(signedIn.Challenge)
			return s.send("POST", "/v1/session/device", cookie,
				object{"device": own.Device, "entry": entry, "signature": signature[:], "agreement": agreement, "agreementVersion": 1}, nil)
		}
		s.refused("signing in without it", bind(false), 422, "agreement_needed")
		if w := bind(true); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		var devices []deviceBody
		s.send("GET", "/v1/sessions/devices", p.cookie, nil, &devices)
		var found deviceBody
		for _, d := range devices {
			if d.Device == own.Device {
				found = d
			} else if d.AgreedAt != 0 || d.Agreement != 0 {
				t.Errorf("an agreement for a device of the organisation: %+v", d)
			}
		}
		if found.Kind != "own" || found.AgreedAt == 0 || found.Agreement != 1 || found.Posture != "unknown" || found.PostureBy != "" || found.Sessions != 1 {
			t.Errorf("%+v", found)
		}
	})
}

func TestR22_R48_APersonEndsTheirOtherDevices(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		phone := p.SecondDevice()
		cookie := s.bindSecond(p, phone)
		end := func(by *identitytest.Browser, with string, device id.Device, reason envelope.RevokeReason) *httptest.ResponseRecorder {
			entry := s.revocation(by, device, reason)
			return s.send("POST", "/v1/sessions/devices/"+device.String()+"/end", with, object{"entry": entry}, nil)
		}
		s.refused("this very device", end(p.Browser, p.cookie, p.Device, envelope.RevokeLost), 409, "device_current")
		s.refused("nobody's", end(p.Browser, p.cookie, id.Device{9}, envelope.RevokeLost), 404, "device_unknown")
		other := s.enrol("okafor")
		s.refused("somebody else's", end(p.Browser, p.cookie, other.Device, envelope.RevokeLost), 404, "device_unknown")
		s.refused("signed by another device", end(phone, p.cookie, phone.Device, envelope.RevokeLost), 422, "not_entitled")
		s.refused("a leaver is not for them to say", end(p.Browser, p.cookie, phone.Device, envelope.RevokeLeaver), 422, "not_entitled")

		if w := end(p.Browser, p.cookie, phone.Device, envelope.RevokeStolen); w.Code != 204 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w := end(p.Browser, p.cookie, phone.Device, envelope.RevokeStolen); w.Code != 204 {
			t.Errorf("once more: %d %s", w.Code, w.Body)
		}
		s.refused("the device that ended", s.send("GET", "/v1/vault", cookie, nil, nil), 401, "not_signed_in")
		var devices []deviceBody
		s.send("GET", "/v1/sessions/devices", p.cookie, nil, &devices)
		for _, d := range devices {
			if ended := d.Device == phone.Device; ended != (d.RevokedAt != 0) || ended != (d.Sessions == 0) {
				t.Errorf("%+v", d)
			}
		}
	})
}

func TestR22_EverywhereElseIsSignedOutAtOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := s.enrol("patel")
		other := s.enrol("okafor")
		cookies := []string{s.bindSecond(p, p.SecondDevice()), s.bindSecond(p, p.SecondDevice())}
		var answer endedBody
		s.send("POST", "/v1/sessions/end-others", p.cookie, nil, &answer)
		if answer.Ended != 2 {
			t.Errorf("%d ended", answer.Ended)
		}
		for _, cookie := range cookies {
			s.refused("elsewhere", s.send("GET", "/v1/vault", cookie, nil, nil), 401, "not_signed_in")
		}
		s.send("GET", "/v1/vault", p.cookie, nil, &struct{}{})
		s.send("GET", "/v1/vault", other.cookie, nil, &struct{}{})
		s.send("POST", "/v1/sessions/end-others", p.cookie, nil, &answer)
		if answer.Ended != 0 {
			t.Errorf("%d ended the second time", answer.Ended)
		}
	})
}

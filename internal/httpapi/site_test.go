package httpapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/policy"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// site is the surface on real rooms and a real database.
type site struct {
	*API
	t        *testing.T
	people   *people.Service
	identity *identity.Service
	policies *policy.Service
	db       *store.DB
	clock    *clock.Manual
	trust    *identity.Trust
	log      *bytes.Buffer
}

func eachSite(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		now := clock.NewManual(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC))
		keys, trust := identitytest.Found(t, db, now)
		s := &site{t: t, people: people.New(db, now), policies: policy.New(db, now), clock: now, trust: trust, db: db, log: &bytes.Buffer{}}
		s.identity = identity.New(identity.Options{Store: db, Keys: keys.ForIdentity(), Trust: trust, Origin: testOrigin, Clock: now})
		ledger := audit.NewLedger(db.AuditLog(), audit.NewSequencer(db.AuditLog(), keys.ForAudit(), now), db.Audit, now)
		s.API = New(Options{
			Rooms: Rooms{
				Enrolments: s.identity, SignIns: s.identity, Sessions: s.identity, PersonLogs: s.identity, Vaults: s.identity,
				Manifests: s.identity, Passkeys: s.identity, Unlockers: s.identity, Directory: s.people, Ledger: ledger, Policies: s.policies, Ready: db.Ping,
			},
			Origin: testOrigin, Secure: true, Clock: now, Log: slog.New(slog.NewJSONHandler(s.log, nil)),
		})
		test(t, s)
	})
}

// person is somebody at a browser, with the cookie that they hold.
type person struct {
	*identitytest.Browser
	userName string
	cookie   string
}

// send makes a call and, when into is not nil, expects success and reads the answer.
func (s *site) send(method, path string, cookie string, body, into any) *httptest.ResponseRecorder {
	s.t.Helper()
	w := s.sendWith(method, path, cookie, body, func(r *http.Request) { proveBy(s.t, s.API, identitytest.SharedKey(), r) })
	if into != nil {
		if w.Code >= 300 {
			s.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		readInto(s.t, w, into)
	}
	return w
}

func readInto(t *testing.T, w *httptest.ResponseRecorder, into any) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
}

// sendWith makes a call with the proof that change adds.
func (s *site) sendWith(method, path string, cookie string, body any, change func(*http.Request)) *httptest.ResponseRecorder {
	s.t.Helper()
	text := ""
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		text = string(encoded)
	}
	return call(s.t, bare{s.API}, method, path, text, func(r *http.Request) {
		r.Header.Set("Origin", testOrigin)
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		change(r)
	})
}

// bindSecond signs the person in on another device, which is new.
func (s *site) bindSecond(p *person, second *identitytest.Browser) (cookie string) {
	s.t.Helper()
	cookie, signedIn := s.signIn(p)
	state, err := s.identity.State(context.Background(), p.Person)
	if err != nil {
		s.t.Fatal(err)
	}
	entry := second.Sign(s.t, second.DeviceEntry(state.Seq()+1, state.Head(), envelope.DeviceTrust, time.Hour))
	signature := second.Prove(signedIn.Challenge)
	s.send("POST", "/v1/session/device", cookie, object{"device": second.Device, "entry": entry, "signature": signature[:]}, &boundBody{})
	return cookie
}

// revocation is an entry by which one device ends another.
func (s *site) revocation(by *identitytest.Browser, device id.Device, reason envelope.RevokeReason) []byte {
	s.t.Helper()
	state, err := s.identity.State(context.Background(), by.Person)
	if err != nil {
		s.t.Fatal(err)
	}
	entry, err := envelope.SignObject(&envelope.Revoke{
		Person: by.Person, Seq: state.Seq() + 1, Previous: state.Head(), Device: device, Reason: reason, By: envelope.RevokeByDevice, Issued: by.Now(),
	}, envelope.ByDevice(by.Device, by.DeviceKey))
	if err != nil {
		s.t.Fatal(err)
	}
	encoded, err := envelope.Encode(entry)
	if err != nil {
		s.t.Fatal(err)
	}
	return encoded
}

// audited counts the waiting events of a kind.
func (s *site) audited(kind string) int {
	s.t.Helper()
	waiting, err := s.db.AuditLog().Waiting(context.Background(), 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	n := 0
	for _, one := range waiting {
		if one.Row.Kind.String() == kind {
			n++
		}
	}
	return n
}

// refused expects a problem with this status and code.
func (s *site) refused(what string, w *httptest.ResponseRecorder, status int, code string) {
	s.t.Helper()
	if w.Code != status || problemOf(s.t, w)["code"] != code {
		s.t.Errorf("%s: %d %s, want %d %s", what, w.Code, w.Body, status, code)
	}
}

type object = map[string]any

// link adds a person and makes their link's token, as it stands in the link.
func (s *site) link(userName string) string {
	s.t.Helper()
	added, err := s.people.Add(context.Background(), id.Person{}, people.Person{
		UserName: userName, DisplayName: "Dr " + userName, Role: "Registrar", Ward: "7B", Organisation: "Northfield Hospital",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	token, _, err := s.people.Link(context.Background(), id.Person{}, added.ID, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(token[:])
}

func (s *site) enrol(userName string) *person {
	s.t.Helper()
	token := s.link(userName)
	var invitation invitationBody
	s.send("POST", "/v1/enrolment/start", "", object{"token": token}, &invitation)
	browser, body := s.completion(token, invitation)
	var enrolled enrolledBody
	w := s.send("POST", "/v1/enrolment/complete", "", body, &enrolled)
	s.clock.Advance(30 * time.Second)
	return &person{Browser: browser, userName: userName, cookie: cookieOf(w)}
}

func (s *site) completion(token string, invitation invitationBody) (*identitytest.Browser, object) {
	s.t.Helper()
	raw := linkToken(token).bytes()
	opened, err := s.identity.Invitation(context.Background(), raw)
	if err != nil {
		s.t.Fatal(err)
	}
	if opened.TOTPText() != invitation.TOTPSecret || !bytes.Equal(opened.VaultShare[:], invitation.VaultShare) {
		s.t.Error("the answer is not the invitation")
	}
	browser := identitytest.New(opened, s.trust.Chain, s.clock)
	c := browser.Complete(s.t, raw, opened.Profile)
	return browser, object{
		"token": token, "code": c.Code, "authKey": c.AuthKey, "salt": c.Salt[:], "memoryKiB": c.MemoryKiB, "passes": c.Passes, "log": c.Log,
		"sealedVault": c.SealedVault, "sealedIdentity": c.SealedIdentity, "unlockerBlob": c.UnlockerBlob, "akWrap": c.AKWrap,
		"deviceKind": "trust", "deviceLabel": c.DeviceLabel, "noticeAccepted": true,
	}
}

// signIn takes both factors and binds the session to the person's device.
func (s *site) signIn(p *person) (cookie string, body signedInBody) {
	s.t.Helper()
	var ticket signInTicketBody
	s.send("POST", "/v1/sign-in/password", "", object{"userName": p.userName, "authKey": p.AuthKey}, &ticket)
	w := s.send("POST", "/v1/sign-in/code", "", object{"ticket": ticket.Ticket, "code": p.Code()}, &body)
	s.clock.Advance(30 * time.Second)
	return cookieOf(w), body
}

func cookieOf(w *httptest.ResponseRecorder) string {
	for _, cookie := range w.Result().Cookies() {
		return cookie.Name + "=" + cookie.Value
	}
	return ""
}

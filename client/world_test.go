package client_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/ehr"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/pds"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/store"
)

// world is a founded Wardline with a hospital, all real, on a clock that stands still. Between a client and it stands a wire that tests bend.
type world struct {
	t        *testing.T
	ctx      context.Context
	clock    *clock.Manual
	hospital *hospital.Hospital
	server   *server.Server
	serving  atomic.Pointer[server.Server]
	web      *httptest.Server
	seats    []*identity.Seat
	pin      id.Hash
	data     string
	national bool // ask the national index beside the hospital's, from the next start on
}

const password = "correct horse battery staple"

func newWorld(t *testing.T, change ...func(*identity.Founding)) *world {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &world{t: t, ctx: ctx, clock: clock.NewManual(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC))}
	data := t.TempDir()
	w.data = data
	w.found(data, change)
	var err error
	w.hospital, err = hospital.Start(ctx, hospital.Config{Addr: "127.0.0.1:0", Dir: t.TempDir(), Clock: w.clock})
	w.check(err)
	listening := httptest.NewUnstartedServer(nil)
	w.web = listening
	w.start()
	listening.Config.Handler = http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) { w.serving.Load().ServeHTTP(out, in) })
	listening.Start()
	t.Cleanup(func() {
		listening.CloseClientConnections()
		listening.Close()
		cancel()
		if err := w.server.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
		if err := w.hospital.Close(); err != nil {
			t.Errorf("closing the hospital: %v", err)
		}
	})
	return w
}

// start opens the server on its data, as an operator does.
func (w *world) start() {
	w.t.Helper()
	var national *pds.Config
	if w.national {
		national = &pds.Config{BaseURL: w.hospital.NationalURL(), Timeout: 2 * time.Second}
	}
	opened, err := server.Open(w.ctx, server.Config{
		National: national,
		Data:     w.data, Origin: "http://" + w.web.Listener.Addr().String(), Clock: w.clock, Organisation: "RXX99",
		Index:  pds.Config{BaseURL: w.hospital.IndexURL(), HospitalNumberSystem: hospital.HospitalNumberSystem, WardExtension: hospital.WardExtension},
		Record: ehr.Config{BaseURL: w.hospital.RecordURL(), HospitalNumberSystem: hospital.HospitalNumberSystem, Clock: w.clock},
	})
	w.check(err)
	opened.Start(w.ctx)
	w.server = opened
	w.serving.Store(opened)
}

// found makes keys and seats and writes the first manifest.
func (w *world) found(data string, change []func(*identity.Founding)) {
	w.t.Helper()
	keys, err := keyring.Create(server.KeysDir(data))
	w.check(err)
	db, err := store.Open(w.ctx, filepath.Join(data, "wardline.db"))
	w.check(err)
	founding := identity.Founding{
		Organisation: "Northfield Hospital", Threshold: 2, Keys: keys.Public(), Policy: identity.DefaultPolicy(), At: w.clock.Now(),
	}
	w.seats = identitytest.Seats(w.t)
	for _, seat := range w.seats {
		founding.Seats = append(founding.Seats, seat.Public())
	}
	for _, apply := range change {
		apply(&founding)
	}
	draft, err := founding.Draft()
	w.check(err)
	var signatures []identity.SeatSignature
	for _, seat := range w.seats {
		signature, err := seat.SignManifest(draft.Manifest)
		w.check(err)
		signatures = append(signatures, signature)
	}
	signed, err := draft.Complete(signatures...)
	w.check(err)
	w.check(identity.Found(w.ctx, db, signed, draft.Policy, w.clock.Now()))
	w.check(db.Close())
	w.pin = signatures[0].Fingerprint
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// link takes somebody on and makes their enrolment link.
func (w *world) link(userName, name string, permissions ...string) string {
	w.t.Helper()
	added, err := w.server.People().Add(w.ctx, id.Person{}, people.Person{
		UserName: userName, DisplayName: name, Role: "Registrar", Ward: "7B", Organisation: "Northfield Hospital", Permissions: permissions,
	})
	w.check(err)
	token, _, err := w.server.People().Link(w.ctx, id.Person{}, added.ID, time.Hour)
	w.check(err)
	return w.web.URL + "/#/enrol/" + base64.RawURLEncoding.EncodeToString(token[:]) + "." + w.pin.String()
}

// person is somebody with a machine, on which they are signed in.
type person struct {
	*client.Session
	w        *world
	userName string
	secret   string // of the authenticator
	client   *client.Client
	wire     *wire
}

func (w *world) client(memory client.Memory) (*client.Client, *wire) {
	w.t.Helper()
	between := &wire{}
	transport := &http.Transport{DialContext: between.dial}
	w.t.Cleanup(transport.CloseIdleConnections)
	between.next = transport
	c, err := client.New(client.Config{BaseURL: w.web.URL, HTTPClient: &http.Client{Transport: between}, Clock: w.clock, Memory: memory})
	w.check(err)
	return c, between
}

func (w *world) enrol(userName, name string, permissions ...string) *person {
	w.t.Helper()
	p := &person{w: w, userName: userName}
	p.client, p.wire = w.client(client.Memory{})
	var err error
	p.Session, err = p.client.Enrol(w.ctx, w.link(userName, name, permissions...), password, p.keepSecret, client.DeviceOptions{NoticeAccepted: true})
	w.check(err)
	return p
}

func (p *person) keepSecret(secret string) (string, error) {
	p.secret = secret
	return client.TOTP(secret, p.w.clock.Now())
}

// code is the next one: each is taken once.
func (p *person) code() (string, error) {
	return client.TOTP(p.secret, p.w.clock.Advance(client.TOTPStep))
}

// elsewhere signs the same person in on a machine that remembers nothing, or what it is given.
func (p *person) elsewhere(memory client.Memory, device client.DeviceOptions) (*person, error) {
	p.w.t.Helper()
	other := &person{w: p.w, userName: p.userName, secret: p.secret}
	other.client, other.wire = p.w.client(memory)
	return other, other.signIn(device)
}

func (p *person) signIn(device client.DeviceOptions) error {
	session, err := p.client.SignIn(p.w.ctx, p.userName, password, p.code, device)
	if err == nil {
		p.Session = session
	}
	return err
}

func (p *person) sync() {
	p.w.t.Helper()
	p.w.check(p.Sync(p.w.ctx))
}

func (p *person) say(in id.Thread, text string) client.Message {
	p.w.t.Helper()
	sent, err := p.Send(p.w.ctx, in, text)
	p.w.check(err)
	return sent
}

func (p *person) view(in id.Thread) client.Thread {
	p.w.t.Helper()
	shown, err := p.Thread(in)
	p.w.check(err)
	return shown
}

// texts are what a person can read of a thread, in order; what they cannot is in brackets. Confirmations of the patient are no words of it.
func (p *person) texts(in id.Thread) []string {
	p.w.t.Helper()
	var texts []string
	for _, m := range p.view(in).Messages {
		switch {
		case m.Kind == envelope.KindConfirm:
		case m.State == client.Readable:
			texts = append(texts, m.Text)
		default:
			texts = append(texts, "["+string(m.State)+"]")
		}
	}
	return texts
}

func (p *person) team(others ...*person) id.Thread {
	p.w.t.Helper()
	made, err := p.CreateTeam(p.w.ctx, "Ward 7B day team", persons(others), client.TeamOptions{})
	p.w.check(err)
	return made
}

func persons(all []*person) []id.Person {
	var ids []id.Person
	for _, one := range all {
		ids = append(ids, one.Person())
	}
	return ids
}

// john is in the hospital's index.
var john = client.Question{NHSNumber: "943 476 5919", Family: "Smith", Given: "John", BirthDate: "1954-03-12"}

func (w *world) refused(what string, err error, code envelope.Code) {
	w.t.Helper()
	if envelope.CodeOf(err) != code {
		w.t.Errorf("%s: %v, want the refusal %s", what, err, code)
	}
}

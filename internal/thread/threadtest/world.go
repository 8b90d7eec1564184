// Package threadtest is a small hospital for tests of threads: people with real keys, the conversations as their own devices hold them, and a thread
// room on real databases.
//
//   - world.go  the organisation, its people and devices; it is also what the room asks for keys, staff and patient links
//   - talk.go   a conversation from the side of its members: what they sign and seal
//   - room.go   a thread room, and a publisher that remembers what it was told
//
// Nothing here is checked twice: what a device makes is meant to be good, and tests spoil it where they want it refused.
package threadtest

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// Start is when every world begins.
var Start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// World is an organisation. It implements thread.Keys, thread.Staff and thread.Links.
type World struct {
	t     testing.TB
	Clock *clock.Manual
	IDs   *id.Source

	server map[envelope.Purpose]*envelope.SeedSigner
	chain  *envelope.Manifests

	mu     sync.Mutex
	states envelope.PersonMap
	gone   map[id.Person]bool
	linked map[thread.Link]asserted
	asked  int
}

// New founds one, with three seats and the usual policy: keys last a week or a thousand messages.
func New(t testing.TB) *World { return NewWith(t, func(*envelope.Policy) {}) }

// NewWith is New with another policy.
func NewWith(t testing.TB, change func(*envelope.Policy)) *World {
	w := &World{
		t: t, Clock: clock.NewManual(Start), server: map[envelope.Purpose]*envelope.SeedSigner{}, states: envelope.PersonMap{},
		gone: map[id.Person]bool{}, linked: map[thread.Link]asserted{},
	}
	w.IDs = id.NewSource(w.Clock)
	policy := &envelope.Policy{
		ArgonMemoryKiB: 65536, ArgonPasses: 3, RotateAfterMillis: 7 * 24 * 3600 * 1000, RotateAfterMessages: 1000,
		DeviceLifeMillis: 90 * 24 * 3600 * 1000, IdleLockMillis: 300_000, GraceMillis: 24 * 3600 * 1000, ShredHorizonMillis: 7 * 24 * 3600 * 1000,
	}
	change(policy)
	manifest := &envelope.RootManifest{
		Organisation: "St Elsewhere", Version: 1, Issued: w.now(), Threshold: 2, MinSuite: 1, MinClient: 1, Policy: hash(t, policy),
	}
	for purpose := envelope.PurposeBind; purpose <= envelope.PurposeAudit; purpose++ {
		w.server[purpose] = envelope.NewSigner(seed())
		manifest.ServerKeys = append(manifest.ServerKeys, envelope.ServerKey{Purpose: purpose, Key: w.server[purpose].Public()})
	}
	var stamps []envelope.Stamp
	for index := uint8(1); index <= 3; index++ {
		sign, seal := envelope.NewSigner(seed()), envelope.NewSealPair(seed())
		manifest.Seats = append(manifest.Seats, envelope.Seat{Index: index, Name: "Officer", Sign: sign.Public(), Seal: seal.Public()})
		stamps = append(stamps, envelope.BySeat(index, sign))
	}
	chain, err := envelope.CheckManifestChain(envelope.Pin{}, w.sign(manifest, stamps...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chain.AddPolicy(encode(t, policy)); err != nil {
		t.Fatal(err)
	}
	w.chain = chain
	return w
}

// Chain implements thread.Keys.
func (w *World) Chain() *envelope.Manifests { return w.chain }

// States implements thread.Keys.
func (w *World) States(_ context.Context, of ...id.Person) (envelope.PersonMap, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	found := envelope.PersonMap{}
	for _, person := range of {
		if state := w.states[person]; state != nil {
			found[person] = state
		}
	}
	return found, nil
}

// Asked is how often States was called.
func (w *World) Asked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// Works implements thread.Staff.
func (w *World) Works(_ context.Context, person id.Person) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.states[person] != nil && !w.gone[person], nil
}

// Check implements thread.Links.
func (w *World) Check(_ context.Context, in id.Thread, tag id.Tag, assertion, before id.Hash) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.linked[thread.Link{Tag: tag, Assertion: assertion}] != (asserted{in, before}) {
		return thread.ErrLinkUnproved
	}
	return nil
}

// Remover is the removing half of the server key.
func (w *World) Remover() envelope.Signer { return w.server[envelope.PurposeRemove] }

// Leave makes a person one who does not work here any more.
func (w *World) Leave(person id.Person) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone[person] = true
}

// Trust is what a client verifies with.
func (w *World) Trust() envelope.Trust {
	w.mu.Lock()
	defer w.mu.Unlock()
	people := envelope.PersonMap{}
	for person, state := range w.states {
		people[person] = state
	}
	return envelope.Trust{Manifests: w.chain, People: people}
}

// asserted is what is remembered of an assertion: for which thread, and in whose place.
type asserted struct {
	in        id.Thread
	continues id.Hash
}

// Assert signs a patient assertion for a thread, as a look-up would.
func (w *World) Assert(in id.Thread, by id.Person) (*envelope.Signed, *envelope.PatientAssertion) {
	return w.AssertWith(in, by, func(*envelope.PatientAssertion) {})
}

// AssertWith is Assert of something else, such as one that continues another.
func (w *World) AssertWith(in id.Thread, by id.Person, change func(*envelope.PatientAssertion)) (*envelope.Signed, *envelope.PatientAssertion) {
	w.t.Helper()
	tag, err := envelope.PatientTag([32]byte{9}, "9434765919")
	if err != nil {
		w.t.Fatal(err)
	}
	assertion := &envelope.PatientAssertion{
		Tag: tag, TagKey: 1, Thread: in, Requester: by, NHSNumber: "9434765919", Family: "Example", Given: "Ann", BirthDate: "1950-01-31",
		Reference: "PDS", Version: "3", Issued: w.now(), Expires: w.now() + 900_000,
		IdentifiedBy: envelope.IdentifiedByNHSNumber,
	}
	change(assertion)
	w.mu.Lock()
	w.linked[thread.Link{Tag: assertion.Tag, Assertion: hash(w.t, assertion)}] = asserted{in, assertion.Continues}
	w.mu.Unlock()
	return w.sign(assertion, envelope.ByServer(envelope.PurposeAssert, w.server[envelope.PurposeAssert])), assertion
}

// Person is somebody with keys. The embedded device is the newest.
type Person struct {
	w  *World
	ID id.Person
	*Device

	identity *envelope.SeedSigner
	seals    []*envelope.SealPair // by generation
	log      []*envelope.Signed
}

// Device is one browser.
type Device struct {
	Device id.Device
	Key    *envelope.SeedSigner
}

// Enrol makes a person with an identity, a generation and a device.
func (w *World) Enrol(name string) *Person {
	w.t.Helper()
	p := &Person{w: w, ID: id.New[id.Person](w.IDs), identity: envelope.NewSigner(seed())}
	bind := &envelope.Bind{
		Person: p.ID, Seq: 1, Identity: p.identity.Public(), DisplayName: name, Role: "Registrar", Manifest: w.chain.Current().Hash, Issued: w.now(),
	}
	p.append(w.sign(bind, envelope.ByServer(envelope.PurposeBind, w.server[envelope.PurposeBind]), p.byIdentity()))
	p.NewGeneration()
	p.NewDevice()
	return p
}

// NewGeneration gives the person a new sealing key.
func (p *Person) NewGeneration() {
	p.w.t.Helper()
	pair := envelope.NewSealPair(seed())
	p.seals = append(p.seals, pair)
	p.append(p.w.sign(&envelope.Generation{
		Person: p.ID, Seq: p.next(), Previous: p.State().Head(), Generation: uint32(len(p.seals)), Seal: pair.Public(), Issued: p.w.now(),
	}, p.byIdentity()))
}

// NewDevice gives the person another browser, which they use from now on.
func (p *Person) NewDevice() {
	p.w.t.Helper()
	p.Device = &Device{Device: id.New[id.Device](p.w.IDs), Key: envelope.NewSigner(seed())}
	p.append(p.w.sign(&envelope.Device{
		Person: p.ID, Seq: p.next(), Previous: p.State().Head(), Device: p.Device.Device, Key: p.Key.Public(), DPoP: seed(),
		Kind: envelope.DeviceTrust, Issued: p.w.now(), Expires: p.w.now() + 30*24*3600*1000,
	}, p.byIdentity()))
}

// Revoke revokes a device.
func (p *Person) Revoke(device id.Device, accepted ...envelope.LastAccepted) {
	p.w.t.Helper()
	p.append(p.w.sign(&envelope.Revoke{
		Person: p.ID, Seq: p.next(), Previous: p.State().Head(), Device: device, Reason: envelope.RevokeStolen, By: envelope.RevokeByIdentity,
		Issued: p.w.now(), LastAccepted: accepted,
	}, p.byIdentity()))
}

// Log is the person's log as it is stored.
func (p *Person) Log() [][]byte {
	log := make([][]byte, 0, len(p.log))
	for _, entry := range p.log {
		log = append(log, encode(p.w.t, entry))
	}
	return log
}

// State is the person's verified log.
func (p *Person) State() *envelope.PersonState {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if state := p.w.states[p.ID]; state != nil {
		return state
	}
	return envelope.NewPersonState(p.w.chain, p.ID)
}

// Actor is the person on their newest device.
func (p *Person) Actor() thread.Actor {
	return thread.Actor{Person: p.ID, Device: p.Device.Device, Session: id.Session(p.Device.Device)}
}

// Seal is the pair of a generation.
func (p *Person) Seal(generation uint32) *envelope.SealPair { return p.seals[generation-1] }

func (p *Person) next() uint32 { return p.State().Seq() + 1 }

func (p *Person) byIdentity() envelope.Stamp { return envelope.ByIdentity(p.ID, p.identity) }

func (p *Person) byDevice() envelope.Stamp { return envelope.ByDevice(p.Device.Device, p.Key) }

// append verifies the log anew, because a state that was given out is never changed.
func (p *Person) append(entry *envelope.Signed) {
	p.w.t.Helper()
	p.log = append(p.log, entry)
	state, err := envelope.VerifyPersonLog(p.w.chain, p.ID, p.log...)
	if err != nil {
		p.w.t.Fatal(err)
	}
	p.w.mu.Lock()
	p.w.states[p.ID] = state
	p.w.mu.Unlock()
}

func (w *World) now() envelope.Time { return envelope.TimeOf(w.Clock.Now()) }

func (w *World) sign(object envelope.Object, by ...envelope.Stamp) *envelope.Signed {
	w.t.Helper()
	signed, err := envelope.SignObject(object, by...)
	if err != nil {
		w.t.Fatal(err)
	}
	return signed
}

func seed() (s [32]byte) {
	rand.Read(s[:])
	return s
}

func encode(t testing.TB, object envelope.Object) []byte {
	t.Helper()
	encoded, err := envelope.Encode(object)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func hash(t testing.TB, object envelope.Object) id.Hash {
	t.Helper()
	h, err := envelope.Hash(object)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func nonce() (n [16]byte) {
	rand.Read(n[:])
	return n
}

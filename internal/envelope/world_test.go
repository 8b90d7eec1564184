package envelope

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/id"
)

// world is a small hospital with real keys, from which tests take what they need and forge what they must see refused. Everything in it
// but HPKE encapsulations follows from its seed.
type world struct {
	t         failer
	entropy   *rand.ChaCha8
	now       Time
	server    map[Purpose]*SeedSigner
	seats     []officer
	policy    *Policy
	manifests *Manifests
	chain     []*Signed
	people    PersonMap
}

type officer struct {
	index              uint8
	signSeed, sealSeed [32]byte
	sign               *SeedSigner
	seal               *SealPair
}

// staff is one person with all of their secrets.
type staff struct {
	w            *world
	id           id.Person
	identitySeed [32]byte
	identity     *SeedSigner
	generations  []GenerationSeed
	devices      []deviceSeed
	log          []*Signed
	state        *PersonState
}

type deviceSeed struct {
	id   id.Device
	seed [32]byte
	key  *SeedSigner
}

const day = 24 * 60 * 60 * 1000

var epochStart = TimeOf(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC))

func newWorld(t failer) *world {
	w := &world{
		t: t, entropy: rand.NewChaCha8([32]byte{1}), now: epochStart, server: map[Purpose]*SeedSigner{}, people: PersonMap{},
		policy: &Policy{
			ArgonMemoryKiB: 65536, ArgonPasses: 3, RotateAfterMillis: 7 * day, RotateAfterMessages: 1000, DeviceLifeMillis: 90 * day,
			IdleLockMillis: 300000, GraceMillis: day, ShredHorizonMillis: 7 * day,
		},
	}
	for purpose := PurposeBind; purpose <= PurposeAudit; purpose++ {
		w.server[purpose] = NewSigner(w.seed())
	}
	for index := uint8(1); index <= 3; index++ {
		w.seats = append(w.seats, w.officer(index))
	}
	w.chain = []*Signed{w.sign(w.manifest(1, id.Hash{}, w.seats), w.seatStamps(w.seats)...)}
	w.manifests = must(CheckManifestChain(Pin{}, w.chain...))
	must(w.manifests.AddPolicy(mustEncode(t, w.policy)))
	return w
}

func (w *world) officer(index uint8) officer {
	signSeed, sealSeed := w.seed(), w.seed()
	return officer{index: index, signSeed: signSeed, sealSeed: sealSeed, sign: NewSigner(signSeed), seal: NewSealPair(sealSeed)}
}

func (w *world) manifest(version uint32, previous id.Hash, seats []officer) *RootManifest {
	manifest := &RootManifest{
		Organisation: "St Elsewhere", Version: version, Previous: previous, Issued: w.tick(), Threshold: 2, MinSuite: 1, MinClient: 1,
		Policy: fixedHash(w.policy),
	}
	for purpose := PurposeBind; purpose <= PurposeAudit; purpose++ {
		manifest.ServerKeys = append(manifest.ServerKeys, ServerKey{Purpose: purpose, Key: w.server[purpose].Public()})
	}
	for _, seat := range seats {
		manifest.Seats = append(manifest.Seats, Seat{
			Index: seat.index, Name: "Officer " + string('A'+rune(seat.index-1)), Sign: seat.sign.Public(), Seal: seat.seal.Public(),
		})
	}
	return manifest
}

func (w *world) seatStamps(seats []officer) []Stamp {
	var stamps []Stamp
	for _, seat := range seats {
		stamps = append(stamps, BySeat(seat.index, seat.sign))
	}
	return stamps
}

// newOfficers makes the next manifest version with other seats.
func (w *world) newOfficers(seats []officer) {
	next := w.sign(w.manifest(w.manifests.Current().Version+1, w.manifests.Current().Hash, seats), w.seatStamps(w.seats[:2])...)
	check(w.t, w.manifests.Append(next))
	w.chain = append(w.chain, next)
	w.seats = seats
}

func (w *world) seed() (seed [32]byte) {
	_, _ = w.entropy.Read(seed[:])
	return seed
}

// newID makes an id with the time in it, as internal/id does.
func newID[T ~[16]byte](w *world) (made T) {
	_, _ = w.entropy.Read(made[:])
	binary.BigEndian.PutUint64(made[:], uint64(w.now)<<16|uint64(made[6])<<8|uint64(made[7]))
	made[6] = made[6]&0x0f | 0x70
	made[8] = made[8]&0x3f | 0x80
	return made
}

// tick is the present, a minute later each time.
func (w *world) tick() Time {
	w.now += 60000
	return w.now
}

func (w *world) sign(object Object, by ...Stamp) *Signed {
	w.t.Helper()
	signed, err := SignObject(object, by...)
	if err != nil {
		w.t.Fatal(err)
	}
	return signed
}

func (w *world) trust() Trust { return Trust{Manifests: w.manifests, People: w.people} }

// enrol makes a person with an identity, a generation and a device.
func (w *world) enrol(name string) *staff {
	s := w.bind(name)
	s.newGeneration()
	s.newDevice()
	return s
}

// bind makes a person who has not made keys yet.
func (w *world) bind(name string) *staff {
	s := &staff{w: w, id: newID[id.Person](w), identitySeed: w.seed()}
	s.identity = NewSigner(s.identitySeed)
	s.state = NewPersonState(w.manifests, s.id)
	w.people[s.id] = s.state
	s.append(w.sign(s.bindEntry(name), ByServer(PurposeBind, w.server[PurposeBind]), ByIdentity(s.id, s.identity)))
	return s
}

func (s *staff) bindEntry(name string) *Bind {
	return &Bind{
		Person: s.id, Seq: 1, Identity: s.identity.Public(), DisplayName: name, Role: "Registrar",
		Manifest: s.w.manifests.Current().Hash, Issued: s.w.tick(),
	}
}

func (s *staff) append(signed *Signed) {
	s.w.t.Helper()
	check(s.w.t, s.state.Append(signed))
	s.log = append(s.log, signed)
}

func (s *staff) byIdentity() Stamp { return ByIdentity(s.id, s.identity) }
func (s *staff) next() uint32      { return s.state.Seq() + 1 }

func (s *staff) newGeneration() {
	seed := GenerationSeed{Generation: s.state.lastGeneration + 1, Seed: s.w.seed()}
	s.append(s.w.sign(s.generationEntry(seed), s.byIdentity()))
	s.generations = append(s.generations, seed)
}

func (s *staff) generationEntry(seed GenerationSeed) *Generation {
	return &Generation{
		Person: s.id, Seq: s.next(), Previous: s.state.Head(), Generation: seed.Generation, Seal: NewSealPair(seed.Seed).Public(),
		Issued: s.w.tick(),
	}
}

func (s *staff) newDevice() deviceSeed {
	device := deviceSeed{id: newID[id.Device](s.w), seed: s.w.seed()}
	device.key = NewSigner(device.seed)
	s.append(s.w.sign(s.deviceEntry(device), s.byIdentity()))
	s.devices = append(s.devices, device)
	return device
}

func (s *staff) deviceEntry(device deviceSeed) *Device {
	now := s.w.tick()
	return &Device{
		Person: s.id, Seq: s.next(), Previous: s.state.Head(), Device: device.id, Key: device.key.Public(), DPoP: [32]byte{7},
		Kind: DeviceOwn, Issued: now, Expires: now + 30*day,
	}
}

func (s *staff) revokeEntry(device id.Device, reason RevokeReason, accepted ...LastAccepted) *Revoke {
	return &Revoke{
		Person: s.id, Seq: s.next(), Previous: s.state.Head(), Device: device, Reason: reason, By: RevokeByIdentity,
		Issued: s.w.tick(), LastAccepted: accepted,
	}
}

func (s *staff) revoke(device id.Device, reason RevokeReason, accepted ...LastAccepted) {
	s.append(s.w.sign(s.revokeEntry(device, reason, accepted...), s.byIdentity()))
}

func (s *staff) resetEntry(identity *SeedSigner) *Reset {
	return &Reset{
		Person: s.id, Seq: s.next(), Previous: s.state.Head(), Identity: identity.Public(), DisplayName: s.state.DisplayName(),
		Role: s.state.Role(), Reason: ResetForgotten, Manifest: s.w.manifests.Current().Hash, Issued: s.w.tick(),
	}
}

// reset gives the person a new identity, and nothing else yet.
func (s *staff) reset() {
	seed := s.w.seed()
	identity := NewSigner(seed)
	stamps := append(s.w.seatStamps(s.w.seats[:2]), ByServer(PurposeBind, s.w.server[PurposeBind]), ByIdentity(s.id, identity))
	s.append(s.w.sign(s.resetEntry(identity), stamps...))
	s.identitySeed, s.identity = seed, identity
}

// device is the person's newest.
func (s *staff) device() deviceSeed { return s.devices[len(s.devices)-1] }

func (s *staff) byDevice() Stamp { return ByDevice(s.device().id, s.device().key) }

// keys is the pair of the person's newest generation.
func (s *staff) keys() *SealPair { return NewSealPair(s.generations[len(s.generations)-1].Seed) }

// must is for what the tests' own construction guarantees.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused fails unless err is a refusal with this code.
func refused(t testing.TB, name string, err error, code Code) {
	t.Helper()
	if CodeOf(err) != code {
		t.Errorf("%s: got %v, want %s", name, err, code)
	}
}

// change alters a copy of an object before it is signed.
func change[T any](object *T, how func(*T)) *T {
	copied := *object
	how(&copied)
	return &copied
}

// Package identitytest is the other side of identity for tests: officers who found a server, and browsers that make real keys,
// enrol and sign in. The password is not stretched, because Argon2 would be all that such a test does.
//
//   - founding.go  a founded server on a database
//   - browser.go   what a browser makes and sends; unlocker.go how it changes what opens its vault
package identitytest

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/dpop"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// Browser is one person's browser: its keys and what it knows of its account.
type Browser struct {
	Person     id.Person
	Identity   *envelope.SeedSigner
	Generation *envelope.SealPair
	Device     id.Device
	DeviceKey  *envelope.SeedSigner
	Key        *dpop.Key // of its requests, and in the device's certificate
	AuthKey    []byte
	TOTPSecret []byte
	VaultShare [32]byte
	Salt       [16]byte
	AK         *envelope.AccountKey
	Vault      *envelope.OpenedVault

	identitySeed, generationSeed [32]byte
	wrapKeys                     map[id.Unlocker][32]byte

	chain *envelope.Manifests
	clock clock.Clock
	ids   *id.Source
}

// New is a browser of a person who has an invitation. It trusts the chain.
func New(invitation identity.Invitation, chain *envelope.Manifests, now clock.Clock) *Browser {
	b := &Browser{
		Person: invitation.Profile.Person, DeviceKey: envelope.NewSigner(seed()), Key: sharedKey, AuthKey: random(32), TOTPSecret: invitation.TOTPSecret,
		VaultShare: invitation.VaultShare, Salt: invitation.Salt, identitySeed: seed(), generationSeed: seed(),
		wrapKeys: map[id.Unlocker][32]byte{}, chain: chain, clock: now,
		ids: id.NewSource(now),
	}
	b.Identity, b.Generation = envelope.NewSigner(b.identitySeed), envelope.NewSealPair(b.generationSeed)
	b.Device = id.New[id.Device](b.ids)
	return b
}

// sharedKey is every browser's, until a test gives one another: most tests are not about it.
var sharedKey = NewKey()

// NewKey makes a key for requests.
func NewKey() *dpop.Key {
	key, err := dpop.NewKey()
	if err != nil {
		panic(err)
	}
	return key
}

// SharedKey is the key that browsers have.
func SharedKey() *dpop.Key { return sharedKey }

// Proof is what a request of a browser proves when it begins a session.
func Proof(now clock.Clock) identity.Proof { return ProofBy(sharedKey, now) }

// ProofBy is the same by another key.
func ProofBy(key *dpop.Key, now clock.Clock) identity.Proof {
	return identity.Proof{Key: key.Thumbprint(), Use: seed(), Until: now.Now().Add(dpop.Life)}
}

// Code is what the authenticator shows now.
func (b *Browser) Code() string { return identity.TOTPCode(b.TOTPSecret, b.clock.Now()) }

// Now is the browser's clock, as the wire has it.
func (b *Browser) Now() envelope.Time { return envelope.TimeOf(b.clock.Now()) }

// Bind is the first entry of the log, as the invitation says it.
func (b *Browser) Bind(profile identity.Profile) *envelope.Bind {
	return &envelope.Bind{
		Person: b.Person, Seq: 1, Identity: b.Identity.Public(), DisplayName: profile.DisplayName, Role: profile.Role,
		Manifest: b.chain.Current().Hash, Issued: b.Now(),
	}
}

// DeviceEntry is a device entry at a place in the log.
func (b *Browser) DeviceEntry(seq uint32, previous id.Hash, kind envelope.DeviceKind, life time.Duration) *envelope.Device {
	return &envelope.Device{
		Person: b.Person, Seq: seq, Previous: previous, Device: b.Device, Key: b.DeviceKey.Public(), DPoP: b.Key.Thumbprint(), Kind: kind,
		Issued: b.Now(), Expires: b.Now().Add(life),
	}
}

// Complete makes everything that completes an enrolment with a device that the organisation manages.
func (b *Browser) Complete(t testing.TB, token []byte, profile identity.Profile) identity.Completion {
	t.Helper()
	bind := b.Bind(profile)
	generation := &envelope.Generation{
		Person: b.Person, Seq: 2, Previous: hash(t, bind), Generation: 1, Seal: b.Generation.Public(), Issued: b.Now(),
	}
	device := b.DeviceEntry(3, hash(t, generation), envelope.DeviceTrust, 30*24*time.Hour)
	c := identity.Completion{
		Token: token, Code: b.Code(), AuthKey: b.AuthKey, MemoryKiB: 65536, Passes: 3, DeviceKind: envelope.DeviceTrust,
		DeviceLabel: "Ward phone", NoticeAccepted: true, Salt: b.Salt, From: identity.From{Proof: ProofBy(b.Key, b.clock)},
		Log: [][]byte{b.Sign(t, bind), b.Sign(t, generation), b.Sign(t, device)},
	}
	b.makeVault(t, &c)
	return c
}

// Sign signs an object with the identity.
func (b *Browser) Sign(t testing.TB, object envelope.Object) []byte {
	t.Helper()
	signed, err := envelope.SignObject(object, envelope.ByIdentity(b.Person, b.Identity))
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, signed)
}

// Prove signs a session's challenge with the device.
func (b *Browser) Prove(challenge []byte) [64]byte {
	message := append([]byte("wardline/v1/session-device\x00"), challenge...)
	return b.DeviceKey.Sign(append(message, b.Device[:]...))
}

// SecondDevice is the same person in another browser.
func (b *Browser) SecondDevice() *Browser {
	second := *b
	second.DeviceKey, second.Device = envelope.NewSigner(seed()), id.New[id.Device](b.ids)
	return &second
}

// NextVault seals the next version of the vault.
func (b *Browser) NextVault(t testing.TB) []byte {
	t.Helper()
	return b.NextVaultUnder(t, b.AK)
}

// NextVaultUnder seals the next version under some account key of the person.
func (b *Browser) NextVaultUnder(t testing.TB, key *envelope.AccountKey) []byte {
	t.Helper()
	next := b.Vault.Vault
	next.Version++
	sealed, err := key.SealVault(&next, b.Vault.Head, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := key.OpenVault(sealed, b.Vault.Head)
	if err != nil {
		t.Fatal(err)
	}
	b.Vault = opened
	return encode(t, sealed)
}

// OpenUnlock opens everything that a sign-in released, as a browser that kept nothing would.
func (b *Browser) OpenUnlock(t testing.TB, unlock identity.Unlock) {
	t.Helper()
	blob := parse[envelope.UnlockerBlob](t, unlock.UnlockerBlob)
	opened, err := envelope.OpenUnlocker(b.wrapKeys[blob.Unlocker], envelope.UnlockerContext{Person: b.Person, Unlocker: blob.Unlocker, Kind: blob.Kind}, blob)
	if err != nil {
		t.Fatalf("opening the unlocker: %v", err)
	}
	key, err := opened.Unwrap(parse[envelope.Signed](t, unlock.AKWrap), b.AK.Generation)
	if err != nil {
		t.Fatalf("unwrapping the account key: %v", err)
	}
	vault, err := key.OpenVault(parse[envelope.SealedVault](t, unlock.SealedVault), envelope.VaultHead{})
	if err != nil {
		t.Fatalf("opening the vault: %v", err)
	}
	var log []*envelope.Signed
	for _, entry := range unlock.Log {
		log = append(log, parse[envelope.Signed](t, entry))
	}
	state, err := envelope.VerifyPersonLog(b.chain, b.Person, log...)
	if err != nil {
		t.Fatalf("verifying the log: %v", err)
	}
	if err := vault.CheckAccount(b.chain, state, &opened.UnlockerSecret); err != nil {
		t.Fatalf("checking the account: %v", err)
	}
	if _, err := key.OpenIdentity(parse[envelope.SealedIdentity](t, unlock.SealedIdentity), state.Identity()); err != nil {
		t.Fatalf("opening the identity: %v", err)
	}
}

func (b *Browser) makeVault(t testing.TB, c *identity.Completion) {
	t.Helper()
	unlocker := id.New[id.Unlocker](b.ids)
	unlockerSeed, listed, err := envelope.NewUnlocker(unlocker, envelope.UnlockerPassword, b.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if b.AK, err = envelope.NewAccountKey(b.Person, 1, rand.Reader); err != nil {
		t.Fatal(err)
	}
	current := b.chain.Current()
	vault := &envelope.Vault{
		Person: b.Person, Version: 1, ManifestVersion: current.Version, Manifest: current.Hash,
		Generations: []envelope.GenerationSeed{{Generation: 1, Seed: b.generationSeed}}, Unlockers: []envelope.Unlocker{listed},
	}
	sealed, err := b.AK.SealVault(vault, envelope.VaultHead{}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if b.Vault, err = b.AK.OpenVault(sealed, envelope.VaultHead{}); err != nil {
		t.Fatal(err)
	}
	wraps, err := b.Vault.Wrap(b.AK, b.Identity)
	if err != nil {
		t.Fatal(err)
	}
	sealedIdentity, err := b.AK.SealIdentity(b.identitySeed, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret := &envelope.UnlockerSecret{Seed: unlockerSeed, Identity: b.Identity.Public(), ManifestVersion: current.Version, Manifest: current.Hash}
	b.wrapKeys[unlocker] = seed()
	blob, err := envelope.SealUnlocker(b.wrapKeys[unlocker], envelope.UnlockerContext{Person: b.Person, Unlocker: unlocker, Kind: envelope.UnlockerPassword}, secret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SealedVault, c.SealedIdentity = encode(t, sealed), encode(t, sealedIdentity)
	c.UnlockerBlob, c.AKWrap = encode(t, blob), encode(t, wraps[0])
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
	sum, err := envelope.Hash(object)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func parse[T any, P interface {
	*T
	envelope.Object
}](t testing.TB, data []byte) *T {
	t.Helper()
	parsed, err := envelope.Parse[T, P](data)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func seed() [32]byte { return [32]byte(random(32)) }

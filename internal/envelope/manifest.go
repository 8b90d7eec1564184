package envelope

import (
	"slices"

	"github.com/wardline/wardline/internal/id"
)

// Pin is the manifest that somebody trusts already: the fingerprint shown at enrolment, or the newest one seen since.
type Pin struct {
	Version     uint32
	Fingerprint id.Hash
}

// Manifests is a verified chain of root manifests, from version 1 to the current one.
type Manifests struct {
	versions []Manifest
	byHash   map[id.Hash]int
	policies map[id.Hash]*Policy
}

// Manifest is one verified version. Hash is its fingerprint.
type Manifest struct {
	RootManifest
	Hash id.Hash
}

// CheckManifestChain verifies manifests from version 1 on: section 4 of docs/protocol.md. The chain must contain the pinned version with
// the pinned fingerprint; a chain that ends before it is a rollback. The zero pin is for the moment of enrolment only, when the
// fingerprint is shown to a person or compared with the link's.
func CheckManifestChain(pin Pin, chain ...*Signed) (*Manifests, error) {
	manifests := &Manifests{byHash: map[id.Hash]int{}, policies: map[id.Hash]*Policy{}}
	for _, signed := range chain {
		if err := manifests.Append(signed); err != nil {
			return nil, err
		}
	}
	if len(chain) == 0 {
		return nil, refuse(BrokenChain, "no manifest")
	}
	if err := manifests.CheckPin(pin); err != nil {
		return nil, err
	}
	return manifests, nil
}

// Append verifies the next version and makes it the current one. After a refusal nothing has changed.
func (m *Manifests) Append(signed *Signed) error {
	next, err := Open[RootManifest](signed)
	if err != nil {
		return err
	}
	if err := next.check(); err != nil {
		return err
	}
	signers, least := next, len(next.Seats)
	switch len(m.versions) {
	case 0:
		if next.Version != 1 || !next.Previous.IsZero() {
			return refuse(BrokenChain, "the first manifest is not version 1")
		}
	default:
		current := m.Current()
		if next.Version != current.Version+1 || next.Previous != current.Hash {
			return refuse(BrokenChain, "manifest does not follow the one before")
		}
		// The seats of the version before decide: a manifest that only its own seats signed proves nothing.
		signers, least = &current.RootManifest, int(current.Threshold)
	}
	if err := signed.verify(need{kind: SignerSeat, seats: signers.seatKeys(), least: least}); err != nil {
		return err
	}
	hash, err := signed.Hash()
	if err != nil {
		return err
	}
	m.byHash[hash] = len(m.versions)
	m.versions = append(m.versions, Manifest{RootManifest: *next, Hash: hash})
	return nil
}

// Current is the newest version.
func (m *Manifests) Current() *Manifest { return &m.versions[len(m.versions)-1] }

// Versions are all of them, ascending.
func (m *Manifests) Versions() []Manifest { return slices.Clone(m.versions) }

// AuditKeys are the keys under which checkpoints were signed, in the order of the versions, each once.
func (m *Manifests) AuditKeys() [][32]byte {
	var keys [][32]byte
	for _, version := range m.versions {
		if key := version.ServerKey(PurposeAudit); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// ByHash finds a version by its fingerprint.
func (m *Manifests) ByHash(hash id.Hash) (*Manifest, bool) {
	at, ok := m.byHash[hash]
	if !ok {
		return nil, false
	}
	return &m.versions[at], true
}

// Pin is what to pin now.
func (m *Manifests) Pin() Pin {
	return Pin{Version: m.Current().Version, Fingerprint: m.Current().Hash}
}

// CheckPin refuses a chain that ends before the pin, or has another manifest in its place.
func (m *Manifests) CheckPin(pin Pin) error {
	switch {
	case pin == Pin{}:
		return nil
	case pin.Version > m.Current().Version:
		return refuse(RolledBack, "the manifest is older than the pinned one")
	case pin.Version < 1 || m.versions[pin.Version-1].Hash != pin.Fingerprint:
		return refuse(BrokenChain, "another manifest than the pinned one")
	}
	return nil
}

// AddPolicy takes in the policy object that a version of the chain names. Device lifetimes are held against it from then on.
func (m *Manifests) AddPolicy(object []byte) (*Policy, error) {
	policy, err := Parse[Policy](object)
	if err != nil {
		return nil, err
	}
	hash := HashLabel(TypePolicy.Name(), object)
	for n := range m.versions {
		if m.versions[n].Policy == hash {
			m.policies[hash] = policy
			return policy, nil
		}
	}
	return nil, refuse(BrokenChain, "no manifest names this policy")
}

// Policy is the current version's policy, when it has been added.
func (m *Manifests) Policy() (*Policy, bool) {
	policy, ok := m.policies[m.Current().Policy]
	return policy, ok
}

// VerifyServer checks that an object is signed once, by the server key of this purpose of any version in the chain: statements outlive
// the key that made them.
func (m *Manifests) VerifyServer(signed *Signed, purpose Purpose) error {
	return signed.verify(m.needServer(purpose))
}

func (m *Manifests) needServer(purpose Purpose) need {
	wanted := need{kind: SignerKind(purpose)}
	for n := len(m.versions) - 1; n >= 0; n-- {
		wanted.keys = append(wanted.keys, m.versions[n].ServerKey(purpose))
	}
	return wanted
}

// maxDeviceLife is the longest life, in milliseconds, that any known policy of the chain allows a device; zero when none is known.
func (m *Manifests) maxDeviceLife() uint64 {
	var longest uint64
	for _, policy := range m.policies {
		longest = max(longest, policy.DeviceLifeMillis)
	}
	return longest
}

// Seat finds a seat by its index.
func (m *RootManifest) Seat(index uint8) (Seat, bool) {
	for _, seat := range m.Seats {
		if seat.Index == index {
			return seat, true
		}
	}
	return Seat{}, false
}

// ServerKey is the key of one purpose; a verified manifest has all four.
func (m *RootManifest) ServerKey(purpose Purpose) (key [32]byte) {
	for _, server := range m.ServerKeys {
		if server.Purpose == purpose {
			key = server.Key
		}
	}
	return key
}

func (m *RootManifest) seatKeys() map[uint8][32]byte {
	keys := make(map[uint8][32]byte, len(m.Seats))
	for _, seat := range m.Seats {
		keys[seat.Index] = seat.Sign
	}
	return keys
}

// check is what a manifest must say, whoever signs it.
func (m *RootManifest) check() error {
	if m.MinSuite > SuiteOne {
		return refuse(UnsupportedSuite, "the manifest asks for a later suite")
	}
	signing, sealing := map[[32]byte]bool{}, map[SealKey]bool{}
	for _, server := range m.ServerKeys {
		signing[server.Key] = true
	}
	for _, seat := range m.Seats {
		signing[seat.Sign] = true
		sealing[seat.Seal] = true
	}
	switch {
	case m.MinSuite < 1:
		return refuse(Malformed, "manifest without a suite")
	case len(m.ServerKeys) != len(purposes):
		return refuse(Malformed, "manifest without all four server keys")
	case m.Threshold < 2 || len(m.Seats) < int(m.Threshold)+1:
		return refuse(Malformed, "manifest with too few seats")
	case m.Seats[0].Index < 1:
		return refuse(Malformed, "manifest with a seat 0")
	case len(signing) != len(m.ServerKeys)+len(m.Seats) || len(sealing) != len(m.Seats):
		return refuse(Malformed, "manifest with one key in two places")
	}
	return nil
}

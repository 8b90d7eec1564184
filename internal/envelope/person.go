package envelope

import "github.com/wardline/wardline/internal/id"

// sharedDeviceLife is how long a certificate on a shared ward PC may last, whatever the policy.
const sharedDeviceLife = 12 * 60 * 60 * 1000

// PersonState is a verified person log: who the person is, with which keys, since when.
type PersonState struct {
	manifests *Manifests
	person    id.Person

	identity        [32]byte
	displayName     string
	role            string
	manifestVersion uint32 // of the last bind or reset
	entries         []personEntry
	byHash          map[id.Hash]int
	generations     map[uint32]GenerationKey
	lastGeneration  uint32
	devices         map[id.Device]*DeviceState
	identities      map[id.Hash]bool
}

// GenerationKey is one sealing key of a person. Identity is the hash of the identity that certified it.
type GenerationKey struct {
	Generation uint32
	Seal       SealKey
	Identity   id.Hash
	Issued     Time
}

// personEntry is what the log says at one entry, the entry included.
type personEntry struct {
	hash       id.Hash
	kind       Type
	issued     Time
	identity   id.Hash
	generation uint32 // the current one; 0 when there is none since the last bind or reset
	suspect    bool   // a device was lost or stolen, and no newer generation has followed
}

// VerifyPersonLog checks a person's whole log: section 5.1 of docs/protocol.md.
func VerifyPersonLog(manifests *Manifests, person id.Person, log ...*Signed) (*PersonState, error) {
	if len(log) == 0 {
		return nil, refuse(BrokenChain, "empty person log")
	}
	state := NewPersonState(manifests, person)
	for _, signed := range log {
		if err := state.Append(signed); err != nil {
			return nil, err
		}
	}
	return state, nil
}

// NewPersonState is the state before the first entry.
func NewPersonState(manifests *Manifests, person id.Person) *PersonState {
	return &PersonState{
		manifests: manifests, person: person,
		byHash: map[id.Hash]int{}, generations: map[uint32]GenerationKey{}, devices: map[id.Device]*DeviceState{},
		identities: map[id.Hash]bool{},
	}
}

// Append verifies the next entry and takes it in. After a refusal nothing has changed.
func (p *PersonState) Append(signed *Signed) error {
	kind, err := signed.Kind()
	if err != nil {
		return err
	}
	next, err := p.next(kind)
	if err != nil {
		return err
	}
	if next.hash, err = signed.Hash(); err != nil {
		return err
	}
	switch kind {
	case TypeBind:
		err = p.appendBind(signed, &next)
	case TypeGeneration:
		err = p.appendGeneration(signed, &next)
	case TypeDevice:
		err = p.appendDevice(signed, &next)
	case TypeRevoke:
		err = p.appendRevoke(signed, &next)
	case TypeReset:
		err = p.appendReset(signed, &next)
	default:
		err = refuse(Malformed, "not an entry of a person log")
	}
	if err != nil {
		return err
	}
	p.byHash[next.hash] = len(p.entries)
	p.entries = append(p.entries, next)
	return nil
}

// next is the entry to come, with what it inherits.
func (p *PersonState) next(kind Type) (personEntry, error) {
	if len(p.entries) == 0 {
		if kind != TypeBind {
			return personEntry{}, refuse(BrokenChain, "a person log begins with bind")
		}
		return personEntry{kind: kind}, nil
	}
	if kind == TypeBind {
		return personEntry{}, refuse(BrokenChain, "a second bind")
	}
	next := p.entries[len(p.entries)-1]
	next.kind = kind
	return next, nil
}

// follows checks the fields by which an entry names its place.
func (p *PersonState) follows(person id.Person, seq uint32, previous id.Hash) error {
	if person != p.person {
		return refuse(BrokenChain, "an entry of another person's log")
	}
	if int64(seq) != int64(len(p.entries))+1 || previous != p.Head() {
		return refuse(BrokenChain, "person log entry does not follow")
	}
	return nil
}

// manifestFor is the manifest that a bind or reset names. It may not be older than the one before it.
func (p *PersonState) manifestFor(hash id.Hash) (*Manifest, error) {
	manifest, ok := p.manifests.ByHash(hash)
	if !ok {
		return nil, refuse(BrokenChain, "unknown manifest")
	}
	if manifest.Version < p.manifestVersion {
		return nil, refuse(RolledBack, "an older manifest than before")
	}
	return manifest, nil
}

func (p *PersonState) appendBind(signed *Signed, next *personEntry) error {
	bind, err := Open[Bind](signed)
	if err != nil {
		return err
	}
	if err := p.follows(bind.Person, bind.Seq, bind.Previous); err != nil {
		return err
	}
	manifest, err := p.manifestFor(bind.Manifest)
	if err != nil {
		return err
	}
	err = signed.verify(
		need{kind: SignerBind, keys: [][32]byte{manifest.ServerKey(PurposeBind)}},
		needIdentity(p.person, bind.Identity),
	)
	if err != nil {
		return err
	}
	p.adopt(next, bind.Identity, bind.DisplayName, bind.Role, manifest.Version, bind.Issued)
	return nil
}

func (p *PersonState) appendReset(signed *Signed, next *personEntry) error {
	reset, err := Open[Reset](signed)
	if err != nil {
		return err
	}
	if err := p.follows(reset.Person, reset.Seq, reset.Previous); err != nil {
		return err
	}
	manifest, err := p.manifestFor(reset.Manifest)
	if err != nil {
		return err
	}
	if p.identities[IdentityHash(p.person, reset.Identity)] {
		return refuse(WrongIdentity, "a reset to an identity that the person had before")
	}
	err = signed.verify(
		need{kind: SignerBind, keys: [][32]byte{manifest.ServerKey(PurposeBind)}},
		need{kind: SignerSeat, seats: manifest.seatKeys(), least: int(manifest.Threshold)},
		needIdentity(p.person, reset.Identity),
	)
	if err != nil {
		return err
	}
	for _, device := range p.devices {
		if device.voidFrom == nil {
			device.voidFrom = &reset.Issued
		}
	}
	p.adopt(next, reset.Identity, reset.DisplayName, reset.Role, manifest.Version, reset.Issued)
	return nil
}

// adopt begins a new identity, with no generation and no device.
func (p *PersonState) adopt(next *personEntry, identity [32]byte, name, role string, manifest uint32, issued Time) {
	p.identity, p.displayName, p.role, p.manifestVersion = identity, name, role, manifest
	next.identity, next.generation, next.suspect, next.issued = IdentityHash(p.person, identity), 0, false, issued
	p.identities[next.identity] = true
}

func (p *PersonState) appendGeneration(signed *Signed, next *personEntry) error {
	generation, err := Open[Generation](signed)
	if err != nil {
		return err
	}
	if err := p.follows(generation.Person, generation.Seq, generation.Previous); err != nil {
		return err
	}
	if generation.Generation != p.lastGeneration+1 {
		return refuse(BrokenChain, "generations count by one")
	}
	if err := signed.verify(needIdentity(p.person, p.identity)); err != nil {
		return err
	}
	p.lastGeneration = generation.Generation
	p.generations[generation.Generation] = GenerationKey{
		Generation: generation.Generation, Seal: generation.Seal, Identity: next.identity, Issued: generation.Issued,
	}
	next.generation, next.suspect, next.issued = generation.Generation, false, generation.Issued
	return nil
}

func (p *PersonState) appendDevice(signed *Signed, next *personEntry) error {
	device, err := Open[Device](signed)
	if err != nil {
		return err
	}
	if err := p.follows(device.Person, device.Seq, device.Previous); err != nil {
		return err
	}
	if p.devices[device.Device] != nil {
		return refuse(BrokenChain, "a device id is used once")
	}
	if err := p.checkLife(device); err != nil {
		return err
	}
	if err := signed.verify(needIdentity(p.person, p.identity)); err != nil {
		return err
	}
	p.devices[device.Device] = &DeviceState{Device: *device, Identity: next.identity}
	next.issued = device.Issued
	return nil
}

func (p *PersonState) checkLife(device *Device) error {
	if device.Expires <= device.Issued {
		return refuse(NotEntitled, "a device that expires before it is issued")
	}
	life, longest := uint64(device.Expires-device.Issued), p.manifests.maxDeviceLife()
	if device.Kind == DeviceShared && life > sharedDeviceLife || longest > 0 && life > longest {
		return refuse(NotEntitled, "a device that lives longer than it may")
	}
	return nil
}

func (p *PersonState) appendRevoke(signed *Signed, next *personEntry) error {
	revoke, err := Open[Revoke](signed)
	if err != nil {
		return err
	}
	if err := p.follows(revoke.Person, revoke.Seq, revoke.Previous); err != nil {
		return err
	}
	device := p.devices[revoke.Device]
	if device == nil || device.revoked != nil {
		return refuse(NotEntitled, "no such device to revoke")
	}
	wanted, err := p.revoker(signed, revoke)
	if err != nil {
		return err
	}
	if err := signed.verify(wanted); err != nil {
		return err
	}
	device.revoked = revoke
	next.issued = revoke.Issued
	if revoke.Reason == RevokeLost || revoke.Reason == RevokeStolen {
		next.suspect = true
	}
	return nil
}

// revoker is whose signature a revocation needs, by what it says of itself.
func (p *PersonState) revoker(signed *Signed, revoke *Revoke) (need, error) {
	switch revoke.By {
	case RevokeByServer:
		return p.manifests.needServer(PurposeRemove), nil
	case RevokeByIdentity:
		return needIdentity(p.person, p.identity), nil
	}
	if len(signed.Signatures) == 0 {
		return need{}, refuse(BadSignature, "not signed")
	}
	by := p.devices[signed.Signatures[0].Signer]
	if by == nil || by.ID() == revoke.Device {
		return need{}, refuse(NotEntitled, "another device of the person must sign")
	}
	if err := by.liveAt(revoke.Issued); err != nil {
		return need{}, err
	}
	return needDevice(by.ID(), by.Key), nil
}

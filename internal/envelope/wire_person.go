package envelope

import "github.com/wardline/wardline/internal/id"

// DeviceKind is how far a device is the person's own.
type DeviceKind uint8

// The device kinds: the person's own, one the trust manages, a shared ward PC.
const (
	DeviceOwn    DeviceKind = 1
	DeviceTrust  DeviceKind = 2
	DeviceShared DeviceKind = 3
)

var deviceKinds = labels{"own", "trust", "shared"}

// String is the word of the layout.
func (k DeviceKind) String() string { return deviceKinds.word(uint8(k)) }

// RevokeReason is why a device ended.
type RevokeReason uint8

// The reasons.
const (
	RevokeSignedOut RevokeReason = 1
	RevokeReplaced  RevokeReason = 2
	RevokeLost      RevokeReason = 3
	RevokeStolen    RevokeReason = 4
	RevokeLeaver    RevokeReason = 5
	RevokeOther     RevokeReason = 6
)

var revokeReasons = labels{"signed-out", "replaced", "lost", "stolen", "leaver", "other"}

// String is the word of the layout.
func (r RevokeReason) String() string { return revokeReasons.word(uint8(r)) }

// RevokeBy is who ended a device.
type RevokeBy uint8

// The ways to end a device.
const (
	RevokeByIdentity RevokeBy = 1
	RevokeByDevice   RevokeBy = 2
	RevokeByServer   RevokeBy = 3
)

var revokeBys = labels{"identity", "device", "server"}

// String is the word of the layout.
func (b RevokeBy) String() string { return revokeBys.word(uint8(b)) }

// ResetReason is why a person starts again with a new identity.
type ResetReason uint8

// The reasons.
const (
	ResetForgotten   ResetReason = 1
	ResetLost        ResetReason = 2
	ResetCompromised ResetReason = 3
	ResetOther       ResetReason = 4
)

var resetReasons = labels{"forgotten", "lost", "compromised", "other"}

// String is the word of the layout.
func (r ResetReason) String() string { return resetReasons.word(uint8(r)) }

// IdentityKey is hashed to give a person's identity hash, the value that threads pin.
type IdentityKey struct {
	Person id.Person
	Key    [32]byte
}

// Type implements [Object].
func (*IdentityKey) Type() Type { return TypeIdentityKey }

func (k *IdentityKey) fields(c codec) {
	c.fixed("person", k.Person[:])
	c.fixed("key", k.Key[:])
}

// Bind is the first entry of a person log. Identity is the public key itself.
type Bind struct {
	Person      id.Person
	Seq         uint32
	Previous    id.Hash
	Identity    [32]byte
	DisplayName string
	Role        string
	Manifest    id.Hash
	Issued      Time
}

// Type implements [Object].
func (*Bind) Type() Type { return TypeBind }

func (b *Bind) fields(c codec) {
	c.fixed("person", b.Person[:])
	c.u32("seq", &b.Seq)
	c.fixed("previous", b.Previous[:])
	c.fixed("identity", b.Identity[:])
	c.text("displayName", 200, &b.DisplayName)
	c.text("role", 200, &b.Role)
	c.fixed("manifest", b.Manifest[:])
	c.time("issued", &b.Issued)
}

// Generation is a new sealing key of a person.
type Generation struct {
	Person     id.Person
	Seq        uint32
	Previous   id.Hash
	Generation uint32
	Seal       SealKey
	Issued     Time
}

// Type implements [Object].
func (*Generation) Type() Type { return TypeGeneration }

func (g *Generation) fields(c codec) {
	c.fixed("person", g.Person[:])
	c.u32("seq", &g.Seq)
	c.fixed("previous", g.Previous[:])
	c.u32("generation", &g.Generation)
	c.fixed("seal", g.Seal[:])
	c.time("issued", &g.Issued)
}

// Device certifies a device's signing key. DPoP is the RFC 7638 thumbprint of its session key.
type Device struct {
	Person   id.Person
	Seq      uint32
	Previous id.Hash
	Device   id.Device
	Key      [32]byte
	DPoP     [32]byte
	Kind     DeviceKind
	Issued   Time
	Expires  Time
}

// Type implements [Object].
func (*Device) Type() Type { return TypeDevice }

func (d *Device) fields(c codec) {
	c.fixed("person", d.Person[:])
	c.u32("seq", &d.Seq)
	c.fixed("previous", d.Previous[:])
	c.fixed("device", d.Device[:])
	c.fixed("key", d.Key[:])
	c.fixed("dpop", d.DPoP[:])
	c.enum("kind", deviceKinds, (*uint8)(&d.Kind))
	c.time("issued", &d.Issued)
	c.time("expires", &d.Expires)
}

// LastAccepted is the last thing that a revoked device had accepted in one thread.
type LastAccepted struct {
	Thread    id.Thread
	DeviceSeq uint64
	Entry     id.Hash
}

func (l *LastAccepted) fields(c codec) {
	c.fixed("thread", l.Thread[:])
	c.u64("deviceSeq", &l.DeviceSeq)
	c.fixed("entry", l.Entry[:])
}

// Revoke ends a device.
type Revoke struct {
	Person       id.Person
	Seq          uint32
	Previous     id.Hash
	Device       id.Device
	Reason       RevokeReason
	By           RevokeBy
	Issued       Time
	LastAccepted []LastAccepted
}

// Type implements [Object].
func (*Revoke) Type() Type { return TypeRevoke }

func (r *Revoke) fields(c codec) {
	c.fixed("person", r.Person[:])
	c.u32("seq", &r.Seq)
	c.fixed("previous", r.Previous[:])
	c.fixed("device", r.Device[:])
	c.enum("reason", revokeReasons, (*uint8)(&r.Reason))
	c.enum("by", revokeBys, (*uint8)(&r.By))
	c.time("issued", &r.Issued)
	list(c, "lastAccepted", 4096, []string{"thread"}, &r.LastAccepted)
}

// Reset gives a person a new identity and voids every earlier key. Identity is the public key itself.
type Reset struct {
	Person      id.Person
	Seq         uint32
	Previous    id.Hash
	Identity    [32]byte
	DisplayName string
	Role        string
	Reason      ResetReason
	Manifest    id.Hash
	Issued      Time
}

// Type implements [Object].
func (*Reset) Type() Type { return TypeReset }

func (r *Reset) fields(c codec) {
	c.fixed("person", r.Person[:])
	c.u32("seq", &r.Seq)
	c.fixed("previous", r.Previous[:])
	c.fixed("identity", r.Identity[:])
	c.text("displayName", 200, &r.DisplayName)
	c.text("role", 200, &r.Role)
	c.enum("reason", resetReasons, (*uint8)(&r.Reason))
	c.fixed("manifest", r.Manifest[:])
	c.time("issued", &r.Issued)
}

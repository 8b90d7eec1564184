package envelope

import "github.com/wardline/wardline/internal/id"

// SealKey is an X-Wing public key.
type SealKey [1216]byte

// Purpose is what a server key may sign; a signature of another purpose is invalid.
type Purpose uint8

// The purposes.
const (
	PurposeBind   Purpose = 1
	PurposeRemove Purpose = 2
	PurposeAssert Purpose = 3
	PurposeAudit  Purpose = 4
)

var purposes = labels{"bind", "remove", "assert", "audit"}

// String is the word of the layout.
func (p Purpose) String() string { return purposes.word(uint8(p)) }

// ServerKey is one key of the server in a manifest.
type ServerKey struct {
	Purpose Purpose
	Key     [32]byte
}

func (k *ServerKey) fields(c codec) {
	c.enum("purpose", purposes, (*uint8)(&k.Purpose))
	c.fixed("key", k.Key[:])
}

// Seat is one disclosure officer's pair of keys in a manifest.
type Seat struct {
	Index uint8
	Name  string
	Sign  [32]byte
	Seal  SealKey
}

func (s *Seat) fields(c codec) {
	c.u8("index", &s.Index)
	c.text("name", 100, &s.Name)
	c.fixed("sign", s.Sign[:])
	c.fixed("seal", s.Seal[:])
}

// RootManifest is one version of who may certify and who may open by order.
type RootManifest struct {
	Organisation string
	Version      uint32
	Previous     id.Hash
	Issued       Time
	ServerKeys   []ServerKey
	Seats        []Seat
	Threshold    uint8
	MinSuite     uint8
	MinClient    uint32
	Policy       id.Hash
}

// Type implements [Object].
func (*RootManifest) Type() Type { return TypeRootManifest }

func (m *RootManifest) fields(c codec) {
	c.text("organisation", 200, &m.Organisation)
	c.u32("version", &m.Version)
	c.fixed("previous", m.Previous[:])
	c.time("issued", &m.Issued)
	list(c, "serverKeys", 4, []string{"purpose"}, &m.ServerKeys)
	list(c, "seats", 32, []string{"index"}, &m.Seats)
	c.u8("threshold", &m.Threshold)
	c.u8("minSuite", &m.MinSuite)
	c.u32("minClient", &m.MinClient)
	c.fixed("policy", m.Policy[:])
}

// Policy are the organisation's settings that clients enforce. Its hash is in the manifest.
type Policy struct {
	ArgonMemoryKiB      uint32
	ArgonPasses         uint32
	RotateAfterMillis   uint64
	RotateAfterMessages uint32
	DeviceLifeMillis    uint64
	IdleLockMillis      uint64
	GraceMillis         uint64
	ShredHorizonMillis  uint64
}

// Type implements [Object].
func (*Policy) Type() Type { return TypePolicy }

func (p *Policy) fields(c codec) {
	c.u32("argonMemoryKiB", &p.ArgonMemoryKiB)
	c.u32("argonPasses", &p.ArgonPasses)
	c.u64("rotateAfterMillis", &p.RotateAfterMillis)
	c.u32("rotateAfterMessages", &p.RotateAfterMessages)
	c.u64("deviceLifeMillis", &p.DeviceLifeMillis)
	c.u64("idleLockMillis", &p.IdleLockMillis)
	c.u64("graceMillis", &p.GraceMillis)
	c.u64("shredHorizonMillis", &p.ShredHorizonMillis)
}

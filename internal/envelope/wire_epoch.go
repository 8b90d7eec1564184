package envelope

import "github.com/wardline/wardline/internal/id"

// EnvelopePurpose is for whom an envelope is.
type EnvelopePurpose uint8

// The purposes: a member's part of a record, an officer's share, an earlier epoch for somebody added with history.
const (
	EnvelopeMember EnvelopePurpose = 1
	EnvelopeSeat   EnvelopePurpose = 2
	EnvelopeGrant  EnvelopePurpose = 3
)

var envelopePurposes = labels{"member", "seat", "grant"}

// String is the word of the layout.
func (p EnvelopePurpose) String() string { return envelopePurposes.word(uint8(p)) }

// Recipient is a person id, or 15 zero bytes and a seat index.
type Recipient [16]byte

// PersonRecipient is the recipient that a person is.
func PersonRecipient(person id.Person) Recipient { return Recipient(person) }

// SeatRecipient is the recipient that a seat is.
func SeatRecipient(seat uint8) Recipient { return Recipient{15: seat} }

// EpochMember is one person to whom an epoch is sealed. Identity is the identity hash.
type EpochMember struct {
	Person     id.Person
	Identity   id.Hash
	LogHead    id.Hash
	Generation uint32
}

func (m *EpochMember) fields(c codec) {
	c.fixed("person", m.Person[:])
	c.fixed("identity", m.Identity[:])
	c.fixed("logHead", m.LogHead[:])
	c.u32("generation", &m.Generation)
}

// ShareCommit is the commitment to one seat's share.
type ShareCommit struct {
	Seat   uint8
	Commit id.Hash
}

func (s *ShareCommit) fields(c codec) {
	c.u8("seat", &s.Seat)
	c.fixed("commit", s.Commit[:])
}

// EpochCore says for whom an epoch is and commits to its secret, its shares and its sealed state.
type EpochCore struct {
	Thread         id.Thread
	Epoch          uint32
	Previous       id.Hash
	MembershipSeq  uint32
	MembershipHead id.Hash
	Manifest       id.Hash
	Members        []EpochMember
	SecretCommit   id.Hash
	Shares         []ShareCommit
	State          id.Hash
	Person         id.Person
	Device         id.Device
	Issued         Time
}

// Type implements [Object].
func (*EpochCore) Type() Type { return TypeEpochCore }

func (e *EpochCore) fields(c codec) {
	c.fixed("thread", e.Thread[:])
	c.u32("epoch", &e.Epoch)
	c.fixed("previous", e.Previous[:])
	c.u32("membershipSeq", &e.MembershipSeq)
	c.fixed("membershipHead", e.MembershipHead[:])
	c.fixed("manifest", e.Manifest[:])
	list(c, "members", 4096, []string{"person"}, &e.Members)
	c.fixed("secretCommit", e.SecretCommit[:])
	list(c, "shares", 32, []string{"seat"}, &e.Shares)
	c.fixed("state", e.State[:])
	c.fixed("person", e.Person[:])
	c.fixed("device", e.Device[:])
	c.time("issued", &e.Issued)
}

// EpochRecord is a core with the root over its envelopes; an author's device signs it.
type EpochRecord struct {
	Core         []byte
	EnvelopeRoot id.Hash
}

// Type implements [Object].
func (*EpochRecord) Type() Type { return TypeEpochRecord }

func (e *EpochRecord) fields(c codec) {
	c.bytes("core", 262144, &e.Core)
	c.fixed("envelopeRoot", e.EnvelopeRoot[:])
}

// EpochSecret is hashed to commit to an epoch's random bytes.
type EpochSecret struct {
	Thread id.Thread
	Epoch  uint32
	Secret [32]byte
}

// Type implements [Object].
func (*EpochSecret) Type() Type { return TypeEpochSecret }

func (e *EpochSecret) fields(c codec) {
	c.fixed("thread", e.Thread[:])
	c.u32("epoch", &e.Epoch)
	c.fixed("secret", e.Secret[:])
}

// SeatShare is hashed to commit to one seat's share.
type SeatShare struct {
	Thread id.Thread
	Epoch  uint32
	Seat   uint8
	Share  [32]byte
}

// Type implements [Object].
func (*SeatShare) Type() Type { return TypeSeatShare }

func (s *SeatShare) fields(c codec) {
	c.fixed("thread", s.Thread[:])
	c.u32("epoch", &s.Epoch)
	c.u8("seat", &s.Seat)
	c.fixed("share", s.Share[:])
}

// EnvelopeContext is the HPKE info of an envelope. Core is the hash of the epoch core.
type EnvelopeContext struct {
	Core      id.Hash
	Purpose   EnvelopePurpose
	Recipient Recipient
}

// Type implements [Object].
func (*EnvelopeContext) Type() Type { return TypeEnvelopeContext }

func (e *EnvelopeContext) fields(c codec) {
	c.fixed("core", e.Core[:])
	c.enum("purpose", envelopePurposes, (*uint8)(&e.Purpose))
	c.fixed("recipient", e.Recipient[:])
}

// Envelope is 32 bytes sealed to one recipient.
type Envelope struct {
	Purpose   EnvelopePurpose
	Recipient Recipient
	Sealed    [1168]byte
}

// Type implements [Object].
func (*Envelope) Type() Type { return TypeEnvelope }

func (e *Envelope) fields(c codec) {
	c.enum("purpose", envelopePurposes, (*uint8)(&e.Purpose))
	c.fixed("recipient", e.Recipient[:])
	c.fixed("sealed", e.Sealed[:])
}

// EnvelopeLeaf is one leaf of the tree under a record's envelope root. Envelope is the envelope's hash.
type EnvelopeLeaf struct {
	Purpose   EnvelopePurpose
	Recipient Recipient
	Envelope  id.Hash
}

// Type implements [Object].
func (*EnvelopeLeaf) Type() Type { return TypeEnvelopeLeaf }

func (e *EnvelopeLeaf) fields(c codec) {
	c.enum("purpose", envelopePurposes, (*uint8)(&e.Purpose))
	c.fixed("recipient", e.Recipient[:])
	c.fixed("envelope", e.Envelope[:])
}

// PathNode is one sibling on the way from a leaf to the root.
type PathNode struct {
	Hash id.Hash
}

func (p *PathNode) fields(c codec) { c.fixed("hash", p.Hash[:]) }

// EnvelopeProof shows that an envelope is under a record's envelope root.
type EnvelopeProof struct {
	Index uint16
	Count uint16
	Path  []PathNode
}

// Type implements [Object].
func (*EnvelopeProof) Type() Type { return TypeEnvelopeProof }

func (e *EnvelopeProof) fields(c codec) {
	c.u16("index", &e.Index)
	c.u16("count", &e.Count)
	seq(c, "path", 16, &e.Path)
}

// StateAssertion is the signed patient assertion inside a thread's state.
type StateAssertion struct {
	Assertion []byte
}

func (s *StateAssertion) fields(c codec) { c.bytes("assertion", 8192, &s.Assertion) }

// ThreadState is what members know of a thread and the server does not.
type ThreadState struct {
	Name      string
	Assertion *StateAssertion
}

// Type implements [Object].
func (*ThreadState) Type() Type { return TypeThreadState }

func (t *ThreadState) fields(c codec) {
	c.text("name", 200, &t.Name)
	optional(c, "assertion", &t.Assertion)
}

// SealedState is a thread's state sealed under one epoch.
type SealedState struct {
	Thread     id.Thread
	Epoch      uint32
	Ciphertext []byte
}

// Type implements [Object].
func (*SealedState) Type() Type { return TypeSealedState }

func (s *SealedState) fields(c codec) {
	c.fixed("thread", s.Thread[:])
	c.u32("epoch", &s.Epoch)
	c.bytes("ciphertext", 16384, &s.Ciphertext)
}

// GrantRecord names one earlier epoch in a grant.
type GrantRecord struct {
	Epoch  uint32
	Record id.Hash
}

func (g *GrantRecord) fields(c codec) {
	c.u32("epoch", &g.Epoch)
	c.fixed("record", g.Record[:])
}

// HistoryGrant gives earlier epochs to somebody who was added with history.
type HistoryGrant struct {
	Thread        id.Thread
	Target        id.Person
	Identity      id.Hash
	Generation    uint32
	MembershipSeq uint32
	Person        id.Person
	Device        id.Device
	Issued        Time
	Records       []GrantRecord
	Envelopes     id.Hash
}

// Type implements [Object].
func (*HistoryGrant) Type() Type { return TypeHistoryGrant }

func (h *HistoryGrant) fields(c codec) {
	c.fixed("thread", h.Thread[:])
	c.fixed("target", h.Target[:])
	c.fixed("identity", h.Identity[:])
	c.u32("generation", &h.Generation)
	c.u32("membershipSeq", &h.MembershipSeq)
	c.fixed("person", h.Person[:])
	c.fixed("device", h.Device[:])
	c.time("issued", &h.Issued)
	list(c, "records", 4096, []string{"epoch"}, &h.Records)
	c.fixed("envelopes", h.Envelopes[:])
}

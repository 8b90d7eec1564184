package envelope

import "github.com/wardline/wardline/internal/id"

// Urgency is how soon a message needs somebody.
type Urgency uint8

// The urgencies.
const (
	UrgencyRoutine   Urgency = 1
	UrgencyAction    Urgency = 2
	UrgencyUrgent    Urgency = 3
	UrgencyEmergency Urgency = 4
)

var urgencies = labels{"routine", "action", "urgent", "emergency"}

// String is the word of the layout.
func (u Urgency) String() string { return urgencies.word(uint8(u)) }

// MessageKind is what a message does.
type MessageKind uint8

// The kinds.
const (
	KindText        MessageKind = 1
	KindDecision    MessageKind = 2
	KindEdit        MessageKind = 3
	KindRetract     MessageKind = 4
	KindAcknowledge MessageKind = 5
	KindAccept      MessageKind = 6
	KindDecline     MessageKind = 7
	KindDone        MessageKind = 8
	KindReaction    MessageKind = 9
	KindSweep       MessageKind = 10
	KindQuarantine  MessageKind = 11
	KindNotice      MessageKind = 12
	KindConfirm     MessageKind = 13
	KindWithdraw    MessageKind = 14
	KindCountersign MessageKind = 15
)

var messageKinds = labels{
	"text", "decision", "edit", "retract", "acknowledge", "accept", "decline", "done", "reaction", "sweep", "quarantine", "notice",
	"confirm", "withdraw", "countersign",
}

// String is the word of the layout.
func (k MessageKind) String() string { return messageKinds.word(uint8(k)) }

// Header is what the server may know of a message. Previous is the device's previous message in the thread.
type Header struct {
	Thread       id.Thread
	Epoch        uint32
	Record       id.Hash
	Person       id.Person
	Device       id.Device
	DeviceSeq    uint64
	Previous     id.Hash
	SeenSeq      uint64
	SeenHash     id.Hash
	Message      id.Message
	Time         Time
	Retention    uint8
	Urgency      Urgency
	DueAt        Time
	RequiredRole id.Role
	ShredCommit  id.Hash
	Kind         MessageKind
}

// Type implements [Object].
func (*Header) Type() Type { return TypeHeader }

func (h *Header) fields(c codec) {
	c.fixed("thread", h.Thread[:])
	c.u32("epoch", &h.Epoch)
	c.fixed("record", h.Record[:])
	c.fixed("person", h.Person[:])
	c.fixed("device", h.Device[:])
	c.u64("deviceSeq", &h.DeviceSeq)
	c.fixed("previous", h.Previous[:])
	c.u64("seenSeq", &h.SeenSeq)
	c.fixed("seenHash", h.SeenHash[:])
	c.fixed("message", h.Message[:])
	c.time("time", &h.Time)
	c.u8("retention", &h.Retention)
	c.enum("urgency", urgencies, (*uint8)(&h.Urgency))
	c.time("dueAt", &h.DueAt)
	c.fixed("requiredRole", h.RequiredRole[:])
	c.fixed("shredCommit", h.ShredCommit[:])
	c.enum("kind", messageKinds, (*uint8)(&h.Kind))
}

// Message is one sealed message. Header is a header object as bytes.
type Message struct {
	Header     []byte
	Commitment [32]byte
	Ciphertext []byte
	Signature  [64]byte
}

// Type implements [Object].
func (*Message) Type() Type { return TypeMessage }

func (m *Message) fields(c codec) {
	c.bytes("header", 1024, &m.Header)
	c.fixed("commitment", m.Commitment[:])
	c.bytes("ciphertext", 65552, &m.Ciphertext)
	c.fixed("signature", m.Signature[:])
}

// MessageDigest is what a message's signature covers; its hash is the message's entry hash.
type MessageDigest struct {
	Header     []byte
	Commitment [32]byte
	Ciphertext id.Hash
}

// Type implements [Object].
func (*MessageDigest) Type() Type { return TypeMessageDigest }

func (m *MessageDigest) fields(c codec) {
	c.bytes("header", 1024, &m.Header)
	c.fixed("commitment", m.Commitment[:])
	c.fixed("ciphertext", m.Ciphertext[:])
}

// MessageBinding is hashed to salt a message's key, which ties the key to the commitment.
type MessageBinding struct {
	Header     []byte
	Commitment [32]byte
}

// Type implements [Object].
func (*MessageBinding) Type() Type { return TypeMessageBinding }

func (m *MessageBinding) fields(c codec) {
	c.bytes("header", 1024, &m.Header)
	c.fixed("commitment", m.Commitment[:])
}

// ShredHalf is hashed to commit to the half whose destruction destroys the message.
type ShredHalf struct {
	Thread  id.Thread
	Message id.Message
	Half    [32]byte
}

// Type implements [Object].
func (*ShredHalf) Type() Type { return TypeShredHalf }

func (s *ShredHalf) fields(c codec) {
	c.fixed("thread", s.Thread[:])
	c.fixed("message", s.Message[:])
	c.fixed("half", s.Half[:])
}

// Report proves to a reviewer what a message said.
type Report struct {
	Message []byte
	KF      [32]byte
	Inner   []byte
}

// Type implements [Object].
func (*Report) Type() Type { return TypeReport }

func (r *Report) fields(c codec) {
	c.bytes("message", 131072, &r.Message)
	c.fixed("kf", r.KF[:])
	c.bytes("inner", 65536, &r.Inner)
}

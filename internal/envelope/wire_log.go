package envelope

import "github.com/wardline/wardline/internal/id"

// EntryKind is what a log entry's body is.
type EntryKind uint8

// The kinds.
const (
	EntryCreate     EntryKind = 1
	EntryMembership EntryKind = 2
	EntryEpoch      EntryKind = 3
	EntryMessage    EntryKind = 4
	EntryTombstone  EntryKind = 5
)

var entryKinds = labels{"create", "membership", "epoch", "message", "tombstone"}

// String is the word of the layout.
func (k EntryKind) String() string { return entryKinds.word(uint8(k)) }

// DestroyReason is why a message was destroyed.
type DestroyReason uint8

// The reasons.
const (
	DestroyFiled        DestroyReason = 1
	DestroyRetention    DestroyReason = 2
	DestroyWrongPatient DestroyReason = 3
	DestroyOther        DestroyReason = 4
)

var destroyReasons = labels{"filed", "retention", "wrong-patient", "other"}

// String is the word of the layout.
func (r DestroyReason) String() string { return destroyReasons.word(uint8(r)) }

// LogLink is hashed to chain a thread's log.
type LogLink struct {
	Thread   id.Thread
	Seq      uint64
	Previous id.Hash
	Entry    id.Hash
}

// Type implements [Object].
func (*LogLink) Type() Type { return TypeLogLink }

func (l *LogLink) fields(c codec) {
	c.fixed("thread", l.Thread[:])
	c.u64("seq", &l.Seq)
	c.fixed("previous", l.Previous[:])
	c.fixed("entry", l.Entry[:])
}

// LogHalf is the shred half that travels with a message.
type LogHalf struct {
	Half [32]byte
}

func (h *LogHalf) fields(c codec) { c.fixed("half", h.Half[:]) }

// LogEntry is one entry of a thread's log as it is served. At is the server's clock.
type LogEntry struct {
	Thread  id.Thread
	Seq     uint64
	Kind    EntryKind
	At      Time
	LogHash id.Hash
	Body    []byte
	Half    *LogHalf
}

// Type implements [Object].
func (*LogEntry) Type() Type { return TypeLogEntry }

func (l *LogEntry) fields(c codec) {
	c.fixed("thread", l.Thread[:])
	c.u64("seq", &l.Seq)
	c.enum("kind", entryKinds, (*uint8)(&l.Kind))
	c.time("at", &l.At)
	c.fixed("logHash", l.LogHash[:])
	c.bytes("body", 262144, &l.Body)
	optional(c, "half", &l.Half)
}

// Tombstone stands where a destroyed message stood, with the same entry hash.
type Tombstone struct {
	Thread       id.Thread
	Entry        id.Hash
	Message      id.Message
	Person       id.Person
	Device       id.Device
	DeviceSeq    uint64
	Time         Time
	Kind         uint8
	Destroyed    Time
	Reason       DestroyReason
	Filing       id.Filing
	DocumentHash id.Hash
	Reference    string
}

// Type implements [Object].
func (*Tombstone) Type() Type { return TypeTombstone }

func (t *Tombstone) fields(c codec) {
	c.fixed("thread", t.Thread[:])
	c.fixed("entry", t.Entry[:])
	c.fixed("message", t.Message[:])
	c.fixed("person", t.Person[:])
	c.fixed("device", t.Device[:])
	c.u64("deviceSeq", &t.DeviceSeq)
	c.time("time", &t.Time)
	c.u8("kind", &t.Kind)
	c.time("destroyed", &t.Destroyed)
	c.enum("reason", destroyReasons, (*uint8)(&t.Reason))
	c.fixed("filing", t.Filing[:])
	c.fixed("documentHash", t.DocumentHash[:])
	c.text("reference", 64, &t.Reference)
}

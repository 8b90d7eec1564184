package envelope

import "github.com/wardline/wardline/internal/id"

// ThreadLog is the verified chain of a thread's log: section 6.2 of docs/protocol.md. It checks that entries follow one another, that
// each device's messages do, and that what messages say they had seen is what is here. What the entries mean is checked by
// [Membership], [VerifyEpoch] and [VerifyMessage].
type ThreadLog struct {
	thread    id.Thread
	hashes    []id.Hash // the log hash after every entry
	positions map[id.Hash]uint64
	devices   map[id.Device]DeviceHead
	// membershipSeq and membershipHead name the newest membership entry; record is the newest epoch record, and moved says that a membership
	// entry has come after it.
	membershipSeq  uint32
	membershipHead id.Hash
	record         id.Hash
	moved          bool
}

var _ Order = (*ThreadLog)(nil)

// DeviceHead is the newest message of a device in a thread.
type DeviceHead struct {
	Seq   uint64
	Entry id.Hash
}

// NewThreadLog is the empty log of a thread.
func NewThreadLog(thread id.Thread) *ThreadLog {
	return &ThreadLog{
		thread: thread, positions: map[id.Hash]uint64{}, devices: map[id.Device]DeviceHead{}, membershipHead: id.Hash(thread),
	}
}

// Append checks the next entry and gives its entry hash. After a refusal nothing has changed.
func (l *ThreadLog) Append(next *LogEntry) (id.Hash, error) {
	if next.Thread != l.thread || next.Seq != l.Seq()+1 {
		return id.Hash{}, refuse(BrokenChain, "log entry does not follow")
	}
	if (next.Kind == EntryCreate) != (next.Seq == 1) {
		return id.Hash{}, refuse(BrokenChain, "a log begins with the creating entry, and has one")
	}
	body, err := next.readBody()
	if err != nil {
		return id.Hash{}, err
	}
	if next.Half != nil && next.Kind != EntryMessage {
		return id.Hash{}, refuse(Malformed, "a half beside something that is no message")
	}
	if next.Kind == EntryCreate && id.Thread(body.entry) != l.thread {
		return id.Hash{}, refuse(BrokenChain, "the creating entry of another thread")
	}
	if _, twice := l.positions[body.entry]; twice {
		return id.Hash{}, refuse(BrokenChain, "an entry for the second time")
	}
	if LogHash(l.thread, next.Seq, l.Hash(), body.entry) != next.LogHash {
		return id.Hash{}, refuse(BrokenChain, "log hash does not follow")
	}
	if err := l.checkDevice(body); err != nil {
		return id.Hash{}, err
	}
	if err := l.checkSeen(body.header, next.Seq); err != nil {
		return id.Hash{}, err
	}
	if err := l.checkFresh(body); err != nil {
		return id.Hash{}, err
	}
	switch next.Kind {
	case EntryMembership:
		l.membershipSeq, l.membershipHead, l.moved = l.membershipSeq+1, body.entry, true
	case EntryEpoch:
		l.record, l.moved = body.entry, false
	}
	if body.deviceSeq > 0 {
		l.devices[body.device] = DeviceHead{Seq: body.deviceSeq, Entry: body.entry}
	}
	l.hashes = append(l.hashes, next.LogHash)
	l.positions[body.entry] = next.Seq
	return body.entry, nil
}

// LogHash is the log hash of the entry at seq, from the one before it.
func LogHash(thread id.Thread, seq uint64, previous, entry id.Hash) id.Hash {
	link := &LogLink{Thread: thread, Seq: seq, Previous: previous, Entry: entry}
	encoded, err := Encode(link)
	if err != nil { // a seq that no log reaches; the hash of nothing matches no entry
		return id.Hash{}
	}
	return HashLabel(TypeLogLink.Name(), encoded)
}

// Seq is the number of entries.
func (l *ThreadLog) Seq() uint64 { return uint64(len(l.hashes)) }

// Hash is the log hash of the last entry, zero before the first.
func (l *ThreadLog) Hash() id.Hash { return l.hashAt(l.Seq()) }

// Position implements [Order].
func (l *ThreadLog) Position(entry id.Hash) (uint64, bool) {
	seq, ok := l.positions[entry]
	return seq, ok
}

// Device is the newest message of a device here; the next one has the following seq and this entry as its previous.
func (l *ThreadLog) Device(device id.Device) DeviceHead { return l.devices[device] }

func (l *ThreadLog) hashAt(seq uint64) id.Hash {
	if seq == 0 {
		return id.Hash{}
	}
	return l.hashes[seq-1]
}

// logBody is what the chain needs to know of an entry.
type logBody struct {
	entry     id.Hash
	device    id.Device
	deviceSeq uint64
	header    *Header    // of a message, nil otherwise
	core      *EpochCore // of an epoch record, nil otherwise
}

func (e *LogEntry) readBody() (logBody, error) {
	switch e.Kind {
	case EntryMessage:
		message, err := Parse[Message](e.Body)
		if err != nil {
			return logBody{}, err
		}
		header, err := Parse[Header](message.Header)
		if err != nil {
			return logBody{}, err
		}
		if header.Thread != e.Thread {
			return logBody{}, refuse(BrokenChain, "a message of another thread")
		}
		digest, err := message.digest()
		if err != nil {
			return logBody{}, err
		}
		return logBody{
			entry: HashLabel(TypeMessageDigest.Name(), digest), device: header.Device, deviceSeq: header.DeviceSeq, header: header,
		}, nil
	case EntryTombstone:
		tombstone, err := Parse[Tombstone](e.Body)
		if err != nil {
			return logBody{}, err
		}
		if tombstone.Thread != e.Thread {
			return logBody{}, refuse(BrokenChain, "a tombstone of another thread")
		}
		return logBody{entry: tombstone.Entry, device: tombstone.Device, deviceSeq: tombstone.DeviceSeq}, nil
	}
	signed, err := Parse[Signed](e.Body)
	if err != nil {
		return logBody{}, err
	}
	kind, err := signed.Kind()
	if err != nil {
		return logBody{}, err
	}
	if !e.Kind.holds(kind) {
		return logBody{}, refuse(Malformed, "a "+kind.Name()+" in an entry of another kind")
	}
	body := logBody{}
	if body.entry, err = signed.Hash(); err != nil {
		return logBody{}, err
	}
	if kind == TypeEpochRecord {
		body.core, err = readCore(signed)
	}
	return body, err
}

func readCore(signed *Signed) (*EpochCore, error) {
	record, err := Open[EpochRecord](signed)
	if err != nil {
		return nil, err
	}
	return Parse[EpochCore](record.Core)
}

// EntryHash is the entry hash that a body of this kind gives, for those who check a stored log without being a member. A tombstone gives the hash of what it
// replaced.
func EntryHash(kind EntryKind, thread id.Thread, body []byte) (id.Hash, error) {
	read, err := (&LogEntry{Thread: thread, Kind: kind, Body: body}).readBody()
	return read.entry, err
}

// holds says whether a log entry of this kind may carry an object of a type.
func (k EntryKind) holds(kind Type) bool {
	switch kind {
	case TypeCreate:
		return k == EntryCreate
	case TypeAdd, TypeRemove, TypeRekey, TypeMemberRole, TypeLink, TypeRename:
		return k == EntryMembership
	case TypeEpochRecord:
		return k == EntryEpoch
	}
	return false
}

// checkDevice: a device's messages count up by one and name each other. A tombstone no longer says what it followed.
func (l *ThreadLog) checkDevice(body logBody) error {
	if body.deviceSeq == 0 && body.header == nil {
		return nil
	}
	before := l.devices[body.device]
	if body.deviceSeq != before.Seq+1 || body.header != nil && body.header.Previous != before.Entry {
		return refuse(BrokenChain, "the device's messages do not follow one another")
	}
	return nil
}

// checkSeen: an author who saw another history than this one, or entries that are not here, shows that somebody is being shown another
// thread.
func (l *ThreadLog) checkSeen(header *Header, seq uint64) error {
	switch {
	case header == nil:
		return nil
	case header.SeenSeq >= seq:
		return refuse(RolledBack, "the author had seen entries that are not here")
	case header.SeenHash != l.hashAt(header.SeenSeq):
		return refuse(BrokenChain, "the author had seen another history")
	}
	return nil
}

// checkFresh: a record is made for the newest membership, and a message stands under the newest record with no membership entry between
// them. Somebody who was removed, and a server that helps them, could otherwise go on writing under the record that still lists them,
// or make another that does.
func (l *ThreadLog) checkFresh(body logBody) error {
	if core := body.core; core != nil && core.MembershipSeq > l.membershipSeq {
		return refuse(RolledBack, "the author had seen membership entries that are not here")
	}
	if core := body.core; core != nil && (core.MembershipSeq != l.membershipSeq || core.MembershipHead != l.membershipHead) {
		return refuse(StaleEpoch, "a record that the membership has overtaken")
	}
	if header := body.header; header != nil && (header.Record != l.record || l.moved) {
		return refuse(StaleEpoch, "a message under a record that membership or a later record has overtaken")
	}
	return nil
}

// CheckBookmark refuses a thread that is older than a bookmark from the vault, or another one.
func (l *ThreadLog) CheckBookmark(bookmark Bookmark, membership *Membership, epoch uint32) error {
	switch {
	case bookmark.Thread != l.thread || membership.Thread() != l.thread:
		return refuse(BrokenChain, "the bookmark of another thread")
	case bookmark.Seq > l.Seq() || bookmark.MembershipSeq > membership.Seq() || bookmark.Epoch > epoch:
		return refuse(RolledBack, "older than the bookmark")
	case bookmark.LogHash != l.hashAt(bookmark.Seq) || bookmark.MembershipHead != membership.heads[bookmark.MembershipSeq]:
		return refuse(BrokenChain, "another history than the bookmark's")
	}
	return nil
}

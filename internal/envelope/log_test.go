package envelope

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/id"
)

// busy is a ward with a few more messages, from two devices.
func busy(t failer) (r *room, ann, bea *staff) {
	r, ann, bea, _ = ward(t)
	r.send(ann, "two")
	r.send(bea, "three")
	r.add(ann, r.w.enrol("Dot"))
	r.rotate(bea)
	r.send(bea, "four")
	return r, ann, bea
}

func follow(thread id.Thread, served []*LogEntry) (*ThreadLog, error) {
	log := NewThreadLog(thread)
	for _, entry := range served {
		if _, err := log.Append(entry); err != nil {
			return nil, err
		}
	}
	return log, nil
}

func TestLogVerifiesWithTombstones(t *testing.T) {
	r, _, bea := busy(t)
	thread := r.membership.Thread()
	served := append([]*LogEntry{}, r.served...)
	destroyed := 0
	for n, entry := range served {
		if entry.Kind == EntryMessage {
			served[n] = bury(t, entry)
			destroyed++
		}
	}
	log, err := follow(thread, served)
	if err != nil || log.Hash() != r.log.Hash() || destroyed != 4 {
		t.Fatalf("with %d tombstones: %v", destroyed, err)
	}
	if log.Device(bea.device().id) != r.log.Device(bea.device().id) {
		t.Error("the device's chain broke off at a tombstone")
	}
	if seq, ok := log.Position(r.messages[1].Entry); !ok || seq != r.served[5].Seq {
		t.Errorf("the second message is at %d", seq)
	}
}

// TestForgedLogsAreRefused tries what a server can do to the order of things.
func TestForgedLogsAreRefused(t *testing.T) {
	r, ann, _ := busy(t)
	other := r.w.room(SpaceTeam, ann)
	quiet := r.w.enrol("Quiet") // whose device has no number yet in the first thread
	other.add(ann, quiet)
	other.rotate(ann)
	other.send(quiet, "elsewhere")
	thread := r.membership.Thread()
	seal := func(served []*LogEntry) []*LogEntry { return relink(t, thread, served) }
	for name, test := range map[string]struct {
		served []*LogEntry
		code   Code
	}{
		"an entry left out":           {seal(drop(r.served, 5)), RolledBack},
		"two messages exchanged":      {seal(swap(r.served, 5, 6)), RolledBack},
		"an entry twice":              {seal(append(append([]*LogEntry{}, r.served...), r.served[1])), BrokenChain},
		"a gap in seq":                {drop(r.served, 2), BrokenChain},
		"another log hash":            {with(r.served, 3, func(e *LogEntry) { e.LogHash[0] ^= 1 }), BrokenChain},
		"another log hash at the end": {with(r.served, len(r.served)-1, func(e *LogEntry) { e.LogHash[0] ^= 1 }), BrokenChain},
		"a gap in seq, chained all the same": {append(r.served[:4:4], func() *LogEntry {
			next := *r.served[4]
			next.Seq++
			next.LogHash = LogHash(thread, next.Seq, r.served[3].LogHash, must(next.readBody()).entry)
			return &next
		}()), BrokenChain},
		"another thread's creating entry alone": {seal(other.served[:1]), BrokenChain},
		"another thread's tombstone at the end": {seal(append(r.served[:len(r.served):len(r.served)], bury(t, other.served[3]))), BrokenChain},
		"no creating entry":                     {seal(r.served[1:]), BrokenChain},
		"another thread's creating entry":       {seal(append([]*LogEntry{other.served[0]}, r.served[1:]...)), BrokenChain},
		"another thread's message":              {seal(append(append([]*LogEntry{}, r.served...), other.served[3])), BrokenChain},
		"a message called membership":           {with(r.served, 4, func(e *LogEntry) { e.Kind = EntryMembership }), Malformed},
		"a record called membership":            {with(r.served, 3, func(e *LogEntry) { e.Kind = EntryMembership }), Malformed},
		"a half beside a record":                {with(r.served, 3, func(e *LogEntry) { e.Half = &LogHalf{} }), Malformed},
		"a tombstone of another entry":          {with(r.served, 4, func(e *LogEntry) { *e = *bury(t, r.served[5]); e.Seq = 5 }), BrokenChain},
		"a tombstone of another thread":         {with(r.served, 4, func(e *LogEntry) { *e = *bury(t, other.served[3]); e.Thread = thread }), BrokenChain},
	} {
		_, err := follow(thread, test.served)
		refused(t, name, err, test.code)
	}
	_, err := follow(thread, seal(r.served))
	check(t, err)
}

// TestWithheldEntriesAreNoticed: an author who had seen more, or something else, than the server shows.
func TestWithheldEntriesAreNoticed(t *testing.T) {
	r, ann, _ := busy(t)
	for name, test := range map[string]struct {
		code Code
		how  func(*Header)
	}{
		"seen what is not here":     {RolledBack, func(h *Header) { h.SeenSeq += 1 }},
		"seen another history":      {BrokenChain, func(h *Header) { h.SeenHash[0] ^= 1 }},
		"seen nothing, with a hash": {BrokenChain, func(h *Header) { h.SeenSeq = 0 }},
		"device sequence skipped":   {BrokenChain, func(h *Header) { h.DeviceSeq++ }},
		"device sequence repeated":  {BrokenChain, func(h *Header) { h.DeviceSeq-- }},
		"another previous":          {BrokenChain, func(h *Header) { h.Previous[0] ^= 1 }},
	} {
		in := r.messageInput(ann, "x")
		test.how(&in.Header)
		body := must(SealMessage(in)).Bytes
		next := &LogEntry{Thread: r.membership.Thread(), Seq: r.log.Seq() + 1, Kind: EntryMessage, Body: body}
		next.LogHash = LogHash(next.Thread, next.Seq, r.log.Hash(), must(next.readBody()).entry)
		before := r.log.Hash()
		_, err := r.log.Append(next)
		refused(t, name, err, test.code)
		if r.log.Hash() != before {
			t.Fatalf("%s: refused, and the log has changed", name)
		}
	}
}

// TestMessageUnderAnOvertakenRecordIsRefused: somebody who was removed keeps keys and a device that still certify; with a server that helps
// them they could write on under the record that lists them. The log's order says otherwise.
func TestMessageUnderAnOvertakenRecordIsRefused(t *testing.T) {
	r, ann, bea, cal := ward(t)
	old, late := r.messageInput(bea, "late"), r.messageInput(cal, "I am still here")
	r.append(ann, r.removeEntry(ann, cal))
	appended := func(in MessageInput) error {
		in.Header.SeenSeq, in.Header.SeenHash = r.log.Seq(), r.log.Hash()
		body := must(SealMessage(in)).Bytes
		next := &LogEntry{Thread: r.membership.Thread(), Seq: r.log.Seq() + 1, Kind: EntryMessage, Body: body}
		next.LogHash = LogHash(next.Thread, next.Seq, r.log.Hash(), must(next.readBody()).entry)
		_, err := r.log.Append(next)
		return err
	}
	refused(t, "by the removed member, before the rotation", appended(late), StaleEpoch)
	refused(t, "by another member, before the rotation", appended(old), StaleEpoch)
	r.rotate(ann)
	refused(t, "by the removed member, after the rotation", appended(late), StaleEpoch)
	refused(t, "by another member, after the rotation", appended(old), StaleEpoch)
	r.send(bea, "under the new record")
}

// TestRecordForAnOlderMembershipIsRefused: the removed member makes a record that names the membership before their removal, at which it is
// without fault.
func TestRecordForAnOlderMembershipIsRefused(t *testing.T) {
	r, ann, bea, cal := ward(t)
	stale := must(NewEpoch(r.epochInput(cal)))
	r.append(ann, r.removeEntry(ann, cal))
	_, err := VerifyEpoch(r.w.trust(), r.membership, r.epoch().Epoch, stale.Signed)
	check(t, err) // by itself it might have been made in time
	appended := func(made *MadeEpoch) error {
		next := &LogEntry{Thread: r.membership.Thread(), Seq: r.log.Seq() + 1, Kind: EntryEpoch, Body: mustEncode(t, made.Signed)}
		next.LogHash = LogHash(next.Thread, next.Seq, r.log.Hash(), made.Epoch.Hash)
		_, err := r.log.Append(next)
		return err
	}
	refused(t, "after the removal", appended(stale), StaleEpoch)
	check(t, appended(must(NewEpoch(r.epochInput(bea)))))
}

func TestBookmarkRefusesAnOlderThread(t *testing.T) {
	r, ann, _ := busy(t)
	thread := r.membership.Thread()
	mark := Bookmark{
		Thread: thread, MembershipSeq: r.membership.Seq(), MembershipHead: r.membership.Head(), Epoch: 2, Seq: r.log.Seq(),
		LogHash: r.log.Hash(),
	}
	check(t, r.log.CheckBookmark(mark, r.membership, 2))
	r.send(ann, "later")
	check(t, r.log.CheckBookmark(mark, r.membership, 3))
	short := must(follow(thread, r.served[:6]))
	refused(t, "a shorter log", short.CheckBookmark(mark, r.membership, 2), RolledBack)
	refused(t, "an older epoch", r.log.CheckBookmark(mark, r.membership, 1), RolledBack)
	refused(t, "an older membership", r.log.CheckBookmark(mark, must(r.membership.At(1, r.membership.heads[1])), 2), RolledBack)
	refused(t, "another history", r.log.CheckBookmark(*change(&mark, func(b *Bookmark) { b.LogHash[0] ^= 1 }), r.membership, 2), BrokenChain)
	refused(t, "another membership", r.log.CheckBookmark(*change(&mark, func(b *Bookmark) { b.MembershipHead[0] ^= 1 }), r.membership, 2), BrokenChain)
	refused(t, "another thread", r.log.CheckBookmark(*change(&mark, func(b *Bookmark) { b.Thread[0] ^= 1 }), r.membership, 2), BrokenChain)
}

// TestAnyChangedByteInALogEntryIsRefused is the property; the server's clock and the half are outside the chain and have their own checks.
func TestAnyChangedByteInALogEntryIsRefused(t *testing.T) {
	r, _, _ := busy(t)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(r.served)-1).Draw(t, "entry")
		raw := mustEncode(t, r.served[at])
		raw[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
		altered, err := Parse[LogEntry](raw)
		if err != nil {
			return
		}
		if altered.At != r.served[at].At || (altered.Half != nil && r.served[at].Half != nil && *altered.Half != *r.served[at].Half) {
			return
		}
		served := append([]*LogEntry{}, r.served...)
		served[at] = altered
		if _, err := follow(r.membership.Thread(), served); CodeOf(err) == "" && !signatureChanged(t, r.served[at], altered) {
			t.Fatal("a changed entry was accepted")
		}
	})
}

// signatureChanged: the chain covers what was signed, not the signatures, which each have a check of their own.
func signatureChanged(t *rapid.T, before, after *LogEntry) bool {
	if before.Kind == EntryMessage {
		return must(Parse[Message](before.Body)).Signature != must(Parse[Message](after.Body)).Signature
	}
	return string(must(Parse[Signed](before.Body)).Object) == string(must(Parse[Signed](after.Body)).Object)
}

// bury makes the tombstone of a message.
func bury(t *testing.T, entry *LogEntry) *LogEntry {
	header := must(Parse[Header](must(Parse[Message](entry.Body)).Header))
	tombstone := &Tombstone{
		Thread: header.Thread, Entry: must(entry.readBody()).entry, Message: header.Message, Person: header.Person, Device: header.Device,
		DeviceSeq: header.DeviceSeq, Time: header.Time, Kind: uint8(header.Kind), Destroyed: header.Time + day, Reason: DestroyFiled,
	}
	return change(entry, func(e *LogEntry) { e.Kind, e.Body, e.Half = EntryTombstone, mustEncode(t, tombstone), nil })
}

// relink numbers and chains entries anew, as a server that forges can.
func relink(t *testing.T, thread id.Thread, served []*LogEntry) []*LogEntry {
	var previous id.Hash
	var linked []*LogEntry
	for n, entry := range served {
		next := *entry
		next.Thread, next.Seq = thread, uint64(n+1)
		read, err := entry.readBody()
		check(t, err)
		next.LogHash = LogHash(thread, next.Seq, previous, read.entry)
		previous = next.LogHash
		linked = append(linked, &next)
	}
	return linked
}

func drop(served []*LogEntry, at int) []*LogEntry {
	return append(append([]*LogEntry{}, served[:at]...), served[at+1:]...)
}

func swap(served []*LogEntry, a, b int) []*LogEntry {
	swapped := append([]*LogEntry{}, served...)
	swapped[a], swapped[b] = swapped[b], swapped[a]
	return swapped
}

func with(served []*LogEntry, at int, how func(*LogEntry)) []*LogEntry {
	changed := append([]*LogEntry{}, served...)
	changed[at] = change(served[at], how)
	return changed
}

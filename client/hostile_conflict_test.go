package client_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// lie is another log than the true one, which a server shows to somebody who has seen nothing yet.
type lie struct {
	name    string
	change  func(log []*envelope.LogEntry) []*envelope.LogEntry
	code    envelope.Code
	kind    envelope.ConflictKind
	authors []*person
	entries int
	reads   []string
}

// TestH26_EachContradictionOfALogFreezesTheThread: for every lie the thread stops, those who signed are named, what was verified stays, the report
// is sent once, and the truth comes too late.
func TestH26_EachContradictionOfALogFreezesTheThread(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	anita.say(in, "one")
	w.check(anita.Remove(w.ctx, in, tom.Person(), envelope.RemoveLeftTeam, ""))
	anita.say(in, "two")
	for _, lie := range []lie{
		{"two membership entries with one predecessor", func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return append(log, w.signedEntry(in, envelope.EntryMembership, &envelope.Rename{EntryHead: envelope.EntryHead{
				Thread: in, Seq: 1, Previous: id.Hash(in), Person: anita.Person(), Device: anita.DeviceKeys().ID, Issued: envelope.TimeOf(w.clock.Now()),
			}, Name: "Another name"}, anita.stamp()))
		}, envelope.BrokenChain, envelope.ConflictForkedMembers, []*person{anita}, 2, []string{"one", "two"}},
		{"two records for one epoch", func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return append(log, w.secondRecord(log, anita, func(core *envelope.EpochCore) { core.Issued++ }))
		}, envelope.BrokenChain, envelope.ConflictForkedKeys, []*person{anita}, 2, []string{"one", "two"}},
		{"a record for members who are not here", func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return slices.DeleteFunc(log, func(e *envelope.LogEntry) bool { return e.Kind == envelope.EntryMembership && e.Seq > 3 })
		}, envelope.RolledBack, envelope.ConflictSplitView, []*person{anita}, 1, []string{"one"}},
		{"a removal that is withheld, seen through a later message", func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return slices.DeleteFunc(log, func(e *envelope.LogEntry) bool { return e.Kind != envelope.EntryMessage && e.Seq > 4 })
		}, envelope.RolledBack, envelope.ConflictSplitView, []*person{anita}, 1, []string{"one"}},
		{"an entry of the same log in another place", func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return append(log, &envelope.LogEntry{Thread: in, Kind: log[1].Kind, At: log[1].At, Body: log[1].Body})
		}, envelope.BrokenChain, envelope.ConflictRefused, []*person{anita}, 1, []string{"one", "two"}},
		{"an entry that nobody signed", func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return append(log, w.signedEntry(in, envelope.EntryMembership, &envelope.Rename{EntryHead: envelope.EntryHead{
				Thread: in, Seq: 1, Previous: id.Hash(in), Person: anita.Person(), Device: anita.DeviceKeys().ID, Issued: envelope.TimeOf(w.clock.Now()),
			}, Name: "Another name"}, envelope.ByDevice(anita.DeviceKeys().ID, envelope.NewSigner([32]byte{4}))))
		}, envelope.BrokenChain, envelope.ConflictRefused, nil, 0, []string{"one", "two"}},
	} {
		fresh, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{})
		w.check(err)
		fresh.rewrite(lie.change)
		w.refused(lie.name, fresh.Sync(w.ctx), lie.code)
		fresh.wire.straighten()
		fresh.sync() // the true log
		fresh.sync()
		frozen := fresh.isFrozen(in, lie.kind)
		if !slices.Equal(frozen.Authors, persons(lie.authors)) || len(frozen.Entries) != lie.entries {
			t.Errorf("%s: %d entries by %v", lie.name, len(frozen.Entries), frozen.Authors)
		}
		fresh.reported(in, frozen)
		if posts := fresh.wire.count("POST", "/conflicts"); posts != 1 {
			t.Errorf("%s: reported %d times", lie.name, posts)
		}
		if got := fresh.texts(in); !slices.Equal(got, lie.reads) {
			t.Errorf("%s: what was verified reads %q", lie.name, got)
		}
	}
	leila.sync() // where nothing was seen of it, nothing is frozen
	leila.say(in, "three")
	if said := len(leila.reports(in)); said != 0 {
		t.Errorf("%d reports by a device that has seen no lie", said)
	}
}

func (w *world) signedEntry(in id.Thread, kind envelope.EntryKind, object envelope.Object, by envelope.Stamp) *envelope.LogEntry {
	w.t.Helper()
	signed, err := envelope.SignObject(object, by)
	w.check(err)
	return &envelope.LogEntry{Thread: in, Kind: kind, At: envelope.TimeOf(w.clock.Now()), Body: bytesOf(w, signed)}
}

// secondRecord is the newest record of a log, changed and signed again by its author.
func (w *world) secondRecord(log []*envelope.LogEntry, author *person, change func(*envelope.EpochCore)) *envelope.LogEntry {
	w.t.Helper()
	for n := len(log) - 1; n >= 0; n-- {
		if log[n].Kind != envelope.EntryEpoch {
			continue
		}
		signed, err := envelope.Parse[envelope.Signed](log[n].Body)
		w.check(err)
		record, err := envelope.Open[envelope.EpochRecord](signed)
		w.check(err)
		core, err := envelope.Parse[envelope.EpochCore](record.Core)
		w.check(err)
		change(core)
		record.Core = bytesOf(w, core)
		return w.signedEntry(log[n].Thread, envelope.EntryEpoch, record, author.stamp())
	}
	w.t.Fatal("no record")
	return nil
}

// TestP8_TwoMessagesInOnePlaceNameBothAuthors: the live connection brings another entry for a place that is here.
func TestP8_TwoMessagesInOnePlaceNameBothAuthors(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	first := anita.say(in, "one")
	leila.sync()
	second := leila.say(in, "two")
	live := leila.connect()
	live.until("nothing is missing", kind(client.EventSynced))
	held, err := leila.Held()
	w.check(err)
	at := slices.IndexFunc(held.Messages, func(m client.HeldMessage) bool { return m.Message == second.ID })
	live.Hear(true, bytesOf(w, &envelope.LogEntry{
		Thread: in, Seq: first.Seq, Kind: envelope.EntryMessage, LogHash: id.Hash{1}, Body: held.Messages[at].Raw,
	}))
	w.refused("two entries for one place", live.next("the refusal", kind(client.EventRefused)).Err, envelope.BrokenChain)
	frozen := leila.isFrozen(in, envelope.ConflictForkedLog)
	both := persons([]*person{anita, leila})
	slices.SortFunc(both, id.Person.Compare)
	if !slices.Equal(frozen.Authors, both) || !slices.Equal(frozen.Entries, []id.Hash{first.Entry, second.Entry}) || frozen.Seq != first.Seq {
		t.Errorf("frozen as %+v", frozen)
	}
	leila.reported(in, frozen)
}

// TestP8_AnotherLogThanTheBookmarksIsRefused: both logs are right in themselves; only what this person's other device has seen tells.
func TestP8_AnotherLogThanTheBookmarksIsRefused(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	tom.sync()
	anita.say(in, "one")
	tom.say(in, "two") // without having seen it
	swapped := func(log []*envelope.LogEntry) []*envelope.LogEntry {
		if last := len(log) - 1; last > 0 {
			log[last-1], log[last] = log[last], log[last-1]
		}
		return log
	}
	unaware, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	var end id.Hash // of the other log
	unaware.wire.bend(entries(w, func(log []*envelope.LogEntry) []*envelope.LogEntry {
		log = swapped(log)
		rechain(w, log)
		end = log[len(log)-1].LogHash
		return log
	}))
	w.refused("a head that does not fit", unaware.Sync(w.ctx), envelope.BrokenChain)
	unaware.isFrozen(in, envelope.ConflictForkedLog)
	leila.sync()
	w.check(leila.SaveBookmarks(w.ctx))
	other, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	other.rewrite(swapped)
	w.refused("another order than the other device's", other.Sync(w.ctx), envelope.BrokenChain)
	frozen := other.isFrozen(in, envelope.ConflictBookmark)
	other.reported(in, frozen)
	if truth := leila.view(in); frozen.Seq != truth.Seq || frozen.Seen != truth.LogHash || frozen.Shown == truth.LogHash {
		t.Errorf("frozen as %+v", frozen)
	}
	// A device that was shown the other log first finds out when it takes in the vault.
	third, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	third.wire.bend(entries(w, func(log []*envelope.LogEntry) []*envelope.LogEntry {
		log = swapped(log)
		rechain(w, log)
		return log
	}))
	third.wire.bend(rule{method: "GET", path: "/v1/threads$", body: func(m map[string]any) {
		listOf(t, m, "threads")[0].(map[string]any)["logHash"] = base64.StdEncoding.EncodeToString(end.Bytes())
	}})
	third.sync()
	anita.sync()
	w.check(anita.SaveBookmarks(w.ctx))
	w.check(third.SaveBookmarks(w.ctx))
	third.isFrozen(in, envelope.ConflictBookmark)
}

func TestP8_AFreezeIsForGoodOnItsMachineAndReportedOnce(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "one")
	leila.sync()
	anita.say(in, "two")
	leila.rewrite(func(log []*envelope.LogEntry) []*envelope.LogEntry { return log[:0] })
	leila.wire.straighten()
	leila.wire.bend(rule{method: "GET", path: "/v1/threads$", body: func(m map[string]any) {
		for _, one := range listOf(t, m, "threads") {
			one.(map[string]any)["seq"] = 2
		}
	}})
	leila.wire.bend(rule{method: "POST", path: "/conflicts", block: true})
	w.refused("a shorter thread", leila.Sync(w.ctx), envelope.RolledBack)
	if frozen := leila.isFrozen(in, envelope.ConflictRolledBack); frozen.Reported || len(leila.reports(in)) != 0 {
		t.Error("the report has arrived")
	}
	leila.wire.straighten()
	leila.wire.bend(rule{method: "POST", path: "/conflicts", lose: true, times: 1})
	w.clock.Advance(1000)
	leila.sync()
	leila.sync()
	frozen := leila.isFrozen(in, envelope.ConflictRolledBack)
	leila.reported(in, frozen)
	w.check(leila.Lock(w.ctx))
	w.check(leila.Unlock(w.ctx, password))
	leila.sync()
	leila.isFrozen(in, envelope.ConflictRolledBack)
	again, err := leila.elsewhere(leila.client.Memory(), client.DeviceOptions{})
	w.check(err)
	again.sync()
	leila.reported(in, again.isFrozen(in, envelope.ConflictRolledBack))
	if got := again.texts(in); !slices.Equal(got, []string{"one"}) {
		t.Errorf("after a restart leila reads %q", got)
	}
	elsewhere, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	elsewhere.sync()
	elsewhere.say(in, "three") // a machine that saw nothing of it
	if got := elsewhere.texts(in); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("elsewhere leila reads %q", got)
	}
	other, err := anita.elsewhere(leila.client.Memory(), client.DeviceOptions{})
	w.check(err)
	other.sync()
	if len(other.Frozen()) != 0 {
		t.Error("what one person has seen freezes it for another on the same machine")
	}
}

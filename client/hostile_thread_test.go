package client_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// entries bends every page of a log: change gets the entries of the page, decoded, and gives those to serve.
func entries(w *world, change func([]*envelope.LogEntry) []*envelope.LogEntry) rule {
	return rule{method: "GET", path: "/log", body: func(m map[string]any) {
		var page []*envelope.LogEntry
		for _, one := range listOf(w.t, m, "entries") {
			page = append(page, decoded[envelope.LogEntry](w, one))
		}
		served := []any{}
		for _, one := range change(page) {
			served = append(served, encoded(w, one))
		}
		m["entries"] = served
	}}
}

// rechain makes the log hashes of a whole log right again, as a server can after it has changed an entry.
func rechain(w *world, log []*envelope.LogEntry) {
	var head id.Hash
	for n, entry := range log {
		entry.Seq = uint64(n) + 1
		head = envelope.LogHash(entry.Thread, entry.Seq, head, entryHash(w, entry))
		entry.LogHash = head
	}
}

func entryHash(w *world, entry *envelope.LogEntry) id.Hash {
	w.t.Helper()
	object, err := envelope.DecodeAny(entry.Body)
	w.check(err)
	switch object := object.(type) {
	case *envelope.Signed:
		hash, err := object.Hash()
		w.check(err)
		return hash
	case *envelope.Tombstone:
		return object.Entry
	case *envelope.Message:
		hash, err := envelope.Hash(&envelope.MessageDigest{
			Header: object.Header, Commitment: object.Commitment, Ciphertext: envelope.HashLabel("ciphertext", object.Ciphertext),
		})
		w.check(err)
		return hash
	}
	w.t.Fatalf("an entry with %T", object)
	return id.Hash{}
}

// rewrite serves another log than the true one, with heads that promise it.
func (p *person) rewrite(change func([]*envelope.LogEntry) []*envelope.LogEntry) {
	p.wire.bend(entries(p.w, func(log []*envelope.LogEntry) []*envelope.LogEntry {
		if len(log) == 0 {
			return log
		}
		log = change(log)
		rechain(p.w, log)
		return log
	}))
	p.wire.bend(rule{method: "GET", path: "/v1/threads$", body: func(m map[string]any) {
		for _, one := range listOf(p.w.t, m, "threads") {
			one.(map[string]any)["seq"] = 100
		}
	}})
}

func TestAForgedMembershipEntryIsRefused(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila)
	anita.say(in, "one")
	who, err := leila.Identity(w.ctx, tom.Person())
	w.check(err)
	forge := func(log []*envelope.LogEntry, by envelope.Stamp, device id.Device, person id.Person) []*envelope.LogEntry {
		last := decoded[envelope.Signed](w, base64.StdEncoding.EncodeToString(log[1].Body))
		previous, err := last.Hash()
		w.check(err)
		signed, err := envelope.SignObject(&envelope.Add{
			EntryHead: envelope.EntryHead{Thread: in, Seq: 2, Previous: previous, Person: person, Device: device, Issued: envelope.TimeOf(w.clock.Now())},
			Target:    tom.Person(), Identity: who.Fingerprint, MemberRole: envelope.RoleMember, Reason: envelope.AddCareTeam, History: true,
		}, by)
		w.check(err)
		body, err := envelope.Encode(signed)
		w.check(err)
		return append(log, &envelope.LogEntry{Thread: in, Kind: envelope.EntryMembership, At: envelope.TimeOf(w.clock.Now()), Body: body})
	}
	server := envelope.NewSigner([32]byte{4})
	toms, anitas := tom.DeviceKeys(), anita.DeviceKeys()
	for name, test := range map[string]struct {
		by     envelope.Stamp
		device id.Device
		person id.Person
		code   envelope.Code
	}{
		"signed by nobody's device":        {envelope.ByDevice(anitas.ID, server), anitas.ID, anita.Person(), envelope.BadSignature},
		"signed by a device of a stranger": {envelope.ByDevice(toms.ID, envelope.NewSigner(toms.Seed)), toms.ID, tom.Person(), envelope.NotEntitled},
		"signed by a member who may not":   {leila.stamp(), leila.DeviceKeys().ID, leila.Person(), envelope.NotEntitled},
		"an uncertified device":            {envelope.ByDevice(id.Device{9}, server), id.Device{9}, anita.Person(), envelope.RevokedDevice},
		"added by the server":              {envelope.ByServer(envelope.PurposeRemove, server), id.Device{}, id.Person{}, envelope.NotEntitled},
	} {
		fresh, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{})
		w.check(err)
		fresh.rewrite(func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return forge(log, test.by, test.device, test.person)
		})
		err = fresh.Sync(w.ctx)
		w.refused(name, err, test.code)
		if shown := fresh.view(in); len(shown.Members) != 2 || envelope.CodeOf(shown.Refused) != test.code {
			t.Errorf("%s: the members are %+v, refused %v", name, shown.Members, shown.Refused)
		}
		fresh.wire.straighten()
		fresh.sync() // the server shows the truth again
		fresh.isFrozen(in, envelope.ConflictRefused)
		if got := fresh.texts(in); !slices.Equal(got, []string{"one"}) {
			t.Errorf("%s: fresh reads %q", name, got)
		}
	}
}

func (p *person) stamp() envelope.Stamp {
	keys := p.DeviceKeys()
	return envelope.ByDevice(keys.ID, envelope.NewSigner(keys.Seed))
}

func TestAnotherOrOlderHistoryIsRefused(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	var in id.Thread
	heads := func(change func(map[string]any)) rule {
		return rule{method: "GET", path: "/v1/threads$", body: func(m map[string]any) {
			for _, one := range listOf(t, m, "threads") {
				if one.(map[string]any)["thread"] == in.String() {
					change(one.(map[string]any))
				}
			}
		}}
	}
	for name, test := range map[string]struct {
		rule rule
		code envelope.Code
		kind envelope.ConflictKind
	}{
		"a shorter thread": {heads(func(m map[string]any) { m["seq"] = 3 }), envelope.RolledBack, envelope.ConflictRolledBack},
		"another history": {heads(func(m map[string]any) {
			m["logHash"] = base64.StdEncoding.EncodeToString(make([]byte, 32))
		}), envelope.BrokenChain, envelope.ConflictForkedLog},
		"a thread that is hidden": {rule{method: "GET", path: "/v1/threads$", body: func(m map[string]any) {
			m["threads"] = slices.DeleteFunc(listOf(t, m, "threads"), func(one any) bool { return one.(map[string]any)["thread"] == in.String() })
		}}, envelope.RolledBack, envelope.ConflictMissing},
	} {
		in = anita.team(leila)
		anita.say(in, "one")
		anita.say(in, "two")
		leila.sync()
		leila.wire.bend(test.rule)
		w.refused(name, leila.Sync(w.ctx), test.code)
		leila.wire.straighten()
		anita.say(in, "three")
		leila.sync()
		leila.reported(in, leila.isFrozen(in, test.kind))
		if got := leila.texts(in); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("%s: afterwards leila reads %q", name, got)
		}
	}
	// Entries that do not come may come yet: nothing contradicts anything.
	in = anita.team(leila)
	leila.sync()
	anita.say(in, "three")
	leila.wire.bend(entries(w, func([]*envelope.LogEntry) []*envelope.LogEntry { return nil }))
	w.refused("entries that are missing", leila.Sync(w.ctx), envelope.RolledBack)
	if _, err := leila.Send(w.ctx, in, "what is missing?"); envelope.CodeOf(err) != envelope.RolledBack {
		t.Errorf("sending meanwhile: %v", err)
	}
	leila.wire.straighten()
	leila.sync()
	leila.say(in, "four")
	if got := leila.texts(in); !slices.Equal(got, []string{"three", "four"}) {
		t.Errorf("afterwards leila reads %q", got)
	}
}

func TestABookmarkOfOneDeviceProtectsAnother(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "one")
	anita.say(in, "two")
	leila.sync()
	w.check(leila.SaveBookmarks(w.ctx))
	other, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	truth := leila.view(in)
	other.wire.bend(entries(w, func(log []*envelope.LogEntry) []*envelope.LogEntry { return log[:truth.Seq-1] }))
	other.wire.bend(rule{method: "GET", path: "/v1/threads$", body: func(m map[string]any) {
		one := listOf(t, m, "threads")[0].(map[string]any)
		one["seq"] = truth.Seq - 1
		log, err := other.headBefore(w, in, truth.Seq-1)
		w.check(err)
		one["logHash"] = log
	}})
	w.refused("an older thread than the bookmark's", other.Sync(w.ctx), envelope.RolledBack)
	other.wire.straighten()
	other.sync()
	frozen := other.isFrozen(in, envelope.ConflictRolledBack)
	other.reported(in, frozen)
	if frozen.Seq != truth.Seq || frozen.Seen != truth.LogHash {
		t.Errorf("frozen as %+v", frozen)
	}
	if got := other.texts(in); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("what had been seen before reads %q", got)
	}
	// A thread of which only the vault knows, and that is not shown.
	third, err := leila.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	third.wire.bend(rule{method: "GET", path: "/v1/threads$", body: func(m map[string]any) { m["threads"] = []any{} }})
	w.refused("a thread of the bookmarks that is hidden", third.Sync(w.ctx), envelope.RolledBack)
	third.isFrozen(in, envelope.ConflictMissing)
	third.wire.straighten()
	third.sync()
	third.isFrozen(in, envelope.ConflictMissing)
	if got := third.texts(in); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("what another device had seen reads %q", got)
	}
}

// headBefore is the log hash at an earlier entry, as the server would show it.
func (p *person) headBefore(w *world, in id.Thread, seq uint64) (string, error) {
	entry, err := w.server.Store().Threads().Entries(w.ctx, in, seq-1, seq, 1)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(entry[0].LogHash[:]), nil
}

func TestWrongHalvesEnvelopesAndStatesAreRefused(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	anita.say(in, "one")
	w.check(anita.Rotate(w.ctx, in))
	for name, test := range map[string]struct {
		rule rule
		code envelope.Code
	}{
		"another half": {entries(w, func(log []*envelope.LogEntry) []*envelope.LogEntry {
			for _, entry := range log {
				if entry.Half != nil {
					entry.Half.Half[0] ^= 1
				}
			}
			return log
		}), envelope.BadCommitment},
		"another envelope": {w.epochs(func(list []any) { swap(list, "envelope") }), envelope.BrokenChain},
		"another proof":    {w.epochs(func(list []any) { list[0].(map[string]any)["proof"] = "AAAA" }), envelope.Malformed},
		"another state":    {w.epochs(func(list []any) { swap(list, "sealedState") }), envelope.BadCommitment},
		"another record":   {w.epochs(func(list []any) { swap(list, "record") }), envelope.BrokenChain},
		"another order":    {w.epochs(func(list []any) { list[0], list[1] = list[1], list[0] }), envelope.BrokenChain},
		"no epochs":        {rule{method: "GET", path: "/epochs", body: func(m map[string]any) { m["epochs"] = []any{} }}, envelope.RolledBack},
	} {
		w.check(leila.Lock(w.ctx))
		w.check(leila.Unlock(w.ctx, password))
		leila.wire.bend(test.rule)
		w.refused(name, leila.Sync(w.ctx), test.code)
		leila.wire.straighten()
	}
	leila.sync()
	if got := leila.texts(in); !slices.Equal(got, []string{"one"}) {
		t.Errorf("afterwards leila reads %q", got)
	}
	// What the server swaps is no fault of an author, and contradicts no log.
	if leila.wire.count("POST", "/complaints")+leila.wire.count("POST", "/conflicts") != 0 || leila.view(in).Frozen != nil {
		t.Error("somebody was accused")
	}
}

func (w *world) epochs(change func([]any)) rule {
	return rule{method: "GET", path: "/epochs", body: func(m map[string]any) { change(listOf(w.t, m, "epochs")) }}
}

func swap(list []any, member string) {
	first, second := list[0].(map[string]any), list[1].(map[string]any)
	first[member], second[member] = second[member], first[member]
}

func TestADirectThreadThatIsNotBetweenTheTwoIsRefused(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	with, err := anita.CreateDirect(w.ctx, tom.Person())
	w.check(err)
	_, err = anita.CreateDirect(w.ctx, leila.Person())
	w.check(err)
	anita.wire.bend(rule{method: "POST", path: "/v1/threads$", body: func(m map[string]any) { m["thread"] = with.String() }})
	_, err = anita.CreateDirect(w.ctx, leila.Person())
	w.refused("the thread with somebody else", err, envelope.WrongMembers)
}

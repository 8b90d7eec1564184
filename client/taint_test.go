package client_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

const newPassword = "another battery staple, horse"

func TestP8_ALostDevicesKeysGetNothingUntilTheNextGenerationAndThenAGrantGivesIt(t *testing.T) {
	for name, reason := range map[string]envelope.RevokeReason{"lost": envelope.RevokeLost, "stolen": envelope.RevokeStolen} {
		w := newWorld(t)
		anita, tom, phone := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("tom.reid", "Tom Reid"), w.enrol("leila.haddad", "Dr Leila Haddad")
		in := anita.team(tom, phone)
		anita.say(in, "before")
		phone.sync()
		ward, err := phone.elsewhere(client.Memory{}, client.DeviceOptions{})
		w.check(err)
		w.check(ward.Revoke(w.ctx, phone.DeviceKeys().ID, reason))
		before := ward.client.Memory().Accounts["leila.haddad"]
		anita.sync()
		anita.say(in, "after the "+name+" phone")
		w.check(anita.Grant(w.ctx, in, ward.Person())) // nothing can be sealed to her now
		if posts := anita.wire.count("POST", "/grants"); posts != 0 {
			t.Errorf("%s: something was sealed to keys that the thief has, %d times", name, posts)
		}
		ward.sync()
		if got := ward.texts(in); !slices.Equal(got, []string{"before", "[unopened]"}) {
			t.Errorf("%s: leila reads %q", name, got)
		}
		if _, err := ward.Send(w.ctx, in, "am I in?"); err == nil {
			t.Errorf("%s: leila made keys that list herself", name)
		}
		w.check(ward.Confirm(w.ctx, password))
		w.check(ward.ChangePassword(w.ctx, newPassword)) // a new account key and generation
		if after := ward.client.Memory().Accounts["leila.haddad"]; after.AKGeneration != before.AKGeneration+1 {
			t.Errorf("%s: account key %d", name, after.AKGeneration)
		}
		anita.sync()
		anita.say(in, "welcome back")
		ward.sync()
		if got := ward.texts(in); !slices.Equal(got, []string{"before", "after the " + name + " phone", "welcome back"}) {
			t.Errorf("%s: afterwards leila reads %q", name, got)
		}
		ward.say(in, "thank you")
		tom.sync()
		if got := tom.texts(in); got[3] != "thank you" || tom.view(in).Epoch != 3 {
			t.Errorf("%s: tom reads %q, epoch %d", name, got, tom.view(in).Epoch)
		}
	}
}

// TestP8_WhoComesBackByThemselvesIsGivenWhatTheyMissed: then nobody who has the keys makes the epoch that lists them.
func TestP8_WhoComesBackByThemselvesIsGivenWhatTheyMissed(t *testing.T) {
	w := newWorld(t)
	anita, ward, in := w.lost()
	anita.say(in, "meanwhile")
	w.check(ward.Confirm(w.ctx, password))
	w.check(ward.ChangePassword(w.ctx, newPassword))
	ward.sync()
	ward.say(in, "I am back.")
	if got := ward.texts(in); !slices.Equal(got, []string{"before", "[unopened]", "I am back."}) {
		t.Errorf("at first leila reads %q", got)
	}
	anita.sync()
	anita.sync()
	if posts := anita.wire.count("POST", "/grants"); posts != 1 {
		t.Errorf("anita gave %d times", posts)
	}
	ward.sync()
	if got := ward.texts(in); !slices.Equal(got, []string{"before", "meanwhile", "I am back."}) {
		t.Errorf("then leila reads %q", got)
	}
}

// lost is a team in which something was said before leila lost her phone. ward is where she is signed in still, and anita knows of it.
func (w *world) lost() (anita, ward *person, in id.Thread) {
	w.t.Helper()
	anita, phone := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in = anita.team(phone)
	anita.say(in, "before")
	ward, err := phone.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	w.check(ward.Revoke(w.ctx, phone.DeviceKeys().ID, envelope.RevokeLost))
	anita.sync()
	return anita, ward, in
}

// stolen is a phone that somebody else has: it was revoked, and goes on as if it had not been. What it signs is given to a hostile server.
type stolen struct {
	*person
	anita, ward *person
}

func (w *world) stolen() (*stolen, id.Thread) {
	w.t.Helper()
	anita, phone := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(phone)
	w.check(anita.SetRole(w.ctx, in, phone.Person(), envelope.RoleOwner))
	anita.say(in, "one")
	phone.sync()
	phone.say(in, "two")
	ward, err := phone.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	return &stolen{phone, anita, ward}, in
}

// TestP8_WhatARevokedDeviceSignsIsRefusedWhateverTheServerDoes: as the newest entry, and as an old one with an old time.
func TestP8_WhatARevokedDeviceSignsIsRefusedWhateverTheServerDoes(t *testing.T) {
	w := newWorld(t)
	phone, in := w.stolen()
	queued, err := phone.Queue(w.ctx, in, client.Draft{Text: "give the morphine now"}) // signed before, and sent to the server's friend only
	w.check(err)
	message, record := phone.SealedBytes(in, queued), phone.NewestRecord(in)
	rename := w.signedEntry(in, envelope.EntryMembership, &envelope.Rename{EntryHead: envelope.EntryHead{
		Thread: in, Seq: 3, Previous: phone.MembershipHead(in), Person: phone.Person(), Device: phone.DeviceKeys().ID,
		Issued: envelope.TimeOf(w.clock.Now().Add(-time.Hour)),
	}, Name: "Another name"}, phone.stamp())
	w.clock.Advance(time.Minute)
	w.check(phone.ward.Revoke(w.ctx, phone.DeviceKeys().ID, envelope.RevokeStolen))
	if err := phone.Flush(w.ctx, in); client.CodeOf(err) != "not_signed_in" {
		t.Errorf("an honest server: %v", err)
	}
	entry := func() *envelope.LogEntry {
		return &envelope.LogEntry{Thread: in, Kind: envelope.EntryMessage, At: envelope.TimeOf(w.clock.Now()), Body: message}
	}
	for name, test := range map[string]struct {
		change func([]*envelope.LogEntry) []*envelope.LogEntry
		code   envelope.Code
		kind   envelope.ConflictKind
	}{
		"a message after the revocation": {func(log []*envelope.LogEntry) []*envelope.LogEntry { return append(log, entry()) }, envelope.RevokedDevice, envelope.ConflictRefused},
		"a message with an old time, in the past": {func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return slices.Insert(log, len(log)-1, entry())
		}, envelope.BrokenChain, envelope.ConflictSplitView}, // it follows a message that is not there yet
		"a change of the thread with an old time, after what was accepted": {func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return append(log, rename)
		}, envelope.RevokedDevice, envelope.ConflictRefused},
		"a change of the thread with an old time, before what was accepted": {func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return slices.Insert(log, len(log)-1, rename)
		}, envelope.StaleEpoch, envelope.ConflictRefused}, // what came after it does not know of it
		"keys with an old time": {func(log []*envelope.LogEntry) []*envelope.LogEntry {
			return append(log, w.secondRecord(log, phone.person, func(core *envelope.EpochCore) {
				core.Epoch, core.Previous = core.Epoch+1, record
				core.Person, core.Device = phone.Person(), phone.DeviceKeys().ID
			}))
		}, envelope.RevokedDevice, envelope.ConflictRefused},
	} {
		for _, reader := range []*person{phone.anita, phone.ward} {
			fresh, err := reader.elsewhere(client.Memory{}, client.DeviceOptions{})
			w.check(err)
			fresh.rewrite(test.change)
			w.refused(reader.userName+", "+name, fresh.Sync(w.ctx), test.code)
			fresh.wire.straighten()
			fresh.isFrozen(in, test.kind)
			if got := fresh.texts(in); slices.Contains(got, "give the morphine now") {
				t.Errorf("%s: %s reads %q", name, reader.userName, got)
			}
		}
	}
	fresh, err := phone.anita.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	fresh.sync()
	fresh.say(in, "all is well where nobody lies")
}

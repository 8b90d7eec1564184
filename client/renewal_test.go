package client_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/store"
)

// renew stops the server, has two of three officers sign the next manifest, with new keys and another officer, and starts it again.
func (w *world) renew(purposes ...string) {
	w.t.Helper()
	w.check(w.server.Close())
	db, err := store.Open(w.ctx, filepath.Join(w.data, "wardline.db"))
	w.check(err)
	for _, purpose := range purposes {
		w.check(keyring.Renew(server.KeysDir(w.data), purpose))
	}
	keys, err := keyring.Open(server.KeysDir(w.data))
	w.check(err)
	trust, err := identity.CheckFounded(w.ctx, db, keys)
	w.check(err)
	joined, err := identity.NewSeat("Medical Director")
	w.check(err)
	draft, err := trust.Propose(identity.Change{
		Keys: keys.Newest(), Add: []identity.SeatPublic{joined.Public()}, Retire: []uint8{2}, At: w.clock.Now(),
	})
	w.check(err)
	var signatures []identity.SeatSignature
	for _, seat := range w.seats[1:] {
		signature, err := seat.SignManifest(draft.Manifest, draft.Before)
		w.check(err)
		signatures = append(signatures, signature)
	}
	signed, err := draft.Complete(signatures...)
	w.check(err)
	_, err = identity.Adopt(w.ctx, db, keys, signed, draft.Policy, w.clock.Now())
	w.check(err)
	w.check(db.Close())
	w.start()
}

// TestP3_ClientsFollowTheNextManifest: people who are signed in go on, under the new manifest and its keys, without a word; their next message makes
// a new epoch, which the officer who left gets no share of.
func TestP3_ClientsFollowTheNextManifest(t *testing.T) {
	w := newWorld(t)
	anita, ben := w.enrol("anita", "Dr Anita Patel"), w.enrol("ben", "Dr Ben Okoro")
	ward := anita.team(ben)
	anita.say(ward, "before")
	ben.sync()
	first := ben.Manifest()
	epoch := anita.view(ward).Epoch
	before := anita.Log()

	w.renew("audit", "bind", "remove", "assert")
	sent := anita.say(ward, "after")
	if now := anita.Manifest(); now.Version != 2 || now.Previous != first.Hash {
		t.Errorf("the sender has version %d", now.Version)
	}
	if got := anita.view(ward).Epoch; got != epoch+1 {
		t.Errorf("epoch %d, after %d", got, epoch)
	}
	ben.sync()
	if got := ben.texts(ward); len(got) != 2 || got[1] != "after" || sent.Text != "after" {
		t.Errorf("%q", got)
	}
	if now := ben.Manifest(); now.Version != 2 {
		t.Errorf("the receiver has version %d", now.Version)
	}
	if _, alarmed := anita.Alarm(); alarmed || anita.Log().Size <= before.Size {
		t.Errorf("the log went from %d to %d leaves", before.Size, anita.Log().Size)
	}

	// Somebody who comes now is bound by the new key, and the others believe it.
	w.pin = anita.Manifest().Hash
	clara := w.enrol("clara", "Dr Clara Nwosu")
	w.check(anita.Add(w.ctx, ward, clara.Person(), client.AddOptions{}))
	anita.say(ward, "welcome")
	clara.sync()
	if got := clara.texts(ward); len(got) == 0 || got[len(got)-1] != "welcome" {
		t.Errorf("%q", got)
	}
}

// TestP3_EverythingThatMakesKeysFollowsTheNextManifest: each of these is the first that its client does after the change, unheard of.
func TestP3_EverythingThatMakesKeysFollowsTheNextManifest(t *testing.T) {
	w := newWorld(t)
	anita, ben, clara := w.enrol("anita", "Dr Anita Patel"), w.enrol("ben", "Dr Ben Okoro"), w.enrol("clara", "Dr Clara Nwosu")
	ward := anita.team(ben, clara)
	ben.sync()
	clara.sync()
	w.renew("audit")
	w.check(anita.Remove(w.ctx, ward, clara.Person(), envelope.RemoveHandedOver, ""))
	made, err := ben.CreateDirect(w.ctx, clara.Person())
	w.check(err)
	w.check(clara.Sync(w.ctx))
	clara.say(made, "a word")
	for name, one := range map[string]*person{"removing": anita, "a new thread": ben, "catching up": clara} {
		if one.Manifest().Version != 2 {
			t.Errorf("%s: version %d", name, one.Manifest().Version)
		}
	}
	ben.sync()
	ben.say(ward, "and on")
	anita.sync()
	if got := anita.texts(ward); len(got) != 1 || got[0] != "and on" {
		t.Errorf("%q", got)
	}
}

// TestP3_AnEarlierManifestIsRefusedAfterTheNext: the server goes back to the version that was pinned before, and to its audit key.
func TestP3_AnEarlierManifestIsRefusedAfterTheNext(t *testing.T) {
	w := newWorld(t)
	anita := w.enrol("anita", "Dr Anita Patel")
	link := w.link("ben", "Dr Ben Okoro")
	old, err := keyring.Open(server.KeysDir(w.data))
	w.check(err)
	w.renew("audit")
	w.check(anita.Lock(w.ctx))
	w.check(anita.Unlock(w.ctx, password))
	if anita.Manifest().Version != 2 {
		t.Fatal("the next manifest was not taken in")
	}
	w.check(anita.Lock(w.ctx))
	anita.wire.bend(rule{method: "POST", path: "/v1/session/unlock", body: func(m map[string]any) {
		unlock := m["unlock"].(map[string]any)
		unlock["manifests"] = unlock["manifests"].([]any)[:1]
	}})
	w.refused("unlocking under the version before", anita.Unlock(w.ctx, password), envelope.RolledBack)
	anita.wire.straighten()

	w.check(anita.Unlock(w.ctx, password))
	// A checkpoint by the key before is no checkpoint, however fresh.
	signer := old.ForAudit()
	bent := 0
	resign := func(m map[string]any) {
		raw, ok := m["checkpoint"].(string)
		if !ok {
			return
		}
		newest, err := envelope.OpenCheckpoint([]byte(raw), w.server.Identity().Chain().Current().ServerKey(envelope.PurposeAudit))
		w.check(err)
		m["checkpoint"] = string(newest.Note(signer.Public(), signer.Sign([]byte(newest.Text()))))
		bent++
	}
	anita.wire.bend(rule{method: "POST", path: logs, body: resign})
	w.clock.Advance(client.TOTPStep)
	ben := &person{w: w, userName: "ben"}
	ben.client, ben.wire = w.client(client.Memory{})
	// The link was printed before: its version is in the chain, and the newest one is pinned.
	ben.Session, err = ben.client.Enrol(w.ctx, link, password, ben.keepSecret, client.DeviceOptions{NoticeAccepted: true})
	w.check(err)
	if ben.Manifest().Version != 2 {
		t.Error("a link of the version before pins that version")
	}
	_, err = anita.CreateTeam(w.ctx, "Ward 7B", persons([]*person{ben}), client.TeamOptions{})
	w.refused("a key that the old audit key vouches for", err, envelope.BadSignature)
	if bent == 0 {
		t.Error("no checkpoint was bent")
	}
	anita.wire.straighten()
	anita.team(ben)
}

// TestANewAuditKeyFindsTheLogSigned: clients believe no checkpoint but the new key's, and there is one before anybody asks.
func TestANewAuditKeyFindsTheLogSigned(t *testing.T) {
	w := newWorld(t)
	w.renew("audit")
	_, signed, err := w.server.Store().AuditLog().Head(w.ctx)
	w.check(err)
	key := w.server.Identity().Chain().Current().ServerKey(envelope.PurposeAudit)
	if opened, err := envelope.OpenCheckpoint(signed, key); err != nil || opened.At.Time().After(w.clock.Now().Add(time.Second)) {
		t.Errorf("%+v, %v", opened, err)
	}
}

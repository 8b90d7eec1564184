package identity_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/identity/identitytest"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

func TestForgedEntriesAreRefused(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		other, _ := r.enrol(t, "okafor")
		state, err := r.State(ctx, browser.Person)
		if err != nil {
			t.Fatal(err)
		}
		second := browser.SecondDevice()
		device := func(change func(*envelope.Device)) *envelope.Device {
			entry := second.DeviceEntry(state.Seq()+1, state.Head(), envelope.DeviceTrust, time.Hour)
			change(entry)
			return entry
		}
		signBy := func(object envelope.Object, stamps ...envelope.Stamp) []byte {
			signed, err := envelope.SignObject(object, stamps...)
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := envelope.Encode(signed)
			if err != nil {
				t.Fatal(err)
			}
			return encoded
		}
		keep := func(*envelope.Device) {}
		stranger := envelope.NewSigner([32]byte(random(32)))
		serverRevoke := &envelope.Revoke{Person: browser.Person, Seq: 4, Previous: state.Head(), Device: browser.Device, Reason: envelope.RevokeLost,
			By: envelope.RevokeByServer, Issued: browser.Now()}
		for name, test := range map[string]struct {
			code  string
			entry []byte
		}{
			"signed by a stranger":              {"bad_signature", signBy(device(keep), envelope.ByIdentity(browser.Person, stranger))},
			"signed by another person":          {"wrong_purpose", other.Sign(t, device(keep))},
			"signed by a device":                {"wrong_purpose", signBy(device(keep), envelope.ByDevice(browser.Device, browser.DeviceKey))},
			"signed by a key that claims bind":  {"wrong_purpose", signBy(device(keep), envelope.ByServer(envelope.PurposeBind, stranger))},
			"not signed":                        {"bad_signature", signBy(device(keep))},
			"for another person":                {"broken_chain", other.Sign(t, device(func(d *envelope.Device) { d.Person = other.Person }))},
			"a seq too far":                     {"broken_chain", browser.Sign(t, device(func(d *envelope.Device) { d.Seq++ }))},
			"another predecessor":               {"broken_chain", browser.Sign(t, device(func(d *envelope.Device) { d.Previous[3] ^= 1 }))},
			"a device id that is there":         {"broken_chain", browser.Sign(t, device(func(d *envelope.Device) { d.Device = browser.Device }))},
			"a device that lives for ever":      {"not_entitled", browser.Sign(t, device(func(d *envelope.Device) { d.Expires = d.Expires.Add(91 * 24 * time.Hour) }))},
			"a shared device for a week":        {"not_entitled", browser.Sign(t, device(func(d *envelope.Device) { d.Kind, d.Expires = envelope.DeviceShared, d.Expires.Add(7*24*time.Hour) }))},
			"a clock of yesterday":              {"clock_wrong", browser.Sign(t, device(func(d *envelope.Device) { d.Issued = d.Issued.Add(-24 * time.Hour) }))},
			"a second bind":                     {"not_entitled", browser.Sign(t, browser.Bind(identity.Profile{DisplayName: "Dr Other"}))},
			"a revocation in the server's name": {"not_entitled", browser.Sign(t, serverRevoke)},
			"a revocation of somebody's device": {"not_entitled", browser.Sign(t, &envelope.Revoke{Person: browser.Person, Seq: 4, Previous: state.Head(), Device: other.Device, Reason: envelope.RevokeLost, By: envelope.RevokeByIdentity, Issued: browser.Now()})},
			"a generation that skips":           {"broken_chain", browser.Sign(t, &envelope.Generation{Person: browser.Person, Seq: 4, Previous: state.Head(), Generation: 3, Seal: browser.Generation.Public(), Issued: browser.Now()})},
			"an object of another kind":         {"not_entitled", browser.Sign(t, &envelope.IdentityKey{Person: browser.Person})},
			"bytes that are nothing":            {"malformed", []byte("nothing")},
			"a truncated entry":                 {"malformed", browser.Sign(t, device(keep))[:60]},
			"an entry with something behind it": {"malformed", append(browser.Sign(t, device(keep)), 0)},
		} {
			_, err := r.Append(ctx, browser.Person, identity.Appending{Entry: test.entry})
			wantCode(t, name, err, test.code)
		}
		if after, err := r.State(ctx, browser.Person); err != nil || after.Seq() != 3 {
			t.Errorf("the log has %d entries, %v", after.Seq(), err)
		}
		seq, err := r.Append(ctx, browser.Person, identity.Appending{Entry: browser.Sign(t, device(keep))})
		if err != nil || seq != 4 {
			t.Errorf("a good entry: %d, %v", seq, err)
		}
		if r.heard.Grew[len(r.heard.Grew)-1] != browser.Person {
			t.Error("nobody was told")
		}
	})
}

func TestOfTwoEntriesForOnePlaceOneIsTaken(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		state, _ := r.State(ctx, browser.Person)
		codes := map[string]int{}
		results := make(chan error, 2)
		for range 2 {
			second := browser.SecondDevice()
			entry := second.Sign(t, second.DeviceEntry(state.Seq()+1, state.Head(), envelope.DeviceTrust, time.Hour))
			go func() {
				_, err := r.Append(ctx, browser.Person, identity.Appending{Entry: entry})
				results <- err
			}()
		}
		for range 2 {
			codes[codeOf(<-results)]++
		}
		if codes[""] != 1 || codes["broken_chain"] != 1 {
			t.Errorf("%v", codes)
		}
	})
}

func TestLogsAreReadFromWhereTheReaderIs(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		_, invitation := r.invite(t, "pending")
		logs, err := r.Logs(ctx, []identity.Wanted{{Person: browser.Person}, {Person: browser.Person, After: 2}, {Person: browser.Person, After: 3}, {Person: invitation.Profile.Person}})
		if err != nil || len(logs) != 4 || len(logs[0].Entries) != 3 || len(logs[1].Entries) != 1 || len(logs[2].Entries) != 0 || len(logs[3].Entries) != 0 {
			t.Fatalf("%d logs, %v", len(logs), err)
		}
		if !bytes.Equal(logs[1].Entries[0], enrolled.Log[2]) {
			t.Error("another entry")
		}
		if logs[2].Head.Seq != 3 || logs[2].Head.Hash != logs[0].Head.Hash || logs[3].Head.Seq != 0 {
			t.Error("another head")
		}
		if _, err := r.State(ctx, invitation.Profile.Person); codeOf(err) != "person_unknown" {
			t.Errorf("somebody without a log: %v", err)
		}
		states, err := r.States(ctx, browser.Person, invitation.Profile.Person)
		if err != nil || len(states) != 1 {
			t.Errorf("%d states, %v", len(states), err)
		}
		if _, err := r.Logs(ctx, make([]identity.Wanted, identity.MaxLogsAsked+1)); codeOf(err) != "too_many_logs" {
			t.Errorf("too many: %v", err)
		}
	})
}

func TestAStateIsNotChangedByWhatComesLater(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, _ := r.enrol(t, "patel")
		before, _ := r.State(ctx, browser.Person)
		second := browser.SecondDevice()
		entry := second.Sign(t, second.DeviceEntry(4, before.Head(), envelope.DeviceTrust, time.Hour))
		if _, err := r.Append(ctx, browser.Person, identity.Appending{Entry: entry}); err != nil {
			t.Fatal(err)
		}
		after, _ := r.State(ctx, browser.Person)
		if before.Seq() != 3 || after.Seq() != 4 {
			t.Errorf("%d entries before, %d after", before.Seq(), after.Seq())
		}
	})
}

func TestAVaultIsNotRolledBack(t *testing.T) {
	eachRoom(t, func(t *testing.T, r *room) {
		browser, enrolled := r.enrol(t, "patel")
		other, _ := r.enrol(t, "okafor")
		first, err := r.Vault(ctx, enrolled.Session)
		if err != nil || len(first.VaultShare) != 0 {
			t.Fatalf("the share came without the password, or %v", err)
		}
		second := browser.NextVault(t)
		if version, err := r.ReplaceVault(ctx, browser.Person, second); err != nil || version != 2 {
			t.Fatalf("version %d, %v", version, err)
		}
		for name, sealed := range map[string][]byte{"the same again": second, "the first again": first.SealedVault} {
			_, err := r.ReplaceVault(ctx, browser.Person, sealed)
			wantCode(t, name, err, "vault_moved")
		}
		third := browser.NextVault(t)
		forked := mustParse(t, third)
		forked.Previous[0] ^= 1
		_, err = r.ReplaceVault(ctx, browser.Person, mustEncode(t, forked))
		wantCode(t, "another history", err, "vault_moved")
		rotated := mustParse(t, third)
		rotated.AKGeneration++
		_, err = r.ReplaceVault(ctx, browser.Person, mustEncode(t, rotated))
		wantCode(t, "another account key", err, "vault_malformed")
		_, err = r.ReplaceVault(ctx, browser.Person, other.NextVault(t))
		wantCode(t, "somebody else's", err, "vault_malformed")
		if _, err := r.ReplaceVault(ctx, browser.Person, third); err != nil {
			t.Errorf("the third: %v", err)
		}
		if r.audited(t, audit.VaultChanged) != 2 {
			t.Error("a change was not audited")
		}
		_, unlock, err := r.Unlock(ctx, enrolled.Session, browser.AuthKey)
		if err != nil || !bytes.Equal(unlock.SealedVault, third) {
			t.Errorf("unlocking gives another vault, %v", err)
		}
	})
}

// accepted is a thread room that accepted one message of every device.
type accepted struct{}

func (accepted) LastAccepted(context.Context, id.Device) ([]envelope.LastAccepted, error) {
	return []envelope.LastAccepted{{Thread: id.Thread{1}, DeviceSeq: 7, Entry: id.Hash{2}}}, nil
}

func TestR41_TheServerRevokesAllOfALeaversDevices(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		now := clock.NewManual(start)
		keys, trust := identitytest.Found(t, db, now)
		heard := &identitytest.Heard{}
		r := &room{people: peopleRoom(db, now), db: db, clock: now, trust: trust, heard: heard,
			Service: identity.New(identity.Options{Store: db, Keys: keys.ForIdentity(), Trust: trust, Clock: now, Events: heard, Accepted: accepted{}})}
		browser, enrolled := r.enrol(t, "patel")
		second := browser.SecondDevice()
		state, _ := r.State(ctx, browser.Person)
		if _, err := r.Append(ctx, browser.Person, identity.Appending{Entry: second.Sign(t, second.DeviceEntry(4, state.Head(), envelope.DeviceTrust, time.Hour))}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // again, as after a crash
			if err := r.RevokeAll(ctx, browser.Person, envelope.RevokeLeaver); err != nil {
				t.Fatal(err)
			}
		}
		state, err := r.State(ctx, browser.Person)
		if err != nil || state.Seq() != 6 {
			t.Fatalf("%d entries, %v", state.Seq(), err)
		}
		for _, device := range state.Devices() {
			revoke, revoked := device.Revoked()
			if !revoked || revoke.Reason != envelope.RevokeLeaver || len(revoke.LastAccepted) != 1 || revoke.LastAccepted[0].DeviceSeq != 7 {
				t.Errorf("%+v", revoke)
			}
		}
		_, err = r.authenticate(enrolled.Token)
		wantCode(t, "the session", err, "not_signed_in")
		if err := r.RevokeAll(ctx, id.Person{9}, envelope.RevokeLeaver); err != nil {
			t.Errorf("somebody who never enrolled: %v", err)
		}
	})
}

func mustParse(t *testing.T, sealed []byte) *envelope.SealedVault {
	t.Helper()
	vault, err := envelope.Parse[envelope.SealedVault](sealed)
	if err != nil {
		t.Fatal(err)
	}
	return vault
}

func mustEncode(t *testing.T, object envelope.Object) []byte {
	t.Helper()
	encoded, err := envelope.Encode(object)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

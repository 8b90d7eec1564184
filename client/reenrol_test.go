package client_test

import (
	"encoding/base64"
	"slices"
	"strconv"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/store"
)

// reenrol gives somebody a new identity, as two officers and the server do: their log has it, and their vault is a new one. They sign in with the same
// password.
func (w *world) reenrol(p *person) *person {
	w.t.Helper()
	fresh := &person{w: w, userName: p.userName, secret: p.secret}
	fresh.client, fresh.wire = w.client(client.Memory{})
	key, share := w.passwordOf(fresh)
	state, err := w.server.Identity().State(w.ctx, p.Person())
	w.check(err)
	generation, _ := state.CurrentGeneration()
	seed := [32]byte{byte(state.Seq()), 1}
	own := envelope.NewSigner(seed)
	reset := &envelope.Reset{
		Person: p.Person(), Seq: state.Seq() + 1, Previous: state.Head(), Identity: own.Public(), DisplayName: state.DisplayName(), Role: state.Role(),
		Reason: envelope.ResetForgotten, Manifest: w.pin, Issued: envelope.TimeOf(w.clock.Now()),
	}
	byOwn := envelope.ByIdentity(p.Person(), own)
	stamps := []envelope.Stamp{byOwn, envelope.ByServer(envelope.PurposeBind, w.server.Keys().ForIdentity().Bind)}
	manifest := p.Manifest()
	for _, seat := range w.seats[:2] {
		at := slices.IndexFunc(manifest.Seats, func(one envelope.Seat) bool { return one.Sign == seat.Public().Sign })
		stamps = append(stamps, envelope.BySeat(manifest.Seats[at].Index, seat.Signer()))
	}
	head := w.enter(p.Person(), reset.Seq, reset, stamps...)
	next := envelope.GenerationSeed{Generation: generation.Generation + 1, Seed: [32]byte{byte(state.Seq()), 2}}
	w.enter(p.Person(), reset.Seq+1, &envelope.Generation{
		Person: p.Person(), Seq: reset.Seq + 1, Previous: head, Generation: next.Generation, Seal: envelope.NewSealPair(next.Seed).Public(), Issued: reset.Issued,
	}, byOwn)
	w.newVault(p.Person(), own, seed, next, key, share)
	w.check(w.server.Identity().EndAll(w.ctx, p.Person()))
	w.check(fresh.signIn(client.DeviceOptions{}))
	return fresh
}

// passwordOf finds out what a person's password stretches to, and the share that the server keeps beside it.
func (w *world) passwordOf(p *person) (*envelope.PasswordKey, [32]byte) {
	w.t.Helper()
	var parameters envelope.PasswordParameters
	var share [32]byte
	p.wire.bend(rule{method: "POST", path: "/v1/sign-in/parameters", body: func(m map[string]any) {
		salt, err := base64.StdEncoding.DecodeString(m["salt"].(string))
		w.check(err)
		parameters = envelope.PasswordParameters{Salt: [16]byte(salt), MemoryKiB: uint32(m["memoryKiB"].(float64)), Passes: uint32(m["passes"].(float64))}
	}})
	p.wire.bend(rule{method: "POST", path: "/v1/sign-in/code", body: func(m map[string]any) {
		raw, err := base64.StdEncoding.DecodeString(m["unlock"].(map[string]any)["vaultShare"].(string))
		w.check(err)
		share = [32]byte(raw)
	}})
	w.check(p.signIn(client.DeviceOptions{}))
	p.wire.straighten()
	key, err := envelope.StretchPassword(password, parameters)
	w.check(err)
	p.client, p.wire = w.client(client.Memory{}) // a machine that remembers nothing
	return key, share
}

// enter writes an entry into a person's log, with its leaf in the Merkle log.
func (w *world) enter(of id.Person, seq uint32, object envelope.Object, by ...envelope.Stamp) id.Hash {
	w.t.Helper()
	signed, err := envelope.SignObject(object, by...)
	w.check(err)
	hash, err := signed.Hash()
	w.check(err)
	_, appended, err := w.server.Store().AppendEntry(w.ctx,
		identity.Entry{Person: of, Seq: seq, Hash: hash, At: w.clock.Now(), Signed: bytesOf(w, signed)}, identity.Effect{},
		[]audit.Event{audit.PersonLogEntry(of, of, strconv.Itoa(int(seq)), hash, w.clock.Now())})
	w.check(err)
	if !appended {
		w.t.Fatal("the log has moved")
	}
	return hash
}

func (w *world) newVault(
	of id.Person, own *envelope.SeedSigner, seed [32]byte, generation envelope.GenerationSeed, password *envelope.PasswordKey, share [32]byte,
) {
	w.t.Helper()
	key, err := envelope.NewAccountKey(of, 9, nil)
	w.check(err)
	unlocker := id.New[id.Unlocker](id.NewSource(w.clock))
	unlockerSeed, listed, err := envelope.NewUnlocker(unlocker, envelope.UnlockerPassword, envelope.TimeOf(w.clock.Now()), nil)
	w.check(err)
	sealed, err := key.SealVault(&envelope.Vault{
		Person: of, Version: 1, ManifestVersion: 1, Manifest: w.pin, Generations: []envelope.GenerationSeed{generation}, Unlockers: []envelope.Unlocker{listed},
	}, envelope.VaultHead{}, nil)
	w.check(err)
	opened, err := key.OpenVault(sealed, envelope.VaultHead{})
	w.check(err)
	wraps, err := opened.Wrap(key, own)
	w.check(err)
	sealedIdentity, err := key.SealIdentity(seed, nil)
	w.check(err)
	blob, err := envelope.SealUnlocker(password.WrapKey(share, of, unlocker), envelope.UnlockerContext{Person: of, Unlocker: unlocker, Kind: envelope.UnlockerPassword},
		&envelope.UnlockerSecret{Seed: unlockerSeed, Identity: own.Public(), ManifestVersion: 1, Manifest: w.pin}, nil)
	w.check(err)
	hash, err := envelope.Hash(sealed)
	w.check(err)
	w.check(w.server.Store().Tx(w.ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`UPDATE vault SET ak_generation = 9, version = 1, hash = $1, sealed_vault = $2, sealed_identity = $3 WHERE person = $4`,
			hash, bytesOf(w, sealed), bytesOf(w, sealedIdentity), of); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE unlocker SET unlocker = $1, blob = $2, ak_wrap = $3 WHERE person = $4`, unlocker, bytesOf(w, blob), bytesOf(w, wraps[0]), of)
		if err != nil {
			return err
		}
		return tx.Audit(audit.Event{Kind: audit.PersonChanged, Subject: audit.About(of), At: w.clock.Now()})
	}))
}

func TestP4_SomebodyReEnrolledGetsNothingBeforeAMembersRekeyAndThenWhatWasTheirs(t *testing.T) {
	w := newWorld(t)
	anita, tom, before := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("tom.reid", "Tom Reid"), w.enrol("leila.haddad", "Dr Leila Haddad")
	whole := anita.team(tom, before) // whose add gives the history
	anita.say(whole, "hers")
	in := anita.team(tom)
	anita.say(in, "early")
	w.check(anita.Add(w.ctx, in, before.Person(), client.AddOptions{}))
	anita.say(in, "hers")
	before.sync()
	if got := before.texts(in); !slices.Equal(got, []string{"[unopened]", "hers"}) {
		t.Fatalf("at first leila reads %q", got)
	}
	memory := before.client.Memory()
	leila := w.reenrol(before)
	if _, err := before.Send(w.ctx, in, "still here?"); client.CodeOf(err) != "not_signed_in" {
		t.Errorf("the old session: %v", err)
	}
	_, err := before.elsewhere(memory, client.DeviceOptions{})
	w.refused("another identity on a machine that knows the old one", err, envelope.WrongIdentity)
	for _, thread := range []id.Thread{in, whole} {
		anita.sync()
		anita.say(thread, "between")
		w.check(anita.Grant(w.ctx, thread, leila.Person()))
	}
	if posts := anita.wire.count("POST", "/grants"); posts != 0 {
		t.Errorf("something was sealed to a new identity that nobody let in, %d times", posts)
	}
	leila.sync()
	if got := append(leila.texts(in), leila.texts(whole)...); slices.ContainsFunc(got, func(one string) bool { return one != "[unopened]" }) {
		t.Errorf("before the rekey leila reads %q", got)
	}
	if _, err := leila.Send(w.ctx, in, "let me in"); err == nil {
		t.Error("before the rekey leila sends")
	}
	if anita.view(in).Epoch != 3 {
		t.Errorf("epoch %d", anita.view(in).Epoch)
	}
	tom.sync()
	w.check(tom.Rekey(w.ctx, in, leila.Person()))
	w.check(tom.Rekey(w.ctx, whole, leila.Person()))
	w.refused("twice", tom.Rekey(w.ctx, in, leila.Person()), envelope.NotEntitled)
	tom.say(in, "after")
	leila.sync()
	if got := leila.texts(in); !slices.Equal(got, []string{"[unopened]", "hers", "[unopened]", "after"}) {
		t.Errorf("after the rekey leila reads %q", got)
	}
	if got := leila.texts(whole); !slices.Equal(got, []string{"hers", "between"}) {
		t.Errorf("where the history is theirs leila reads %q", got)
	}
	leila.say(in, "I am back.")
	anita.sync()
	changes := anita.view(in).Changes
	if last := changes[len(changes)-1]; last.Kind != "rekey" || last.By != tom.Person() || last.Target != leila.Person() {
		t.Errorf("anita is told %+v", last)
	}
	if got := anita.texts(in); got[len(got)-1] != "I am back." {
		t.Errorf("anita reads %q", got)
	}
}

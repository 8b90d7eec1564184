package identitytest

import (
	"bytes"
	"crypto/rand"
	"maps"
	"slices"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// NewPIN is a PIN to be added, for the browser's device. Nothing is stretched.
func (b *Browser) NewPIN() *identity.NewUnlocker {
	return &identity.NewUnlocker{
		Unlocker: id.New[id.Unlocker](b.ids), Kind: envelope.UnlockerPIN, Label: "This phone", PIN: &identity.NewPIN{Verifier: random(32), Share: random(32)},
	}
}

// NewPassword is another password, under the parameters of the policy.
func (b *Browser) NewPassword() *identity.NewUnlocker {
	return &identity.NewUnlocker{
		Unlocker: id.New[id.Unlocker](b.ids), Kind: envelope.UnlockerPassword,
		Password: &identity.NewPassword{AuthKey: random(32), Salt: b.Salt[:], MemoryKiB: 65536, Passes: 3, Share: random(32)},
	}
}

// NewPasskey is the unlocker of a passkey.
func (b *Browser) NewPasskey() *identity.NewUnlocker {
	return &identity.NewUnlocker{Unlocker: id.New[id.Unlocker](b.ids), Kind: envelope.UnlockerPasskey, Label: "Phone"}
}

// Unlocker is the first of the kind that the vault lists.
func (b *Browser) Unlocker(t testing.TB, kind envelope.UnlockerKind) id.Unlocker {
	t.Helper()
	for _, listed := range b.Vault.Vault.Unlockers {
		if listed.Kind == kind {
			return listed.Unlocker
		}
	}
	t.Fatalf("the vault lists no %s", kind)
	return id.Unlocker{}
}

// Change makes a change of unlockers, and the browser as it is when the server has taken that. state is the person's log; add may be nil and remove zero.
func (b *Browser) Change(t testing.TB, state *envelope.PersonState, add *identity.NewUnlocker, remove id.Unlocker) (identity.UnlockerChange, *Browser) {
	t.Helper()
	if remove.IsZero() {
		return b.changed(t, state, add, false)
	}
	return b.changed(t, state, add, true, remove)
}

// Renew makes new keys, and removes what is named.
func (b *Browser) Renew(t testing.TB, state *envelope.PersonState, remove ...id.Unlocker) (identity.UnlockerChange, *Browser) {
	t.Helper()
	return b.changed(t, state, nil, true, remove...)
}

func (b *Browser) changed(t testing.TB, state *envelope.PersonState, add *identity.NewUnlocker, renew bool, remove ...id.Unlocker) (identity.UnlockerChange, *Browser) {
	t.Helper()
	next := *b
	next.wrapKeys = maps.Clone(b.wrapKeys)
	change := identity.UnlockerChange{Remove: remove}
	vault := b.Vault.Vault
	vault.Version++
	vault.Unlockers = slices.DeleteFunc(slices.Clone(vault.Unlockers), func(u envelope.Unlocker) bool { return slices.Contains(remove, u.Unlocker) })
	if add != nil {
		change.Add = next.seal(t, add, &vault)
	}
	if renew {
		next.rotate(t, state, &vault, &change)
	}
	sealed, err := next.AK.SealVault(&vault, b.Vault.Head, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	change.Vault = encode(t, sealed)
	if next.Vault, err = next.AK.OpenVault(sealed, b.Vault.Head); err != nil {
		t.Fatal(err)
	}
	wraps, err := next.Vault.Wrap(next.AK, next.Identity)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrap := range wraps {
		if renew || parse[envelope.AKWrap](t, wrap.Object).Unlocker == add.Unlocker {
			change.Wraps = append(change.Wraps, encode(t, wrap))
		}
	}
	return change, &next
}

// seal makes the unlocker's key and blob and lists it.
func (b *Browser) seal(t testing.TB, add *identity.NewUnlocker, vault *envelope.Vault) *identity.NewUnlocker {
	t.Helper()
	made := *add
	unlockerSeed, listed, err := envelope.NewUnlocker(add.Unlocker, add.Kind, b.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	current := b.chain.Current()
	secret := &envelope.UnlockerSecret{Seed: unlockerSeed, Identity: b.Identity.Public(), ManifestVersion: current.Version, Manifest: current.Hash}
	b.wrapKeys[add.Unlocker] = seed()
	context := envelope.UnlockerContext{Person: b.Person, Unlocker: add.Unlocker, Kind: add.Kind}
	blob, err := envelope.SealUnlocker(b.wrapKeys[add.Unlocker], context, secret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made.Blob = encode(t, blob)
	vault.Unlockers = append(vault.Unlockers, listed)
	slices.SortFunc(vault.Unlockers, func(x, y envelope.Unlocker) int { return bytes.Compare(x.Unlocker[:], y.Unlocker[:]) })
	if add.Password != nil {
		b.AuthKey, b.VaultShare = add.Password.AuthKey, [32]byte(add.Password.Share)
	}
	return &made
}

// rotate makes a new account key and generation.
func (b *Browser) rotate(t testing.TB, state *envelope.PersonState, vault *envelope.Vault, change *identity.UnlockerChange) {
	t.Helper()
	var err error
	if b.AK, err = envelope.NewAccountKey(b.Person, b.AK.Generation+1, rand.Reader); err != nil {
		t.Fatal(err)
	}
	generation := vault.Generations[len(vault.Generations)-1].Generation + 1
	b.generationSeed = seed()
	b.Generation = envelope.NewSealPair(b.generationSeed)
	vault.Generations = append(slices.Clone(vault.Generations), envelope.GenerationSeed{Generation: generation, Seed: b.generationSeed})
	change.Generation = b.Sign(t, &envelope.Generation{
		Person: b.Person, Seq: state.Seq() + 1, Previous: state.Head(), Generation: generation, Seal: b.Generation.Public(), Issued: b.Now(),
	})
	sealedIdentity, err := b.AK.SealIdentity(b.identitySeed, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	change.Identity = encode(t, sealedIdentity)
}

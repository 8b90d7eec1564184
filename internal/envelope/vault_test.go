package envelope

import (
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// account is a person's vault as it is after enrolment: one password unlocker, one generation.
type account struct {
	w        *world
	owner    *staff
	key      *AccountKey
	sealed   *SealedVault
	opened   *OpenedVault
	context  UnlockerContext
	wrapKey  [32]byte
	blob     *UnlockerBlob
	wraps    []*Signed
	identity *SealedIdentity
}

func newAccount(t failer) *account {
	w := newWorld(t)
	a := &account{w: w, owner: w.enrol("Ann"), wrapKey: w.seed()}
	a.key = must(NewAccountKey(a.owner.id, 1, w.entropy))
	seed, listed, err := NewUnlocker(newID[id.Unlocker](w), UnlockerPassword, w.tick(), w.entropy)
	check(t, err)
	pin := w.manifests.Pin()
	vault := &Vault{
		Person: a.owner.id, Version: 1, ManifestVersion: pin.Version, Manifest: pin.Fingerprint, Generations: a.owner.generations,
		Unlockers: []Unlocker{listed},
	}
	a.sealed = must(a.key.SealVault(vault, VaultHead{}, w.entropy))
	a.opened = must(a.key.OpenVault(a.sealed, VaultHead{}))
	a.identity = must(a.key.SealIdentity(a.owner.identitySeed, w.entropy))
	a.context = UnlockerContext{Person: a.owner.id, Unlocker: listed.Unlocker, Kind: UnlockerPassword}
	secret := &UnlockerSecret{Seed: seed, Identity: a.owner.identity.Public(), ManifestVersion: pin.Version, Manifest: pin.Fingerprint}
	a.blob = must(SealUnlocker(a.wrapKey, a.context, secret, w.entropy))
	a.wraps = must(a.opened.Wrap(a.key, a.owner.identity))
	return a
}

// TestSignInOpensTheVault is P2: with the unlocker's key and what the server gives, nothing else.
func TestSignInOpensTheVault(t *testing.T) {
	a := newAccount(t)
	unlocker := must(OpenUnlocker(a.wrapKey, a.context, a.blob))
	key := must(unlocker.Unwrap(a.wraps[0], 0))
	vault := must(key.OpenVault(a.sealed, VaultHead{}))
	check(t, vault.CheckAccount(a.w.manifests, a.owner.state, &unlocker.UnlockerSecret))
	if vault.Vault.Generations[0] != a.owner.generations[0] || unlocker.Pin() != a.w.manifests.Pin() {
		t.Error("not what was put in")
	}
	signer := must(key.OpenIdentity(a.identity, unlocker.Identity))
	if signer.Public() != a.owner.identity.Public() {
		t.Error("another identity")
	}
}

// TestWrapUnderAnotherOwnerIsRefused is model C: a wrap of an account key that the server made, however it signs it, opens nothing.
func TestWrapUnderAnotherOwnerIsRefused(t *testing.T) {
	a := newAccount(t)
	unlocker := must(OpenUnlocker(a.wrapKey, a.context, a.blob))
	mallory := NewSigner(a.w.seed())
	theirs := must(NewAccountKey(a.owner.id, 1, a.w.entropy))
	context := &WrapContext{Person: a.owner.id, Unlocker: a.context.Unlocker, AKGeneration: 1}
	wrap := &AKWrap{
		Person: a.owner.id, Unlocker: a.context.Unlocker, AKGeneration: 1,
		Sealed: must(SealTo(a.opened.Vault.Unlockers[0].Seal, context, theirs.Secret)),
	}
	w := a.w
	for name, test := range map[string]struct {
		signed *Signed
		code   Code
	}{
		"unsigned":               {w.sign(wrap), BadSignature},
		"by another identity":    {w.sign(wrap, ByIdentity(a.owner.id, mallory)), BadSignature},
		"by the server":          {w.sign(wrap, ByServer(PurposeBind, w.server[PurposeBind])), WrongPurpose},
		"by the person's device": {w.sign(wrap, a.owner.byDevice()), WrongPurpose},
		"of another person":      {w.sign(change(wrap, func(k *AKWrap) { k.Person[0] ^= 1 }), a.owner.byIdentity()), WrongIdentity},
		"of another unlocker":    {w.sign(change(wrap, func(k *AKWrap) { k.Unlocker[0] ^= 1 }), a.owner.byIdentity()), WrongIdentity},
		"of another generation":  {w.sign(change(wrap, func(k *AKWrap) { k.AKGeneration = 2 }), a.owner.byIdentity()), WrongSecret},
		"something else":         {w.sign(w.policy, a.owner.byIdentity()), Malformed},
	} {
		_, err := unlocker.Unwrap(test.signed, 0)
		refused(t, name, err, test.code)
	}
	_, err := unlocker.Unwrap(a.wraps[0], 2)
	refused(t, "an account key from before a rotation", err, RolledBack)
	_, err = theirs.OpenVault(a.sealed, VaultHead{})
	refused(t, "the vault under another account key", err, WrongSecret)
}

// TestWrapGoesOnlyToTheListInsideTheVault is model G: a rotation wraps to what the vault lists, and there is no call that takes a list.
func TestWrapGoesOnlyToTheListInsideTheVault(t *testing.T) {
	a := newAccount(t)
	next := must(NewAccountKey(a.owner.id, 2, a.w.entropy))
	wraps := must(a.opened.Wrap(next, a.owner.identity))
	unlocker := must(OpenUnlocker(a.wrapKey, a.context, a.blob))
	if key := must(unlocker.Unwrap(wraps[0], 2)); key.Secret != next.Secret || len(wraps) != 1 {
		t.Error("the rotated key does not come back")
	}
	_, err := (&OpenedVault{Vault: a.opened.Vault}).Wrap(next, a.owner.identity)
	refused(t, "a vault that was never opened", err, WrongIdentity)
	_, err = a.opened.Wrap(must(NewAccountKey(id.Person{1}, 1, a.w.entropy)), a.owner.identity)
	refused(t, "the key of another person", err, WrongIdentity)
}

// TestVaultRollbackIsRefused: a client that knows a version takes neither an older one nor another of the same number.
func TestVaultRollbackIsRefused(t *testing.T) {
	a := newAccount(t)
	first := a.opened
	rival := must(a.key.SealVault(&first.Vault, VaultHead{}, a.w.entropy))
	vault := first.Vault
	vault.Version = 2
	second := must(a.key.SealVault(&vault, first.Head, a.w.entropy))
	opened := must(a.key.OpenVault(second, first.Head))
	for name, test := range map[string]struct {
		sealed *SealedVault
		known  VaultHead
		code   Code
	}{
		"an older version":                      {a.sealed, opened.Head, RolledBack},
		"another vault with the same version":   {rival, first.Head, RolledBack},
		"the next of another vault":             {second, VaultHead{Version: 1, Hash: must(Hash(rival))}, BrokenChain},
		"the same again":                        {second, opened.Head, ""},
		"for one who knows nothing":             {second, VaultHead{}, ""},
		"a later version's number on its cover": {change(a.sealed, func(v *SealedVault) { v.Version, v.Previous = 9, id.Hash{1} }), opened.Head, WrongSecret},
		"version 0":                             {change(a.sealed, func(v *SealedVault) { v.Version = 0 }), VaultHead{}, BrokenChain},
		"version 1 with a predecessor":          {change(a.sealed, func(v *SealedVault) { v.Previous = id.Hash{1} }), VaultHead{}, BrokenChain},
		"another person's":                      {change(a.sealed, func(v *SealedVault) { v.Person[0] ^= 1 }), VaultHead{}, WrongIdentity},
		"of another account key generation":     {change(a.sealed, func(v *SealedVault) { v.AKGeneration = 2 }), VaultHead{}, WrongIdentity},
		"with a changed ciphertext":             {change(a.sealed, func(v *SealedVault) { v.Ciphertext = append([]byte{v.Ciphertext[0] ^ 1}, v.Ciphertext[1:]...) }), VaultHead{}, WrongSecret},
	} {
		_, err := a.key.OpenVault(test.sealed, test.known)
		refused(t, name, err, test.code)
	}
	_, err := a.key.SealVault(&vault, opened.Head, a.w.entropy)
	refused(t, "sealing a version again", err, BrokenChain)
	cover := *second // the old vault under the cover of the new one, by somebody who has the account key
	cover.Ciphertext = sealGCM(a.key.derive("vault"), cover.Nonce, must(cover.context()), mustEncode(t, &first.Vault))
	_, err = a.key.OpenVault(&cover, VaultHead{})
	refused(t, "a vault that is not the one on its cover", err, BrokenChain)
}

// TestServerCannotSwapKeys is key overwriting: the sealed identity, the unlocker and the vault each belong to one person and key.
func TestServerCannotSwapKeys(t *testing.T) {
	a := newAccount(t)
	w, other := a.w, a.w.enrol("Eve")
	public := a.owner.identity.Public()
	stranger := must(a.key.SealIdentity(w.seed(), w.entropy))
	for name, test := range map[string]struct {
		sealed *SealedIdentity
		code   Code
	}{
		"another identity":             {stranger, WrongIdentity},
		"another under the right name": {change(stranger, func(s *SealedIdentity) { s.Identity = public }), WrongSecret},
		"another account key's":        {change(a.identity, func(s *SealedIdentity) { s.AKGeneration = 2 }), WrongIdentity},
		"a changed ciphertext":         {change(a.identity, func(s *SealedIdentity) { s.Ciphertext[3] ^= 1 }), WrongSecret},
	} {
		_, err := a.key.OpenIdentity(test.sealed, public)
		refused(t, name, err, test.code)
	}
	lying := &SealedIdentity{Person: a.key.Person, AKGeneration: 1, Identity: public}
	seed := w.seed()
	lying.Ciphertext = [48]byte(sealGCM(a.key.derive("identity-seed"), lying.Nonce, lying.context(), seed[:]))
	_, err := a.key.OpenIdentity(lying, public)
	refused(t, "a seed that is not the identity's", err, WrongIdentity)

	for name, test := range map[string]struct {
		code Code
		how  func(*UnlockerBlob)
	}{
		"another unlocker": {WrongIdentity, func(b *UnlockerBlob) { b.Unlocker[0] ^= 1 }},
		"another kind":     {WrongIdentity, func(b *UnlockerBlob) { b.Kind = UnlockerPIN }},
		"another person":   {WrongIdentity, func(b *UnlockerBlob) { b.Person = other.id }},
		"a changed secret": {WrongSecret, func(b *UnlockerBlob) { b.Ciphertext = append([]byte{b.Ciphertext[0] ^ 1}, b.Ciphertext[1:]...) }},
	} {
		_, err := OpenUnlocker(a.wrapKey, a.context, change(a.blob, test.how))
		refused(t, name, err, test.code)
	}
	asked := a.context
	asked.Kind = UnlockerPIN
	_, err = OpenUnlocker(a.wrapKey, asked, change(a.blob, func(b *UnlockerBlob) { b.Kind = UnlockerPIN }))
	refused(t, "a password's blob as a PIN's", err, WrongSecret)

	secret := &must(OpenUnlocker(a.wrapKey, a.context, a.blob)).UnlockerSecret
	for name, test := range map[string]struct {
		code Code
		how  func(v *OpenedVault, s *UnlockerSecret) *PersonState
	}{
		"another person's log": {WrongIdentity, func(*OpenedVault, *UnlockerSecret) *PersonState { return other.state }},
		"another identity":     {WrongIdentity, func(_ *OpenedVault, s *UnlockerSecret) *PersonState { s.Identity[0] ^= 1; return a.owner.state }},
		"a sealing key of another": {WrongIdentity, func(v *OpenedVault, _ *UnlockerSecret) *PersonState {
			v.Vault.Generations = other.generations
			return a.owner.state
		}},
		"an older manifest in the vault":   {RolledBack, func(_ *OpenedVault, s *UnlockerSecret) *PersonState { s.ManifestVersion = 2; return a.owner.state }},
		"another manifest in the unlocker": {BrokenChain, func(_ *OpenedVault, s *UnlockerSecret) *PersonState { s.Manifest[0] ^= 1; return a.owner.state }},
		"another manifest in the vault":    {BrokenChain, func(v *OpenedVault, _ *UnlockerSecret) *PersonState { v.Vault.Manifest[0] ^= 1; return a.owner.state }},
	} {
		vault, pinned := *a.opened, *secret
		state := test.how(&vault, &pinned)
		refused(t, name, vault.CheckAccount(w.manifests, state, &pinned), test.code)
	}
}

// TestVaultDoesNotUnpin: a vault that pins an older manifest than the unlocker is refused, though both are in the chain.
func TestVaultDoesNotUnpin(t *testing.T) {
	a := newAccount(t)
	a.w.newOfficers(a.w.seats)
	secret := must(OpenUnlocker(a.wrapKey, a.context, a.blob)).UnlockerSecret
	check(t, a.opened.CheckAccount(a.w.manifests, a.owner.state, &secret))
	secret.ManifestVersion, secret.Manifest = 2, a.w.manifests.Current().Hash
	refused(t, "the older pin", a.opened.CheckAccount(a.w.manifests, a.owner.state, &secret), RolledBack)
}

// TestSecretsStayOutOfLogs: keys print as what they are, not as their bytes.
func TestSecretsStayOutOfLogs(t *testing.T) {
	a := newAccount(t)
	if a.key.String() != "account key" || a.key.GoString() != "account key" {
		t.Error("an account key prints itself")
	}
	r, _, _, _ := ward(t)
	if r.epoch().Key.String() != "epoch key" || r.epoch().Key.GoString() != "epoch key" {
		t.Error("an epoch key prints itself")
	}
}

// TestPasswordParametersHaveAFloorAndACeiling is the KDF downgrade: whoever sends them.
func TestPasswordParametersHaveAFloorAndACeiling(t *testing.T) {
	for _, p := range []PasswordParameters{
		{MemoryKiB: 65535, Passes: 3}, {MemoryKiB: 1048577, Passes: 3}, {MemoryKiB: 65536, Passes: 2}, {MemoryKiB: 65536, Passes: 11}, {},
		{MemoryKiB: 1<<32 - 1, Passes: 1<<32 - 1},
	} {
		_, err := StretchPassword("correct horse", p)
		refused(t, "outside", err, WeakParameters)
	}
	for _, p := range []PasswordParameters{{MemoryKiB: 65536, Passes: 3}, {MemoryKiB: 1048576, Passes: 10}} {
		check(t, p.Check())
	}
}

func TestPasswordKeysAreApart(t *testing.T) {
	parameters := PasswordParameters{Salt: [16]byte{1}, MemoryKiB: 65536, Passes: 3}
	key := must(StretchPassword("Ångström ﬁne", parameters))
	if same := must(StretchPassword("A\u030angstro\u0308m fine", parameters)); same.AuthKey() != key.AuthKey() {
		t.Error("two spellings of one password differ")
	}
	person, unlocker := id.Person{1}, id.Unlocker{2}
	wrap := key.WrapKey([32]byte{3}, person, unlocker)
	if wrap == key.AuthKey() || wrap == key.WrapKey([32]byte{4}, person, unlocker) || wrap == key.WrapKey([32]byte{3}, id.Person{9}, unlocker) ||
		wrap == key.WrapKey([32]byte{3}, person, id.Unlocker{9}) {
		t.Error("the wrap key does not depend on share, person and unlocker")
	}
}

// TestEntropyThatFailsIsAnError: nothing is made from less than the source was asked for.
func TestEntropyThatFailsIsAnError(t *testing.T) {
	a := newAccount(t)
	dry := strings.NewReader("too short")
	r, ann, _, _ := ward(t)
	epoch, message := r.epochInput(ann), r.messageInput(ann, "x")
	epoch.Entropy, message.Entropy = dry, dry
	for name, err := range map[string]error{
		"an account key": second(NewAccountKey(id.Person{}, 1, dry)), "a vault": second(a.key.SealVault(&a.opened.Vault, VaultHead{}, dry)),
		"an identity": second(a.key.SealIdentity([32]byte{}, dry)), "an unlocker": second(SealUnlocker([32]byte{}, a.context, &UnlockerSecret{}, dry)),
		"an epoch": second(NewEpoch(epoch)), "a message": second(SealMessage(message)),
		"a note": second(r.epoch().Key.SealNote(1, "x", dry)),
	} {
		if err == nil {
			t.Errorf("%s was made without entropy", name)
		}
	}
}

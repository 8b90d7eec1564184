package envelope

import "github.com/wardline/wardline/internal/id"

// SealUnlocker seals an unlocker's secret under the key that its owner can make: section 5.3 of docs/protocol.md.
func SealUnlocker(key [32]byte, context UnlockerContext, secret *UnlockerSecret, entropy Entropy) (*UnlockerBlob, error) {
	aad, err := Encode(&context)
	if err != nil {
		return nil, err
	}
	blob := &UnlockerBlob{Person: context.Person, Unlocker: context.Unlocker, Kind: context.Kind}
	if err := draw(entropy, blob.Nonce[:]); err != nil {
		return nil, err
	}
	blob.Ciphertext = sealGCM(key, blob.Nonce, aad, fixedBytes(secret))
	return blob, nil
}

// OpenedUnlocker is an unlocker's secret, with the unlocker it belongs to.
type OpenedUnlocker struct {
	UnlockerSecret
	context UnlockerContext
}

// OpenUnlocker opens an unlocker's secret. Context is what the client asked for, not what the server says it sent.
func OpenUnlocker(key [32]byte, context UnlockerContext, blob *UnlockerBlob) (*OpenedUnlocker, error) {
	if (UnlockerContext{Person: blob.Person, Unlocker: blob.Unlocker, Kind: blob.Kind}) != context {
		return nil, refuse(WrongIdentity, "another unlocker than the one that was asked for")
	}
	aad, err := Encode(&context)
	if err != nil {
		return nil, err
	}
	plain, err := openGCM(key, blob.Nonce, aad, blob.Ciphertext, WrongSecret)
	if err != nil {
		return nil, err
	}
	secret, err := Parse[UnlockerSecret](plain)
	if err != nil {
		return nil, err
	}
	return &OpenedUnlocker{UnlockerSecret: *secret, context: context}, nil
}

// Wrap seals an account key to every unlocker that the vault lists, signed by the identity. There is no other way to wrap one: a list
// from anywhere but the vault could hold a key of somebody else's.
func (v *OpenedVault) Wrap(key *AccountKey, identity Signer) ([]*Signed, error) {
	if key.Person != v.Vault.Person || v.Head.Version == 0 {
		return nil, refuse(WrongIdentity, "the vault of another person, or one that was never opened")
	}
	wraps := make([]*Signed, 0, len(v.Vault.Unlockers))
	for _, unlocker := range v.Vault.Unlockers {
		context := &WrapContext{Person: key.Person, Unlocker: unlocker.Unlocker, AKGeneration: key.Generation}
		sealed, err := SealTo(unlocker.Seal, context, key.Secret)
		if err != nil {
			return nil, err
		}
		wrap := &AKWrap{Person: key.Person, Unlocker: unlocker.Unlocker, AKGeneration: key.Generation, Sealed: sealed}
		signed, err := SignObject(wrap, ByIdentity(key.Person, identity))
		if err != nil {
			return nil, err
		}
		wraps = append(wraps, signed)
	}
	return wraps, nil
}

// Unwrap opens an account key. The wrap counts only with the signature of the identity inside the unlocker's own secret, which is checked
// before anything is opened: a wrap that the server made would hand the client an account key of the server's. AtLeast is the newest AK
// generation that the client knows of, 0 for none.
func (u *OpenedUnlocker) Unwrap(signed *Signed, atLeast uint32) (*AccountKey, error) {
	wrap, err := Open[AKWrap](signed)
	if err != nil {
		return nil, err
	}
	if wrap.Person != u.context.Person || wrap.Unlocker != u.context.Unlocker {
		return nil, refuse(WrongIdentity, "a wrap for another person or unlocker")
	}
	if err := signed.verify(needIdentity(u.context.Person, u.Identity)); err != nil {
		return nil, err
	}
	if wrap.AKGeneration < atLeast {
		return nil, refuse(RolledBack, "an older account key than the one that is known")
	}
	context := &WrapContext{Person: wrap.Person, Unlocker: wrap.Unlocker, AKGeneration: wrap.AKGeneration}
	secret, err := NewSealPair(u.Seed).OpenFrom(context, wrap.Sealed)
	if err != nil {
		return nil, err
	}
	return &AccountKey{Person: wrap.Person, Generation: wrap.AKGeneration, Secret: secret}, nil
}

// Pin is the manifest that was pinned when the unlocker was made.
func (u *UnlockerSecret) Pin() Pin { return Pin{Version: u.ManifestVersion, Fingerprint: u.Manifest} }

// NewUnlocker makes an unlocker's key and the entry that the vault lists it by.
func NewUnlocker(unlocker id.Unlocker, kind UnlockerKind, added Time, entropy Entropy) (seed [32]byte, listed Unlocker, err error) {
	if err := draw(entropy, seed[:]); err != nil {
		return seed, listed, err
	}
	return seed, Unlocker{Unlocker: unlocker, Kind: kind, Seal: NewSealPair(seed).Public(), Added: added}, nil
}

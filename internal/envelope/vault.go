package envelope

import (
	"encoding/binary"

	"github.com/wardline/wardline/internal/id"
)

// AccountKey is AK: the key over a person's vault.
type AccountKey struct {
	Person     id.Person
	Generation uint32
	Secret     [32]byte
}

// VaultHead is the newest vault that somebody knows of. The zero head knows of none.
type VaultHead struct {
	Version uint64
	Hash    id.Hash
}

// OpenedVault is a vault that came out of AK, or is about to go in. Only what came from [AccountKey.OpenVault] can be wrapped to.
type OpenedVault struct {
	Vault Vault
	Head  VaultHead
}

// NewAccountKey draws an account key. The first generation is 1; a rotation counts up.
func NewAccountKey(person id.Person, generation uint32, entropy Entropy) (*AccountKey, error) {
	key := &AccountKey{Person: person, Generation: generation}
	if err := draw(entropy, key.Secret[:]); err != nil {
		return nil, err
	}
	return key, nil
}

// String and GoString keep the secret out of logs.
func (k *AccountKey) String() string { return "account key" }

// GoString implements fmt.GoStringer.
func (k *AccountKey) GoString() string { return k.String() }

// SealVault seals the next version: section 5.2 of docs/protocol.md. Previous is the head it follows, zero for version 1.
func (k *AccountKey) SealVault(vault *Vault, previous VaultHead, entropy Entropy) (*SealedVault, error) {
	if vault.Person != k.Person || vault.Version != previous.Version+1 {
		return nil, refuse(BrokenChain, "the vault does not follow")
	}
	plain, err := Encode(vault)
	if err != nil {
		return nil, err
	}
	sealed := &SealedVault{
		Person: k.Person, AKGeneration: k.Generation, Version: vault.Version, Previous: previous.Hash,
	}
	if err := draw(entropy, sealed.Nonce[:]); err != nil {
		return nil, err
	}
	aad, err := sealed.context()
	if err != nil {
		return nil, err
	}
	sealed.Ciphertext = sealGCM(k.derive("vault"), sealed.Nonce, aad, plain)
	if _, err := Encode(sealed); err != nil { // too long to be read again
		return nil, err
	}
	return sealed, nil
}

// OpenVault opens a vault and refuses one that is older than, or does not follow from, the newest that the client knows of.
func (k *AccountKey) OpenVault(sealed *SealedVault, known VaultHead) (*OpenedVault, error) {
	hash, err := Hash(sealed)
	if err != nil {
		return nil, err
	}
	switch {
	case sealed.Person != k.Person || sealed.AKGeneration != k.Generation:
		return nil, refuse(WrongIdentity, "the vault of another person or another account key")
	case sealed.Version < known.Version, sealed.Version == known.Version && known.Version > 0 && hash != known.Hash:
		return nil, refuse(RolledBack, "older than, or other than, the vault that is known")
	case sealed.Version == known.Version+1 && sealed.Previous != known.Hash && known.Version > 0,
		sealed.Version < 1, (sealed.Version == 1) != sealed.Previous.IsZero():
		return nil, refuse(BrokenChain, "the vault does not follow")
	}
	aad, err := sealed.context()
	if err != nil {
		return nil, err
	}
	plain, err := openGCM(k.derive("vault"), sealed.Nonce, aad, sealed.Ciphertext, WrongSecret)
	if err != nil {
		return nil, err
	}
	vault, err := Parse[Vault](plain)
	if err != nil {
		return nil, err
	}
	if vault.Person != sealed.Person || vault.Version != sealed.Version {
		return nil, refuse(BrokenChain, "the vault is not the one that its cover names")
	}
	return &OpenedVault{Vault: *vault, Head: VaultHead{Version: sealed.Version, Hash: hash}}, nil
}

// SealIdentity seals the seed of the identity key apart from the vault.
func (k *AccountKey) SealIdentity(seed [32]byte, entropy Entropy) (*SealedIdentity, error) {
	sealed := &SealedIdentity{Person: k.Person, AKGeneration: k.Generation, Identity: NewSigner(seed).Public()}
	if err := draw(entropy, sealed.Nonce[:]); err != nil {
		return nil, err
	}
	sealed.Ciphertext = [48]byte(sealGCM(k.derive("identity-seed"), sealed.Nonce, sealed.context(), seed[:]))
	return sealed, nil
}

// OpenIdentity opens the identity key, to sign a log entry or a wrap and then to be dropped. Identity is the key that the person is known
// by; what is sealed must be that key, so that a server cannot slip in another.
func (k *AccountKey) OpenIdentity(sealed *SealedIdentity, identity [32]byte) (*SeedSigner, error) {
	if sealed.Person != k.Person || sealed.AKGeneration != k.Generation || sealed.Identity != identity {
		return nil, refuse(WrongIdentity, "another identity than the person's")
	}
	seed, err := openGCM(k.derive("identity-seed"), sealed.Nonce, sealed.context(), sealed.Ciphertext[:], WrongSecret)
	if err != nil {
		return nil, err
	}
	signer := NewSigner([32]byte(seed))
	if signer.Public() != identity {
		return nil, refuse(WrongIdentity, "the seed is not that of the identity")
	}
	return signer, nil
}

// MoveIdentity seals the identity's seed, which is sealed under this key, under the next one.
func (k *AccountKey) MoveIdentity(sealed *SealedIdentity, identity [32]byte, next *AccountKey, entropy Entropy) (*SealedIdentity, error) {
	signer, err := k.OpenIdentity(sealed, identity)
	if err != nil {
		return nil, err
	}
	return next.SealIdentity([32]byte(signer.key.Seed()), entropy)
}

// CheckAccount holds an opened vault against the person's verified log and the secret of the unlocker that opened it: same person, same
// identity, no older manifest, and the sealing keys that the log certifies. A vault that passes was made by the person.
func (v *OpenedVault) CheckAccount(manifests *Manifests, state *PersonState, secret *UnlockerSecret) error {
	switch {
	case v.Vault.Person != state.Person() || state.Identity() != secret.Identity:
		return refuse(WrongIdentity, "not the identity that the unlocker holds")
	case v.Vault.ManifestVersion < secret.ManifestVersion:
		return refuse(RolledBack, "the vault pins an older manifest than the unlocker")
	}
	for _, pin := range []Pin{{secret.ManifestVersion, secret.Manifest}, {v.Vault.ManifestVersion, v.Vault.Manifest}} {
		if err := manifests.CheckPin(pin); err != nil {
			return err
		}
	}
	for _, seed := range v.Vault.Generations {
		key, ok := state.GenerationKey(seed.Generation)
		if !ok || NewSealPair(seed.Seed).Public() != key.Seal {
			return refuse(WrongIdentity, "a sealing key that the person's log does not certify")
		}
	}
	return nil
}

func (k *AccountKey) derive(label string) [32]byte {
	return kdf32(k.Secret[:], nil, label, binary.BigEndian.AppendUint32(k.Person.Bytes(), k.Generation))
}

func (v *SealedVault) context() ([]byte, error) {
	return Encode(&VaultContext{Person: v.Person, AKGeneration: v.AKGeneration, Version: v.Version, Previous: v.Previous})
}

func (s *SealedIdentity) context() []byte {
	return fixedBytes(&IdentityContext{Person: s.Person, AKGeneration: s.AKGeneration, Identity: s.Identity})
}

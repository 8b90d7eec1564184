package envelope

import "github.com/wardline/wardline/internal/id"

// UnlockerKind is how a vault is opened.
type UnlockerKind uint8

// The kinds.
const (
	UnlockerPassword UnlockerKind = 1
	UnlockerPasskey  UnlockerKind = 2
	UnlockerPIN      UnlockerKind = 3
)

var unlockerKinds = labels{"password", "passkey", "pin"}

// String is the word of the layout.
func (k UnlockerKind) String() string { return unlockerKinds.word(uint8(k)) }

// GenerationSeed is the seed of one of the person's sealing keys.
type GenerationSeed struct {
	Generation uint32
	Seed       [32]byte
}

func (g *GenerationSeed) fields(c codec) {
	c.u32("generation", &g.Generation)
	c.fixed("seed", g.Seed[:])
}

// Unlocker is one way to open the vault, as the vault itself lists it.
type Unlocker struct {
	Unlocker id.Unlocker
	Kind     UnlockerKind
	Seal     SealKey
	Added    Time
}

func (u *Unlocker) fields(c codec) {
	c.fixed("unlocker", u.Unlocker[:])
	c.enum("kind", unlockerKinds, (*uint8)(&u.Kind))
	c.fixed("seal", u.Seal[:])
	c.time("added", &u.Added)
}

// Bookmark is the newest state of a thread that the person has seen.
type Bookmark struct {
	Thread         id.Thread
	MembershipSeq  uint32
	MembershipHead id.Hash
	Epoch          uint32
	Seq            uint64
	LogHash        id.Hash
}

func (b *Bookmark) fields(c codec) {
	c.fixed("thread", b.Thread[:])
	c.u32("membershipSeq", &b.MembershipSeq)
	c.fixed("membershipHead", b.MembershipHead[:])
	c.u32("epoch", &b.Epoch)
	c.u64("seq", &b.Seq)
	c.fixed("logHash", b.LogHash[:])
}

// Vault is what a person's account key protects.
type Vault struct {
	Person          id.Person
	Version         uint64
	ManifestVersion uint32
	Manifest        id.Hash
	Generations     []GenerationSeed
	Unlockers       []Unlocker
	Bookmarks       []Bookmark
}

// Type implements [Object].
func (*Vault) Type() Type { return TypeVault }

func (v *Vault) fields(c codec) {
	c.fixed("person", v.Person[:])
	c.u64("version", &v.Version)
	c.u32("manifestVersion", &v.ManifestVersion)
	c.fixed("manifest", v.Manifest[:])
	list(c, "generations", 256, []string{"generation"}, &v.Generations)
	list(c, "unlockers", 16, []string{"unlocker"}, &v.Unlockers)
	list(c, "bookmarks", 4096, []string{"thread"}, &v.Bookmarks)
}

// VaultContext is the additional data under which a vault is sealed.
type VaultContext struct {
	Person       id.Person
	AKGeneration uint32
	Version      uint64
	Previous     id.Hash
}

// Type implements [Object].
func (*VaultContext) Type() Type { return TypeVaultContext }

func (v *VaultContext) fields(c codec) {
	c.fixed("person", v.Person[:])
	c.u32("akGeneration", &v.AKGeneration)
	c.u64("version", &v.Version)
	c.fixed("previous", v.Previous[:])
}

// SealedVault is a vault as the server keeps it.
type SealedVault struct {
	Person       id.Person
	AKGeneration uint32
	Version      uint64
	Previous     id.Hash
	Nonce        [12]byte
	Ciphertext   []byte
}

// Type implements [Object].
func (*SealedVault) Type() Type { return TypeSealedVault }

func (v *SealedVault) fields(c codec) {
	c.fixed("person", v.Person[:])
	c.u32("akGeneration", &v.AKGeneration)
	c.u64("version", &v.Version)
	c.fixed("previous", v.Previous[:])
	c.fixed("nonce", v.Nonce[:])
	c.bytes("ciphertext", 1040000, &v.Ciphertext)
}

// IdentityContext is the additional data under which an identity seed is sealed. Identity is the public key.
type IdentityContext struct {
	Person       id.Person
	AKGeneration uint32
	Identity     [32]byte
}

// Type implements [Object].
func (*IdentityContext) Type() Type { return TypeIdentityContext }

func (i *IdentityContext) fields(c codec) {
	c.fixed("person", i.Person[:])
	c.u32("akGeneration", &i.AKGeneration)
	c.fixed("identity", i.Identity[:])
}

// SealedIdentity is an identity seed as the server keeps it.
type SealedIdentity struct {
	Person       id.Person
	AKGeneration uint32
	Identity     [32]byte
	Nonce        [12]byte
	Ciphertext   [48]byte
}

// Type implements [Object].
func (*SealedIdentity) Type() Type { return TypeSealedIdentity }

func (s *SealedIdentity) fields(c codec) {
	c.fixed("person", s.Person[:])
	c.u32("akGeneration", &s.AKGeneration)
	c.fixed("identity", s.Identity[:])
	c.fixed("nonce", s.Nonce[:])
	c.fixed("ciphertext", s.Ciphertext[:])
}

// UnlockerSecret is what an unlocker's owner can open: the key that AK is sealed to, and what the owner trusts.
type UnlockerSecret struct {
	Seed            [32]byte
	Identity        [32]byte
	ManifestVersion uint32
	Manifest        id.Hash
}

// Type implements [Object].
func (*UnlockerSecret) Type() Type { return TypeUnlockerSecret }

func (u *UnlockerSecret) fields(c codec) {
	c.fixed("seed", u.Seed[:])
	c.fixed("identity", u.Identity[:])
	c.u32("manifestVersion", &u.ManifestVersion)
	c.fixed("manifest", u.Manifest[:])
}

// UnlockerContext is the additional data under which an unlocker secret is sealed.
type UnlockerContext struct {
	Person   id.Person
	Unlocker id.Unlocker
	Kind     UnlockerKind
}

// Type implements [Object].
func (*UnlockerContext) Type() Type { return TypeUnlockerContext }

func (u *UnlockerContext) fields(c codec) {
	c.fixed("person", u.Person[:])
	c.fixed("unlocker", u.Unlocker[:])
	c.enum("kind", unlockerKinds, (*uint8)(&u.Kind))
}

// UnlockerBlob is an unlocker secret as the server keeps it.
type UnlockerBlob struct {
	Person     id.Person
	Unlocker   id.Unlocker
	Kind       UnlockerKind
	Nonce      [12]byte
	Ciphertext []byte
}

// Type implements [Object].
func (*UnlockerBlob) Type() Type { return TypeUnlockerBlob }

func (u *UnlockerBlob) fields(c codec) {
	c.fixed("person", u.Person[:])
	c.fixed("unlocker", u.Unlocker[:])
	c.enum("kind", unlockerKinds, (*uint8)(&u.Kind))
	c.fixed("nonce", u.Nonce[:])
	c.bytes("ciphertext", 512, &u.Ciphertext)
}

// WrapContext is the HPKE info under which AK is sealed to an unlocker.
type WrapContext struct {
	Person       id.Person
	Unlocker     id.Unlocker
	AKGeneration uint32
}

// Type implements [Object].
func (*WrapContext) Type() Type { return TypeWrapContext }

func (w *WrapContext) fields(c codec) {
	c.fixed("person", w.Person[:])
	c.fixed("unlocker", w.Unlocker[:])
	c.u32("akGeneration", &w.AKGeneration)
}

// AKWrap is AK sealed to an unlocker. It counts only with the signature of the identity in that unlocker's secret.
type AKWrap struct {
	Person       id.Person
	Unlocker     id.Unlocker
	AKGeneration uint32
	Sealed       [1168]byte
}

// Type implements [Object].
func (*AKWrap) Type() Type { return TypeAKWrap }

func (w *AKWrap) fields(c codec) {
	c.fixed("person", w.Person[:])
	c.fixed("unlocker", w.Unlocker[:])
	c.u32("akGeneration", &w.AKGeneration)
	c.fixed("sealed", w.Sealed[:])
}

package client

import (
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// unlockBody is what a server releases to open a vault. Nothing in it is believed.
type unlockBody struct {
	VaultShare     []byte   `json:"vaultShare"`
	UnlockerBlob   []byte   `json:"unlockerBlob"`
	AKWrap         []byte   `json:"akWrap"`
	SealedVault    []byte   `json:"sealedVault"`
	SealedIdentity []byte   `json:"sealedIdentity"`
	Log            [][]byte `json:"log"`
	Manifests      [][]byte `json:"manifests"`
	Policy         []byte   `json:"policy"`
}

// secrets are what locking drops.
type secrets struct {
	key            *envelope.AccountKey
	vault          envelope.Vault
	head           envelope.VaultHead
	sealedIdentity *envelope.SealedIdentity
	pairs          map[uint32]*envelope.SealPair // by generation
}

// ground is what was verified and is no secret: what everything else is held against.
type ground struct {
	manifests *envelope.Manifests
	policy    *envelope.Policy
	self      *envelope.PersonState
	identity  [32]byte
}

// open goes from a stretched password to an opened vault, and refuses whatever is not this person's own, or older than what is known.
func (c *Client) open(userName string, person id.Person, password *envelope.PasswordKey, u *unlockBody) (*secrets, *ground, error) {
	known, remembered := c.account(userName)
	if remembered && known.Person != person {
		return nil, nil, refuse(envelope.WrongIdentity, "another person than the one who signed in here before")
	}
	unlocker, err := openUnlocker(person, password, u)
	if err != nil {
		return nil, nil, err
	}
	if remembered && unlocker.Identity != known.Identity {
		return nil, nil, refuse(envelope.WrongIdentity, "another identity than the one that is known here")
	}
	g := &ground{identity: unlocker.Identity}
	if g.manifests, g.policy, err = c.readManifests(unlocker.Pin(), u.Manifests, u.Policy); err != nil {
		return nil, nil, err
	}
	if g.self, err = verifyLog(g.manifests, person, u.Log); err != nil {
		return nil, nil, err
	}
	if remembered && (g.self.Seq() < known.LogSeq || !g.self.HasHead(known.LogHead)) {
		return nil, nil, refuse(envelope.RolledBack, "an older log of this person than the one that is known here")
	}
	opened, err := openSecrets(unlocker, u, known)
	if err != nil {
		return nil, nil, err
	}
	if err := opened.check(unlocker, g, u.UnlockerBlob); err != nil {
		return nil, nil, err
	}
	c.remember(userName, opened.account(g), g.manifests.Pin())
	return opened, g, nil
}

func openUnlocker(person id.Person, password *envelope.PasswordKey, u *unlockBody) (*envelope.OpenedUnlocker, error) {
	blob, err := envelope.Parse[envelope.UnlockerBlob](u.UnlockerBlob)
	if err != nil {
		return nil, err
	}
	if len(u.VaultShare) != 32 {
		return nil, refuse(envelope.Malformed, "the vault share is not 32 bytes")
	}
	context := envelope.UnlockerContext{Person: person, Unlocker: blob.Unlocker, Kind: envelope.UnlockerPassword}
	return envelope.OpenUnlocker(password.WrapKey([32]byte(u.VaultShare), person, blob.Unlocker), context, blob)
}

func openSecrets(unlocker *envelope.OpenedUnlocker, u *unlockBody, known Account) (*secrets, error) {
	wrap, err := envelope.Parse[envelope.Signed](u.AKWrap)
	if err != nil {
		return nil, err
	}
	opened := &secrets{}
	if opened.key, err = unlocker.Unwrap(wrap, known.AKGeneration); err != nil {
		return nil, err
	}
	if opened.sealedIdentity, err = envelope.Parse[envelope.SealedIdentity](u.SealedIdentity); err != nil {
		return nil, err
	}
	return opened, opened.read(u.SealedVault, known.Vault)
}

// read opens a sealed vault that is not older than the one that is known.
func (s *secrets) read(sealed []byte, known envelope.VaultHead) error {
	parsed, err := envelope.Parse[envelope.SealedVault](sealed)
	if err != nil {
		return err
	}
	vault, err := s.key.OpenVault(parsed, known)
	if err != nil {
		return err
	}
	s.adopt(vault)
	return nil
}

func (s *secrets) adopt(vault *envelope.OpenedVault) {
	s.vault, s.head = vault.Vault, vault.Head
	s.pairs = map[uint32]*envelope.SealPair{}
	for _, seed := range vault.Vault.Generations {
		s.pairs[seed.Generation] = envelope.NewSealPair(seed.Seed)
	}
}

// check holds the vault against the log and the unlocker that opened it, which the vault must list with this very key.
func (s *secrets) check(unlocker *envelope.OpenedUnlocker, g *ground, blob []byte) error {
	vault := envelope.OpenedVault{Vault: s.vault, Head: s.head}
	if err := vault.CheckAccount(g.manifests, g.self, &unlocker.UnlockerSecret); err != nil {
		return err
	}
	parsed, err := envelope.Parse[envelope.UnlockerBlob](blob)
	if err != nil {
		return err
	}
	seal := envelope.NewSealPair(unlocker.Seed).Public()
	listed := slices.ContainsFunc(s.vault.Unlockers, func(one envelope.Unlocker) bool { return one.Unlocker == parsed.Unlocker && one.Seal == seal })
	if !listed {
		return refuse(envelope.WrongIdentity, "the vault does not list the unlocker that opened it")
	}
	return nil
}

func (s *secrets) account(g *ground) Account {
	return Account{
		Person: s.key.Person, Identity: g.identity, AKGeneration: s.key.Generation, Vault: s.head, LogSeq: g.self.Seq(), LogHead: g.self.Head(),
	}
}

package identity

import (
	"context"
	"slices"
	"strconv"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Unlock is what a browser needs to open its person's vault. Every part but the share is also to be had without the password.
type Unlock struct {
	// VaultShare is empty where it is not released.
	VaultShare     []byte
	UnlockerBlob   []byte
	AKWrap         []byte
	SealedVault    []byte
	SealedIdentity []byte
	Log            [][]byte
	Manifests      [][]byte
	Policy         []byte
}

var (
	errVaultMoved = fault.New(fault.Stale, "vault_moved", "Your keys were changed from another device. Please try again.")
	errVault      = fault.New(fault.Invalid, "vault_malformed", "These are not your keys.")
	errNoVault    = fault.New(fault.NotFound, "vault_missing", "There are no keys yet.")
)

// Vault is the person's own vault, without the share.
func (s *Service) Vault(ctx context.Context, person id.Person) (Unlock, error) {
	account, found, err := s.store.AccountOf(ctx, person)
	if err != nil {
		return Unlock{}, err
	}
	if !found {
		return Unlock{}, errNoVault
	}
	return s.unlockOf(ctx, account, false)
}

// ReplaceVault stores the next version of a vault, which names the hash of the one it replaces: a browser that worked from an older one is
// told so, and nothing that another browser saved is lost.
func (s *Service) ReplaceVault(ctx context.Context, person id.Person, sealed []byte) (version uint64, err error) {
	next, err := envelope.Parse[envelope.SealedVault](sealed)
	if err != nil {
		return 0, err
	}
	if next.Person != person {
		return 0, errVault.With("field", "person")
	}
	present, _, found, err := s.store.Vault(ctx, person)
	switch {
	case err != nil:
		return 0, err
	case !found:
		return 0, errNoVault
	case next.Version != present.Version+1:
		return 0, errVaultMoved.With("version", present.Version)
	case next.AKGeneration != present.AKGeneration:
		return 0, errVault.With("field", "akGeneration")
	}
	hash, err := envelope.HashBytes(sealed)
	if err != nil {
		return 0, err
	}
	stored := StoredVault{
		Person: person, AKGeneration: next.AKGeneration, Version: next.Version, Hash: hash, SealedVault: sealed, SealedIdentity: present.SealedIdentity,
	}
	event := audit.Event{Kind: audit.VaultChanged, Actor: person, Subject: audit.About(person), At: s.now(),
		Details: map[string]string{"version": strconv.FormatUint(next.Version, 10), "hash": hash.String()}}
	replaced, err := s.store.ReplaceVault(ctx, stored, next.Previous, event)
	if err != nil {
		return 0, err
	}
	if !replaced {
		return 0, errVaultMoved
	}
	return next.Version, nil
}

// unlockOf gathers what opens a vault. share releases the vault share, which is for after both factors only.
func (s *Service) unlockOf(ctx context.Context, account Account, share bool) (Unlock, error) {
	vault, unlockers, found, err := s.store.Vault(ctx, account.Person)
	if err != nil {
		return Unlock{}, err
	}
	password := slices.IndexFunc(unlockers, func(u StoredUnlocker) bool { return u.Kind == envelope.UnlockerPassword })
	if !found || password < 0 {
		return Unlock{}, errNoVault
	}
	log, err := s.store.PersonLog(ctx, account.Person, 0)
	if err != nil {
		return Unlock{}, err
	}
	unlock := Unlock{
		UnlockerBlob: unlockers[password].Blob, AKWrap: unlockers[password].AKWrap, SealedVault: vault.SealedVault,
		SealedIdentity: vault.SealedIdentity, Log: log, Manifests: s.trust.Signed, Policy: s.trust.PolicyObject,
	}
	if share {
		unlock.VaultShare, err = s.keys.Login.Open(useVaultShare, account.Person[:], account.VaultShare)
	}
	return unlock, err
}

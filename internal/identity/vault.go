package identity

import (
	"context"
	"strconv"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

var (
	errVaultMoved = fault.New(fault.Stale, "vault_moved", "Your keys were changed from another device. Please try again.")
	errVault      = fault.New(fault.Invalid, "vault_malformed", "The keys that were sent are not those of this account. Nothing was changed. Please load the page again.")
	errNoVault    = fault.New(fault.NotFound, "vault_missing", "This account has no keys yet. Please set it up with your one-time link.")
)

// Vault is the vault of a session's person, with the unlocker that opened the session if it is still there, and no share.
func (s *Service) Vault(ctx context.Context, session Session) (Unlock, error) {
	anyone := func(StoredUnlocker) bool { return true }
	return s.unlockBy(ctx, session.Person, isUnlocker(session.Unlocker), isKind(envelope.UnlockerPassword), anyone)
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

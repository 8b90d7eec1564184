package identity

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Unlock is what a browser needs to open its person's vault. Every part but the shares is also to be had in an open session.
type Unlock struct {
	// Unlocker is whose blob and wrap these are.
	Unlocker id.Unlocker
	Kind     envelope.UnlockerKind
	// VaultShare belongs to a password and PINShare to a PIN. Each is empty where it is not released.
	VaultShare     []byte
	PINShare       []byte
	Stretching     *Stretching // of a password
	UnlockerBlob   []byte
	AKWrap         []byte
	SealedVault    []byte
	SealedIdentity []byte
	Log            [][]byte
	Manifests      [][]byte
	Policy         []byte
}

// proofLife is how long after proving themselves in full a person may change how they sign in.
const proofLife = 10 * time.Minute

// ErrProofNeeded asks a person who has been signed in for a while to prove themselves again.
var ErrProofNeeded = fault.New(fault.Forbidden, "proof_needed", "Please confirm that it is you.")

// proved refuses a session whose person has not proved themselves in full for a while.
func (s *Service) proved(session Session) error {
	if s.now().Sub(session.ProvedAt) >= proofLife {
		return ErrProofNeeded
	}
	return nil
}

// openSession opens a session for one of the person's unlockers, and releases what that opens. release is called in the same transaction.
func (s *Service) openSession(ctx context.Context, session Session, proved bool, release func(context.Context) (Unlock, error)) (Session, Unlock, error) {
	now := s.now()
	var unlock Unlock
	err := s.store.Atomically(ctx, func(ctx context.Context) (err error) {
		if unlock, err = release(ctx); err != nil {
			return err
		}
		event := audit.Event{Kind: audit.Unlock, Actor: session.Person, Subject: audit.About(session.Person, session.ID), At: now,
			Details: map[string]string{"by": unlock.Kind.String()}}
		opening := Opening{Session: session.ID, Person: session.Person, Unlocker: unlock.Unlocker, At: now, Proved: proved}
		opened, err := s.store.UnlockSession(ctx, opening, event)
		if err == nil && !opened {
			err = ErrNotSignedIn
		}
		return err
	})
	if err != nil {
		return Session{}, Unlock{}, err
	}
	session.Locked, session.Unlocker = false, unlock.Unlocker
	if proved {
		session.ProvedAt = now
	}
	return session, unlock, nil
}

// stillThePassword refuses when the password was changed since the account was read: what was compared counts for nothing then.
func (s *Service) stillThePassword(ctx context.Context, read Account) error {
	now, found, err := s.store.AccountOf(ctx, read.Person)
	if err == nil && (!found || !bytes.Equal(now.AuthKey, read.AuthKey)) {
		err = errPasswordWrong
	}
	return err
}

func isKind(kind envelope.UnlockerKind) func(StoredUnlocker) bool {
	return func(u StoredUnlocker) bool { return u.Kind == kind }
}

func isUnlocker(unlocker id.Unlocker) func(StoredUnlocker) bool {
	return func(u StoredUnlocker) bool { return u.Unlocker == unlocker }
}

// unlockByPassword is for whoever has proved themselves: the share is released.
func (s *Service) unlockByPassword(ctx context.Context, person id.Person) (Unlock, error) {
	account, found, err := s.store.AccountOf(ctx, person)
	if err == nil && !found {
		err = errNoVault
	}
	if err != nil {
		return Unlock{}, err
	}
	unlock, err := s.unlockBy(ctx, person, isKind(envelope.UnlockerPassword))
	if err != nil {
		return Unlock{}, err
	}
	unlock.Stretching = &Stretching{Salt: account.Salt, MemoryKiB: account.MemoryKiB, Passes: account.Passes}
	unlock.VaultShare, err = s.keys.Login.Open(useVaultShare, person[:], account.VaultShare)
	return unlock, err
}

// unlockBy gathers what opens a vault, for the first unlocker that fits, in the order of the wishes. It has no share.
func (s *Service) unlockBy(ctx context.Context, person id.Person, fits ...func(StoredUnlocker) bool) (Unlock, error) {
	vault, unlockers, found, err := s.store.Vault(ctx, person)
	if err != nil {
		return Unlock{}, err
	}
	at := -1
	for n := 0; n < len(fits) && at < 0; n++ {
		at = slices.IndexFunc(unlockers, fits[n])
	}
	if !found || at < 0 {
		return Unlock{}, errNoVault
	}
	log, err := s.store.PersonLog(ctx, person, 0)
	if err != nil {
		return Unlock{}, err
	}
	return Unlock{
		Unlocker: unlockers[at].Unlocker, Kind: unlockers[at].Kind, UnlockerBlob: unlockers[at].Blob, AKWrap: unlockers[at].AKWrap,
		SealedVault: vault.SealedVault, SealedIdentity: vault.SealedIdentity, Log: log, Manifests: s.trust.Signed, Policy: s.trust.PolicyObject,
	}, nil
}

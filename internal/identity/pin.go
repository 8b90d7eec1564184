package identity

import (
	"context"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// PINTries is how many wrong PINs in a row destroy a PIN.
const PINTries = 10

var (
	errPINWrong = fault.New(fault.Unauthenticated, "pin_wrong", "That PIN is not right.")
	errPINGone  = fault.New(fault.Gone, "pin_gone", "This device has no PIN any more. Please use your password or a passkey.")
)

// UnlockPIN opens a locked session of a device that has a PIN, and releases the share that opens the vault with it. A PIN signs nobody in, and it is no
// proof that lets its person change how they sign in (R24).
//
// The try is spent, and that is committed, before anything is compared: whoever stops the server in between has one try less.
func (s *Service) UnlockPIN(ctx context.Context, session Session, verifier []byte) (Session, Unlock, error) {
	if session.Device.IsZero() {
		return Session{}, Unlock{}, errPINGone
	}
	pin, found, err := s.store.SpendPIN(ctx, session.Person, session.Device)
	if err != nil {
		return Session{}, Unlock{}, err
	}
	if !found {
		return Session{}, Unlock{}, s.destroyPIN(ctx, session)
	}
	if !s.keys.Login.SameDigest(pin.Verifier, pin.KeyVersion, usePINVerifier, pin.Unlocker[:], verifier) {
		return Session{}, Unlock{}, s.refusePIN(ctx, session, pin)
	}
	return s.openSession(ctx, session, false, func(ctx context.Context) (Unlock, error) {
		restored, err := s.store.RestorePIN(ctx, pin)
		if err == nil && !restored {
			err = errPINGone
		}
		if err != nil {
			return Unlock{}, err
		}
		unlock, err := s.unlockBy(ctx, session.Person, isUnlocker(pin.Unlocker))
		if err != nil {
			return Unlock{}, err
		}
		unlock.PINShare, err = s.keys.Login.Open(usePINShare, pin.Unlocker[:], pin.Share)
		return unlock, err
	})
}

// refusePIN audits a wrong PIN and says how many tries are left; after the last there is no PIN.
func (s *Service) refusePIN(ctx context.Context, session Session, pin StoredPIN) error {
	event := audit.Event{Kind: audit.SignInRefused, Actor: session.Person, Subject: audit.About(session.Person, session.ID), At: s.now(),
		Details: map[string]string{"step": "pin"}}
	if err := s.store.Audit(ctx, event); err != nil {
		return err
	}
	if pin.Tries == 0 {
		return s.destroyPIN(ctx, session)
	}
	return errPINWrong.With("triesLeft", pin.Tries)
}

// destroyPIN deletes what is left of a PIN without tries, also when the server was stopped between the last try and this.
func (s *Service) destroyPIN(ctx context.Context, session Session) error {
	event := audit.Event{Kind: audit.PINDestroyed, Actor: session.Person, Subject: audit.About(session.Person, session.Device), At: s.now()}
	if _, err := s.store.DestroyPIN(ctx, session.Person, session.Device, event); err != nil {
		return err
	}
	return errPINGone
}

// newPIN is what is kept of a PIN for the device of a session.
func (s *Service) newPIN(session Session, unlocker id.Unlocker, verifier, share []byte) *StoredPIN {
	digest, version := s.keys.Login.Digest(usePINVerifier, unlocker[:], verifier)
	return &StoredPIN{
		Device: session.Device, Person: session.Person, Unlocker: unlocker, Verifier: digest[:], KeyVersion: version,
		Share: s.keys.Login.Seal(usePINShare, unlocker[:], share), Tries: PINTries,
	}
}

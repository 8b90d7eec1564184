package identity

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

var (
	errTicketSpent     = fault.New(fault.Unauthenticated, "ticket_spent", "This took too long, or was tried before. Please try again.")
	errPasskeyCloned   = fault.New(fault.Unauthenticated, "passkey_cloned", "There may be a copy of this passkey, so it was refused. Please use your password, remove the passkey and make a new one.")
	errPasskeyNone     = fault.New(fault.NotFound, "passkey_none", "You have no passkey yet.")
	errPasskeyUnknown  = fault.New(fault.NotFound, "passkey_unknown", "You have no such passkey.")
	ErrPasskeyExists   = fault.New(fault.Conflict, "passkey_exists", "This passkey is there already.")
	errPasskeyUnlocks  = fault.New(fault.Conflict, "passkey_unlocks", "This passkey opens your messages too. Please remove it under More, \"Signing in and locking\".")
	errTooManyPasskeys = fault.New(fault.Conflict, "too_many_passkeys", "You have as many passkeys as there may be. Please remove one first.")
	errOpensNothing    = fault.New(fault.Conflict, "passkey_opens_nothing", "This passkey cannot open your messages. Please use another one.")
	errUnlockerLabel   = fault.New(fault.Invalid, "unlocker_label", "Please give this a shorter name.")
)

const (
	ceremonyLife = 5 * time.Minute
	maxPasskeys  = 16
	handleSize   = 32
)

// ceremonyPurpose is what a challenge may be answered for.
type ceremonyPurpose byte

const (
	toSignIn ceremonyPurpose = iota + 1
	toUnlock
	toRegister
)

// ceremony is a challenge on its way: sealed in the ticket, so that asking for one writes nothing, and spent in SQL when it is answered.
type ceremony struct {
	Purpose   ceremonyPurpose
	Session   id.Session // that asked; zero for signing in
	Challenge [32]byte
	Until     time.Time
}

// PasskeyRequest is what a browser is to ask its authenticators: user verification is always required.
type PasskeyRequest struct {
	Ticket    []byte
	Challenge [32]byte
	RPID      string
	Timeout   time.Duration
	Allowed   []StoredPasskey // empty: whichever passkey for this site there is
}

// PasskeyCreation is what a browser is to ask an authenticator for a new passkey.
type PasskeyCreation struct {
	PasskeyRequest // Allowed are those that there are, to be excluded
	Handle         []byte
	UserName       string
	DisplayName    string
}

// PasskeySignIn is a session that a passkey began.
type PasskeySignIn struct {
	SignedIn
	Credential []byte
	// PRF says that the passkey is an unlocker. Without, the vault is opened with the password, whose share is released.
	PRF bool
}

// Passkeys says whether passkeys work at our address.
func (s *Service) Passkeys() bool { return s.party != nil }

// SignInOptions begins a sign-in with whichever passkey the browser has for us.
func (s *Service) SignInOptions(context.Context) (PasskeyRequest, error) {
	return s.beginCeremony(toSignIn, Session{}, nil)
}

// SignInPasskey signs in with a passkey, which is two factors: to have it, and to be verified by it (R23).
func (s *Service) SignInPasskey(ctx context.Context, ticket, credential []byte, from From) (PasskeySignIn, error) {
	if err := from.Proof.check(); err != nil {
		return PasskeySignIn{}, err
	}
	passkey, count, err := s.answered(ctx, toSignIn, Session{}, ticket, credential)
	if err != nil {
		return PasskeySignIn{}, err
	}
	account, found, err := s.store.AccountOf(ctx, passkey.Person)
	if err != nil {
		return PasskeySignIn{}, err
	}
	if !found || !account.Active(s.now()) {
		return PasskeySignIn{}, s.refusePasskey(ctx, passkey.Person, audit.SignInRefused, errPasskeyRefused)
	}
	session, token := s.newSession(account.Profile, id.Device{}, from.Proof)
	var browser [tokenSize]byte
	browser, session.Browser = s.newBrowser(s.nameHash(foldName(account.UserName)), from)
	session.Challenge = make([]byte, 32)
	rand.Read(session.Challenge)
	event := audit.Event{Kind: audit.SignIn, Actor: account.Person, Subject: audit.About(account.Person, session.ID), At: session.At,
		Details: map[string]string{"step": "passkey"}}
	var unlock Unlock
	err = s.store.Atomically(ctx, func(ctx context.Context) (err error) {
		if unlock, err = s.unlockByPasskey(ctx, passkey, count); err != nil {
			return err
		}
		session.Unlocker = unlock.Unlocker
		return s.store.BeginSession(ctx, session, event)
	})
	if err != nil {
		return PasskeySignIn{}, s.heedClone(ctx, passkey, err)
	}
	return PasskeySignIn{SignedIn: s.signedIn(account, session, token, browser, unlock), Credential: passkey.Credential, PRF: !passkey.Unlocker.IsZero()}, nil
}

// UnlockOptions begins opening a session with one of its person's passkeys.
func (s *Service) UnlockOptions(ctx context.Context, session Session) (PasskeyRequest, error) {
	passkeys, err := s.store.PasskeysOf(ctx, session.Person)
	if err != nil {
		return PasskeyRequest{}, err
	}
	if s.party != nil && len(passkeys) == 0 {
		return PasskeyRequest{}, errPasskeyNone
	}
	return s.beginCeremony(toUnlock, session, passkeys)
}

// UnlockPasskey opens a session with a passkey of its person, and proves them in full.
func (s *Service) UnlockPasskey(ctx context.Context, session Session, ticket, credential []byte) (Session, Unlock, error) {
	passkey, count, err := s.answered(ctx, toUnlock, session, ticket, credential)
	if err != nil {
		return Session{}, Unlock{}, err
	}
	opened, unlock, err := s.openSession(ctx, session, true, func(ctx context.Context) (Unlock, error) {
		return s.unlockByPasskey(ctx, passkey, count)
	})
	return opened, unlock, s.heedClone(ctx, passkey, err)
}

// unlockByPasskey notes the use and gathers what opens the vault: with the passkey itself, or else with the password.
func (s *Service) unlockByPasskey(ctx context.Context, passkey StoredPasskey, count uint32) (Unlock, error) {
	used, err := s.store.UsePasskey(ctx, passkey.Credential, count, s.now())
	if err != nil {
		return Unlock{}, err
	}
	if !used {
		if _, found, err := s.store.Passkey(ctx, passkey.Credential); err != nil || !found {
			return Unlock{}, cmp.Or(err, error(errPasskeyRefused)) // it was removed meanwhile
		}
		return Unlock{}, errPasskeyCloned
	}
	if !passkey.Unlocker.IsZero() {
		return s.unlockBy(ctx, passkey.Person, isUnlocker(passkey.Unlocker))
	}
	unlock, err := s.unlockByPassword(ctx, passkey.Person)
	if errors.Is(err, errNoVault) {
		err = errOpensNothing
	}
	return unlock, err
}

// heedClone audits a counter that went back.
func (s *Service) heedClone(ctx context.Context, passkey StoredPasskey, err error) error {
	if !errors.Is(err, errPasskeyCloned) {
		return err
	}
	return s.refusePasskey(ctx, passkey.Person, audit.PasskeyCloned, errPasskeyCloned)
}

// answered checks an answer to a challenge of ours and finds the passkey that gave it. The challenge is spent whatever comes of it, and a credential
// that nobody has takes the same steps as one that somebody has.
func (s *Service) answered(ctx context.Context, purpose ceremonyPurpose, session Session, ticket, credential []byte) (StoredPasskey, uint32, error) {
	challenge, err := s.openCeremony(purpose, session, ticket)
	if err != nil {
		return StoredPasskey{}, 0, err
	}
	given, err := parseAssertion(credential)
	if err != nil {
		return StoredPasskey{}, 0, err
	}
	if err := s.spendChallenge(ctx, challenge); err != nil {
		return StoredPasskey{}, 0, err
	}
	passkey, found, err := s.store.Passkey(ctx, given.credential)
	if err != nil {
		return StoredPasskey{}, 0, err
	}
	if !found {
		passkey = StoredPasskey{PublicKey: s.party.decoy}
	}
	if !given.verified {
		return StoredPasskey{}, 0, s.refusePasskey(ctx, passkey.Person, audit.SignInRefused, errUserNotVerified)
	}
	err = s.party.check(given, challenge.Challenge, passkey.PublicKey)
	// Without a list of credentials the authenticator says whose it is; with one, it may.
	sameHandle := bytes.Equal(given.handle, passkey.Handle) || purpose == toUnlock && len(given.handle) == 0
	samePerson := purpose == toSignIn || passkey.Person == session.Person
	if err != nil || !found || !sameHandle || !samePerson || given.backupEligible != passkey.BackupEligible {
		return StoredPasskey{}, 0, s.refusePasskey(ctx, passkey.Person, audit.SignInRefused, errPasskeyRefused)
	}
	return passkey, given.count, nil
}

// refusePasskey audits and answers. The subject is the zero person for a credential that nobody has.
func (s *Service) refusePasskey(ctx context.Context, person id.Person, kind audit.Kind, refusal error) error {
	event := audit.Event{Kind: kind, Subject: audit.About(person), At: s.now(), Details: map[string]string{"step": "passkey"}}
	if err := s.store.Audit(ctx, event); err != nil {
		return err
	}
	return refusal
}

// RegisterOptions begins making a passkey.
func (s *Service) RegisterOptions(ctx context.Context, session Session) (PasskeyCreation, error) {
	if err := s.proved(session); err != nil {
		return PasskeyCreation{}, err
	}
	passkeys, err := s.store.PasskeysOf(ctx, session.Person)
	if err != nil {
		return PasskeyCreation{}, err
	}
	if len(passkeys) >= maxPasskeys {
		return PasskeyCreation{}, errTooManyPasskeys
	}
	request, err := s.beginCeremony(toRegister, session, passkeys)
	if err != nil {
		return PasskeyCreation{}, err
	}
	handle := make([]byte, handleSize)
	rand.Read(handle)
	if handle, err = s.store.PasskeyHandle(ctx, session.Person, handle); err != nil {
		return PasskeyCreation{}, err
	}
	return PasskeyCreation{PasskeyRequest: request, Handle: handle, UserName: session.UserName, DisplayName: session.DisplayName}, nil
}

// Registration is a new passkey, and the unlocker that its PRF result opens, if it has one.
type Registration struct {
	Ticket     []byte
	Credential []byte // JSON
	Label      string
	Change     *UnlockerChange
}

// Register keeps a new passkey. With an unlocker, both are there or neither; version is that of the vault, 0 without one.
func (s *Service) Register(ctx context.Context, session Session, r Registration) (credential []byte, version uint64, err error) {
	if err := s.proved(session); err != nil {
		return nil, 0, err
	}
	label, ok := tidyLabel(r.Label)
	if !ok {
		return nil, 0, errUnlockerLabel
	}
	passkey, err := s.registered(ctx, session, r)
	if err != nil {
		return nil, 0, err
	}
	passkey.Label = label
	if r.Change != nil {
		version, err = s.change(ctx, session, *r.Change, &passkey)
		return passkey.Credential, version, err
	}
	added, err := s.store.AddPasskey(ctx, passkey, s.passkeyEvent(audit.PasskeyAdded, session.Person, passkey.Credential))
	if err == nil && !added {
		err = ErrPasskeyExists
	}
	return passkey.Credential, 0, err
}

func (s *Service) registered(ctx context.Context, session Session, r Registration) (StoredPasskey, error) {
	challenge, err := s.openCeremony(toRegister, session, r.Ticket)
	if err != nil {
		return StoredPasskey{}, err
	}
	made, err := parseRegistration(r.Credential)
	if err != nil {
		return StoredPasskey{}, err
	}
	if err := s.spendChallenge(ctx, challenge); err != nil {
		return StoredPasskey{}, err
	}
	if !made.verified {
		return StoredPasskey{}, errUserNotVerified
	}
	passkey, err := s.party.register(made, challenge.Challenge)
	if err != nil {
		return StoredPasskey{}, err
	}
	there, err := s.store.PasskeysOf(ctx, session.Person)
	if err == nil && len(there) >= maxPasskeys {
		err = errTooManyPasskeys
	}
	passkey.Person, passkey.AddedAt = session.Person, s.now()
	return passkey, err
}

// RemovePasskey removes a passkey that opens nothing. One that does is removed as an unlocker.
func (s *Service) RemovePasskey(ctx context.Context, session Session, credential []byte) error {
	if err := s.proved(session); err != nil {
		return err
	}
	passkey, found, err := s.store.Passkey(ctx, credential)
	switch {
	case err != nil:
		return err
	case !found || passkey.Person != session.Person:
		return errPasskeyUnknown
	case !passkey.Unlocker.IsZero():
		return errPasskeyUnlocks
	}
	removed, err := s.store.RemovePasskey(ctx, session.Person, credential, s.passkeyEvent(audit.PasskeyRemoved, session.Person, credential))
	if err == nil && !removed {
		err = errPasskeyUnknown
	}
	return err
}

func (s *Service) passkeyEvent(kind audit.Kind, person id.Person, credential []byte) audit.Event {
	return audit.Event{Kind: kind, Actor: person, Subject: audit.About(person), At: s.now(), Details: passkeyDetails(credential)}
}

// passkeyDetails name a passkey by its hash: authenticators choose ids of up to a kilobyte.
func passkeyDetails(credential []byte) map[string]string {
	return map[string]string{"credential": id.Hash(sha256.Sum256(credential)).String()}
}

// CredentialText is a credential's id as WebAuthn writes it.
func CredentialText(credential []byte) string {
	return base64.RawURLEncoding.EncodeToString(credential)
}

func (s *Service) beginCeremony(purpose ceremonyPurpose, session Session, known []StoredPasskey) (PasskeyRequest, error) {
	if s.party == nil {
		return PasskeyRequest{}, errNoPasskeys
	}
	c := ceremony{Purpose: purpose, Session: session.ID, Until: s.now().Add(ceremonyLife)}
	rand.Read(c.Challenge[:])
	return PasskeyRequest{
		Ticket: s.keys.Login.Seal(useCeremony, nil, c.encode()), Challenge: c.Challenge, RPID: s.party.id, Timeout: ceremonyLife, Allowed: known,
	}, nil
}

// openCeremony opens a ticket that is for this purpose and session and has not run out.
func (s *Service) openCeremony(purpose ceremonyPurpose, session Session, ticket []byte) (ceremony, error) {
	if s.party == nil {
		return ceremony{}, errNoPasskeys
	}
	opened, err := s.keys.Login.Open(useCeremony, nil, ticket)
	if err != nil || len(opened) != ceremonySize {
		return ceremony{}, errTicketSpent
	}
	c := ceremony{
		Purpose: ceremonyPurpose(opened[0]), Session: id.Session(opened[1 : 1+id.Size]), Challenge: [32]byte(opened[1+id.Size:]),
		Until: time.UnixMilli(int64(binary.BigEndian.Uint64(opened[1+id.Size+32:]))),
	}
	if c.Purpose != purpose || c.Session != session.ID || !s.now().Before(c.Until) {
		return ceremony{}, errTicketSpent
	}
	return c, nil
}

// spendChallenge makes sure that a challenge is answered once, and commits that before the answer is looked at.
func (s *Service) spendChallenge(ctx context.Context, c ceremony) error {
	first, err := s.store.SpendChallenge(ctx, c.Challenge, s.now(), c.Until)
	if err == nil && !first {
		err = errTicketSpent
	}
	return err
}

const ceremonySize = 1 + id.Size + 32 + 8

func (c ceremony) encode() []byte {
	encoded := append([]byte{byte(c.Purpose)}, c.Session[:]...)
	return binary.BigEndian.AppendUint64(append(encoded, c.Challenge[:]...), uint64(c.Until.UnixMilli()))
}

package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

var (
	// errSignInRefused is the one answer to an unknown name, a wrong password, a wrong code and a code that was used.
	errSignInRefused = fault.New(fault.Unauthenticated, "sign_in_refused", "That did not work. Check your user name, password and code, and try again.")
	errTooManyTries  = fault.New(fault.TooMany, "too_many_tries", "Too many tries. Please wait a little and try again.")
)

const (
	ticketLife  = 5 * time.Minute
	sessionLife = 12 * time.Hour
)

// Stretching is how a browser stretches the password of a name.
type Stretching struct {
	Salt      [16]byte
	MemoryKiB uint32
	Passes    uint32
}

// Parameters answers for every name, and goes on answering the same when the name is enrolled.
func (s *Service) Parameters(ctx context.Context, userName string) (Stretching, error) {
	beforehand := s.stretchingOf(foldName(userName))
	account, found, err := s.store.AccountNamed(ctx, userName)
	if err != nil || !found {
		return beforehand, err
	}
	return Stretching{Salt: account.Salt, MemoryKiB: account.MemoryKiB, Passes: account.Passes}, nil
}

// stretchingOf is how the password of a name is stretched that enrols now, and what is answered for one that has not or never will.
func (s *Service) stretchingOf(userFold string) Stretching {
	return Stretching{Salt: s.saltOf(userFold), MemoryKiB: s.trust.Policy.ArgonMemoryKiB, Passes: s.trust.Policy.ArgonPasses}
}

// Password takes the first factor and answers with a ticket, whatever it was. The ticket says what was found and nobody but the server can read it, so that nothing
// is learnt from a password alone (R23) and nothing is stored for it.
func (s *Service) Password(ctx context.Context, userName string, authKey []byte) (sealed []byte, err error) {
	fold := foldName(userName)
	account, found, err := s.store.AccountNamed(ctx, userName)
	if err != nil {
		return nil, err
	}
	if !found {
		account = s.decoy
	}
	right := s.sameAuthKey(account, authKey)
	ticket := ticket{
		Person: account.Person, NameHash: s.nameHash(fold), Right: right && found, Until: s.now().Add(ticketLife), Compared: sha256.Sum256(account.AuthKey),
	}
	return s.keys.Login.Seal(useTicket, nil, ticket.encode()), nil
}

// SignedIn is a session that waits for its device.
type SignedIn struct {
	Session   Session
	Token     [tokenSize]byte
	Browser   Browser
	Challenge []byte
	Unlock    Unlock
}

// Browser is what a browser keeps to be known by when it signs the same person in again. It opens nothing.
type Browser struct {
	Token     [tokenSize]byte
	ExpiresAt time.Time
}

// Code takes the second factor, and begins a session that is bound to the key that was proved. Its steps are the same for a name that nobody has: a
// try is spent, a code is compared, a refusal is audited.
func (s *Service) Code(ctx context.Context, sealed []byte, code string, from From) (SignedIn, error) {
	if err := from.Proof.check(); err != nil {
		return SignedIn{}, err
	}
	ticket, ok := s.openTicket(sealed)
	if !ok {
		return SignedIn{}, errSignInRefused
	}
	spent, err := s.spendTry(ctx, ticket.NameHash, from)
	if err != nil {
		return SignedIn{}, err
	}
	now := s.now()
	account, found, err := s.store.AccountOf(ctx, ticket.Person)
	if err != nil {
		return SignedIn{}, err
	}
	if !found {
		account = s.decoy
	}
	secret, err := s.keys.Login.Open(useTOTP, account.Person[:], account.TOTPSecret)
	if err != nil {
		return SignedIn{}, err
	}
	step, right := totpMatch(secret, code, now)
	// A password that was changed since it was compared is no password any more.
	same := ticket.Compared == sha256.Sum256(account.AuthKey)
	if right && same && ticket.Right && found && account.Active(now) {
		signedIn, err := s.signIn(ctx, ticket, account, step, spent, from)
		if err == nil {
			s.giveBack(spent)
		}
		return signedIn, err
	}
	return SignedIn{}, s.refuseSignIn(ctx, account.Person)
}

func (s *Service) signIn(ctx context.Context, ticket ticket, account Account, step int64, spent attempt, from From) (SignedIn, error) {
	session, token := s.newSession(account.Profile, id.Device{}, from.Proof)
	var browser [tokenSize]byte
	browser, session.Browser = s.newBrowser(ticket.NameHash, from)
	session.Challenge = make([]byte, 32)
	rand.Read(session.Challenge)
	event := audit.Event{Kind: audit.SignIn, Actor: account.Person, Subject: audit.About(account.Person, session.ID), At: session.At,
		Details: map[string]string{"step": "code"}}
	var unlock Unlock
	var taken bool
	err := s.store.Atomically(ctx, func(ctx context.Context) (err error) {
		taken = false
		if err := s.stillThePassword(ctx, account); err != nil {
			return err
		}
		if unlock, err = s.unlockByPassword(ctx, account.Person); err != nil {
			return err
		}
		session.Unlocker = unlock.Unlocker
		taken, err = s.store.SignIn(ctx, step, spent.budgets, session, event)
		return err
	})
	if errors.Is(err, errPasswordWrong) {
		return SignedIn{}, s.refuseSignIn(ctx, account.Person)
	}
	if err != nil {
		return SignedIn{}, err
	}
	if !taken { // the code was used before
		return SignedIn{}, s.refuseSignIn(ctx, account.Person)
	}
	return s.signedIn(account, session, token, browser, unlock), nil
}

// signedIn is the answer to a sign-in, by whichever way.
func (s *Service) signedIn(account Account, session NewSession, token, browser [tokenSize]byte, unlock Unlock) SignedIn {
	stored := StoredSession{
		ID: session.ID, Profile: account.Profile, Key: session.Proof.Key, ExpiresAt: session.ExpiresAt, NoticeAt: account.NoticeAt,
		Unlocker: session.Unlocker, ProvedAt: session.At,
	}
	return SignedIn{
		Session: s.open(stored), Token: token, Browser: Browser{browser, session.Browser.ExpiresAt}, Challenge: session.Challenge, Unlock: unlock,
	}
}

// refuseSignIn audits and answers. The subject is the zero person for a name that nobody has.
func (s *Service) refuseSignIn(ctx context.Context, person id.Person) error {
	event := audit.Event{Kind: audit.SignInRefused, Subject: audit.About(person), At: s.now(), Details: map[string]string{"step": "code"}}
	if err := s.store.Audit(ctx, event); err != nil {
		return err
	}
	return errSignInRefused
}

// foldName is the spelling under which a name's tries are counted and its salt is made: the directory folds names in the same way.
func foldName(userName string) string { return strings.ToLower(strings.TrimSpace(userName)) }

// ticket is what the password step found.
type ticket struct {
	Person   id.Person
	NameHash id.Hash
	Right    bool
	Until    time.Time
	Compared [sha256.Size]byte // hash of the keyed hash that the password was compared with
}

const ticketSize = id.Size + id.DigestSize + 1 + 8 + sha256.Size

func (t ticket) encode() []byte {
	encoded := append(t.Person.Bytes(), t.NameHash[:]...)
	right := byte(0)
	if t.Right {
		right = 1
	}
	return append(binary.BigEndian.AppendUint64(append(encoded, right), uint64(t.Until.UnixMilli())), t.Compared[:]...)
}

func (s *Service) openTicket(sealed []byte) (ticket, bool) {
	opened, err := s.keys.Login.Open(useTicket, nil, sealed)
	if err != nil || len(opened) != ticketSize {
		return ticket{}, false
	}
	const hashAt, rightAt, untilAt, comparedAt = id.Size, id.Size + id.DigestSize, id.Size + id.DigestSize + 1, id.Size + id.DigestSize + 1 + 8
	t := ticket{
		Person: id.Person(opened[:hashAt]), NameHash: id.Hash(opened[hashAt:rightAt]), Right: opened[rightAt] == 1,
		Until: time.UnixMilli(int64(binary.BigEndian.Uint64(opened[untilAt:]))), Compared: [sha256.Size]byte(opened[comparedAt:]),
	}
	return t, s.now().Before(t.Until)
}

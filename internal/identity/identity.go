// Package identity is who a person is to the machines: the root manifest, person logs, vaults, devices, sign-in and sessions.
//
//   - founding.go, seat.go   the root manifest: seats, version 1, what a server must have before it starts
//   - enrolment.go           from a one-time link to an account with keys
//   - signin.go, totp.go     password and code; what unknown names are answered
//   - tries.go               how many failures there may be, from where, and which browsers are known
//   - session.go, device.go  sessions: who holds one, its device, lock, unlock, end
//   - proof.go               the key to which a session is bound
//   - log.go, revoke.go      person logs: verified states, appending, the server's own revocations
//   - vault.go, unlock.go    sealed vaults, compare-and-set; what opens one is released
//   - unlocker.go            the ways in: added, removed with a new account key, replaced
//   - passkey.go, webauthn.go  passkeys: signing in, unlocking, registering; the library's checks
//   - pin.go                 a device's PIN: tries are spent before they are compared
//   - secrets.go             what is kept under the login key
//   - store.go, unlocker_store.go  what the room needs of the database
//
// Invariants: the server never holds a key that opens a vault; it keeps an authentication key as a keyed hash, and the TOTP secret
// and the vault share sealed, all under a key outside the database. Nothing is released for a password alone (R23). A name that
// nobody has is answered as one that somebody has, by the same steps. A try is spent, and committed, before it is compared. A person
// log grows only by entries that verify, and the server signs bind and revoke entries only after it has checked what they say. Sessions
// are kept as hashes of their tokens; one that is locked, ended or past its time opens nothing (R25), nor does any session of somebody who left.
package identity

import (
	"context"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
)

// Events are told strictly after a commit. They must not wait.
type Events interface {
	// SessionLocked: nothing more may go to this session until it is unlocked.
	SessionLocked(session id.Session)
	// SessionEnded: nothing more may go to this session at all.
	SessionEnded(session id.Session)
	// LogGrew: the person's log has a new entry.
	LogGrew(person id.Person)
}

// Accepted tells what was last accepted from a device in each thread, ascending by thread, for the server's revocations.
type Accepted interface {
	LastAccepted(ctx context.Context, device id.Device) ([]envelope.LastAccepted, error)
}

// Options are what the room is built from.
type Options struct {
	Store Store
	Keys  keyring.Identity
	// Trust is what CheckFounded found.
	Trust    *Trust
	Accepted Accepted // nil: no threads yet
	Events   Events   // nil: nobody listens
	// Origin is where browsers reach us; passkeys belong to its host. Empty, or an IP address: no passkeys.
	Origin string
	Clock  clock.Clock
}

// Service is the room. It is safe for concurrent use.
type Service struct {
	store    Store
	keys     keyring.Identity
	trust    *Trust
	accepted Accepted
	events   Events
	clock    clock.Clock
	ids      *id.Source
	decoy    Account
	party    *relyingParty // nil: no passkeys
	networks networks
	refusals refusals

	mu     sync.Mutex
	states map[id.Person]*envelope.PersonState
}

// New makes the room.
func New(o Options) *Service {
	s := &Service{
		store: o.Store, keys: o.Keys, trust: o.Trust, accepted: o.Accepted, events: o.Events, clock: o.Clock,
		ids: id.NewSource(o.Clock), states: map[id.Person]*envelope.PersonState{},
	}
	if s.events == nil {
		s.events = silent{}
	}
	if s.accepted == nil {
		s.accepted = noThreads{}
	}
	s.decoy = s.makeDecoy()
	s.party = newRelyingParty(o.Origin)
	return s
}

// Manifests is the chain as it travels and the current policy.
func (s *Service) Manifests(context.Context) (chain [][]byte, policy []byte, err error) {
	return s.trust.Signed, s.trust.PolicyObject, nil
}

// Chain is the verified chain of manifests, for rooms that verify.
func (s *Service) Chain() *envelope.Manifests { return s.trust.Chain }

// Policy is the current policy.
func (s *Service) Policy() envelope.Policy { return *s.trust.Policy }

// now is cut to what is stored.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

func (s *Service) idleLock() time.Duration {
	return time.Duration(s.trust.Policy.IdleLockMillis) * time.Millisecond
}

type silent struct{}

func (silent) SessionLocked(id.Session) {}
func (silent) SessionEnded(id.Session)  {}
func (silent) LogGrew(id.Person)        {}

type noThreads struct{}

func (noThreads) LastAccepted(context.Context, id.Device) ([]envelope.LastAccepted, error) {
	return nil, nil
}

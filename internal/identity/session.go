package identity

import (
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Session is one signed-in browser as the rest of the server sees it. It carries no secret.
type Session struct {
	ID id.Session
	Profile
	// Device is zero until the browser has proved that it holds a device key.
	Device id.Device
	// Key is the thumbprint of the key to which the session is bound: every request proves that it has it (R22).
	Key id.Hash
	// Locked sessions are idle past the policy or were locked by hand; one of the person's unlockers opens them again.
	Locked         bool
	NoticeAccepted bool
	IdleLock       time.Duration
	EndsAt         time.Time
	// Unlocker opened the session last; ProvedAt is when the person last proved themselves in full.
	Unlocker id.Unlocker
	ProvedAt time.Time
}

// Can reports whether the person holds a permission.
func (s Session) Can(permission string) bool { return slices.Contains(s.Permissions, permission) }

// The refusals of a session. They are the same whether the session never existed, ended or ran out.
var (
	ErrNotSignedIn   = fault.New(fault.Unauthenticated, "not_signed_in", "Please sign in.")
	ErrSessionLocked = fault.New(fault.Unauthenticated, "session_locked", "Wardline is locked. Please unlock it.")
	ErrDeviceNeeded  = fault.New(fault.Forbidden, "device_needed", "This browser has not finished signing in.")
	ErrNotPermitted  = fault.New(fault.Forbidden, "not_permitted", "This needs a permission that you do not have. If you should have it, please ask the service desk.")
	errPasswordWrong = fault.New(fault.Unauthenticated, "password_wrong", "That password is not right.")
)

const (
	// unlockTries is how many wrong passwords end a session.
	unlockTries = 10
	// touchEvery bounds how often a session in use costs a write.
	touchEvery = 15 * time.Second
	// keepEnded is how long the rows of ended sessions are kept.
	keepEnded = 30 * 24 * time.Hour
)

// Authenticate finds the live session of a token, for whoever has proved to have the key with this thumbprint; zero is nobody. Locked is no error here.
// With use, the session counts as in use from now. A token without its key is refused, which changes nothing for the session's owner (R22).
func (s *Service) Authenticate(ctx context.Context, token []byte, key id.Hash, use bool) (Session, error) {
	if len(token) != tokenSize {
		return Session{}, ErrNotSignedIn
	}
	stored, found, err := s.store.SessionByToken(ctx, hashToken(token))
	if err == nil && found && !s.over(stored) && (key.IsZero() || key != stored.Key) {
		return Session{}, s.refuseProof(ctx, stored)
	}
	return s.live(ctx, stored, found, err, use)
}

// Session finds a live session by id, for what goes on without requests: a socket asks again before it delivers. With use, the session counts as
// in use from now.
func (s *Service) Session(ctx context.Context, session id.Session, use bool) (Session, error) {
	stored, found, err := s.store.SessionByID(ctx, session)
	return s.live(ctx, stored, found, err, use)
}

// live refuses a session that is over, and locks one that has been idle for too long.
func (s *Service) live(ctx context.Context, stored StoredSession, found bool, err error, use bool) (Session, error) {
	now := s.now()
	switch {
	case err != nil:
		return Session{}, err
	case !found || s.over(stored):
		return Session{}, ErrNotSignedIn
	case !stored.LockedAt.IsZero():
		return s.open(stored), nil
	case now.Sub(stored.LastUsedAt) >= s.idleLock():
		stored.LockedAt = now
		return s.open(stored), s.lock(ctx, stored.ID, stored.Profile.Person, "idle")
	case use && now.Sub(stored.LastUsedAt) >= min(touchEvery, s.idleLock()/4):
		return s.open(stored), s.store.TouchSession(ctx, stored.ID, now)
	}
	return s.open(stored), nil
}

// over says whether a session has ended, run out, or is somebody's who left.
func (s *Service) over(stored StoredSession) bool {
	now := s.now()
	return !stored.EndedAt.IsZero() || !now.Before(stored.ExpiresAt) || !stored.Profile.Active(now)
}

// Lock locks a session until the password is given again. A locked session stays locked.
func (s *Service) Lock(ctx context.Context, session Session) error {
	return s.lock(ctx, session.ID, session.Person, "by_hand")
}

// UsedTwice notes that two copies of one browser use a session, which a browser by itself never does, and locks it: from then on each of the two needs
// an unlocker. The person sees it with the device.
func (s *Service) UsedTwice(ctx context.Context, session id.Session) error {
	stored, found, err := s.store.SessionByID(ctx, session)
	if err != nil || !found {
		return err
	}
	now := s.now()
	event := audit.Event{Kind: audit.UsedTwice, Subject: audit.About(stored.Profile.Person, session), At: now}
	if err := s.store.NoteUsedTwice(ctx, stored.Device, now, event); err != nil {
		return err
	}
	return s.lock(ctx, session, stored.Profile.Person, "used_twice")
}

func (s *Service) lock(ctx context.Context, session id.Session, person id.Person, why string) error {
	now := s.now()
	event := audit.Event{Kind: audit.Lock, Actor: person, Subject: audit.About(person, session), At: now, Details: map[string]string{"why": why}}
	locked, err := s.store.LockSession(ctx, session, now, event)
	if err == nil && locked {
		s.events.SessionLocked(session)
	}
	return err
}

// Unlock opens a session with the password, without a new code, and releases what opens the vault. Ten wrong passwords end the session.
func (s *Service) Unlock(ctx context.Context, session Session, authKey []byte) (Session, Unlock, error) {
	tries, live, err := s.store.SpendUnlock(ctx, session.ID)
	if err != nil {
		return Session{}, Unlock{}, err
	}
	if !live || tries > unlockTries {
		return Session{}, Unlock{}, ErrNotSignedIn
	}
	account, found, err := s.store.AccountOf(ctx, session.Person)
	if err != nil {
		return Session{}, Unlock{}, err
	}
	if !found || !s.sameAuthKey(account, authKey) {
		return Session{}, Unlock{}, s.refuseUnlock(ctx, session, tries)
	}
	return s.openSession(ctx, session, true, func(ctx context.Context) (Unlock, error) {
		if err := s.stillThePassword(ctx, account); err != nil {
			return Unlock{}, err
		}
		return s.unlockByPassword(ctx, session.Person)
	})
}

func (s *Service) refuseUnlock(ctx context.Context, session Session, tries int) error {
	event := audit.Event{Kind: audit.SignInRefused, Actor: session.Person, Subject: audit.About(session.Person, session.ID), At: s.now(),
		Details: map[string]string{"step": "unlock"}}
	if tries >= unlockTries {
		if err := s.end(ctx, session.ID, event); err != nil {
			return err
		}
		return errPasswordWrong
	}
	if err := s.store.Audit(ctx, event); err != nil {
		return err
	}
	return errPasswordWrong
}

// End ends a session for ever. Ending it twice is no error.
func (s *Service) End(ctx context.Context, session Session) error {
	return s.end(ctx, session.ID, audit.Event{Kind: audit.SignOut, Actor: session.Person, Subject: audit.About(session.Person, session.ID), At: s.now()})
}

func (s *Service) end(ctx context.Context, session id.Session, event audit.Event) error {
	ended, err := s.store.EndSession(ctx, session, event.At, event)
	if err == nil && ended {
		s.events.SessionEnded(session)
	}
	return err
}

// EndAll ends every session of a person, for a leaver.
func (s *Service) EndAll(ctx context.Context, person id.Person) error {
	now := s.now()
	event := audit.Event{Kind: audit.SignOut, Subject: audit.About(person), At: now, Details: map[string]string{"why": "all"}}
	ended, err := s.store.EndSessions(ctx, person, id.Device{}, now, event)
	for _, session := range ended {
		s.events.SessionEnded(session)
	}
	return err
}

// ForgetSessions deletes the rows of sessions that have been over for a month, and returns how many there were. Failed tries whose time is over
// go with them.
func (s *Service) ForgetSessions(ctx context.Context) (int, error) {
	now := s.now()
	if err := s.store.ForgetTries(ctx, now); err != nil {
		return 0, err
	}
	return s.store.ForgetSessions(ctx, now.Add(-keepEnded), audit.Event{Kind: audit.SignOut, At: now, Details: map[string]string{"why": "forgotten"}})
}

// open is a stored session as the rest of the server sees it.
func (s *Service) open(stored StoredSession) Session {
	return Session{
		ID: stored.ID, Profile: stored.Profile, Device: stored.Device, Key: stored.Key, Locked: !stored.LockedAt.IsZero(),
		NoticeAccepted: !stored.NoticeAt.IsZero(), IdleLock: s.idleLock(), EndsAt: stored.ExpiresAt, Unlocker: stored.Unlocker, ProvedAt: stored.ProvedAt,
	}
}

// newSession is a session that begins, bound to the key of the proof that came with the request.
func (s *Service) newSession(profile Profile, device id.Device, proof Proof) (NewSession, [tokenSize]byte) {
	token, hash := newToken()
	now := s.now()
	return NewSession{
		ID: id.New[id.Session](s.ids), TokenHash: hash, Person: profile.Person, Device: device, Proof: proof, At: now, ExpiresAt: now.Add(sessionLife),
	}, token
}

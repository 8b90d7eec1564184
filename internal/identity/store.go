package identity

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// Store is what identity needs of the database.
type Store interface {
	ManifestStore
	AccountStore
	SessionStore
	LogStore
	UnlockerStore
	work.Atomically
}

// Profile is what a session shows of its person.
type Profile struct {
	Person       id.Person
	UserName     string
	DisplayName  string
	Role         string
	Ward         string
	Organisation string
	Permissions  []string
	LeftAt       time.Time
	ExpiresAt    time.Time
}

// Active reports whether the person may use Wardline at the given time.
func (p Profile) Active(now time.Time) bool {
	return p.LeftAt.IsZero() && (p.ExpiresAt.IsZero() || now.Before(p.ExpiresAt))
}

// Account is how a person signs in. The zero Person is the decoy for names that nobody has.
type Account struct {
	Profile
	Salt        [16]byte
	MemoryKiB   uint32
	Passes      uint32
	AuthKey     []byte // keyed hash
	KeyVersion  uint32 // of the login key that made it
	TOTPSecret  []byte // sealed
	VaultShare  []byte // sealed
	NoticeAt    time.Time
	AgreementAt time.Time // zero: has not agreed to using a device of their own
	Agreement   int       // to which text
}

// EnrolmentLink is a link as enrolment finds it.
type EnrolmentLink struct {
	ID        id.Enrolment
	ExpiresAt time.Time
	SpentAt   time.Time // zero: not yet
	Profile   Profile
}

// Enrolment is everything that becomes an account in one transaction.
type Enrolment struct {
	Link     id.Enrolment
	Account  Account
	TOTPStep int64
	At       time.Time
	Vault    StoredVault
	Unlocker StoredUnlocker
	Log      []Entry
	Device   StoredDevice
	Session  NewSession
}

// StoredVault is a sealed vault and the sealed identity seed.
type StoredVault struct {
	Person         id.Person
	AKGeneration   uint32
	Version        uint64
	Hash           id.Hash
	SealedVault    []byte
	SealedIdentity []byte
}

// StoredUnlocker is one way to open a vault.
type StoredUnlocker struct {
	Unlocker id.Unlocker
	Kind     envelope.UnlockerKind
	Blob     []byte
	AKWrap   []byte
	// Label is what the person calls it, Device the one that a PIN belongs to.
	Label      string
	Device     id.Device
	AddedAt    time.Time
	LastUsedAt time.Time // zero: never
}

// AccountStore keeps accounts and vaults.
type AccountStore interface {
	// EnrolmentLink finds a link by its token's hash, or answers errLinkInvalid.
	EnrolmentLink(ctx context.Context, tokenHash id.Hash) (EnrolmentLink, error)
	// Enrol spends the link and writes the account; false when the link is spent or the person has an account.
	Enrol(ctx context.Context, enrolment Enrolment, events []audit.Event) (bool, error)
	// AccountNamed and AccountOf find an account, the first by user name in any case; false when there is none.
	AccountNamed(ctx context.Context, userName string) (Account, bool, error)
	AccountOf(ctx context.Context, person id.Person) (Account, bool, error)
	// BrowserKnown reports whether the browser with this token is known for any name.
	BrowserKnown(ctx context.Context, tokenHash id.Hash, at time.Time) (bool, error)
	// KnownBrowser reports whether the browser with this token is known for the name.
	KnownBrowser(ctx context.Context, tokenHash, nameHash id.Hash, at time.Time) (bool, error)
	// SpendTry counts a failure against every budget, or against none and answers until when one of them is blocked.
	SpendTry(ctx context.Context, at time.Time, budgets []Budget) (blockedUntil time.Time, err error)
	// SignIn takes the TOTP step, gives back what was spent and writes the session; false when the step or a later one was taken before.
	SignIn(ctx context.Context, step int64, spent []Budget, session NewSession, event audit.Event) (bool, error)
	// ForgetTries deletes budgets whose window has ended and browsers that are known no more.
	ForgetTries(ctx context.Context, at time.Time) error
	// Vault answers false when the person has none.
	Vault(ctx context.Context, person id.Person) (StoredVault, []StoredUnlocker, bool, error)
	// ReplaceVault writes the next version if the stored one is still previous; false when it has moved.
	ReplaceVault(ctx context.Context, next StoredVault, previous id.Hash, event audit.Event) (bool, error)
	// Agree notes that the person agreed to this text about using a device of their own.
	Agree(ctx context.Context, person id.Person, version int, at time.Time, event audit.Event) error
	// Audit writes an event that changes no other state.
	Audit(ctx context.Context, event audit.Event) error
}

// NewSession is a session that begins.
type NewSession struct {
	ID        id.Session
	TokenHash id.Hash
	Person    id.Person
	Device    id.Device // zero: to be bound by signing the challenge
	Proof     Proof
	Challenge []byte
	Unlocker  id.Unlocker // that opened it
	At        time.Time
	ExpiresAt time.Time
	Browser   NewBrowser // which is known from then on, until its device is revoked or its person leaves
}

// StoredSession is a session with its person.
type StoredSession struct {
	ID         id.Session
	Profile    Profile
	Device     id.Device
	Key        id.Hash
	Challenge  []byte
	Unlocker   id.Unlocker // that opened it last
	ProvedAt   time.Time   // when the person last proved themselves in full
	LastUsedAt time.Time
	ExpiresAt  time.Time
	LockedAt   time.Time // zero: not locked by hand or found idle
	EndedAt    time.Time // zero: not ended
	NoticeAt   time.Time
}

// Posture is what is known of a device's state: its passcode, its encryption, its updates. A browser cannot tell, so somebody has to have looked.
type Posture uint8

// The postures.
const (
	PostureUnknown  Posture = 0
	PostureAttested Posture = 1
)

// String is the word that travels.
func (p Posture) String() string {
	if p == PostureAttested {
		return "attested"
	}
	return "unknown"
}

// StoredDevice is a device as its person sees it.
type StoredDevice struct {
	Device     id.Device
	Person     id.Person
	Kind       envelope.DeviceKind
	Label      string
	IssuedAt   time.Time
	ExpiresAt  time.Time
	RevokedAt  time.Time // zero: not revoked
	LastUsedAt time.Time
	// Posture is what is known of the device's state, PostureBy who said so, and when.
	Posture   Posture
	PostureBy string
	PostureAt time.Time
	// AgreedAt and Agreement are when and to which text the person agreed, of a device of their own.
	AgreedAt  time.Time
	Agreement int
	// UsedTwiceAt is when two copies of its browser were last found in use; zero: never.
	UsedTwiceAt time.Time
	// Sessions is in how many the device is signed in now.
	Sessions int
}

// Opening is how a session is opened.
type Opening struct {
	Session  id.Session
	Person   id.Person
	Unlocker id.Unlocker
	At       time.Time
	// Proved says that the person proved themselves in full: the session's failed tries are forgotten. A PIN does not.
	Proved bool
}

// SessionStore keeps sessions.
type SessionStore interface {
	// SessionByToken and SessionByID find a session, over or not; false when there is none.
	SessionByToken(ctx context.Context, tokenHash id.Hash) (StoredSession, bool, error)
	SessionByID(ctx context.Context, session id.Session) (StoredSession, bool, error)
	// TouchSession notes that a session and its device are in use.
	TouchSession(ctx context.Context, session id.Session, at time.Time) error
	// BindSession binds an unbound session whose challenge is still this one; false otherwise.
	BindSession(ctx context.Context, session id.Session, device id.Device, challenge []byte, event audit.Event) (bool, error)
	// LockSession locks an open session; false when it was not open.
	LockSession(ctx context.Context, session id.Session, at time.Time, event audit.Event) (bool, error)
	// NoteUsedTwice notes when two copies of a device's browser were last found in use.
	NoteUsedTwice(ctx context.Context, device id.Device, at time.Time, event audit.Event) error
	// SpendUnlock counts a try to unlock and answers how many there have been since the session was last open; false when it is over.
	SpendUnlock(ctx context.Context, session id.Session) (tries int, live bool, err error)
	// UnlockSession opens a session that is not over; false when it is over.
	UnlockSession(ctx context.Context, opening Opening, event audit.Event) (bool, error)
	// LockOthers locks the open sessions of a person but one, and returns them.
	LockOthers(ctx context.Context, person id.Person, but id.Session, at time.Time, event audit.Event) ([]id.Session, error)
	// EndSession ends a session; false when it was over.
	EndSession(ctx context.Context, session id.Session, at time.Time, event audit.Event) (bool, error)
	// EndSessions ends all of a person's sessions, or only those of one device, and returns those that were not over.
	EndSessions(ctx context.Context, person id.Person, device id.Device, at time.Time, event audit.Event) ([]id.Session, error)
	// EndOtherSessions ends all of a person's sessions but one, and returns those that were not over.
	EndOtherSessions(ctx context.Context, person id.Person, but id.Session, at time.Time, event audit.Event) ([]id.Session, error)
	// DevicesOf lists a person's devices, newest first.
	DevicesOf(ctx context.Context, person id.Person, now time.Time) ([]StoredDevice, error)
	// ForgetSessions deletes the rows of sessions that ended or ran out before the given time.
	ForgetSessions(ctx context.Context, before time.Time, event audit.Event) (int, error)
}

// Entry is one entry of a person log.
type Entry struct {
	Person id.Person
	Seq    uint32
	Hash   id.Hash
	At     time.Time
	Signed []byte
}

// Head is the end of a person log.
type Head struct {
	Seq  uint32
	Hash id.Hash
}

// Effect is what an entry changes beside the log: at most one of the two.
type Effect struct {
	Device *StoredDevice // a device entry
	Revoke id.Device     // a revoke entry: the device, whose sessions end
}

// LogStore keeps person logs.
type LogStore interface {
	// LogHeads answers the ends of the logs that exist.
	LogHeads(ctx context.Context, of []id.Person) (map[id.Person]Head, error)
	// PersonLog returns the signed entries after a seq, ascending.
	PersonLog(ctx context.Context, person id.Person, after uint32) ([][]byte, error)
	// AppendEntry writes the entry after the log's present end; false when that has moved. ended are the sessions that end with it.
	AppendEntry(ctx context.Context, entry Entry, effect Effect, events []audit.Event) (ended []id.Session, appended bool, err error)
}

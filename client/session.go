package client

import (
	"context"
	"errors"
	"sync"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Profile is what the server says of a session. Names that are shown come from verified logs, not from here.
type Profile struct {
	Person         id.Person  `json:"person"`
	UserName       string     `json:"userName"`
	DisplayName    string     `json:"displayName"`
	Role           string     `json:"role"`
	Ward           string     `json:"ward"`
	Organisation   string     `json:"organisation"`
	Device         *id.Device `json:"device"`
	Permissions    []string   `json:"permissions"`
	IdleLockMillis int64      `json:"idleLockMillis"`
	ExpiresAt      int64      `json:"expiresAt"`
	NoticeAccepted bool       `json:"noticeAccepted"`
}

// Session is one person, signed in on one device. It is safe for concurrent use, and does one thing at a time.
type Session struct {
	client   *Client
	requests *requests
	person   id.Person

	mu      sync.Mutex
	profile Profile
	device  *DeviceKeys
	ground
	people   envelope.PersonMap // verified logs, our own among them
	ended    bool
	bookmark map[id.Thread]envelope.Bookmark // the newest state of each thread that was seen; no secrets
	outbox   map[id.Thread][]*pending
	live     *Live
	ledger   *ledger
	frozen   map[id.Thread]*Freeze // for good
	// renewed is when this session made epochs because those before did not open.
	renewed map[id.Thread][]envelope.Time
	goneOn  map[id.Thread]id.Thread // threads that were opened in the place of frozen ones

	// What follows is nil while the session is locked.
	secrets *secrets
	threads map[id.Thread]*thread
	// made are epochs that this session made and whose entries have not come back yet.
	made map[id.Hash]*envelope.MadeEpoch
	// unreported are frozen threads of which the server wants no report for now.
	unreported map[id.Thread]bool
}

func (c *Client) newSession(r *requests, profile Profile, g *ground, opened *secrets, device *DeviceKeys) *Session {
	s := &Session{
		client: c, requests: r, person: g.self.Person(), profile: profile, device: device, ground: *g, people: envelope.PersonMap{g.self.Person(): g.self},
		bookmark: map[id.Thread]envelope.Bookmark{}, outbox: map[id.Thread][]*pending{},
		ledger: c.knownLedger(), frozen: c.knownFreezes(g.self.Person()), renewed: map[id.Thread][]envelope.Time{}, goneOn: map[id.Thread]id.Thread{},
	}
	s.unseal(opened)
	return s
}

// unseal gives the session its keys.
func (s *Session) unseal(opened *secrets) {
	s.secrets, s.threads, s.made = opened, map[id.Thread]*thread{}, map[id.Hash]*envelope.MadeEpoch{}
	s.unreported = map[id.Thread]bool{}
	for _, bookmark := range opened.vault.Bookmarks {
		if s.bookmark[bookmark.Thread].Seq < bookmark.Seq {
			s.bookmark[bookmark.Thread] = bookmark
		}
	}
}

// shut drops every key and every text.
func (s *Session) shut() {
	s.hangUp()
	s.secrets, s.threads, s.made, s.unreported = nil, nil, nil, nil
}

// enter takes the session for one call that needs the keys; the caller unlocks s.mu.
func (s *Session) enter() error {
	s.mu.Lock()
	switch {
	case s.ended:
		s.mu.Unlock()
		return ErrEnded
	case s.secrets == nil:
		s.mu.Unlock()
		return ErrLocked
	}
	return nil
}

// call makes a request of this session. When the server says that the session is locked or over, the keys go.
func (s *Session) call(ctx context.Context, method, path string, in, out any) error {
	return s.heed(s.requests.call(ctx, method, path, in, out))
}

// again is call for what may be asked twice.
func (s *Session) again(ctx context.Context, method, path string, in, out any) error {
	return s.heed(s.requests.again(ctx, method, path, in, out))
}

func (s *Session) heed(err error) error {
	switch {
	case hasCode(err, "session_locked"):
		s.shut()
	case hasCode(err, "not_signed_in"):
		s.shut()
		s.ended = true
	}
	return err
}

// Person is who this is.
func (s *Session) Person() id.Person { return s.person }

// Profile is what the server says of the session.
func (s *Session) Profile() Profile {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.profile
}

// DeviceKeys are this device's keys, with which it can sign in again as itself. Keep them as secret as a private key.
func (s *Session) DeviceKeys() DeviceKeys {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.device
}

// Locked says whether the keys are gone.
func (s *Session) Locked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secrets == nil
}

// Lock drops every key and tells the server, to which it gives the vault with the newest bookmarks. The keys are gone at once, whatever the error.
func (s *Session) Lock(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets == nil {
		return nil
	}
	last, err := s.lastVault()
	s.shut()
	return errors.Join(err, s.leaveVault(ctx, last), s.call(ctx, "POST", "/v1/session/lock", nil, nil))
}

// Unlock opens the vault again with the password, without a code. Threads are synced anew, from where the bookmarks say at least.
func (s *Session) Unlock(ctx context.Context, password string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return ErrEnded
	}
	stretched, err := s.client.stretchFor(ctx, s.requests, s.profile.UserName, password)
	if err != nil {
		return err
	}
	authKey := stretched.AuthKey()
	var answer struct {
		Unlock  unlockBody `json:"unlock"`
		Session Profile    `json:"session"`
	}
	if err := s.call(ctx, "POST", "/v1/session/unlock", map[string]any{"authKey": authKey[:]}, &answer); err != nil {
		return err
	}
	opened, g, err := s.client.open(s.profile.UserName, s.person, stretched, &answer.Unlock)
	if err != nil {
		return err
	}
	s.ground = *g
	s.people = envelope.PersonMap{s.person: g.self}
	s.unseal(opened)
	return nil
}

// End drops the keys and ends the session for ever, after it has left the vault with the newest bookmarks.
func (s *Session) End(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	var last *sealedVault
	var err error
	if s.secrets != nil {
		last, err = s.lastVault()
	}
	s.shut()
	s.ended = true
	return errors.Join(err, s.leaveVault(ctx, last), s.requests.call(ctx, "POST", "/v1/session/end", nil, nil))
}

// OwnDevice is one of the person's devices.
type OwnDevice struct {
	Device     id.Device `json:"device"`
	Kind       string    `json:"kind"`
	Label      string    `json:"label"`
	IssuedAt   int64     `json:"issuedAt"`
	ExpiresAt  int64     `json:"expiresAt"`
	RevokedAt  int64     `json:"revokedAt"` // 0: it is not
	LastUsedAt int64     `json:"lastUsedAt"`
	Current    bool      `json:"current"`
	// Sessions is in how many it is signed in now.
	Sessions int `json:"sessions"`
	// Posture is "unknown" or "attested", PostureBy who said so.
	Posture   string `json:"posture"`
	PostureBy string `json:"postureBy"`
	AgreedAt  int64  `json:"agreedAt"` // to using a device of one's own; 0: it is none
}

// Devices lists the person's devices.
func (s *Session) Devices(ctx context.Context) ([]OwnDevice, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var devices []OwnDevice
	err := s.call(ctx, "GET", "/v1/sessions/devices", nil, &devices)
	return devices, err
}

// EndOthers signs the person out everywhere else, and tells how many sessions that were.
func (s *Session) EndOthers(ctx context.Context) (int, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	var answer struct {
		Ended int `json:"ended"`
	}
	err := s.call(ctx, "POST", "/v1/sessions/end-others", nil, &answer)
	return answer.Ended, err
}

func (s *Session) trust(t *thread) envelope.Trust {
	trust := envelope.Trust{Manifests: s.manifests, People: s.people}
	if t != nil {
		trust.Order = t
	}
	return trust
}

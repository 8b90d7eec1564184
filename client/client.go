package client

import (
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // documents have the organisation's local time, wherever the program runs

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Config says where the server is. Only BaseURL is needed.
type Config struct {
	// BaseURL is the server's, such as "https://wardline.example.nhs.uk".
	BaseURL string
	// Origin is sent with the WebSocket handshake; empty: that of BaseURL.
	Origin string
	// HTTPClient makes the requests. Cookies are kept here, so it needs no jar, and one may serve many sessions.
	HTTPClient *http.Client
	Clock      Clock
	// Entropy is nil but in tests.
	Entropy io.Reader
	// Pin is the fingerprint of a manifest that the server's chain must contain, when it is known beforehand.
	Pin id.Hash
	// Memory is what an earlier program on this machine left; the zero value remembers nothing.
	Memory Memory
	// Zone is the organisation's local time, for documents; nil: Europe/London.
	Zone *time.Location
}

// Memory is what a machine remembers between sessions, without a password: what an older state is known by, and nothing that opens anything.
type Memory struct {
	Pin envelope.Pin `json:"pin"`
	// Log is the newest Merkle log that was accepted.
	Log envelope.LogHead `json:"log"`
	// Alarm is the evidence of two logs that contradict each other; nil when there is none.
	Alarm *Alarm `json:"alarm,omitempty"`
	// Accounts are by user name in lower case.
	Accounts map[string]Account `json:"accounts"`
	// Browser is the cookie by which the server knows that people have signed in here before, so that failures elsewhere do not keep them out.
	Browser string `json:"browser,omitempty"`
	// Frozen are the threads that people have stopped using, and why.
	Frozen map[id.Person]map[id.Thread]Freeze `json:"frozen,omitempty"`
}

// Account is what is remembered of a person who signed in here.
type Account struct {
	Person       id.Person          `json:"person"`
	Identity     [32]byte           `json:"identity"`
	AKGeneration uint32             `json:"akGeneration"`
	Vault        envelope.VaultHead `json:"vault"`
	LogSeq       uint32             `json:"logSeq"`
	LogHead      id.Hash            `json:"logHead"`
}

// Client is one machine's access to one server. It is safe for concurrent use; each person who signs in gets a [Session].
type Client struct {
	base    string
	origin  string
	http    *http.Client
	clock   Clock
	entropy io.Reader
	ids     *id.Source
	zone    *time.Location

	mu     sync.Mutex
	want   id.Hash
	memory Memory
}

// New makes a client. It makes no request.
func New(config Config) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(config.BaseURL, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("client: %q is not the address of a server", config.BaseURL)
	}
	c := &Client{
		base: base.String(), origin: config.Origin, http: config.HTTPClient, clock: config.Clock, zone: config.Zone, want: config.Pin,
		memory: config.Memory.clone(),
	}
	if c.origin == "" {
		c.origin = base.Scheme + "://" + base.Host
	}
	if c.http == nil {
		c.http = &http.Client{Timeout: time.Minute}
	}
	if c.clock == nil {
		c.clock = systemClock{}
	}
	if c.memory.Accounts == nil {
		c.memory.Accounts = map[string]Account{}
	}
	if c.zone == nil {
		if c.zone, err = time.LoadLocation("Europe/London"); err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
	}
	source := io.Reader(rand.Reader)
	if config.Entropy != nil {
		source = config.Entropy
	}
	c.entropy = &sharedEntropy{from: source}
	c.ids = id.NewSourceFrom(c.clock, c.entropy)
	return c, nil
}

// Memory is what the next program on this machine should be given.
func (c *Client) Memory() Memory {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.memory.clone()
}

func (m Memory) clone() Memory {
	m.Accounts, m.Frozen = maps.Clone(m.Accounts), cloneFreezes(m.Frozen)
	return m
}

func (c *Client) browser() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.memory.Browser
}

func (c *Client) rememberBrowser(cookie string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.memory.Browser = cookie
}

func (c *Client) now() envelope.Time { return envelope.TimeOf(c.clock.Now()) }

func (c *Client) seed() (seed [32]byte, err error) {
	_, err = io.ReadFull(c.entropy, seed[:])
	return seed, err
}

func (c *Client) account(userName string) (Account, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	account, ok := c.memory.Accounts[foldUserName(userName)]
	return account, ok
}

// remember keeps what has been verified. Nothing moves backwards: it was all checked against what was remembered before.
func (c *Client) remember(userName string, account Account, pin envelope.Pin) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.memory.Accounts[foldUserName(userName)] = account
	if pin.Version >= c.memory.Pin.Version {
		c.memory.Pin = pin
	}
}

func (c *Client) pin() envelope.Pin {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.memory.Pin
}

func foldUserName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now().UTC() }

// sharedEntropy lets sessions share a source that is not safe for concurrent use.
type sharedEntropy struct {
	mu   sync.Mutex
	from io.Reader
}

// Read implements io.Reader.
func (s *sharedEntropy) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return io.ReadFull(s.from, b)
}

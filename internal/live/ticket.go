package live

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/thread"
)

const (
	ticketLife    = 30 * time.Second
	ticketsKept   = 65536 // of all sessions
	ticketsPerOne = 16    // of one session
)

// ErrTicket is the answer to a ticket that never was, was used, or is too old.
var ErrTicket = fault.New(fault.Unauthenticated, "ticket_invalid", "This connection attempt is no longer valid. Please try again.")

var errTooManyTickets = fault.New(fault.TooMany, "too_many_tries", "Too many tries. Please wait a little and try again.").
	RetryAfter(ticketLife)

// tickets are those that this node has given out and nobody has used. With several nodes behind one address they would be rows.
type tickets struct {
	clock clock.Clock
	mu    sync.Mutex
	open  map[[sha256.Size]byte]ticket
}

type ticket struct {
	actor   thread.Actor
	expires time.Time
}

func newTickets(c clock.Clock) *tickets {
	return &tickets{clock: c, open: map[[sha256.Size]byte]ticket{}}
}

func (t *tickets) issue(actor thread.Actor) (string, error) {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := 0
	for key, old := range t.open {
		switch {
		case !now.Before(old.expires):
			delete(t.open, key)
		case old.actor.Session == actor.Session:
			mine++
		}
	}
	if mine >= ticketsPerOne || len(t.open) >= ticketsKept {
		return "", errTooManyTickets
	}
	t.open[sha256.Sum256(secret)] = ticket{actor, now.Add(ticketLife)}
	return base64.RawURLEncoding.EncodeToString(secret), nil
}

// redeem spends a ticket.
func (t *tickets) redeem(text string) (thread.Actor, error) {
	secret, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(secret) != 32 {
		return thread.Actor{}, ErrTicket
	}
	// Looked up by its hash, so that the time of a look-up says nothing about the tickets there are.
	key := sha256.Sum256(secret)
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := t.open[key]
	delete(t.open, key)
	if !ok || !t.clock.Now().Before(found.expires) {
		return thread.Actor{}, ErrTicket
	}
	return found.actor, nil
}

func (t *tickets) forget(which func(thread.Actor) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, one := range t.open {
		if which(one.actor) {
			delete(t.open, key)
		}
	}
}

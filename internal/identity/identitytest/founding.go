package identitytest

import (
	"context"
	"testing"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
)

// Seats makes three officers' seats.
func Seats(t testing.TB) []*identity.Seat {
	t.Helper()
	var seats []*identity.Seat
	for _, name := range []string{"Caldicott Guardian", "Data Protection Officer", "Chief Nurse"} {
		seat, err := identity.NewSeat(name)
		if err != nil {
			t.Fatal(err)
		}
		seats = append(seats, seat)
	}
	return seats
}

// Found makes server keys and founds the server on a database, with a threshold of two of three seats. change may alter the founding.
func Found(t testing.TB, store identity.ManifestStore, now clock.Clock, change ...func(*identity.Founding)) (*keyring.Keyring, *identity.Trust) {
	t.Helper()
	keys, err := keyring.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	founding := identity.Founding{Organisation: "Northfield Hospital", Threshold: 2, Keys: keys.Public(), Policy: identity.DefaultPolicy(), At: now.Now()}
	seats := Seats(t)
	for _, seat := range seats {
		founding.Seats = append(founding.Seats, seat.Public())
	}
	for _, apply := range change {
		apply(&founding)
	}
	draft, err := founding.Draft()
	if err != nil {
		t.Fatal(err)
	}
	var signatures []identity.SeatSignature
	for _, seat := range seats {
		signature, err := seat.SignManifest(draft.Manifest)
		if err != nil {
			t.Fatal(err)
		}
		signatures = append(signatures, signature)
	}
	signed, err := draft.Complete(signatures...)
	if err != nil {
		t.Fatal(err)
	}
	if err := identity.Found(context.Background(), store, signed, draft.Policy, now.Now()); err != nil {
		t.Fatal(err)
	}
	trust, err := identity.CheckFounded(context.Background(), store, keys)
	if err != nil {
		t.Fatal(err)
	}
	return keys, trust
}

// Heard collects what the room told after its commits.
type Heard struct {
	Locked, Ended []id.Session
	Grew          []id.Person
}

// SessionLocked implements identity.Events.
func (h *Heard) SessionLocked(session id.Session) { h.Locked = append(h.Locked, session) }

// SessionEnded implements identity.Events.
func (h *Heard) SessionEnded(session id.Session) { h.Ended = append(h.Ended, session) }

// LogGrew implements identity.Events.
func (h *Heard) LogGrew(person id.Person) { h.Grew = append(h.Grew, person) }

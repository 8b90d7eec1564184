package demo

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	policies "github.com/wardline/wardline/internal/policy"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/store"
)

// officers are the seats, in the order of their indexes.
var officers = []string{"Caldicott Guardian", "Data Protection Officer", "Chief Nursing Information Officer"}

const threshold = 2

// found makes the officers' seats, the server's keys and the first manifest, signed by all, when there is none yet.
func (d *Demo) found(ctx context.Context, config server.Config) error {
	if err := d.openSeats(); err != nil {
		return err
	}
	keys, err := openKeys(config.Data)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, config.DatabaseOf())
	if err != nil {
		return err
	}
	defer db.Close()
	founded, err := db.Manifests(ctx)
	if err != nil || len(founded) > 0 {
		return err
	}
	founding := identity.Founding{
		Organisation: organisation, Threshold: threshold, Keys: keys.Public(), Policy: policy(d.options.Grace), At: d.options.Clock.Now(),
	}
	for _, seat := range d.secrets.seats {
		founding.Seats = append(founding.Seats, seat.Public())
	}
	draft, err := founding.Draft()
	if err != nil {
		return err
	}
	var signatures []identity.SeatSignature
	for _, seat := range d.secrets.seats {
		signature, err := seat.SignManifest(draft.Manifest)
		if err != nil {
			return err
		}
		signatures = append(signatures, signature)
	}
	signed, err := draft.Complete(signatures...)
	if err != nil {
		return err
	}
	if err := identity.Found(ctx, db, signed, draft.Policy, founding.At); err != nil {
		return err
	}
	return publish(ctx, db, d.options.Clock)
}

// instantMessaging is the demonstration's one policy, which everybody accepts when they come in.
//
//go:embed policy.md
var instantMessaging string

// publish puts the policy into the register, in force at once.
func publish(ctx context.Context, db *store.DB, now clock.Clock) error {
	at := now.Now()
	_, err := policies.New(db, now).Publish(ctx, id.Person{}, policies.Version{
		Number: 1, Title: "Instant messaging at work", Kind: policies.Guidance, Summary: "New: how this hospital wants messages to be used.",
		EffectiveAt: at, ReviewAt: at.AddDate(1, 0, 0), Required: true, Grace: policies.DefaultGrace, Text: instantMessaging,
	})
	return err
}

func openKeys(data string) (*keyring.Keyring, error) {
	dir := server.KeysDir(data)
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return keyring.Create(dir)
	}
	return keyring.Open(dir)
}

// openSeats reads the officers' seats, or makes them.
func (d *Demo) openSeats() error {
	for n, name := range officers {
		path := filepath.Join(d.secrets.dir, fmt.Sprintf("seat-%d", n+1))
		text, err := os.ReadFile(path)
		var seat *identity.Seat
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if seat, err = identity.NewSeat(name); err == nil {
				err = os.WriteFile(path, []byte(seat.PrivateText()), 0o600)
			}
		case err == nil:
			seat, err = identity.ParseSeat(string(text))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		d.secrets.seats = append(d.secrets.seats, seat)
	}
	return nil
}

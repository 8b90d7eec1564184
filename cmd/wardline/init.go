package main

import (
	"context"
	"os"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
)

type initCommand struct {
	place
	Organisation string        `help:"The organisation's name, as staff will see it."`
	Seat         []string      `sep:"none" placeholder:"FILE" help:"Public file of a seat, in the order of the seats; three or more."`
	Threshold    int           `default:"2" help:"How many officers have to agree."`
	IdleLock     time.Duration `default:"5m" help:"Policy: lock after so long without use."`
	Grace        time.Duration `default:"24h" help:"Policy: from the record's receipt to the destruction of the originals."`
	DeviceLife   time.Duration `default:"2160h" help:"Policy: how long a device may be used without signing in anew."`
	Complete     []string      `sep:"none" placeholder:"FILE" help:"Signature file of a seat: with all of them the founding is complete."`
}

var errSeatsMissing = fault.New(fault.Invalid, "seats_missing", "Give --organisation and --seat for each officer, or --complete for each signature.")

// Run makes the keys and the manifest, or takes in the signatures.
func (c *initCommand) Run(ctx context.Context, terminal *terminal) error {
	if len(c.Complete) > 0 {
		return c.complete(ctx, terminal)
	}
	if len(c.Seat) == 0 {
		return errSeatsMissing
	}
	first := identity.Founding{Organisation: c.Organisation, Threshold: c.Threshold, Policy: c.policy(), At: clock.System{}.Now()}
	for _, path := range c.Seat {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seat, err := identity.ParseSeatPublic(string(text))
		if err != nil {
			return fault.As(err).With("file", path)
		}
		first.Seats = append(first.Seats, seat)
	}
	// Everything that can be wrong is found before a key is made.
	if _, err := first.Draft(); err != nil {
		return err
	}
	keys, err := c.makeKeys()
	if err != nil {
		return err
	}
	first.Keys = keys.Public()
	draft, err := first.Draft()
	if err != nil {
		return err
	}
	return c.write(terminal, draft)
}

// makeKeys makes the server's keys, or takes those of a founding that stopped before it wrote its manifest.
func (c *initCommand) makeKeys() (*keyring.Keyring, error) {
	keys, err := keyring.Create(c.keys())
	if err == nil || fault.As(err).Code() != "key_files_exist" {
		return keys, err
	}
	if founding(c.Data).exists() {
		return nil, err
	}
	return keyring.Open(c.keys())
}

func (c *initCommand) write(terminal *terminal, draft identity.Draft) error {
	if err := founding(c.Data).write(draft); err != nil {
		return err
	}
	if err := showManifest(terminal, draft.Manifest); err != nil {
		return err
	}
	terminal.print("\nServer keys are in %s: they are in no backup, so keep a copy in a safe.\n", c.keys())
	terminal.print("Give %s to every officer, who runs\n  wardline seat sign --seat FILE --out FILE.sig manifest.bin\n", founding(c.Data).manifest())
	terminal.print("and found the server with all their signatures:\n  wardline init --data %s --complete FILE.sig …\n", c.Data)
	return nil
}

func (c *initCommand) complete(ctx context.Context, terminal *terminal) error {
	if err := checkData(c.Data); err != nil {
		return err
	}
	draft, err := founding(c.Data).read()
	if err != nil {
		return err
	}
	signatures, err := founding(c.Data).collect(draft, c.Complete)
	if err != nil {
		return err
	}
	signed, err := draft.Complete(signatures...)
	if err != nil {
		return err
	}
	keys, err := keyring.Open(c.keys())
	if err != nil {
		return err
	}
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := identity.Found(ctx, db, signed, draft.Policy, clock.System{}.Now()); err != nil {
		return err
	}
	trust, err := identity.CheckFounded(ctx, db, keys)
	if err != nil {
		return err
	}
	terminal.print("%s is founded.\n", trust.Chain.Current().Organisation)
	printFingerprint(terminal, trust.Chain.Current().Hash)
	return nil
}

func (c *initCommand) policy() envelope.Policy {
	policy := identity.DefaultPolicy()
	policy.IdleLockMillis = uint64(max(0, c.IdleLock).Milliseconds())
	policy.GraceMillis = uint64(max(0, c.Grace).Milliseconds())
	policy.DeviceLifeMillis = uint64(max(0, c.DeviceLife).Milliseconds())
	return policy
}

package main

import (
	"context"
	"encoding/base64"
	"io"
	"os"
	"slices"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/store"
)

type manifestCommand struct {
	Show     manifestShow     `cmd:"" help:"Print the root manifest that the server has now, with its fingerprint."`
	Sheet    manifestSheet    `cmd:"" help:"Write a poster with the organisation's fingerprint, to be printed and put up."`
	Propose  manifestPropose  `cmd:"" help:"Draft the next version, with a new server key or other officers, for the officers to sign."`
	Complete manifestComplete `cmd:"" help:"Take in the officers' signatures, and make the next version the server's."`
}

// withTrust opens what a server was founded on.
func (p place) withTrust(ctx context.Context, do func(*store.DB, *keyring.Keyring, *identity.Trust) error) error {
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := checkData(p.Data); err != nil {
		return err
	}
	keys, err := keyring.Open(p.keys())
	if err != nil {
		return err
	}
	trust, err := identity.CheckFounded(ctx, db, keys)
	if err != nil {
		return explainFounding(p.Data, err)
	}
	return do(db, keys, trust)
}

type manifestShow struct{ place }

// Run prints the current version.
func (c *manifestShow) Run(ctx context.Context, terminal *terminal) error {
	return c.withTrust(ctx, func(_ *store.DB, _ *keyring.Keyring, trust *identity.Trust) error {
		object, err := trust.CurrentObject()
		if err != nil {
			return err
		}
		if err := showManifest(terminal, object); err != nil {
			return err
		}
		for _, key := range trust.Chain.AuditKeys() {
			terminal.print("Audit key   %s\n", base64.RawURLEncoding.EncodeToString(key[:]))
		}
		return nil
	})
}

type manifestPropose struct {
	place
	Renew     []string `enum:"bind,remove,assert,audit" help:"Make a new server key for this purpose: bind, remove, assert or audit."`
	Add       []string `sep:"none" placeholder:"FILE" help:"Public file of an officer who joins."`
	Retire    []uint8  `placeholder:"SEAT" help:"Seat number of an officer who leaves."`
	Threshold int      `help:"How many officers have to agree from then on; 0: as many as now."`
}

var (
	errProposed = fault.New(fault.Conflict, "manifest_proposed",
		"The next version has been drafted already. Complete it, or remove its directory and draft it anew.")
	errNotProposed = fault.New(fault.NotFound, "manifest_not_proposed", "No next version has been drafted. Begin with \"wardline manifest propose\".")
)

// Run drafts. The server goes on with the present version until the next one is complete.
func (c *manifestPropose) Run(ctx context.Context, terminal *terminal) error {
	return c.withTrust(ctx, func(_ *store.DB, keys *keyring.Keyring, trust *identity.Trust) error {
		dir := nextManifest(c.Data, trust.Chain.Current().Version+1)
		if dir.exists() {
			return errProposed.With("directory", string(dir))
		}
		change := identity.Change{Keys: keys.Public(), Retire: c.Retire, Threshold: c.Threshold, At: clock.System{}.Now()}
		for _, path := range c.Add {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			seat, err := identity.ParseSeatPublic(string(text))
			if err != nil {
				return fault.As(err).With("file", path)
			}
			change.Add = append(change.Add, seat)
		}
		// Everything that can be wrong is found before a key is made.
		if _, err := trust.Propose(change); err != nil && (len(c.Renew) == 0 || fault.As(err).Code() != "nothing_changes") {
			return err
		}
		var err error
		if change.Keys, err = c.renew(keys); err != nil {
			return err
		}
		draft, err := trust.Propose(change)
		if err != nil {
			return err
		}
		if err := dir.write(draft); err != nil {
			return err
		}
		if err := showChange(terminal, draft.Before, draft.Manifest); err != nil {
			return err
		}
		if err := showManifest(terminal, draft.Manifest); err != nil {
			return err
		}
		terminal.print("\nGive %s and %s to %d officers of the present version, who run\n  wardline seat sign --seat FILE --out FILE.sig --before before.bin manifest.bin\n",
			dir.manifest(), dir.before(), trust.Chain.Current().Threshold)
		terminal.print("Then stop the server, and complete with their signatures:\n  wardline manifest complete --data %s FILE.sig …\n", c.Data)
		if len(c.Renew) > 0 {
			terminal.print("The new keys are in %s: keep a copy in a safe, and put one on every other node.\n", c.keys())
		}
		return nil
	})
}

// renew makes the keys that were asked for, or takes those of a draft that was given up: no manifest has named them.
func (c *manifestPropose) renew(keys *keyring.Keyring) (keyring.PublicKeys, error) {
	next := keys.Public()
	for _, purpose := range c.Renew {
		if *keyOf(&next, purpose) == *keyOf(new(keys.Newest()), purpose) {
			if err := keyring.Renew(c.keys(), purpose); err != nil {
				return next, err
			}
		}
	}
	renewed, err := keyring.Open(c.keys())
	if err != nil {
		return next, err
	}
	for _, purpose := range c.Renew {
		*keyOf(&next, purpose) = *keyOf(new(renewed.Newest()), purpose)
	}
	return next, nil
}

func keyOf(keys *keyring.PublicKeys, purpose string) *[32]byte {
	return map[string]*[32]byte{"bind": &keys.Bind, "remove": &keys.Remove, "assert": &keys.Assert, "audit": &keys.Audit}[purpose]
}

type manifestComplete struct {
	place
	Signature []string `arg:"" optional:"" sep:"none" placeholder:"FILE" help:"Signature files of officers of the present version; those that came before are kept."`
}

// Run makes the next version the server's. A server that is at work here would sign the log with a key that nobody believes any more, so it must
// have stopped.
func (c *manifestComplete) Run(ctx context.Context, terminal *terminal) error {
	return c.withTrust(ctx, func(db *store.DB, keys *keyring.Keyring, trust *identity.Trust) error {
		dir := nextManifest(c.Data, trust.Chain.Current().Version+1)
		if !dir.exists() {
			return errNotProposed
		}
		lock, err := server.LockData(c.Data)
		if err != nil {
			return err
		}
		defer func(lock io.Closer) { _ = lock.Close() }(lock)
		draft, err := dir.read()
		if err != nil {
			return err
		}
		signatures, err := dir.collect(draft, slices.Clone(c.Signature))
		if err != nil {
			return err
		}
		signed, err := draft.Complete(signatures...)
		if err != nil {
			return err
		}
		next, err := identity.Adopt(ctx, db, keys, signed, draft.Policy, clock.System{}.Now())
		if err != nil {
			return err
		}
		current := next.Chain.Current()
		terminal.print("%s has version %d of its root manifest.\n", current.Organisation, current.Version)
		printFingerprint(terminal, current.Hash)
		key := current.ServerKey(envelope.PurposeAudit)
		terminal.print("Audit key   %s\n", base64.RawURLEncoding.EncodeToString(key[:]))
		terminal.print("\nStart the server. Sheets that were printed before stay good: their version is in the chain. Print the poster anew:\n  wardline manifest sheet --data %s --out poster.html\n", c.Data)
		return nil
	})
}

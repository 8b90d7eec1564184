package main

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/store"
)

type verifyCommand struct {
	place
	Save       string   `placeholder:"FILE" help:"Also write the log to a file, to be checked on another machine."`
	Key        []string `placeholder:"BASE64" help:"With an export: the server's public audit key, as an officer's copy of the manifest has it."`
	Checkpoint []string `placeholder:"FILE" help:"A checkpoint that was kept elsewhere; the log has to contain it."`
	Export     string   `arg:"" optional:"" help:"A file that --save wrote; empty checks the database itself."`
}

var errKeyNeeded = fault.New(fault.Invalid, "key_needed", "An export is checked with the server's public audit key: give --key.")

// Run checks every leaf, hash and checkpoint, and says what it found.
func (c *verifyCommand) Run(ctx context.Context, terminal *terminal) error {
	verifier := audit.Verifier{}
	for _, path := range c.Checkpoint {
		note, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		verifier.Remembered = append(verifier.Remembered, note)
	}
	if c.Export != "" {
		return c.checkExport(terminal, verifier)
	}
	return c.checkDatabase(ctx, terminal, verifier)
}

func (c *verifyCommand) checkExport(terminal *terminal, verifier audit.Verifier) error {
	if len(c.Key) == 0 {
		return errKeyNeeded
	}
	for _, text := range c.Key {
		key, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(key) != 32 {
			return errKeyNeeded.Because(errors.New("a key is 32 bytes in base64url"))
		}
		verifier.Keys = append(verifier.Keys, [32]byte(key))
	}
	file, err := os.Open(c.Export)
	if err != nil {
		return err
	}
	defer file.Close()
	return report(terminal, verifier, file)
}

func (c *verifyCommand) checkDatabase(ctx context.Context, terminal *terminal, verifier audit.Verifier) error {
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	trust, err := c.trust(ctx, db)
	if err != nil {
		return err
	}
	key := trust.Chain.Current().ServerKey(envelope.PurposeAudit)
	verifier.Keys = auditKeys(trust)
	terminal.print("Public audit key %s\n", base64.RawURLEncoding.EncodeToString(key[:]))
	if c.Save != "" {
		if err := c.save(ctx, db); err != nil {
			return err
		}
	}
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(audit.Export(ctx, db.AuditLog(), writer)) }()
	defer reader.Close()
	if err := audit.CheckCovered(ctx, db.AuditLog()); err != nil {
		return err
	}
	return report(terminal, verifier, reader)
}

func (c *verifyCommand) save(ctx context.Context, db *store.DB) error {
	file, err := os.OpenFile(c.Save, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(audit.Export(ctx, db.AuditLog(), file), file.Sync(), file.Close())
}

// auditKeys are the audit keys of every manifest: a checkpoint outlives the key that signed it.
func auditKeys(trust *identity.Trust) [][32]byte {
	var keys [][32]byte
	for _, signed := range trust.Signed {
		if manifest, err := manifestOf(signed); err == nil {
			keys = append(keys, manifest.ServerKey(envelope.PurposeAudit))
		}
	}
	return keys
}

func manifestOf(signed []byte) (*envelope.RootManifest, error) {
	parsed, err := envelope.Parse[envelope.Signed](signed)
	if err != nil {
		return nil, err
	}
	return envelope.Open[envelope.RootManifest](parsed)
}

func report(terminal *terminal, verifier audit.Verifier, export io.Reader) error {
	found, err := verifier.Verify(export)
	if err != nil {
		return err
	}
	terminal.print("The audit log is what was signed: %d leaves, %d checkpoints", found.Leaves, found.Checkpoints)
	if found.Leaves > 0 {
		terminal.print(", the newest of %s", found.Newest.At.Format(time.RFC1123))
	}
	terminal.print("\n")
	return nil
}

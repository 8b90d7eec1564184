package main

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/store"
)

type verifyCommand struct {
	Log      verifyLog             `cmd:"" default:"withargs" help:"The audit log, in the database or in an export."`
	Evidence verifyEvidence        `cmd:"" help:"Files of evidence that the app or a witness saved: do they prove that one server signed two logs?"`
	Document verifyDocumentCommand `cmd:"" help:"A document that was filed: is it what was said, and is that gone because of it?"`
}

type verifyLog struct {
	place
	Save       string   `placeholder:"FILE" help:"Also write the log to a file, to be checked on another machine."`
	Key        []string `placeholder:"BASE64" help:"With an export: the server's public audit key, as an officer's copy of the manifest has it; of several manifests each one's, the oldest first."`
	Checkpoint []string `placeholder:"FILE" help:"A checkpoint that was kept elsewhere; the log has to contain it."`
	Export     string   `arg:"" optional:"" help:"A file that --save wrote; empty checks the database itself."`
}

var (
	errKeyNeeded    = fault.New(fault.Invalid, "key_needed", "An export, or evidence, is checked with the server's public audit key: give --key.")
	errKeyMalformed = fault.New(fault.Invalid, "key_malformed",
		"This key is not the log's: check how it was typed. A public audit key is 43 letters, digits, - and _, as \"wardline verify\" prints it.")
)

// Run checks every leaf, hash and checkpoint, and says what it found.
func (c *verifyLog) Run(ctx context.Context, terminal *terminal) error {
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

func (c *verifyLog) checkExport(terminal *terminal, verifier audit.Verifier) error {
	var err error
	if verifier.Keys, err = readKeys(c.Key); err != nil {
		return err
	}
	file, err := os.Open(c.Export)
	if err != nil {
		return err
	}
	defer file.Close()
	return report(terminal, verifier, file)
}

func readKeys(texts []string) (keys [][32]byte, err error) {
	for _, text := range texts {
		key, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(key) != 32 {
			return nil, errKeyMalformed.With("given", text)
		}
		keys = append(keys, [32]byte(key))
	}
	if len(keys) == 0 {
		return nil, errKeyNeeded
	}
	return keys, nil
}

func (c *verifyLog) checkDatabase(ctx context.Context, terminal *terminal, verifier audit.Verifier) error {
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	trust, err := c.trust(ctx, db)
	if err != nil {
		return err
	}
	verifier.Keys = trust.Chain.AuditKeys()
	for _, key := range verifier.Keys {
		terminal.print("Public audit key %s\n", base64.RawURLEncoding.EncodeToString(key[:]))
	}
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

func (c *verifyLog) save(ctx context.Context, db *store.DB) error {
	file, err := os.OpenFile(c.Save, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(audit.Export(ctx, db.AuditLog(), file), file.Sync(), file.Close())
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

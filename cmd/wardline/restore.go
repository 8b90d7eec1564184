package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/restore"
)

type restoreCommand struct {
	Data          string   `name:"data" default:"data" placeholder:"DIR" help:"The server's data directory, with the keys in it and no database."`
	Database      string   `name:"database" placeholder:"ADDRESS" help:"Main database to be made; empty is SQLite in the data directory."`
	ShredDatabase string   `name:"shred-database" placeholder:"ADDRESS" help:"Shred store to be made; empty is SQLite in the data directory."`
	Halves        string   `placeholder:"FILE" help:"The file of halves, wardline-shred-….age."`
	WithoutHalves bool     `help:"Restore no halves: messages are readable only if their shred store is still there."`
	Ledger        string   `placeholder:"FILE" help:"The newest copy of destruction.ledger."`
	Identity      []string `required:"" sep:"none" placeholder:"FILE" help:"The key that opens backups, as wardline backup key wrote it."`
	Drill         bool     `help:"Try it: restore into a scratch directory, check everything, report, and delete it."`
	Scratch       string   `placeholder:"DIR" help:"With --drill, where the scratch directory is made."`
	JSON          bool     `name:"json" help:"Report as JSON."`
	Backup        string   `arg:"" help:"The backup, wardline-main-….age."`
}

var (
	errHalves = fault.New(fault.Invalid, "halves_missing", "Give --halves and the file of halves that belongs to the backup, or say --without-halves.")
	errKeys   = fault.New(fault.NotFound, "restore_keys_missing",
		"The server's keys are in no backup. Put them in the directory keys of the data directory first, from where they are kept.")
	errIdentity = fault.New(fault.Invalid, "backup_identity_invalid", "That file is not a key for backups.")
)

// Run restores, or drills.
func (c *restoreCommand) Run(ctx context.Context, terminal *terminal) error {
	if c.Halves == "" && !c.WithoutHalves {
		return errHalves
	}
	options := restore.Options{
		Main: c.Backup, Shred: c.Halves, Ledger: c.Ledger, Database: c.Database, ShredDatabase: c.ShredDatabase, Drill: c.Drill, Clock: clock.System{},
	}
	var err error
	if options.Keys, err = keyring.Open(filepath.Join(c.Data, "keys")); err != nil {
		return errKeys.With("directory", filepath.Join(c.Data, "keys")).Because(err)
	}
	if options.Identities, err = readIdentities(c.Identity); err != nil {
		return err
	}
	dir := c.Data
	if c.Drill {
		if dir, err = os.MkdirTemp(c.Scratch, "wardline-drill-"); err != nil {
			return err
		}
		options.Database, options.ShredDatabase = "", ""
	}
	if options.Database == "" {
		options.Database = filepath.Join(dir, "wardline.db")
	}
	if options.ShredDatabase == "" {
		options.ShredDatabase = filepath.Join(dir, "shred.db")
	}
	progress, end := terminal.progress()
	options.Progress = progress
	report, err := restore.Run(ctx, options)
	end()
	if c.Drill {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if report != nil {
		if shown := c.show(terminal, report, err == nil); shown != nil {
			err = errors.Join(err, shown)
		}
	}
	return err
}

func (c *restoreCommand) show(terminal *terminal, report *restore.Report, worked bool) error {
	if c.JSON {
		encoder := json.NewEncoder(terminal.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	report.Print(terminal.out)
	switch {
	case !worked:
	case c.Drill:
		terminal.print("\nThe drill is over: this backup can be restored. The scratch directory is deleted.\n")
	default:
		terminal.print(restored, report.Organisation, restore.DisposalPause.Hours()/24)
	}
	return nil
}

const restored = `
%s is restored, and can be served. Before people come back, tell them:
  Everybody signs in again. PINs are gone: open with a passkey or the password, then set a PIN anew. Enrolment links that were out are void.
  Wardline will say that the log of keys went back ("older than something already seen"). That is true, and meant: a restored log has forgotten keys. Until
  a device is wiped and enrolled again, it sends nothing under keys that it has not seen proved before. Reading goes on.
  What was sent and decided after the backup is not on the server. It may still be on phones: ask before they are wiped.
Holds placed after the backup are not in it: place them again now. Nothing is disposed of for %.0f days.
Destroy the copy of the backup that you no longer need, and make a new backup.
`

func readIdentities(paths []string) ([]age.Identity, error) {
	var identities []age.Identity
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		parsed, err := age.ParseIdentities(file)
		if closed := file.Close(); closed != nil {
			return nil, closed
		}
		if err != nil {
			return nil, errIdentity.With("file", path).Because(errors.New("it holds no AGE-SECRET-KEY"))
		}
		identities = append(identities, parsed...)
	}
	return identities, nil
}

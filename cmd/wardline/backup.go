package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"filippo.io/age"

	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/store/shredstore"
)

type backupCommand struct {
	Make backupMake `cmd:"" default:"withargs" help:"Make a backup now. The server may be running."`
	Key  backupKey  `cmd:"" help:"Make a key for backups, on a machine that is not the server."`
	List backupList `cmd:"" help:"List the backups in a directory."`
}

// copied is what backups and the ledger are made from. Flags have the names of settings too, so that a configuration file serves both.
type copied struct {
	place
	ShredDatabase string `name:"shred-database" placeholder:"ADDRESS" help:"Shred store; empty is SQLite in the data directory."`
}

func (c copied) shred() string {
	if c.ShredDatabase != "" {
		return c.ShredDatabase
	}
	return filepath.Join(c.Data, "shred.db")
}

// withCopies opens a server's databases beside the server.
func (c copied) withCopies(ctx context.Context, do func(server.Copies) error) error {
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := keyring.Open(c.keys())
	if err != nil {
		return err
	}
	trust, err := identity.CheckFounded(ctx, db, keys)
	if err != nil {
		return explainFounding(c.Data, err)
	}
	shred, err := shredstore.Open(ctx, c.shred())
	if err != nil {
		return err
	}
	defer shred.Close()
	return do(server.Copies{DB: db, Shred: shred, Keys: keys, Trust: trust, Program: version(), Clock: clock.System{}})
}

type backupMake struct {
	copied
	Directory  string   `name:"to" aliases:"backup-directory" placeholder:"DIR" help:"Where the two files go; also --backup-directory."`
	Recipients []string `name:"recipient" aliases:"backup-recipients" placeholder:"AGE" help:"age recipients, or files of them; also --backup-recipients."`
	Ledger     string   `name:"ledger" aliases:"backup-ledger-directory" placeholder:"DIR" help:"Where the destruction ledger is copied to; also --backup-ledger-directory."`
	JSON       bool     `name:"json" help:"Say what was made as JSON."`
}

var errDirectory = fault.New(fault.Invalid, "backup_directory_missing", "Say where backups are: --to DIR (--in DIR for the list) or backup.directory.")

// Run makes one set of files.
func (c *backupMake) Run(ctx context.Context, terminal *terminal) error {
	if c.Directory == "" {
		return errDirectory
	}
	recipients, err := parseRecipients(c.Recipients)
	if err != nil {
		return err
	}
	return c.withCopies(ctx, func(copies server.Copies) error {
		var err error
		maker, err := copies.Maker(c.Directory, recipients, nil)
		if err != nil {
			return err
		}
		if c.Ledger != "" {
			copier := copies.LedgerTo(c.Ledger)
			maker.CopyLedger = func(ctx context.Context) error { _, err := copier.Copy(ctx, true); return err }
		}
		began := time.Now()
		progress, end := terminal.progress()
		maker.Progress = progress
		made, err := maker.Make(ctx)
		end()
		if err != nil {
			return err
		}
		return c.say(terminal, made, time.Since(began), maker.Whose.Horizon)
	})
}

func (c *backupMake) say(terminal *terminal, made backup.Made, took, horizon time.Duration) error {
	if c.JSON {
		return json.NewEncoder(terminal.out).Encode(made)
	}
	terminal.print("%s  %d rows, %.1f MB\n", made.Main.Path, made.Main.Rows, float64(made.Main.Bytes)/1e6)
	if made.Shred.Path != "" {
		terminal.print("%s  %d rows, %.1f MB: to be destroyed by %s\n", made.Shred.Path, made.Shred.Rows, float64(made.Shred.Bytes)/1e6,
			made.At.Add(horizon).Format(time.RFC1123))
	}
	terminal.print("Done in %.1f s. The server's keys are in no backup: keep your copy of %s.\n", took.Seconds(), c.keys())
	if c.Ledger == "" {
		terminal.print("The destruction ledger was not copied: without a copy that is younger than this backup it cannot be restored. See wardline ledger export.\n")
	}
	return nil
}

type backupKey struct {
	Out string `required:"" placeholder:"FILE" help:"Where the key goes; the file is new and for you alone."`
}

// Run makes an age identity and prints its recipient.
func (c *backupKey) Run(terminal *terminal) error {
	secret, err := age.GenerateHybridIdentity()
	if err != nil {
		return err
	}
	text := fmt.Sprintf("# opens backups of Wardline; keep it away from the server\n# recipient: %s\n%s\n", secret.Recipient(), secret)
	if err := writeNew(c.Out, text, 0o600); err != nil {
		return err
	}
	terminal.print("%s\n", secret.Recipient())
	return nil
}

type backupList struct {
	Directory string `name:"in" aliases:"backup-directory" placeholder:"DIR" help:"Where backups are; also --backup-directory."`
}

// Run lists the whole files, newest first.
func (c *backupList) Run(terminal *terminal) error {
	if c.Directory == "" {
		return errDirectory
	}
	files, err := backup.Files(c.Directory)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(terminal.out, 0, 0, 2, ' ', 0)
	for _, file := range files {
		fmt.Fprintf(table, "%s\t%s\t%s\n", file.At.Format(time.RFC3339), file.Kind, file.Path)
	}
	return table.Flush()
}

type ledgerCommand struct {
	Export ledgerExport `cmd:"" help:"Append what was destroyed to a copy of the ledger. The server may be running."`
}

type ledgerExport struct {
	copied
	To     string        `required:"" placeholder:"DIR" help:"The directory, on another machine's disk."`
	Follow bool          `help:"Go on until stopped."`
	Every  time.Duration `default:"1m" help:"With --follow, how often."`
}

// Run copies once, or again and again.
func (c *ledgerExport) Run(ctx context.Context, terminal *terminal) error {
	return c.withCopies(ctx, func(copies server.Copies) error {
		copier := copies.LedgerTo(c.To)
		for {
			head, err := copier.Copy(ctx, !c.Follow)
			if err != nil {
				return err
			}
			terminal.print("%s: %d entries, as of %s\n", copier.Path(), head.Number, head.At.Format(time.RFC3339))
			if !c.Follow {
				return nil
			}
			if err := clock.Until(ctx, clock.System{}, time.Now().Add(max(c.Every, time.Second))); err != nil {
				return nil // it was stopped
			}
		}
	})
}

var errRecipient = fault.New(fault.Invalid, "backup_recipient_invalid", "That is neither an age recipient nor a file of them.")

// parseRecipients reads recipients, each of which may be a file of them.
func parseRecipients(texts []string) ([]age.Recipient, error) {
	var recipients []age.Recipient
	for _, text := range texts {
		if content, err := os.ReadFile(text); err == nil {
			text = string(content)
		}
		parsed, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, errRecipient.Because(errors.New("it begins neither with age1 nor with age1pq1, or is misspelt"))
		}
		recipients = append(recipients, parsed...)
	}
	return recipients, nil
}

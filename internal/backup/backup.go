// Package backup copies both databases while they are in use into encrypted files, keeps those files as long as they may be kept, and reads them back.
//
// Layout: backup.go making a set of files; manifest.go what a file says of itself; stream.go, write.go, read.go the format; shelf.go the directory
// of files, their names and how long they stay; schedule.go the job inside a server. Package restore puts a set back.
//
// The main database and the shred store are two files with two lives. The main file is the long-term backup. The halves are kept for the shred horizon
// only: without its half nobody reads a message again, so a destroyed message is in no backup past the horizon (R20, P7, docs/protocol.md section 8).
// The main snapshot is taken first and the shred snapshot after it, since a half is durable before its message: every message of the one has its half in
// the other, unless it was destroyed in between, which the destruction ledger tells.
//
// Invariants: a file is encrypted to the operator's age recipients and never written in clear. It has its final name only once all of it is on the disk;
// a run that fails or is killed leaves nothing that looks like a backup. The server's keys, PINs and sessions are in none. Memory does not grow with the
// size of a database.
package backup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"filippo.io/age"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/ledger"
)

// Belonging says whose backup it is.
type Belonging struct {
	Organisation string
	Founding     id.Hash
	Keys         map[string]string
	Horizon      time.Duration
	Program      string
}

// Progress is told how a long run gets on: rows of all rows. It is called often and must be quick.
type Progress func(stage string, done, total int64)

// Maker makes sets of files.
type Maker struct {
	Main, Shred Source
	// Dialect of each, for information.
	MainDialect, ShredDialect string
	Whose                     Belonging
	Signer                    Signer
	Recipients                []age.Recipient
	Dir                       string
	Clock                     clock.Clock
	// Place brings the destruction ledger up to date before the snapshot. CopyLedger, where a directory for it is set, makes the copy younger than the backup.
	Place      func(ctx context.Context) error
	CopyLedger func(ctx context.Context) error
	Audit      func(ctx context.Context, event audit.Event) error
	Progress   Progress

	// create makes a file; tests give one that fills up.
	create func(path string) (file, error)
}

// Made is one set.
type Made struct {
	Set    string      `json:"set"`
	At     time.Time   `json:"at"`
	Main   Written     `json:"main"`
	Shred  Written     `json:"shred"` // zero where the horizon is nothing
	Ledger ledger.Head `json:"-"`
}

// Written is one file.
type Written struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	Rows  int64  `json:"rows"`
}

var (
	// ErrDiskFull is a backup for which there was no room.
	ErrDiskFull = fault.New(fault.Unavailable, "backup_disk_full", "There is no room for the backup. What was written of it was taken away again; earlier backups are untouched.")
	// ErrNoRecipient is a backup that nobody could open.
	ErrNoRecipient = fault.New(fault.Invalid, "backup_recipient_missing", "A backup is encrypted to at least one age recipient. Make a key with \"wardline backup key\", and keep it away from this machine.")
	errChanged     = fault.New(fault.Unavailable, "backup_incomplete", "The database did not give as many rows as it has. Try again.")
)

// Make makes both files and returns once they are on the disk.
func (m *Maker) Make(ctx context.Context) (made Made, err error) {
	if len(m.Recipients) == 0 {
		return made, ErrNoRecipient
	}
	var set [8]byte
	rand.Read(set[:])
	made.Set, made.At = hex.EncodeToString(set[:]), m.Clock.Now().UTC().Truncate(time.Millisecond)
	if err := m.Place(ctx); err != nil {
		return made, err
	}
	if made.Main, made.Ledger, err = m.write(ctx, Main, m.Main, m.MainDialect, made); err != nil {
		return made, err
	}
	if m.Whose.Horizon > 0 { // an organisation whose horizon is nothing wants halves in no backup
		if made.Shred, _, err = m.write(ctx, Shred, m.Shred, m.ShredDialect, made); err != nil {
			return made, errors.Join(err, discard(made.Main.Path))
		}
	}
	if m.CopyLedger != nil {
		if err := m.CopyLedger(ctx); err != nil {
			return made, err
		}
	}
	return made, m.Audit(ctx, audit.Event{Kind: audit.Backup, At: m.Clock.Now(), Details: map[string]string{
		"set": made.Set, "main_rows": Count(made.Main.Rows), "halves": Count(made.Shred.Rows), "ledger": Count(made.Ledger.Number),
	}})
}

// Count is a number as a detail of an event, which refuses ten digits for fear of an NHS number.
func Count(n int64) string { return "n=" + strconv.FormatInt(n, 10) }

// write makes one file. The time of a file is that of its snapshot's beginning: what was destroyed later may still be in it.
func (m *Maker) write(ctx context.Context, kind Kind, source Source, dialect string, made Made) (written Written, head ledger.Head, err error) {
	at := m.Clock.Now().UTC().Truncate(time.Millisecond)
	written.Path = pathOf(m.Dir, kind, at, made.Set)
	create := m.create
	if create == nil {
		create = createFile
	}
	temporary := temporaryOf(written.Path)
	out, err := create(temporary)
	if err != nil {
		return written, head, full(err)
	}
	finished := false
	defer func() {
		if !finished {
			err = errors.Join(full(err), out.Close(), discard(temporary))
		}
	}()
	counted := &counter{to: out}
	sealed, err := age.Encrypt(counted, m.Recipients...)
	if err != nil {
		return written, head, fault.New(fault.Invalid, "backup_recipient_invalid", "These age recipients cannot be used together.").Because(err)
	}
	err = source.Snapshot(ctx, func(s Snapshot) error {
		manifest := Manifest{
			Kind: kind, Set: made.Set, TakenAt: at.UnixMilli(), Program: m.Whose.Program, Database: dialect, Organisation: m.Whose.Organisation,
			Founding: m.Whose.Founding, Horizon: m.Whose.Horizon.Milliseconds(), Keys: m.Whose.Keys,
		}
		written.Rows, head, err = m.stream(ctx, manifest, s, sealed)
		return err
	})
	if err != nil {
		return written, head, err
	}
	if err = errors.Join(sealed.Close(), out.Sync()); err != nil {
		return written, head, err
	}
	written.Bytes = counted.bytes
	finished = true
	if err := out.Close(); err != nil {
		return written, head, errors.Join(full(err), discard(temporary))
	}
	return written, head, publish(temporary, written.Path)
}

// stream writes the snapshot.
func (m *Maker) stream(ctx context.Context, manifest Manifest, s Snapshot, to io.Writer) (rows int64, head ledger.Head, err error) {
	if manifest.Schema, manifest.Tables, err = s.Schema(); err != nil {
		return 0, head, err
	}
	state, err := s.State()
	if err != nil {
		return 0, head, err
	}
	head = state.Ledger
	manifest.LedgerNumber, manifest.LedgerHash, manifest.Checkpoint = head.Number, head.Hash, state.Checkpoint
	if err := manifest.check(); err != nil {
		return 0, head, err
	}
	out, total := newStreamWriter(to, m.Signer), manifest.Rows()
	if err := out.begin(manifest); err != nil {
		return 0, head, err
	}
	for n, table := range manifest.Tables {
		if err := out.beginTable(n); err != nil {
			return 0, head, err
		}
		count := int64(0)
		err := s.Rows(table, func(row Row) error {
			count++
			rows++
			if rows%1024 == 0 {
				m.progress(string(manifest.Kind), min(rows, total), total)
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			return out.row(table.Columns, row)
		})
		if err != nil {
			return 0, head, err
		}
		if count != table.Rows && !state.Moving {
			return 0, head, errChanged.Because(fmt.Errorf("backup: %s has %d rows and gave %d", table.Name, table.Rows, count))
		}
		if err := out.endTable(); err != nil {
			return 0, head, err
		}
	}
	m.progress(string(manifest.Kind), rows, rows)
	return rows, head, out.end()
}

func (m *Maker) progress(stage string, done, total int64) {
	if m.Progress != nil {
		m.Progress(stage, done, total)
	}
}

type counter struct {
	to    io.Writer
	bytes int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.bytes += int64(n)
	return n, err
}

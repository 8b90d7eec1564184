// Package restore makes a server's databases from a backup, and proves that they are whole.
//
// Layout: restore.go the steps; place.go where databases go; check.go what is proved of them; report.go what is told.
//
// The steps: the files are opened and must fit one another, the keys and the destruction ledger; the halves are loaded, then the main database; the
// ledger is replayed, so that what was destroyed after the backup is destroyed again; everything is checked; only then is the mark taken away without
// which no server opens a database. A drill does the same into a scratch directory that is deleted afterwards.
//
// Invariants: nothing is overwritten. A restore that fails or is killed leaves no database that a server would open. Without a ledger that is younger
// than the backup nothing is restored (docs/protocol.md section 8). Memory does not grow with the size of the backup.
package restore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"time"

	"filippo.io/age"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/ledger"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
)

// Options say what is restored, and where to.
type Options struct {
	Main string // the main file
	// Shred is the file of halves; "" restores none, and then the messages can be read only from a shred store that is there already.
	Shred      string
	Ledger     string // the copy of the destruction ledger
	Identities []age.Identity
	Keys       *keyring.Keyring
	// Database and ShredDatabase are addresses as store.Open takes them.
	Database, ShredDatabase string
	// Drill says that the databases are scratch: whoever asks deletes them.
	Drill    bool
	Clock    clock.Clock
	Progress backup.Progress
}

// DisposalPause is how long after a restore nothing is disposed of, so that holds placed after the backup can be placed again.
const DisposalPause = 7 * 24 * time.Hour

var (
	errLedgerMissing = fault.New(fault.Invalid, "ledger_missing",
		"A restore needs the destruction ledger: without it, messages that were destroyed would come back. Give --ledger and the newest copy of destruction.ledger.")
	errLedgerOld = fault.New(fault.Conflict, "ledger_older",
		"This copy of the destruction ledger is older than the backup. Give the newest copy, or an earlier backup.")
	errPastHorizon = fault.New(fault.Gone, "shred_backup_expired",
		"These halves are past the shred horizon: they could bring back what was destroyed, so they are not restored. Destroy the file, and restore a newer one or --without-halves.")
	errKind      = fault.New(fault.Invalid, "backup_other_kind", "This is the other file of a backup: give wardline-main-… as the backup and wardline-shred-… as the halves.")
	errOthers    = fault.New(fault.Conflict, "backup_files_differ", "The backup and the halves are of different servers.")
	errOtherKeys = fault.New(fault.Conflict, "keys_do_not_fit", "The key files are not those that belong to this backup.")
	errChecks    = fault.New(fault.Conflict, "restore_failed_checks", "The restored data did not pass every check. Nothing is served from it.")
)

// run is one restore.
type run struct {
	Options
	report *Report
	main   *backup.Opened
	shred  *backup.Opened
	ledger *ledger.File
	now    time.Time
}

// Run restores, or drills. With an error there is a report only where checks failed, which it names: of anything else that is refused there is nothing to report.
func Run(ctx context.Context, o Options) (*Report, error) {
	r := &run{Options: o, now: o.Clock.Now().UTC().Truncate(time.Millisecond)}
	defer r.close()
	if err := r.open(); err != nil {
		return nil, err
	}
	r.report = newReport(r)
	err := r.restore(ctx)
	if err != nil && !r.report.Failed() {
		return nil, err
	}
	r.report.Seconds = o.Clock.Now().Sub(r.now).Seconds()
	return r.report, err
}

func (r *run) close() {
	for _, opened := range []*backup.Opened{r.main, r.shred} {
		if opened != nil {
			opened.Close() // it was only read
		}
	}
}

// open opens everything and refuses what does not fit together, before anything is written.
func (r *run) open() (err error) {
	keys := r.Keys.AuditKeys() // the backup may be older than the key in use
	if r.main, err = backup.OpenFile(r.Main, keys, r.Identities...); err != nil {
		return err
	}
	m := r.main.Manifest()
	if m.Kind != backup.Main {
		return errKind.With("file", r.Main)
	}
	if err := r.fits(m); err != nil {
		return err
	}
	taken := m.Taken()
	if r.Shred != "" {
		if r.shred, err = backup.OpenFile(r.Shred, keys, r.Identities...); err != nil {
			return err
		}
		if taken, err = r.judgeShred(m, r.shred.Manifest()); err != nil {
			return err
		}
	}
	return r.openLedger(m, taken)
}

func (r *run) judgeShred(m, s backup.Manifest) (taken time.Time, err error) {
	switch {
	case s.Kind != backup.Shred:
		return taken, errKind.With("file", r.Shred)
	case s.Founding != m.Founding:
		return taken, errOthers
	case r.now.After(s.Expires()):
		return taken, errPastHorizon.With("taken_at", s.Taken().Format(time.RFC3339)).With("expired_at", s.Expires().Format(time.RFC3339))
	}
	if s.Taken().After(m.Taken()) {
		return s.Taken(), nil
	}
	return m.Taken(), nil
}

// fits refuses keys that are not the backup's, and says which.
func (r *run) fits(m backup.Manifest) error {
	if wrong := r.Keys.Missing(m.Keys); len(wrong) > 0 {
		return errOtherKeys.With("keys", wrong).With("backup_of", m.Organisation)
	}
	return nil
}

func (r *run) openLedger(m backup.Manifest, taken time.Time) (err error) {
	if r.Ledger == "" {
		return errLedgerMissing
	}
	r.ledger, err = ledger.Open(r.Ledger, r.Keys.AuditKeys()...)
	if errors.Is(err, fs.ErrNotExist) {
		return errLedgerMissing.With("file", r.Ledger)
	}
	if err != nil {
		return err
	}
	if r.ledger.Head.At.Before(taken) {
		return errLedgerOld.With("ledger_at", r.ledger.Head.At.Format(time.RFC3339)).With("backup_at", taken.Format(time.RFC3339))
	}
	if m.LedgerNumber == 0 {
		return nil
	}
	hash, err := r.ledger.HashAt(m.LedgerNumber)
	if err == nil && hash != m.LedgerHash {
		err = ledger.ErrOther.With("file", r.Ledger)
	}
	return err
}

func (r *run) restore(ctx context.Context) error {
	databases, err := newDatabases(ctx, r)
	if err != nil {
		return err
	}
	if err := r.fill(ctx, databases); err != nil {
		return errors.Join(err, databases.discard(context.WithoutCancel(ctx)))
	}
	if r.report.Failed() {
		return errors.Join(errChecks.With("checks", r.report.failures()), databases.discard(context.WithoutCancel(ctx)))
	}
	return databases.publish(ctx, r.settling())
}

// fill loads, replays and checks.
func (r *run) fill(ctx context.Context, d *databases) error {
	if r.shred != nil {
		if err := r.load(ctx, r.shred, d.shredLoader); err != nil {
			return err
		}
		db, err := d.shredLoader.Loaded(ctx)
		if err != nil {
			return err
		}
		d.halves = shredstore.Of(db)
		if err := r.purge(ctx, d.halves); err != nil {
			return err
		}
	}
	if err := r.load(ctx, r.main, d.mainLoader); err != nil {
		return err
	}
	db, err := d.mainLoader.Loaded(ctx)
	if err != nil {
		return err
	}
	trust, err := identity.CheckFounded(ctx, db, r.Keys)
	if err != nil {
		return err
	}
	if err := r.replay(ctx, db); err != nil {
		return err
	}
	return r.check(ctx, db, d.halves, trust)
}

// load fills the tables of one file.
func (r *run) load(ctx context.Context, from *backup.Opened, into *store.Loader) error {
	m := from.Manifest()
	total, done := m.Rows(), int64(0)
	for {
		table, err := from.Table()
		if errors.Is(err, io.EOF) {
			r.progress("restore "+string(m.Kind), total, total)
			return nil
		}
		if err != nil {
			return err
		}
		loaded, err := into.Load(ctx, table, func() (backup.Row, error) {
			if done++; done%1024 == 0 {
				r.progress("restore "+string(m.Kind), done, total)
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			return from.Row()
		})
		if err != nil {
			return err
		}
		r.report.loaded(m.Kind, table, loaded)
	}
}

const page = 256

// purge deletes the halves of what the ledger says was destroyed. One that was there was destroyed after the shred backup, or in the moment of it: until
// the horizon it can be read from that file, and the report says so.
func (r *run) purge(ctx context.Context, halves *shredstore.Store) error {
	return r.eachPage(ctx, "purge", func(entries []ledger.Entry) error {
		names := make([]shredstore.Name, 0, len(entries))
		for _, e := range entries {
			t, err := e.Read()
			if err != nil {
				return err
			}
			names = append(names, shredstore.Name{Thread: t.Thread, Message: t.Message})
		}
		found, err := halves.Purge(ctx, names)
		for _, one := range found {
			r.report.inside(one)
		}
		return err
	})
}

func (r *run) replay(ctx context.Context, db *store.DB) error {
	known := r.main.Manifest().LedgerNumber
	return r.eachPage(ctx, "replay", func(entries []ledger.Entry) error {
		replayed, err := db.Replay(ctx, entries, known, r.now)
		r.report.replayed(replayed)
		return err
	})
}

// eachPage walks the ledger in pieces.
func (r *run) eachPage(ctx context.Context, stage string, do func([]ledger.Entry) error) error {
	entries := make([]ledger.Entry, 0, page)
	done := int64(0)
	flush := func() error {
		if len(entries) == 0 {
			return nil
		}
		err := do(entries)
		done += int64(len(entries))
		entries = entries[:0]
		r.progress(stage, done, r.ledger.Head.Number)
		return errors.Join(err, ctx.Err())
	}
	err := r.ledger.Each(func(e ledger.Entry) error {
		if entries = append(entries, e); len(entries) < page {
			return nil
		}
		return flush()
	})
	return errors.Join(err, flush())
}

// settling is what the last transaction writes.
func (r *run) settling() store.Settling {
	m := r.main.Manifest()
	millis := func(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }
	return store.Settling{
		At: r.now, TakenAt: m.Taken(), Ledger: r.ledger.Head.Number, DisposalFrom: r.now.Add(DisposalPause),
		Events: []audit.Event{
			{Kind: audit.Restore, At: r.now, Details: map[string]string{
				"set": m.Set, "taken_at": millis(m.Taken()), "leaves": backup.Count(r.report.Leaves), "rows": backup.Count(r.report.rows()),
			}},
			{Kind: audit.Replay, At: r.now, Details: map[string]string{
				"ledger": backup.Count(r.ledger.Head.Number), "ledger_at": millis(r.ledger.Head.At),
				"destroyed": backup.Count(r.report.Ledger.Destroyed), "absent": backup.Count(r.report.Ledger.Absent),
			}},
		},
	}
}

func (r *run) progress(stage string, done, total int64) {
	if r.Progress != nil {
		r.Progress(stage, done, total)
	}
}

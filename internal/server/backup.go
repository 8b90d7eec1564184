package server

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"filippo.io/age"

	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/ledger"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
)

// BackupConfig says what is copied where by schedule.
type BackupConfig struct {
	Directory   string // "" makes no backups
	Recipients  []age.Recipient
	Every, Keep time.Duration
	Ledger      string // directory; "" copies no ledger
	LedgerEvery time.Duration
}

// Copies is what a backup is made from: the databases of a server that may be running, and its keys.
type Copies struct {
	DB      *store.DB
	Shred   *shredstore.Store
	Keys    *keyring.Keyring
	Trust   *identity.Trust
	Program string
	Clock   clock.Clock
}

// LedgerTo copies the destruction ledger to a directory.
func (c Copies) LedgerTo(dir string) *ledger.Copier {
	return ledger.NewCopier(c.DB, c.Keys.ForAudit(), c.Clock, dir, auditKeys(c.Trust)...)
}

// Maker makes backups. With a copier, the copy of the ledger is made younger than each.
func (c Copies) Maker(dir string, recipients []age.Recipient, copier *ledger.Copier) (*backup.Maker, error) {
	founding, err := foundingOf(c.Trust)
	if err != nil {
		return nil, err
	}
	maker := &backup.Maker{
		Main: c.DB, Shred: c.Shred.Source(), MainDialect: c.DB.Dialect(), ShredDialect: c.Shred.Dialect(), Dir: dir, Recipients: recipients,
		Signer: c.Keys.ForAudit(), Clock: c.Clock, Audit: c.DB.Audit,
		Whose: backup.Belonging{
			Organisation: c.Trust.Chain.Current().Organisation, Founding: founding, Keys: c.Keys.CheckValues(),
			Horizon: time.Duration(c.Trust.Policy.ShredHorizonMillis) * time.Millisecond, Program: c.Program,
		},
		Place: func(ctx context.Context) error { _, err := c.DB.PlaceDestroyed(ctx); return err },
	}
	if copier != nil {
		maker.CopyLedger = func(ctx context.Context) error { _, err := copier.Copy(ctx, true); return err }
	}
	return maker, nil
}

// foundingOf is the fingerprint of root manifest version 1.
func foundingOf(trust *identity.Trust) (id.Hash, error) {
	signed, err := envelope.Parse[envelope.Signed](trust.Signed[0])
	if err != nil {
		return id.Hash{}, err
	}
	return signed.Hash()
}

// auditKeys are the audit keys of every manifest: what they signed outlives them.
func auditKeys(trust *identity.Trust) (keys [][32]byte) {
	for _, signed := range trust.Signed {
		parsed, err := envelope.Parse[envelope.Signed](signed)
		if err != nil {
			continue
		}
		if manifest, err := envelope.Open[envelope.RootManifest](parsed); err == nil {
			keys = append(keys, manifest.ServerKey(envelope.PurposeAudit))
		}
	}
	return keys
}

// backups is the scheduled part; what is not configured is nil.
type backups struct {
	schedule *backup.Schedule
	copier   *ledger.Copier
	every    time.Duration
	clock    clock.Clock
	log      *slog.Logger
}

func (s *Server) buildBackups(trust *identity.Trust) (*backups, error) {
	config := s.config.Backup
	b := &backups{every: config.LedgerEvery, clock: s.config.Clock, log: s.log}
	copies := Copies{DB: s.db, Shred: s.shred, Keys: s.keys, Trust: trust, Program: s.config.Version, Clock: s.config.Clock}
	if config.Ledger != "" {
		b.copier = copies.LedgerTo(config.Ledger)
	}
	if config.Directory == "" {
		return b, nil
	}
	maker, err := copies.Maker(config.Directory, config.Recipients, b.copier)
	if err != nil {
		return nil, err
	}
	b.schedule = &backup.Schedule{
		Maker: maker, Every: config.Every, Keep: config.Keep, Horizon: maker.Whose.Horizon, Clock: s.config.Clock, Log: s.log,
	}
	return b, nil
}

func (b *backups) start(ctx context.Context, done *sync.WaitGroup) {
	if b.schedule != nil {
		done.Go(func() { b.schedule.Run(ctx) })
	}
	if b.copier != nil {
		done.Go(func() { b.followLedger(ctx) })
	}
}

// followLedger copies the destruction ledger again and again. What could not be copied is copied the next time.
func (b *backups) followLedger(ctx context.Context) {
	for {
		if _, err := b.copier.Copy(ctx, false); err != nil && ctx.Err() == nil {
			b.log.ErrorContext(ctx, "the destruction ledger was not copied", "code", fault.As(err).Code())
		}
		if clock.Until(ctx, b.clock, b.clock.Now().Add(b.every)) != nil {
			return
		}
	}
}

package shredstore

import (
	"context"
	"io/fs"

	"github.com/wardline/wardline/internal/backup"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
)

// Schema holds the migrations of the shred store.
func Schema() (fs.FS, error) { return fs.Sub(embedded, "migrations") }

// Source is the store as a backup reads it: in pages, so that neither senders nor a disposal wait for a backup. A backup of the main database is read
// before it, so every message there has its half here, unless it was destroyed meanwhile; what is here besides are orphans, which Orphans sweeps.
func (s *Store) Source() backup.Source { return s.db.Paged("half", "number") }

// Dialect is the database's kind.
func (s *Store) Dialect() string { return s.db.Dialect() }

// Of is a store in a database that a restore has filled.
func Of(db *store.DB) *Store { return &Store{db} }

// Name is a message, whatever its halves.
type Name struct {
	Thread  id.Thread
	Message id.Message
}

// Purge deletes every half of the messages and returns those that had one. It does not scrub: a restore writes a new file and scrubs once.
func (s *Store) Purge(ctx context.Context, messages []Name) (found []Name, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		found = nil
		for _, one := range messages {
			deleted, err := tx.Exec(`DELETE FROM half WHERE thread = $1 AND message = $2`, one.Thread, one.Message)
			if err != nil {
				return err
			}
			if deleted > 0 {
				found = append(found, one)
			}
		}
		return nil
	})
	return found, err
}

// SweepAnew has Orphans look at every half again. After a restore there may be halves of messages that the main database does not have.
func SweepAnew(tx *store.Tx) error {
	_, err := tx.Exec(`UPDATE sweep SET number = 0`)
	return err
}

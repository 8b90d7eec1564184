// Package shredstore keeps the shred halves: for every message 32 random bytes, without which nobody can decrypt it
// (docs/protocol.md, section 8). It is a database of its own, so that long-term backups can leave it out: destroying
// a half destroys the message wherever its ciphertext was copied to.
//
// Layout: shredstore.go the store, thread.go its shape for the thread room, migrations/ its schema for both databases.
//
// Invariants. A half is durable when Put returns, and the message follows; so a half may be without its message for a
// moment, or for good after a crash, and Orphans sweeps those. When Delete returns on SQLite, the bytes are in no file
// of the store: deleted rows are zeroed, and the write-ahead log is emptied. PostgreSQL keeps them in dead rows until
// VACUUM (run Scrub daily) and in archived WAL for as long as the operator keeps that: the shred horizon.
package shredstore

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
)

//go:embed migrations
var embedded embed.FS

// Ref names one half. The same message may for a while have two, when its author had to seal it again for a newer
// epoch: they differ in their commitment.
type Ref struct {
	Thread  id.Thread
	Message id.Message
	Commit  id.Hash // shredCommit of the message's header
}

// Half is one half.
type Half struct {
	Ref
	Half [32]byte
	At   time.Time
}

// Store is the shred store. It is safe for concurrent use.
type Store struct{ db *store.DB }

// Open opens the shred store at dsn, a path or address as in store.Open.
func Open(ctx context.Context, dsn string) (*Store, error) {
	schema, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return nil, err
	}
	db, err := store.OpenSchema(ctx, dsn, schema)
	if err != nil {
		return nil, fmt.Errorf("the shred store: %w", err)
	}
	return &Store{db}, nil
}

// Close waits for the writes that are under way.
func (s *Store) Close() error { return s.db.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Put keeps halves, all or none. A half that is there already is no error.
func (s *Store) Put(ctx context.Context, halves ...Half) error {
	return s.db.Group(ctx, func(tx *store.Tx) error {
		for _, h := range halves {
			_, err := tx.Exec(`INSERT INTO half (thread, message, commitment, half, at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (thread, message, commitment) DO NOTHING`, h.Thread, h.Message, h.Commit, h.Half[:], h.At.UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Get finds those of the halves that are there.
func (s *Store) Get(ctx context.Context, refs ...Ref) (map[Ref][32]byte, error) {
	wanted := make(map[id.Thread][]id.Message)
	for _, ref := range refs {
		wanted[ref.Thread] = append(wanted[ref.Thread], ref.Message)
	}
	there := make(map[Ref][32]byte, len(refs))
	for thread, messages := range wanted {
		for page := range slices.Chunk(messages, getPage) {
			if err := collect(s.db.Read(ctx), thread, page, there); err != nil {
				return nil, err
			}
		}
	}
	found := make(map[Ref][32]byte, len(refs))
	for _, ref := range refs {
		if half, ok := there[ref]; ok {
			found[ref] = half
		}
	}
	return found, nil
}

// Delete destroys halves; with a zero Commit, every half of the message. What is not there is no error, so it can be
// done again after an error, and must be: only when it returns nil are the bytes gone.
func (s *Store) Delete(ctx context.Context, refs ...Ref) error {
	err := s.db.Group(ctx, func(tx *store.Tx) error {
		for _, ref := range refs {
			if err := remove(tx, ref); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.db.Dialect() == "postgres" {
		return nil // see the package's invariants
	}
	return s.Scrub(ctx)
}

// Scrub makes deleted halves unreadable in the database's files, as far as the database can.
func (s *Store) Scrub(ctx context.Context) error { return s.db.Scrub(ctx, "half") }

// Orphans destroys the halves put before a time whose messages never came, and returns how many. stray is asked
// which of the refs have no message. A half that was found to have its message is not asked about again.
func (s *Store) Orphans(ctx context.Context, before time.Time, stray func(context.Context, []Ref) ([]Ref, error)) (int, error) {
	swept := 0
	for {
		page, last, err := s.unswept(ctx, before)
		if err != nil || len(page) == 0 {
			return swept, err
		}
		strays, err := stray(ctx, page)
		if err != nil {
			return swept, err
		}
		if err := s.Delete(ctx, strays...); err != nil {
			return swept, err
		}
		swept += len(strays)
		err = s.db.Tx(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE sweep SET number = $1 WHERE number < $1`, last)
			return err
		})
		if err != nil {
			return swept, err
		}
	}
}

const sweepPage = 512

// unswept returns the next halves to ask about, up to the first that is too young.
func (s *Store) unswept(ctx context.Context, before time.Time) (page []Ref, last int64, err error) {
	young := false
	err = s.db.Read(ctx).Each(`SELECT number, thread, message, commitment, at FROM half
		WHERE number > (SELECT number FROM sweep) ORDER BY number LIMIT $1`, []any{sweepPage}, func(row store.Scanner) error {
		var ref Ref
		var number, at int64
		if err := row.Scan(&number, &ref.Thread, &ref.Message, &ref.Commit, &at); err != nil {
			return err
		}
		young = young || at >= before.UnixMilli()
		if !young {
			page, last = append(page, ref), number
		}
		return nil
	})
	return page, last, err
}

// getPage is how many messages one query asks for; a shorter page is filled up, so that there are two queries to
// prepare and not sixty-four.
const getPage = 64

var (
	getOne  = getQuery(1)
	getMany = getQuery(getPage)
)

func getQuery(n int) string {
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, ", $%d", i+2)
	}
	return `SELECT message, commitment, half FROM half WHERE thread = $1 AND message IN (` + list.String()[2:] + `)`
}

// collect adds every half of the messages.
func collect(v *store.View, thread id.Thread, messages []id.Message, into map[Ref][32]byte) error {
	query, args := getOne, []any{thread, messages[0]}
	if len(messages) > 1 {
		query = getMany
		for n := 1; n < getPage; n++ {
			args = append(args, messages[min(n, len(messages)-1)])
		}
	}
	return v.Each(query, args, func(row store.Scanner) error {
		ref := Ref{Thread: thread}
		var half []byte
		if err := row.Scan(&ref.Message, &ref.Commit, &half); err != nil {
			return err
		}
		if len(half) != 32 {
			return fmt.Errorf("shredstore: a half of %d bytes", len(half))
		}
		into[ref] = [32]byte(half)
		return nil
	})
}

func remove(tx *store.Tx, ref Ref) error {
	if ref.Commit.IsZero() {
		_, err := tx.Exec(`DELETE FROM half WHERE thread = $1 AND message = $2`, ref.Thread, ref.Message)
		return err
	}
	_, err := tx.Exec(`DELETE FROM half WHERE thread = $1 AND message = $2 AND commitment = $3`, ref.Thread, ref.Message, ref.Commit)
	return err
}

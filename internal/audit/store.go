package audit

import (
	"context"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// ErrMoved is what [Store.Append] returns when another sequencer was quicker. Nothing was written; looking again is right.
var ErrMoved = fault.New(fault.Conflict, "audit_log_moved", "The audit log has moved on. Please try again.")

// Waiting is a committed row that has no place in the log yet.
type Waiting struct {
	Number int64 // the store's own name for the row
	Row    Row
}

// Batch is one extension of the log: the named rows become leaves From, From+1, …
type Batch struct {
	From       int64
	Rows       []int64     // Waiting.Number, in leaf order
	Hashes     []tlog.Hash // the stored hashes that follow the existing ones, so from position tlog.StoredHashCount(From)
	Checkpoint []byte      // the signed note for size From+len(Rows)
}

// Store keeps the log. Rows get into it by other methods of the same database, inside the transactions of the rooms that caused them.
// [github.com/wardline/wardline/internal/audit/audittest.TestStore] says the same as a test.
type Store interface {
	Reader

	// Waiting returns at most limit rows without a place, in an order that is stable while they wait.
	Waiting(ctx context.Context, limit int) ([]Waiting, error)

	// Append writes a batch in one transaction, or returns ErrMoved and writes nothing when the log's size is not batch.From
	// or one of the rows has a place already.
	Append(ctx context.Context, batch Batch) error
}

// Reader reads the log's settled part.
type Reader interface {
	// Head returns the newest signed note and the size that it covers; no note and 0 before the first.
	Head(ctx context.Context) (size int64, checkpoint []byte, err error)

	// Rows returns at most limit leaves from the given number on, in order.
	Rows(ctx context.Context, from int64, limit int) ([]Row, error)

	// Checkpoints returns at most limit signed notes whose sizes are over the given one, ascending by size.
	Checkpoints(ctx context.Context, over int64, limit int) ([]Signed, error)

	// PersonLeaves returns where entries of person logs stand, in the order of the entries; Leaf is -1 for one that has no place yet.
	PersonLeaves(ctx context.Context, entries []PersonEntry) ([]Placed, error)

	// ReadHashes returns the stored hashes at the given positions, in the order of the positions. A position that the log does
	// not have is an error.
	ReadHashes(ctx context.Context, positions []int64) ([]tlog.Hash, error)
}

// PersonEntry is one entry of a person log.
type PersonEntry struct {
	Person id.Person
	Seq    uint32
	Hash   id.Hash
}

// Row is the row of the entry's event, but for actor and time, which the store knows.
func (e PersonEntry) Row() (Row, error) {
	return PersonLogEntry(id.Person{}, e.Person, strconv.FormatUint(uint64(e.Seq), 10), e.Hash, time.UnixMilli(1)).Row()
}

// Placed is a row with its place in the log.
type Placed struct {
	Leaf int64
	Row  Row
}

// Signed is a checkpoint as stored: the size is a column only to find it by.
type Signed struct {
	Size int64
	Note []byte
}

// hashes gives a Reader the shape that package tlog wants.
func hashes(ctx context.Context, reader Reader) tlog.HashReader {
	return tlog.HashReaderFunc(func(positions []int64) ([]tlog.Hash, error) {
		return reader.ReadHashes(ctx, positions)
	})
}

package backup

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/ledger"
)

// ColumnKind is what a column holds, in words that both databases share.
type ColumnKind string

// The kinds.
const (
	Integer ColumnKind = "integer" // int64
	Bytes   ColumnKind = "bytes"
	Text    ColumnKind = "text"
	Flag    ColumnKind = "flag" // bool
)

// Column is one column.
type Column struct {
	Name string     `json:"name"`
	Kind ColumnKind `json:"kind"`
}

// Table is one table. Rows is how many it has, 0 while that is not known.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Rows    int64    `json:"rows"`
}

// Row is one row in the order of the table's columns: nil, int64, []byte, string or bool. It is valid until the next.
type Row []any

// Source is a database that can be copied while it is in use.
type Source interface {
	// Snapshot runs fn once, on one state of the whole database, unless State says otherwise.
	Snapshot(ctx context.Context, fn func(Snapshot) error) error
}

// Snapshot is that state.
type Snapshot interface {
	// Schema is the version of the schema, and the tables that belong in a backup, each after those that it refers to.
	Schema() (version int64, tables []Table, err error)
	// Rows calls each with every row.
	Rows(table Table, each func(Row) error) error
	// State is where the logs of a main database stand; zero for the shred store.
	State() (State, error)
}

// State is where the logs of a database stand.
type State struct {
	// Ledger is the end of the destruction ledger.
	Ledger ledger.Head
	// Checkpoint is the newest signed note of the Merkle log, nil before the first.
	Checkpoint []byte
	// Moving says that rows come and go while they are read, so that the number of rows that a table states is a guess.
	Moving bool
}

// Limits of a stream. A frame is held in memory.
const (
	MaxFrame   = 80 << 20 // one row of this size is possible; frames of several rows are about 1 MiB
	MaxTables  = 512
	MaxColumns = 256
	fullFrame  = 1 << 20
)

// What a file can be.
const (
	streamMagic   = "WARDLINE-BACKUP"
	streamVersion = 1
)

// The frames, each u8 type ‖ u32 length ‖ payload:
//
//	1 manifest   JSON
//	2 table      u16 number of the table in the manifest
//	3 rows       rows one after another
//	4 table end  u64 rows ‖ SHA-256 of the payloads of the table's rows
//	5 end        u64 rows ‖ SHA-256 of everything before this frame ‖ signature (64 bytes) of it by the server key "audit"
const (
	frameManifest = 1
	frameTable    = 2
	frameRows     = 3
	frameTableEnd = 4
	frameEnd      = 5
)

// A value is u8 tag, and after it: null nothing, integer 8 bytes, bytes and text u32 length ‖ bytes, flags nothing.
const (
	tagNull    = 0
	tagInteger = 1
	tagBytes   = 2
	tagText    = 3
	tagFalse   = 4
	tagTrue    = 5
)

// signedText is what the server signs of a backup: encryption to a recipient says nothing of who wrote a file, and this does. It is text like a
// checkpoint, so that the same key signs nothing that could be taken for something else.
func signedText(m Manifest, hash []byte) []byte {
	return fmt.Appendf(nil, "wardline-backup-v1\n%s %s\n%s\n", m.Kind, m.Set, base64.RawURLEncoding.EncodeToString(hash))
}

var (
	// ErrDamaged is a backup that is cut off or altered.
	ErrDamaged = fault.New(fault.Invalid, "backup_damaged", "This backup is cut off or was altered. Nothing was restored. Take another.")
	// ErrOtherServer is a backup that this server's key did not sign.
	ErrOtherServer = fault.New(fault.Conflict, "backup_of_another", "This backup was not made by the server whose keys these are. Put the keys in place that belong to it.")
	// ErrNewer is a backup of a later format.
	ErrNewer = fault.New(fault.Invalid, "backup_newer", "This backup was made by a newer Wardline. Restore it with that version or a later one.")
	// ErrNotBackup is a file that is something else.
	ErrNotBackup = fault.New(fault.Invalid, "not_a_backup", "This file is not a backup of Wardline.")
)

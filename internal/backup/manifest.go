package backup

import (
	"slices"
	"time"

	"github.com/wardline/wardline/internal/id"
)

// Kind says which database a file is of.
type Kind string

// The kinds.
const (
	Main  Kind = "main"
	Shred Kind = "shred" // the halves, kept no longer than the shred horizon
)

// Manifest begins each file. Tables come in the order in which they are restored.
type Manifest struct {
	Kind         Kind    `json:"kind"`
	Set          string  `json:"set"`           // both files of one run have the same
	TakenAt      int64   `json:"taken_at"`      // milliseconds since 1970
	Program      string  `json:"program"`       // version
	Schema       int64   `json:"schema"`        // version
	Database     string  `json:"database"`      // "sqlite" or "postgres", for information
	Organisation string  `json:"organisation"`  // its name
	Founding     id.Hash `json:"founding"`      // the fingerprint of root manifest version 1, which names the server for ever
	Horizon      int64   `json:"shred_horizon"` // milliseconds
	// Keys are check values of the server's keys, by name: which key directory belongs to this backup.
	Keys map[string]string `json:"keys"`

	LedgerNumber int64   `json:"ledger_number"`
	LedgerHash   id.Hash `json:"ledger_hash"`
	Checkpoint   []byte  `json:"checkpoint"`

	Tables []Table `json:"tables"`
}

// Taken is when the snapshot was taken.
func (m Manifest) Taken() time.Time { return time.UnixMilli(m.TakenAt).UTC() }

// Expires is when a shred backup is past its horizon.
func (m Manifest) Expires() time.Time {
	return m.Taken().Add(time.Duration(m.Horizon) * time.Millisecond)
}

// Rows is how many rows there are in all.
func (m Manifest) Rows() (total int64) {
	for _, table := range m.Tables {
		total += table.Rows
	}
	return total
}

// Table finds one by its name.
func (m Manifest) Table(name string) (Table, bool) {
	at := slices.IndexFunc(m.Tables, func(t Table) bool { return t.Name == name })
	if at < 0 {
		return Table{}, false
	}
	return m.Tables[at], true
}

const (
	maxManifest = 1 << 20
	maxName     = 63 // PostgreSQL's
)

// check refuses what no backup says. Names go into SQL, so they are plain words.
func (m Manifest) check() error {
	if m.Kind != Main && m.Kind != Shred {
		return damaged("neither a main nor a shred backup")
	}
	if m.TakenAt <= 0 || m.TakenAt >= 1<<53 || m.Horizon < 0 || m.Horizon > (366*24*time.Hour).Milliseconds() || m.LedgerNumber < 0 || m.Schema < 1 {
		return damaged("a number of the manifest is out of range")
	}
	if len(m.Tables) > MaxTables {
		return damaged("too many tables")
	}
	seen := map[string]bool{}
	for _, table := range m.Tables {
		if !plain(table.Name) || seen[table.Name] || len(table.Columns) == 0 || len(table.Columns) > MaxColumns || table.Rows < 0 {
			return damaged("a table of the manifest has another form")
		}
		seen[table.Name] = true
		columns := map[string]bool{}
		for _, column := range table.Columns {
			if !plain(column.Name) || columns[column.Name] || !slices.Contains([]ColumnKind{Integer, Bytes, Text, Flag}, column.Kind) {
				return damaged("a column of the manifest has another form")
			}
			columns[column.Name] = true
		}
	}
	return nil
}

func plain(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return name[0] > '9'
}

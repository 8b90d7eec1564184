package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wardline/wardline/internal/backup"
)

var _ backup.Source = (*DB)(nil)

// leftOut are the tables that are in no backup, each with its reason. Every other table is; a test wants each new one in either list.
var leftOut = map[string]string{
	versions:         "goose's own: a restore migrates",
	markTable:        "says that a restore is under way",
	"session":        "whoever was signed in signs in again",
	"known_browser":  "made of sessions",
	"sign_in_budget": "failed sign-ins are counted anew",
	"pin":            "shares and verifiers of PINs are in no backup (docs/protocol.md, section 5): people use another unlocker",
}

// LeftOut names the tables that are in no backup, with the reason for each.
func LeftOut() map[string]string { return leftOut }

var errSecondSnapshot = errors.New("store: a snapshot for a backup was lost")

// Snapshot implements backup.Source. Writers go on meanwhile: SQLite's write-ahead log grows until the end, PostgreSQL keeps dead rows.
func (db *DB) Snapshot(ctx context.Context, fn func(backup.Snapshot) error) error {
	ran := false
	return db.View(ctx, func(v *View) error {
		if ran { // what was written from the first cannot be taken back
			return errSecondSnapshot
		}
		ran = true
		return fn(&dump{view: v})
	})
}

// dump is one state of a database.
type dump struct{ view *View }

// Schema implements backup.Snapshot.
func (d *dump) Schema() (version int64, tables []backup.Table, err error) {
	if version, err = schemaVersion(d.view); err != nil {
		return 0, nil, err
	}
	if tables, err = d.tables(); err != nil {
		return 0, nil, err
	}
	for n := range tables {
		if err := d.view.Row(`SELECT COUNT(*) FROM ` + tables[n].Name).Scan(&tables[n].Rows); err != nil {
			return 0, nil, err
		}
	}
	return version, tables, nil
}

func schemaVersion(v *View) (version int64, err error) {
	return version, v.Row(`SELECT COALESCE(MAX(version_id), 0) FROM ` + versions).Scan(&version)
}

// tables lists the tables that are not left out, each after those that it refers to.
func (d *dump) tables() ([]backup.Table, error) {
	found := map[string]*backup.Table{}
	err := d.view.Each(d.view.db.dialect.columns, nil, func(row Scanner) error {
		var table, column, kind string
		if err := row.Scan(&table, &column, &kind); err != nil {
			return err
		}
		if _, out := leftOut[table]; out {
			return nil
		}
		known, ok := columnKinds[strings.ToLower(kind)]
		if !ok {
			return fmt.Errorf("store: column %s.%s is of type %s, which a backup does not know", table, column, kind)
		}
		if found[table] == nil {
			found[table] = &backup.Table{Name: table}
		}
		found[table].Columns = append(found[table].Columns, backup.Column{Name: column, Kind: known})
		return nil
	})
	if err != nil {
		return nil, err
	}
	needs := map[string][]string{}
	err = d.view.Each(d.view.db.dialect.references, nil, func(row Scanner) error {
		var table, needed string
		err := row.Scan(&table, &needed)
		if table != needed && found[needed] != nil {
			needs[table] = append(needs[table], needed)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return sortTables(found, needs)
}

var columnKinds = map[string]backup.ColumnKind{
	"bytea": backup.Bytes, "bigint": backup.Integer, "integer": backup.Integer, "smallint": backup.Integer, "text": backup.Text, "boolean": backup.Flag,
}

// sortTables puts tables after those that they refer to, and otherwise by name.
func sortTables(tables map[string]*backup.Table, needs map[string][]string) ([]backup.Table, error) {
	var sorted []backup.Table
	done := map[string]bool{}
	for len(sorted) < len(tables) {
		before := len(sorted)
		for _, name := range sortedNames(tables) {
			if !done[name] && !slices.ContainsFunc(needs[name], func(needed string) bool { return !done[needed] }) {
				done[name] = true
				sorted = append(sorted, *tables[name])
			}
		}
		if len(sorted) == before {
			return nil, errors.New("store: tables refer to one another in a circle")
		}
	}
	return sorted, nil
}

func sortedNames(tables map[string]*backup.Table) []string {
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Rows implements backup.Snapshot. Rows come as they lie, which is the quickest.
func (d *dump) Rows(table backup.Table, each func(backup.Row) error) error {
	names := make([]string, len(table.Columns))
	values, into := make([]any, len(table.Columns)), make([]any, len(table.Columns))
	for n, column := range table.Columns {
		names[n], into[n] = column.Name, &values[n]
	}
	return d.view.Each(`SELECT `+strings.Join(names, ", ")+` FROM `+table.Name, nil, func(row Scanner) error {
		if err := row.Scan(into...); err != nil {
			return err
		}
		for n, column := range table.Columns {
			values[n] = sameValue(column.Kind, values[n])
		}
		return each(values)
	})
}

// sameValue takes away what the drivers do differently.
func sameValue(kind backup.ColumnKind, value any) any {
	switch v := value.(type) {
	case []byte:
		if v == nil {
			return []byte{} // a NULL has no type
		}
	case int64:
		if kind == backup.Flag { // SQLite, where the value was not written as TRUE or FALSE
			return v != 0
		}
	case int32:
		return int64(v)
	case int16:
		return int64(v)
	}
	return value
}

// State implements backup.Snapshot.
func (d *dump) State() (backup.State, error) {
	var state backup.State
	tables, err := d.tables()
	if err != nil || !slices.ContainsFunc(tables, func(t backup.Table) bool { return t.Name == "ledger" }) {
		return state, err
	}
	if state.Ledger, err = ledgerHead(d.view); err != nil {
		return state, err
	}
	_, state.Checkpoint, err = auditHead(d.view)
	return state, err
}

// Paged is the database as a source whose one great table is read in pages by its ascending number, each page a moment's read. A long snapshot would keep
// SQLite's log from being emptied, and whoever waits for that keeps every writer waiting. It is for a table to which rows are only added and from which
// they are only deleted: what was there from the beginning of the reading to its end is read.
func (db *DB) Paged(table, number string) backup.Source { return paged{db, table, number} }

type paged struct {
	db            *DB
	table, number string
}

// Snapshot implements backup.Source.
func (p paged) Snapshot(ctx context.Context, fn func(backup.Snapshot) error) error {
	return fn(&pages{paged: p, ctx: ctx})
}

type pages struct {
	paged
	ctx context.Context
}

// Schema implements backup.Snapshot.
func (p *pages) Schema() (version int64, tables []backup.Table, err error) {
	err = p.db.View(p.ctx, func(v *View) (err error) {
		version, tables, err = (&dump{view: v}).Schema()
		return err
	})
	return version, tables, err
}

// State implements backup.Snapshot.
func (p *pages) State() (backup.State, error) { return backup.State{Moving: true}, nil }

// pageRows is how many rows are read, and held, at once.
const pageRows = 4096

// Rows implements backup.Snapshot.
func (p *pages) Rows(table backup.Table, each func(backup.Row) error) error {
	if table.Name != p.table {
		return p.db.View(p.ctx, func(v *View) error { return (&dump{view: v}).Rows(table, each) })
	}
	at := slices.IndexFunc(table.Columns, func(c backup.Column) bool { return c.Name == p.number })
	query := `SELECT ` + strings.Join(columnNames(table), ", ") + ` FROM ` + table.Name + ` WHERE ` + p.number + ` > $1 ORDER BY ` + p.number + ` LIMIT $2`
	last := int64(-1)
	for {
		var page []backup.Row
		err := p.db.Read(p.ctx).Each(query, []any{last, pageRows}, func(row Scanner) error {
			values, into := make(backup.Row, len(table.Columns)), make([]any, len(table.Columns))
			for n := range values {
				into[n] = &values[n]
			}
			err := row.Scan(into...)
			for n, column := range table.Columns {
				values[n] = sameValue(column.Kind, values[n])
			}
			page = append(page, values)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, row := range page {
			if err := each(row); err != nil {
				return err
			}
		}
		number, ok := page[len(page)-1][at].(int64)
		if !ok || number <= last {
			return fmt.Errorf("store: %s.%s does not count up", table.Name, p.number)
		}
		last = number
	}
}

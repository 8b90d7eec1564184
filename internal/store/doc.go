// Package store keeps everything in SQL: SQLite by default, PostgreSQL when users outgrow one machine. It implements
// the Store interfaces that the rooms declare, with one set of queries for both databases.
//
// # Layout
//
//   - open.go, sqlite.go   opening, pools, closing
//   - tx.go, statement.go  transactions, snapshots, reading rows
//   - writer.go            group commit
//   - dialect.go, fault.go what differs between the databases; errors
//   - migrate.go           schema versions; migrations/ has the SQL, a file of the same name for each database
//   - list.go              queries over lists
//   - dump.go, load.go     every table out of and into a backup, by the schema itself; inspect.go what a restore checks and settles
//   - ledger.go            the order of what was destroyed, and doing it again
//   - audit.go, work.go    the audit log and due work, and the example to follow
//   - <noun>.go            one file for each noun, named like the room's file
//   - shredstore/          the shred halves, a database of its own
//   - storetest/, pgtest/  tests on both databases, and the PostgreSQL cluster for them
//
// # A noun's file
//
// A room (rank 2) declares the interface, this package implements it, and checks that it does:
//
//	var _ ward.Store = (*DB)(nil)
//
//	// AddBed implements ward.Store.
//	func (db *DB) AddBed(ctx context.Context, bed ward.Bed, event audit.Event) error {
//		return db.Tx(ctx, func(tx *Tx) error {
//			added, err := tx.Exec(`INSERT INTO bed (bed, ward, label, added_at) VALUES ($1, $2, $3, $4)
//				ON CONFLICT (bed) DO NOTHING`, bed.ID, bed.Ward, bed.Label, bed.AddedAt.UnixMilli())
//			if err != nil {
//				return err
//			}
//			if added == 0 {
//				return ward.ErrBedExists
//			}
//			return tx.Audit(event)
//		})
//	}
//
//	// Bed implements ward.Store.
//	func (db *DB) Bed(ctx context.Context, bed id.Bed) (ward.Bed, error) {
//		return one(db.Read(ctx), scanBed, `SELECT `+bedColumns+` FROM bed WHERE bed = $1`, bed)
//	}
//
//	const bedColumns = `bed, ward, label, added_at`
//
//	func scanBed(row Scanner) (ward.Bed, error) {
//		var b ward.Bed
//		var at int64
//		err := row.Scan(&b.ID, &b.Ward, &b.Label, &at)
//		b.AddedAt = time.UnixMilli(at).UTC()
//		return b, err
//	}
//
// Where the names of two rooms' interfaces collide, the room gets a small type of its own, as AuditLog is.
//
// # Transactions
//
//   - DB.Tx for a change; DB.Group for changes that come in great numbers (message sends, receipts); DB.View for
//     several reads that must agree; DB.Read for one.
//   - All are serialisable, on PostgreSQL too: a transaction may rely on what it read. The function may run more than
//     once: assign results, never append to a variable outside, and touch nothing but the Tx.
//   - Statements take no context: a Tx has one. A method called with tx.Context() joins the transaction, and one
//     called with the outer ctx does not, and on SQLite waits for ever for the connection that it already holds.
//   - A statement that failed ends the transaction, on PostgreSQL by its nature and on SQLite by our rule. What may
//     fail in the ordinary way is asked with ON CONFLICT DO NOTHING and the number of rows.
//   - Publishing, waking and telling happen in Tx.AfterCommit, never before.
//   - Every method that changes state takes an audit.Event and calls Tx.Audit. Message sends are a log of their own
//     and do not.
//
// # SQL
//
// Ids, hashes and ciphertext are BYTEA, times and counts BIGINT (milliseconds), names TEXT, flags BOOLEAN with TRUE and
// FALSE; SQLite accepts these names too. A column is NOT NULL unless NULL means "none" (then pass id.Nullable()). For
// an empty BYTEA pass blob(b): a nil slice is NULL. A single BIGINT key is INTEGER PRIMARY KEY in SQLite's file and
// BIGINT PRIMARY KEY in PostgreSQL's; a number that the database gives is AUTOINCREMENT and GENERATED ALWAYS AS
// IDENTITY. Otherwise the two files are the same, and a test compares the schemas that they make.
//
// Portable: $n, RETURNING, ON CONFLICT … DO UPDATE, CTEs, window functions, UPDATE … FROM, partial indexes, IS NOT
// DISTINCT FROM, LIMIT. Not portable: LIKE without lower(), ->>, json_each, FOR UPDATE, now(), SUM of BIGINT without a
// CAST, untyped parameters in VALUES of a CTE, arrays (see list.go). A sequence number is taken with
// UPDATE … SET seq = seq + 1 … RETURNING seq.
//
// # Migrations
//
// Files are numbered and append-only: once released, a file never changes, and a later one mends it. TestUpgrade
// opens a database that the first schema made. There are no down migrations: the way back is the backup.
//
// # Errors
//
// Every error is an internal/fault or the context's own. A driver's text never leaves this package, for it may quote a
// row: the private cause names the condition and the constraint only.
package store

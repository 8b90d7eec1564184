package store

import "context"

// QueueLength is how many operations of Group can wait.
const QueueLength = queueLength

// Queued is how many wait now.
func (db *DB) Queued() int { return len(db.group.queue) }

// Prepared says whether a query is kept prepared for reading.
func (db *DB) Prepared(query string) bool { return db.reads.peek(query) != nil }

// Migrations are the embedded ones.
var Migrations = embedded

// OpenAt opens a database with the schema that an earlier program gave it.
func OpenAt(ctx context.Context, dsn string, version int64) (*DB, error) {
	schema, err := MainSchema()
	if err != nil {
		return nil, err
	}
	db := newDB()
	if err := db.connect(ctx, dsn); err != nil {
		return nil, err
	}
	db.group = newCommitter(db)
	return db, db.migrateTo(ctx, schema, version)
}

package store

// QueueLength is how many operations of Group can wait.
const QueueLength = queueLength

// Queued is how many wait now.
func (db *DB) Queued() int { return len(db.group.queue) }

// Migrations are the embedded ones.
var Migrations = embedded

package store

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
)

// Evidence reads what record.Examine compares a document with.
func (db *DB) Evidence(ctx context.Context, filing id.Filing) (record.Evidence, error) {
	paper, _, err := db.Paper(ctx, filing)
	if err != nil {
		return record.Evidence{}, err
	}
	evidence := record.Evidence{
		Version: 1, Filing: paper.ID, Thread: paper.Thread, State: paper.State.String(), DocumentHash: paper.DocumentHash, Reference: paper.Reference,
		ReceivedAt: paper.ReceivedAt, Retraction: paper.Retraction.String(),
	}
	evidence.Entries, err = many(db.Read(ctx), func(row Scanner) (record.Entry, error) {
		var entry record.Entry
		var seq, state int64
		var body []byte
		err := row.Scan(&entry.Message, &seq, &entry.Entry, &state, &body)
		if entry.Seq = uint64(seq); state == messageDestroyed {
			entry.Tombstone = body
		}
		return entry, err
	}, `SELECT l.message, l.seq, l.entry, l.state, l.body FROM filing_source s JOIN thread_log l ON l.thread = $1 AND l.message = s.message
		WHERE s.filing = $2 ORDER BY l.seq`, paper.Thread, paper.ID)
	return evidence, err
}

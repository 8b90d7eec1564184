package store

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// RaiseMarks implements thread.Notes. Marks are hints: they carry no audit event, as the sends that they are about.
func (t Threads) RaiseMarks(ctx context.Context, raised []thread.Raise) (moved []thread.MovedMark, err error) {
	err = t.db.Group(ctx, func(tx *Tx) error {
		moved = nil
		for _, r := range raised {
			mark, err := one(tx, scanMark, `UPDATE thread_member SET
				reached_at = CASE WHEN reached_seq < $1 THEN $2 ELSE reached_at END,
				reached_seq = CASE WHEN reached_seq < $1 THEN $1 ELSE reached_seq END,
				seen_at = CASE WHEN seen_seq < $3 THEN $2 ELSE seen_at END,
				seen_seq = CASE WHEN seen_seq < $3 THEN $3 ELSE seen_seq END
				WHERE thread = $4 AND person = $5 AND left_seq IS NULL AND (reached_seq < $1 OR seen_seq < $3)
				AND EXISTS (SELECT 1 FROM thread t WHERE t.thread = $4 AND t.seq >= $1 AND t.seq >= $3)
				RETURNING `+markColumns, int64(r.Reached), r.At.UnixMilli(), int64(r.Seen), r.Thread, r.Person)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			moved = append(moved, thread.MovedMark{Thread: r.Thread, Mark: mark})
		}
		return nil
	})
	return moved, err
}

// Marks implements thread.Notes.
func (t Threads) Marks(ctx context.Context, in id.Thread) ([]thread.Mark, error) {
	return many(t.db.Read(ctx), scanMark, `SELECT `+markColumns+` FROM thread_member WHERE thread = $1 AND left_seq IS NULL ORDER BY person`, in)
}

const markColumns = `person, reached_seq, reached_at, seen_seq, seen_at`

func scanMark(row Scanner) (thread.Mark, error) {
	var m thread.Mark
	err := row.Scan(&m.Person, &m.ReachedSeq, &m.ReachedAt, &m.SeenSeq, &m.SeenAt)
	return m, err
}

// AddGrant implements thread.Notes.
func (t Threads) AddGrant(ctx context.Context, in id.Thread, g thread.NewGrant, event audit.Event) error {
	return t.db.Tx(ctx, func(tx *Tx) error {
		added, err := tx.Exec(`INSERT INTO thread_grant (thread, hash, target, at, granted, envelopes) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (thread, hash) DO NOTHING`, in, g.Hash, g.Target, g.At.UnixMilli(), g.Grant.Grant, joinBytes(g.Envelopes))
		if err != nil || added == 0 {
			return err
		}
		return tx.Audit(event)
	})
}

// Grants implements thread.Reader.
func (t Threads) Grants(ctx context.Context, in id.Thread, person id.Person) ([]thread.Grant, error) {
	return many(t.db.Read(ctx), func(row Scanner) (thread.Grant, error) {
		var g thread.Grant
		var envelopes []byte
		err := row.Scan(&g.Grant, &envelopes)
		g.Envelopes = thread.SplitEnvelopes(envelopes)
		return g, err
	}, `SELECT granted, envelopes FROM thread_grant WHERE thread = $1 AND target = $2 ORDER BY at, hash`, in, person)
}

// Strays implements thread.Notes.
func (t Threads) Strays(ctx context.Context, halves []thread.HalfRef) ([]thread.HalfRef, error) {
	needed := make(map[thread.HalfRef]bool, len(halves))
	err := t.db.View(ctx, func(v *View) error {
		return chunks(len(halves), func(from, to int) error {
			args := make([]any, 0, 2*(to-from))
			var either []string
			for n, half := range halves[from:to] {
				args = append(args, half.Thread, half.Message)
				either = append(either, `(thread = $`+strconv.Itoa(2*n+1)+` AND message = $`+strconv.Itoa(2*n+2)+`)`)
			}
			return v.Each(`SELECT thread, message, commitment FROM thread_log
				WHERE message IS NOT NULL AND state <> 2 AND (`+strings.Join(either, ` OR `)+`)`, args,
				func(row Scanner) error {
					var half thread.HalfRef
					err := row.Scan(&half.Thread, &half.Message, &half.Commit)
					needed[half] = true
					return err
				})
		})
	})
	if err != nil {
		return nil, err
	}
	strays := []thread.HalfRef{}
	for _, half := range halves {
		if !needed[half] {
			strays = append(strays, half)
		}
	}
	return strays, nil
}

// MarkStale implements thread.Notes. It carries no audit event: the log entry that caused it did.
func (t Threads) MarkStale(ctx context.Context, epochs map[id.Thread]uint32) error {
	return t.db.Group(ctx, func(tx *Tx) error {
		for in, epoch := range epochs {
			if _, err := tx.Exec(`UPDATE thread SET epoch_stale = TRUE WHERE thread = $1 AND epoch = $2`, in, epoch); err != nil {
				return err
			}
		}
		return nil
	})
}

func joinBytes(parts [][]byte) []byte {
	joined := []byte{}
	for _, part := range parts {
		joined = append(joined, part...)
	}
	return joined
}

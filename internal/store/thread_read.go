package store

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/thread"
)

// Place implements thread.Reader.
func (t Threads) Place(ctx context.Context, in id.Thread, person id.Person) (thread.State, thread.Member, error) {
	var s thread.State
	var m memberRow
	err := t.db.Read(ctx).Row(`SELECT `+stateColumns+`, `+memberColumns+`
		FROM thread t JOIN thread_member m ON m.thread = t.thread AND m.person = $1 WHERE t.thread = $2`, person, in).
		Scan(append(stateFields(&s), m.fields()...)...)
	return s, m.member(), unknownThread(err)
}

// Membership implements thread.Reader.
func (t Threads) Membership(ctx context.Context, in id.Thread) (r thread.Records, err error) {
	err = t.db.View(ctx, func(v *View) (err error) {
		if r.State, err = threadState(v, in); err != nil {
			return err
		}
		if r.Members, err = currentMembers(v, in); err != nil {
			return err
		}
		r.Entries, err = many(v, func(row Scanner) (thread.Entry, error) {
			var e thread.Entry
			err := row.Scan(&e.Seq, &e.Body)
			return e, err
		}, `SELECT seq, body FROM thread_log WHERE thread = $1 AND kind <= 2 ORDER BY seq`, in)
		if err != nil || r.State.Epoch == 0 {
			return err
		}
		r.Epoch, err = one(v, scanBytes, `SELECT l.body FROM thread_epoch e JOIN thread_log l ON l.thread = e.thread AND l.seq = e.seq
			WHERE e.thread = $1 AND e.epoch = $2`, in, r.State.Epoch)
		return err
	})
	return r, err
}

// Members implements thread.Reader.
func (t Threads) Members(ctx context.Context, in id.Thread) ([]thread.Member, error) {
	return currentMembers(t.db.Read(ctx), in)
}

// ThreadsOf implements thread.Reader.
func (t Threads) ThreadsOf(ctx context.Context, person id.Person) ([]id.Thread, error) {
	return many(t.db.Read(ctx), func(row Scanner) (id.Thread, error) {
		var in id.Thread
		err := row.Scan(&in)
		return in, err
	}, `SELECT thread FROM thread_member WHERE person = $1 AND left_seq IS NULL ORDER BY thread`, person)
}

// Heads implements thread.Reader. The unread count stops at a thousand, so that the cost has a bound.
func (t Threads) Heads(ctx context.Context, person id.Person, in id.Thread) ([]thread.Head, error) {
	query := `SELECT ` + stateColumns + `, ` + memberColumns + `, t.last_at, t.last_kind, m.seen_seq,
		CASE WHEN m.left_seq IS NULL THEN (SELECT COUNT(*) FROM (SELECT 1 FROM thread_log l
			WHERE l.thread = t.thread AND l.seq > m.seen_seq AND l.kind = 4 AND l.state = 0 AND l.person <> $1 LIMIT 1000) few) ELSE 0 END,
		CASE WHEN m.left_seq IS NULL THEN (SELECT COUNT(*) FROM thread_log l WHERE l.thread = t.thread AND l.unfiled) ELSE 0 END,
		CASE WHEN m.left_seq IS NULL THEN (SELECT COUNT(*) FROM thread_complaint c WHERE c.thread = t.thread) ELSE 0 END,
		COALESCE((SELECT MAX(x.done_at) FROM destruction x WHERE x.thread = t.thread), 0),
		t.quarantined_at,
		CASE WHEN t.quarantined_seq > 0 THEN (SELECT COUNT(*) FROM quarantine_reader r WHERE r.thread = t.thread AND r.person = $1 AND r.acknowledged_at > 0) ELSE 0 END,
		CASE WHEN t.quarantined_seq > 0 THEN (SELECT COUNT(*) FROM quarantine_reader r LEFT JOIN person p ON p.person = r.person
			WHERE r.thread = t.thread AND r.acknowledged_at = 0 AND p.left_at IS NULL) ELSE 0 END,
		CASE WHEN t.quarantined_seq > 0 THEN (SELECT COUNT(*) FROM filing x WHERE x.thread = t.thread AND x.retraction IN (1, 3, 4)) ELSE 0 END
		FROM thread_member m JOIN thread t ON t.thread = m.thread WHERE m.person = $1`
	args := []any{person}
	if !in.IsZero() {
		query, args = query+` AND m.thread = $2`, append(args, in)
	}
	periods, err := schedule(t.db.Read(ctx))
	if err != nil {
		return nil, err
	}
	return many(t.db.Read(ctx), func(row Scanner) (thread.Head, error) { return scanHead(row, periods) },
		query+` ORDER BY t.last_at DESC, t.thread`, args...)
}

func scanHead(row Scanner, periods retention.Schedule) (thread.Head, error) {
	var s thread.State
	var m memberRow
	var lastAt, destroyed int64
	var lastKind uint8
	var seen uint64
	var unread, unfiled, complaints, acknowledged int
	var quarantinedAt int64
	var stopped thread.HeadQuarantine
	if err := row.Scan(append(append(stateFields(&s), m.fields()...), &lastAt, &lastKind, &seen, &unread, &unfiled, &complaints, &destroyed, &quarantinedAt,
		&acknowledged, &stopped.Waiting, &stopped.InError)...); err != nil {
		return thread.Head{}, err
	}
	member := m.member()
	h := thread.Head{
		Thread: s.Thread, Space: s.Space.String(), Name: s.Name, Seq: s.Seq, LogHash: s.LogHash.Bytes(), MembershipSeq: s.MembershipSeq,
		MembershipHead: s.MembershipHead.Bytes(), Epoch: s.Epoch, JoinedSeq: member.JoinedSeq, SeenSeq: seen, Unread: unread,
		LastAt: lastAt, LastKind: envelope.EntryKind(lastKind).String(), MemberCount: s.Members, MyRole: member.MemberRole.String(),
		Unfiled: unfiled, Complaints: complaints, DestroyedAt: destroyed,
		KeptDays: int64(periods.Period(s.Space, retention.Class(s.Retention))),
	}
	if s.Quarantined > 0 {
		stopped.Seq, stopped.At, stopped.Acknowledged = s.Quarantined, quarantinedAt, acknowledged > 0
		h.Quarantine = &stopped
	}
	if left := member.Left; left != nil {
		h.LeftSeq, h.Seq, h.LogHash = &left.Seq, left.Seq, left.LogHash.Bytes()
		h.MembershipSeq, h.MembershipHead, h.Epoch = left.MembershipSeq, left.MembershipHead.Bytes(), left.Epoch
		h.LastAt, h.LastKind, h.MemberCount = left.At.UnixMilli(), envelope.EntryMembership.String(), left.Members
	}
	return h, nil
}

// Entries implements thread.Reader.
func (t Threads) Entries(ctx context.Context, in id.Thread, after, until uint64, limit int) ([]thread.StoredEntry, error) {
	return many(t.db.Read(ctx), scanEntry, `SELECT `+entryColumns+` FROM thread_log l
		WHERE l.thread = $1 AND l.seq > $2 AND l.seq <= $3 ORDER BY l.seq LIMIT $4`, in, after, until, limit)
}

// Destroyed implements thread.Reader.
func (t Threads) Destroyed(ctx context.Context, in id.Thread, after int64, until uint64, limit int) ([]thread.StoredEntry, int64, bool, error) {
	var entries []thread.StoredEntry
	var at int64
	var more bool
	err := t.db.View(ctx, func(v *View) error {
		last, err := one(v, scanInt, `SELECT COALESCE(MAX(done_at), 0) FROM destruction WHERE thread = $1`, in)
		if err != nil {
			return err
		}
		at, err = one(v, scanInt, `SELECT done_at FROM destruction WHERE thread = $1 AND done_at > $2 ORDER BY done_at LIMIT 1 OFFSET $3`, in, after, limit-1)
		if errors.Is(err, ErrNotFound) {
			at, err = max(last, after), nil
		}
		if err != nil {
			return err
		}
		more = at < last
		entries, err = many(v, scanEntry, `SELECT `+entryColumns+` FROM destruction x JOIN thread_log l ON l.thread = x.thread AND l.message = x.message
			WHERE x.thread = $1 AND x.done_at > $2 AND x.done_at <= $3 AND l.state = 2 AND l.seq <= $4 ORDER BY x.done_at, l.seq`, in, after, at, int64(until))
		return err
	})
	return entries, at, more, err
}

// MessageEntry implements thread.Reader.
func (t Threads) MessageEntry(ctx context.Context, in id.Thread, message id.Message) (thread.StoredEntry, error) {
	entry, err := one(t.db.Read(ctx), scanEntry, `SELECT `+entryColumns+` FROM thread_log l WHERE l.thread = $1 AND l.message = $2`, in, message)
	return entry, unknownThread(err)
}

const entryColumns = `l.seq, l.kind, l.at, l.entry, l.log_hash, l.state, l.message, l.commitment, l.body`

// The states of a message.
const (
	messageLive      = 0
	messageDestroyed = 2
)

func scanEntry(row Scanner) (thread.StoredEntry, error) {
	var e thread.StoredEntry
	var at int64
	var state uint8
	err := row.Scan(&e.Seq, (*uint8)(&e.Kind), &at, &e.Hash, &e.LogHash, &state, &e.Message, &e.Commitment, &e.Body)
	e.At = time.UnixMilli(at).UTC()
	e.Live = e.Kind == envelope.EntryMessage && state == messageLive
	if state == messageDestroyed {
		e.Kind = envelope.EntryTombstone
	}
	return e, err
}

// Epochs implements thread.Reader.
func (t Threads) Epochs(ctx context.Context, in id.Thread, person id.Person, from, until uint32, limit int) ([]thread.Epoch, error) {
	return many(t.db.Read(ctx), func(row Scanner) (thread.Epoch, error) {
		var e thread.Epoch
		err := row.Scan(&e.Seq, &e.Epoch, &e.Record, &e.SealedState, &e.Envelope, &e.Proof)
		return e, err
	}, `SELECT e.seq, e.epoch, l.body, e.sealed_state, v.envelope, v.proof FROM thread_epoch e
		JOIN thread_log l ON l.thread = e.thread AND l.seq = e.seq
		LEFT JOIN thread_envelope v ON v.thread = e.thread AND v.epoch = e.epoch AND v.recipient = $1
		WHERE e.thread = $2 AND e.epoch >= $3 AND e.epoch <= $4 ORDER BY e.epoch LIMIT $5`, person, in, from, until, limit)
}

// PresentKeys implements thread.Reader.
func (t Threads) PresentKeys(ctx context.Context, person id.Person, threads []id.Thread) ([]thread.PresentKeys, error) {
	found := make([]thread.PresentKeys, 0, len(threads))
	err := t.db.View(ctx, func(v *View) error {
		return chunks(len(threads), func(from, to int) error {
			args := []any{person}
			for _, in := range threads[from:to] {
				args = append(args, in)
			}
			some, err := many(v, func(row Scanner) (thread.PresentKeys, error) {
				var k thread.PresentKeys
				err := row.Scan(&k.Thread, &k.Epoch, &k.SealedState, &k.Envelope, &k.Proof)
				return k, err
			}, `SELECT e.thread, e.epoch, e.sealed_state, v.envelope, v.proof FROM thread_member m
				JOIN thread t ON t.thread = m.thread
				JOIN thread_epoch e ON e.thread = t.thread AND e.epoch = t.epoch
				LEFT JOIN thread_envelope v ON v.thread = e.thread AND v.epoch = e.epoch AND v.recipient = $1
				WHERE m.person = $1 AND m.left_seq IS NULL AND m.thread IN (`+placeholders(2, to-from)+`)`, args...)
			found = append(found, some...)
			return err
		})
	})
	return found, err
}

// Companions implements thread.Reader.
func (t Threads) Companions(ctx context.Context, person id.Person) ([]id.Person, error) {
	return many(t.db.Read(ctx), func(row Scanner) (id.Person, error) {
		var p id.Person
		err := row.Scan(&p)
		return p, err
	}, `SELECT DISTINCT other.person FROM thread_member mine
		JOIN thread_member other ON other.thread = mine.thread AND other.left_seq IS NULL
		WHERE mine.person = $1 AND mine.left_seq IS NULL`, person)
}

// LastAccepted implements thread.Reader.
func (t Threads) LastAccepted(ctx context.Context, device id.Device) ([]envelope.LastAccepted, error) {
	return many(t.db.Read(ctx), func(row Scanner) (envelope.LastAccepted, error) {
		var l envelope.LastAccepted
		err := row.Scan(&l.Thread, &l.DeviceSeq, &l.Entry)
		return l, err
	}, `SELECT thread, device_seq, entry FROM thread_device WHERE device = $1 ORDER BY thread`, device)
}

func scanBytes(row Scanner) ([]byte, error) {
	var b []byte
	err := row.Scan(&b)
	return b, err
}

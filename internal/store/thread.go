package store

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// Threads is the database as the thread room sees it. thread.go has what changes who is in a thread, thread_message.go
// the sending and thread_queue.go who waits for it, thread_read.go the reading, thread_mark.go marks and grants, thread_conflict.go complaints and reports, thread_quarantine.go threads about the wrong patient, thread_row.go rows.
//
// Everything that appends to a log goes through Group, also what is not small: on one node the transactions that touch a thread
// then never collide, and are published in the order of their commits.
type Threads struct {
	db    *DB
	sends *sendQueue
}

// Threads is the database as the thread room sees it.
func (db *DB) Threads() Threads {
	queue := &sendQueue{}
	t := Threads{db, queue}
	queue.threads = t
	return t
}

var (
	_ thread.Log    = Threads{}
	_ thread.Reader = Threads{}
	_ thread.Notes  = Threads{}
)

// CreateThread implements thread.Log.
func (t Threads) CreateThread(ctx context.Context, c thread.Creation, event audit.Event, done func(thread.Written)) error {
	return t.db.Group(ctx, func(tx *Tx) error {
		pair := directPair(c)
		if err := refuseSecond(tx, c.State.Thread, pair); err != nil {
			return err
		}
		w := writer{tx: tx, state: c.State, at: c.At}
		w.state.Members = len(c.Members)
		if err := insertThread(tx, w.state, pair, c.At); err != nil {
			return err
		}
		for _, entry := range c.Entries {
			if err := w.append(entry); err != nil {
				return err
			}
		}
		for _, member := range c.Members {
			if err := joinMember(tx, c.State.Thread, member, c.At); err != nil {
				return err
			}
		}
		if !c.State.Link.Assertion.IsZero() {
			if err := w.link(0); err != nil {
				return err
			}
		}
		if c.Epoch != nil {
			if err := w.addEpoch(*c.Epoch); err != nil {
				return err
			}
		}
		return w.finish(event, done)
	})
}

// ChangeMembers implements thread.Log.
func (t Threads) ChangeMembers(ctx context.Context, c thread.Change, event audit.Event, done func(thread.Written)) error {
	return t.db.Group(ctx, func(tx *Tx) error {
		state, err := threadState(&tx.View, c.Thread)
		if err != nil {
			return err
		}
		if state.MembershipHead != c.Previous {
			return thread.Moved(state)
		}
		if c.Epoch != nil && c.Epoch.Epoch != state.Epoch+1 {
			return thread.EpochTaken(state)
		}
		if c.Effect.Link != state.Link && state.Quarantined > 0 {
			return thread.ErrQuarantined // since the link was judged
		}
		w := writer{tx: tx, state: state, at: c.At}
		w.state.MembershipSeq, w.state.MembershipHead = c.Seq, c.Entry.Hash
		if err := w.append(c.Entry); err != nil {
			return err
		}
		if err := w.apply(c.Effect); err != nil {
			return err
		}
		if c.Epoch != nil {
			if err := w.addEpoch(*c.Epoch); err != nil {
				return err
			}
		}
		return w.finish(event, done)
	})
}

// AddEpoch implements thread.Log.
func (t Threads) AddEpoch(ctx context.Context, e thread.NewEpoch, event audit.Event, done func(thread.Written)) error {
	return t.db.Group(ctx, func(tx *Tx) error {
		state, err := threadState(&tx.View, e.Thread)
		if err != nil {
			return err
		}
		if state.Epoch+1 != e.Epoch {
			return thread.EpochTaken(state)
		}
		if state.MembershipSeq != e.MembershipSeq {
			return thread.Moved(state)
		}
		w := writer{tx: tx, state: state, at: e.At}
		if err := w.addEpoch(e); err != nil {
			return err
		}
		return w.finish(event, done)
	})
}

// writer appends to one thread within a transaction. It keeps the state as it will be, and writes it once, in finish.
type writer struct {
	tx      *Tx
	state   thread.State
	at      time.Time
	entries []thread.Entry
	kind    envelope.EntryKind // of the last entry
}

func (w *writer) append(e thread.NewEntry) error {
	entry := w.next(e)
	_, err := w.tx.Exec(`INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		w.state.Thread, entry.Seq, uint8(entry.Kind), entry.At.UnixMilli(), entry.Hash, entry.LogHash, entry.Body)
	if err != nil || e.Device.IsZero() {
		return err
	}
	_, err = w.tx.Exec(`INSERT INTO thread_device (thread, device, device_seq, entry) VALUES ($1, $2, 0, $3)
		ON CONFLICT (thread, device) DO UPDATE SET entry = excluded.entry`, w.state.Thread, e.Device, e.Hash)
	return err
}

// next gives an entry its place.
func (w *writer) next(e thread.NewEntry) thread.Entry {
	w.state.Seq++
	w.state.LogHash = envelope.LogHash(w.state.Thread, w.state.Seq, w.state.LogHash, e.Hash)
	entry := thread.Entry{Seq: w.state.Seq, Kind: e.Kind, At: w.at, Hash: e.Hash, LogHash: w.state.LogHash, Body: e.Body}
	w.entries, w.kind = append(w.entries, entry), e.Kind
	return entry
}

func (w *writer) addEpoch(e thread.NewEpoch) error {
	if err := w.append(e.Entry); err != nil {
		return err
	}
	w.state.Epoch, w.state.Record, w.state.EpochMembershipSeq = e.Epoch, e.Record, e.MembershipSeq
	w.state.EpochIssued, w.state.EpochMessages, w.state.EpochStale = e.Issued, 0, false
	_, err := w.tx.Exec(`INSERT INTO thread_epoch (thread, epoch, seq, record, sealed_state) VALUES ($1, $2, $3, $4, $5)`,
		e.Thread, e.Epoch, w.state.Seq, e.Record, e.SealedState)
	if err != nil {
		return err
	}
	return chunks(len(e.Envelopes), func(from, to int) error {
		args := make([]any, 0, 6*(to-from))
		for _, one := range e.Envelopes[from:to] {
			args = append(args, e.Thread, e.Epoch, one.Recipient[:], uint8(one.Purpose), one.Envelope, one.Proof)
		}
		_, err := w.tx.Exec(`INSERT INTO thread_envelope (thread, epoch, recipient, purpose, envelope, proof) VALUES `+
			tuples(to-from, 6), args...)
		return err
	})
}

// apply writes what an entry did to the members and to the thread.
func (w *writer) apply(e thread.Effect) error {
	in := w.state.Thread
	w.state.Members += len(e.Join) - len(e.Leave)
	relinked := e.Link != w.state.Link
	w.state.Name, w.state.Link = e.Name, e.Link
	if relinked {
		w.state.LinkSeq = w.state.Seq
		if err := w.link(w.state.Seq); err != nil {
			return err
		}
	}
	for _, joined := range e.Join {
		joined.JoinedSeq = w.state.Seq
		if err := joinMember(w.tx, in, joined, w.at); err != nil {
			return err
		}
		if w.state.Quarantined > 0 {
			if err := warn(w.tx, in, joined.Person, w.at); err != nil {
				return err
			}
		}
	}
	for _, person := range e.Leave {
		_, err := w.tx.Exec(`UPDATE thread_member SET left_seq = $1, left_at = $2, left_log_hash = $3, left_membership_seq = $4,
			left_membership_head = $5, left_epoch = $6, left_members = $7 WHERE thread = $8 AND person = $9`,
			w.state.Seq, w.at.UnixMilli(), w.state.LogHash, w.state.MembershipSeq, w.state.MembershipHead, w.state.Epoch, w.state.Members,
			in, person)
		if err != nil {
			return err
		}
	}
	for _, m := range e.Update {
		_, err := w.tx.Exec(`UPDATE thread_member SET member_role = $1, identity = $2 WHERE thread = $3 AND person = $4`,
			uint8(m.MemberRole), m.Identity, in, m.Person)
		if err != nil {
			return err
		}
	}
	return nil
}

// link keeps the present link among all that there were.
func (w *writer) link(seq uint64) error {
	_, err := w.tx.Exec(`INSERT INTO thread_link (thread, seq, tag, assertion) VALUES ($1, $2, $3, $4)`,
		w.state.Thread, seq, w.state.Link.Tag, w.state.Link.Assertion)
	return err
}

// finish writes the thread's row. Another transaction cannot have moved it: they are serialisable.
func (w *writer) finish(event audit.Event, done func(thread.Written)) error {
	s := w.state
	moved, err := w.tx.Exec(`UPDATE thread SET seq = $1, log_hash = $2, membership_seq = $3, membership_head = $4, epoch = $5, record = $6,
		epoch_membership_seq = $7, epoch_issued = $8, epoch_messages = $9, epoch_stale = $10, members = $11, name = $12, link_tag = $13,
		link_assertion = $14, link_seq = $15, last_at = $16, last_kind = $17 WHERE thread = $18 AND seq = $19`,
		s.Seq, s.LogHash, s.MembershipSeq, s.MembershipHead, s.Epoch, s.Record.Nullable(), s.EpochMembershipSeq,
		s.EpochIssued.UnixMilli(), s.EpochMessages, s.EpochStale, s.Members, s.Name,
		s.Link.Tag.Nullable(), s.Link.Assertion.Nullable(), s.LinkSeq, w.at.UnixMilli(), uint8(w.kind), s.Thread, s.Seq-uint64(len(w.entries)))
	if err != nil {
		return err
	}
	if moved != 1 {
		return errors.New("store: a thread moved within a transaction")
	}
	members, err := currentMembers(&w.tx.View, s.Thread)
	if err != nil {
		return err
	}
	if err := w.tx.Audit(event); err != nil {
		return err
	}
	written := thread.Written{State: s, Entries: w.entries, Members: members}
	w.tx.AfterCommit(func() { done(written) })
	return nil
}

// refuseSecond refuses a thread that exists, and a second direct thread of a pair.
func refuseSecond(tx *Tx, made id.Thread, pair []byte) error {
	var there id.Thread
	err := tx.Row(`SELECT thread FROM thread WHERE thread = $1 OR direct_pair = $2 ORDER BY thread = $1 DESC LIMIT 1`, made, pair).Scan(&there)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case there == made:
		return thread.ErrExists
	}
	return thread.ErrDirectExists.With("thread", there)
}

// directPair names both people of a direct thread, nil for the other spaces.
func directPair(c thread.Creation) []byte {
	if c.State.Space != envelope.SpaceDirect || len(c.Members) != 2 {
		return nil
	}
	one, other := c.Members[0].Person, c.Members[1].Person
	if one.Compare(other) > 0 {
		one, other = other, one
	}
	return append(one.Bytes(), other[:]...)
}

func insertThread(tx *Tx, s thread.State, pair []byte, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO thread (thread, space, name, add_by, post_by, retention, creator, created_at, seq, log_hash,
		membership_seq, membership_head, epoch, epoch_membership_seq, epoch_issued, epoch_messages, epoch_stale, members, direct_pair,
		link_tag, link_assertion, last_at, last_kind)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, 0, 0, 0, 0, FALSE, $12, $13, $14, $15, $16, 1)`,
		s.Thread, uint8(s.Space), s.Name, uint8(s.AddBy), uint8(s.PostBy), s.Retention, s.Creator, at.UnixMilli(), s.LogHash,
		s.MembershipSeq, s.MembershipHead, s.Members, pair, s.Link.Tag.Nullable(), s.Link.Assertion.Nullable(), at.UnixMilli())
	return err
}

// joinMember writes a member's row anew, also for somebody who was a member before. What came before counts as seen.
func joinMember(tx *Tx, in id.Thread, m thread.Member, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO thread_member (thread, person, member_role, identity, standby, history, until_at, joined_seq, joined_at,
		reached_seq, seen_seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (thread, person) DO UPDATE SET member_role = excluded.member_role, identity = excluded.identity,
		standby = excluded.standby, history = excluded.history, until_at = excluded.until_at, joined_seq = excluded.joined_seq,
		joined_at = excluded.joined_at, reached_seq = excluded.reached_seq, seen_seq = excluded.seen_seq, left_seq = NULL, left_at = NULL,
		left_log_hash = NULL, left_membership_seq = NULL, left_membership_head = NULL, left_epoch = NULL, left_members = NULL`,
		in, m.Person, uint8(m.MemberRole), m.Identity, m.Standby, m.History, untilMillis(m.Until), m.JoinedSeq, at.UnixMilli(),
		m.JoinedSeq, m.JoinedSeq)
	return err
}

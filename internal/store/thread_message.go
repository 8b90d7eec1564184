package store

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/thread"
)

// AddMessage implements thread.Log. It is one query and three small writes, whatever the length of the log, and shares its
// commit with whoever else is sending.
func (t Threads) AddMessage(
	ctx context.Context, m thread.NewMessage, admit func(thread.Standing) (bool, error), done func(thread.Written),
) (entry thread.StoredEntry, err error) {
	err = t.db.Group(ctx, func(tx *Tx) error {
		standing, err := standingOf(&tx.View, m.Header)
		if err != nil {
			return err
		}
		members, err := admit(standing)
		if errors.Is(err, thread.ErrAlreadyThere) && standing.There != nil {
			entry = *standing.There
			return nil
		}
		if err != nil {
			return err
		}
		w := writer{tx: tx, state: standing.State, at: m.At}
		w.state.EpochMessages++
		entry = thread.StoredEntry{
			Entry:   w.next(thread.NewEntry{Kind: envelope.EntryMessage, Hash: m.Hash, Body: m.Body}),
			Message: m.Header.Message, Commitment: m.Header.ShredCommit, Live: true,
		}
		written := thread.Written{Entries: w.entries, State: w.state}
		if members {
			if written.Members, err = currentMembers(&tx.View, m.Header.Thread); err != nil {
				return err
			}
		}
		if err := w.addMessage(m, entry.Entry); err != nil {
			return err
		}
		tx.AfterCommit(func() { done(written) })
		return nil
	})
	return entry, err
}

// standingOf reads everything that decides about a message at once.
func standingOf(v *View, h envelope.Header) (thread.Standing, error) {
	var s thread.Standing
	var m memberRow
	var deviceSeq, seq *uint64
	var at *int64
	var state *uint8
	var there thread.StoredEntry
	fields := append(stateFields(&s.State), m.fields()...)
	fields = append(fields, &deviceSeq, &s.DeviceEntry, &seq, &at, &there.Hash, &there.LogHash, &state, &s.SeenHash)
	err := v.Row(`SELECT `+stateColumns+`, `+memberColumns+`, d.device_seq, d.message, l.seq, l.at, l.entry, l.log_hash, l.state, seen.log_hash
		FROM thread t
		LEFT JOIN thread_member m ON m.thread = t.thread AND m.person = $1
		LEFT JOIN thread_device d ON d.thread = t.thread AND d.device = $2
		LEFT JOIN thread_log l ON l.thread = t.thread AND l.message = $3
		LEFT JOIN thread_log seen ON seen.thread = t.thread AND seen.seq = $4
		WHERE t.thread = $5`, h.Person, h.Device, h.Message, int64(min(h.SeenSeq, math.MaxInt64)), h.Thread).Scan(fields...)
	if err != nil {
		return thread.Standing{}, unknownThread(err)
	}
	s.Member = m.member()
	if deviceSeq != nil {
		s.DeviceSeq = *deviceSeq
	}
	if seq != nil {
		there.Seq, there.Kind, there.At = *seq, envelope.EntryMessage, time.UnixMilli(*at).UTC()
		there.Live = *state == messageLive
		s.There = &there
	}
	return s, nil
}

func (w *writer) addMessage(m thread.NewMessage, e thread.Entry) error {
	h := m.Header
	moved, err := w.tx.Exec(`UPDATE thread SET seq = seq + 1, log_hash = $1, last_at = $2, last_kind = $3,
		epoch_messages = epoch_messages + 1 WHERE thread = $4 AND seq = $5`,
		e.LogHash, e.At.UnixMilli(), uint8(e.Kind), h.Thread, e.Seq-1)
	if err != nil {
		return err
	}
	if moved != 1 {
		return errors.New("store: a thread moved within a transaction")
	}
	_, err = w.tx.Exec(`INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, message, person, device, device_seq, epoch, sent_at,
		content, unfiled, commitment, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		h.Thread, e.Seq, uint8(e.Kind), e.At.UnixMilli(), e.Hash, e.LogHash, h.Message, h.Person, h.Device, h.DeviceSeq, h.Epoch, uint64(h.Time),
		uint8(h.Kind), h.Kind == envelope.KindDecision, h.ShredCommit, e.Body)
	if err != nil {
		return err
	}
	_, err = w.tx.Exec(`INSERT INTO thread_device (thread, device, device_seq, message, entry) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (thread, device) DO UPDATE SET device_seq = excluded.device_seq, message = excluded.message, entry = excluded.entry`,
		h.Thread, h.Device, h.DeviceSeq, e.Hash, e.Hash)
	return err
}

func unknownThread(err error) error {
	if errors.Is(err, ErrNotFound) {
		return thread.ErrUnknown
	}
	return err
}

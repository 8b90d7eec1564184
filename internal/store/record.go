package store

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/work"
)

var _ record.Store = (*DB)(nil)

// Standing implements record.Store.
func (db *DB) Standing(ctx context.Context, in id.Thread, person id.Person, messages []id.Message) (record.Standing, error) {
	var standing record.Standing
	err := db.View(ctx, func(tx *View) error {
		var err error
		standing, err = standingIn(tx, in, person, messages)
		return err
	})
	return standing, err
}

// standingIn reads a standing within a transaction.
func standingIn(tx *View, in id.Thread, person id.Person, messages []id.Message) (record.Standing, error) {
	standing := record.Standing{Sources: make(map[id.Message]record.StoredSource, len(messages))}
	role, err := one(tx, scanInt, `SELECT member_role FROM thread_member
		WHERE thread = $1 AND person = $2 AND left_seq IS NULL AND NOT standby`, in, person)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return standing, err
	}
	standing.Member, standing.Owner = err == nil, err == nil && role == int64(envelope.RoleOwner)
	var tag, assertion []byte // NULL, in a thread without a patient, leaves zero
	err = tx.Row(`SELECT link_tag, link_assertion FROM thread WHERE thread = $1`, in).Scan(&tag, &assertion)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return standing, err
	}
	copy(standing.Patient[:], tag)
	copy(standing.Assertion[:], assertion)
	var linkSeq, quarantined int64
	err = tx.Row(`SELECT link_seq, quarantined_seq FROM thread WHERE thread = $1`, in).Scan(&linkSeq, &quarantined)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return standing, err
	}
	standing.Quarantined = quarantined > 0
	if standing.Links, err = many(tx, func(row Scanner) (assertion id.Hash, err error) { return assertion, row.Scan(&assertion) },
		`SELECT assertion FROM thread_link WHERE thread = $1 ORDER BY seq`, in); err != nil {
		return standing, err
	}
	if standing.Confirmed, err = confirmedBy(tx, in, person, uint64(linkSeq)); err != nil {
		return standing, err
	}
	for _, message := range messages {
		source, err := one(tx, scanSource, `SELECT entry, seq, content, person, state, sent_at FROM thread_log
			WHERE thread = $1 AND message = $2`, in, message)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return standing, err
		}
		standing.Sources[message] = source
	}
	return standing, nil
}

// AddFiling implements record.Store.
func (db *DB) AddFiling(ctx context.Context, filing record.NewFiling) (record.Paper, error) {
	paper := filing.Paper
	err := db.Tx(ctx, func(tx *Tx) error {
		stopped, err := one(tx, scanInt, `SELECT COUNT(*) FROM thread WHERE thread = $1 AND quarantined_seq > 0`, paper.Thread)
		if err != nil {
			return err
		}
		if stopped > 0 {
			return record.ErrQuarantined // since the filing was judged
		}
		moved, err := one(tx, scanInt, `SELECT COUNT(*) FROM thread WHERE thread = $1 AND link_assertion <> $2`, paper.Thread, filing.Assertion)
		if err != nil {
			return err
		}
		if moved > 0 && !filing.Assertion.IsZero() {
			return record.ErrNotLinked // since then, too
		}
		added, err := tx.Exec(`INSERT INTO filing (filing, thread, decision, state, code, reason, reference, document_hash, filed_by, filed_at,
			received_at, eligible_at, destroyed_at, next_try_at, attempts, sealed, patient, replaces)
			VALUES ($1, $2, $3, $4, '', '', '', $5, $6, $7, 0, 0, 0, $8, 0, $9, $10, NULL) ON CONFLICT DO NOTHING`,
			paper.ID, paper.Thread, paper.Decision, int64(paper.State), paper.DocumentHash, paper.FiledBy, paper.FiledAt.UnixMilli(),
			paper.NextTryAt.UnixMilli(), filing.Sealed, nullWhen(paper.Patient.IsZero(), paper.Patient.Bytes()))
		if err != nil {
			return err
		}
		if added == 0 {
			return record.ErrAlreadyFiled
		}
		for place, source := range paper.Sources {
			if _, err := tx.Exec(`INSERT INTO filing_source (filing, place, message, entry) VALUES ($1, $2, $3, $4)`,
				paper.ID, int64(place), source.Message, source.Entry); err != nil {
				return err
			}
		}
		if err := tx.handOver(filing); err != nil {
			return err
		}
		if paper.Replaces, err = tx.replaces(filing); err != nil {
			return err
		}
		if err := tx.Intend(filing.Intent); err != nil {
			return err
		}
		return tx.Audit(filing.Event)
	})
	return paper, err
}

// Paper implements record.Store.
func (db *DB) Paper(ctx context.Context, filing id.Filing) (record.Paper, []byte, error) {
	var paper record.Paper
	var sealed []byte
	err := db.View(ctx, func(tx *View) error {
		var err error
		if paper, err = one(tx, scanPaper, `SELECT `+paperColumns+` FROM filing WHERE filing = $1`, filing); err != nil {
			return err
		}
		if sealed, err = one(tx, scanBytes, `SELECT sealed FROM filing WHERE filing = $1`, filing); err != nil {
			return err
		}
		paper.Sources, err = many(tx, scanFiled, `SELECT message, entry FROM filing_source WHERE filing = $1 ORDER BY place`, filing)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = record.ErrFilingUnknown
	}
	return paper, sealed, err
}

// Papers implements record.Store.
func (db *DB) Papers(ctx context.Context, in id.Thread) ([]record.Paper, error) {
	var papers []record.Paper
	err := db.View(ctx, func(tx *View) error {
		var err error
		if papers, err = many(tx, scanPaper, `SELECT `+paperColumns+` FROM filing WHERE thread = $1 ORDER BY filed_at, filing`, in); err != nil {
			return err
		}
		return sourcesOf(tx, papers)
	})
	return papers, err
}

func sourcesOf(tx *View, papers []record.Paper) (err error) {
	for n := range papers {
		if papers[n].Sources, err = many(tx, scanFiled,
			`SELECT message, entry FROM filing_source WHERE filing = $1 ORDER BY place`, papers[n].ID); err != nil {
			return err
		}
	}
	return nil
}

// NoteTrouble implements record.Store.
func (db *DB) NoteTrouble(ctx context.Context, paper record.Paper, intent work.Intent, event *audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if paper.State == record.Waiting {
			// Another filing of the decision was made while this one waited for a person.
			others, err := one(tx, scanInt, `SELECT COUNT(*) FROM filing WHERE thread = $1 AND decision = $2 AND filing <> $3 AND state <= 3`,
				paper.Thread, paper.Decision, paper.ID)
			if err != nil {
				return err
			}
			if others > 0 {
				return record.ErrAlreadyFiled
			}
		}
		changed, err := tx.Exec(`UPDATE filing SET state = $1, code = $2, reason = $3, next_try_at = $4, attempts = $5
			WHERE filing = $6 AND state NOT IN (3, 6)`,
			int64(paper.State), paper.Code, paper.Reason, millis(paper.NextTryAt), int64(paper.Attempts), paper.ID)
		if err != nil {
			return err
		}
		if changed == 0 && paper.State == record.Filing {
			return oweRetraction(tx, paper.ID) // stopped meanwhile, and nobody knows whether it arrived
		}
		if changed == 0 && paper.State == record.Waiting {
			return record.ErrNothingToDo // received or stopped since whoever sends it again looked
		}
		if changed == 0 {
			return nil
		}
		if err := tx.noteTrouble(paper, event); err != nil {
			return err
		}
		if err := tx.Intend(intent); err != nil {
			return err
		}
		if event == nil {
			return nil // one more try of the same thing is not an act
		}
		return tx.Audit(*event)
	})
}

// Receive implements record.Store.
func (db *DB) Receive(ctx context.Context, paper record.Paper, intent work.Intent, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		changed, err := tx.Exec(`UPDATE filing SET state = $1, code = '', reason = '', reference = $2, received_at = $3, eligible_at = $4,
			next_try_at = 0, attempts = $5, sealed = NULL WHERE filing = $6 AND state NOT IN (3, 6)`,
			int64(record.Received), paper.Reference, millis(paper.ReceivedAt), millis(paper.EligibleAt), int64(paper.Attempts), paper.ID)
		if err != nil {
			return err
		}
		if changed == 0 {
			return receiveStopped(tx, paper)
		}
		if err := tx.received(paper); err != nil {
			return err
		}
		if err := tx.Intend(intent); err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

// receiveStopped is for a receipt of a filing that was stopped while it was being sent: the record has it, in the wrong patient's place.
func receiveStopped(tx *Tx, paper record.Paper) error {
	stopped, err := tx.Exec(`UPDATE filing SET reference = $1, received_at = $2, attempts = $3 WHERE filing = $4 AND state = 6 AND received_at = 0`,
		paper.Reference, millis(paper.ReceivedAt), int64(paper.Attempts), paper.ID)
	if err != nil || stopped == 0 {
		return err
	}
	return oweRetraction(tx, paper.ID)
}

// oweRetraction is for a filing that was stopped while it was being sent, and may have arrived.
func oweRetraction(tx *Tx, filing id.Filing) error {
	_, err := tx.Exec(`UPDATE filing SET retraction = 4 WHERE filing = $1 AND state = 6 AND retraction = 0`, filing)
	return err
}

// AskRetraction implements record.Store.
func (db *DB) AskRetraction(ctx context.Context, filing id.Filing, sealed []byte, intent work.Intent, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		changed, err := tx.Exec(`UPDATE filing SET retraction = 1, code = '', reason = '', sealed = $1 WHERE filing = $2 AND retraction IN (3, 4)`, sealed, filing)
		if err != nil {
			return err
		}
		if changed == 0 {
			return record.ErrNothingToDo
		}
		if err := tx.Intend(intent); err != nil {
			return err
		}
		return tx.Audit(event)
	})
}

const paperColumns = `filing, thread, decision, state, code, reason, reference, document_hash, filed_by, filed_at, received_at, eligible_at,
	destroyed_at, next_try_at, attempts, retraction, patient, replaces,
	EXISTS (SELECT 1 FROM filing_source fs JOIN thread_log l ON l.thread = filing.thread AND l.message = fs.message
	JOIN thread t ON t.thread = l.thread WHERE fs.filing = filing.filing AND ` + held + `)`

func scanPaper(row Scanner) (record.Paper, error) {
	var p record.Paper
	var state, filed, received, eligible, destroyed, next, attempts, retraction int64
	var patient, replaces []byte
	err := row.Scan(&p.ID, &p.Thread, &p.Decision, &state, &p.Code, &p.Reason, &p.Reference, &p.DocumentHash, &p.FiledBy, &filed, &received,
		&eligible, &destroyed, &next, &attempts, &retraction, &patient, &replaces, &p.Held)
	copy(p.Patient[:], patient)
	copy(p.Replaces[:], replaces)
	p.State, p.Attempts, p.FiledAt, p.Retraction = record.State(state), int(attempts), fromMillis(filed), record.Retraction(retraction)
	p.ReceivedAt, p.EligibleAt, p.DestroyedAt, p.NextTryAt = sometime(received), sometime(eligible), sometime(destroyed), sometime(next)
	return p, err
}

func scanFiled(row Scanner) (record.Source, error) {
	var s record.Source
	err := row.Scan(&s.Message, &s.Entry)
	return s, err
}

func scanSource(row Scanner) (record.StoredSource, error) {
	var s record.StoredSource
	var seq, content, state, sent int64
	err := row.Scan(&s.Entry, &seq, &content, &s.Author, &state, &sent)
	s.Seq, s.Kind, s.Live, s.At = uint64(seq), envelope.MessageKind(content), state == 0, fromMillis(sent)
	return s, err
}

func scanInt(row Scanner) (n int64, err error) {
	err = row.Scan(&n)
	return n, err
}

// millis is a time as a column that has 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// sometime reads a column that has 0 for none.
func sometime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMillis(ms)
}

package store

import (
	"context"
	"errors"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/thread"
	"github.com/wardline/wardline/internal/work"
)

// mark begins a decision's life, in the transaction that accepts its message.
func (tx *Tx) mark(h *envelope.Header, entry thread.Entry) error {
	decision, event := record.Mark(h, entry.Hash, entry.Seq, entry.At)
	if _, err := tx.Exec(`INSERT INTO decision (thread, message, entry, seq, marked_by, marked_at, urgency, stage, changed_at, owner, due_at,
		reminders, drafted_at, countersign_wanted, countersigned_at, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, FALSE, 0, '')`,
		decision.Thread, decision.Message, decision.Entry, int64(decision.Seq), decision.MarkedBy, decision.MarkedAt.UnixMilli(),
		int64(decision.Urgency), int64(decision.Stage), decision.ChangedAt.UnixMilli(), decision.Owner, decision.DueAt.UnixMilli()); err != nil {
		return err
	}
	if err := tx.Intend(work.Intent{}.Add(record.WhenOverdue(decision, id.New[id.Work](tx.db.works)))); err != nil {
		return err
	}
	return tx.Audit(event)
}

// stepDecision takes a decision through one transition. change, where there is one, sets what else belongs to it.
func (tx *Tx) stepDecision(in id.Thread, message id.Message, t record.Transition, at time.Time, change func(*record.Decision)) (record.Decision, error) {
	now, err := tx.decision(in, message)
	if err != nil {
		return now, err
	}
	next, err := now.Advance(t, at)
	if err != nil {
		return now, err
	}
	if change != nil {
		change(&next)
	}
	return next, tx.writeDecision(next)
}

func (tx *Tx) decision(in id.Thread, message id.Message) (record.Decision, error) {
	return decisionIn(&tx.View, in, message)
}

func decisionIn(v *View, in id.Thread, message id.Message) (record.Decision, error) {
	found, err := one(v, scanDecision, `SELECT `+decisionColumns+` FROM decision d WHERE d.thread = $1 AND d.message = $2`, in, message)
	if errors.Is(err, ErrNotFound) {
		err = record.ErrDecisionUnknown
	}
	return found, err
}

// writeDecision writes what may change of a decision. Whether the record has it is kept beside the message too, for the counts in heads.
func (tx *Tx) writeDecision(d record.Decision) error {
	if _, err := tx.Exec(`UPDATE decision SET stage = $1, changed_at = $2, owner = $3, deputy = $4, reminders = $5, drafted_by = $6, drafted_at = $7,
		filing = $8, countersign_wanted = $9, countersign_by = $10, countersigned_by = $11, countersigned_at = $12, corrects = $13, corrected_by = $14,
		act = $15, reason = $16 WHERE thread = $17 AND message = $18`,
		int64(d.Stage), millis(d.ChangedAt), d.Owner, d.Deputy.Nullable(), int64(d.Reminders), d.DraftedBy.Nullable(), millis(d.DraftedAt), d.Filing.Nullable(),
		d.CountersignWanted, d.CountersignBy.Nullable(), d.CountersignedBy.Nullable(), millis(d.CountersignedAt), d.Corrects.Nullable(), d.CorrectedBy.Nullable(),
		d.Act.Nullable(), d.Reason, d.Thread, d.Message); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE thread_log SET unfiled = $1 WHERE thread = $2 AND seq = $3 AND unfiled <> $1`,
		d.Stage.Outstanding(), d.Thread, int64(d.Seq))
	return err
}

// handOver steps the decision of a new filing.
func (tx *Tx) handOver(filing record.NewFiling) error {
	paper := filing.Paper
	if !filing.Corrects.IsZero() {
		earlier, err := tx.decision(paper.Thread, filing.Corrects)
		switch {
		case errors.Is(err, record.ErrDecisionUnknown):
			return record.ErrCorrects
		case err != nil:
			return err
		}
		if _, err := earlier.Advance(record.Correct, paper.FiledAt); err != nil {
			return record.ErrCorrectsGone
		}
	}
	_, err := tx.stepDecision(paper.Thread, paper.Decision, record.HandOver, paper.FiledAt, func(d *record.Decision) {
		d.Filing, d.Corrects = paper.ID, filing.Corrects
		d.CountersignWanted, d.CountersignBy = filing.Countersign, filing.CountersignBy
	})
	if errors.Is(err, record.ErrTransition) {
		return record.ErrAlreadyFiled.Because(err)
	}
	if err != nil {
		return err
	}
	return tx.standFor(paper)
}

// standFor has what corrects a decision follow the filing that stands for it, whichever it was when the correction was filed.
func (tx *Tx) standFor(paper record.Paper) error {
	_, err := tx.Exec(`UPDATE filing SET replaces = $1 WHERE state NOT IN (3, 6) AND replaces IN (
		SELECT o.filing FROM filing o WHERE o.thread = $2 AND o.decision = $3 AND o.filing <> $1)`, paper.ID, paper.Thread, paper.Decision)
	return err
}

// noteTrouble steps the decision of a filing that waits for a person, or that a person sends again.
func (tx *Tx) noteTrouble(paper record.Paper, event *audit.Event) error {
	if event == nil {
		return nil // one more try of the same thing
	}
	if paper.State != record.Waiting {
		_, err := tx.stepDecision(paper.Thread, paper.Decision, record.Refuse, event.At, nil)
		return err
	}
	// It need not be the newest of its decision: of several that wait for a person, any may be sent again, and from then on it stands for the decision.
	_, err := tx.stepDecision(paper.Thread, paper.Decision, record.TryAgain, event.At, func(d *record.Decision) { d.Filing = paper.ID })
	if err != nil {
		return err
	}
	return tx.standFor(paper)
}

// received steps the decision of a filing with a receipt, and the one that it corrects. What was refused beside it goes nowhere any more, and is not kept.
func (tx *Tx) received(paper record.Paper) error {
	if _, err := tx.Exec(`UPDATE filing SET sealed = NULL WHERE thread = $1 AND decision = $2 AND state = 4`, paper.Thread, paper.Decision); err != nil {
		return err
	}
	decision, err := tx.stepDecision(paper.Thread, paper.Decision, record.Receive, paper.ReceivedAt, nil)
	if err != nil || decision.Corrects.IsZero() {
		return err
	}
	_, err = tx.stepDecision(paper.Thread, decision.Corrects, record.Correct, paper.ReceivedAt, func(d *record.Decision) { d.CorrectedBy = paper.Decision })
	if errors.Is(err, record.ErrTransition) {
		return nil // taken back meanwhile: that stands, and this one is in the record all the same
	}
	return err
}

// destroyed steps the decision of a filing whose originals are gone.
func (tx *Tx) destroyed(filing id.Filing, at time.Time) error {
	if _, err := tx.Exec(`UPDATE filing SET destroyed_at = $1 WHERE filing = $2`, at.UnixMilli(), filing); err != nil {
		return err
	}
	paper, err := one(tx, scanPaper, `SELECT `+paperColumns+` FROM filing WHERE filing = $1`, filing)
	if err != nil {
		return err
	}
	_, err = tx.stepDecision(paper.Thread, paper.Decision, record.Destroy, at, nil)
	return err
}

// Decision reads one.
func (db *DB) Decision(ctx context.Context, in id.Thread, message id.Message) (record.Decision, error) {
	return decisionIn(db.Read(ctx), in, message)
}

// Decisions implements record.Store.
func (db *DB) Decisions(ctx context.Context, in id.Thread) ([]record.Decision, error) {
	return many(db.Read(ctx), scanDecision, `SELECT `+decisionColumns+` FROM decision d WHERE d.thread = $1 ORDER BY d.seq`, in)
}

// OwnedBy implements record.Store.
func (db *DB) OwnedBy(ctx context.Context, person id.Person) ([]record.Decision, error) {
	return many(db.Read(ctx), scanDecision, `SELECT `+decisionColumns+` FROM decision d WHERE d.owner = $1 AND d.stage IN (1, 2, 3, 8)
		ORDER BY d.marked_at, d.message`, person)
}

// Unreminded implements record.Store.
func (db *DB) Unreminded(ctx context.Context) ([]record.Decision, error) {
	return many(db.Read(ctx), scanDecision, `SELECT `+decisionColumns+` FROM decision d WHERE d.reminders = 0 AND d.stage IN (1, 2, 3, 8)
		ORDER BY d.marked_at, d.message`)
}

// Intend implements record.Store.
func (db *DB) Intend(ctx context.Context, intent work.Intent) error {
	return db.Tx(ctx, func(tx *Tx) error { return tx.Intend(intent) })
}

// ChangeDecision implements record.Store.
func (db *DB) ChangeDecision(ctx context.Context, in id.Thread, message id.Message, person id.Person, acts []id.Message,
	rule func(record.Decision, record.Standing) (record.Change, error)) (record.Decision, error) {
	var after record.Decision
	err := db.Tx(ctx, func(tx *Tx) error {
		standing, err := standingIn(&tx.View, in, person, acts)
		if err != nil {
			return err
		}
		now, err := tx.decision(in, message)
		if err != nil {
			if !person.IsZero() && !standing.Member {
				return record.ErrThreadUnknown
			}
			return err
		}
		if err := tx.standingOfDecision(now, &standing); err != nil {
			return err
		}
		made, err := rule(now, standing)
		if err != nil {
			return err
		}
		after = made.Decision
		if after == now && made.Event == nil {
			return nil
		}
		if err := tx.writeDecision(after); err != nil {
			return err
		}
		if made.Retract {
			if _, err := tx.Exec(`UPDATE filing SET retraction = 1, sealed = $1 WHERE filing = $2`, made.Sealed, after.Filing); err != nil {
				return err
			}
		}
		if err := tx.Intend(made.Intent); err != nil || made.Event == nil {
			return err
		}
		return tx.Audit(*made.Event)
	})
	return after, err
}

// standingOfDecision adds what a decision's people and its filing say.
func (tx *Tx) standingOfDecision(d record.Decision, standing *record.Standing) error {
	here, err := one(tx, scanInt, `SELECT COUNT(*) FROM thread_member m JOIN person p ON p.person = m.person
		WHERE m.thread = $1 AND m.person = $2 AND m.left_seq IS NULL AND NOT m.standby AND p.left_at IS NULL`, d.Thread, d.Owner)
	if err != nil {
		return err
	}
	standing.OwnerHere = here > 0
	standing.Deputy, err = one(tx, scanPersonID, `SELECT m.person FROM thread_member m JOIN person p ON p.person = m.person
		WHERE m.thread = $1 AND m.person <> $2 AND m.left_seq IS NULL AND NOT m.standby AND m.member_role <= 2 AND p.left_at IS NULL
		ORDER BY m.member_role, m.joined_seq LIMIT 1`, d.Thread, d.Owner)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if d.Filing.IsZero() {
		return nil
	}
	paper, err := one(tx, scanPaper, `SELECT `+paperColumns+` FROM filing WHERE filing = $1`, d.Filing)
	standing.FiledBy, standing.FiledHash, standing.EligibleAt = paper.FiledBy, paper.DocumentHash, paper.EligibleAt
	return err
}

// NoteRetraction implements record.Store.
func (db *DB) NoteRetraction(ctx context.Context, paper record.Paper, event audit.Event) error {
	return db.Tx(ctx, func(tx *Tx) error {
		changed, err := tx.Exec(`UPDATE filing SET retraction = $1, code = $2, reason = $3 WHERE filing = $4 AND retraction = 1`,
			int64(paper.Retraction), paper.Code, paper.Reason, paper.ID)
		if err != nil || changed == 0 {
			return err
		}
		if paper.Retraction == record.Retracted {
			if _, err := tx.Exec(`UPDATE filing SET sealed = NULL WHERE filing = $1`, paper.ID); err != nil {
				return err
			}
		}
		return tx.Audit(event)
	})
}

const decisionColumns = `d.thread, d.message, d.entry, d.seq, d.marked_by, d.marked_at, d.urgency, d.stage, d.changed_at, d.owner, d.deputy, d.due_at,
	d.reminders, d.drafted_by, d.drafted_at, d.filing, d.countersign_wanted, d.countersign_by, d.countersigned_by, d.countersigned_at, d.corrects,
	d.corrected_by, d.act, d.reason`

func scanDecision(row Scanner) (record.Decision, error) {
	r := decisionRow{}
	err := row.Scan(r.fields()...)
	return r.decision(), err
}

// decisionRow is a decision's columns.
type decisionRow struct {
	d                                                                            record.Decision
	seq, marked, urgency, stage, changed, due, reminders, drafted, countersigned int64
}

func (r *decisionRow) fields() []any {
	d := &r.d
	return []any{&d.Thread, &d.Message, &d.Entry, &r.seq, &d.MarkedBy, &r.marked, &r.urgency, &r.stage, &r.changed, &d.Owner, &d.Deputy, &r.due,
		&r.reminders, &d.DraftedBy, &r.drafted, &d.Filing, &d.CountersignWanted, &d.CountersignBy, &d.CountersignedBy, &r.countersigned, &d.Corrects,
		&d.CorrectedBy, &d.Act, &d.Reason}
}

func (r *decisionRow) decision() record.Decision {
	d := r.d
	d.Seq, d.Urgency, d.Stage, d.Reminders = uint64(r.seq), envelope.Urgency(r.urgency), record.Stage(r.stage), int(r.reminders)
	d.MarkedAt, d.ChangedAt, d.DueAt = fromMillis(r.marked), fromMillis(r.changed), fromMillis(r.due)
	d.DraftedAt, d.CountersignedAt = sometime(r.drafted), sometime(r.countersigned)
	return d
}

func scanPersonID(row Scanner) (person id.Person, err error) {
	err = row.Scan(&person)
	return person, err
}

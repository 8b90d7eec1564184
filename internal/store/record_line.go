package store

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/work"
)

// stuck is a correction, in the row f, of a filing that is on its way still or has failed. It waits, and itself holds up nobody: what it corrects does,
// unless that waits for a person. A filing that was refused is not in the record, so what corrects it goes by itself.
const stuck = `EXISTS (SELECT 1 FROM filing c WHERE c.filing = f.replaces AND c.state IN (1, 2, 5))`

// samePatient: the filings f and me are of one patient, who may have had another number when f was filed.
const samePatient = `(f.patient = me.patient OR f.patient IN (SELECT k.tag FROM thread_link k WHERE k.thread = me.thread))`

// replaces notes the filing of the decision that a new filing corrects.
func (tx *Tx) replaces(filing record.NewFiling) (earlier id.Filing, err error) {
	if filing.Corrects.IsZero() {
		return earlier, nil
	}
	corrected, err := tx.decision(filing.Paper.Thread, filing.Corrects)
	if err != nil || corrected.Filing.IsZero() {
		return earlier, err
	}
	_, err = tx.Exec(`UPDATE filing SET replaces = $1 WHERE filing = $2`, corrected.Filing, filing.Paper.ID)
	return corrected.Filing, err
}

// Ahead implements record.Line.
func (db *DB) Ahead(ctx context.Context, filing id.Filing) (ahead record.Ahead, replaces id.Filing, err error) {
	err = db.View(ctx, func(tx *View) error {
		ahead, replaces = record.Clear, id.Filing{}
		var corrected id.Filing
		var state int64
		err := tx.Row(`SELECT c.filing, c.state FROM filing f JOIN filing c ON c.filing = f.replaces WHERE f.filing = $1`, filing).Scan(&corrected, &state)
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err == nil && record.State(state) == record.Received:
			replaces = corrected
		case err == nil && record.State(state) != record.Refused:
			ahead = record.BehindCorrected
			return nil
		}
		earlier, err := one(tx, scanInt, `SELECT COUNT(*) FROM filing f JOIN filing me ON `+samePatient+`
			WHERE me.filing = $1 AND f.state <= 2 AND (f.filed_at < me.filed_at OR f.filed_at = me.filed_at AND f.filing < me.filing) AND NOT `+stuck, filing)
		if earlier > 0 {
			ahead = record.BehindEarlier
		}
		return err
	})
	return ahead, replaces, err
}

// Next implements record.Line.
func (db *DB) Next(ctx context.Context, filing id.Filing, again func(id.Filing) work.Due) error {
	return db.Tx(ctx, func(tx *Tx) error {
		over, err := one(tx, scanInt, `SELECT COUNT(*) FROM filing WHERE filing = $1 AND state >= 3`, filing)
		if err != nil || over == 0 {
			return err // it is on its way still
		}
		waiting, err := many(tx, func(row Scanner) (next id.Filing, err error) { return next, row.Scan(&next) },
			`SELECT filing FROM filing WHERE replaces = $1 AND state <= 2
			UNION SELECT filing FROM (SELECT f.filing FROM filing f JOIN filing me ON me.patient = f.patient
				WHERE me.filing = $1 AND f.state <= 2 AND NOT `+stuck+` ORDER BY f.filed_at, f.filing LIMIT 1) AS first
			UNION SELECT filing FROM (SELECT f.filing FROM filing f JOIN filing me ON me.thread = f.thread
				WHERE me.filing = $1 AND f.state <= 2 AND NOT `+stuck+` ORDER BY f.filed_at, f.filing LIMIT 1) AS first_here`, filing)
		if err != nil {
			return err
		}
		var intent work.Intent
		for _, one := range waiting {
			intent = intent.Add(again(one))
		}
		return tx.Intend(intent)
	})
}

// settled is a filing that was refused and waits for nobody: another of its decision is on its way or received, or the decision was taken back or corrected.
const settled = `filing.state = 4 AND EXISTS (SELECT 1 FROM decision d WHERE d.thread = filing.thread AND d.message = filing.decision
	AND d.stage NOT IN (1, 2, 8))`

// PapersIn implements record.Letters.
func (db *DB) PapersIn(ctx context.Context, states []record.State, after record.LetterPlace, limit int) ([]record.Paper, error) {
	args := []any{millis(after.FiledAt), after.Filing, int64(limit)}
	for _, state := range states {
		args = append(args, int64(state))
	}
	var papers []record.Paper
	err := db.View(ctx, func(tx *View) (err error) {
		papers, err = many(tx, scanPaper, `SELECT `+paperColumns+` FROM filing
			WHERE state IN (`+placeholders(4, len(states))+`) AND (filed_at > $1 OR filed_at = $1 AND filing > $2) AND NOT (`+settled+`)
			ORDER BY filed_at, filing LIMIT $3`, args...)
		if err != nil {
			return err
		}
		return sourcesOf(tx, papers)
	})
	return papers, err
}

// nullWhen is NULL for what is not there.
func nullWhen(absent bool, value []byte) any {
	if absent {
		return nil
	}
	return value
}

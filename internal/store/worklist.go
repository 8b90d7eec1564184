package store

import (
	"context"
	"strconv"

	"github.com/wardline/wardline/internal/record"
)

// Worklist implements record.Store. Each kind of line has an index of its own; a page is cut from them in the order that people read it in.
func (db *DB) Worklist(ctx context.Context, q record.WorklistQuery) ([]record.Item, error) {
	args := []any{q.Person}
	bind := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	member := `EXISTS (SELECT 1 FROM thread_member m WHERE m.thread = d.thread AND m.person = $1 AND m.left_seq IS NULL AND NOT m.standby)`
	// Whoever was asked, or anybody who neither marked nor filed it when nobody in particular was.
	toCountersign := `(d.countersign_wanted AND d.countersigned_at = 0 AND d.stage = 4
		AND (d.countersign_by = $1 OR d.countersign_by IS NULL AND d.marked_by <> $1 AND f.filed_by <> $1))`
	// What the record shows as valid though it was entered in error presses as much as what it does not have.
	open := `(d.stage IN (1, 2, 3, 8) OR d.stage = 11 AND f.retraction IN (1, 3, 4))`
	where := ""
	switch q.Scope {
	case record.Mine:
		where = `(` + open + ` AND (d.owner = $1 OR d.deputy = $1) OR ` + toCountersign + `) AND ` + member
	case record.Ward:
		where = open + ` AND EXISTS (SELECT 1 FROM person p WHERE p.person = d.owner AND p.ward = ` + bind(q.Reader.Ward) + `)`
	default:
		where = open
	}
	if q.After != nil {
		// The most urgent first, then the oldest.
		urgency, marked := bind(int64(q.After.Urgency)), bind(q.After.MarkedAt.UnixMilli())
		where += ` AND (d.urgency < ` + urgency + ` OR d.urgency = ` + urgency + ` AND (d.marked_at, d.message) > (` + marked + `, ` + bind(q.After.Message) + `))`
	}
	return many(db.Read(ctx), scanItem, `SELECT `+decisionColumns+`, `+member+`, `+toCountersign+`, f.code, f.reason, f.attempts, f.next_try_at, f.retraction, f.reference
		FROM decision d LEFT JOIN filing f ON f.filing = d.filing WHERE `+where+` ORDER BY d.urgency DESC, d.marked_at, d.message LIMIT `+bind(q.Limit), args...)
}

func scanItem(row Scanner) (record.Item, error) {
	r := decisionRow{}
	item := record.Item{}
	var toCountersign *bool
	var code, reason, reference *string
	var attempts, next, retraction *int64
	err := row.Scan(append(r.fields(), &item.Member, &toCountersign, &code, &reason, &attempts, &next, &retraction, &reference)...)
	item.Decision = r.decision()
	item.ToCountersign = toCountersign != nil && *toCountersign // countersign_by may be NULL
	if code != nil {
		item.Code, item.Reason, item.Attempts, item.NextTryAt = *code, *reason, int(*attempts), sometime(*next)
		item.Retraction, item.Reference = record.Retraction(*retraction), *reference
	}
	return item, err
}

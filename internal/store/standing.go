package store

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/retention"
)

// Standings implements retention.Store. Without a thread, messages that the same things keep are one row.
func (db *DB) Standings(ctx context.Context, in id.Thread, now time.Time) ([]retention.Standing, error) {
	var standings []retention.Standing
	err := db.View(ctx, func(v *View) error {
		schedule, err := schedule(v)
		if err != nil {
			return err
		}
		standard, _ := cutoffs(schedule, retention.Standard, now)
		long, _ := cutoffs(schedule, retention.Long, now)
		args := append(standard, long...)
		query := grouped
		if !in.IsZero() {
			query, args = single, append(args, in)
		}
		standings, err = many(v, scanStandingOf, query, args...)
		return err
	})
	return standings, err
}

// goesWith is the filing with which a message goes; where there are several, the first to be eligible of those that nothing else keeps.
const goesWith = withFiling + ` ORDER BY ` + overForGood + `, ` + toBeCountersigned + `, ` + anySourceHeld + `, ff.eligible_at, ff.filing LIMIT 1)`

var (
	filingOf   = `(SELECT ff.filing` + goesWith
	eligibleOf = `(SELECT ff.eligible_at` + goesWith
	signOf     = `COALESCE((SELECT ` + toBeCountersigned + goesWith + `, FALSE)`
	heldBy     = `COALESCE((SELECT ` + anySourceHeld + goesWith + `, ` + held + `)`
	backBy     = `COALESCE((SELECT ` + overForGood + goesWith + `, ` + takenBack + `)`

	flags = `t.space AS space, l.retention AS class, ` + heldBy + ` AS held, ` + quarantined + ` AS quarantined, ` + unfiled + ` AS unfiled,
		` + unfinished + ` AS unfinished, ` + received + ` AS received, ` + backBy + ` AS taken_back, ` + signOf + ` AS countersign, ` + swept + ` AS swept,
		` + filingOf + ` AS filing, ` + eligibleOf + ` AS eligible,
		CASE l.retention WHEN 1 THEN ` + overAt(1) + ` WHEN 2 THEN ` + overAt(1+len(spaces)) + ` ELSE FALSE END AS due`

	live = ` FROM thread_log l JOIN thread t ON t.thread = l.thread WHERE l.kind = 4 AND l.state = 0`

	told    = `SELECT space, class, held, quarantined, unfiled, unfinished, received, taken_back, countersign, swept, filing, eligible, `
	grouped = told + `COUNT(*), MIN(at), MAX(at), NULL, 0, NULL, NULL
		FROM (SELECT ` + flags + `, l.at AS at` + live + `) each_message
		GROUP BY space, class, due, held, quarantined, unfiled, unfinished, received, taken_back, countersign, swept, filing, eligible`

	single = told + `1, at, at, thread, seq, message, person
		FROM (SELECT ` + flags + `, l.at AS at, l.thread AS thread, l.seq AS seq, l.message AS message, l.person AS person` + live + `
		AND l.thread = $13) each_message ORDER BY seq`
)

func scanStandingOf(row Scanner) (retention.Standing, error) {
	var s retention.Standing
	var class, eligible *int64
	var count, oldest, newest, seq int64
	err := row.Scan((*uint8)(&s.Space), &class, &s.Held, &s.Quarantined, &s.Unfiled, &s.Unfinished, &s.Received, &s.TakenBack, &s.Countersign, &s.Swept,
		&s.Filing, &eligible, &count, &oldest, &newest, &s.Thread, &seq, &s.Message, &s.Person)
	if class != nil {
		s.Class = retention.Class(*class)
	}
	if eligible != nil {
		s.Source, s.EligibleAt = true, fromMillis(*eligible)
	}
	s.Count, s.Oldest, s.Newest, s.At, s.Seq = count, fromMillis(oldest), fromMillis(newest), fromMillis(oldest), uint64(seq)
	return s, err
}

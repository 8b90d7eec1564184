package store

import (
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/retention"
)

// What keeps a message, as conditions on thread_log l and its thread t. Each is asked in the transaction that would destroy; serialisable isolation makes
// the answer and the destruction one decision. They are written so that each finds its rows by an index: TestKeepingIsFoundByIndexes.

// covers: the hold h covers the message. Every scope that the hold has must cover it. A person's threads are all those that they are or were
// in, and a patient's all those that are or were linked to them.
const covers = `(h.thread IS NULL OR h.thread = l.thread)
	AND (h.person IS NULL OR EXISTS (SELECT 1 FROM thread_member hm WHERE hm.thread = l.thread AND hm.person = h.person))
	AND (NOT h.patient OR EXISTS (SELECT 1 FROM thread_link ht JOIN hold_tag hg ON hg.tag = ht.tag WHERE ht.thread = l.thread AND hg.hold = h.hold))
	AND (h.from_at = 0 OR l.at >= h.from_at OR l.sent_at >= h.from_at)
	AND (h.until_at = 0 OR l.at < h.until_at OR l.sent_at < h.until_at)`

// held: by any hold that is not released, found by the narrowest of its scopes.
const held = `(EXISTS (SELECT 1 FROM hold h WHERE h.thread = l.thread AND h.released_at IS NULL AND ` + covers + `)
	OR EXISTS (SELECT 1 FROM thread_link kt JOIN hold_tag k ON k.tag = kt.tag JOIN hold h ON h.hold = k.hold WHERE kt.thread = l.thread AND h.released_at IS NULL AND ` + covers + `)
	OR EXISTS (SELECT 1 FROM hold h WHERE h.lead = 3 AND h.released_at IS NULL AND ` + covers + `))`

// quarantined: somebody has said that the thread is about the wrong patient (H12).
const quarantined = `EXISTS (SELECT 1 FROM thread_log q WHERE q.thread = l.thread AND q.content = 11)`

// A decision may quote any earlier message of its thread, and which ones only its readers know. So what is at or before a decision that is not finished stays.
const (
	laterDecision = `EXISTS (SELECT 1 FROM thread_log d WHERE d.thread = l.thread AND d.content = 2 AND d.seq >= l.seq AND d.state <> 2 AND `
	unfiled       = laterDecision + `d.unfiled)`
	unfinished    = laterDecision + `EXISTS (SELECT 1 FROM filing df WHERE df.thread = d.thread AND df.decision = d.message AND df.state <= 2))`
	received      = laterDecision + `EXISTS (SELECT 1 FROM filing df WHERE df.thread = d.thread AND df.decision = d.message AND df.state = 3
		AND df.destroyed_at = 0))`
)

// takenBack: a decision at or after it was taken back when the record had it. Its originals stay, and with them what it may have quoted.
const takenBack = laterDecision + `EXISTS (SELECT 1 FROM filing df JOIN decision dd ON dd.thread = df.thread AND dd.message = df.decision
	WHERE df.thread = d.thread AND df.decision = d.message AND df.state = 3 AND df.destroyed_at = 0 AND d.state = 0 AND ` + overForGood + `))`

// What BeginFiled asks about a filing ff and its decision dd, as conditions: record.Decision.Advance has the rule, and TestR20_R49_H15_OverRandomHistories compares.
const (
	overForGood       = `(dd.stage NOT IN (4, 5, 6, 9))`
	toBeCountersigned = `(dd.stage = 4 AND dd.countersign_wanted AND dd.countersigned_at = 0)`
	anySourceHeld     = `EXISTS (SELECT 1 FROM filing_source hs JOIN thread_log l ON l.thread = ff.thread AND l.message = hs.message
		JOIN thread t ON t.thread = l.thread WHERE hs.filing = ff.filing AND ` + held + `)`
)

// withFiling finds the filings, and their decisions, with which a message l goes.
const withFiling = ` FROM filing_source fs JOIN filing ff ON ff.filing = fs.filing JOIN decision dd ON dd.thread = ff.thread AND dd.message = ff.decision
	WHERE fs.message = l.message AND ff.thread = l.thread AND ff.state = 3 AND ff.destroyed_at = 0`

// swept: somebody has answered for the thread up to here, or nobody has to, because nobody decides in an announcement or a chat (R49).
const swept = `(t.space IN (5, 6) OR EXISTS (SELECT 1 FROM thread_log w WHERE w.thread = l.thread AND w.content = 10 AND w.seen_seq >= l.seq))`

// mayExpire: nothing but time keeps it.
const mayExpire = `l.state = 0 AND NOT ` + held + ` AND NOT ` + quarantined + ` AND NOT ` + unfiled + ` AND NOT ` + unfinished + ` AND NOT ` + received + ` AND ` + swept

// spaces in the order of their cutoffs.
var spaces = []envelope.Space{
	envelope.SpacePatient, envelope.SpaceTeam, envelope.SpaceRole, envelope.SpaceDirect, envelope.SpaceAnnouncement, envelope.SpaceSocial,
}

// overAt is a condition on the time of a message by the space of its thread; parameters from first on are the cutoffs.
func overAt(first int) string {
	var b strings.Builder
	b.WriteString("l.at <= CASE t.space")
	for n, space := range spaces {
		b.WriteString(" WHEN " + strconv.Itoa(int(space)) + " THEN CAST($" + strconv.Itoa(first+n) + " AS BIGINT)")
	}
	b.WriteString(" ELSE -1 END")
	return b.String()
}

// cutoffs are the times at or before which messages of a class are over, for each space, and the latest of them. Where a class never ends it is -1.
func cutoffs(schedule retention.Schedule, class retention.Class, now time.Time) (each []any, latest int64) {
	latest = -1
	for _, space := range spaces {
		cutoff := int64(-1)
		if period := schedule.Period(space, class); period != 0 {
			cutoff = now.Add(-time.Duration(period) * 24 * time.Hour).UnixMilli()
		}
		each, latest = append(each, cutoff), max(latest, cutoff)
	}
	return each, latest
}

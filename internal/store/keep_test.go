package store_test

import (
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// TestKeepingIsFoundByIndexes: what keeps a message is asked for each message of a sweep, so each question has to find its rows by an index, however many
// messages, holds and people there are.
func TestKeepingIsFoundByIndexes(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		fillForPlans(t, db)
		for name, query := range store.KeepingQueries() {
			plan := explain(t, db, query)
			for _, scan := range []string{"SCAN h", "SCAN k", "SCAN l", "SCAN q", "SCAN d\n", "SCAN w", "SCAN hm", "SCAN hg", "SCAN ht", "SCAN kt", "SCAN df", "SCAN t\n", "SCAN fs", "Seq Scan"} {
				if strings.Contains(plan+"\n", scan) && !strings.Contains(plan, scan+" USING COVERING INDEX hold_wide") {
					t.Errorf("%s: %s\n%s", name, scan, plan)
				}
			}
			for _, index := range []string{"hold_thread", "hold_wide"} {
				if !strings.Contains(plan, index) {
					t.Errorf("%s does not use %s\n%s", name, index, plan)
				}
			}
		}
		if plan := explain(t, db, store.ExpiredQuery()); !strings.Contains(plan, "thread_log_due") {
			t.Errorf("the sweep does not look by time\n%s", plan)
		}
	})
}

// fillForPlans gives the planners something to plan for: many messages and threads, few holds.
func fillForPlans(t *testing.T, db *store.DB) {
	t.Helper()
	exec := func(query string, args ...any) {
		if err := db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(query, args...)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 60 {
		in := startThread(t, db, n)
		if n%3 == 0 {
			exec(`UPDATE thread SET link_tag = $1 WHERE thread = $2`, id.Tag{byte(n)}, in)
			exec(`INSERT INTO thread_link (thread, seq, tag, assertion) VALUES ($1, 0, $2, $3)`, in, id.Tag{byte(n)}, id.Hash{1})
		}
		if n%20 == 0 {
			exec(`INSERT INTO hold (hold, thread, reason, placed_by, placed_at, release_reason, lead, patient, person, from_at, until_at, requester, covered)
				VALUES ($1, $2, '', $1, 1, '', 1, FALSE, NULL, 0, 0, '', 0)`, numbered[id.Hold](n), in)
		}
	}
	if db.Dialect() == "postgres" {
		exec(`INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, message, person, device, device_seq, epoch, sent_at, content, retention, commitment, body)
			SELECT thread, 10 + g, 4, 1000 * g, thread, thread, decode(md5(thread::text || g), 'hex'), thread, thread, g, 1, g, 1 + (g % 12), 1, thread, thread
			FROM thread, generate_series(1, 100) g`)
		exec(`ANALYZE`)
	} else {
		for n := range 60 {
			for k := range 10 {
				exec(`INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, message, person, device, device_seq, epoch, sent_at, content, retention, commitment, body)
					VALUES ($1, $2, 4, $3, $1, $1, $4, $1, $1, $2, 1, $3, $5, 1, $1, $1)`, id.Thread{1, byte(n)}, 10+k, 1000*k, numbered[id.Message](n*1000+k), 1+k%12)
			}
		}
	}
}

func explain(t *testing.T, db *store.DB, asked store.Asked) string {
	t.Helper()
	lines, err := store.Explain(t.Context(), db, asked)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

package store_test

import (
	"testing"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/thread"
)

// TestR12_R51_WhatIsSentTogetherSeesWhatCameBefore: a confirmation, a quarantine and an acknowledgement count for the messages behind them also when
// one transaction writes them all.
func TestR12_R51_WhatIsSentTogetherSeesWhatCameBefore(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		in := startThread(t, db, 1)
		kinds := []envelope.MessageKind{
			envelope.KindDecision, envelope.KindConfirm, envelope.KindDecision, envelope.KindQuarantine, envelope.KindAcknowledge,
			envelope.KindAcknowledge, envelope.KindQuarantine,
		}
		events := map[envelope.MessageKind]audit.Kind{envelope.KindQuarantine: audit.Quarantined, envelope.KindAcknowledge: audit.QuarantineRead}
		var messages []thread.NewMessage
		for n, kind := range kinds {
			m := message(in, 1, n+1)
			m.Header.Kind, m.Header.SeenSeq = kind, 1
			if n == 5 {
				m.Header.Person, m.Header.SeenSeq = numbered[id.Person](2), 5
			}
			m.Event = audit.Event{Kind: events[kind], Actor: m.Header.Person, Subject: audit.About(in), At: m.At}
			messages = append(messages, m)
		}
		standings := make([]thread.Standing, len(kinds))
		answers, err := db.Threads().AddTogether(messages, func(n int, s thread.Standing) (bool, error) {
			standings[n] = s
			return false, nil
		}, func(int, thread.Written) {})
		if err != nil {
			t.Fatal(err)
		}
		for n, answer := range answers {
			if answer.Err != nil || answer.Entry.Seq != uint64(n+2) {
				t.Errorf("message %d: %+v", n, answer)
			}
		}
		if !standings[0].Confirmed.IsZero() || !standings[2].Confirmed.Equal(threadStart) {
			t.Errorf("decided with %v, then with %v", standings[0].Confirmed, standings[2].Confirmed)
		}
		if standings[3].State.Quarantined != 0 || standings[4].State.Quarantined != 5 || standings[6].State.Quarantined != 5 {
			t.Errorf("quarantined at %d, %d, %d", standings[3].State.Quarantined, standings[4].State.Quarantined, standings[6].State.Quarantined)
		}
		known, err := db.Threads().Quarantine(t.Context(), in)
		if err != nil || known.Seq != 5 || known.By != numbered[id.Person](1) || len(known.Readers) != 2 {
			t.Fatalf("%+v, %v", known, err)
		}
		for _, reader := range known.Readers { // one by the quarantine itself, the other by the acknowledgement with it before their eyes
			if reader.AcknowledgedAt.IsZero() {
				t.Errorf("%+v", reader)
			}
		}
		waiting, err := db.AuditLog().Waiting(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		counted := map[audit.Kind]int{}
		for _, one := range waiting {
			counted[one.Row.Kind]++
		}
		if counted[audit.Quarantined] != 1 || counted[audit.QuarantineRead] != 1 {
			t.Errorf("audited %v", counted)
		}
		// And what is judged later finds the same in the database.
		later := message(in, 2, 1)
		later.Header.Kind, later.Header.Person = envelope.KindDecision, numbered[id.Person](1)
		_, err = db.Threads().AddTogether([]thread.NewMessage{later}, func(_ int, s thread.Standing) (bool, error) {
			standings[0] = s
			return false, thread.ErrQuarantined
		}, func(int, thread.Written) {})
		if err != nil || !standings[0].Confirmed.Equal(threadStart) || standings[0].State.Quarantined != 5 {
			t.Errorf("later: %v, %d, %v", standings[0].Confirmed, standings[0].State.Quarantined, err)
		}
	})
}

package client_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
)

// TestR20_WhatAClassLetGoIsGoneEverywhere: a message whose class has run out is gone in a session that was there all the time, without anybody having told it,
// and in a new one; what is younger stays, and a certificate proves it.
func TestR20_WhatAClassLetGoIsGoneEverywhere(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Anita Patel"), w.enrol("leila.haddad", "Leila Haddad")
	grace := w.enrol("grace.owusu", "Grace Owusu", "information-governance")
	in, err := anita.CreateTeam(w.ctx, "Quiz night", persons([]*person{leila}), client.TeamOptions{Space: envelope.SpaceSocial})
	w.check(err)
	old, young := anita.say(in, "Who brings the cake?"), anita.say(in, "I do.")
	leila.sync()
	held, err := leila.Held()
	w.check(err)
	// A month passes for the one message; a session does not live so long.
	w.check(w.server.Store().Tx(w.ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE thread_log SET at = at - $1 WHERE thread = $2 AND message = $3`, (31 * 24 * time.Hour).Milliseconds(), in, old.ID)
		return err
	}))
	w.check(w.server.RunDue(w.ctx, w.clock.Now().Add(retention.SweepEvery)))
	newer, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	for _, one := range []*person{leila, newer} {
		one.sync()
		if got := one.texts(in); !slices.Equal(got, []string{"[destroyed]", "I do."}) {
			t.Errorf("%s reads %q", one.userName, got)
		}
		tombstone := one.view(in).Messages[0].Tombstone
		if tombstone == nil || tombstone.Reason != envelope.DestroyRetention || !tombstone.Filing.IsZero() {
			t.Errorf("the tombstone is %+v", tombstone)
		}
		if found, err := one.Search("cake"); err != nil || len(found) != 0 {
			t.Errorf("%s finds %v, %v", one.userName, found, err)
		}
	}
	again, err := leila.Held()
	w.check(err)
	if len(again.Messages) != len(held.Messages)-1 || again.Messages[0].Message != young.ID {
		t.Errorf("%d messages were held, and now %d", len(held.Messages), len(again.Messages))
	}
	if _, err := anita.Say(w.ctx, in, client.Draft{Text: "Thanks."}); err != nil {
		t.Errorf("the thread does not go on: %v", err)
	}
	certificate, page, err := grace.Certificate(w.ctx, in)
	w.check(err)
	read, err := retention.ReadCertificate(bytes.NewReader(certificate))
	w.check(err)
	checked, err := read.Check(w.server.Keys().Public().Audit)
	if err != nil || checked.Messages != 1 || !strings.Contains(page, old.ID.String()) {
		t.Errorf("%+v, %v", checked, err)
	}
	if _, _, err := leila.Certificate(w.ctx, in); client.CodeOf(err) != "not_permitted" {
		t.Errorf("a certificate for anybody: %v", err)
	}
}

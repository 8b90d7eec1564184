package client_test

import (
	"errors"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
)

// TestR18_R19_R49_ADecisionsLifeThroughTheClient: prepared by one, withdrawn by who marked it, another one filed, countersigned, and the
// conversation swept, all of it seen by the other.
func TestR18_R19_R49_ADecisionsLifeThroughTheClient(t *testing.T) {
	d := newWard(t)
	drafted, err := d.leila.DraftDecision(d.ctx, d.in, d.decision.ID, false)
	d.check(err)
	if drafted.Stage != "drafted" || drafted.DraftedBy == nil || *drafted.DraftedBy != d.leila.Person() {
		t.Fatalf("%+v", drafted)
	}
	if _, err := d.anita.DraftDecision(d.ctx, d.in, d.decision.ID, false); client.CodeOf(err) != "being_drafted" {
		t.Errorf("two prepare it: %v", err)
	}
	if back, err := d.leila.PutBackDecision(d.ctx, d.in, d.decision.ID); err != nil || back.Stage != "marked" {
		t.Errorf("%+v, %v", back, err)
	}
	items, next, err := d.leila.Worklist(d.ctx, "mine", "")
	d.check(err)
	if len(items) != 1 || next != "" || items[0].Decision.Decision != d.decision.ID || items[0].Thread == nil || *items[0].Thread != d.in {
		t.Errorf("the worklist: %+v, %q", items, next)
	}
	if _, _, err := d.leila.Worklist(d.ctx, "organisation", ""); client.CodeOf(err) != "not_permitted" {
		t.Errorf("the organisation's worklist: %v", err)
	}
	withdrawn, err := d.leila.WithdrawDecision(d.ctx, d.in, d.decision.ID, client.WithdrawnReason, "The CT was another patient's.")
	d.check(err)
	if withdrawn.Stage != "withdrawn" {
		t.Errorf("%+v", withdrawn)
	}
	d.anita.sync()
	thread, err := d.anita.Thread(d.in)
	d.check(err)
	act := thread.Messages[len(thread.Messages)-1]
	if act.Kind != envelope.KindWithdraw || act.About == nil || act.About.Message != d.decision.ID || act.Reason != client.WithdrawnReason ||
		act.Text != "The CT was another patient's." {
		t.Errorf("the other reads %+v", act)
	}
	if thread.Unfiled != 0 {
		t.Errorf("%d decisions still count as not in the record", thread.Unfiled)
	}
}

// TestR12_WhatIsInTheRecordIsNotWithdrawn: nothing is signed that the server would refuse, and what was an error from the start is entered in error.
func TestR12_WhatIsInTheRecordIsNotWithdrawn(t *testing.T) {
	d := newWard(t)
	d.file(d.decision.ID)
	said := len(d.leila.view(d.in).Messages)
	refused := func(when string) {
		t.Helper()
		_, err := d.leila.WithdrawDecision(d.ctx, d.in, d.decision.ID, client.WithdrawnReason, "Things changed.")
		d.leila.sync()
		if now := len(d.leila.view(d.in).Messages); !errors.Is(err, client.ErrDecisionFiled) || now != said {
			t.Errorf("%s: %v, and %d messages after %d", when, err, now, said)
		}
	}
	refused("on its way")
	filing := d.until("received")
	refused("in the record")
	stands, err := d.leila.Decisions(d.ctx, d.in)
	if err != nil || len(stands) != 1 || stands[0].Stage != "received" {
		t.Errorf("%+v, %v", stands, err)
	}
	wrong, err := d.leila.WithdrawDecision(d.ctx, d.in, d.decision.ID, client.ErrorReason, "The dose is wrong.")
	if err != nil || wrong.Stage != "entered-in-error" || wrong.Reason != client.ErrorReason || *wrong.Filing != filing.Filing {
		t.Errorf("entered in error: %+v, %v", wrong, err)
	}
}

func TestR18_WhatIsInTheRecordIsCountersignedAndThreadsAreSwept(t *testing.T) {
	d := newWard(t)
	filing := d.file(d.decision.ID)
	d.until("received")
	if _, err := d.leila.CountersignDecision(d.ctx, d.in, d.decision.ID, filing.DocumentHash); client.CodeOf(err) != "own_countersignature" {
		t.Errorf("by who marked it: %v", err)
	}
	d.anita.sync()
	signed, err := d.anita.CountersignDecision(d.ctx, d.in, d.decision.ID, filing.DocumentHash)
	d.check(err)
	if signed.Stage != "countersigned" || signed.CountersignedBy == nil || *signed.CountersignedBy != d.anita.Person() {
		t.Errorf("%+v", signed)
	}
	sweep, err := d.anita.Sweep(d.ctx, d.in, "")
	d.check(err)
	d.leila.sync()
	if m, err := d.leila.Message(d.in, sweep); err != nil || m.Kind != envelope.KindSweep || m.State != client.Readable {
		t.Errorf("the sweep is %+v, %v", m, err)
	}
}

package client_test

import (
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

package client_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/id"
)

// TestR18_R19_TwoFilingsOfOneDecision: two people file one decision, the second because the record had refused the first meanwhile, and health records send
// both again.
func TestR18_R19_TwoFilingsOfOneDecision(t *testing.T) {
	d := newWard(t)
	records := d.enrol("jean.morrison", "Jean Morrison", "records")
	d.check(d.hospital.SetRefusal("The episode is closed."))
	d.anita.sync()
	var first, second client.Filing
	for _, one := range []struct {
		by   *person
		made *client.Filing
	}{{d.leila, &first}, {d.anita, &second}} {
		document, err := one.by.PrepareFiling(d.in, d.decision.ID, nil, "")
		d.check(err)
		*one.made, err = one.by.File(d.ctx, document, client.PatientCompared)
		d.check(err)
		d.stands(one.made.Filing, "refused")
	}
	if waiting := d.letters(records); len(waiting) != 2 {
		t.Fatalf("for a person wait %+v", waiting)
	}

	d.check(d.hospital.SetRecordMode(hospital.RecordAccept))
	_, err := records.Replay(d.ctx, first.Filing)
	d.check(err)
	if _, err := records.Replay(d.ctx, second.Filing); client.CodeOf(err) != "already_filed" {
		t.Errorf("the second, sent again too: %v", err)
	}
	d.stands(first.Filing, "received")
	if waiting := d.letters(records); len(waiting) != 0 {
		t.Errorf("for a person wait %+v", waiting)
	}
	for _, one := range []*person{d.leila, d.anita} {
		one.sync()
		decisions, err := one.Decisions(d.ctx, d.in)
		d.check(err)
		if len(decisions) != 1 || decisions[0].Stage != "received" || decisions[0].Filing == nil || *decisions[0].Filing != first.Filing {
			t.Errorf("%s is told %+v", one.userName, decisions)
		}
		items, _, err := one.Worklist(d.ctx, "mine", "")
		d.check(err)
		if len(items) != 0 {
			t.Errorf("%s has to see to %+v", one.userName, items)
		}
	}
	if there := d.hospital.Filed(); len(there) != 1 {
		t.Errorf("the record has %+v", there)
	}

	// What is entered in error is the document that the record has.
	_, err = d.leila.WithdrawDecision(d.ctx, d.in, d.decision.ID, client.ErrorReason, "")
	d.check(err)
	d.comes(first.Filing, "retracted", func(f client.Filing) bool { return f.Retraction == "retracted" })
}

// stands waits until a filing of the ward has come to a state.
func (d *ward) stands(filing id.Filing, state string) {
	d.t.Helper()
	d.comes(filing, state, func(f client.Filing) bool { return f.State == state })
}

func (d *ward) comes(filing id.Filing, to string, done func(client.Filing) bool) {
	d.t.Helper()
	for late := time.Now().Add(20 * time.Second); time.Now().Before(late); {
		d.check(d.server.RunDue(d.ctx, d.clock.Now()))
		filings, err := d.leila.Filings(d.ctx, d.in)
		d.check(err)
		if slices.ContainsFunc(filings, func(f client.Filing) bool { return f.Filing == filing && done(f) }) {
			return
		}
	}
	d.t.Fatalf("the filing was never %s", to)
}

// letters are the filings that wait for a person, of the whole organisation.
func (d *ward) letters(by *person) []client.Letter {
	d.t.Helper()
	letters, _, err := by.Letters(d.ctx, "")
	d.check(err)
	return letters
}

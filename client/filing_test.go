package client_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/record"
)

// ward is a patient thread in which something was decided.
type ward struct {
	*world
	anita, leila *person
	in           id.Thread
	said         []client.Message
	decision     client.Message
}

func newWard(t *testing.T, change ...func(*identity.Founding)) *ward {
	t.Helper()
	w := newWorld(t, change...)
	d := &ward{world: w, anita: w.enrol("anita.patel", "Dr Anita <Patel> & Co"), leila: w.enrol("leila.haddad", "Dr Leila Haddad")}
	var err error
	d.in, err = d.anita.CreatePatient(w.ctx, john, []id.Person{d.leila.Person()})
	w.check(err)
	for _, text := range []string{"CT: no bleed.\r\n\"Stable\" <now> & 2 > 1", "Shall we stop heparin?", "I think so.", "He is asking for tea."} {
		d.said = append(d.said, d.anita.say(d.in, text))
	}
	d.leila.sync()
	d.decision, err = d.leila.Decide(w.ctx, d.in, "Stop heparin.", []id.Message{d.said[2].ID}, []id.Message{d.said[1].ID}, client.PatientCompared)
	w.check(err)
	return d
}

func TestR21_TheDocumentIsWhatTheServerReads(t *testing.T) {
	d := newWard(t)
	background := []id.Message{d.said[0].ID, d.said[3].ID}
	document, err := d.leila.PrepareFiling(d.in, d.decision.ID, background, "Heparin stopped <after> discussion.")
	d.check(err)
	if document.Hash != sha256.Sum256(document.HTML) {
		t.Error("the hash is not the document's")
	}
	excerpts, err := record.ReadDocument(document.HTML, document.Filing, d.in)
	d.check(err)
	want := []id.Message{d.said[0].ID, d.said[2].ID, d.said[3].ID, d.decision.ID}
	var got []id.Message
	for _, one := range excerpts {
		got = append(got, one.Message)
	}
	if !slices.Equal(got, want) || len(document.Sources) != len(want) {
		t.Errorf("excerpts are %v, want %v", got, want)
	}
	html := string(document.HTML)
	for _, part := range []string{
		"<title>Clinical decision: SMITH, John</title>", "<dd>SMITH, John (Mr)</dd>", "<dd>12-Mar-1954</dd>", "<dd>943 476 5919</dd>",
		"matched the patient index on 02-Mar-2026 at 08:00, checked by Dr Anita &lt;Patel&gt; &amp; Co.",
		"CT: no bleed.\n&quot;Stable&quot; &lt;now&gt; &amp; 2 &gt; 1</p>", "<h2 id=\"summary\">Summary by Dr Leila Haddad, Registrar</h2>",
		"Heparin stopped &lt;after&gt; discussion.", "from Wardline at Northfield Hospital. 4 messages, word for word",
		`<h2 id="background">Said beside it</h2>`, `<h2 id="decision">Decision</h2>`, `<h2 id="background-2">Said beside it, continued</h2>`,
	} {
		if !strings.Contains(html, part) {
			t.Errorf("the document lacks %q:\n%s", part, html)
		}
	}
	if strings.Contains(html, "Shall we stop") {
		t.Error("background that was not ticked is in the document")
	}
}

func TestR19_ADecisionIsFiledOnceAndR20_ItsOriginalsGoEverywhere(t *testing.T) {
	d := newWard(t)
	team := d.anita.team(d.leila)
	d.anita.say(team, "stays")
	background := []id.Message{d.said[0].ID}
	document, err := d.leila.PrepareFiling(d.in, d.decision.ID, background, "")
	d.check(err)
	d.check(d.hospital.SetRefusal("No such episode"))
	d.leila.wire.bend(rule{method: "POST", path: "/filings", times: 1, lose: true})
	filing, err := d.leila.File(d.ctx, document, client.PatientCompared)
	d.check(err)
	again, err := d.leila.File(d.ctx, document, client.PatientCompared)
	d.check(err)
	if filing.Filing != document.Filing || again.Filing != filing.Filing {
		t.Errorf("two filings: %v and %v", filing, again)
	}
	if refused := d.until("refused"); !strings.Contains(refused.Reason, "No such episode") {
		t.Fatalf("a record that refuses: %+v", refused)
	}
	d.check(d.hospital.SetRecordMode(hospital.RecordAccept))
	_, err = d.leila.RetryFiling(d.ctx, d.in, filing.Filing)
	d.check(err)
	received := d.until("received")
	d.anita.sync()
	kept, err := d.anita.Held()
	d.check(err)
	if received.Reference == "" {
		t.Errorf("after the receipt: %+v", received)
	}
	for _, one := range kept.Messages {
		if _, err := kept.Open(one); err != nil {
			t.Errorf("before the disposal %v does not open: %v", one.Message, err)
		}
	}
	d.destroy(t, received)
	d.again()
	d.afterwards(t, team, kept, received)
}

// destroy lets the grace pass. Sessions do not last so long.
func (d *ward) destroy(t *testing.T, filing client.Filing) {
	t.Helper()
	d.clock.Set(time.UnixMilli(filing.EligibleAt).Add(time.Minute))
	d.check(d.server.RunDue(d.ctx, d.clock.Now()))
	for _, one := range []*person{d.anita, d.leila} {
		if err := one.Sync(d.ctx); err == nil {
			t.Error("a session of yesterday lives")
		}
		d.check(one.signIn(client.DeviceOptions{}))
		one.sync()
	}
}

// again makes sure that what is gone is gone everywhere.
func (d *ward) again() {
	d.t.Helper()
	d.destroyed()
	d.anita.sync()
	d.leila.sync()
}

func (d *ward) afterwards(t *testing.T, team id.Thread, kept *client.Held, filing client.Filing) {
	t.Helper()
	gone := map[id.Message]bool{d.said[0].ID: true, d.said[2].ID: true, d.decision.ID: true}
	for _, one := range []*person{d.anita, d.leila} {
		if got := one.texts(d.in); !slices.Equal(got, []string{"[destroyed]", "Shall we stop heparin?", "[destroyed]", "He is asking for tea.", "[destroyed]"}) {
			t.Errorf("%s reads %q", one.userName, got)
		}
		if got := one.texts(team); !slices.Equal(got, []string{"stays"}) {
			t.Errorf("%s reads %q in the team", one.userName, got)
		}
		tombstone := one.view(d.in).Messages[5].Tombstone // after the confirmation
		if tombstone == nil || tombstone.Filing != filing.Filing || tombstone.DocumentHash != filing.DocumentHash || tombstone.Reference != filing.Reference {
			t.Errorf("%s sees the tombstone %+v", one.userName, tombstone)
		}
		held, err := one.Held()
		d.check(err)
		for _, message := range kept.Messages {
			text, err := held.Open(message)
			if gone[message.Message] == (err == nil) {
				t.Errorf("%s, destroyed %v: %q, %v", one.userName, gone[message.Message], text, err)
			}
		}
		found, err := one.Search("bleed")
		d.check(err)
		if len(found) != 0 {
			t.Errorf("%s finds %v", one.userName, found)
		}
		if _, err := one.PrepareFiling(d.in, d.decision.ID, nil, ""); client.CodeOf(err) != "message_unknown" {
			t.Errorf("a destroyed decision can be filed: %v", err)
		}
	}
}

func TestDisposalReachesASessionThatIsOpen(t *testing.T) {
	d := newWard(t, shortGrace)
	d.anita.sync()
	held, err := d.anita.Held()
	d.check(err)
	d.pass(d.file(d.decision.ID).EligibleAt, d.anita, d.leila)
	d.destroyed()
	d.anita.sync()
	if got := d.anita.texts(d.in); got[2] != "[destroyed]" || got[4] != "[destroyed]" {
		t.Errorf("anita reads %q", got)
	}
	after, err := d.anita.Held()
	d.check(err)
	if len(after.Messages) != len(held.Messages)-2 {
		t.Errorf("%d messages were held, and now %d", len(held.Messages), len(after.Messages))
	}
}

// shortGrace lets a test see the end of the grace within one session.
func shortGrace(f *identity.Founding) { f.Policy.GraceMillis = 10 * 60 * 1000 }

// file hands a decision over, and returns when the record has it.
func (d *ward) file(decision id.Message) client.Filing {
	d.t.Helper()
	document, err := d.leila.PrepareFiling(d.in, decision, nil, "")
	d.check(err)
	_, err = d.leila.File(d.ctx, document, client.PatientCompared)
	d.check(err)
	return d.until("received")
}

// until is the ward's only filing when it has come to a state. The server works at it by itself, too.
func (d *ward) until(state string) client.Filing {
	d.t.Helper()
	return d.wait(state, func(f client.Filing) bool { return f.State == state })
}

// destroyed waits until the originals are gone.
func (d *ward) destroyed() {
	d.t.Helper()
	d.wait("destroyed", func(f client.Filing) bool { return f.DestroyedAt > 0 })
}

func (d *ward) wait(what string, done func(client.Filing) bool) client.Filing {
	d.t.Helper()
	for late := time.Now().Add(20 * time.Second); time.Now().Before(late); {
		d.check(d.server.RunDue(d.ctx, d.clock.Now()))
		filings, err := d.leila.Filings(d.ctx, d.in)
		d.check(err)
		if len(filings) != 1 {
			d.t.Fatalf("filings are %+v", filings)
		}
		if done(filings[0]) {
			return filings[0]
		}
	}
	d.t.Fatalf("the filing was never %s", what)
	return client.Filing{}
}

// pass lets time pass up to a moment while these people are there, and does what is due then.
func (d *ward) pass(until int64, there ...*person) {
	d.t.Helper()
	for d.clock.Now().UnixMilli() < until {
		d.clock.Advance(4 * time.Minute)
		d.check(d.server.RunDue(d.ctx, d.clock.Now()))
		for _, one := range there {
			one.sync()
		}
	}
}

func TestAHoldKeepsTheOriginals(t *testing.T) {
	d := newWard(t)
	governance := d.enrol("grace.owusu", "Grace Owusu", "information-governance")
	hold, err := governance.PlaceHold(d.ctx, client.HoldScope{Thread: d.in}, "subject access request", "")
	d.check(err)
	if _, err := d.anita.PlaceHold(d.ctx, client.HoldScope{Thread: d.in}, "not mine to place", ""); client.CodeOf(err) != "not_permitted" {
		t.Errorf("a hold by anybody: %v", err)
	}
	d.destroy(t, d.file(d.decision.ID))
	if got := d.anita.texts(d.in); slices.Contains(got, "[destroyed]") {
		t.Errorf("under a hold anita reads %q", got)
	}
	d.check(governance.signIn(client.DeviceOptions{}))
	holds, err := governance.Holds(d.ctx)
	d.check(err)
	if len(holds) != 1 || holds[0].Hold != hold.Hold {
		t.Errorf("holds are %+v", holds)
	}
	_, err = governance.ReleaseHold(d.ctx, hold.Hold, "answered")
	d.check(err)
	d.again()
	if got := d.anita.texts(d.in); got[4] != "[destroyed]" {
		t.Errorf("after the release anita reads %q", got)
	}
}

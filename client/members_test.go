package client_test

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
)

func TestSomebodyWhoComesBackWithHistoryReadsWhatWasSaidMeanwhile(t *testing.T) {
	w := newWorld(t)
	anita, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(tom)
	anita.say(in, "one")
	tom.sync()
	w.check(anita.Remove(w.ctx, in, tom.Person(), envelope.RemoveHandedOver, ""))
	anita.say(in, "two")
	tom.sync()
	// The grant gets lost at first.
	anita.wire.bend(rule{method: "POST", path: "/grants", block: true})
	if err := anita.Add(w.ctx, in, tom.Person(), client.AddOptions{History: true}); err == nil {
		t.Error("a grant that never arrived is no error")
	}
	anita.say(in, "three")
	tom.sync()
	if got := tom.texts(in); !slices.Equal(got, []string{"one", "[unopened]", "three"}) {
		t.Errorf("without the grant tom reads %q", got)
	}
	anita.wire.straighten()
	w.check(anita.Grant(w.ctx, in, tom.Person()))
	tom.sync()
	if got := tom.texts(in); !slices.Equal(got, []string{"one", "two", "three"}) || tom.view(in).Left {
		t.Errorf("tom reads %q", got)
	}
}

func TestOneBadLogStopsNobodyElsesThreads(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	withLeila, err := anita.CreateDirect(w.ctx, leila.Person())
	w.check(err)
	withTom, err := anita.CreateDirect(w.ctx, tom.Person())
	w.check(err)
	anita.say(withLeila, "one")
	anita.say(withTom, "two")
	other, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	forged := w.forgedLog(leila.Person())
	other.wire.bend(rule{method: "POST", path: "/v1/people/logs", body: func(m map[string]any) {
		for _, one := range listOf(t, m, "logs") {
			if one.(map[string]any)["person"] == leila.Person().String() {
				one.(map[string]any)["entries"] = forged
			}
		}
	}})
	w.refused("a forged log", other.Sync(w.ctx), envelope.BadSignature)
	if got := other.texts(withTom); !slices.Equal(got, []string{"two"}) {
		t.Errorf("with tom: %q", got)
	}
	other.wire.straighten()
	other.sync()
	if got := other.texts(withLeila); !slices.Equal(got, []string{"one"}) {
		t.Errorf("with leila: %q", got)
	}
}

func TestRolesAndTheDirectory(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	found, next, err := anita.Find(w.ctx, "haddad", id.Person{}, 10)
	w.check(err)
	if len(found) != 1 || found[0].Person != leila.Person() || !found[0].Enrolled || !next.IsZero() {
		t.Errorf("found %+v, next %v", found, next)
	}
	one, err := anita.DirectoryEntry(w.ctx, tom.Person())
	w.check(err)
	who, err := anita.Identity(w.ctx, tom.Person())
	w.check(err)
	if one.DisplayName != "Tom Reid" || who.DisplayName != "Tom Reid" || who.Role != "Registrar" {
		t.Errorf("tom is %+v and %+v", one, who)
	}
	in := anita.team(leila)
	leila.sync()
	w.refused("a member who adds", leila.Add(w.ctx, in, tom.Person(), client.AddOptions{}), envelope.NotEntitled)
	w.check(anita.SetRole(w.ctx, in, leila.Person(), envelope.RoleOwner))
	leila.sync()
	w.check(leila.Add(w.ctx, in, tom.Person(), client.AddOptions{Role: envelope.RoleReader}))
	tom.sync()
	if _, err := tom.Send(w.ctx, in, "may I?"); err == nil {
		t.Error("a reader sends")
	}
	leila.say(in, "one")
	w.check(tom.SyncThread(w.ctx, in))
	if got := tom.texts(in); !slices.Equal(got, []string{"one"}) {
		t.Errorf("a reader reads %q", got)
	}
	w.check(w.server.People().Leave(w.ctx, id.Person{}, tom.Person()))
	nobody, err := anita.CreateTeam(w.ctx, "Night team", []id.Person{tom.Person()}, client.TeamOptions{})
	if client.CodeOf(err) != "not_staff" {
		t.Errorf("a team with a leaver: %v, %v", nobody, err)
	}
	link := w.link("new.person", "New Person")
	c, _ := w.client(client.Memory{})
	invitation, err := c.Invitation(w.ctx, link)
	w.check(err)
	_, err = anita.CreateDirect(w.ctx, invitation.Person)
	if client.CodeOf(err) != "not_enrolled" {
		t.Errorf("a thread with somebody who has no keys: %v", err)
	}
}

func TestR21_ADecisionOfOthersWordsIsASourceWithoutAnExcerpt(t *testing.T) {
	d := newWard(t)
	identified, err := d.anita.Identify(d.ctx, john)
	d.check(err)
	in, err := d.anita.CreateIdentified(d.ctx, identified, []id.Person{d.leila.Person()})
	d.check(err)
	said := d.anita.say(in, "Stop heparin.")
	decision, err := d.anita.Decide(d.ctx, in, "", []id.Message{said.ID}, nil, client.PatientCompared)
	d.check(err)
	document, err := d.anita.PrepareFiling(in, decision.ID, nil, "")
	d.check(err)
	excerpts, err := record.ReadDocument(document.HTML, document.Filing, in)
	d.check(err)
	if len(excerpts) != 1 || len(document.Sources) != 2 || document.Sources[1].Message != decision.ID {
		t.Errorf("excerpts %v, sources %v", excerpts, document.Sources)
	}
	filing, err := d.anita.File(d.ctx, document, client.PatientCompared)
	d.check(err)
	if len(filing.Sources) != 2 {
		t.Errorf("filed %+v", filing)
	}
}

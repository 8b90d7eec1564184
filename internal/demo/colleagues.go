package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// The colleagues whom the demonstration plays, by user name: one runs the ward's team thread, one a patient's.
const (
	teamPlayer    = "kofi.mensah"
	patientPlayer = "tom.reid"
)

const teamName = "Ward 7B day team"

// company is the played colleagues with their sessions. They tell the story before anybody else arrives, and take in whoever enrols.
type company struct {
	demo    *Demo
	team    id.Thread
	patient id.Thread
	players map[string]*client.Session
}

// assemble enrols or signs in the played colleagues and makes sure that the story has been told.
func (d *Demo) assemble(ctx context.Context) (*company, error) {
	c := &company{demo: d, players: map[string]*client.Session{}}
	for _, name := range []string{teamPlayer, patientPlayer} {
		session, err := d.play(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := session.AcceptPolicies(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := session.Sync(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c.players[name] = session
	}
	if err := d.secrets.save(); err != nil {
		return nil, err
	}
	if c.find() {
		return c, nil
	}
	return c, c.tell(ctx)
}

// play opens a played colleague's session, as a person would: by the link the first time, then by password and code.
func (d *Demo) play(ctx context.Context, userName string) (*client.Session, error) {
	c, err := client.New(client.Config{BaseURL: d.origin, Clock: d.options.Clock})
	if err != nil {
		return nil, err
	}
	one := d.colleague(userName)
	device := client.DeviceOptions{Kind: envelope.DeviceTrust, Label: "The demonstration", NoticeAccepted: true}
	password := d.secrets.password(userName)
	if one.Link != "" {
		session, err := c.Enrol(ctx, one.Link, password, func(string) (string, error) { return d.nextCode(one), nil }, device)
		if err == nil {
			one.Link = ""
		}
		return session, err
	}
	return c.SignIn(ctx, userName, password, func() (string, error) { return d.nextCode(one), nil }, device)
}

// find looks for the threads of an earlier run.
func (c *company) find() bool {
	threads, err := c.players[patientPlayer].Threads()
	if err != nil {
		return false
	}
	for _, one := range threads {
		switch {
		case one.Space == envelope.SpaceTeam && one.Name == teamName:
			c.team = one.ID
		case one.Space == envelope.SpacePatient:
			c.patient = one.ID
		}
	}
	return !c.team.IsZero() && !c.patient.IsZero()
}

// tell makes the threads of the story. Everything that is said about a patient is said in the patient's thread.
func (c *company) tell(ctx context.Context) error {
	kofi, tom := c.players[teamPlayer], c.players[patientPlayer]
	var err error
	if c.team, err = kofi.CreateTeam(ctx, teamName, []id.Person{tom.Person()}, client.TeamOptions{AddBy: envelope.WhoMember}); err != nil {
		return err
	}
	for _, text := range []string{
		"Morning all. Handover sheets are on the desk, two discharges expected before noon.",
		"Side room 2 is cleaned and ready.",
	} {
		if _, err := kofi.Send(ctx, c.team, text); err != nil {
			return err
		}
	}
	if c.patient, err = tom.CreatePatient(ctx, storyPatient(), []id.Person{kofi.Person()}); err != nil {
		return err
	}
	if _, err := tom.Send(ctx, c.patient, "Seen at 11:20. NEWS2 3, recorded at 11:15. CT report is back: no bleed."); err != nil {
		return err
	}
	if err := kofi.Sync(ctx); err != nil {
		return err
	}
	if _, err := kofi.Send(ctx, c.patient, "Thank you. She has had breakfast and is asking about going home."); err != nil {
		return err
	}
	if err := tom.Sync(ctx); err != nil {
		return err
	}
	_, err = tom.Decide(ctx, c.patient, "Step down to four-hourly observations. Outreach to review again at 16:00.", nil, nil, client.PatientCompared)
	return err
}

// storyPatient is the patient of the story, from the hospital's own index.
func storyPatient() client.Question {
	for _, p := range hospital.Patients() {
		if p.NHSNumber == "9912003888" {
			return client.Question{NHSNumber: p.NHSNumber, Family: p.Family, Given: p.Given, BirthDate: p.BirthDate}
		}
	}
	return client.Question{}
}

// welcome takes clinical staff into the story's threads when they enrol, with the history, and greets them.
func (c *company) welcome(ctx context.Context) {
	for {
		if err := c.admit(ctx); err != nil && ctx.Err() == nil {
			c.demo.options.Log.Warn("the demonstration's colleagues could not take somebody in", "code", fault.As(err).Code())
		}
		if err := clock.Until(ctx, c.demo.options.Clock, c.demo.options.Clock.Now().Add(time.Second)); err != nil {
			return
		}
	}
}

func (c *company) admit(ctx context.Context) error {
	for _, one := range c.demo.people {
		if !one.Clinical || one.Played {
			continue
		}
		person, err := c.demo.server.People().Person(ctx, one.Person)
		if err != nil {
			return err
		}
		if !person.Enrolled {
			continue
		}
		if err := c.admitOne(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (c *company) admitOne(ctx context.Context, one Colleague) error {
	kofi, tom := c.players[teamPlayer], c.players[patientPlayer]
	for _, step := range []struct {
		by     *client.Session
		thread id.Thread
	}{{kofi, c.team}, {tom, c.patient}} {
		there, err := knows(step.by, step.thread, one.Person)
		if err != nil || there {
			if err != nil {
				return err
			}
			continue
		}
		if err := step.by.SyncThread(ctx, step.thread); err != nil {
			return err
		}
		if err := step.by.Add(ctx, step.thread, one.Person, client.AddOptions{Reason: envelope.AddCareTeam, History: true}); err != nil {
			return err
		}
		if step.by == tom {
			return c.greet(ctx, one)
		}
	}
	return nil
}

// knows reports whether a person is, or was, in a thread: somebody who was removed is not taken in again.
func knows(session *client.Session, in id.Thread, person id.Person) (bool, error) {
	thread, err := session.Thread(in)
	if err != nil {
		return false, err
	}
	for _, change := range thread.Changes {
		if change.Target == person {
			return true, nil
		}
	}
	return false, nil
}

func (c *company) greet(ctx context.Context, one Colleague) error {
	kofi := c.players[teamPlayer]
	direct, err := kofi.CreateDirect(ctx, one.Person)
	if err != nil {
		return err
	}
	_, err = kofi.Send(ctx, direct, "Welcome to Wardline. I have put you into the ward's team, and Tom into his patient's conversation. The decision there still has to go to the record.")
	return err
}

// nextCode is a code that has not been used: the present one, or the next, which the server takes for clocks that are ahead.
func (d *Demo) nextCode(one *Colleague) string {
	now := d.options.Clock.Now()
	known := d.secrets.person(one.UserName)
	if now.Unix()/30 <= known.Step {
		now = now.Add(client.TOTPStep)
	}
	known.Step = now.Unix() / 30
	return identity.TOTPCode(one.TOTP, now)
}

// colleague finds somebody who works here.
func (d *Demo) colleague(userName string) *Colleague {
	for n := range d.people {
		if d.people[n].UserName == userName {
			return &d.people[n]
		}
	}
	return nil
}

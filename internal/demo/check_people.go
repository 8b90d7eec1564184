package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// client is one person's machine.
func (s *story) client(name string) (*client.Client, error) {
	if s.clients[name] == nil {
		made, err := client.New(client.Config{BaseURL: s.demo.Origin()})
		if err != nil {
			return nil, err
		}
		s.clients[name] = made
	}
	return s.clients[name], nil
}

func (s *story) enrolOne(ctx context.Context, userName string) (*client.Session, error) {
	c, err := s.client(userName)
	if err != nil {
		return nil, err
	}
	one := s.demo.colleague(userName)
	session, err := c.Enrol(ctx, one.Link, checkPassword, func(string) (string, error) { return s.demo.nextCode(one), nil },
		client.DeviceOptions{Kind: envelope.DeviceTrust, Label: "Check", NoticeAccepted: true})
	if err != nil {
		return nil, err
	}
	return session, s.acceptPolicies(ctx, session)
}

// acceptPolicies shows that nothing ordinary can be written before the policy is accepted (R36), and accepts it.
func (s *story) acceptPolicies(ctx context.Context, session *client.Session) error {
	if s.anita != nil { // the first has nobody to write to yet
		_, err := session.CreateDirect(ctx, s.anita.Person())
		if err := wantCode(err, "policy_needed"); err != nil {
			return fmt.Errorf("before the policy was accepted: %w", err)
		}
	}
	return session.AcceptPolicies(ctx)
}

func (s *story) enrol(ctx context.Context) (err error) {
	if s.anita, err = s.enrolOne(ctx, "anita.patel"); err != nil {
		return err
	}
	return want(s.anita.Profile().DisplayName == "Dr Anita Patel", "enrolled as %q", s.anita.Profile().DisplayName)
}

func (s *story) badSignIns(ctx context.Context) error {
	_, err := s.enrolOne(ctx, "anita.patel")
	if err := wantCode(err, "enrolment_link_used"); err != nil {
		return fmt.Errorf("a used link: %w", err)
	}
	c, err := s.client("stranger")
	if err != nil {
		return err
	}
	for what, try := range map[string]struct{ user, password, code string }{
		"a wrong code":     {"anita.patel", checkPassword, "000000"},
		"a wrong password": {"anita.patel", "not this one at all", "000000"},
		"an unknown name":  {"nobody.here", checkPassword, "000000"},
	} {
		_, err := c.SignIn(ctx, try.user, try.password, func() (string, error) { return try.code, nil }, client.DeviceOptions{})
		if err := wantCode(err, "sign_in_refused"); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

func (s *story) replayedCode(ctx context.Context) error {
	c, err := s.client("second device of anita.patel")
	if err != nil {
		return err
	}
	one := s.demo.colleague("anita.patel")
	code := s.demo.nextCode(one)
	sign := func() (*client.Session, error) {
		return c.SignIn(ctx, one.UserName, checkPassword, func() (string, error) { return code, nil }, client.DeviceOptions{Label: "Phone"})
	}
	if s.anitaPhone, err = sign(); err != nil {
		return fmt.Errorf("a good code: %w", err)
	}
	_, err = sign()
	return wantCode(err, "sign_in_refused")
}

func (s *story) enrolOthers(ctx context.Context) (err error) {
	if s.grace, err = s.enrolOne(ctx, "grace.owusu"); err != nil {
		return err
	}
	if s.officer, err = s.enrolOne(ctx, "ruth.lindqvist"); err != nil {
		return err
	}
	found, _, err := s.grace.Find(ctx, "patel", id.Person{}, 20)
	if err != nil {
		return err
	}
	var roles []string
	for _, one := range found {
		roles = append(roles, one.Role)
	}
	slices.Sort(roles)
	return want(slices.Equal(roles, []string{"Medical Registrar", "Staff nurse"}), "the directory answers %q for patel", roles)
}

func (s *story) direct(ctx context.Context) error {
	live, err := s.grace.Live(ctx)
	if err != nil {
		return err
	}
	defer live.Close()
	thread, err := s.anita.CreateDirect(ctx, s.grace.Person())
	if err != nil {
		return err
	}
	sent, err := s.anita.Send(ctx, thread, directText)
	if err != nil {
		return err
	}
	if err := until(ctx, "the message to arrive", func() (bool, error) {
		got, err := s.grace.Message(thread, sent.ID)
		if errors.Is(err, client.ErrThreadUnknown) || errors.Is(err, client.ErrMessageUnknown) {
			return false, nil
		}
		return err == nil && got.Text == directText, err
	}); err != nil {
		return err
	}
	if err := live.Seen(ctx, thread, sent.Seq); err != nil {
		return err
	}
	if err := until(ctx, "the seen mark", func() (bool, error) {
		marks, err := s.anita.Marks(ctx, thread)
		return slices.ContainsFunc(marks, func(m client.Mark) bool { return m.Person == s.grace.Person() && m.SeenSeq >= sent.Seq }), err
	}); err != nil {
		return err
	}
	return wantCode(s.officer.SyncThread(ctx, thread), "thread_unknown")
}

func (s *story) teamwork(ctx context.Context) (err error) {
	if s.team, err = s.anita.CreateTeam(ctx, "Ward 7B", []id.Person{s.grace.Person()}, client.TeamOptions{}); err != nil {
		return err
	}
	said, err := s.anita.Send(ctx, s.team, teamText)
	if err != nil {
		return err
	}
	options := client.AddOptions{Reason: envelope.AddCareTeam, History: true}
	if err := s.anita.Add(ctx, s.team, s.officer.Person(), options); err != nil {
		return fmt.Errorf("adding: %w", err)
	}
	if err := s.officer.Sync(ctx); err != nil {
		return err
	}
	if got, err := s.officer.Message(s.team, said.ID); err != nil || got.Text != teamText {
		return fmt.Errorf("the history was not given: %w", err)
	}
	if err := s.anita.Remove(ctx, s.team, s.officer.Person(), envelope.RemoveAddedInError, ""); err != nil {
		return fmt.Errorf("removing: %w", err)
	}
	later, err := s.anita.Send(ctx, s.team, teamText)
	if err != nil {
		return err
	}
	if err := s.officer.Sync(ctx); err != nil {
		return err
	}
	if got, err := s.officer.Message(s.team, later.ID); err == nil {
		return fmt.Errorf("somebody who was removed got %s", got.State)
	}
	return nil
}

func (s *story) secondDevice(ctx context.Context) error {
	if err := s.anitaPhone.Sync(ctx); err != nil {
		return err
	}
	threads, err := s.anitaPhone.Threads()
	if err != nil {
		return err
	}
	readable := 0
	for _, one := range threads {
		for _, message := range one.Messages {
			if message.State == client.Readable {
				readable++
			}
		}
	}
	return want(readable == 3, "the second device reads %d of 3 messages", readable)
}

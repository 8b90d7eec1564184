package client

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// SignIn opens a person's vault with password and code. A device that is not known is certified with the identity's seed, which is dropped at
// once. code is asked for the six digits after the password has been taken.
func (c *Client) SignIn(ctx context.Context, userName, password string, code func() (string, error), device DeviceOptions) (*Session, error) {
	r, err := c.requests(device.Known)
	if err != nil {
		return nil, err
	}
	stretched, err := c.stretchFor(ctx, r, userName, password)
	if err != nil {
		return nil, err
	}
	authKey := stretched.AuthKey()
	var ticket struct {
		Ticket []byte `json:"ticket"`
	}
	err = r.again(ctx, "POST", "/v1/sign-in/password", map[string]any{"userName": userName, "authKey": authKey[:]}, &ticket)
	if err != nil {
		return nil, err
	}
	digits, err := code()
	if err != nil {
		return nil, err
	}
	var answer struct {
		Session   Profile    `json:"session"`
		Challenge []byte     `json:"challenge"`
		Unlock    unlockBody `json:"unlock"`
	}
	if err := r.call(ctx, "POST", "/v1/sign-in/code", map[string]any{"ticket": ticket.Ticket, "code": digits}, &answer); err != nil {
		return nil, err
	}
	opened, g, err := c.open(userName, answer.Session.Person, stretched, &answer.Unlock)
	if err != nil {
		return nil, err
	}
	s := c.newSession(r, answer.Session, g, opened, nil)
	if err := s.bind(ctx, answer.Challenge, device); err != nil {
		return nil, err
	}
	c.remember(userName, opened.account(g), g.manifests.Pin())
	return s, nil
}

// stretchFor refuses weak parameters before anything of the password leaves.
func (c *Client) stretchFor(ctx context.Context, r *requests, userName, password string) (*envelope.PasswordKey, error) {
	parameters, err := c.parametersFor(ctx, r, userName)
	if err != nil {
		return nil, err
	}
	return envelope.StretchPassword(password, parameters)
}

func (c *Client) parametersFor(ctx context.Context, r *requests, userName string) (envelope.PasswordParameters, error) {
	var parameters struct {
		Salt      []byte `json:"salt"`
		MemoryKiB uint32 `json:"memoryKiB"`
		Passes    uint32 `json:"passes"`
	}
	if err := r.again(ctx, "POST", "/v1/sign-in/parameters", map[string]string{"userName": userName}, &parameters); err != nil {
		return envelope.PasswordParameters{}, err
	}
	if len(parameters.Salt) != 16 {
		return envelope.PasswordParameters{}, refuse(envelope.WeakParameters, "the salt is not 16 bytes")
	}
	return envelope.PasswordParameters{Salt: [16]byte(parameters.Salt), MemoryKiB: parameters.MemoryKiB, Passes: parameters.Passes}, nil
}

type bindBody struct {
	Device    id.Device `json:"device"`
	Entry     []byte    `json:"entry,omitempty"`
	Signature []byte    `json:"signature"`
	Agreement bool      `json:"agreement,omitempty"`
	Label     string    `json:"deviceLabel,omitempty"`
}

// bind ties the session to a device: the one that is known, or a new one.
func (s *Session) bind(ctx context.Context, challenge []byte, options DeviceOptions) error {
	if known := options.Known; known != nil {
		if state, ok := s.self.Device(known.ID); ok && state.CheckNow(s.client.now()) == nil && state.Key == known.signer().Public() {
			s.device = known
			return s.postDevice(ctx, bindBody{Device: known.ID, Signature: known.proof(challenge)})
		}
	}
	for try := 1; ; try++ {
		err := s.bindNew(ctx, challenge, options)
		// Another device of this person was certified at the same moment: the log has moved.
		if !hasCode(err, string(envelope.BrokenChain)) || try == tries {
			return err
		}
		if err := s.refreshPeople(ctx, s.person); err != nil {
			return err
		}
	}
}

func (s *Session) bindNew(ctx context.Context, challenge []byte, options DeviceOptions) error {
	device, err := s.client.newDevice(s.requests.key)
	if err != nil {
		return err
	}
	certificate, err := device.certificate(s.self, options.kind(), s.policy, s.client.now())
	if err != nil {
		return err
	}
	identity, err := s.secrets.key.OpenIdentity(s.secrets.sealedIdentity, s.self.Identity())
	if err != nil {
		return err
	}
	entry, err := envelope.SignObject(certificate, envelope.ByIdentity(s.person, identity))
	if err != nil {
		return err
	}
	encoded, err := envelope.Encode(entry)
	if err != nil {
		return err
	}
	body := bindBody{
		Device: device.ID, Entry: encoded, Signature: device.proof(challenge), Agreement: options.AgreementAccepted, Label: options.Label,
	}
	if err := s.postDevice(ctx, body); err != nil {
		return err
	}
	s.device = device
	return s.self.Append(entry)
}

func (s *Session) postDevice(ctx context.Context, body bindBody) error {
	var answer struct {
		Session Profile `json:"session"`
	}
	if err := s.requests.call(ctx, "POST", "/v1/session/device", body, &answer); err != nil {
		return err
	}
	if answer.Session.Device == nil || *answer.Session.Device != body.Device {
		return errors.New("client: the session was bound to another device")
	}
	s.profile = answer.Session
	return nil
}

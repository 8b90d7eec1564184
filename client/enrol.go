package client

import (
	"bytes"
	"context"

	"github.com/wardline/wardline/internal/dpop"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Invitation is what a link opens. Looking at it spends nothing.
type Invitation struct {
	Person       id.Person `json:"person"`
	UserName     string    `json:"userName"`
	DisplayName  string    `json:"displayName"`
	Role         string    `json:"role"`
	Ward         string    `json:"ward"`
	Organisation string    `json:"organisation"`
	TOTPSecret   string    `json:"totpSecret"` // base32
	OTPAuth      string    `json:"otpauth"`
	ExpiresAt    int64     `json:"expiresAt"`

	Manifests  [][]byte `json:"manifests"`
	Policy     []byte   `json:"policy"`
	VaultShare []byte   `json:"vaultShare"`
	Salt       []byte   `json:"salt"`
}

type completionBody struct {
	Token          string   `json:"token"`
	Code           string   `json:"code"`
	AuthKey        []byte   `json:"authKey"`
	Salt           []byte   `json:"salt"`
	MemoryKiB      uint32   `json:"memoryKiB"`
	Passes         uint32   `json:"passes"`
	Log            [][]byte `json:"log"`
	SealedVault    []byte   `json:"sealedVault"`
	SealedIdentity []byte   `json:"sealedIdentity"`
	UnlockerBlob   []byte   `json:"unlockerBlob"`
	AKWrap         []byte   `json:"akWrap"`
	DeviceKind     string   `json:"deviceKind"`
	Agreement      bool     `json:"agreement"`
	DeviceLabel    string   `json:"deviceLabel"`
	NoticeAccepted bool     `json:"noticeAccepted"`
}

// Invitation opens a link, and verifies that the server has the manifest whose fingerprint the link carries.
func (c *Client) Invitation(ctx context.Context, link string) (*Invitation, error) {
	parsed, err := ParseLink(link)
	if err != nil {
		return nil, err
	}
	r, err := c.requests(nil)
	if err != nil {
		return nil, err
	}
	invitation, _, err := c.startEnrolment(ctx, r, parsed)
	return invitation, err
}

// Enrol spends a link: it makes the person's keys, seals their vault, and signs in on this device. code is asked for the six digits that
// belong to the secret that it is given.
func (c *Client) Enrol(ctx context.Context, link, password string, code func(secret string) (string, error), device DeviceOptions) (*Session, error) {
	parsed, err := ParseLink(link)
	if err != nil {
		return nil, err
	}
	r, err := c.requests(nil)
	if err != nil {
		return nil, err
	}
	invitation, g, err := c.startEnrolment(ctx, r, parsed)
	if err != nil {
		return nil, err
	}
	making, err := c.makeAccount(invitation, g, password, device, r.key)
	if err != nil {
		return nil, err
	}
	making.body.Token = parsed.Token
	if making.body.Code, err = code(invitation.TOTPSecret); err != nil {
		return nil, err
	}
	var answer struct {
		Log     [][]byte `json:"log"`
		Session Profile  `json:"session"`
	}
	if err := r.call(ctx, "POST", "/v1/enrolment/complete", &making.body, &answer); err != nil {
		return nil, err
	}
	if g.self, err = making.verifyLog(g.manifests, invitation, answer.Log); err != nil {
		return nil, err
	}
	c.remember(invitation.UserName, making.secrets.account(g), g.manifests.Pin())
	return c.newSession(r, answer.Session, g, making.secrets, making.device), nil
}

func (c *Client) startEnrolment(ctx context.Context, r *requests, link Link) (*Invitation, *ground, error) {
	var invitation Invitation
	err := r.again(ctx, "POST", "/v1/enrolment/start", map[string]string{"token": link.Token}, &invitation)
	if err != nil {
		return nil, nil, err
	}
	manifests, policy, err := c.readManifests(envelope.Pin{}, invitation.Manifests, invitation.Policy)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := manifests.ByHash(link.Fingerprint); !ok {
		return nil, nil, refuse(envelope.BrokenChain, "another manifest than the link's")
	}
	if len(invitation.VaultShare) != 32 || invitation.Person.IsZero() {
		return nil, nil, refuse(envelope.Malformed, "the vault share is not 32 bytes, or there is no person")
	}
	if len(invitation.Salt) != 16 {
		return nil, nil, refuse(envelope.WeakParameters, "the salt is not 16 bytes")
	}
	return &invitation, &ground{manifests: manifests, policy: policy}, nil
}

// making is an account before the server has it.
type making struct {
	secrets *secrets
	device  *DeviceKeys
	body    completionBody
}

// makeAccount draws every key of a person. The identity's seed lives in this function only.
func (c *Client) makeAccount(invitation *Invitation, g *ground, password string, options DeviceOptions, proof *dpop.Key) (*making, error) {
	seed, err := c.seed()
	if err != nil {
		return nil, err
	}
	identity := envelope.NewSigner(seed)
	g.identity = identity.Public()
	m := &making{secrets: &secrets{}, body: completionBody{
		DeviceKind: options.kind().String(), DeviceLabel: options.Label, Agreement: options.AgreementAccepted, NoticeAccepted: options.NoticeAccepted,
	}}
	generation, err := c.seed()
	if err != nil {
		return nil, err
	}
	if m.device, err = c.newDevice(proof); err != nil {
		return nil, err
	}
	if err := m.makeLog(c, invitation, g, identity, generation, options.kind()); err != nil {
		return nil, err
	}
	if m.secrets.key, err = envelope.NewAccountKey(invitation.Person, 1, c.entropy); err != nil {
		return nil, err
	}
	if m.secrets.sealedIdentity, err = m.secrets.key.SealIdentity(seed, c.entropy); err != nil {
		return nil, err
	}
	if m.body.SealedIdentity, err = envelope.Encode(m.secrets.sealedIdentity); err != nil {
		return nil, err
	}
	stretched, err := m.stretch(invitation, g.policy, password)
	if err != nil {
		return nil, err
	}
	return m, m.makeVault(c, invitation, g, identity, generation, stretched)
}

// makeLog is the first three entries. The server adds its signature to bind.
func (m *making) makeLog(c *Client, invitation *Invitation, g *ground, identity envelope.Signer, generation [32]byte, kind envelope.DeviceKind) error {
	by, now := envelope.ByIdentity(invitation.Person, identity), c.now()
	bind, err := envelope.SignObject(&envelope.Bind{
		Person: invitation.Person, Seq: 1, Identity: identity.Public(), DisplayName: invitation.DisplayName, Role: invitation.Role,
		Manifest: g.manifests.Current().Hash, Issued: now,
	}, by)
	if err != nil {
		return err
	}
	head, err := bind.Hash()
	if err != nil {
		return err
	}
	first, err := envelope.SignObject(&envelope.Generation{
		Person: invitation.Person, Seq: 2, Previous: head, Generation: 1, Seal: envelope.NewSealPair(generation).Public(), Issued: now,
	}, by)
	if err != nil {
		return err
	}
	if head, err = first.Hash(); err != nil {
		return err
	}
	certificate, err := m.device.certificate(envelope.NewPersonState(g.manifests, invitation.Person), kind, g.policy, now)
	if err != nil {
		return err
	}
	certificate.Seq, certificate.Previous = 3, head
	device, err := envelope.SignObject(certificate, by)
	if err != nil {
		return err
	}
	for _, entry := range []*envelope.Signed{bind, first, device} {
		encoded, err := envelope.Encode(entry)
		if err != nil {
			return err
		}
		m.body.Log = append(m.body.Log, encoded)
	}
	return nil
}

// stretch takes the salt that the server answers for the name, enrolled or not, and the parameters of the policy that the manifest names.
func (m *making) stretch(invitation *Invitation, policy *envelope.Policy, password string) (*envelope.PasswordKey, error) {
	parameters := envelope.PasswordParameters{Salt: [16]byte(invitation.Salt), MemoryKiB: policy.ArgonMemoryKiB, Passes: policy.ArgonPasses}
	stretched, err := envelope.StretchPassword(password, parameters)
	if err != nil {
		return nil, err
	}
	authKey := stretched.AuthKey()
	m.body.AuthKey, m.body.Salt = authKey[:], parameters.Salt[:]
	m.body.MemoryKiB, m.body.Passes = parameters.MemoryKiB, parameters.Passes
	return stretched, nil
}

func (m *making) makeVault(
	c *Client, invitation *Invitation, g *ground, identity envelope.Signer, generation [32]byte, password *envelope.PasswordKey,
) error {
	unlocker := id.New[id.Unlocker](c.ids)
	seed, listed, err := envelope.NewUnlocker(unlocker, envelope.UnlockerPassword, c.now(), c.entropy)
	if err != nil {
		return err
	}
	pin := g.manifests.Pin()
	sealed, err := m.secrets.key.SealVault(&envelope.Vault{
		Person: invitation.Person, Version: 1, ManifestVersion: pin.Version, Manifest: pin.Fingerprint,
		Generations: []envelope.GenerationSeed{{Generation: 1, Seed: generation}}, Unlockers: []envelope.Unlocker{listed},
	}, envelope.VaultHead{}, c.entropy)
	if err != nil {
		return err
	}
	opened, err := m.secrets.key.OpenVault(sealed, envelope.VaultHead{})
	if err != nil {
		return err
	}
	m.secrets.adopt(opened)
	if m.body.SealedVault, err = envelope.Encode(sealed); err != nil {
		return err
	}
	wraps, err := opened.Wrap(m.secrets.key, identity)
	if err != nil {
		return err
	}
	if m.body.AKWrap, err = envelope.Encode(wraps[0]); err != nil {
		return err
	}
	context := envelope.UnlockerContext{Person: invitation.Person, Unlocker: unlocker, Kind: envelope.UnlockerPassword}
	wrapKey := password.WrapKey([32]byte(invitation.VaultShare), invitation.Person, unlocker)
	blob, err := envelope.SealUnlocker(wrapKey, context, &envelope.UnlockerSecret{
		Seed: seed, Identity: identity.Public(), ManifestVersion: pin.Version, Manifest: pin.Fingerprint,
	}, c.entropy)
	if err != nil {
		return err
	}
	m.body.UnlockerBlob, err = envelope.Encode(blob)
	return err
}

// verifyLog checks what came back: what was sent, with the server's signature on bind and nothing else.
func (m *making) verifyLog(manifests *envelope.Manifests, invitation *Invitation, answered [][]byte) (*envelope.PersonState, error) {
	state, err := verifyLog(manifests, invitation.Person, answered)
	if err != nil {
		return nil, err
	}
	if len(answered) != len(m.body.Log) {
		return nil, refuse(envelope.BrokenChain, "another log than the one that was made here")
	}
	for n := range answered {
		there, err := envelope.Parse[envelope.Signed](answered[n])
		if err != nil {
			return nil, err
		}
		here, err := envelope.Parse[envelope.Signed](m.body.Log[n])
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(there.Object, here.Object) {
			return nil, refuse(envelope.BrokenChain, "another log than the one that was made here")
		}
	}
	return state, nil
}

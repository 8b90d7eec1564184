package client

import (
	"fmt"
	"time"

	"github.com/wardline/wardline/internal/dpop"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// DeviceOptions are what a person says of the device that they enrol or sign in on.
type DeviceOptions struct {
	// Kind is whose device it is; zero means the trust's.
	Kind  envelope.DeviceKind
	Label string
	// AgreementAccepted: to using a device of one's own (R48). Needed once, for kind own.
	AgreementAccepted bool
	// NoticeAccepted: of what is monitored and may be disclosed (R47). Needed to enrol.
	NoticeAccepted bool
	// Known is this device when it was certified before, from [Session.DeviceKeys]. Nil certifies a new one.
	Known *DeviceKeys
}

func (o DeviceOptions) kind() envelope.DeviceKind {
	if o.Kind == 0 {
		return envelope.DeviceTrust
	}
	return o.Kind
}

// DeviceKeys are what a device keeps of its own. They open nothing, and sign for as long as the device is certified.
type DeviceKeys struct {
	ID   id.Device `json:"id"`
	Seed [32]byte  `json:"seed"`
	// DPoP is the scalar of the P-256 key whose thumbprint is in the device's certificate (RFC 9449).
	DPoP []byte `json:"dpop"`
}

// String keeps the keys out of logs.
func (k *DeviceKeys) String() string { return "device " + k.ID.String() }

// GoString implements fmt.GoStringer.
func (k *DeviceKeys) GoString() string { return k.String() }

func (k *DeviceKeys) signer() *envelope.SeedSigner { return envelope.NewSigner(k.Seed) }

func (k *DeviceKeys) stamp() envelope.Stamp { return envelope.ByDevice(k.ID, k.signer()) }

// newDevice makes the keys of a device, beside the one with which its requests are made already.
func (c *Client) newDevice(proof *dpop.Key) (*DeviceKeys, error) {
	seed, err := c.seed()
	if err != nil {
		return nil, err
	}
	scalar, err := proof.Bytes()
	if err != nil {
		return nil, err
	}
	return &DeviceKeys{ID: id.New[id.Device](c.ids), Seed: seed, DPoP: scalar}, nil
}

const sharedDeviceLife = 12 * time.Hour

// certificate is the log entry that certifies a device, to be signed by the identity.
func (k *DeviceKeys) certificate(log *envelope.PersonState, kind envelope.DeviceKind, policy *envelope.Policy, now envelope.Time) (*envelope.Device, error) {
	proof, err := dpop.ParseKey(k.DPoP)
	if err != nil {
		return nil, fmt.Errorf("client: the device's proof key: %w", err)
	}
	life := time.Duration(policy.DeviceLifeMillis) * time.Millisecond
	if kind == envelope.DeviceShared {
		life = min(life, sharedDeviceLife)
	}
	return &envelope.Device{
		Person: log.Person(), Seq: log.Seq() + 1, Previous: log.Head(), Device: k.ID, Key: k.signer().Public(), DPoP: proof.Thumbprint(), Kind: kind,
		Issued: now, Expires: now.Add(life),
	}, nil
}

// proof shows that this session's holder has the device's key.
func (k *DeviceKeys) proof(challenge []byte) []byte {
	message := append([]byte("wardline/v1/session-device\x00"), challenge...)
	signature := k.signer().Sign(append(message, k.ID[:]...))
	return signature[:]
}

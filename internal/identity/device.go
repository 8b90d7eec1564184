package identity

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// deviceProof begins what a device signs to bind a session to itself. It is no object of the protocol.
const deviceProof = "wardline/v1/session-device\x00"

const maxLabel = 100

// OwnDeviceAgreement is the present version of the text that a person agrees to before they use a device of their own (R48).
const OwnDeviceAgreement = 1

var (
	errThisDevice = fault.New(fault.Conflict, "device_current", "This is the device that you are using. Sign out instead.")
	errNoDevice   = fault.New(fault.NotFound, "device_unknown", "You have no such device.")
)

var errSessionBound = fault.New(fault.Conflict, "session_bound", "This browser has finished signing in already. Please load the page again.")

// Binding proves that a browser holds a device key.
type Binding struct {
	Device    id.Device
	Signature [64]byte
	// Entry adds the device to the person's log first; empty when it is there.
	Entry     []byte
	Agreement bool
	Label     string
}

// Bind binds a session to a device of its person: the device must be live and must have signed the session's challenge. A device
// that is new is appended to the log in the same transaction.
func (s *Service) Bind(ctx context.Context, session Session, b Binding) (Session, error) {
	stored, found, err := s.store.SessionByID(ctx, session.ID)
	if err != nil {
		return Session{}, err
	}
	if !found || !stored.Device.IsZero() || len(stored.Challenge) == 0 {
		return Session{}, errSessionBound
	}
	state, err := s.fresh(ctx, session.Person)
	if err != nil {
		return Session{}, err
	}
	var entry Entry
	var effect Effect
	if len(b.Entry) > 0 {
		entry, effect, err = s.admit(state, session.Person, Appending{Entry: b.Entry, Agreement: b.Agreement, Label: b.Label})
		if err == nil && effect.Device == nil {
			err = errNotAppended
		}
		if err != nil {
			return Session{}, err
		}
	}
	if err := s.checkDevice(state, stored.Key, stored.Challenge, b); err != nil {
		return Session{}, err
	}
	err = s.store.Atomically(ctx, func(ctx context.Context) error {
		if effect.Device != nil {
			if _, err := s.write(ctx, session.Person, entry, effect, b.Agreement); err != nil {
				return err
			}
		} else if device, _ := state.Device(b.Device); device.Kind == envelope.DeviceOwn {
			if err := s.agree(ctx, session.Person, b.Agreement, s.now()); err != nil {
				return err
			}
		}
		return s.bind(ctx, session, b.Device, stored.Challenge)
	})
	if err != nil {
		return Session{}, err
	}
	if effect.Device != nil {
		s.grew(state, nil)
	}
	session.Device = b.Device
	return session, nil
}

func (s *Service) bind(ctx context.Context, session Session, device id.Device, challenge []byte) error {
	event := audit.Event{Kind: audit.SignIn, Actor: session.Person, Subject: audit.About(session.Person, device), At: s.now(),
		Details: map[string]string{"step": "device"}}
	bound, err := s.store.BindSession(ctx, session.ID, device, challenge, event)
	if err == nil && !bound {
		err = errSessionBound
	}
	return err
}

// checkDevice wants a live device that signed the challenge, and whose certificate names the key to which the session is bound.
func (s *Service) checkDevice(state *envelope.PersonState, key id.Hash, challenge []byte, b Binding) error {
	device, found := state.Device(b.Device)
	if !found {
		return errNotOwnDevice
	}
	if err := device.CheckNow(envelope.TimeOf(s.now())); err != nil {
		return err
	}
	if id.Hash(device.DPoP) != key {
		return errOtherKey
	}
	message := append([]byte(deviceProof), challenge...)
	return envelope.VerifyStrict(device.Key, append(message, b.Device[:]...), b.Signature)
}

// EndDevice ends one of the person's other devices by an entry that the calling device signed: no key of it counts any more, and its sessions are over.
// An entry for a device that was revoked before changes nothing, so that it can be sent again when the answer was lost.
func (s *Service) EndDevice(ctx context.Context, session Session, device id.Device, signed []byte) error {
	if err := s.proved(session); err != nil {
		return err
	}
	if device == session.Device {
		return errThisDevice
	}
	state, err := s.fresh(ctx, session.Person)
	if err != nil {
		return err
	}
	known, found := state.Device(device)
	if !found {
		return errNoDevice
	}
	if _, revoked := known.Revoked(); revoked {
		return nil
	}
	if err := checkEnding(session, device, signed); err != nil {
		return err
	}
	_, err = s.Append(ctx, session.Person, Appending{Entry: signed})
	return err
}

// checkEnding wants a revocation of this device by the calling one, for a reason that is its person's to give.
func checkEnding(session Session, device id.Device, entry []byte) error {
	signed, err := envelope.Parse[envelope.Signed](entry)
	if err != nil {
		return err
	}
	revoke, err := envelope.Open[envelope.Revoke](signed)
	if err != nil {
		return err
	}
	by := len(signed.Signatures) == 1 && id.Device(signed.Signatures[0].Signer) == session.Device
	if revoke.Device != device || revoke.By != envelope.RevokeByDevice || !by || !slices.Contains(ownReasons, revoke.Reason) {
		return errNotAppended
	}
	return nil
}

var ownReasons = []envelope.RevokeReason{envelope.RevokeSignedOut, envelope.RevokeReplaced, envelope.RevokeLost, envelope.RevokeStolen}

// EndOthers ends every other session of the person, and returns how many there were. Their devices may sign in again.
func (s *Service) EndOthers(ctx context.Context, session Session) (int, error) {
	if err := s.proved(session); err != nil {
		return 0, err
	}
	event := audit.Event{Kind: audit.SignOut, Actor: session.Person, Subject: audit.About(session.Person, session.ID), At: s.now(),
		Details: map[string]string{"why": "others"}}
	ended, err := s.store.EndOtherSessions(ctx, session.Person, session.ID, event.At, event)
	for _, one := range ended {
		s.events.SessionEnded(one)
	}
	return len(ended), err
}

// OwnDevice is one of a person's devices as its list shows it.
type OwnDevice struct {
	StoredDevice
	Current bool
}

// Devices lists the person's devices, newest first.
func (s *Service) Devices(ctx context.Context, session Session) ([]OwnDevice, error) {
	stored, err := s.store.DevicesOf(ctx, session.Person, s.now())
	if err != nil {
		return nil, err
	}
	devices := make([]OwnDevice, len(stored))
	for n, device := range stored {
		devices[n] = OwnDevice{device, device.Device == session.Device}
	}
	return devices, nil
}

// deviceOf is what is kept of a device entry beside the log.
func (s *Service) deviceOf(device *envelope.Device, label string) (StoredDevice, error) {
	label, ok := tidyLabel(label)
	if !ok {
		return StoredDevice{}, errDeviceLabel
	}
	return StoredDevice{
		Device: device.Device, Person: device.Person, Kind: device.Kind, Label: label,
		IssuedAt: device.Issued.Time(), ExpiresAt: device.Expires.Time(), LastUsedAt: s.now(),
	}, nil
}

// tidyLabel is a name that somebody gave one of their devices or unlockers, as it is kept; false when it is none.
func tidyLabel(label string) (string, bool) {
	label = strings.Join(strings.Fields(norm.NFC.String(label)), " ")
	return label, len(label) <= maxLabel && utf8.ValidString(label) && !strings.ContainsFunc(label, unicode.IsControl)
}

func agreementEvent(person id.Person, at time.Time) audit.Event {
	event := noticeEvent(person, "own_device", at)
	event.Details["version"] = strconv.Itoa(OwnDeviceAgreement)
	return event
}

func noticeEvent(person id.Person, what string, at time.Time) audit.Event {
	return audit.Event{Kind: audit.NoticeSeen, Actor: person, Subject: audit.About(person), At: at, Details: map[string]string{"notice": what}}
}

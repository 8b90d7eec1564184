package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// registerDevices is the register of a person's devices (R48), and what ends them (R22).
func (a *API) registerDevices() {
	route(a, "GET /v1/sessions/devices", Bound, "listDevices", "The person's own devices, newest first", a.listDevices)
	route(a, "POST /v1/sessions/devices/{device}/end", Bound, "endDevice",
		"End another device and its sessions, by a revocation that this one signs", a.endDevice, limited(a), limit(entryBody), status(http.StatusNoContent))
	route(a, "POST /v1/sessions/end-others", Bound, "endOtherSessions", "Sign out everywhere else", a.endOthers, limited(a))
}

type deviceBody struct {
	Device     id.Device `json:"device"`
	Kind       string    `json:"kind" enum:"own,trust,shared"`
	Label      string    `json:"label"`
	IssuedAt   int64     `json:"issuedAt" doc:"when it was first used"`
	ExpiresAt  int64     `json:"expiresAt"`
	RevokedAt  int64     `json:"revokedAt,omitempty"`
	LastUsedAt int64     `json:"lastUsedAt"`
	Current    bool      `json:"current"`
	Sessions   int       `json:"sessions" doc:"in how many it is signed in now"`
	Posture    string    `json:"posture" enum:"unknown,attested" doc:"whether somebody has said that the device is as it should be"`
	PostureBy  string    `json:"postureBy,omitempty" doc:"who said so"`
	PostureAt  int64     `json:"postureAt,omitempty"`
	AgreedAt   int64     `json:"agreedAt,omitempty" doc:"to using a device of one's own (R48)"`
	Agreement  int       `json:"agreementVersion,omitempty"`
	UsedTwice  int64     `json:"usedTwiceAt,omitempty" doc:"when two copies of its browser were last found in use (R22)"`
}

func deviceOf(d identity.OwnDevice) deviceBody {
	return deviceBody{
		Device: d.Device, Kind: d.Kind.String(), Label: d.Label, IssuedAt: d.IssuedAt.UnixMilli(), ExpiresAt: d.ExpiresAt.UnixMilli(),
		RevokedAt: millis(d.RevokedAt), LastUsedAt: d.LastUsedAt.UnixMilli(), Current: d.Current, Sessions: d.Sessions,
		Posture: d.Posture.String(), PostureBy: d.PostureBy, PostureAt: millis(d.PostureAt), AgreedAt: millis(d.AgreedAt), Agreement: d.Agreement,
		UsedTwice: millis(d.UsedTwiceAt),
	}
}

// millis is 0 for no time.
func millis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

func (a *API) listDevices(ctx context.Context, _ *struct{}) (*output[[]deviceBody], error) {
	devices, err := a.rooms.Sessions.Devices(ctx, current(ctx))
	if err != nil {
		return nil, err
	}
	listed := make([]deviceBody, len(devices))
	for n, d := range devices {
		listed[n] = deviceOf(d)
	}
	return &output[[]deviceBody]{listed}, nil
}

type endDeviceInput struct {
	Device id.Device `path:"device"`
	Body   struct {
		Entry []byte `json:"entry" doc:"signed revoke entry for the person's log: by this device; signed-out, replaced, lost or stolen"`
	}
}

func (a *API) endDevice(ctx context.Context, in *endDeviceInput) (*struct{}, error) {
	return nil, a.rooms.Sessions.EndDevice(ctx, current(ctx), in.Device, in.Body.Entry)
}

type endedBody struct {
	Ended int `json:"ended" doc:"how many sessions there were"`
}

func (a *API) endOthers(ctx context.Context, _ *struct{}) (*output[endedBody], error) {
	ended, err := a.rooms.Sessions.EndOthers(ctx, current(ctx))
	if err != nil {
		return nil, err
	}
	return &output[endedBody]{endedBody{ended}}, nil
}

// agreed says whether a person agreed to the present text about devices of one's own. A page that shows an older one has to be loaded again.
func agreed(agreement bool, version int) bool {
	return agreement && max(version, 1) == identity.OwnDeviceAgreement
}

var deviceKinds = map[string]envelope.DeviceKind{
	envelope.DeviceOwn.String(): envelope.DeviceOwn, envelope.DeviceTrust.String(): envelope.DeviceTrust,
	envelope.DeviceShared.String(): envelope.DeviceShared,
}

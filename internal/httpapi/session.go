package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// Sessions is who holds a session and what becomes of it.
type Sessions interface {
	Authenticator
	Bind(ctx context.Context, session identity.Session, binding identity.Binding) (identity.Session, error)
	Unlock(ctx context.Context, session identity.Session, authKey []byte) (identity.Session, identity.Unlock, error)
	Lock(ctx context.Context, session identity.Session) error
	End(ctx context.Context, session identity.Session) error
	Devices(ctx context.Context, session identity.Session) ([]identity.OwnDevice, error)
	EndDevice(ctx context.Context, session identity.Session, device id.Device, entry []byte) error
	EndOthers(ctx context.Context, session identity.Session) (int, error)
}

func (a *API) registerSession() {
	route(a, "POST /v1/session/device", Unlocked, "bindSession",
		"Bind the session to a device, which signs \"wardline/v1/session-device\" ‖ 0x00 ‖ challenge ‖ device", a.bindSession, limited(a), limit(entryBody))
	route(a, "POST /v1/session/unlock", AnySession, "unlockSession", "Open a locked session, or prove oneself in an open one, with the password", a.unlockSession, limited(a))
	route(a, "GET /v1/session", AnySession, "getSession", "The present session, and whether it is locked", a.getSession)
	route(a, "POST /v1/session/lock", AnySession, "lockSession", "Lock until one of the person's unlockers opens it again", a.lockSession, status(http.StatusNoContent))
	route(a, "POST /v1/session/end", AnySession, "endSession", "Sign out", a.endSession, status(http.StatusNoContent))
	a.registerDevices()
}

type sessionBody struct {
	Person         id.Person  `json:"person"`
	UserName       string     `json:"userName"`
	DisplayName    string     `json:"displayName"`
	Role           string     `json:"role"`
	Ward           string     `json:"ward"`
	Organisation   string     `json:"organisation"`
	Device         *id.Device `json:"device" nullable:"true" doc:"null until the session is bound"`
	Permissions    []string   `json:"permissions"`
	IdleLockMillis int64      `json:"idleLockMillis"`
	ExpiresAt      int64      `json:"expiresAt"`
	NoticeAccepted bool       `json:"noticeAccepted"`
}

func sessionOf(s identity.Session) sessionBody {
	body := sessionBody{
		Person: s.Person, UserName: s.UserName, DisplayName: s.DisplayName, Role: s.Role, Ward: s.Ward, Organisation: s.Organisation,
		Permissions: list(s.Permissions), IdleLockMillis: s.IdleLock.Milliseconds(), ExpiresAt: s.EndsAt.UnixMilli(), NoticeAccepted: s.NoticeAccepted,
	}
	if !s.Device.IsZero() {
		body.Device = &s.Device
	}
	return body
}

type bindInput struct {
	Body struct {
		Device      id.Device `json:"device"`
		Entry       []byte    `json:"entry,omitempty" doc:"signed device entry to append first"`
		Signature   []byte    `json:"signature" doc:"64 bytes, by the device key"`
		Agreement   bool      `json:"agreement,omitempty" doc:"to using a device of one's own (R48), if it was never given"`
		Text        int       `json:"agreementVersion,omitempty" minimum:"1" maximum:"1000" doc:"which text was agreed to; 1 without it"`
		DeviceLabel string    `json:"deviceLabel,omitempty" maxLength:"100"`
	}
}

type boundBody struct {
	Session sessionBody `json:"session"`
}

func (a *API) bindSession(ctx context.Context, in *bindInput) (*output[boundBody], error) {
	b := in.Body
	binding := identity.Binding{Device: b.Device, Entry: b.Entry, Agreement: agreed(b.Agreement, b.Text), Label: b.DeviceLabel}
	if err := exactly("signature", b.Signature, binding.Signature[:]); err != nil {
		return nil, err
	}
	bound, err := a.rooms.Sessions.Bind(ctx, current(ctx), binding)
	if err != nil {
		return nil, err
	}
	return &output[boundBody]{boundBody{sessionOf(bound)}}, nil
}

type unlockInput struct {
	Body struct {
		AuthKey []byte `json:"authKey" doc:"32 bytes"`
	}
}

type unlockedBody struct {
	Session sessionBody `json:"session"`
	Unlock  unlockBody  `json:"unlock"`
}

func (a *API) unlockSession(ctx context.Context, in *unlockInput) (*output[unlockedBody], error) {
	session, unlock, err := a.rooms.Sessions.Unlock(ctx, current(ctx), in.Body.AuthKey)
	if err != nil {
		return nil, err
	}
	return &output[unlockedBody]{unlockedBody{sessionOf(session), unlockOf(unlock)}}, nil
}

type presentBody struct {
	Session sessionBody `json:"session"`
	Locked  bool        `json:"locked"`
}

func (a *API) getSession(ctx context.Context, _ *struct{}) (*output[presentBody], error) {
	s := current(ctx)
	return &output[presentBody]{presentBody{sessionOf(s), s.Locked}}, nil
}

func (a *API) lockSession(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, a.rooms.Sessions.Lock(ctx, current(ctx))
}

type endedOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (a *API) endSession(ctx context.Context, _ *struct{}) (*endedOutput, error) {
	if err := a.rooms.Sessions.End(ctx, current(ctx)); err != nil {
		return nil, err
	}
	return &endedOutput{a.cookie(nil, time.Time{})}, nil
}

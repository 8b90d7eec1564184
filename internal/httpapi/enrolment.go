package httpapi

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// Enrolments takes people from a one-time link to an account.
type Enrolments interface {
	Invitation(ctx context.Context, token []byte) (identity.Invitation, error)
	Enrol(ctx context.Context, completion identity.Completion) (identity.Enrolled, error)
}

func (a *API) registerEnrolment() {
	route(a, "POST /v1/enrolment/start", Open, "startEnrolment", "Open an enrolment link, which spends nothing", a.startEnrolment, limited(a))
	route(a, "POST /v1/enrolment/complete", Open, "completeEnrolment",
		"Spend the link: the account, its keys and the first session in one", a.completeEnrolment, limited(a), known(a), proves(a), limit(vaultBody))
}

type startInput struct {
	Body struct {
		Token linkToken `json:"token" maxLength:"64" doc:"the token as it stands in the link"`
	}
}

type invitationBody struct {
	Person       id.Person `json:"person"`
	UserName     string    `json:"userName"`
	DisplayName  string    `json:"displayName"`
	Role         string    `json:"role"`
	Ward         string    `json:"ward"`
	Organisation string    `json:"organisation"`
	Manifests    [][]byte  `json:"manifests" doc:"signed root-manifest objects, version 1 first"`
	Policy       []byte    `json:"policy"`
	VaultShare   []byte    `json:"vaultShare"`
	Salt         []byte    `json:"salt" doc:"with which the password is to be stretched, under the policy's parameters"`
	TOTPSecret   string    `json:"totpSecret" doc:"base32"`
	OTPAuth      string    `json:"otpauth" doc:"for a QR code"`
	ExpiresAt    int64     `json:"expiresAt"`
	Enrolled     bool      `json:"enrolled"`
}

func (a *API) startEnrolment(ctx context.Context, in *startInput) (*output[invitationBody], error) {
	invitation, err := a.rooms.Enrolments.Invitation(ctx, in.Body.Token.bytes())
	if err != nil {
		return nil, err
	}
	chain, policy, err := a.rooms.Manifests.Manifests(ctx)
	if err != nil {
		return nil, err
	}
	p := invitation.Profile
	return &output[invitationBody]{invitationBody{
		Person: p.Person, UserName: p.UserName, DisplayName: p.DisplayName, Role: p.Role, Ward: p.Ward, Organisation: p.Organisation,
		Manifests: list(chain), Policy: policy, VaultShare: invitation.VaultShare[:], Salt: invitation.Salt[:], TOTPSecret: invitation.TOTPText(),
		OTPAuth: invitation.OTPAuth(), ExpiresAt: invitation.ExpiresAt.UnixMilli(),
	}}, nil
}

type completeInput struct {
	Body struct {
		Token          linkToken `json:"token" maxLength:"64"`
		Code           string    `json:"code" maxLength:"16"`
		AuthKey        []byte    `json:"authKey" doc:"32 bytes"`
		Salt           []byte    `json:"salt" doc:"16 bytes, the invitation's"`
		MemoryKiB      int64     `json:"memoryKiB" minimum:"1" maximum:"4294967295"`
		Passes         int64     `json:"passes" minimum:"1" maximum:"4294967295"`
		Log            [][]byte  `json:"log" minItems:"3" maxItems:"3" doc:"signed bind (by the identity), generation, device"`
		SealedVault    []byte    `json:"sealedVault"`
		SealedIdentity []byte    `json:"sealedIdentity"`
		UnlockerBlob   []byte    `json:"unlockerBlob"`
		AKWrap         []byte    `json:"akWrap" doc:"signed ak-wrap"`
		DeviceKind     string    `json:"deviceKind" enum:"own,trust,shared"`
		Agreement      bool      `json:"agreement,omitempty" doc:"to using a device of one's own (R48)"`
		Text           int       `json:"agreementVersion,omitempty" minimum:"1" maximum:"1000" doc:"which text was agreed to; 1 without it"`
		DeviceLabel    string    `json:"deviceLabel,omitempty" maxLength:"100"`
		NoticeAccepted bool      `json:"noticeAccepted,omitempty" doc:"of what is monitored and may be disclosed (R47)"`
	}
}

type enrolledBody struct {
	Log     [][]byte    `json:"log" doc:"with the server's signature on bind"`
	Session sessionBody `json:"session"`
}

type enrolledOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      enrolledBody
}

func (a *API) completeEnrolment(ctx context.Context, in *completeInput) (*enrolledOutput, error) {
	b := in.Body
	completion := identity.Completion{
		Token: b.Token.bytes(), Code: b.Code, AuthKey: b.AuthKey, MemoryKiB: uint32(b.MemoryKiB), Passes: uint32(b.Passes), Log: b.Log,
		SealedVault: b.SealedVault, SealedIdentity: b.SealedIdentity, UnlockerBlob: b.UnlockerBlob, AKWrap: b.AKWrap,
		DeviceKind: deviceKinds[b.DeviceKind], Agreement: agreed(b.Agreement, b.Text), DeviceLabel: b.DeviceLabel, From: from(ctx), NoticeAccepted: b.NoticeAccepted,
	}
	if err := exactly("salt", b.Salt, completion.Salt[:]); err != nil {
		return nil, err
	}
	enrolled, err := a.rooms.Enrolments.Enrol(ctx, completion)
	if err != nil {
		return nil, err
	}
	return &enrolledOutput{
		SetCookie: []http.Cookie{a.cookie(enrolled.Token[:], enrolled.Session.EndsAt), a.browserCookie(enrolled.Browser)},
		Body:      enrolledBody{Log: list(enrolled.Log), Session: sessionOf(enrolled.Session)},
	}, nil
}

// linkToken is a token as it was copied from a link: base64url or base64, padded or not.
type linkToken string

func (t linkToken) bytes() []byte {
	text := strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(string(t)), "=")
	token, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil // which no link has
	}
	return token
}

var errLength = fault.New(fault.Invalid, "request_malformed", "Wardline could not read this request, so nothing was done. Please load the page again.")

// exactly copies bytes of a fixed length.
func exactly(field string, from, into []byte) error {
	if len(from) != len(into) {
		return errLength.With("field", field)
	}
	copy(into, from)
	return nil
}

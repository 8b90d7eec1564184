package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wardline/wardline/internal/identity"
)

// Passkeys sign in, unlock and are managed by their person. No route takes a PRF result: it opens the vault, and stays in the browser.
type Passkeys interface {
	Passkeys() bool
	SignInOptions(ctx context.Context) (identity.PasskeyRequest, error)
	SignInPasskey(ctx context.Context, ticket, credential []byte, from identity.From) (identity.PasskeySignIn, error)
	UnlockOptions(ctx context.Context, session identity.Session) (identity.PasskeyRequest, error)
	UnlockPasskey(ctx context.Context, session identity.Session, ticket, credential []byte) (identity.Session, identity.Unlock, error)
	RegisterOptions(ctx context.Context, session identity.Session) (identity.PasskeyCreation, error)
	Register(ctx context.Context, session identity.Session, registration identity.Registration) (credential []byte, version uint64, err error)
	RemovePasskey(ctx context.Context, session identity.Session, credential []byte) error
}

func (a *API) registerPasskeys() {
	route(a, "POST /v1/sign-in/passkey/options", Open, "signInPasskeyOptions", "What a browser asks its authenticators to sign somebody in",
		a.signInPasskeyOptions, limited(a))
	route(a, "POST /v1/sign-in/passkey", Open, "signInPasskey", "Both factors in one: a session and what opens the vault", a.signInPasskey, limited(a), proves(a), known(a))
	route(a, "POST /v1/session/unlock/passkey/options", AnySession, "unlockPasskeyOptions", "What a browser asks the person's own passkeys to unlock",
		a.unlockPasskeyOptions, limited(a))
	route(a, "POST /v1/session/unlock/passkey", AnySession, "unlockSessionWithPasskey", "Open a locked session, or prove oneself in an open one, with a passkey",
		a.unlockPasskey, limited(a))
	route(a, "POST /v1/passkeys/options", Bound, "passkeyOptions", "What a browser asks an authenticator for a new passkey; needs a fresh proof",
		a.passkeyOptions, limited(a))
	route(a, "POST /v1/passkeys", Bound, "addPasskey", "Keep a new passkey, with the unlocker that it opens if it has PRF; needs a fresh proof",
		a.addPasskey, limited(a), limit(vaultBody))
	route(a, "DELETE /v1/passkeys/{credential}", Bound, "removePasskey", "Remove a passkey that opens nothing; needs a fresh proof", a.removePasskey,
		limited(a), status(http.StatusNoContent))
}

// credentialJSON is an AuthenticationResponseJSON or RegistrationResponseJSON as the browser gives it. The room parses it.
type credentialJSON json.RawMessage

// UnmarshalJSON implements json.Unmarshaler.
func (c *credentialJSON) UnmarshalJSON(raw []byte) error {
	*c = append((*c)[:0], raw...)
	return nil
}

// MarshalJSON implements json.Marshaler.
func (c credentialJSON) MarshalJSON() ([]byte, error) { return json.RawMessage(c).MarshalJSON() }

// Schema implements huma.SchemaProvider.
func (credentialJSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "of PublicKeyCredential.toJSON(), without any PRF result"}
}

type credentialInput struct {
	Body struct {
		Ticket     []byte         `json:"ticket"`
		Credential credentialJSON `json:"credential"`
	}
}

type descriptorBody struct {
	ID         string   `json:"id"`
	Type       string   `json:"type" enum:"public-key"`
	Transports []string `json:"transports,omitempty"`
}

// requestBody is PublicKeyCredentialRequestOptionsJSON.
type requestBody struct {
	Challenge        string           `json:"challenge"`
	RPID             string           `json:"rpId"`
	Timeout          int64            `json:"timeout"`
	UserVerification string           `json:"userVerification" enum:"required"`
	AllowCredentials []descriptorBody `json:"allowCredentials,omitempty"`
}

type requestOptionsBody struct {
	Ticket  []byte      `json:"ticket"`
	Options requestBody `json:"options"`
}

func requestOf(r identity.PasskeyRequest) *output[requestOptionsBody] {
	return &output[requestOptionsBody]{requestOptionsBody{Ticket: r.Ticket, Options: requestBody{
		Challenge: urlText(r.Challenge[:]), RPID: r.RPID, Timeout: r.Timeout.Milliseconds(), UserVerification: "required", AllowCredentials: descriptorsOf(r.Allowed),
	}}}
}

func descriptorsOf(passkeys []identity.StoredPasskey) []descriptorBody {
	var all []descriptorBody
	for _, passkey := range passkeys {
		all = append(all, descriptorBody{ID: identity.CredentialText(passkey.Credential), Type: "public-key", Transports: passkey.Transports})
	}
	return all
}

func urlText(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (a *API) signInPasskeyOptions(ctx context.Context, _ *struct{}) (*output[requestOptionsBody], error) {
	request, err := a.rooms.Passkeys.SignInOptions(ctx)
	if err != nil {
		return nil, err
	}
	return requestOf(request), nil
}

type usedPasskeyBody struct {
	Credential string `json:"credential"`
	PRF        bool   `json:"prf" doc:"whether it is an unlocker; else unlock is the password's"`
}

type passkeySignedInBody struct {
	Session   sessionBody     `json:"session"`
	Challenge []byte          `json:"challenge" doc:"for the device to sign, see bindSession"`
	Unlock    unlockBody      `json:"unlock"`
	Passkey   usedPasskeyBody `json:"passkey"`
}

type passkeySignedInOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      passkeySignedInBody
}

func (a *API) signInPasskey(ctx context.Context, in *credentialInput) (*passkeySignedInOutput, error) {
	s, err := a.rooms.Passkeys.SignInPasskey(ctx, in.Body.Ticket, in.Body.Credential, from(ctx))
	if err != nil {
		return nil, err
	}
	signedIn := a.signedIn(s.SignedIn)
	return &passkeySignedInOutput{
		SetCookie: signedIn.SetCookie,
		Body: passkeySignedInBody{
			Session: signedIn.Body.Session, Challenge: signedIn.Body.Challenge, Unlock: signedIn.Body.Unlock,
			Passkey: usedPasskeyBody{identity.CredentialText(s.Credential), s.PRF},
		},
	}, nil
}

func (a *API) unlockPasskeyOptions(ctx context.Context, _ *struct{}) (*output[requestOptionsBody], error) {
	request, err := a.rooms.Passkeys.UnlockOptions(ctx, current(ctx))
	if err != nil {
		return nil, err
	}
	return requestOf(request), nil
}

func (a *API) unlockPasskey(ctx context.Context, in *credentialInput) (*output[unlockedBody], error) {
	session, unlock, err := a.rooms.Passkeys.UnlockPasskey(ctx, current(ctx), in.Body.Ticket, in.Body.Credential)
	if err != nil {
		return nil, err
	}
	return &output[unlockedBody]{unlockedBody{sessionOf(session), unlockOf(unlock)}}, nil
}

// creationBody is PublicKeyCredentialCreationOptionsJSON.
type creationBody struct {
	Challenge              string           `json:"challenge"`
	RP                     rpBody           `json:"rp"`
	User                   userBody         `json:"user"`
	PubKeyCredParams       []parameterBody  `json:"pubKeyCredParams"`
	Timeout                int64            `json:"timeout"`
	ExcludeCredentials     []descriptorBody `json:"excludeCredentials"`
	AuthenticatorSelection selectionBody    `json:"authenticatorSelection"`
	Attestation            string           `json:"attestation" enum:"none"`
	Extensions             extensionsBody   `json:"extensions"`
}

type rpBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type userBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

type parameterBody struct {
	Type      string `json:"type" enum:"public-key"`
	Algorithm int    `json:"alg"`
}

type selectionBody struct {
	ResidentKey        string `json:"residentKey" enum:"required"`
	RequireResidentKey bool   `json:"requireResidentKey"`
	UserVerification   string `json:"userVerification" enum:"required"`
}

type extensionsBody struct {
	PRF struct{} `json:"prf" doc:"the browser adds what is to be evaluated"`
}

type creationOptionsBody struct {
	Ticket  []byte       `json:"ticket"`
	Options creationBody `json:"options"`
}

func (a *API) passkeyOptions(ctx context.Context, _ *struct{}) (*output[creationOptionsBody], error) {
	c, err := a.rooms.Passkeys.RegisterOptions(ctx, current(ctx))
	if err != nil {
		return nil, err
	}
	options := creationBody{
		Challenge: urlText(c.Challenge[:]), RP: rpBody{ID: c.RPID, Name: "Wardline"}, User: userBody{urlText(c.Handle), c.UserName, c.DisplayName},
		Timeout: c.Timeout.Milliseconds(), ExcludeCredentials: list(descriptorsOf(c.Allowed)),
		AuthenticatorSelection: selectionBody{"required", true, "required"}, Attestation: "none",
	}
	for _, algorithm := range identity.PasskeyAlgorithms {
		options.PubKeyCredParams = append(options.PubKeyCredParams, parameterBody{"public-key", algorithm})
	}
	return &output[creationOptionsBody]{creationOptionsBody{c.Ticket, options}}, nil
}

type addPasskeyInput struct {
	Body struct {
		Ticket     []byte         `json:"ticket"`
		Credential credentialJSON `json:"credential"`
		Label      string         `json:"label" maxLength:"100"`
		Unlocker   *changeBody    `json:"unlocker,omitempty" doc:"with kind passkey, when a second get() has given the same PRF result"`
	}
}

type addedPasskeyBody struct {
	Credential string `json:"credential"`
	Version    int64  `json:"version,omitempty" doc:"of the vault, with an unlocker"`
}

func (a *API) addPasskey(ctx context.Context, in *addPasskeyInput) (*output[addedPasskeyBody], error) {
	registration := identity.Registration{Ticket: in.Body.Ticket, Credential: in.Body.Credential, Label: in.Body.Label}
	if in.Body.Unlocker != nil {
		change := in.Body.Unlocker.change()
		registration.Change = &change
	}
	credential, version, err := a.rooms.Passkeys.Register(ctx, current(ctx), registration)
	if err != nil {
		return nil, err
	}
	return &output[addedPasskeyBody]{addedPasskeyBody{identity.CredentialText(credential), int64(version)}}, nil
}

type removePasskeyInput struct {
	Credential string `path:"credential" maxLength:"1400" doc:"base64url, as WebAuthn writes it"`
}

func (a *API) removePasskey(ctx context.Context, in *removePasskeyInput) (*struct{}, error) {
	credential, err := base64.RawURLEncoding.DecodeString(in.Credential)
	if err != nil {
		credential = nil // which no passkey has
	}
	return nil, a.rooms.Passkeys.RemovePasskey(ctx, current(ctx), credential)
}

package httpapi

import (
	"context"
	"net/http"

	"github.com/wardline/wardline/internal/identity"
)

// SignIns takes both factors.
type SignIns interface {
	Parameters(ctx context.Context, userName string) (identity.Stretching, error)
	Password(ctx context.Context, userName string, authKey []byte) (ticket []byte, err error)
	// Knows reports whether somebody signed in with the browser that has this token.
	Knows(ctx context.Context, browser []byte) (bool, error)
	Code(ctx context.Context, ticket []byte, code string, from identity.From) (identity.SignedIn, error)
}

func (a *API) registerSignIn() {
	route(a, "POST /v1/sign-in/parameters", Open, "signInParameters", "How a name's password is stretched; every name has an answer",
		a.signInParameters, limited(a))
	route(a, "POST /v1/sign-in/password", Open, "signInPassword", "The first factor, which gets a ticket whatever it is",
		a.signInPassword, limited(a))
	route(a, "POST /v1/sign-in/code", Open, "signInCode", "The second factor: a session and what opens the vault", a.signInCode,
		limited(a), known(a), proves(a))
}

type parametersInput struct {
	Body struct {
		UserName string `json:"userName" maxLength:"200"`
	}
}

type parametersBody struct {
	Salt      []byte `json:"salt"`
	MemoryKiB int64  `json:"memoryKiB"`
	Passes    int64  `json:"passes"`
}

func (a *API) signInParameters(ctx context.Context, in *parametersInput) (*output[parametersBody], error) {
	p, err := a.rooms.SignIns.Parameters(ctx, in.Body.UserName)
	if err != nil {
		return nil, err
	}
	return &output[parametersBody]{parametersBody{Salt: p.Salt[:], MemoryKiB: int64(p.MemoryKiB), Passes: int64(p.Passes)}}, nil
}

type passwordInput struct {
	Body struct {
		UserName string `json:"userName" maxLength:"200"`
		AuthKey  []byte `json:"authKey" doc:"32 bytes"`
	}
}

type signInTicketBody struct {
	Ticket []byte `json:"ticket"`
}

func (a *API) signInPassword(ctx context.Context, in *passwordInput) (*output[signInTicketBody], error) {
	ticket, err := a.rooms.SignIns.Password(ctx, in.Body.UserName, in.Body.AuthKey)
	if err != nil {
		return nil, err
	}
	return &output[signInTicketBody]{signInTicketBody{ticket}}, nil
}

type codeInput struct {
	Body struct {
		Ticket []byte `json:"ticket"`
		Code   string `json:"code" maxLength:"16"`
	}
}

type signedInBody struct {
	Session   sessionBody `json:"session"`
	Challenge []byte      `json:"challenge" doc:"for the device to sign, see bindSession"`
	Unlock    unlockBody  `json:"unlock"`
}

type signedInOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      signedInBody
}

func (a *API) signInCode(ctx context.Context, in *codeInput) (*signedInOutput, error) {
	s, err := a.rooms.SignIns.Code(ctx, in.Body.Ticket, in.Body.Code, from(ctx))
	if err != nil {
		return nil, err
	}
	return a.signedIn(s), nil
}

func (a *API) signedIn(s identity.SignedIn) *signedInOutput {
	return &signedInOutput{
		SetCookie: []http.Cookie{a.cookie(s.Token[:], s.Session.EndsAt), a.browserCookie(s.Browser)},
		Body:      signedInBody{Session: sessionOf(s.Session), Challenge: s.Challenge, Unlock: unlockOf(s.Unlock)},
	}
}

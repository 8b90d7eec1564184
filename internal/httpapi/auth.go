package httpapi

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// Authenticator tells who holds a session token and its key.
type Authenticator interface {
	// Authenticate finds the live session of a token, for whoever has proved to have the key with this thumbprint. With use, the session counts as in
	// use from now. A locked session is no error here.
	Authenticate(ctx context.Context, token []byte, key id.Hash, use bool) (identity.Session, error)
}

// Actor is who makes a request.
type Actor struct {
	Person id.Person
	// Device is zero on routes that do not need a bound session.
	Device      id.Device
	Session     id.Session
	Permissions []string
}

// Need says what a route asks of its caller.
type Need string

const (
	// Open routes ask for nothing.
	Open Need = "open"
	// AnySession wants a live session, locked or not, bound to a device or not: the routes marked † in the contract that lead
	// out of a lock or to a device.
	AnySession Need = "any-session"
	// Unlocked wants a session that is not locked, bound to a device or not.
	Unlocked Need = "unlocked-session"
	// Bound wants an open session that has proved its device. This is the usual need.
	Bound Need = "session"
)

// Permission is Bound plus a permission.
func Permission(name string) Need { return Need(permissionPrefix + name) }

const permissionPrefix = "permission:"

func (n Need) permission() string {
	name, found := strings.CutPrefix(string(n), permissionPrefix)
	if !found {
		return ""
	}
	return name
}

func (n Need) security() []map[string][]string {
	if n == Open {
		return []map[string][]string{}
	}
	return []map[string][]string{{sessionScheme: {}}}
}

// check decides whether a session satisfies the need.
func (n Need) check(s identity.Session) error {
	switch {
	case n == AnySession:
		return nil
	case s.Locked:
		return identity.ErrSessionLocked
	case n == Unlocked:
		return nil
	case s.Device.IsZero():
		return identity.ErrDeviceNeeded
	case n.permission() != "" && !s.Can(n.permission()):
		return identity.ErrNotPermitted
	}
	return nil
}

type contextKey int

const (
	sessionKey contextKey = iota
	addressKey
	browserKey
	requestKey
	proofKey
)

// session is who makes this request. On an Open route it is the zero Actor.
func (a *API) session(ctx context.Context) Actor {
	s := current(ctx)
	return Actor{Person: s.Person, Device: s.Device, Session: s.ID, Permissions: s.Permissions}
}

// current is the session of this request in full, the zero Session on an Open route.
func current(ctx context.Context) identity.Session {
	s, _ := ctx.Value(sessionKey).(identity.Session)
	return s
}

// authorise is the layer in front of every handler: it puts the session in the context, or answers.
func (a *API) authorise(need Need) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		if need == Open {
			next(hc)
			return
		}
		r, w := humago.Unwrap(hc)
		s, err := a.sessionFor(r, need != AnySession) // asking about the session is not using it
		if err == nil {
			err = need.check(s)
		}
		if err != nil {
			writeProblem(w, a.problem(hc.Context(), err))
			return
		}
		next(huma.WithValue(hc, sessionKey, s))
	}
}

// token is the session's token in a request's cookie.
func (a *API) token(r *http.Request) ([]byte, error) {
	cookie, err := r.Cookie(a.cookieName())
	if err != nil {
		return nil, identity.ErrNotSignedIn
	}
	token, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(token) != tokenBytes {
		return nil, identity.ErrNotSignedIn
	}
	return token, nil
}

const tokenBytes = 32

// cookieName has the __Host- prefix (RFC 6265bis) wherever the transport allows it, so that no sibling host can plant a session.
func (a *API) cookieName() string {
	if a.secure {
		return "__Host-wardline"
	}
	return "wardline"
}

// cookie carries a session token; an empty token clears it.
func (a *API) cookie(token []byte, expires time.Time) http.Cookie {
	c := http.Cookie{
		Name: a.cookieName(), Path: "/", HttpOnly: true, Secure: a.secure, SameSite: http.SameSiteStrictMode,
	}
	if len(token) == 0 {
		c.MaxAge = -1
		return c
	}
	c.Value, c.Expires = base64.RawURLEncoding.EncodeToString(token), expires
	return c
}

// browserCookieName is of the cookie by which a browser is known to have signed somebody in before. It opens nothing: failures elsewhere do not
// count against it, that is all.
func (a *API) browserCookieName() string { return a.cookieName() + "-browser" }

func (a *API) browserCookie(b identity.Browser) http.Cookie {
	return http.Cookie{
		Name: a.browserCookieName(), Value: base64.RawURLEncoding.EncodeToString(b.Token[:]), Path: "/", Expires: b.ExpiresAt,
		HttpOnly: true, Secure: a.secure, SameSite: http.SameSiteStrictMode,
	}
}

// known lets the handler see by which cookie the browser is known, if by any.
func known(a *API) option {
	return func(op *huma.Operation) {
		op.Middlewares = append(op.Middlewares, func(hc huma.Context, next func(huma.Context)) {
			r, _ := humago.Unwrap(hc)
			if token := a.browserToken(r); token != nil {
				hc = huma.WithValue(hc, browserKey, token)
			}
			next(hc)
		})
	}
}

// browserToken is the token in a browser's cookie, nil where there is none of the right shape.
func (a *API) browserToken(r *http.Request) []byte {
	cookie, err := r.Cookie(a.browserCookieName())
	if err != nil {
		return nil
	}
	token, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(token) != tokenBytes {
		return nil
	}
	return token
}

// from is where a try to sign in comes from, and what it proved of its sender's key.
func from(ctx context.Context) identity.From {
	token, _ := ctx.Value(browserKey).([]byte)
	return identity.From{Address: address(ctx), Browser: token, Proof: proofFrom(ctx)}
}

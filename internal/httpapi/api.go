// Package httpapi is Wardline's HTTP surface: the API under /v1, the probes, and the web app.
//
//   - api.go       what the surface is built from, and the order of its layers
//   - routes.go    the table of contents: every noun's routes, and how a route is declared
//   - auth.go      who is calling: session cookie, actor, what a route needs; proof.go the proof of the session's key
//   - errors.go    the one translation of a fault into a problem document
//   - headers.go   security headers; web.go the web app; packed.go compression; limits.go sizes, times and rates; log.go the request log
//   - openapi.go   the OpenAPI document, committed as openapi.json
//   - one file per noun with its handlers: enrolment, signin, session, people, manifest, vault, ledger, operations, …
//
// Invariants: a handler decodes, calls one method of one room and encodes. Every route says what it needs, and a test refuses
// one that has no row in the authorisation table. The session cookie is nothing without the key to which the session is bound (R22).
// Nothing but a fault's public half reaches a client. Nothing under /v1 may be
// cached. The log of requests holds route patterns, never paths, queries, bodies or names.
package httpapi

import (
	"context"
	"crypto/sha256"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/dpop"
	"github.com/wardline/wardline/internal/id"
)

// Options are what the surface is built from. The zero value of Rooms is enough to generate the OpenAPI document.
type Options struct {
	Rooms Rooms
	About About
	// Web is the built web app, index.html at its root; nil serves the API alone.
	Web fs.FS
	// Origin is the one origin that browsers may come from, such as "https://wardline.example.nhs.uk".
	Origin string
	// ProofKey is the key of the nonces in proofs, the same on every node; the zero key is for generating the OpenAPI document.
	ProofKey [32]byte
	// Secure says that browsers reach us over TLS. It is false only on loopback.
	Secure bool
	// TrustedProxies may name the client in X-Forwarded-For.
	TrustedProxies []netip.Prefix
	Clock          clock.Clock
	Log            *slog.Logger
}

// Rooms are the parts of the server that the handlers call. Each interface stands in the file of its noun.
type Rooms struct {
	Enrolments  Enrolments
	SignIns     SignIns
	Sessions    Sessions
	Directory   Directory
	PersonLogs  PersonLogs
	Vaults      Vaults
	Manifests   Manifests
	Passkeys    Passkeys
	Unlockers   Unlockers
	Threads     Threads
	Epochs      Epochs
	Messages    Messages
	Marks       Marks
	Live        Live
	Patients    Patients
	Records     Records
	Decisions   Decisions
	Holds       Holds
	Retention   Retention
	Ledger      Ledger
	Quarantines Quarantines
	// Policies may be nil, and then nobody has any to accept.
	Policies Policies
	// Ready reports whether the server can do its work; nil is always ready.
	Ready func(context.Context) error
}

// API is the HTTP surface. It is an [http.Handler] and safe for concurrent use.
type API struct {
	rooms    Rooms
	about    About
	origin   string
	secure   bool
	proxies  []netip.Prefix
	clock    clock.Clock
	log      *slog.Logger
	requests *id.Source
	limiter  *limiter[netip.Addr]
	browsers *limiter[[sha256.Size]byte]
	lookUps  *limiter[id.Person]
	nonces   dpop.Nonces
	seen     *dpop.Seen
	mux      *http.ServeMux
	huma     huma.API
	table    []declared
	handler  http.Handler
}

// New builds the surface.
func New(o Options) *API {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{
		rooms: o.Rooms, about: o.About, origin: o.Origin, secure: o.Secure, proxies: o.TrustedProxies, clock: o.Clock, log: o.Log,
		requests: id.NewSource(o.Clock), limiter: newLimiter[netip.Addr](o.Clock, addressBurst, addressInterval),
		browsers: newLimiter[[sha256.Size]byte](o.Clock, browserBurst, browserInterval),
		lookUps:  newLimiter[id.Person](o.Clock, lookUpBurst, lookUpInterval), mux: http.NewServeMux(),
		nonces: dpop.NewNonces(o.ProofKey), seen: dpop.NewSeen(),
	}
	a.huma = humago.New(a.mux, documentConfig())
	a.routes()
	a.mux.HandleFunc("/v1/", a.unknownRoute)
	a.mux.Handle("/", webHandler(o.Web))
	a.handler = a.identify(a.recoverPanic(a.secureHeaders(a.offerNonce(a.ownHost(a.sameOriginWrites(packed(a.mux), o.Origin), o.Origin)))))
	return a
}

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

func (a *API) unknownRoute(w http.ResponseWriter, _ *http.Request) { writeProblem(w, errUnknownRoute) }

// ownHost refuses names that somebody else has pointed at this machine (DNS rebinding). Over TLS the certificate does that.
func (a *API) ownHost(next http.Handler, origin string) http.Handler {
	if a.secure {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "" && strings.HasSuffix(origin, "://"+r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		address, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if host != "localhost" && (err != nil || !address.IsLoopback()) {
			writeProblem(w, errOtherHost)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameOriginWrites refuses a write that a browser makes on behalf of another site. Our own origin is named because a proxy may have
// changed the Host that it is otherwise compared with.
func (a *API) sameOriginWrites(next http.Handler, origin string) http.Handler {
	protection := http.NewCrossOriginProtection()
	if origin != "" {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			panic("httpapi: not an origin: " + origin)
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, errCrossOrigin)
	}))
	return protection.Handler(next)
}

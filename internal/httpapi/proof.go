package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/wardline/wardline/internal/dpop"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// The refusals of a proof beside those of identity. The last two are mended by the client itself: they say what time it is here, and the answer
// carries a new nonce.
var (
	errProofMalformed = fault.New(fault.Unauthenticated, "proof_malformed", "This request did not prove which browser it came from. Please reload the page.")
	errProofTime      = fault.New(fault.Unauthenticated, "proof_time", "The clock of this device is wrong. Please set it and try again.")
	errUseNonce       = fault.New(fault.Unauthenticated, "use_dpop_nonce", "This request took too long to arrive. Please try again.")
)

var proofRefusals = map[dpop.Refusal]*fault.Error{
	dpop.Missing: identity.ErrProofMissing, dpop.Malformed: errProofMalformed, dpop.Wrong: identity.ErrProofWrong, dpop.Time: errProofTime,
	dpop.Replayed: identity.ErrProofReplayed, dpop.UseNonce: errUseNonce,
}

// proofFrom is what the request proved of its sender's key, on a route that asks for it.
func proofFrom(ctx context.Context) identity.Proof {
	proof, _ := ctx.Value(proofKey).(identity.Proof)
	return proof
}

// proves asks for a proof on a route that begins a session. The session is bound to its key.
func proves(a *API) option {
	return func(op *huma.Operation) {
		op.Middlewares = append(op.Middlewares, func(hc huma.Context, next func(huma.Context)) {
			r, w := humago.Unwrap(hc)
			proof, err := a.proof(r)
			if err != nil {
				writeProblem(w, a.problem(hc.Context(), err))
				return
			}
			next(huma.WithValue(hc, proofKey, identity.Proof{
				Key: proof.Thumbprint, Use: proof.Use(), Until: proof.IssuedAt.Add(dpop.Life),
			}))
		})
	}
}

// sessionFor finds the live session of a request, which has to prove that it has the session's key. Whoever has the cookie alone gets nowhere, and
// the owner's session stays as it is.
func (a *API) sessionFor(r *http.Request, use bool) (identity.Session, error) {
	token, err := a.token(r)
	if err != nil {
		return identity.Session{}, err
	}
	proof, refusal := a.proof(r)
	if errors.Is(refusal, errUseNonce) || errors.Is(refusal, errProofTime) {
		return identity.Session{}, refusal
	}
	if refusal == nil && a.seen.Has(proof.Use()) {
		return identity.Session{}, identity.ErrProofReplayed
	}
	var key id.Hash
	if refusal == nil {
		key = proof.Thumbprint
	}
	s, err := a.rooms.Sessions.Authenticate(r.Context(), token, key, use)
	switch {
	case refusal != nil && errors.Is(err, identity.ErrProofWrong):
		return identity.Session{}, refusal // which says what is wrong with it
	case err != nil:
		return identity.Session{}, err
	case refusal != nil:
		return identity.Session{}, refusal
	case !a.seen.Take(proof.Use(), a.clock.Now()):
		return identity.Session{}, identity.ErrProofReplayed
	}
	return s, nil
}

// proof reads and checks the proof of a request.
func (a *API) proof(r *http.Request) (*dpop.Proof, error) {
	proof, err := dpop.Parse(r.Header.Values(dpop.Header))
	if err == nil {
		err = proof.Check(dpop.Request{Method: r.Method, URLs: a.addresses(r), Now: a.clock.Now()}, a.nonces)
	}
	if refusal, ok := errors.AsType[dpop.Refusal](err); ok {
		found := proofRefusals[refusal]
		if refusal == dpop.UseNonce || refusal == dpop.Time {
			return nil, found.With("serverTime", a.clock.Now().UnixMilli())
		}
		return nil, found
	}
	return proof, err
}

// addresses are where this request may say that it goes: the public address, whatever a proxy has made of it. Without TLS this machine has several
// names for itself.
func (a *API) addresses(r *http.Request) []string {
	path := r.URL.EscapedPath()
	if a.secure {
		return []string{a.origin + path}
	}
	return []string{a.origin + path, "http://" + r.Host + path}
}

// offerNonce gives the present nonce with each answer of the API, so that the next request has it.
func (a *API) offerNonce(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			w.Header().Set(dpop.NonceHeader, a.nonces.At(a.clock.Now()))
		}
		next.ServeHTTP(w, r)
	})
}

package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// routes is the table of contents. Each noun registers its own routes in its own file.
func (a *API) routes() {
	a.registerEnrolment()
	a.registerSignIn()
	a.registerSession()
	a.registerPeople()
	a.registerVault()
	a.registerUnlockers()
	a.registerAbout()
	a.registerPasskeys()
	a.registerManifests()
	a.registerLedger()
	a.registerThreads()
	a.registerEpochs()
	a.registerMessages()
	a.registerMarks()
	a.registerQuarantines()
	a.registerLive()
	a.registerPatients()
	a.registerFilings()
	a.registerDecisions()
	a.registerLetters()
	a.registerHolds()
	a.registerRetention()
	a.registerPolicies()
	a.registerOperations()
}

// declared is one route as it was declared, for the test that wants a row for each.
type declared struct {
	Method, Path string
	Need         Need
}

// option changes the declaration of one route.
type option func(*huma.Operation)

// limit allows a larger or smaller body than the default of 64 KiB.
func limit(bytes int64) option { return func(op *huma.Operation) { op.MaxBodyBytes = bytes } }

// status sets the status of success where it is not 200, or 204 without a body.
func status(code int) option { return func(op *huma.Operation) { op.DefaultStatus = code } }

// limited applies the rate limit of the caller's address.
func limited(a *API) option {
	return func(op *huma.Operation) { op.Middlewares = append(op.Middlewares, a.limitAddress) }
}

// perPerson counts the calls of each person, besides those of an address.
func perPerson(a *API) option {
	return func(op *huma.Operation) { op.Middlewares = append(op.Middlewares, a.limitPerson) }
}

// route declares one route: pattern "METHOD /path", what it needs, its operation id (which names it in the generated
// TypeScript), one sentence, and its handler.
func route[I, O any](a *API, pattern string, need Need, name, summary string,
	handler func(context.Context, *I) (*O, error), options ...option) {
	method, path, _ := strings.Cut(pattern, " ")
	op := huma.Operation{
		Method: method, Path: path, OperationID: name, Summary: summary, Tags: []string{noun(path)},
		MaxBodyBytes: defaultBody, BodyReadTimeout: bodyReadTime, Security: need.security(),
		Extensions:  map[string]any{"x-wardline-need": string(need)},
		Middlewares: huma.Middlewares{a.authorise(need)},
	}
	for _, apply := range options {
		apply(&op)
	}
	a.table = append(a.table, declared{Method: method, Path: path, Need: need})
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, handleTime)
		defer cancel()
		out, err := handler(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// raw mounts a plain handler, such as a WebSocket upgrade, which does its own authentication if it needs any. It is
// in the route table and not in the OpenAPI document.
func (a *API) raw(pattern string, need Need, handler http.Handler) {
	method, path, _ := strings.Cut(pattern, " ")
	a.table = append(a.table, declared{Method: method, Path: path, Need: need})
	a.mux.Handle(pattern, handler)
}

const (
	defaultBody  = 64 << 10
	bodyReadTime = 10 * time.Second
	handleTime   = 30 * time.Second
)

// noun is the first word of a path after the version: the tag in the document.
func noun(path string) string {
	word, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, "/v1/"), "/"), "/")
	return word
}

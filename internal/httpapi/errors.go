package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
)

var (
	errUnknownRoute = translate(fault.New(fault.NotFound, "route_unknown", "There is nothing here."))
	errOtherHost    = translate(fault.New(fault.Forbidden, "other_host", "Without a certificate Wardline answers to names of this machine only."))
	errCrossOrigin  = translate(fault.New(fault.Forbidden, "cross_origin", "This came from another site and was refused."))
)

// Problem is an RFC 9457 problem document. Code is stable and is what programs match on; a fault's public details are further
// members beside it.
type Problem struct {
	_ struct{} `additionalProperties:"true"`

	Type   string `json:"type" example:"about:blank"`
	Title  string `json:"title" example:"Conflict"`
	Status int    `json:"status" example:"409"`
	Detail string `json:"detail" example:"The thread has moved on. Please try again." doc:"A sentence for a person"`
	Code   string `json:"code" example:"stale_epoch" doc:"Stable, for programs"`
	// Errors say which parts of a request were malformed, without repeating them.
	Errors []Malformed `json:"errors,omitempty"`

	details map[string]any
	headers http.Header
}

// Malformed names one part of a request that does not fit the OpenAPI document.
type Malformed struct {
	Location string `json:"location" example:"body.limit"`
	Message  string `json:"message" example:"expected number <= 500"`
}

// Error implements error and huma.StatusError.
func (p *Problem) Error() string { return p.Code }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// MarshalJSON puts the details beside the standard members, which they cannot replace (fault reserves the names).
func (p *Problem) MarshalJSON() ([]byte, error) {
	members := make(map[string]any, len(p.details)+6)
	for key, value := range p.details {
		members[key] = value
	}
	members["type"], members["title"], members["status"] = p.Type, p.Title, p.Status
	members["detail"], members["code"] = p.Detail, p.Code
	if len(p.Errors) > 0 {
		members["errors"] = p.Errors
	}
	return json.Marshal(members)
}

// problem is the one way an error of a handler reaches a client. What is our own fault is logged with its kind and code only:
// the text of a cause may quote a patient.
func (a *API) problem(ctx context.Context, err error) *Problem {
	found := Fault(err)
	switch found.Kind() {
	case fault.Unavailable: // such as a full disk, which somebody has to hear of
		a.log.WarnContext(ctx, "request was not served", "request", requestID(ctx), "code", found.Code())
	case fault.Internal:
		a.log.ErrorContext(ctx, "request failed", "request", requestID(ctx), "code", found.Code(), "cause", causes(err))
	}
	return translate(found)
}

// Fault is fault.As that also knows the wire format's refusals: they are the caller's mistake, and their codes are public. Their
// details are for developers and stay private.
func Fault(err error) *fault.Error {
	if _, found := errors.AsType[*fault.Error](err); !found {
		if code := envelope.CodeOf(err); code != "" {
			return fault.New(fault.Invalid, string(code), refusalMessage(code)).Because(err)
		}
	}
	return fault.As(err)
}

func refusalMessage(code envelope.Code) string {
	switch code {
	case envelope.RevokedDevice:
		return "This device may no longer be used. Please sign in again."
	case envelope.UnsupportedSuite:
		return "This needs a newer Wardline. Please load the page again."
	case envelope.StaleEpoch, envelope.BrokenChain, envelope.RolledBack:
		return "Something has changed meanwhile. Please try again."
	case envelope.WeakParameters:
		return "The password was not protected as this organisation asks."
	}
	return "This did not pass its checks, so it was not taken. Please load the page again; if it stays, tell the service desk."
}

// translate turns a fault into its problem document. Only the public half is read.
func translate(f *fault.Error) *Problem {
	code := statusOf[f.Kind()]
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(code), Status: code, Detail: f.Message(), Code: f.Code(), details: f.Details(),
	}
	if wait := f.Wait(); wait > 0 {
		p.headers = http.Header{"Retry-After": {strconv.Itoa(int(math.Ceil(wait.Seconds())))}}
	}
	return p
}

var statusOf = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Stale:           http.StatusConflict,
	fault.Gone:            http.StatusGone,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Upstream:        http.StatusBadGateway,
}

// causes names the types in an error's chain, which is enough to find the place and quotes nobody.
func causes(err error) slog.Value {
	var chain []string
	for ; err != nil && len(chain) < 8; err = errors.Unwrap(err) {
		chain = append(chain, typeName(err))
	}
	return slog.AnyValue(chain)
}

// writeProblem answers outside huma.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// malformed is what huma makes of a request that does not fit the document. Its own messages are kept, they come from the
// schema; the offending values are not repeated.
func malformed(status int, _ string, errs ...error) huma.StatusError {
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: "request_malformed",
		Detail: "Wardline could not read this request, so nothing was done. Please load the page again."}
	switch status {
	case http.StatusRequestEntityTooLarge:
		p.Code, p.Detail = "request_too_large", "This is larger than is allowed here. Please send less at once."
	case http.StatusRequestTimeout:
		p.Code, p.Detail = "request_too_slow", "The request did not arrive in time. Please try again."
	case http.StatusInternalServerError:
		p.Code, p.Detail = "internal", "Something went wrong on our side. It has been recorded."
		return p
	}
	for _, err := range errs {
		if detail, ok := err.(huma.ErrorDetailer); ok {
			d := detail.ErrorDetail()
			p.Errors = append(p.Errors, Malformed{Location: d.Location, Message: d.Message})
		}
	}
	return p
}

// huma keeps its error constructor and its idea of arrays in package variables; both are ours for the whole program.
func init() {
	huma.NewError = malformed
	huma.NewErrorWithContext = func(_ huma.Context, status int, message string, errs ...error) huma.StatusError {
		return malformed(status, message, errs...)
	}
	huma.DefaultArrayNullable = false
}

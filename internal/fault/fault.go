// Package fault is the one way an error reaches a person.
//
// A fault has a kind (what the caller may do about it), a stable code (what programs and translations match on), a public
// message, optional public details, and a private cause. The kind becomes an HTTP status in one place, httpapi/errors.go.
//
// Invariants: [Error.Error], [Error.Code], [Error.Message] and [Error.Details] never contain the cause, whose text may quote a
// patient, a password or a query; only [Error.Unwrap] gives it, for errors.Is and for logs that are allowed to have it. Codes
// are part of the API: once released, a code keeps its meaning. A fault is immutable; Because, With and RetryAfter return copies, so a
// package-level fault can be extended safely and still be found with errors.Is.
package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Kind says what sort of failure it is, and so what the caller may do about it.
type Kind uint8

const (
	// Internal is our own bug or a broken dependency; the message says nothing specific.
	Internal Kind = iota
	// Invalid input: the same request will never succeed.
	Invalid
	// Unauthenticated: nobody is signed in, or the session is over.
	Unauthenticated
	// Forbidden: somebody is signed in, and may not do this.
	Forbidden
	// NotFound: there is no such thing, or the caller may not know that there is.
	NotFound
	// Conflict with the present state, such as a second enrolment.
	Conflict
	// Stale: the caller worked from an old state (an epoch, a version); fetch the present one and decide again.
	Stale
	// Gone: it existed and is over, such as a spent link or a destroyed message.
	Gone
	// TooLarge: over a stated size.
	TooLarge
	// TooMany requests or tries.
	TooMany
	// Unavailable: not now; trying again later is right.
	Unavailable
	// Upstream: a foreign system answered, and the answer makes no sense.
	Upstream
	kinds // count, keep last
)

var kindNames = [kinds]string{
	"internal", "invalid", "unauthenticated", "forbidden", "not_found", "conflict", "stale", "gone", "too_large", "too_many",
	"unavailable", "upstream",
}

// String is the kind's name as metrics and logs show it.
func (k Kind) String() string {
	if k >= kinds {
		return fmt.Sprintf("kind_%d", uint8(k))
	}
	return kindNames[k]
}

// Kinds lists every kind, for tests that prove a translation complete.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for n := range all {
		all[n] = Kind(n)
	}
	return all
}

// Error is one fault.
type Error struct {
	kind       Kind
	code       string
	message    string
	details    map[string]any
	retryAfter time.Duration
	cause      error
}

// New makes a fault. The code is lower_snake_case and stable; the message is a sentence in plain English that a clinician can
// act on. Neither may be built from user data.
func New(kind Kind, code, message string) *Error {
	return &Error{kind: kind, code: code, message: message}
}

// Because returns a copy that carries a private cause.
func (e *Error) Because(cause error) *Error {
	next := *e
	next.cause = cause
	return &next
}

// With returns a copy that carries one more public detail, an extension member of RFC 9457 section 3.2. Keys "type", "title",
// "status", "detail", "instance" and "code" belong to the problem document and are a programming error here.
func (e *Error) With(key string, value any) *Error {
	if reserved[key] {
		panic("fault: detail key is reserved: " + key)
	}
	next := *e
	next.details = maps.Clone(e.details)
	if next.details == nil {
		next.details = make(map[string]any, 1)
	}
	next.details[key] = value
	return &next
}

// RetryAfter returns a copy that tells the caller when trying again may help.
func (e *Error) RetryAfter(wait time.Duration) *Error {
	next := *e
	next.retryAfter = wait
	return &next
}

// Error is the code and the public message, without the cause.
func (e *Error) Error() string { return e.code + ": " + e.message }

// Kind is the fault's kind.
func (e *Error) Kind() Kind { return e.kind }

// Code is the stable code.
func (e *Error) Code() string { return e.code }

// Message is the public text.
func (e *Error) Message() string { return e.message }

// Details are the public details, a copy; nil when there are none.
func (e *Error) Details() map[string]any { return maps.Clone(e.details) }

// Wait is how long to wait before trying again; zero when the fault does not say.
func (e *Error) Wait() time.Duration { return e.retryAfter }

// Unwrap is the private cause.
func (e *Error) Unwrap() error { return e.cause }

// Is matches a fault of the same code, so that errors.Is(err, ErrX) holds for every copy of ErrX.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.code == e.code
}

// As turns any error into a fault: the outermost one in the chain, else a fault that keeps the error as its private cause.
// A cancelled or late context is Unavailable, everything else Internal. As(nil) is nil.
func As(err error) *Error {
	if err == nil {
		return nil
	}
	if found, ok := errors.AsType[*Error](err); ok {
		return found
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return New(Unavailable, "interrupted", "That took too long and was stopped. Please try again.").Because(err)
	}
	return New(Internal, "internal", "Something went wrong on our side. It has been recorded.").Because(err)
}

// KindOf is As(err).Kind() that also answers for nil, with false.
func KindOf(err error) (Kind, bool) {
	if err == nil {
		return Internal, false
	}
	return As(err).kind, true
}

var reserved = map[string]bool{
	"type": true, "title": true, "status": true, "detail": true, "instance": true, "code": true,
}

package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// identify gives each request an id and the caller's address, and writes one line when it is over. The line has the route's
// pattern, never the path, so it holds no identifier of a person or a thread.
func (a *API) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		request := id.New[id.Request](a.requests)
		ctx := context.WithValue(r.Context(), requestKey, request)
		ctx = context.WithValue(ctx, addressKey, a.clientAddress(r))
		r = r.WithContext(ctx)
		w.Header().Set("X-Request-Id", request.String())
		answer := &recorder{ResponseWriter: w}
		defer func() {
			a.log.InfoContext(ctx, "request", "request", request, "route", routeOf(r), "method", r.Method,
				"status", answer.code(), "ms", time.Since(started).Milliseconds())
		}()
		next.ServeHTTP(answer, r)
	})
}

// recoverPanic turns a bug into a problem document, and logs where it was without the value that it carried.
func (a *API) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			found := recover()
			if found == nil {
				return
			}
			if found == http.ErrAbortHandler {
				panic(found)
			}
			a.log.ErrorContext(r.Context(), "panic", "request", requestID(r.Context()), "type", fmt.Sprintf("%T", found),
				"stack", string(debug.Stack()))
			writeProblem(w, translate(fault.New(fault.Internal, "internal", "Something went wrong on our side. It has been recorded.")))
		}()
		next.ServeHTTP(w, r)
	})
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(code int) {
	if r.status == 0 {
		r.status = code
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController and a WebSocket upgrade reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

func requestID(ctx context.Context) id.Request {
	request, _ := ctx.Value(requestKey).(id.Request)
	return request
}

func routeOf(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

func typeName(err error) string { return fmt.Sprintf("%T", err) }

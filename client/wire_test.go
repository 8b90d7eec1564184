package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// wire is what a hostile server, or a bad line, does between a client and an honest server. A rule that is done is taken away.
type wire struct {
	next http.RoundTripper

	mu    sync.Mutex
	conns []net.Conn
	rules []*rule
	calls []string // "METHOD /path" of every request
}

// rule bends the answers to requests of one method whose path contains a word, or ends with it when the word ends with "$".
type rule struct {
	method, path string
	times        int                  // how often; 0: always
	body         func(map[string]any) // changes the answer
	raw          func([]byte) []byte  // changes the answer's bytes
	lose         bool                 // the server did it, and the answer is lost
	block        bool                 // the request never arrives
	before       func(request []byte) // is told of the request
	status       int                  // another status
	request      func(map[string]any) // changes the request
	used         int
}

var errLine = errors.New("the line is down")

func (w *wire) bend(r rule) *rule {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules = append(w.rules, &r)
	return &r
}

// dial opens a connection that cut can end.
func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		w.mu.Lock()
		w.conns = append(w.conns, conn)
		w.mu.Unlock()
	}
	return conn, err
}

// cut ends every connection, the live one too. New ones can be made.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range w.conns {
		conn.Close()
	}
	w.conns = nil
}

func (w *wire) straighten() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules = nil
}

func (w *wire) count(method, path string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, call := range w.calls {
		if strings.HasPrefix(call, method+" ") && strings.Contains(call, path) {
			n++
		}
	}
	return n
}

func (w *wire) find(request *http.Request) *rule {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, request.Method+" "+request.URL.Path)
	for _, r := range w.rules {
		if r.method == request.Method && strings.Contains(request.URL.Path+"$", r.path) && (r.times == 0 || r.used < r.times) {
			r.used++
			return r
		}
	}
	return nil
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	r := w.find(request)
	if r == nil {
		return w.next.RoundTrip(request)
	}
	if request.Body != nil {
		if err := r.send(request); err != nil {
			return nil, err
		}
	}
	if r.block {
		return nil, errLine
	}
	response, err := w.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if r.lose {
		response.Body.Close()
		return nil, errLine
	}
	answer, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	if r.body != nil {
		var members map[string]any
		if err := json.Unmarshal(answer, &members); err != nil {
			return nil, err
		}
		r.body(members)
		if answer, err = json.Marshal(members); err != nil {
			return nil, err
		}
	}
	if r.raw != nil {
		answer = r.raw(answer)
	}
	if r.status != 0 {
		response.StatusCode = r.status
	}
	response.ContentLength = int64(len(answer))
	response.Header.Del("Content-Length")
	response.Body = io.NopCloser(bytes.NewReader(answer))
	return response, nil
}

// send tells of the request, and changes it.
func (r *rule) send(request *http.Request) error {
	sent, err := io.ReadAll(request.Body)
	if err != nil {
		return err
	}
	if r.before != nil {
		r.before(sent)
	}
	if r.request != nil {
		var members map[string]any
		if err := json.Unmarshal(sent, &members); err != nil {
			return err
		}
		r.request(members)
		if sent, err = json.Marshal(members); err != nil {
			return err
		}
	}
	request.ContentLength = int64(len(sent))
	request.Body = io.NopCloser(bytes.NewReader(sent))
	return nil
}

// listOf is a list inside an answer.
func listOf(t testing.TB, members map[string]any, names ...string) []any {
	t.Helper()
	var value any = members
	for _, name := range names {
		inside, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("no %s in the answer", name)
		}
		value = inside[name]
	}
	list, ok := value.([]any)
	if !ok {
		t.Fatalf("%v is no list", names)
	}
	return list
}

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/dpop"
)

// maxAnswer bounds what is read of an answer: a page of the longest log entries in base64, and room.
const maxAnswer = 64 << 20

// tries is how often a request is made that may be made again.
const tries = 3

// requests speaks HTTP for one session, and keeps its cookie, which is nothing without its key (R22).
type requests struct {
	base   string
	origin string
	http   *http.Client
	client *Client // which keeps what the machine is known by
	clock  Clock
	key    *dpop.Key

	mu     sync.Mutex
	cookie string // name=value
	nonce  string
	ahead  time.Duration // how far our clock is ahead of the server's
}

// requests are by the key of a device that is known, or by a new one, which will be a new device's.
func (c *Client) requests(known *DeviceKeys) (r *requests, err error) {
	r = &requests{base: c.base, origin: c.origin, http: c.http, client: c, clock: c.clock}
	if known != nil {
		r.key, err = dpop.ParseKey(known.DPoP)
	} else {
		r.key, err = dpop.NewKey()
	}
	return r, err
}

// call makes one request. in is nil for none; out nil when the answer does not matter. When the server asks for its nonce or tells its time, nothing
// was done yet, and the request is made once more with it.
func (r *requests) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("client: %w", err)
		}
	}
	err := r.once(ctx, method, path, body, out)
	if r.mended(err) {
		err = r.once(ctx, method, path, body, out)
	}
	return err
}

// mended says whether what was wrong with a proof is right in the next one.
func (r *requests) mended(err error) bool {
	problem, ok := errors.AsType[*Problem](err)
	if !ok || problem.Code != string(dpop.UseNonce) && problem.Code != string(dpop.Time) {
		return false
	}
	var millis int64
	if problem.Extension("serverTime", &millis) {
		r.mu.Lock()
		r.ahead = r.clock.Now().Sub(time.UnixMilli(millis))
		r.mu.Unlock()
	}
	return true
}

// prove signs for this request, under the public address whatever the way to it.
func (r *requests) prove(request *http.Request) error {
	r.mu.Lock()
	nonce, at := r.nonce, r.clock.Now().Add(-r.ahead)
	r.mu.Unlock()
	proof, err := r.key.Prove(request.Method, r.origin+request.URL.EscapedPath(), nonce, at)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	request.Header.Set(dpop.Header, proof)
	return nil
}

func (r *requests) once(ctx context.Context, method, path string, body []byte, out any) error {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, r.base+path, reader)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if cookies := r.cookiesFor(path); cookies != "" {
		request.Header.Set("Cookie", cookies)
	}
	if err := r.prove(request); err != nil {
		return err
	}
	response, err := r.http.Do(request)
	if err != nil {
		return &Unanswered{err}
	}
	defer response.Body.Close()
	r.keepNonce(response)
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return &Unanswered{err}
	}
	if len(answer) > maxAnswer {
		return &Unanswered{errors.New("the answer is too long")}
	}
	if response.StatusCode >= http.StatusBadRequest {
		return readProblem(response, answer)
	}
	r.keepCookie(response)
	if out == nil || response.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return &Unanswered{fmt.Errorf("not the answer that was expected: %w", err)}
	}
	return nil
}

// again makes a request that the server knows when it sees it twice, once more after a lost answer.
func (r *requests) again(ctx context.Context, method, path string, in, out any) error {
	for try := 1; ; try++ {
		err := r.call(ctx, method, path, in, out)
		if !uncertain(err) || try == tries || ctx.Err() != nil {
			return err
		}
	}
}

func readProblem(response *http.Response, answer []byte) error {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(answer, &members); err != nil {
		return &Unanswered{fmt.Errorf("status %d without a problem document", response.StatusCode)}
	}
	problem := &Problem{Status: response.StatusCode, Extensions: members}
	for name, into := range map[string]*string{"code": &problem.Code, "title": &problem.Title, "detail": &problem.Detail} {
		if raw, ok := members[name]; ok {
			_ = json.Unmarshal(raw, into) // of another type: as if it were not there
		}
	}
	for _, standard := range []string{"code", "title", "detail", "status", "type"} {
		delete(members, standard)
	}
	if problem.Code == "" {
		return &Unanswered{fmt.Errorf("status %d without a code", response.StatusCode)}
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		problem.RetryAfter = time.Duration(seconds) * time.Second
	}
	return problem
}

func (r *requests) cookieNow() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cookie
}

// cookiesFor adds to the session's cookie the machine's, where somebody signs in.
func (r *requests) cookiesFor(path string) string {
	cookies := []string{r.cookieNow()}
	if path == "/v1/sign-in/code" || path == "/v1/enrolment/complete" {
		cookies = append(cookies, r.client.browser())
	}
	return strings.Join(slices.DeleteFunc(cookies, func(one string) bool { return one == "" }), "; ")
}

func (r *requests) keepNonce(response *http.Response) {
	if nonce := response.Header.Get(dpop.NonceHeader); nonce != "" {
		r.mu.Lock()
		r.nonce = nonce
		r.mu.Unlock()
	}
}

func (r *requests) keepCookie(response *http.Response) {
	for _, cookie := range response.Cookies() {
		if strings.TrimPrefix(cookie.Name, "__Host-") == "wardline-browser" {
			r.client.rememberBrowser(cookie.Name + "=" + cookie.Value)
		}
		if name := strings.TrimPrefix(cookie.Name, "__Host-"); name != "wardline" {
			continue
		}
		r.mu.Lock()
		r.cookie = ""
		if cookie.MaxAge >= 0 && cookie.Value != "" {
			r.cookie = cookie.Name + "=" + cookie.Value
		}
		r.mu.Unlock()
	}
}

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
)

// maxAnswer bounds what is read of an answer: a page of the longest log entries in base64, and room.
const maxAnswer = 64 << 20

// tries is how often a request is made that may be made again.
const tries = 3

// requests speaks HTTP for one session, and keeps its cookie.
type requests struct {
	base   string
	origin string
	http   *http.Client
	client *Client // which keeps what the machine is known by

	mu     sync.Mutex
	cookie string // name=value
}

func (c *Client) requests() *requests {
	return &requests{base: c.base, origin: c.origin, http: c.http, client: c}
}

// call makes one request. in is nil for none; out nil when the answer does not matter.
func (r *requests) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("client: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, r.base+path, body)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if cookies := r.cookiesFor(path); cookies != "" {
		request.Header.Set("Cookie", cookies)
	}
	response, err := r.http.Do(request)
	if err != nil {
		return &Unanswered{err}
	}
	defer response.Body.Close()
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

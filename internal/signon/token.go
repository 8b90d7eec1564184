package signon

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
)

const (
	assertionLife = 2 * time.Minute // five are allowed; clocks differ, networks are slow
	tokenTimeout  = 10 * time.Second
	mostAnswer    = 64 << 10
	longestToken  = 16 << 10
	// shortestLife is assumed of a token that does not say how long it lives.
	shortestLife = time.Minute
)

// bearer adds the access token to every request. It keeps one until shortly before it runs out, and when the server says 401 to it, gets one new one and
// asks once more: then the server means us.
type bearer struct {
	credentials Credentials
	endpoint    *url.URL
	method      jwt.SigningMethod
	key         crypto.Signer
	clock       clock.Clock
	ids         *id.Source
	next        http.RoundTripper
	log         *slog.Logger

	turn  chan struct{} // holds one: who has it may read and change token, and waiting for it ends with the request
	token token
}

type token struct {
	text  string
	until time.Time // when another has to be got
}

func newBearer(o Options, next http.RoundTripper) (*bearer, error) {
	c := o.Credentials
	endpoint, err := url.Parse(c.TokenURL)
	if err != nil || endpoint.Host == "" || endpoint.User != nil || c.ClientID == "" || c.KeyID == "" || c.Key == "" {
		return nil, errCredentials
	}
	if endpoint.Scheme != "https" && (endpoint.Scheme != "http" || !loopback(endpoint.Hostname())) {
		return nil, errCredentials
	}
	if c.Algorithm == "" {
		c.Algorithm = "RS512"
	}
	if c.Audience == "" {
		c.Audience = c.TokenURL
	}
	method, key, err := signingKey(c.Key, c.Algorithm)
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &bearer{
		credentials: c, endpoint: endpoint, method: method, key: key, clock: o.Clock, ids: id.NewSource(o.Clock), next: next, log: o.Log,
		turn: make(chan struct{}, 1),
	}
	b.turn <- struct{}{}
	return b, nil
}

// RoundTrip implements [http.RoundTripper].
func (b *bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	response, used, err := b.send(request, "")
	if err != nil || response.StatusCode != http.StatusUnauthorized || request.Body != nil && request.Body != http.NoBody && request.GetBody == nil {
		return response, err
	}
	_, _ = io.CopyN(io.Discard, response.Body, mostAnswer)
	_ = response.Body.Close()
	again := request.Clone(request.Context())
	if request.GetBody != nil {
		if again.Body, err = request.GetBody(); err != nil {
			return nil, err
		}
	}
	response, _, err = b.send(again, used)
	return response, err
}

// send sends a request with a token other than the rejected one, which is returned.
func (b *bearer) send(request *http.Request, rejected string) (*http.Response, string, error) {
	text, err := b.current(request.Context(), rejected)
	if err != nil {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, "", err
	}
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+text)
	response, err := b.next.RoundTrip(request)
	return response, text, err
}

// current is a token that has time left and is not the rejected one.
func (b *bearer) current(ctx context.Context, rejected string) (string, error) {
	select {
	case <-b.turn:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { b.turn <- struct{}{} }()
	if b.token.text != "" && b.token.text != rejected && b.clock.Now().Before(b.token.until) {
		return b.token.text, nil
	}
	b.token = token{}
	got, err := b.fetch(ctx)
	if err != nil {
		b.log.WarnContext(ctx, "signing on to another system failed", "host", b.endpoint.Host, "why", err.Error())
		return "", err
	}
	b.token = got
	return got.text, nil
}

// errSignOn is every way in which no token is got. Its text holds nothing of what was sent, and of what came only a status and a code of RFC 6749.
var errSignOn = errors.New("signon: no access token")

func (b *bearer) fetch(ctx context.Context) (token, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	asked := b.clock.Now()
	assertion, err := b.assertion(asked)
	if err != nil {
		return token{}, fmt.Errorf("%w: the assertion cannot be signed", errSignOn)
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion": {assertion},
	}
	if b.credentials.Scope != "" {
		form.Set("scope", b.credentials.Scope)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.endpoint.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return token{}, fmt.Errorf("%w: no request", errSignOn)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	response, err := b.next.RoundTrip(request)
	if err != nil {
		return token{}, fmt.Errorf("%w: no answer (%T)", errSignOn, err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil {
		return token{}, fmt.Errorf("%w: half an answer (%T)", errSignOn, err)
	}
	return read(response.StatusCode, data, asked)
}

// assertion says who we are, signed, for the next two minutes and once.
func (b *bearer) assertion(now time.Time) (string, error) {
	unsigned := jwt.NewWithClaims(b.method, jwt.MapClaims{
		"iss": b.credentials.ClientID, "sub": b.credentials.ClientID, "aud": b.credentials.Audience, "jti": id.New[id.Request](b.ids).String(),
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	unsigned.Header["kid"] = b.credentials.KeyID
	return unsigned.SignedString(b.key)
}

var errorCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// read reads the answer of a token endpoint. expires_in is a number; some endpoints of the NHS make it a text.
func read(status int, data []byte, asked time.Time) (token, error) {
	var answer struct {
		Token   string          `json:"access_token"`
		Type    string          `json:"token_type"`
		Expires json.RawMessage `json:"expires_in"`
		Error   string          `json:"error"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return token{}, fmt.Errorf("%w: status %d and not JSON", errSignOn, status)
	}
	if status != http.StatusOK {
		if !errorCode.MatchString(answer.Error) {
			answer.Error = "no error code"
		}
		return token{}, fmt.Errorf("%w: status %d, %s", errSignOn, status, answer.Error)
	}
	if !fits(answer.Token) || !strings.EqualFold(answer.Type, "Bearer") {
		return token{}, fmt.Errorf("%w: status %d and no bearer token", errSignOn, status)
	}
	life := shortestLife
	if seconds, err := strconv.Atoi(strings.Trim(string(answer.Expires), `"`)); err == nil && seconds > 0 {
		life = time.Duration(min(seconds, 86_400)) * time.Second
	}
	// A tenth of its life, and at most half a minute, is left for the request that carries it.
	return token{text: answer.Token, until: asked.Add(life - min(life/10, 30*time.Second))}, nil
}

// fits reports whether a text can be a bearer token in a header (RFC 6750).
func fits(text string) bool {
	return text != "" && len(text) <= longestToken && strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

package fhir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// ClientConfig says which server a Client talks to. BaseURL is https, or http to this machine only.
type ClientConfig struct {
	BaseURL      string
	HTTP         *http.Client  // nil: one of our own
	Header       http.Header   // sent with every request, such as Authorization
	Timeout      time.Duration // for one exchange, answer read to its end included; 0: 10 s
	Limits       Limits
	NewRequestID func() string // value of X-Request-ID, a new one for each exchange
}

// Client exchanges resources with one FHIR server. It follows no redirect: an address that carries a patient's number, and the
// credentials beside it, go to the configured server or nowhere. It is safe for concurrent use.
type Client struct {
	base         *url.URL
	http         *http.Client
	header       http.Header
	timeout      time.Duration
	limits       Limits
	newRequestID func() string
}

// Answer is what the server said, read to its end.
type Answer struct {
	Status    int
	Header    http.Header
	MediaType string // without parameters, lower case
	Body      []byte
	limits    Limits
}

// The ways in which an exchange fails. Neither they nor their causes contain the address asked for.
var (
	// ErrUnreachable: no answer, or not a whole one, in time.
	ErrUnreachable = errors.New("fhir: no answer")
	// ErrUnintelligible: an answer that is not FHIR in JSON, or is larger than allowed.
	ErrUnintelligible = errors.New("fhir: an answer that makes no sense")
)

// NewClient checks the configuration. It does not connect.
func NewClient(config ClientConfig) (*Client, error) {
	base, err := url.Parse(config.BaseURL)
	if err != nil || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("fhir: the server's address must be like https://host/path")
	}
	if base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())) {
		return nil, errors.New("fhir: the server's address must be https (http only to this machine)")
	}
	if config.NewRequestID == nil {
		return nil, errors.New("fhir: no source of request ids")
	}
	client := http.Client{Transport: Transport()}
	if config.HTTP != nil {
		client = *config.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	timeout := config.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	return &Client{
		base: base, http: &client, header: config.Header.Clone(), timeout: timeout,
		limits: config.Limits.orDefault(), newRequestID: config.NewRequestID,
	}, nil
}

// connectionsKept is at least how many exchanges with one server there are at once: net/http keeps two connections, and a new one for each exchange beyond
// them costs a handshake, with TLS several round trips.
const connectionsKept = 32

// Transport is net/http's own, which keeps as many connections to one server as are used at once.
func Transport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 2*connectionsKept, connectionsKept
	return transport
}

// Get asks for what lies at the path, whose parts must be valid ids or names of resources.
func (c *Client) Get(ctx context.Context, path string, query url.Values) (*Answer, error) {
	return c.exchange(ctx, http.MethodGet, path, query, nil, nil)
}

// Post sends a resource to the path; "" is the server itself, for transactions.
func (c *Client) Post(ctx context.Context, path string, body any) (*Answer, error) {
	return c.send(ctx, http.MethodPost, path, nil, body)
}

// CreateUnless creates a resource at the path unless the search finds one already (a conditional create): 201 for a new one, 200 for the one there is.
func (c *Client) CreateUnless(ctx context.Context, path string, search url.Values, body any) (*Answer, error) {
	return c.send(ctx, http.MethodPost, path, http.Header{"If-None-Exist": {search.Encode()}}, body)
}

// Update replaces the resource at the path, if it is still of that version.
func (c *Client) Update(ctx context.Context, path, version string, body any) (*Answer, error) {
	return c.send(ctx, http.MethodPut, path, http.Header{"If-Match": {`W/"` + version + `"`}}, body)
}

func (c *Client) send(ctx context.Context, method, path string, header http.Header, body any) (*Answer, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return c.exchange(ctx, method, path, nil, header, encoded)
}

// Relative returns an address of this server without the server's own part ("Binary/1"), and leaves others as they are.
func (c *Client) Relative(address string) string {
	base := c.base.JoinPath("/").String()
	if len(address) > len(base) && address[:len(base)] == base {
		return address[len(base):]
	}
	return address
}

// IsFHIR reports whether the answer says that it is FHIR in JSON.
func (a *Answer) IsFHIR() bool {
	return a.MediaType == ContentType || a.MediaType == "application/json"
}

// Outcome returns the OperationOutcome of an answer, or nil when it carries none that can be read.
func (a *Answer) Outcome() *OperationOutcome {
	if !a.IsFHIR() {
		return nil
	}
	outcome, err := Decode[OperationOutcome](a.Body, a.limits)
	if err != nil {
		return nil
	}
	return outcome
}

// Read decodes the answer's resource, of the kind T. Every failure is ErrUnintelligible.
func Read[T any, R interface {
	*T
	resource
}](a *Answer) (R, error) {
	if !a.IsFHIR() {
		return nil, fmt.Errorf("%w: status %d and not application/fhir+json", ErrUnintelligible, a.Status)
	}
	into, err := Decode[T, R](a.Body, a.limits)
	if err != nil {
		return nil, fmt.Errorf("%w: status %d: %w", ErrUnintelligible, a.Status, err)
	}
	return into, nil
}

func (c *Client) exchange(ctx context.Context, method, path string, query url.Values, header http.Header, body []byte) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	target := c.base
	if path != "" {
		target = c.base.JoinPath(path)
	}
	address := *target
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, ErrUnreachable // the text of err holds the address
	}
	for name, values := range c.header {
		request.Header[name] = values
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", ContentType)
	request.Header.Set("X-Request-ID", c.newRequestID())
	if method != http.MethodGet {
		request.Header.Set("Content-Type", ContentType)
	} else {
		request.Body, request.ContentLength = http.NoBody, 0
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, unreachable(err)
	}
	defer response.Body.Close()
	data, err := ReadAll(response.Body, c.limits.Bytes)
	if errors.Is(err, ErrTooLarge) {
		return nil, fmt.Errorf("%w: %w", ErrUnintelligible, err)
	}
	if err != nil {
		return nil, unreachable(err)
	}
	mediaType, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, MediaType: mediaType, Body: data, limits: c.limits}, nil
}

// unreachable keeps what kind of failure it was and drops the rest: net/http quotes the address asked for, which may hold a
// patient's number, and sometimes the bytes that it received.
func unreachable(err error) error {
	for {
		wrapped, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = wrapped.Err
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, syscall.ECONNREFUSED, syscall.ECONNRESET} {
		if errors.Is(err, known) {
			return fmt.Errorf("%w: %w", ErrUnreachable, known)
		}
	}
	return fmt.Errorf("%w: %T", ErrUnreachable, err)
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

package fhir

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func serving(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return clientOf(t, server.URL+"/fhir")
}

func clientOf(t *testing.T, base string) *Client {
	t.Helper()
	client, err := NewClient(ClientConfig{
		BaseURL: base, Header: http.Header{"Authorization": {"Bearer demo"}}, Limits: Limits{Bytes: 1000},
		NewRequestID: func() string { return "0198c1de-0000-7000-8000-000000000001" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestClientRefusesAnUnsafeAddress(t *testing.T) {
	for address, accepted := range map[string]bool{
		"https://pas.northbridge.example/fhir": true,
		"http://127.0.0.1:8080/index":          true,
		"http://localhost:8080":                true,
		"http://[::1]:8080/index":              true,
		"http://pas.northbridge.example/fhir":  false,
		"http://127.0.0.1.example/":            false,
		"ftp://127.0.0.1/":                     false,
		"https://user:secret@pas.example/":     false,
		"https://pas.example/?key=1":           false,
		"pas.example":                          false,
		"":                                     false,
	} {
		_, err := NewClient(ClientConfig{BaseURL: address, NewRequestID: func() string { return "" }})
		if (err == nil) != accepted {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error quotes the address: %v", err)
		}
	}
}

// TestConnectionsAreKept: as many exchanges at once as there are filings in hand need no new connection the second time.
func TestConnectionsAreKept(t *testing.T) {
	const atOnce, rounds = 16, 5
	var opened atomic.Int64
	var together atomic.Pointer[sync.WaitGroup]
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		all := together.Load()
		all.Done()
		all.Wait() // until all of them are here
		_, _ = io.WriteString(w, "{}")
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := clientOf(t, server.URL)
	for range rounds {
		together.Store(new(sync.WaitGroup))
		together.Load().Add(atOnce)
		var all sync.WaitGroup
		for range atOnce {
			all.Go(func() {
				if _, err := client.Get(t.Context(), "Patient", nil); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if got := opened.Load(); got > 2*atOnce { // net/http may begin one that it does not need in the end
		t.Errorf("%d connections for %d exchanges of %d at once", got, rounds*atOnce, atOnce)
	}
}

func TestClientSendsWhatAServerNeeds(t *testing.T) {
	client := serving(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/fhir" || !strings.HasPrefix(string(body), `{"resourceType":"Bundle"`) || r.Header.Get("Content-Type") != ContentType {
			t.Errorf("%s %s, %q: %s", r.Method, r.URL, r.Header.Get("Content-Type"), body)
		}
		if r.Header.Get("X-Request-ID") == "" || r.Header.Get("Accept") != ContentType || r.Header.Get("Authorization") != "Bearer demo" {
			t.Errorf("headers %v", r.Header)
		}
		w.Header().Set("Content-Type", ContentType+"; charset=utf-8")
		_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"transaction-response"}`)
	})
	answer, err := client.Post(t.Context(), "", &Bundle{Type: "transaction"})
	if err != nil {
		t.Fatal(err)
	}
	if bundle, err := Read[Bundle](answer); err != nil || bundle.Type != "transaction-response" {
		t.Errorf("%+v: %v", bundle, err)
	}
}

func TestClientFollowsNoRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	defer elsewhere.Close()
	client := serving(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/steal", http.StatusTemporaryRedirect)
	})
	answer, err := client.Get(t.Context(), "Patient/9434765919", nil)
	if err != nil || answer.Status != http.StatusTemporaryRedirect {
		t.Errorf("answer %+v: %v", answer, err)
	}
}

func TestClientRefusesWhatMakesNoSense(t *testing.T) {
	cases := []struct{ name, contentType, body string }{
		{"HTML", "text/html", "<p>Sign in"},
		{"FHIR said, HTML sent", ContentType, "<p>Sign in"},
		{"XML", "application/fhir+xml", "<Patient/>"},
		{"no type", "", `{"resourceType":"Patient"}`},
		{"another resource", ContentType, `{"resourceType":"Bundle"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			client := serving(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{c.contentType}
				_, _ = io.WriteString(w, c.body)
			})
			answer, err := client.Get(t.Context(), "Patient/9434765919", nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Read[Patient](answer); !errors.Is(err, ErrUnintelligible) {
				t.Errorf("error = %v", err)
			}
		})
	}
	t.Run("endless", func(t *testing.T) {
		client := serving(t, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		})
		if _, err := client.Get(t.Context(), "Patient/9434765919", nil); !errors.Is(err, ErrUnintelligible) {
			t.Errorf("error = %v", err)
		}
	})
}

func TestClientErrorsQuoteNoIdentifier(t *testing.T) {
	cut := func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = connection.Close()
	}
	spouting := func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(connection, "SMITH John 9434765919\r\n\r\n")
		_ = connection.Close()
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		client *Client
		ctx    context.Context
	}{
		"nobody listens":  {clientOf(t, closed.URL), t.Context()},
		"cut off":         {serving(t, cut), t.Context()},
		"not HTTP":        {serving(t, spouting), t.Context()},
		"caller gives up": {serving(t, cut), canceled},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.client.Get(c.ctx, "Patient/9434765919", url.Values{"family": {"SMITH"}})
			if !errors.Is(err, ErrUnreachable) {
				t.Fatalf("error = %v", err)
			}
			if strings.Contains(err.Error(), "9434765919") || strings.Contains(err.Error(), "SMITH") {
				t.Errorf("the error names the patient: %v", err)
			}
		})
	}
}

func TestRelativeStaysOnThisServer(t *testing.T) {
	client := clientOf(t, "https://record.example/fhir")
	for address, want := range map[string]string{
		"https://record.example/fhir/Binary/1":      "Binary/1",
		"https://record.example/fhirother/Binary/1": "https://record.example/fhirother/Binary/1",
		"https://elsewhere.example/fhir/Binary/1":   "https://elsewhere.example/fhir/Binary/1",
		"Binary/1": "Binary/1",
	} {
		if got := client.Relative(address); got != want {
			t.Errorf("%q: %q", address, got)
		}
	}
}

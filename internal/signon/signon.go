// Package signon is how Wardline proves to another hospital system that it is Wardline: a client certificate, or OAuth 2.0 client credentials with an
// assertion that it signs itself, or both.
//
// Layout: signon.go what is configured and the client that follows from it, key.go files that only we may read, token.go the access token.
//
// Invariants: a private key is read from a file that others cannot read, or not at all. Tokens, assertions and keys are in no log and no error. A token goes
// to the configured server only, because the client that carries it follows no redirect and talks to one base address (package fhir).
//
// Source: RFC 6749 section 4.4, RFC 7523 section 2.2; NHS England, "Application-restricted RESTful APIs: signed JWT authentication".
package signon

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/fhir"
)

// Certificate is a client certificate, and whom we trust at the other end.
type Certificate struct {
	File string // PEM; with Key, or neither
	Key  string // PEM
	CA   string // PEM; "": the machine's authorities
}

// Credentials are OAuth client credentials. TokenURL "" is none.
type Credentials struct {
	TokenURL  string
	ClientID  string
	Key       string // file with the private key in PEM
	KeyID     string // as the other side has registered the public key
	Algorithm string // RS512, RS384 or ES256
	Scope     string // "": none is asked for
	Audience  string // of the assertion; "": TokenURL
}

// Options are everything that a client is made of.
type Options struct {
	Certificate Certificate
	Credentials Credentials
	Clock       clock.Clock  // nil: the system's
	Log         *slog.Logger // told when signing on fails; nil: nobody is
}

var (
	errPair        = fault.New(fault.Invalid, "client_certificate_incomplete", "A client certificate and its key belong together: set both or neither.")
	errCertificate = fault.New(fault.Invalid, "client_certificate_unusable", "The client certificate, its key or the authority's certificate cannot be used.")
	errCredentials = fault.New(fault.Invalid, "oauth_incomplete", "OAuth needs the token address (https), the client's id, the key's file and its id, and an algorithm: RS512, RS384 or ES256.")
	errKey         = fault.New(fault.Invalid, "oauth_key_unusable", "The key for signing on cannot be used: it has to be an RSA key of at least 2048 bits, or for ES256 one on the curve P-256, in PEM.")
	errTooOpen     = fault.New(fault.Forbidden, "key_file_too_open", "Others may read a key file. Set its permissions to 0600.")
)

// TLS is the configuration that a certificate makes, nil when there is nothing to configure.
func (c Certificate) TLS() (*tls.Config, error) {
	if (c.File == "") != (c.Key == "") {
		return nil, errPair
	}
	if c.File == "" && c.CA == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.File != "" {
		key, err := readPrivate(c.Key)
		if err != nil {
			return nil, err
		}
		chain, err := os.ReadFile(c.File)
		if err != nil {
			return nil, errCertificate.With("file", c.File).Because(err)
		}
		pair, err := tls.X509KeyPair(chain, key)
		if err != nil {
			return nil, errCertificate.With("file", c.File).Because(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if c.CA != "" {
		authorities, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, errCertificate.With("file", c.CA).Because(err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(authorities) {
			return nil, errCertificate.With("file", c.CA)
		}
	}
	return config, nil
}

// Client is what talks to the other system, nil when nothing is configured.
func Client(o Options) (*http.Client, error) {
	config, err := o.Certificate.TLS()
	if err != nil {
		return nil, err
	}
	if config == nil && o.Credentials == (Credentials{}) {
		return nil, nil
	}
	transport := fhir.Transport()
	transport.TLSClientConfig = config
	if o.Credentials == (Credentials{}) {
		return &http.Client{Transport: transport}, nil
	}
	bearer, err := newBearer(o, transport)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: bearer}, nil
}

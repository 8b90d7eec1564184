package client

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/wardline/wardline/internal/id"
)

// ErrLink says that a text is not an enrolment link.
var ErrLink = errors.New("client: not an enrolment link")

// Link is a one-time enrolment link, taken apart.
type Link struct {
	BaseURL string
	Token   string // base64url, as it is sent
	// Fingerprint is that of the root manifest which the organisation had when it made the link.
	Fingerprint id.Hash
}

// ParseLink reads "https://host/#/enrol/TOKEN.FINGERPRINT". What comes after # never reaches the server with a request for the page.
func ParseLink(text string) (Link, error) {
	base, fragment, found := strings.Cut(strings.TrimSpace(text), "#/enrol/")
	token, fingerprint, both := strings.Cut(fragment, ".")
	if !found || !both {
		return Link{}, ErrLink
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 32 {
		return Link{}, ErrLink
	}
	hash, err := id.ParseDigest[id.Hash](fingerprint)
	if err != nil {
		return Link{}, ErrLink
	}
	return Link{BaseURL: strings.TrimRight(base, "/"), Token: token, Fingerprint: hash}, nil
}

// Package pds asks the organisation's patient index who a patient is, and hides FHIR behind our words.
//
// The index is the Personal Demographics Service or a hospital's own patient administration system in that shape: a read by NHS
// number, and a search by family name and date of birth for people who could be mistaken for one another.
//
// Layout: pds.go the client and its answers, patient.go what is taken from a Patient, merge.go records that took the place of others, faults.go what can go wrong.
//
// Invariants: a person is "unknown" only when the index itself says so in FHIR; every other failure is "unavailable", since a
// proxy's "not found" must never read as "no such patient". Of a restricted record nothing is kept that says where the person
// is, whatever the index sent. Nothing here logs, and no error text holds an identifier. What the index writes becomes plain
// text of limited length before it leaves this package.
//
// Source: the Personal Demographics Service FHIR API; UK Core; R11, H10.
package pds

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// Config says where the index is and what is particular to it.
type Config struct {
	BaseURL string        // https, or http to this machine
	Timeout time.Duration // for one question; 0: 5 s
	HTTP    *http.Client  // nil: one of our own
	Header  http.Header   // sent with every question, such as an API key
	// HospitalNumberSystem is the identifier system of the hospital's own numbers; "" when the index has none.
	HospitalNumberSystem string
	// WardExtension is the address of the Patient extension that tells ward and bed; "" when the index has none.
	WardExtension string
	RequestIDs    *id.Source // nil: one of our own
}

// Index is one patient index. It is safe for concurrent use.
type Index struct {
	client               *fhir.Client
	hospitalNumberSystem string
	wardExtension        string
}

// Query is a search for people. Family and BirthDate are needed; Given too when Sounding.
type Query struct {
	Family    string
	Given     string
	BirthDate nhs.BirthDate
	Exact     bool // only those who fit in every letter
	Sounding  bool // also names that sound alike, or are the other way round
	Most      int  // how many at most; 0: 20
}

// maxAnswer bounds what one answer may hold: fifty patients of a real index stay far below it.
var maxAnswer = fhir.Limits{Bytes: 2 << 20, Depth: 24, Values: 60_000}

// New checks the configuration. It does not connect.
func New(config Config) (*Index, error) {
	if config.Timeout == 0 {
		config.Timeout = 5 * time.Second
	}
	if config.RequestIDs == nil {
		config.RequestIDs = id.NewSource(clock.System{})
	}
	client, err := fhir.NewClient(fhir.ClientConfig{
		BaseURL: config.BaseURL, HTTP: config.HTTP, Header: config.Header, Timeout: config.Timeout, Limits: maxAnswer,
		NewRequestID: func() string { return id.New[id.Request](config.RequestIDs).String() },
	})
	if err != nil {
		return nil, err
	}
	return &Index{client: client, hospitalNumberSystem: config.HospitalNumberSystem, wardExtension: config.WardExtension}, nil
}

// LookUp asks who has an NHS number. The person found may have a newer one: then Superseded is set.
// Errors: ErrUnknown, ErrInvalidated, ErrUnavailable.
func (x *Index) LookUp(ctx context.Context, number nhs.Number) (Found, error) {
	if number.IsZero() {
		return Found{}, ErrUnknown
	}
	found, err := x.read(ctx, number.Digits())
	if err != nil {
		return Found{}, err
	}
	if found, err = x.follow(ctx, found, number.Digits()); err != nil {
		return Found{}, err
	}
	if found.NHSNumber.IsZero() {
		return Found{}, ErrUnavailable.Because(errors.New("pds: the answer names nobody"))
	}
	found.AskedNumber = number
	found.Superseded = found.NHSNumber != number
	return found, nil
}

// LookUpHospitalNumber asks who has one of the hospital's own numbers: the way to a patient whose identity is not known yet. A record that was merged into
// another leads to that one, and then AskedHospitalNumber is set.
// Errors: ErrUnknown, ErrInvalidated, ErrUnavailable.
func (x *Index) LookUpHospitalNumber(ctx context.Context, number string) (Found, error) {
	if x.hospitalNumberSystem == "" || number == "" || strings.ContainsAny(number, "|,\\$") {
		return Found{}, ErrUnknown
	}
	people, err := x.searchAll(ctx, url.Values{"identifier": {x.hospitalNumberSystem + "|" + number}})
	if err != nil {
		return Found{}, err
	}
	switch {
	case len(people) == 0:
		return Found{}, ErrUnknown
	case len(people) > 1 || people[0].HospitalNumber != number:
		return Found{}, ErrUnavailable.Because(errors.New("pds: the answer does not fit the question"))
	}
	found := people[0]
	if !found.Retired {
		return found, nil
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(found.Reference, "Patient/"), "/")
	found, err = x.follow(ctx, found, name)
	if err == nil && found.HospitalNumber != number {
		found.AskedHospitalNumber = number
	}
	return found, err
}

// Search finds people by name and date of birth, the best fit first. Nobody found is an empty list and no error.
// Errors: ErrSearch, ErrTooMany, ErrUnavailable.
func (x *Index) Search(ctx context.Context, query Query) ([]Found, error) {
	if query.BirthDate.IsZero() || query.Family == "" || (query.Sounding && query.Given == "") ||
		(query.Exact && query.Sounding) || strings.Contains(query.Family+query.Given, "*") {
		return nil, ErrSearch
	}
	if query.Most == 0 {
		query.Most = 20
	}
	values := url.Values{
		"family": {query.Family}, "birthdate": {"eq" + query.BirthDate.String()}, "_max-results": {strconv.Itoa(min(query.Most, 50))},
	}
	if query.Given != "" {
		values.Set("given", query.Given)
	}
	if query.Exact {
		values.Set("_exact-match", "true")
	}
	if query.Sounding {
		values.Set("_fuzzy-match", "true")
	}
	return x.search(ctx, values)
}

// search finds people whose records are in use.
func (x *Index) search(ctx context.Context, values url.Values) ([]Found, error) {
	people, err := x.searchAll(ctx, values)
	return slices.DeleteFunc(people, func(f Found) bool { return f.Retired }), err
}

func (x *Index) searchAll(ctx context.Context, values url.Values) ([]Found, error) {
	answer, err := x.client.Get(ctx, "Patient", values)
	if err != nil {
		return nil, ErrUnavailable.Because(err)
	}
	if outcome := answer.Outcome(); outcome != nil {
		if outcome.HasCode("TOO_MANY_MATCHES") {
			return nil, ErrTooMany
		}
		return nil, unavailable(answer)
	}
	if answer.Status != http.StatusOK {
		return nil, unavailable(answer)
	}
	bundle, err := fhir.Read[fhir.Bundle](answer)
	if err != nil {
		return nil, ErrUnavailable.Because(err)
	}
	if bundle.Type != "searchset" {
		return nil, ErrUnavailable.Because(errors.New("pds: the answer to a search is no searchset"))
	}
	people := []Found{}
	err = fhir.Entries(bundle, func(entry fhir.BundleEntry, patient *fhir.Patient) error {
		found, err := x.found(patient)
		if err != nil {
			return err
		}
		if entry.Search != nil {
			if score, err := entry.Search.Score.Float64(); err == nil && score >= 0 && score <= 1 {
				found.Score = score
			}
		}
		people = append(people, found)
		return nil
	})
	if err != nil {
		return nil, ErrUnavailable.Because(err)
	}
	return people, nil
}

// versionOf takes the version out of a weak or strong ETag.
func versionOf(etag string) string {
	version := strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
	if !fhir.ValidID(version) {
		return ""
	}
	return version
}

package pds

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/wardline/wardline/internal/fhir"
)

// mostHops is how many merges are followed, one after the other.
const mostHops = 3

var errMerged = errors.New("pds: merged records do not lead to one in use")

// mergeOf reads what a record says of its own place. One that names two others in its place, or one that is not of this index, is none that can be followed.
func mergeOf(patient *fhir.Patient) (retired bool, replacedBy string, err error) {
	retired = patient.Active != nil && !*patient.Active
	for _, link := range patient.Link {
		if link.Type != "replaced-by" {
			continue
		}
		name, ours := strings.CutPrefix(link.Other.Reference, "Patient/")
		name, _, _ = strings.Cut(name, "/_history/")
		if !ours || !fhir.ValidID(name) || replacedBy != "" && replacedBy != name {
			return false, "", errMerged
		}
		retired, replacedBy = true, name
	}
	return retired, replacedBy, nil
}

// follow goes from a merged record to the one in use. One that is not in use and leads nowhere may not be used.
func (x *Index) follow(ctx context.Context, found Found, name string) (Found, error) {
	seen := []string{name}
	for found.Retired {
		next := found.ReplacedBy
		if next == "" {
			return Found{}, ErrInvalidated
		}
		if slices.Contains(seen, next) || len(seen) > mostHops {
			return Found{}, ErrUnavailable.Because(errMerged)
		}
		seen = append(seen, next)
		var err error
		if found, err = x.read(ctx, next); err != nil {
			if errors.Is(err, ErrUnknown) {
				return Found{}, ErrUnavailable.Because(errMerged)
			}
			return Found{}, err
		}
	}
	return found, nil
}

// read asks for one record by its name in the index.
func (x *Index) read(ctx context.Context, name string) (Found, error) {
	answer, err := x.client.Get(ctx, "Patient/"+name, nil)
	if err != nil {
		return Found{}, ErrUnavailable.Because(err)
	}
	if answer.Status != http.StatusOK {
		return Found{}, refusal(answer)
	}
	patient, err := fhir.Read[fhir.Patient](answer)
	if err != nil {
		return Found{}, ErrUnavailable.Because(err)
	}
	found, err := x.found(patient)
	if err != nil {
		return Found{}, ErrUnavailable.Because(err)
	}
	if version := versionOf(answer.Header.Get("ETag")); version != "" {
		found.Version = version
	}
	found.Score = 1
	return found, nil
}

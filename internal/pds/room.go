package pds

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/patient"
)

// ForPatients is the index as the patient room asks it.
type ForPatients struct{ index *Index }

var _ patient.Index = ForPatients{}

// ForPatients gives the index the shape that the patient room wants.
func (x *Index) ForPatients() ForPatients { return ForPatients{x} }

// LookUp implements [patient.Index].
func (f ForPatients) LookUp(ctx context.Context, number nhs.Number) (patient.Record, error) {
	found, err := f.index.LookUp(ctx, number)
	if err != nil {
		return patient.Record{}, err
	}
	return found.record(), nil
}

// LookUpHospitalNumber implements [patient.Index].
func (f ForPatients) LookUpHospitalNumber(ctx context.Context, number string) (patient.Record, error) {
	found, err := f.index.LookUpHospitalNumber(ctx, number)
	if err != nil {
		return patient.Record{}, err
	}
	return found.record(), nil
}

// Alike implements [patient.Index]: those with the family name first, then those whose names sound alike, which the index finds only by given name.
func (f ForPatients) Alike(ctx context.Context, name nhs.Name, born nhs.BirthDate) ([]patient.Record, error) {
	people, err := f.index.Search(ctx, Query{Family: name.Family, BirthDate: born})
	if err != nil {
		return nil, err
	}
	if name.Given != "" {
		sounding, err := f.index.Search(ctx, Query{Family: name.Family, Given: name.Given, BirthDate: born, Sounding: true})
		if err != nil && !errors.Is(err, ErrTooMany) {
			return nil, err
		}
		people = append(people, sounding...)
	}
	records := make([]patient.Record, 0, len(people))
	seen := make(map[string]bool, len(people))
	for _, found := range people {
		if one := found.NHSNumber.Digits() + found.HospitalNumber; !seen[one] {
			seen[one] = true
			records = append(records, found.record())
		}
	}
	return records, nil
}

func (f Found) record() patient.Record {
	died := f.DiedOn
	if f.Deceased && died == "" {
		died = "unknown"
	}
	return patient.Record{
		Identifiers: f.Identifiers(), Superseded: f.Superseded, Temporary: f.Temporary && f.NHSNumber.IsZero(), Restricted: f.Restricted, DiedOn: died,
		Needs: f.Needs, Reference: f.Reference, Version: f.Version,
	}
}

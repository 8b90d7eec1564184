package pds

import (
	"context"

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

// Search implements [patient.Index].
func (f ForPatients) Search(ctx context.Context, family string, born nhs.BirthDate) ([]patient.Record, error) {
	people, err := f.index.Search(ctx, Query{Family: family, BirthDate: born})
	if err != nil {
		return nil, err
	}
	records := make([]patient.Record, 0, len(people))
	for _, found := range people {
		records = append(records, found.record())
	}
	return records, nil
}

func (f Found) record() patient.Record {
	died := f.DiedOn
	if f.Deceased && died == "" {
		died = "unknown"
	}
	return patient.Record{
		Identifiers: f.Identifiers(), Superseded: f.Superseded, Restricted: f.Restricted, DiedOn: died,
		Needs: f.Needs, Reference: f.Reference, Version: f.Version,
	}
}

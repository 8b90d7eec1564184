package ehr

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/record"
)

// ForRecord is the destination as the record room files to it.
type ForRecord struct {
	destination  *Destination
	organisation nhs.ODSCode
}

var _ record.Destination = ForRecord{}

// ForRecord gives the destination the shape that the record room wants. Documents are filed in the organisation's name.
func (d *Destination) ForRecord(organisation nhs.ODSCode) ForRecord {
	return ForRecord{d, organisation}
}

// File implements [record.Destination]: the document is sent, and only what is read back makes a receipt.
func (f ForRecord) File(ctx context.Context, document record.Document) (record.Receipt, error) {
	ours := f.document(document)
	if _, err := f.destination.File(ctx, ours); err != nil {
		return record.Receipt{}, err
	}
	receipt, err := f.destination.ReadBack(ctx, ours.Expected())
	if errors.Is(err, ErrNotInRecord) {
		return record.Receipt{}, errLost.Because(err)
	}
	if err != nil {
		return record.Receipt{}, err
	}
	return record.Receipt{Reference: receipt.Reference, Hash: receipt.Hash, At: receipt.At, Proof: record.ReadBack}, nil
}

// Retract implements [record.Destination].
func (f ForRecord) Retract(ctx context.Context, document record.Document) error {
	return f.destination.Retract(ctx, document.Filing)
}

func (f ForRecord) document(d record.Document) Document {
	ours := Document{
		Filing: d.Filing, NHSNumber: d.NHSNumber, HospitalNumber: d.HospitalNumber, PatientName: d.Name, BirthDate: d.Born,
		Title: d.Title, ContentType: "text/html", Bytes: d.Bytes,
		Author:       Author{Person: d.Author.Person, Name: d.Author.Name, Role: d.Author.Role},
		Organisation: f.organisation, CreatedAt: d.DecidedAt, SubmittedAt: d.FiledAt, Replaces: d.Replaces,
	}
	if f.destination.plain {
		ours.PDF = d.PDF
	}
	return ours
}

// Holds is the last look before a filing's originals are destroyed.
func (f ForRecord) Holds(ctx context.Context, filing id.Filing) error {
	return f.destination.Holds(ctx, filing)
}

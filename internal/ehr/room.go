package ehr

import (
	"context"

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

// File implements [record.Destination].
func (f ForRecord) File(ctx context.Context, document record.Document) error {
	_, err := f.destination.File(ctx, f.document(document))
	return err
}

// ReadBack implements [record.Destination].
func (f ForRecord) ReadBack(ctx context.Context, document record.Document) (record.Receipt, error) {
	receipt, err := f.destination.ReadBack(ctx, f.document(document).Expected())
	if err != nil {
		return record.Receipt{}, err
	}
	return record.Receipt{Reference: receipt.Reference, Hash: receipt.Hash, At: receipt.At}, nil
}

func (f ForRecord) document(d record.Document) Document {
	return Document{
		Filing: d.Filing, NHSNumber: d.NHSNumber, HospitalNumber: d.HospitalNumber, PatientName: d.Name, BirthDate: d.Born,
		Title: d.Title, ContentType: "text/html", Bytes: d.Bytes,
		Author:       Author{Person: d.Author.Person, Name: d.Author.Name, Role: d.Author.Role},
		Organisation: f.organisation, CreatedAt: d.DecidedAt, SubmittedAt: d.FiledAt,
	}
}

package mllp

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/wardline/wardline/internal/hl7"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
)

// File implements [record.Destination]: MDM^T02, or MDM^T10 for a correction. HL7 version 2 cannot read a document back, so the receipt rests on the word of
// the record's own application. The record finds the document under TXA-12, which is the filing's id: that is the reference.
func (d *Destination) File(ctx context.Context, document record.Document) (record.Receipt, error) {
	event := hl7.Original
	if !document.Replaces.IsZero() {
		event = hl7.Replacement
	}
	message, err := d.message(event, document)
	if err != nil {
		return record.Receipt{}, err
	}
	message.Content = []hl7.Content{{Type: "text", Subtype: "html", Bytes: document.Bytes}}
	if document.PDF != nil {
		message.Content = append(message.Content, hl7.Content{Type: "application", Subtype: "pdf", Bytes: document.PDF})
	}
	if err := d.exchange(ctx, message); err != nil {
		return record.Receipt{}, err
	}
	return record.Receipt{
		Reference: message.Number, Hash: sha256.Sum256(document.Bytes), At: d.config.Clock.Now(), Proof: record.Acknowledged,
	}, nil
}

// Retract implements [record.Destination]: MDM^T11, of which the patient and TXA-12 matter; who wrote the document and when is not known here any more.
func (d *Destination) Retract(ctx context.Context, document record.Document) error {
	message, err := d.message(hl7.Cancel, document)
	if err != nil {
		return err
	}
	return d.exchange(ctx, message)
}

// Holds says whether the record can be reached now, as the last look before the originals of a filing are destroyed (H14). Over HL7 version 2 nobody can ask whether
// it still has the document: that rests on its acknowledgement.
func (d *Destination) Holds(ctx context.Context, _ id.Filing) error {
	ctx, cancel := context.WithTimeout(ctx, d.config.Timeout)
	defer cancel()
	connection, err := d.dial(ctx)
	if err != nil {
		return ErrUnavailable.Because(fmt.Errorf("mllp: connecting: %w", quiet(err)))
	}
	return connection.Close()
}

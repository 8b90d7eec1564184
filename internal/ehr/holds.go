package ehr

import (
	"context"

	"github.com/wardline/wardline/internal/id"
)

// Holds says whether the record answers now and has the document of a filing, as the last look before the originals are destroyed (H14). The bytes were compared when
// the receipt was made; patient and document are not at hand any more.
// Errors: ErrNotInRecord, ErrMismatch, ErrUnavailable, ErrUnintelligible.
func (d *Destination) Holds(ctx context.Context, filing id.Filing) error {
	document, err := d.find(ctx, filing)
	if err != nil {
		return err
	}
	if document.Status != "current" && document.Status != "superseded" { // one that a correction replaced is there still
		return mismatch("status")
	}
	return nil
}

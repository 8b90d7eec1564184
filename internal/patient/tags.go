package patient

import (
	"context"
	"errors"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// Tags are all tags under which threads may be linked to a patient: under every version of the index key, of the number and, as far as the index knows them, of
// the numbers that it replaced or that replaced it. The index may be away: a hold is a legal duty that cannot wait for it, so then complete is false.
func (d *Desk) Tags(ctx context.Context, by id.Person, text string) (tags []id.Tag, complete bool, err error) {
	number, err := nhs.ParseNumber(text)
	if err != nil {
		return nil, false, ErrNumber.With("reason", numberReason(err))
	}
	numbers, complete := []nhs.Number{number}, false
	if d.index != nil {
		record, err := d.index.LookUp(ctx, number)
		if known, ok := errors.AsType[*fault.Error](err); err == nil || ok && known.Kind() == fault.NotFound {
			complete = true // that it knows nobody by this number is an answer
			numbers = append(append(numbers, record.Number), record.Identifiers.Superseded...)
		}
	}
	seen := map[id.Tag]bool{}
	for _, one := range numbers {
		if one.IsZero() {
			continue
		}
		for _, tag := range d.keys.Index.Tags(one) {
			if !seen[tag.Tag] {
				seen[tag.Tag] = true
				tags = append(tags, tag.Tag)
			}
		}
	}
	outcome := map[bool]string{true: "complete", false: "index_away"}[complete]
	return tags, complete, d.store.NoteLookUp(ctx, d.event(audit.LookUp, Question{Requester: by}, number, "hold_"+outcome, false))
}

package patient

import (
	"context"
	"slices"
	"strings"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/nhs"
)

// Tags are all tags under which threads may be linked to a patient: under every version of the index key, of the number and, as far as the indexes know them, of
// the numbers that it replaced or that replaced it, and of the hospital's numbers, under which they were when nobody knew who they are. text is an NHS number, or the
// hospital's. An index may be away: a hold is a legal duty that cannot wait for it, so then complete is false.
func (d *Desk) Tags(ctx context.Context, by id.Person, text string) (tags []id.Tag, complete bool, err error) {
	about := subject{by: by}
	about.number, err = nhs.ParseNumber(text)
	folded := nhs.FoldHospitalNumber(text)
	switch {
	case err == nil:
	case folded == "" || len(folded) > 40 || strings.Trim(folded, "0123456789") == "" && len(folded) == 10: // ten digits are a number with a slip
		return nil, false, ErrNumber.With("reason", numberReason(err))
	default:
		about.number, about.hospitalNumber = nhs.Number{}, text
	}
	numbers, local := []nhs.Number{about.number}, []string{about.hospitalNumber}
	if d.sources.hospital != nil {
		var records []Record
		records, complete = d.everywhere(ctx, about)
		for _, record := range records {
			numbers = append(append(numbers, record.Number), record.Identifiers.Superseded...)
			local = append(append(local, record.HospitalNumber), record.FormerHospitalNumbers...)
		}
	}
	seen := map[id.Tag]bool{}
	add := func(some []keyring.Tag) {
		for _, tag := range some {
			if !seen[tag.Tag] {
				seen[tag.Tag] = true
				tags = append(tags, tag.Tag)
			}
		}
	}
	for _, one := range numbers {
		if !one.IsZero() {
			add(d.keys.Index.Tags(one))
		}
	}
	for _, one := range local {
		if folded := nhs.FoldHospitalNumber(one); folded != "" {
			add(d.keys.Index.HospitalTags(folded))
		}
	}
	outcome := map[bool]string{true: "complete", false: "index_away"}[complete]
	return tags, complete, d.store.NoteLookUp(ctx, d.event(audit.LookUp, about, "hold_"+outcome, false))
}

// everywhere asks every index for what it knows of a number, and of the NHS number that one of them gives. complete is false when one gave no answer; that it knows nobody is one.
func (d *Desk) everywhere(ctx context.Context, about subject) (records []Record, complete bool) {
	complete = true
	take := func(record Record, err error) {
		switch {
		case err == nil:
			records = append(records, record)
		case !unknown(err):
			complete = false
		}
	}
	if about.hospitalNumber != "" {
		take(d.sources.local(ctx, about.hospitalNumber))
	}
	numbers := []nhs.Number{about.number}
	for n := 0; n < len(numbers) && n < 3; n++ {
		if numbers[n].IsZero() {
			if len(records) > 0 && n == 0 && !records[0].Number.IsZero() {
				numbers = append(numbers, records[0].Number)
			}
			continue
		}
		for _, index := range []Index{d.sources.national, d.sources.hospital} {
			if index == nil {
				continue
			}
			record, err := index.LookUp(ctx, numbers[n])
			take(record, err)
			if err == nil && !slices.Contains(numbers, record.Number) {
				numbers = append(numbers, record.Number)
			}
		}
	}
	return records, complete
}

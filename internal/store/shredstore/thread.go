package shredstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/thread"
)

// Halves is the store as the thread room sees it.
type Halves struct{ store *Store }

// Halves is the store as the thread room sees it.
func (s *Store) Halves() Halves { return Halves{s} }

var _ thread.Halves = Halves{}

// Put implements thread.Halves.
func (h Halves) Put(ctx context.Context, half thread.Half) error {
	return h.store.Put(ctx, Half{Ref: Ref(half.HalfRef), Half: half.Half, At: half.At})
}

// Get implements thread.Halves. A page of a log is a few queries, not one for each message.
func (h Halves) Get(ctx context.Context, in id.Thread, refs []thread.HalfRef) (map[thread.HalfRef][32]byte, error) {
	found := make(map[thread.HalfRef][32]byte, len(refs))
	wanted := make(map[thread.HalfRef]bool, len(refs))
	for _, ref := range refs {
		wanted[ref] = true
	}
	for len(refs) > 0 {
		size := 1 // few sizes, so that there are few texts to prepare
		for size*4 <= min(len(refs), 64) {
			size *= 4
		}
		page := refs[:size]
		refs = refs[size:]
		args := []any{in}
		places := make([]string, 0, len(page))
		for _, ref := range page {
			args = append(args, ref.Message)
			places = append(places, "$"+strconv.Itoa(len(args)))
		}
		err := h.store.db.Read(ctx).Each(`SELECT message, commitment, half FROM half WHERE thread = $1 AND message IN (`+strings.Join(places, ", ")+`)`,
			args, func(row store.Scanner) error {
				ref := thread.HalfRef{Thread: in}
				var half []byte
				if err := row.Scan(&ref.Message, &ref.Commit, &half); err != nil {
					return err
				}
				if len(half) != 32 {
					return fmt.Errorf("shredstore: a half of %d bytes", len(half))
				}
				if wanted[ref] {
					found[ref] = [32]byte(half)
				}
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Delete implements thread.Halves.
func (h Halves) Delete(ctx context.Context, refs ...thread.HalfRef) error {
	mine := make([]Ref, len(refs))
	for n, ref := range refs {
		mine[n] = Ref(ref)
	}
	return h.store.Delete(ctx, mine...)
}

// Orphans implements thread.Halves.
func (h Halves) Orphans(
	ctx context.Context, before time.Time, stray func(context.Context, []thread.HalfRef) ([]thread.HalfRef, error),
) (int, error) {
	return h.store.Orphans(ctx, before, func(ctx context.Context, refs []Ref) ([]Ref, error) {
		theirs := make([]thread.HalfRef, len(refs))
		for n, ref := range refs {
			theirs[n] = thread.HalfRef(ref)
		}
		strays, err := stray(ctx, theirs)
		mine := make([]Ref, len(strays))
		for n, ref := range strays {
			mine[n] = Ref(ref)
		}
		return mine, err
	})
}

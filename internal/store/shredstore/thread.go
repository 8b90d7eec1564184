package shredstore

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/id"
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

// Get implements thread.Halves.
func (h Halves) Get(ctx context.Context, _ id.Thread, refs []thread.HalfRef) (map[thread.HalfRef][32]byte, error) {
	halves, err := h.store.Get(ctx, mine(refs)...)
	if err != nil {
		return nil, err
	}
	found := make(map[thread.HalfRef][32]byte, len(halves))
	for ref, half := range halves {
		found[thread.HalfRef(ref)] = half
	}
	return found, nil
}

// Delete implements thread.Halves.
func (h Halves) Delete(ctx context.Context, refs ...thread.HalfRef) error {
	return h.store.Delete(ctx, mine(refs)...)
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
		return mine(strays), err
	})
}

func mine(refs []thread.HalfRef) []Ref {
	list := make([]Ref, len(refs))
	for n, ref := range refs {
		list[n] = Ref(ref)
	}
	return list
}

package people

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/id"
)

// Listing is one page of the whole directory, in the order of the ids, which never changes.
type Listing struct {
	After id.Person
	// Since is zero for everybody who is active at At. Otherwise it asks for those of whom something has changed since: added, enrolled,
	// left, expired.
	Since time.Time
	At    time.Time
	Limit int
}

// Page is a part of the directory.
type Page struct {
	People []Person
	// More says that there is a next page, which begins after the last person of this one.
	More bool
	// AsOf is what to ask from the next time.
	AsOf time.Time
}

const (
	// MaxListing is the most people on one page of the listing.
	MaxListing = 1000
	// overlap is how far back the next question begins: a change is stamped before it is committed, and clocks of nodes differ. What is told
	// twice does no harm.
	overlap = 5 * time.Minute
	// oldestSince is how far back changes are told: a device that was away for longer begins anew. Without an end, the changes since ever
	// would be the names of everybody who ever left.
	oldestSince = 60 * 24 * time.Hour
)

// List gives the directory to a device that searches it by itself: all of it once, and after that what has changed. Who has left or expired
// is on a page only when changes were asked for.
func (s *Service) List(ctx context.Context, after id.Person, since time.Time) (Page, error) {
	now := s.now()
	if since.After(now) {
		return Page{}, errSinceInFuture
	}
	if !since.IsZero() && now.Sub(since) > oldestSince {
		return Page{}, errSinceTooOld
	}
	found, err := s.store.ListPeople(ctx, Listing{After: after, Since: since, At: now, Limit: MaxListing + 1})
	if err != nil {
		return Page{}, err
	}
	page := Page{People: found, AsOf: now.Add(-overlap)}
	if len(found) > MaxListing {
		page.People, page.More = found[:MaxListing], true
	}
	return page, nil
}

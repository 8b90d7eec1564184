package live

import (
	"encoding/base64"
	"slices"
	"sync"

	"github.com/wardline/wardline/internal/id"
)

// desks notices a session that is used from two copies of one browser. A browser has one page that works at a time, and each draws a number when it
// is opened and says it whenever it connects. A newer page takes the place of the older one, which never comes back: its keys are gone. So when an
// earlier number connects after a later one, both still work, and there are two browsers with the keys of one.
//
// It is memory of this node alone and knows only who connects here; what it does not know it does not accuse.
type desks struct {
	mu  sync.Mutex
	had map[id.Session][]string // oldest first; the last is the one that is open
}

const (
	desksKept    = 65536 // sessions
	desksPerOne  = 64
	deskIDLength = 16
)

// arrive notes that a desk of a session connects. twice is whether another had taken its place before; fresh, whether it now takes that of another.
// A program that says no number is not judged, unless the session has been used by one that does.
func (d *desks) arrive(session id.Session, desk string) (twice, fresh bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	had := d.had[session]
	if len(had) == 0 && desk == "" {
		return false, false
	}
	if desk == "" {
		return true, false
	}
	at := slices.Index(had, desk)
	switch {
	case at >= 0 && at == len(had)-1:
		return false, false
	case at >= 0:
		return true, false
	}
	if d.had == nil || len(d.had) >= desksKept && len(had) == 0 {
		d.had = map[id.Session][]string{}
	}
	if len(had) >= desksPerOne {
		had = slices.Clone(had[1:])
	}
	d.had[session] = append(had, desk)
	return false, len(had) > 0
}

// forget begins anew: after a lock every page has to be opened again.
func (d *desks) forget(session id.Session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.had, session)
}

// deskID is the number that a page says, or "" for what is none.
func deskID(said string) string {
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(said); err != nil || len(raw) != deskIDLength {
		return ""
	}
	return said
}

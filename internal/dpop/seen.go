package dpop

import (
	"sync"
	"time"
)

// seenKept bounds each of the two generations: more than a thousand requests a second for the whole life of a proof, in some 20 MB at most.
const seenKept = 1 << 17

// Seen remembers the proofs that this node has taken, for at least [Life], in bounded memory: two generations, of which the older is forgotten when
// the younger is full or [Life] old. Past the bound the oldest proofs are forgotten early; their time and their nonce still limit them to minutes.
// Only proofs of live sessions belong in here, so that a stranger cannot fill it.
type Seen struct {
	mu         sync.Mutex
	young, old map[[16]byte]struct{}
	since      time.Time // of the younger generation
	capacity   int
}

// NewSeen remembers nothing yet.
func NewSeen() *Seen { return &Seen{young: map[[16]byte]struct{}{}, capacity: seenKept} }

// Has says whether a proof was taken.
func (s *Seen) Has(use [32]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.has([16]byte(use[:16]))
}

// Take takes a proof; false when it was taken before.
func (s *Seen) Take(use [32]byte, now time.Time) bool {
	key := [16]byte(use[:16])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has(key) {
		return false
	}
	switch age := now.Sub(s.since); {
	case age < 0: // the clock was set back
		s.since = now
	case age >= 2*Life: // nothing of it can be used again
		s.old, s.young, s.since = nil, map[[16]byte]struct{}{}, now
	case age >= Life || len(s.young) >= s.capacity:
		s.old, s.young, s.since = s.young, make(map[[16]byte]struct{}, len(s.young)), now
	}
	s.young[key] = struct{}{}
	return true
}

func (s *Seen) has(key [16]byte) bool {
	_, young := s.young[key]
	_, old := s.old[key]
	return young || old
}

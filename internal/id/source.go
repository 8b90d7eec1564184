package id

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"
)

// Clock is the part of a clock that a [Source] needs.
type Clock interface{ Now() time.Time }

// Source makes new ids. It is safe for concurrent use when its entropy is.
type Source struct {
	clock   Clock
	entropy io.Reader
}

// NewSource makes ids from the given clock and the operating system's entropy.
func NewSource(clock Clock) *Source { return NewSourceFrom(clock, rand.Reader) }

// NewSourceFrom is NewSource with the entropy given too, for reproducible tests and vectors.
func NewSourceFrom(clock Clock, entropy io.Reader) *Source {
	return &Source{clock: clock, entropy: entropy}
}

// New makes an id, as in id.New[id.Message](source). The 74 bits that are not time, version or variant are random: ids made in
// one millisecond come in no particular order. It panics when entropy fails, after which nothing safe can be done.
func New[T ~[Size]byte](source *Source) T {
	var made T
	if _, err := io.ReadFull(source.entropy, made[6:]); err != nil {
		panic(fmt.Sprintf("id: no entropy: %v", err))
	}
	ms := uint64(source.clock.Now().UnixMilli())
	for n := range 6 {
		made[n] = byte(ms >> (40 - 8*n))
	}
	made[6] = made[6]&0x0f | 0x70
	made[8] = made[8]&0x3f | 0x80
	return made
}

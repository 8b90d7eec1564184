package httpapi

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
)

// errTooManyTries is the answer to a rate limit. Waiting helps.
var errTooManyTries = fault.New(fault.TooMany, "too_many_tries", "Too many tries. Please wait a little and try again.")

// limitAddress refuses a caller whose address has tried too often.
func (a *API) limitAddress(hc huma.Context, next func(huma.Context)) {
	if wait := a.limiter.take(address(hc.Context())); wait > 0 {
		_, w := humago.Unwrap(hc)
		writeProblem(w, translate(errTooManyTries.RetryAfter(wait)))
		return
	}
	next(hc)
}

// address is the caller's, as identify found it.
func address(ctx context.Context) netip.Addr {
	found, _ := ctx.Value(addressKey).(netip.Addr)
	return found
}

// clientAddress is the address of the connection or, behind a trusted proxy, the last address in X-Forwarded-For that is not a
// trusted proxy itself.
func (a *API) clientAddress(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	found, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	found = found.Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for n := len(hops) - 1; n >= 0 && a.trusts(found); n-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[n]))
		if err != nil {
			break
		}
		found = next.Unmap().WithZone("")
	}
	return found
}

func (a *API) trusts(address netip.Addr) bool {
	for _, prefix := range a.proxies {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// Bodies that hold wire objects, in base64.
const (
	vaultBody = 3 << 19 // an object of 1 MiB
	entryBody = 1 << 19 // a signed entry of 256 KiB
)

const (
	addressBurst    = 600
	addressInterval = 50 * time.Millisecond
	addressesKept   = 8192
)

// addressLimiter is a token bucket per address in bounded memory: two generations of at most addressesKept buckets each. When
// the younger is full it becomes the older and the older is forgotten, so that someone with many addresses costs us no memory,
// and an address in use keeps its bucket. A whole hospital may sit behind one address and change shifts at 07:00, hence the generous
// numbers: an account has a limit of its own, in SQL.
type addressLimiter struct {
	clock    clock.Clock
	mu       sync.Mutex
	young    map[netip.Addr]*rate.Limiter
	old      map[netip.Addr]*rate.Limiter
	capacity int
}

func newAddressLimiter(c clock.Clock) *addressLimiter {
	return &addressLimiter{clock: c, young: map[netip.Addr]*rate.Limiter{}, capacity: addressesKept}
}

// take spends one try and returns how long to wait when there is none left.
func (l *addressLimiter) take(from netip.Addr) time.Duration {
	if from.Is6() {
		// One household or attacker has a whole /64.
		if prefix, err := from.Prefix(64); err == nil {
			from = prefix.Addr()
		}
	}
	now := l.clock.Now()
	bucket := l.bucket(from)
	reservation := bucket.ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return wait
	}
	return 0
}

func (l *addressLimiter) bucket(from netip.Addr) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if found := l.young[from]; found != nil {
		return found
	}
	found := l.old[from]
	if found == nil {
		found = rate.NewLimiter(rate.Every(addressInterval), addressBurst)
	}
	if len(l.young) >= l.capacity {
		l.old, l.young = l.young, make(map[netip.Addr]*rate.Limiter, l.capacity)
	}
	l.young[from] = found
	return found
}

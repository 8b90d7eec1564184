package httpapi

import (
	"context"
	"crypto/sha256"
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

// limitAddress refuses a caller whose address has tried too often. A browser that is known to have signed somebody in has a limit of its own
// beside it: whoever floods the one address of a hospital keeps none of its staff out.
func (a *API) limitAddress(hc huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(hc)
	wait := a.limiter.take(householdOf(address(hc.Context())))
	if wait > 0 {
		if browser, ok := a.knownBrowser(r); ok {
			wait = a.browsers.take(browser)
		}
	}
	if wait > 0 {
		writeProblem(w, translate(errTooManyTries.RetryAfter(wait)))
		return
	}
	next(hc)
}

// limitPerson refuses a person who has asked about too many patients, from whichever address. It stands behind what finds out who is calling.
func (a *API) limitPerson(hc huma.Context, next func(huma.Context)) {
	if wait := a.lookUps.take(current(hc.Context()).Person); wait > 0 {
		_, w := humago.Unwrap(hc)
		writeProblem(w, translate(errTooManyTries.RetryAfter(wait)))
		return
	}
	next(hc)
}

// knownBrowser tells by whose token a request comes, when somebody signed in with it before. A token that nobody was given costs one look at the
// database, which is less than what its sender is refused.
func (a *API) knownBrowser(r *http.Request) (browser [sha256.Size]byte, known bool) {
	token := a.browserToken(r)
	if token == nil || a.rooms.SignIns == nil {
		return browser, false
	}
	known, err := a.rooms.SignIns.Knows(r.Context(), token)
	return sha256.Sum256(token), err == nil && known
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
	// A person at a browser tries a few times a minute.
	browserBurst    = 30
	browserInterval = 2 * time.Second
	addressesKept   = 8192
	// Nobody identifies more patients than this at a bedside. Whoever guesses days of birth would need two days and leaves an entry with each.
	lookUpBurst    = 120
	lookUpInterval = 5 * time.Second
)

// limiter is a token bucket per key in bounded memory: two generations of at most addressesKept buckets each. When
// the younger is full it becomes the older and the older is forgotten, so that someone with many addresses costs us no memory,
// and an address in use keeps its bucket. A whole hospital may sit behind one address and change shifts at 07:00, hence the generous
// numbers: an account has a limit of its own, in SQL.
type limiter[K comparable] struct {
	clock    clock.Clock
	mu       sync.Mutex
	young    map[K]*rate.Limiter
	old      map[K]*rate.Limiter
	capacity int
	burst    int
	interval time.Duration
}

func newLimiter[K comparable](c clock.Clock, burst int, interval time.Duration) *limiter[K] {
	return &limiter[K]{
		clock: c, young: map[K]*rate.Limiter{}, old: map[K]*rate.Limiter{}, capacity: addressesKept, burst: burst, interval: interval,
	}
}

// householdOf is what an address is counted as: one household or attacker has a whole /64.
func householdOf(from netip.Addr) netip.Addr {
	if from.Is6() {
		if prefix, err := from.Prefix(64); err == nil {
			return prefix.Addr()
		}
	}
	return from
}

// take spends one try and returns how long to wait when there is none left.
func (l *limiter[K]) take(of K) time.Duration {
	now := l.clock.Now()
	bucket := l.bucket(of)
	reservation := bucket.ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return wait
	}
	return 0
}

func (l *limiter[K]) bucket(of K) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if found := l.young[of]; found != nil {
		return found
	}
	found := l.old[of]
	if found == nil {
		found = rate.NewLimiter(rate.Every(l.interval), l.burst)
	}
	if len(l.young) >= l.capacity {
		l.old, l.young = l.young, make(map[K]*rate.Limiter, l.capacity)
	}
	l.young[of] = found
	return found
}

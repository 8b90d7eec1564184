package identity

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/wardline/wardline/internal/id"
)

// From is where a try to sign in comes from.
type From struct {
	Address netip.Addr
	// Browser is the token that this browser was given when somebody last signed in with it; nil: none.
	Browser []byte
	// Proof is what the request proved of its sender's key, to which a session that begins is bound.
	Proof Proof
}

// Budget bounds the failures of one kind within a window of time. A name is never told of its budgets, nor is anybody else.
type Budget struct {
	Key    id.Hash // keyed hash of what is counted
	Free   int     // so many cost no waiting
	Limit  int     // after so many there is nothing but waiting for the next window
	Window time.Duration
	// Forgiven says that a success clears it; otherwise the success merely does not count as a failure.
	Forgiven bool
}

// BlockedUntil is until when no try is taken after so many failures, the one at this time included, in a window that ends then.
func (b Budget) BlockedUntil(failures int, at, windowEnds time.Time) time.Time {
	switch {
	case failures >= b.Limit:
		return windowEnds
	case failures < b.Free:
		return at
	}
	return at.Add(min(firstBlock<<min(failures-b.Free, 16), longestBlock))
}

const (
	firstBlock   = 5 * time.Second
	longestBlock = 15 * time.Minute
	tryWindow    = 24 * time.Hour

	// A browser in which the person signed in before counts for itself: nobody elsewhere can keep it out.
	browserFree, browserLimit = 5, 50
	// Everybody else is counted by name and network, and all of them together by name.
	networkFree, networkLimit = 5, 50
	nameFree, nameLimit       = 20, 100
	// And a network over all names, so that a few guesses at each of thousands of names stay few.
	sprayLimit  = 600
	sprayWindow = 10 * time.Minute

	// browserLife is how long a browser is known after the last sign-in with it.
	browserLife = 180 * 24 * time.Hour
)

// NewBrowser makes a browser known for one name.
type NewBrowser struct {
	TokenHash id.Hash
	// Replaces is the token that the browser had: what other names it is known for moves over, and the old token opens nothing more.
	Replaces  id.Hash
	NameHash  id.Hash
	ExpiresAt time.Time
}

// attempt is a try that has been spent.
type attempt struct {
	budgets []Budget
	network netip.Prefix
	known   bool
}

// spendTry counts a try before anything is compared. The steps are the same for every name, and so is the answer.
func (s *Service) spendTry(ctx context.Context, name id.Hash, from From) (attempt, error) {
	now := s.now()
	browser := browserHash(from.Browser)
	known, err := s.store.KnownBrowser(ctx, browser, name, now)
	if err != nil {
		return attempt{}, err
	}
	a := attempt{network: networkOf(from.Address), known: known}
	if known {
		a.budgets = []Budget{{s.tryKey("browser", name, browser[:]), browserFree, browserLimit, tryWindow, true}}
	} else {
		a.budgets = []Budget{
			{s.tryKey("network", name, []byte(a.network.String())), networkFree, networkLimit, tryWindow, true},
			{s.tryKey("name", name, nil), nameFree, nameLimit, tryWindow, false},
		}
		if wait := s.networks.spend(a.network, now); wait > 0 {
			return attempt{}, errTooManyTries.RetryAfter(wait)
		}
	}
	// Every transaction takes them in one order.
	slices.SortFunc(a.budgets, func(x, y Budget) int { return bytes.Compare(x.Key[:], y.Key[:]) })
	blocked, err := s.store.SpendTry(ctx, now, a.budgets)
	if err == nil && blocked.After(now) {
		err = errTooManyTries.RetryAfter(blocked.Sub(now))
	}
	if err != nil {
		s.giveBack(a)
	}
	return a, err
}

// Knows reports whether a browser is known for anybody's name. Which, it does not say.
func (s *Service) Knows(ctx context.Context, browser []byte) (bool, error) {
	hash := browserHash(browser)
	if hash.IsZero() {
		return false, nil
	}
	return s.store.BrowserKnown(ctx, hash, s.now())
}

// giveBack is for a try that compared nothing, or that was right.
func (s *Service) giveBack(a attempt) {
	if !a.known {
		s.networks.giveBack(a.network)
	}
}

func (s *Service) tryKey(what string, name id.Hash, of []byte) id.Hash {
	return s.keys.Login.Steady(useTry, []byte(what), name[:], of)
}

// newBrowser makes the token that replaces the browser's own, if it had one.
func (s *Service) newBrowser(name id.Hash, from From) ([tokenSize]byte, NewBrowser) {
	token, hash := newToken()
	return token, NewBrowser{TokenHash: hash, Replaces: browserHash(from.Browser), NameHash: name, ExpiresAt: s.now().Add(browserLife)}
}

// browserHash is what is kept of a browser's token; zero, which is no token's, for none.
func browserHash(token []byte) id.Hash {
	if len(token) != tokenSize {
		return id.Hash{}
	}
	return hashToken(token)
}

// networkOf is whose address that probably is: a household, a ward or a hospital has as many as it likes within one of these.
func networkOf(address netip.Addr) netip.Prefix {
	bits := 24
	if address.Is6() {
		bits = 56
	}
	prefix, err := address.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // an address that is not known is a network of its own
	}
	return prefix
}

// networks counts the failures of strangers by network, over all names, in windows that begin together. It is kept in memory: a restart gives each
// network a new window and no name more tries.
type networks struct {
	mu     sync.Mutex
	ends   time.Time
	counts map[netip.Prefix]int
}

// networksKept bounds the memory. Those for which there is no room share one count.
const networksKept = 50_000

// spend counts a failure and returns how long to wait when there is none left.
func (n *networks) spend(network netip.Prefix, now time.Time) time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !now.Before(n.ends) {
		n.ends, n.counts = now.Add(sprayWindow), map[netip.Prefix]int{}
	}
	network = n.place(network)
	if n.counts[network] >= sprayLimit {
		return n.ends.Sub(now)
	}
	n.counts[network]++
	return 0
}

func (n *networks) giveBack(network netip.Prefix) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if network = n.place(network); n.counts[network] > 0 {
		n.counts[network]--
	}
}

func (n *networks) place(network netip.Prefix) netip.Prefix {
	if _, found := n.counts[network]; !found && len(n.counts) >= networksKept {
		return netip.Prefix{}
	}
	return network
}

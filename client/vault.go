package client

import (
	"context"
	"maps"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// maxBookmarks is how many a vault holds.
const maxBookmarks = 4096

// SaveBookmarks writes what was last seen of each thread into the vault, so that every device of this person refuses an older state. Lock and
// End do it too.
func (s *Session) SaveBookmarks(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.saveBookmarks(ctx)
}

func (s *Session) saveBookmarks(ctx context.Context) error {
	for try := 1; ; try++ {
		next, news := s.nextVault()
		if !news {
			return nil
		}
		err := s.putVault(ctx, next)
		if err == nil || !hasCode(err, "vault_moved") && !uncertain(err) || try == tries {
			return err
		}
		// Another device saved meanwhile, or the answer was lost: what is there now decides, and it cannot be older than what we have.
		if err := s.fetchVault(ctx); err != nil {
			return err
		}
	}
}

// nextVault is the vault with what is known now, and whether that is any news.
func (s *Session) nextVault() (*envelope.Vault, bool) {
	next := s.secrets.vault
	next.Version = s.secrets.head.Version + 1
	pin := s.manifests.Pin()
	next.ManifestVersion, next.Manifest = pin.Version, pin.Fingerprint
	next.Bookmarks = s.sortedBookmarks()
	news := next.Manifest != s.secrets.vault.Manifest || !slices.Equal(next.Bookmarks, s.secrets.vault.Bookmarks)
	return &next, news
}

func (s *Session) sortedBookmarks() []envelope.Bookmark {
	all := slices.SortedFunc(maps.Values(s.bookmark), func(a, b envelope.Bookmark) int { return a.Thread.Compare(b.Thread) })
	return all[:min(len(all), maxBookmarks)]
}

// sealedVault is the next version, sealed, and what will be known of the account when the server has it.
type sealedVault struct {
	body    []byte
	opened  *envelope.OpenedVault
	account Account
}

func (s *Session) sealVault(next *envelope.Vault) (*sealedVault, error) {
	sealed, err := s.secrets.key.SealVault(next, s.secrets.head, s.client.entropy)
	if err != nil {
		return nil, err
	}
	made := &sealedVault{account: s.secrets.account(&s.ground)}
	if made.body, err = envelope.Encode(sealed); err != nil {
		return nil, err
	}
	if made.opened, err = s.secrets.key.OpenVault(sealed, s.secrets.head); err != nil {
		return nil, err
	}
	made.account.Vault = made.opened.Head
	return made, nil
}

func (s *Session) putVault(ctx context.Context, next *envelope.Vault) error {
	sealed, err := s.sealVault(next)
	if err != nil {
		return err
	}
	if err := s.call(ctx, "PUT", "/v1/vault", map[string][]byte{"sealedVault": sealed.body}, nil); err != nil {
		return err
	}
	s.secrets.adopt(sealed.opened)
	s.client.remember(s.profile.UserName, sealed.account, s.manifests.Pin())
	return nil
}

// lastVault seals what a session leaves behind when its keys go; nil when there is nothing new.
func (s *Session) lastVault() (*sealedVault, error) {
	next, news := s.nextVault()
	if !news {
		return nil, nil
	}
	sealed, err := s.sealVault(next)
	if sealed != nil {
		sealed.opened = nil
	}
	return sealed, err
}

// leaveVault hands it to the server without any key. When another device was faster, the bookmarks of this one go into the next version.
func (s *Session) leaveVault(ctx context.Context, last *sealedVault) error {
	if last == nil {
		return nil
	}
	err := s.call(ctx, "PUT", "/v1/vault", map[string][]byte{"sealedVault": last.body}, nil)
	if hasCode(err, "vault_moved") {
		return nil
	}
	if err == nil {
		s.client.remember(s.profile.UserName, last.account, s.manifests.Pin())
	}
	return err
}

// fetchVault takes in a vault that another device of this person saved.
func (s *Session) fetchVault(ctx context.Context) error {
	var body unlockBody
	if err := s.call(ctx, "GET", "/v1/vault", nil, &body); err != nil {
		return err
	}
	if err := s.secrets.read(body.SealedVault, s.secrets.head); err != nil {
		return err
	}
	for _, bookmark := range s.secrets.vault.Bookmarks {
		if t := s.threads[bookmark.Thread]; t != nil && bookmark.Seq <= t.log.Seq() {
			s.compareMark(t, bookmark)
		}
		if s.bookmark[bookmark.Thread].Seq < bookmark.Seq {
			s.bookmark[bookmark.Thread] = bookmark
		}
	}
	s.rememberVault()
	return nil
}

// compareMark freezes a thread of which another device of this person has seen another log.
func (s *Session) compareMark(t *thread, bookmark envelope.Bookmark) {
	if here := t.logHashAt(bookmark.Seq); here != bookmark.LogHash {
		_ = s.freeze(t.id, Freeze{
			Kind: envelope.ConflictBookmark, From: t.log.Seq() + 1, Seq: bookmark.Seq, Seen: bookmark.LogHash, Shown: here,
		}, refuse(envelope.BrokenChain, "another history than this person has seen on another device"))
	}
}

func (s *Session) rememberVault() {
	s.client.remember(s.profile.UserName, s.secrets.account(&s.ground), s.manifests.Pin())
}

// note remembers how far a thread has been seen.
func (s *Session) note(t *thread) {
	if t.membership == nil || t.log.Seq() < s.bookmark[t.id].Seq || s.frozen[t.id] != nil {
		return
	}
	s.bookmark[t.id] = envelope.Bookmark{
		Thread: t.id, MembershipSeq: t.membership.Seq(), MembershipHead: t.membership.Head(), Epoch: uint32(len(t.epochs)),
		Seq: t.log.Seq(), LogHash: t.log.Hash(),
	}
}

// Bookmarks are what is remembered of each thread.
func (s *Session) Bookmarks() map[id.Thread]envelope.Bookmark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.bookmark)
}

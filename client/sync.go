package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

const entriesAsked = 200

// Sync catches up with every thread. A thread that is refused does not keep the others back: the error then has a [ThreadError] for
// each of them, and what had been verified before stays.
func (s *Session) Sync(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.syncAll(ctx)
}

func (s *Session) syncAll(ctx context.Context) error {
	var body struct {
		Threads []head `json:"threads"`
	}
	if err := s.call(ctx, "GET", "/v1/threads", nil, &body); err != nil {
		return err
	}
	// Who was revoked or has new keys decides what may be sent: ask for everybody, also where no thread has news.
	refused := s.refreshPeople(ctx, s.everybody()...)
	if refused != nil && !isPersonError(refused) {
		return refused
	}
	for _, one := range body.Threads {
		err := s.follow(ctx, one)
		if s.secrets != nil {
			err = errors.Join(err, s.settle(ctx, one.Thread))
		}
		if err != nil {
			if s.secrets == nil || ctx.Err() != nil {
				return err
			}
			refused = errors.Join(refused, &ThreadError{one.Thread, err})
		}
	}
	refused = errors.Join(refused, s.findMissing(body.Threads))
	s.report(ctx)
	if s.secrets == nil {
		return refused
	}
	return errors.Join(refused, s.compare(ctx))
}

// findMissing refuses a list of threads that lacks one that was seen before.
func (s *Session) findMissing(heads []head) error {
	listed := map[id.Thread]bool{}
	for _, one := range heads {
		listed[one.Thread] = true
	}
	var refused error
	for known := range s.bookmark {
		if !listed[known] {
			refused = errors.Join(refused, s.missing(known))
		}
	}
	return refused
}

// SyncThread catches up with one thread.
func (s *Session) SyncThread(ctx context.Context, in id.Thread) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.syncThread(ctx, in)
}

func (s *Session) syncThread(ctx context.Context, in id.Thread) error {
	var one head
	if err := s.call(ctx, "GET", "/v1/threads/"+in.String(), nil, &one); err != nil {
		return err
	}
	if one.Thread != in {
		return &ThreadError{in, refuse(envelope.BrokenChain, "the head of another thread")}
	}
	if t := s.threads[in]; t != nil {
		if err := s.refreshPeople(ctx, t.people()...); err != nil && !isPersonError(err) {
			return err
		}
	}
	err := s.follow(ctx, one)
	if s.secrets != nil {
		err = errors.Join(err, s.settle(ctx, in))
		s.report(ctx)
	}
	if err != nil {
		return &ThreadError{in, err}
	}
	_ = s.compareSometimes(ctx) // a contradiction is kept as the alarm, and stops nothing here
	return nil
}

// follow brings a thread to a head that the server tells.
func (s *Session) follow(ctx context.Context, to head) error {
	t := s.threads[to.Thread]
	if t == nil {
		t = newThread(to.Thread)
		t.destroyedAt = to.DestroyedAt // its log comes after this head, and so with every tombstone up to then
	}
	err := s.catchUp(ctx, t, to)
	if _, refusal := errors.AsType[*envelope.Refusal](err); refusal || err == nil {
		t.refused = err
	}
	if s.frozen[t.id] != nil {
		t.refused = nil // it is told by the freeze, which is for good
	}
	if s.secrets == nil { // locked in the middle
		return err
	}
	if t.membership != nil {
		s.threads[to.Thread] = t
	}
	return errors.Join(err, t.finish(ctx, s))
}

func (s *Session) catchUp(ctx context.Context, t *thread, to head) error {
	contradicted := s.checkHead(t, to, s.reached(t))
	if err := s.fetchEntries(ctx, t, to.Seq); err != nil {
		return errors.Join(contradicted, s.freezeRefused(t, err))
	}
	t.head = to
	if s.frozen[t.id] != nil || contradicted != nil {
		return contradicted
	}
	if err := s.checkHead(t, to, place{}); err != nil { // what it promised is here now, and maybe more
		return err
	}
	return s.checkBookmark(t)
}

// fetchEntries takes in a log up to a place, or up to where it was frozen.
func (s *Session) fetchEntries(ctx context.Context, t *thread, seq uint64) error {
	var waiting []*envelope.LogEntry // to be judged with what follows
	for t.log.Seq() < s.believable(t.id, seq) {
		have := t.log.Seq() + uint64(len(waiting))
		entries, err := s.fetchLog(ctx, t.id, have, entriesAsked)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			if _, err := s.takeAll(ctx, t, waiting, true); err != nil { // the server has nothing more to show for them
				return err
			}
			return refuse(envelope.RolledBack, "entries are missing")
		}
		waiting = append(waiting, entries...)
		whole := have+uint64(len(entries)) >= s.believable(t.id, seq)
		if waiting, err = s.takeAll(ctx, t, waiting, whole); err != nil {
			return err
		}
	}
	return nil
}

// checkBookmark compares a thread with what this person, on any device, had seen of it. Its log hash has been compared already.
func (s *Session) checkBookmark(t *thread) error {
	bookmark, known := s.bookmark[t.id]
	if known && !t.checked {
		if err := t.log.CheckBookmark(bookmark, t.membership, uint32(len(t.epochs))); err != nil {
			return s.freeze(t.id, Freeze{
				Kind: envelope.ConflictBookmark, From: t.log.Seq() + 1, Seq: bookmark.Seq, Seen: bookmark.LogHash, Shown: t.logHashAt(bookmark.Seq),
			}, err)
		}
	}
	t.checked = true
	s.note(t)
	return nil
}

// finish does what follows from the log: keys, contents, and what is gone.
func (t *thread) finish(ctx context.Context, s *Session) error {
	if t.membership == nil {
		return nil
	}
	var err error
	if t.isMember(s.person) {
		if err = s.fetchEpochs(ctx, t); err == nil && s.secrets != nil {
			err = s.fetchGrants(ctx, t)
		}
	}
	if s.secrets == nil {
		return err
	}
	t.openMessages()
	return errors.Join(err, s.fetchHalves(ctx, t), s.findDestroyed(ctx, t), t.takeNoted())
}

// fetchLog is a page of a log. Nothing of it is believed.
func (s *Session) fetchLog(ctx context.Context, in id.Thread, after uint64, limit int) ([]*envelope.LogEntry, error) {
	var body struct {
		Entries [][]byte `json:"entries"`
	}
	if err := s.call(ctx, "GET", fmt.Sprintf("/v1/threads/%s/log?after=%d&limit=%d", in, after, limit), nil, &body); err != nil {
		return nil, err
	}
	entries := make([]*envelope.LogEntry, len(body.Entries))
	for n, raw := range body.Entries {
		var err error
		if entries[n], err = envelope.Parse[envelope.LogEntry](raw); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// takeAll believes entries in order, up to where the thread was frozen. Before an entry is refused, everybody's logs and the manifests are asked for
// again: they may be older than it. An entry that cannot be judged, because somebody's log was refused, does not freeze the thread. Of a device that was
// revoked since, the last entry that was accepted decides, which may stand later: when these are not the whole log, such an entry and what follows is
// given back, to be judged with the rest.
func (s *Session) takeAll(ctx context.Context, t *thread, entries []*envelope.LogEntry, whole bool) ([]*envelope.LogEntry, error) {
	err := s.needPeople(ctx, namedIn(entries)...)
	if err != nil && !isPersonError(err) {
		return nil, err
	}
	defer func() { t.ahead = nil }()
	fresh, marks := false, s.marksOf(t.id)
	for n, entry := range entries {
		if entry.Seq > s.believable(t.id, entry.Seq) {
			return nil, nil
		}
		if err := t.otherThanSeen(marks, entry); err != nil {
			return nil, err
		}
		refused := s.take(t, entry)
		if refused != nil && !fresh {
			fresh = true
			if err = s.refreshAround(ctx, t, entries); err != nil && !isPersonError(err) {
				return nil, err
			}
			refused = s.take(t, entry)
		}
		if envelope.CodeOf(refused) == envelope.RevokedDevice && t.ahead == nil {
			if !whole {
				return entries[n:], nil
			}
			t.ahead = placesOf(entries[n:])
			refused = s.take(t, entry)
		}
		switch {
		case refused != nil && err != nil:
			return nil, errors.Join(err, refused)
		case refused != nil:
			return nil, s.judge(t, entry, refused)
		}
	}
	return nil, nil
}

func (s *Session) refreshAround(ctx context.Context, t *thread, entries []*envelope.LogEntry) error {
	if err := s.refreshManifests(ctx); err != nil {
		return err
	}
	return s.refreshPeople(ctx, append(t.people(), namedIn(entries)...)...)
}

// namedIn are the people whom create and membership entries name; everybody else in a log is a member already.
func namedIn(entries []*envelope.LogEntry) []id.Person {
	var named []id.Person
	for _, entry := range entries {
		if entry.Kind != envelope.EntryCreate && entry.Kind != envelope.EntryMembership {
			continue
		}
		signed, err := envelope.Parse[envelope.Signed](entry.Body)
		if err != nil {
			continue // it will be refused when its turn comes
		}
		if object, err := envelope.DecodeAny(signed.Object); err == nil {
			named = append(named, peopleIn(object)...)
		}
	}
	return named
}

package client

import (
	"errors"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// entryRefused is a refusal of what a server served as an entry of a thread's log, when everything that it was judged by is known. What comes unasked
// is asked for once more before it freezes a thread.
type entryRefused struct {
	error
	what Freeze
}

// Unwrap gives the refusal.
func (e *entryRefused) Unwrap() error { return e.error }

// servedWrong is a refusal of what lies beside the log, such as a half: no entry is wrong, and the right one may come yet.
type servedWrong struct{ error }

// Unwrap gives the refusal.
func (w *servedWrong) Unwrap() error { return w.error }

// freezeRefused freezes a thread whose log has an entry that was refused.
func (s *Session) freezeRefused(t *thread, err error) error {
	if refused, ok := errors.AsType[*entryRefused](err); ok {
		return s.freeze(t.id, refused.what, err)
	}
	return err
}

// judge says in which way an entry that was refused contradicts what is here.
func (s *Session) judge(t *thread, entry *envelope.LogEntry, refused error) error {
	if _, refusal := errors.AsType[*envelope.Refusal](refused); !refusal {
		return refused
	}
	if _, beside := errors.AsType[*servedWrong](refused); beside {
		return refused
	}
	what := Freeze{Kind: envelope.ConflictRefused, From: t.log.Seq() + 1, Seq: entry.Seq, Shown: entry.LogHash}
	if theirs, signed := s.statementOf(entry); signed {
		what.add(theirs)
		if kind, ours := t.contradicts(entry, theirs); kind != 0 {
			what.Kind = kind
			if ours != nil {
				said, _ := s.statementOf(ours)
				what.add(said)
			}
		}
	}
	return &entryRefused{refused, what}
}

// otherThanSeen refuses an entry at a place of which a bookmark says that there is another log.
func (t *thread) otherThanSeen(marks []envelope.Bookmark, entry *envelope.LogEntry) error {
	for _, mark := range marks {
		if mark.Seq == entry.Seq && mark.LogHash != entry.LogHash {
			return &entryRefused{refuse(envelope.BrokenChain, "another history than this person has seen"), Freeze{
				Kind: envelope.ConflictBookmark, From: min(entry.Seq, t.log.Seq()+1), Seq: entry.Seq, Seen: mark.LogHash, Shown: entry.LogHash,
			}}
		}
	}
	return nil
}

// seeEntryAgain is seeAgain, and freezes a thread when something else is in the place of what is here.
func (s *Session) seeEntryAgain(t *thread, entry *envelope.LogEntry) error {
	err := t.seeAgain(entry)
	_, refusal := errors.AsType[*envelope.Refusal](err)
	if _, beside := errors.AsType[*servedWrong](err); !refusal || beside || entry.Thread != t.id || t.logHashAt(entry.Seq).IsZero() {
		return err
	}
	ours := t.served[entry.Seq-1]
	what := Freeze{Kind: envelope.ConflictRefused, From: t.log.Seq() + 1, Seq: entry.Seq, Seen: ours.LogHash, Shown: entry.LogHash}
	if entry.LogHash != ours.LogHash {
		what.Kind = envelope.ConflictForkedLog
		for _, one := range []*envelope.LogEntry{ours, entry} {
			if said, signed := s.statementOf(one); signed {
				what.add(said)
			}
		}
	}
	return s.freeze(t.id, what, err)
}

// statement is an entry, and who signed it.
type statement struct {
	entry  id.Hash
	author id.Person
}

func (f *Freeze) add(said statement) {
	f.Entries, f.Authors = append(f.Entries, said.entry), append(f.Authors, said.author)
}

// statementOf tells who signed the body of an entry, whatever else is wrong with it; false when no device of the person did.
func (s *Session) statementOf(entry *envelope.LogEntry) (statement, bool) {
	var object []byte
	var signature [64]byte
	var author id.Person
	var device id.Device
	if entry.Kind == envelope.EntryMessage {
		message, err := envelope.Parse[envelope.Message](entry.Body)
		if err != nil {
			return statement{}, false
		}
		header, err := headerOf(entry.Body)
		if err != nil {
			return statement{}, false
		}
		if object, err = digestOf(message); err != nil {
			return statement{}, false
		}
		signature, author, device = message.Signature, header.Person, header.Device
	} else {
		signed, err := envelope.Parse[envelope.Signed](entry.Body)
		if err != nil || len(signed.Signatures) != 1 {
			return statement{}, false
		}
		said, err := envelope.DecodeAny(signed.Object)
		if err != nil {
			return statement{}, false
		}
		object, signature = signed.Object, signed.Signatures[0].Signature
		author, device = authorOf(said)
	}
	hash, err := envelope.HashBytes(object)
	if err != nil || !s.didSign(author, device, object, signature) {
		return statement{}, false
	}
	return statement{hash, author}, true
}

// digestOf is what the author of a message signed.
func digestOf(message *envelope.Message) ([]byte, error) {
	return envelope.Encode(&envelope.MessageDigest{
		Header: message.Header, Commitment: message.Commitment, Ciphertext: envelope.HashLabel("ciphertext", message.Ciphertext),
	})
}

// placesOf are where entries stand, as the server says, by their hashes. Whatever is not as it says is refused when its turn comes.
func placesOf(entries []*envelope.LogEntry) map[id.Hash]uint64 {
	places := make(map[id.Hash]uint64, len(entries))
	for _, entry := range entries {
		if hash, err := hashOf(entry); err == nil {
			places[hash] = entry.Seq
		}
	}
	return places
}

// hashOf is an entry's hash.
func hashOf(entry *envelope.LogEntry) (id.Hash, error) {
	switch entry.Kind {
	case envelope.EntryMessage:
		message, err := envelope.Parse[envelope.Message](entry.Body)
		if err != nil {
			return id.Hash{}, err
		}
		digest, err := digestOf(message)
		if err != nil {
			return id.Hash{}, err
		}
		return envelope.HashBytes(digest)
	case envelope.EntryTombstone:
		tombstone, err := envelope.Parse[envelope.Tombstone](entry.Body)
		if err != nil {
			return id.Hash{}, err
		}
		return tombstone.Entry, nil
	}
	signed, err := envelope.Parse[envelope.Signed](entry.Body)
	if err != nil {
		return id.Hash{}, err
	}
	return signed.Hash()
}

func (s *Session) didSign(author id.Person, device id.Device, object []byte, signature [64]byte) bool {
	state := s.people[author]
	if state == nil {
		return false
	}
	certified, ok := state.Device(device)
	return ok && envelope.VerifyObject(object, certified.Key, signature) == nil
}

// authorOf is who says to have signed an entry.
func authorOf(said envelope.Object) (id.Person, id.Device) {
	if create, ok := said.(*envelope.Create); ok {
		return create.Person, create.Device
	}
	if core := coreOf(said); core != nil {
		return core.Person, core.Device
	}
	head, _ := headOf(said)
	return head.Person, head.Device
}

// coreOf reads a record; nil for anything else.
func coreOf(said envelope.Object) *envelope.EpochCore {
	record, ok := said.(*envelope.EpochRecord)
	if !ok {
		return nil
	}
	core, err := envelope.Parse[envelope.EpochCore](record.Core)
	if err != nil {
		return nil
	}
	return core
}

// contradicts compares what somebody signed with the thread: the kind of contradiction, and the entry that is here in its place; zero for none.
func (t *thread) contradicts(entry *envelope.LogEntry, theirs statement) (envelope.ConflictKind, *envelope.LogEntry) {
	if entry.Kind == envelope.EntryMessage {
		if header, err := headerOf(entry.Body); err == nil && (header.SeenSeq >= entry.Seq || header.SeenHash != t.logHashAt(header.SeenSeq)) {
			return envelope.ConflictSplitView, nil
		}
		return 0, nil
	}
	signed, err := envelope.Parse[envelope.Signed](entry.Body)
	if err != nil {
		return 0, nil
	}
	said, err := envelope.DecodeAny(signed.Object)
	if err != nil {
		return 0, nil
	}
	if core := coreOf(said); core != nil {
		return t.contradictsRecord(core, theirs)
	}
	head, ok := headOf(said)
	if !ok || t.membership == nil {
		return 0, nil
	}
	at := slices.Index(t.memberHeads(), head.Previous)
	if at < 0 || at >= len(t.changes) || t.changes[at].hash == theirs.entry {
		return 0, nil
	}
	return envelope.ConflictForkedMembers, t.served[t.changes[at].seq-1]
}

func (t *thread) contradictsRecord(core *envelope.EpochCore, theirs statement) (envelope.ConflictKind, *envelope.LogEntry) {
	if there, ok := t.epochAt(core.Epoch); ok && there.Hash != theirs.entry {
		seq, _ := t.log.Position(there.Hash)
		return envelope.ConflictForkedKeys, t.served[seq-1]
	}
	heads := t.memberHeads()
	if int64(core.MembershipSeq) >= int64(len(heads)) || heads[core.MembershipSeq] != core.MembershipHead {
		return envelope.ConflictSplitView, nil
	}
	return 0, nil
}

// memberHeads are the hashes of the membership log, the creating entry first.
func (t *thread) memberHeads() []id.Hash {
	heads := []id.Hash{id.Hash(t.id)}
	for _, change := range t.changes {
		heads = append(heads, change.hash)
	}
	return heads
}

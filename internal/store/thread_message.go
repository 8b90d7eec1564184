package store

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// AddMessage implements thread.Log. Messages that wait together are read and written together: a batch costs four statements, not four for
// each message, and shares a commit with whatever else is being written. The cost does not depend on the length of the log.
func (t Threads) AddMessage(
	ctx context.Context, m thread.NewMessage, admit func(thread.Standing) (bool, error), done func(thread.Written),
) (thread.StoredEntry, error) {
	s := &sending{message: m, admit: admit, done: done, answered: make(chan struct{})}
	if err := t.sends.add(ctx, s); err != nil {
		return thread.StoredEntry{}, err
	}
	return s.entry, s.err
}

// sending is one message on its way into the log.
type sending struct {
	message  thread.NewMessage
	admit    func(thread.Standing) (bool, error)
	done     func(thread.Written)
	answered chan struct{}

	// The result of the latest attempt.
	entry    thread.StoredEntry
	err      error
	accepted bool
	changes  func(*Tx, *sending) error // what it changes beside the log, nil for nothing
	panic    any
}

// batch runs sends in one transaction. An error means that none of them was written for a reason that is not their own.
func (t Threads) batch(sends []*sending) error {
	return t.db.Group(context.Background(), func(tx *Tx) error {
		standings, err := standingsOf(&tx.View, sends)
		if err != nil {
			return err
		}
		b := batch{
			tx: tx, threads: map[id.Thread]*tail{}, devices: map[deviceIn]link{}, messages: map[messageIn]*thread.StoredEntry{},
			confirmed: map[memberIn]time.Time{},
		}
		for n, s := range sends {
			if err := b.judge(s, standings[n]); err != nil {
				return err
			}
		}
		return b.write(sends)
	})
}

// batch is what the messages before have changed, as the next one must see it.
type batch struct {
	tx       *Tx
	threads  map[id.Thread]*tail
	devices  map[deviceIn]link
	messages map[messageIn]*thread.StoredEntry
	// confirmed is who confirmed the patient's identity.
	confirmed map[memberIn]time.Time
}

// tail is where a thread stands within the batch.
type tail struct {
	writer
	began uint64 // its seq before the batch
}

type memberIn struct {
	thread id.Thread
	person id.Person
}

type deviceIn struct {
	thread id.Thread
	device id.Device
}

type messageIn struct {
	thread  id.Thread
	message id.Message
}

// link is the end of a device's chain.
type link struct {
	seq   uint64
	entry id.Hash
}

// judge asks whether a message may be added and gives it its place.
func (b *batch) judge(s *sending, standing thread.Standing) error {
	h := &s.message.Header
	s.entry, s.err, s.accepted = thread.StoredEntry{}, nil, false
	if standing.State.Thread.IsZero() {
		s.err = thread.ErrUnknown
		return nil
	}
	t := b.threads[h.Thread]
	if t == nil {
		t = &tail{writer: writer{tx: b.tx, state: standing.State, at: s.message.At}, began: standing.State.Seq}
		b.threads[h.Thread] = t
	}
	standing.State = t.state
	if end, ok := b.devices[deviceIn{h.Thread, h.Device}]; ok {
		standing.DeviceSeq, standing.DeviceEntry = end.seq, end.entry
	}
	if there, ok := b.messages[messageIn{h.Thread, h.Message}]; ok {
		standing.There = there
	}
	if thread.NeedsIdentity(h.Kind) {
		var err error
		if standing.Confirmed, err = b.confirmedBy(memberIn{h.Thread, h.Person}, t.state.LinkSeq); err != nil {
			return err
		}
	}
	members, err := s.admit(standing)
	if errors.Is(err, thread.ErrAlreadyThere) && standing.There != nil {
		s.entry = *standing.There
		return nil
	}
	if err != nil {
		s.err = err
		return nil
	}
	t.at, t.entries = s.message.At, nil
	t.state.EpochMessages++
	s.entry = thread.StoredEntry{
		Entry:   t.next(thread.NewEntry{Kind: envelope.EntryMessage, Hash: s.message.Hash, Body: s.message.Body}),
		Message: h.Message, Commitment: h.ShredCommit, Live: true,
	}
	s.accepted = true
	b.devices[deviceIn{h.Thread, h.Device}] = link{h.DeviceSeq, s.message.Hash}
	b.messages[messageIn{h.Thread, h.Message}] = &s.entry
	s.changes = nil
	switch {
	case h.Kind == envelope.KindConfirm:
		b.confirmed[memberIn{h.Thread, h.Person}] = s.message.At
	case h.Kind == envelope.KindQuarantine && t.state.Quarantined == 0:
		t.state.Quarantined = s.entry.Seq
		s.changes = quarantine
	case thread.TakesNote(t.state, h):
		s.changes = takeNote
	}
	written := thread.Written{State: t.state, Entries: t.entries}
	if members {
		if written.Members, err = currentMembers(&b.tx.View, h.Thread); err != nil {
			return err
		}
	}
	b.tx.AfterCommit(func() { s.done(written) })
	return nil
}

// write writes what was accepted.
func (b *batch) write(sends []*sending) error {
	var accepted []*sending
	for _, s := range sends {
		if s.accepted {
			accepted = append(accepted, s)
		}
	}
	if err := halves(len(accepted), func(from, to int) error { return b.insert(accepted[from:to]) }); err != nil {
		return err
	}
	for _, s := range accepted {
		if s.message.Header.Kind == envelope.KindDecision {
			if err := b.tx.mark(&s.message.Header, s.entry.Entry); err != nil {
				return err
			}
		}
	}
	var ends []deviceIn
	for device := range b.devices {
		ends = append(ends, device)
	}
	if err := halves(len(ends), func(from, to int) error { return b.chain(ends[from:to]) }); err != nil {
		return err
	}
	var moved []*tail
	for _, t := range b.threads {
		if t.state.Seq > t.began {
			moved = append(moved, t)
		}
	}
	if err := halves(len(moved), func(from, to int) error { return b.move(moved[from:to]) }); err != nil {
		return err
	}
	for _, s := range accepted {
		if s.changes != nil {
			if err := s.changes(b.tx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// confirmedBy is when somebody last confirmed the identity of a thread's patient under its present link, zero for never. Only the few kinds of
// message that need it ask.
func (b *batch) confirmedBy(who memberIn, since uint64) (time.Time, error) {
	if at, ok := b.confirmed[who]; ok {
		return at, nil
	}
	return confirmedBy(&b.tx.View, who.thread, who.person, since)
}

func confirmedBy(v *View, in id.Thread, person id.Person, since uint64) (time.Time, error) {
	var at int64
	err := v.Row(`SELECT COALESCE(MAX(at), 0) FROM thread_log WHERE thread = $1 AND person = $2 AND content = 13 AND seq > $3`,
		in, person, int64(since)).Scan(&at)
	return sometime(at), err
}

func (b *batch) insert(accepted []*sending) error {
	const width = 18
	args := make([]any, 0, width*len(accepted))
	for _, s := range accepted {
		h, e := &s.message.Header, &s.entry.Entry
		args = append(args, h.Thread, e.Seq, uint8(e.Kind), e.At.UnixMilli(), e.Hash, e.LogHash, h.Message, h.Person, h.Device, h.DeviceSeq, h.Epoch,
			uint64(h.Time), uint8(h.Kind), h.Kind == envelope.KindDecision, h.ShredCommit, e.Body, keptAs(h), sweptTo(h))
	}
	_, err := b.tx.Exec(`INSERT INTO thread_log (thread, seq, kind, at, entry, log_hash, message, person, device, device_seq, epoch, sent_at,
		content, unfiled, commitment, body, retention, seen_seq) VALUES `+tuples(len(accepted), width), args...)
	return err
}

// keptAs is the class of a message. The signed answer of a sweep outlives what it let go.
func keptAs(h *envelope.Header) uint8 {
	if h.Kind == envelope.KindSweep {
		return max(h.Retention, envelope.RetentionLong)
	}
	return h.Retention
}

// sweptTo is up to where a sweep answered for the thread; of other messages nobody asks.
func sweptTo(h *envelope.Header) any {
	if h.Kind == envelope.KindSweep {
		return h.SeenSeq
	}
	return nil
}

func (b *batch) chain(ends []deviceIn) error {
	const width = 5
	args := make([]any, 0, width*len(ends))
	for _, end := range ends {
		last := b.devices[end]
		args = append(args, end.thread, end.device, last.seq, last.entry, last.entry)
	}
	_, err := b.tx.Exec(`INSERT INTO thread_device (thread, device, device_seq, message, entry) VALUES `+tuples(len(ends), width)+`
		ON CONFLICT (thread, device) DO UPDATE SET device_seq = excluded.device_seq, message = excluded.message, entry = excluded.entry`, args...)
	return err
}

// move brings the threads' rows to the ends of their logs. The rows of the log say where those are.
func (b *batch) move(tails []*tail) error {
	args := make([]any, 0, 2*len(tails))
	var steps, names strings.Builder
	for n, t := range tails {
		args = append(args, t.state.Thread, int64(t.state.Seq-t.began))
		name, step := "$"+strconv.Itoa(2*n+1), "$"+strconv.Itoa(2*n+2)
		steps.WriteString(" WHEN " + name + " THEN CAST(" + step + " AS BIGINT)")
		if n > 0 {
			names.WriteString(", ")
		}
		names.WriteString(name)
	}
	moved, err := b.tx.Exec(`UPDATE thread SET seq = l.seq, log_hash = l.log_hash, last_at = l.at, last_kind = l.kind,
		epoch_messages = thread.epoch_messages + l.seq - thread.seq FROM thread_log l
		WHERE l.thread = thread.thread AND l.seq = thread.seq + CASE thread.thread`+steps.String()+` END AND thread.thread IN (`+names.String()+`)`,
		args...)
	if err == nil && moved != int64(len(tails)) {
		err = errors.New("store: a thread moved within a transaction")
	}
	return err
}

// standingsOf reads everything that decides about each message. Where there is no such thread, the standing is zero.
func standingsOf(v *View, sends []*sending) ([]thread.Standing, error) {
	standings := make([]thread.Standing, len(sends))
	err := halves(len(sends), func(from, to int) error {
		args := make([]any, 0, standingWidth*(to-from))
		for _, s := range sends[from:to] {
			h := &s.message.Header
			args = append(args, h.Person, h.Device, h.Message, int64(min(h.SeenSeq, math.MaxInt64)), h.Person, h.Thread)
		}
		return v.Each(standingQuery(to-from), args, func(row Scanner) error {
			var n int
			var s thread.Standing
			if err := scanStanding(row, &n, &s); err != nil {
				return err
			}
			s.State.Thread = sends[from+n].message.Header.Thread
			if s.Member.MemberRole != 0 {
				s.Member.Person = sends[from+n].message.Header.Person
			}
			standings[from+n] = s
			return nil
		})
	})
	return standings, err
}

const standingWidth = 6

// standingQuery asks about several messages at once. The parts are alike, and portable because each parameter stands beside the column
// that gives it its type.
func standingQuery(count int) string {
	if query, ok := standingQueries[count]; ok {
		return query
	}
	return makeStandingQuery(count)
}

var standingQueries = func() map[int]string {
	made := map[int]string{}
	for _, size := range halfSizes {
		made[size] = makeStandingQuery(size)
	}
	return made
}()

func makeStandingQuery(count int) string {
	var query strings.Builder
	for n := range count {
		if n > 0 {
			query.WriteString(" UNION ALL ")
		}
		p := func(k int) string { return "$" + strconv.Itoa(standingWidth*n+k) }
		query.WriteString(`SELECT ` + strconv.Itoa(n) + ` AS n, t.space, t.post_by, t.retention, t.seq, t.log_hash, t.membership_seq, t.epoch, t.record,
			t.epoch_membership_seq, t.epoch_issued, t.epoch_messages, t.epoch_stale, t.link_seq, t.quarantined_seq, m.member_role, m.standby, m.until_at, m.left_seq,
			d.device_seq, d.message, l.seq, l.at, l.entry, l.log_hash, l.state, seen.log_hash,
			(SELECT p.hash FROM person_log p WHERE p.person = ` + p(5) + ` ORDER BY p.seq DESC LIMIT 1)
			FROM thread t
			LEFT JOIN thread_member m ON m.thread = t.thread AND m.person = ` + p(1) + `
			LEFT JOIN thread_device d ON d.thread = t.thread AND d.device = ` + p(2) + `
			LEFT JOIN thread_log l ON l.thread = t.thread AND l.message = ` + p(3) + `
			LEFT JOIN thread_log seen ON seen.thread = t.thread AND seen.seq = ` + p(4) + `
			WHERE t.thread = ` + p(6))
	}
	return query.String()
}

func scanStanding(row Scanner, n *int, s *thread.Standing) error {
	var role, state *uint8
	var standby *bool
	var until, at *int64
	var left, deviceSeq, seq *uint64
	var there thread.StoredEntry
	err := row.Scan(n, (*uint8)(&s.State.Space), (*uint8)(&s.State.PostBy), &s.State.Retention, &s.State.Seq, &s.State.LogHash, &s.State.MembershipSeq, &s.State.Epoch,
		&s.State.Record, &s.State.EpochMembershipSeq, (*storedTime)(&s.State.EpochIssued), &s.State.EpochMessages, &s.State.EpochStale,
		&s.State.LinkSeq, &s.State.Quarantined, &role, &standby, &until, &left, &deviceSeq, &s.DeviceEntry, &seq, &at, &there.Hash, &there.LogHash, &state, &s.SeenHash, &s.PersonHead)
	if err != nil {
		return err
	}
	if role != nil {
		s.Member.MemberRole, s.Member.Standby = envelope.ThreadRole(*role), *standby
		if *until != 0 {
			s.Member.Until = time.UnixMilli(*until).UTC()
		}
		if left != nil {
			s.Member.Left = &thread.Left{Seq: *left}
		}
	}
	if deviceSeq != nil {
		s.DeviceSeq = *deviceSeq
	}
	if seq != nil {
		there.Seq, there.Kind, there.At, there.Live = *seq, envelope.EntryMessage, time.UnixMilli(*at).UTC(), *state == messageLive
		s.There = &there
	}
	return nil
}

// halfSizes are the lengths of the pieces that halves makes.
var halfSizes = [...]int{64, 32, 16, 8, 4, 2, 1}

// halves is chunks with pieces whose lengths are powers of two: fewer pieces for a batch, a few more texts to prepare.
func halves(n int, fn func(from, to int) error) error {
	from := 0
	for _, size := range halfSizes {
		for n-from >= size {
			if err := fn(from, from+size); err != nil {
				return err
			}
			from += size
		}
	}
	return nil
}

func unknownThread(err error) error {
	if errors.Is(err, ErrNotFound) {
		return thread.ErrUnknown
	}
	return err
}

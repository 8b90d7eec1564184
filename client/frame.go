package client

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// frame is one thing that the server said on the live connection.
type frame struct {
	entry   *envelope.LogEntry // a binary frame
	said    saidFrame          // a text frame
	sent    *sentFrame         // the answer to a message
	refused error              // not a frame that can be read
}

type saidFrame struct {
	Type    string    `json:"type"`
	Threads []head    `json:"threads"`
	Thread  id.Thread `json:"thread"`
	Person  id.Person `json:"person"`
	Marks   []Mark    `json:"marks"`
	Filing  *Filing   `json:"filing"`
}

// sentFrame answers a message: where it is in the log, or why it was refused.
type sentFrame struct {
	accepted
	Type   string `json:"type"`
	Ref    uint32 `json:"ref"`
	Code   string `json:"code"`
	Detail string `json:"detail"`

	members map[string]json.RawMessage
}

// result is the answer as a request would have given it. The live connection has no status: 409 stands for a refusal that is definite, and
// 500 for one that is the server's own trouble.
func (f sentFrame) result() (accepted, error) {
	if f.Type == "sent" {
		return f.accepted, nil
	}
	problem := &Problem{Status: 409, Code: f.Code, Detail: f.Detail, Extensions: f.members}
	switch f.Code {
	case "internal", "unavailable", "shutting_down", "":
		problem.Status = 500
	}
	return accepted{}, problem
}

const postMark = 0x01

func postFrame(ref uint32, one *pending) []byte {
	frame := binary.BigEndian.AppendUint32([]byte{postMark}, ref)
	return append(append(frame, one.half[:]...), one.raw...)
}

func readFrame(binary bool, data []byte) (frame, error) {
	if binary {
		entry, err := envelope.Parse[envelope.LogEntry](data)
		return frame{entry: entry}, err
	}
	var said saidFrame
	if err := json.Unmarshal(data, &said); err != nil {
		return frame{}, refuse(envelope.Malformed, "a text frame that is not what was expected")
	}
	if said.Type != "sent" && said.Type != "refused" {
		return frame{said: said}, nil
	}
	sent := &sentFrame{}
	if err := json.Unmarshal(data, sent); err != nil {
		return frame{}, refuse(envelope.Malformed, "an answer that is not what was expected")
	}
	if err := json.Unmarshal(data, &sent.members); err != nil {
		return frame{}, refuse(envelope.Malformed, "an answer that is not what was expected")
	}
	return frame{sent: sent}, nil
}

// heeding is what a batch of frames leads to.
type heeding struct {
	s       *Session
	live    *Live
	behind  map[id.Thread]bool // to be caught up with over HTTP
	opened  map[id.Thread]bool // to be finished: there may be new keys
	touched map[id.Thread]bool
	events  []Event
}

// heedFrames takes everything that has come into the session.
func (s *Session) heedFrames(ctx context.Context, l *Live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heedWaiting(ctx, l)
}

// heedWaiting is heedFrames for one who holds the session: frames are taken only then, so that they stay in order.
func (s *Session) heedWaiting(ctx context.Context, l *Live) {
	h := &heeding{s: s, live: l, behind: map[id.Thread]bool{}, opened: map[id.Thread]bool{}, touched: map[id.Thread]bool{}}
	for _, one := range l.frames.take() {
		if s.live != l { // locked, ended, or replaced: what it says does not count any more
			break
		}
		switch {
		case one.refused != nil:
			h.refused(id.Thread{}, one.refused)
		case one.entry != nil:
			h.entry(ctx, one.entry)
		default:
			h.said(ctx, one.said)
		}
	}
	if s.live == l {
		h.catchUp(ctx)
		h.tellMessages()
		h.refused(id.Thread{}, s.compareSometimes(ctx))
	}
	for _, event := range h.events {
		l.events.push(event)
	}
}

// tellMessages tells of messages that are new, however they came: as frames, or with what was asked for meanwhile. This device's own are no news.
func (h *heeding) tellMessages() {
	for in := range h.touched {
		t := h.s.threads[in]
		if t == nil {
			continue
		}
		first := len(t.messages)
		for first > 0 && t.messages[first-1].seq > t.told {
			first--
		}
		for _, m := range t.messages[first:] {
			if m.device != h.s.device.ID {
				shown := h.s.describeMessage(t, m)
				h.tell(Event{Kind: EventThread, Thread: in, Message: &shown})
			}
		}
		t.told = t.log.Seq()
	}
}

func (h *heeding) tell(event Event) { h.events = append(h.events, event) }

func (h *heeding) refused(in id.Thread, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	h.tell(Event{Kind: EventRefused, Thread: in, Err: err})
}

// entry takes in one entry of a log: the next one, or one that is here and has become a tombstone.
func (h *heeding) entry(ctx context.Context, entry *envelope.LogEntry) {
	t := h.s.threads[entry.Thread]
	h.touched[entry.Thread] = true
	switch {
	case t != nil && entry.Seq <= t.log.Seq():
		h.again(t, entry)
		return
	case h.s.frozen[entry.Thread] != nil:
		return // nothing more of it is believed
	case t == nil, t.refused != nil, entry.Seq > t.log.Seq()+1:
		h.behind[entry.Thread] = true
		return
	}
	if _, err := h.s.takeAll(ctx, t, []*envelope.LogEntry{entry}, true); err != nil {
		// It may have been damaged or out of place. What the server answers to a question may not.
		h.behind[t.id] = true
		h.refused(t.id, err)
		return
	}
	h.s.note(t)
	t.openMessages()
	if now := t.current(); entry.Kind == envelope.EntryEpoch || now != nil && !now.fetched {
		h.opened[t.id] = true
	}
	if entry.Kind != envelope.EntryMessage {
		h.tell(Event{Kind: EventThread, Thread: t.id})
	}
}

func (h *heeding) again(t *thread, entry *envelope.LogEntry) {
	was := t.served[entry.Seq-1].Kind
	if err := h.s.seeEntryAgain(t, entry); err != nil {
		h.refused(t.id, err)
		return
	}
	if t.served[entry.Seq-1].Kind == was || entry.Kind != envelope.EntryTombstone {
		return
	}
	at := slices.IndexFunc(t.messages, func(m *message) bool { return m.seq == entry.Seq })
	shown := h.s.describeMessage(t, t.messages[at])
	h.tell(Event{Kind: EventDestroyed, Thread: t.id, Message: &shown})
}

func (h *heeding) said(ctx context.Context, said saidFrame) {
	switch said.Type {
	case "heads":
		h.heads(said.Threads)
	case "synced":
		h.tell(Event{Kind: EventSynced})
	case "thread":
		h.behind[said.Thread], h.touched[said.Thread] = true, true
		h.tell(Event{Kind: EventThread, Thread: said.Thread})
	case "marks":
		h.tell(Event{Kind: EventMarks, Thread: said.Thread, Marks: said.Marks})
	case "log":
		h.refused(id.Thread{}, h.s.refreshPeople(ctx, said.Person))
		h.tell(Event{Kind: EventPerson, Person: said.Person})
	case "filing":
		h.filing(ctx, said)
	case "locked":
		h.s.shut()
		h.tell(Event{Kind: EventLocked})
	case "ended":
		h.s.shut()
		h.s.ended = true
		h.tell(Event{Kind: EventEnded})
	}
}

// heads compares what the server says that there is with what this session had when it connected; there may be more of it by now. Entries that are
// missing follow as frames.
func (h *heeding) heads(heads []head) {
	shown := map[id.Thread]bool{}
	for _, one := range heads {
		shown[one.Thread] = true
		t := h.s.threads[one.Thread]
		if t == nil {
			continue
		}
		had := h.live.have[one.Thread]
		if err := h.s.checkHead(t, one, place{had, t.logHashAt(had)}); err != nil {
			h.refused(t.id, err)
			continue
		}
		if one.Seq >= t.head.Seq {
			t.head = one
			if one.DestroyedAt > t.destroyedAt {
				h.opened[t.id] = true // tombstones that were announced while nobody was here
			}
		}
		if one.Complaints > t.heardOf {
			h.opened[t.id] = true
		}
	}
	for known := range h.live.have {
		if !shown[known] {
			h.refused(known, h.s.missing(known))
		}
	}
}

func (h *heeding) filing(ctx context.Context, said saidFrame) {
	t := h.s.threads[said.Thread]
	if t == nil || said.Filing == nil {
		return
	}
	h.refused(t.id, h.s.dropDestroyed(ctx, t, *said.Filing))
	h.tell(Event{Kind: EventFiling, Thread: t.id, Filing: said.Filing})
}

// catchUp asks over HTTP for what did not come by itself.
func (h *heeding) catchUp(ctx context.Context) {
	for in := range h.behind {
		if h.s.live != h.live {
			return
		}
		delete(h.opened, in)
		h.refused(in, h.s.syncThread(ctx, in))
	}
	for in := range h.opened {
		if t := h.s.threads[in]; t != nil && h.s.live == h.live {
			h.refused(in, t.finish(ctx, h.s))
		}
		if h.s.live == h.live {
			h.refused(in, h.s.settle(ctx, in))
		}
	}
	if h.s.live == h.live {
		h.s.report(ctx)
	}
}

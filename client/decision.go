package client

import (
	"context"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Decision is where a decision stands in its life.
type Decision struct {
	Decision          id.Message  `json:"decision"`
	Stage             string      `json:"stage"` // marked, drafted, filed, received, countersigned, eligible, destroyed, refused, corrected, withdrawn, entered-in-error
	ChangedAt         int64       `json:"changedAt"`
	MarkedBy          id.Person   `json:"markedBy"`
	MarkedAt          int64       `json:"markedAt"`
	Urgency           string      `json:"urgency"`
	Owner             id.Person   `json:"owner"`
	Deputy            *id.Person  `json:"deputy"`
	DueAt             int64       `json:"dueAt"`
	Reminders         int         `json:"reminders"`
	DraftedBy         *id.Person  `json:"draftedBy"`
	DraftedAt         int64       `json:"draftedAt"`
	Filing            *id.Filing  `json:"filing"`
	CountersignWanted bool        `json:"countersignWanted"`
	CountersignBy     *id.Person  `json:"countersignBy"`
	CountersignedBy   *id.Person  `json:"countersignedBy"`
	CountersignedAt   int64       `json:"countersignedAt"`
	Corrects          *id.Message `json:"corrects"`
	CorrectedBy       *id.Message `json:"correctedBy"`
	Act               *id.Message `json:"act"`
	Reason            string      `json:"reason"`
}

// WorklistItem is a decision that the record does not have, or that waits to be countersigned. Thread is nil where this person is not in the
// conversation.
type WorklistItem struct {
	Thread        *id.Thread `json:"thread"`
	Decision      Decision   `json:"decision"`
	Member        bool       `json:"member"`
	ToCountersign bool       `json:"toCountersign"`
	Code          string     `json:"code"`
	Reason        string     `json:"reason"`
	Attempts      int        `json:"attempts"`
	NextTryAt     int64      `json:"nextTryAt"`
}

// Decisions are where the decisions of a thread stand.
func (s *Session) Decisions(ctx context.Context, in id.Thread) ([]Decision, error) {
	if _, err := s.enterThread(in); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var body struct {
		Decisions []Decision `json:"decisions"`
	}
	err := s.call(ctx, "GET", "/v1/threads/"+in.String()+"/decisions", nil, &body)
	return body.Decisions, err
}

// DraftDecision says that this person is preparing the document.
func (s *Session) DraftDecision(ctx context.Context, in id.Thread, decision id.Message, takeOver bool) (Decision, error) {
	if err := s.enter(); err != nil {
		return Decision{}, err
	}
	defer s.mu.Unlock()
	return s.onDecision(ctx, "POST", in, decision, "draft", map[string]any{"takeOver": takeOver})
}

// PutBackDecision says that they no longer do.
func (s *Session) PutBackDecision(ctx context.Context, in id.Thread, decision id.Message) (Decision, error) {
	if err := s.enter(); err != nil {
		return Decision{}, err
	}
	defer s.mu.Unlock()
	return s.onDecision(ctx, "DELETE", in, decision, "draft", nil)
}

// WithdrawDecision takes a decision back: it says so in the thread, signed, and then tells the server which one it was about. What the server would refuse is
// not signed: everybody would read that a decision which stands no longer does.
func (s *Session) WithdrawDecision(ctx context.Context, in id.Thread, decision id.Message, reason, text string) (Decision, error) {
	if reason == WithdrawnReason {
		standing, err := s.Decisions(ctx, in)
		if err != nil {
			return Decision{}, err
		}
		if slices.ContainsFunc(standing, func(d Decision) bool { return d.Decision == decision && !slices.Contains(withdrawable, d.Stage) }) {
			return Decision{}, ErrDecisionFiled
		}
	}
	return s.actOn(ctx, in, decision, "withdraw", func(t *thread, about Reference) (envelope.MessageKind, *inner, map[string]any) {
		body := map[string]any{"reason": reason}
		if state, assertion := t.state(); assertion != nil {
			body["assertion"] = state.Assertion.Assertion
		}
		return envelope.KindWithdraw, &inner{about: &about, reason: reason, text: text}, body
	})
}

// withdrawable are the stages of what the record does not have. What was withdrawn already is so again, after a lost answer.
var withdrawable = []string{"marked", "drafted", "refused", "withdrawn"}

// CountersignDecision stands by a decision as it is in the document with that hash.
func (s *Session) CountersignDecision(ctx context.Context, in id.Thread, decision id.Message, document id.Hash) (Decision, error) {
	return s.actOn(ctx, in, decision, "countersign", func(_ *thread, about Reference) (envelope.MessageKind, *inner, map[string]any) {
		return envelope.KindCountersign, &inner{about: &about, document: &document}, map[string]any{"document": document}
	})
}

// actOn signs an act about a decision in its thread, and then tells the server which decision it was about.
func (s *Session) actOn(ctx context.Context, in id.Thread, decision id.Message, verb string,
	act func(t *thread, about Reference) (envelope.MessageKind, *inner, map[string]any)) (Decision, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return Decision{}, err
	}
	defer s.mu.Unlock()
	about, err := t.refer([]id.Message{decision})
	if err != nil {
		return Decision{}, err
	}
	kind, said, body := act(t, about[0])
	queued, err := s.enqueue(ctx, t, kind, said, envelope.UrgencyRoutine)
	if err != nil {
		return Decision{}, err
	}
	if err := s.flush(ctx, t); err != nil {
		return Decision{}, err
	}
	body["act"] = queued.id
	return s.onDecision(ctx, "POST", in, decision, verb, body)
}

// Sweep says, signed, that every decision of a thread up to here is marked as one (R49).
func (s *Session) Sweep(ctx context.Context, in id.Thread, text string) (id.Message, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return id.Message{}, err
	}
	defer s.mu.Unlock()
	queued, err := s.enqueue(ctx, t, envelope.KindSweep, &inner{text: text}, envelope.UrgencyRoutine)
	if err != nil {
		return id.Message{}, err
	}
	return queued.id, s.flush(ctx, t)
}

// Worklist is one page of outstanding decisions: scope is mine, ward or organisation; next is empty on the last page.
func (s *Session) Worklist(ctx context.Context, scope, after string) (items []WorklistItem, next string, err error) {
	if err := s.enter(); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	var body struct {
		Items []WorklistItem `json:"items"`
		Next  string         `json:"next"`
	}
	path := "/v1/worklist?scope=" + scope
	if after != "" {
		path += "&after=" + after
	}
	err = s.call(ctx, "GET", path, nil, &body)
	return body.Items, body.Next, err
}

func (s *Session) onDecision(ctx context.Context, method string, in id.Thread, decision id.Message, verb string, body any) (Decision, error) {
	var answer Decision
	err := s.again(ctx, method, "/v1/threads/"+in.String()+"/decisions/"+decision.String()+"/"+verb, body, &answer)
	return answer, err
}

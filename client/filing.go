package client

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Filing is where a decision stands on its way to the health record.
type Filing struct {
	Filing       id.Filing    `json:"filing"`
	Decision     id.Message   `json:"decision"`
	Sources      []id.Message `json:"sources"`
	State        string       `json:"state"` // waiting, filing, received, refused, failed, stopped
	Code         string       `json:"code"`
	Reason       string       `json:"reason"`
	Reference    string       `json:"reference"`
	DocumentHash id.Hash      `json:"documentHash"`
	FiledBy      id.Person    `json:"filedBy"`
	FiledAt      int64        `json:"filedAt"`
	ReceivedAt   int64        `json:"receivedAt"`
	EligibleAt   int64        `json:"eligibleAt"`
	DestroyedAt  int64        `json:"destroyedAt"`
	NextTryAt    int64        `json:"nextTryAt"`
	Held         bool         `json:"held"`
	Attempts     int          `json:"attempts"`
	// Retraction is how far the record has been told that it was entered in error: owed, retracting, retracted, refused; empty for not at all.
	Retraction string `json:"retraction"`
}

// Document is a filing before it is handed over: what a person previews is what is sent.
type Document struct {
	Filing   id.Filing
	Thread   id.Thread
	Decision id.Message
	Title    string
	HTML     []byte
	Hash     id.Hash // SHA-256 of HTML
	Sources  []Reference

	assertion []byte
}

// PrepareFiling makes the document of a decision: its statements and its own words verbatim, the background that is wanted beside it, and a summary
// when there is one, under the name of who files. Background is what is ticked; the decision's own is a proposal only.
func (s *Session) PrepareFiling(in id.Thread, decision id.Message, background []id.Message, summary string) (*Document, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.prepareFiling(t, decision, background, summary)
}

func (s *Session) prepareFiling(t *thread, decision id.Message, background []id.Message, summary string) (*Document, error) {
	decided := t.byID[decision]
	if decided == nil || decided.inner == nil || decided.kind != envelope.KindDecision || decided.inner.later {
		return nil, ErrMessageUnknown
	}
	state, assertion := t.state()
	if assertion == nil {
		return nil, refuse(envelope.WrongIdentity, "a decision without a patient")
	}
	summary, err := tidyText(summary)
	if err != nil {
		return nil, err
	}
	quoted, err := t.quoted(decided, background)
	if err != nil {
		return nil, err
	}
	document := &Document{
		Filing: id.New[id.Filing](s.client.ids), Thread: t.id, Decision: decision, assertion: state.Assertion.Assertion,
	}
	listed := false
	for _, one := range quoted {
		document.Sources = append(document.Sources, Reference{one.id, one.entry})
		listed = listed || one.id == decision
	}
	if !listed { // it has no words of its own, and marks others': a source without an excerpt
		document.Sources = insertSource(t, document.Sources, decided)
	}
	if len(document.Sources) > maxReferences {
		return nil, refuse(envelope.Malformed, "more sources than a filing may have")
	}
	s.write(document, describePatient(assertion), quoted, summary)
	document.Hash = sha256.Sum256(document.HTML)
	return document, nil
}

// excerpt is a message that is quoted; said beside the decision, or part of it.
type excerpt struct {
	*message
	beside bool
}

// quoted are the messages whose words go into the document, in the order of the thread. All of them must be readable here.
func (t *thread) quoted(decided *message, background []id.Message) ([]excerpt, error) {
	var quoted []excerpt
	add := func(one id.Message, beside bool) error {
		m := t.byID[one]
		if m == nil || !m.spoken() {
			return ErrMessageUnknown
		}
		if !slices.ContainsFunc(quoted, func(there excerpt) bool { return there.id == one }) {
			quoted = append(quoted, excerpt{m, beside})
		}
		return nil
	}
	for _, statement := range decided.inner.statements {
		if err := add(statement.Message, false); err != nil {
			return nil, err
		}
	}
	if decided.inner.text != "" {
		if err := add(decided.id, false); err != nil {
			return nil, err
		}
	}
	for _, one := range background {
		if one == decided.id {
			continue
		}
		if err := add(one, true); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(quoted, func(a, b excerpt) int { return int(int64(a.seq) - int64(b.seq)) })
	return quoted, nil
}

func insertSource(t *thread, sources []Reference, decided *message) []Reference {
	at := slices.IndexFunc(sources, func(one Reference) bool { return t.byID[one.Message].seq > decided.seq })
	if at < 0 {
		at = len(sources)
	}
	return slices.Insert(sources, at, Reference{decided.id, decided.entry})
}

// File hands a document over, for a person who has compared the patient's identifiers or who confirmed them before. The same document again gets
// the same answer.
func (s *Session) File(ctx context.Context, document *Document, check Check) (Filing, error) {
	t, err := s.enterThread(document.Thread)
	if err != nil {
		return Filing{}, err
	}
	defer s.mu.Unlock()
	if !t.isPresent(document.assertion) {
		return Filing{}, ErrRelinked // the document says who the patient was before
	}
	if err := s.confirmFirst(ctx, t, check); err != nil {
		return Filing{}, err
	}
	if err := s.flush(ctx, t); err != nil {
		return Filing{}, err
	}
	filing, err := s.handOver(ctx, document)
	if !hasCode(err, "identity_unconfirmed") || check == NotCompared || !t.isPresent(document.assertion) {
		return filing, err
	}
	if _, err := s.queueConfirm(ctx, t); err != nil { // by the server's clock the last one is too old
		return Filing{}, err
	}
	if err := s.flush(ctx, t); err != nil {
		return Filing{}, err
	}
	return s.handOver(ctx, document)
}

func (s *Session) handOver(ctx context.Context, document *Document) (Filing, error) {
	var filing Filing
	err := s.again(ctx, "POST", "/v1/threads/"+document.Thread.String()+"/filings", map[string]any{
		"filing": document.Filing, "decision": document.Decision, "sources": document.Sources, "assertion": document.assertion,
		"title": document.Title, "document": document.HTML, "documentHash": document.Hash,
	}, &filing)
	return filing, err
}

// Filings are where the decisions of a thread stand. Originals that were destroyed meanwhile are dropped here too.
func (s *Session) Filings(ctx context.Context, in id.Thread) ([]Filing, error) {
	t, err := s.enterThread(in)
	if err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	filings, err := s.fetchFilings(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, filing := range filings {
		if err := s.dropDestroyed(ctx, t, filing); err != nil {
			return nil, err
		}
	}
	return filings, nil
}

func (s *Session) fetchFilings(ctx context.Context, in id.Thread) ([]Filing, error) {
	var body struct {
		Filings []Filing `json:"filings"`
	}
	err := s.call(ctx, "GET", "/v1/threads/"+in.String()+"/filings", nil, &body)
	return body.Filings, err
}

// RetryFiling sends again what the record refused, when what stood in the way is mended.
func (s *Session) RetryFiling(ctx context.Context, in id.Thread, filing id.Filing) (Filing, error) {
	if err := s.enter(); err != nil {
		return Filing{}, err
	}
	defer s.mu.Unlock()
	var answer Filing
	err := s.call(ctx, "POST", "/v1/threads/"+in.String()+"/filings/"+filing.String()+"/retry", nil, &answer)
	return answer, err
}

package httpapi

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
)

// Records files decisions into the health record.
type Records interface {
	File(ctx context.Context, by record.Clinician, submission record.Submission) (record.Paper, error)
	Papers(ctx context.Context, in id.Thread, person id.Person) ([]record.Paper, error)
	Retry(ctx context.Context, by record.Clinician, in id.Thread, filing id.Filing) (record.Paper, error)
	Letters(ctx context.Context, states []record.State, after record.LetterPlace, limit int) ([]record.Paper, record.LetterPlace, error)
	Letter(ctx context.Context, filing id.Filing) (record.Paper, error)
	Replay(ctx context.Context, by record.Clinician, filing id.Filing) (record.Paper, error)
	AskRetraction(ctx context.Context, by record.Clinician, in id.Thread, filing id.Filing, assertion []byte) (record.Paper, error)
}

func (a *API) registerFilings() {
	route(a, "POST /v1/threads/{thread}/filings", Bound, "fileDecision",
		"Hand a decision over for the health record; the same filing again gets the same answer (R19)", a.fileDecision, limit(filingBody), gated(a))
	route(a, "GET /v1/threads/{thread}/filings", Bound, "listFilings", "Where the decisions of a conversation stand", a.listFilings)
	route(a, "POST /v1/threads/{thread}/filings/{filing}/retry", Bound, "retryFiling",
		"Try again what the record refused, after what stood in the way is mended", a.retryFiling, gated(a))
	route(a, "POST /v1/threads/{thread}/filings/{filing}/retraction", Bound, "retractFiling",
		"Have the record mark a filing as entered in error, after the conversation was found to be linked to the wrong patient (R51)", a.retractFiling)
}

// filingBody is a megabyte of document in base64, and what goes with it.
const filingBody = 1<<20*4/3 + 96<<10

type sourceBody struct {
	Message id.Message `json:"message"`
	Entry   id.Hash    `json:"entry" doc:"the message's entry hash"`
}

type fileInput struct {
	Thread id.Thread `path:"thread"`
	Body   struct {
		Filing       id.Filing    `json:"filing" doc:"made by the client; the same id is the same filing"`
		Decision     id.Message   `json:"decision"`
		Sources      []sourceBody `json:"sources" maxItems:"200" doc:"the decision and every message quoted, in the order of the conversation"`
		Assertion    []byte       `json:"assertion" doc:"the signed patient-assertion of the conversation"`
		Title        string       `json:"title" maxLength:"200"`
		Document     []byte       `json:"document" doc:"HTML, see docs/integrate/document.md"`
		DocumentHash id.Hash      `json:"documentHash" doc:"SHA-256 of the document"`

		Corrects      *id.Message `json:"corrects,omitempty" doc:"an earlier decision that this one puts right"`
		Countersign   bool        `json:"countersign,omitempty" doc:"the originals stay until somebody has countersigned"`
		CountersignBy *id.Person  `json:"countersignBy,omitempty" doc:"who is asked to; anybody else of the conversation when absent"`
	}
}

type filingResult struct {
	Filing       id.Filing    `json:"filing"`
	Decision     id.Message   `json:"decision"`
	Replaces     *id.Filing   `json:"replaces,omitempty" doc:"the filing that this one corrects"`
	Sources      []id.Message `json:"sources"`
	State        string       `json:"state" enum:"waiting,filing,received,refused,failed,stopped"`
	Code         string       `json:"code,omitempty" doc:"of the last trouble with the record: in filing, or, where retraction is refused, in telling it of an error"`
	Reason       string       `json:"reason,omitempty" doc:"that trouble in plain words"`
	Reference    string       `json:"reference,omitempty" doc:"the record's own, after the receipt"`
	DocumentHash id.Hash      `json:"documentHash"`
	FiledBy      id.Person    `json:"filedBy"`
	FiledAt      int64        `json:"filedAt"`
	ReceivedAt   int64        `json:"receivedAt,omitempty"`
	EligibleAt   int64        `json:"eligibleAt,omitempty" doc:"when the originals may be destroyed"`
	DestroyedAt  int64        `json:"destroyedAt,omitempty"`
	NextTryAt    int64        `json:"nextTryAt,omitempty"`
	Held         bool         `json:"held" doc:"a hold keeps the originals"`
	Attempts     int          `json:"attempts"`
	Retraction   string       `json:"retraction,omitempty" enum:"owed,retracting,retracted,refused" doc:"how far the record has been told that it was entered in error"`
}

func (a *API) fileDecision(ctx context.Context, in *fileInput) (*output[filingResult], error) {
	submission := record.Submission{
		Filing: in.Body.Filing, Thread: in.Thread, Decision: in.Body.Decision, Assertion: in.Body.Assertion, Title: in.Body.Title,
		Document: in.Body.Document, DocumentHash: in.Body.DocumentHash,
	}
	submission.Countersign = in.Body.Countersign
	if in.Body.Corrects != nil {
		submission.Corrects = *in.Body.Corrects
	}
	if in.Body.CountersignBy != nil {
		submission.CountersignBy = *in.Body.CountersignBy
	}
	for _, one := range in.Body.Sources {
		submission.Sources = append(submission.Sources, record.Source{Message: one.Message, Entry: one.Entry})
	}
	paper, err := a.rooms.Records.File(ctx, a.clinician(ctx), submission)
	if err != nil {
		return nil, err
	}
	return &output[filingResult]{DescribeFiling(paper)}, nil
}

type filingsInput struct {
	Thread id.Thread `path:"thread"`
}

type filingsBody struct {
	Filings []filingResult `json:"filings"`
}

func (a *API) listFilings(ctx context.Context, in *filingsInput) (*output[filingsBody], error) {
	papers, err := a.rooms.Records.Papers(ctx, in.Thread, a.session(ctx).Person)
	if err != nil {
		return nil, err
	}
	body := filingsBody{Filings: []filingResult{}}
	for _, paper := range papers {
		body.Filings = append(body.Filings, DescribeFiling(paper))
	}
	return &output[filingsBody]{body}, nil
}

type retryInput struct {
	Thread id.Thread `path:"thread"`
	Filing id.Filing `path:"filing"`
}

func (a *API) retryFiling(ctx context.Context, in *retryInput) (*output[filingResult], error) {
	paper, err := a.rooms.Records.Retry(ctx, a.clinician(ctx), in.Thread, in.Filing)
	if err != nil {
		return nil, err
	}
	return &output[filingResult]{DescribeFiling(paper)}, nil
}

type retractInput struct {
	Thread id.Thread `path:"thread"`
	Filing id.Filing `path:"filing"`
	Body   struct {
		Assertion []byte `json:"assertion" doc:"the signed patient-assertion of the conversation: the server does not know whose record it is"`
	}
}

func (a *API) retractFiling(ctx context.Context, in *retractInput) (*output[filingResult], error) {
	paper, err := a.rooms.Records.AskRetraction(ctx, a.clinician(ctx), in.Thread, in.Filing, in.Body.Assertion)
	if err != nil {
		return nil, err
	}
	return &output[filingResult]{DescribeFiling(paper)}, nil
}

func (a *API) clinician(ctx context.Context) record.Clinician {
	s := current(ctx)
	return record.Clinician{Person: s.Person, Name: s.DisplayName, Role: s.Role}
}

// DescribeFiling is a filing as the API and the live connection tell it.
func DescribeFiling(p record.Paper) filingResult {
	result := filingResult{
		Filing: p.ID, Decision: p.Decision, Sources: []id.Message{}, State: p.State.String(), Code: p.Code, Reason: p.Reason, Reference: p.Reference,
		DocumentHash: p.DocumentHash, FiledBy: p.FiledBy, FiledAt: p.FiledAt.UnixMilli(), ReceivedAt: whenOrZero(p.ReceivedAt),
		EligibleAt: whenOrZero(p.EligibleAt), DestroyedAt: whenOrZero(p.DestroyedAt), NextTryAt: whenOrZero(p.NextTryAt), Held: p.Held, Attempts: p.Attempts, Retraction: p.Retraction.String(),
	}
	if !p.Replaces.IsZero() {
		result.Replaces = &p.Replaces
	}
	for _, one := range p.Sources {
		result.Sources = append(result.Sources, one.Message)
	}
	return result
}

// unixOrZero is a time that may not have come, in milliseconds.
func whenOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

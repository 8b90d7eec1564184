package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/people"
	"github.com/wardline/wardline/internal/record"
)

// Decisions is the life of decisions, and the lists of those that the record does not have.
type Decisions interface {
	Decisions(ctx context.Context, in id.Thread, person id.Person) ([]record.Decision, error)
	Draft(ctx context.Context, by record.Clinician, in id.Thread, decision id.Message, takeOver bool) (record.Decision, error)
	PutBack(ctx context.Context, by record.Clinician, in id.Thread, decision id.Message) (record.Decision, error)
	Withdraw(ctx context.Context, by record.Clinician, in id.Thread, decision id.Message, w record.Withdrawal) (record.Decision, error)
	Countersign(ctx context.Context, by record.Clinician, in id.Thread, decision, act id.Message, document id.Hash) (record.Decision, error)
	Worklist(ctx context.Context, q record.WorklistQuery) ([]record.Item, bool, error)
}

func (a *API) registerDecisions() {
	route(a, "GET /v1/threads/{thread}/decisions", Bound, "listDecisions", "Where the decisions of a conversation stand in their life", a.listDecisions)
	route(a, "POST /v1/threads/{thread}/decisions/{decision}/draft", Bound, "draftDecision",
		"Say that you are preparing the document, so that nobody else does; being_drafted names who is", a.draftDecision, gated(a))
	route(a, "DELETE /v1/threads/{thread}/decisions/{decision}/draft", Bound, "putBackDecision", "Say that you no longer prepare it", a.putBackDecision)
	route(a, "POST /v1/threads/{thread}/decisions/{decision}/withdraw", Bound, "withdrawDecision",
		"Take a decision back, after a signed message of kind withdraw: before it was filed, or as entered in error", a.withdrawDecision)
	route(a, "POST /v1/threads/{thread}/decisions/{decision}/countersign", Bound, "countersignDecision",
		"Stand by a decision as it is in the record, after a signed message of kind countersign", a.countersignDecision, gated(a))
	route(a, "GET /v1/worklist", Bound, "listWorklist", "Decisions that the record does not have: yours, your ward's or the organisation's (R19)", a.worklist)
}

type decisionResult struct {
	Decision          id.Message  `json:"decision"`
	Stage             string      `json:"stage" enum:"marked,drafted,filed,received,countersigned,eligible,destroyed,refused,corrected,withdrawn,entered-in-error"`
	ChangedAt         int64       `json:"changedAt"`
	MarkedBy          id.Person   `json:"markedBy"`
	MarkedAt          int64       `json:"markedAt"`
	Urgency           string      `json:"urgency" enum:"routine,action,urgent,emergency"`
	Owner             id.Person   `json:"owner" doc:"who has to see that it is filed"`
	Deputy            *id.Person  `json:"deputy,omitempty" doc:"who was told when the owner did not"`
	DueAt             int64       `json:"dueAt" doc:"when it is overdue"`
	Reminders         int         `json:"reminders"`
	DraftedBy         *id.Person  `json:"draftedBy,omitempty"`
	DraftedAt         int64       `json:"draftedAt,omitempty"`
	Filing            *id.Filing  `json:"filing,omitempty" doc:"the newest"`
	CountersignWanted bool        `json:"countersignWanted"`
	CountersignBy     *id.Person  `json:"countersignBy,omitempty" doc:"who was asked; nobody in particular when absent"`
	CountersignedBy   *id.Person  `json:"countersignedBy,omitempty"`
	CountersignedAt   int64       `json:"countersignedAt,omitempty"`
	Corrects          *id.Message `json:"corrects,omitempty"`
	CorrectedBy       *id.Message `json:"correctedBy,omitempty"`
	Act               *id.Message `json:"act,omitempty" doc:"the signed message that took it back"`
	Reason            string      `json:"reason,omitempty" enum:"withdrawn,error,wrong-patient"`
}

// DescribeDecision is a decision as the API and the live connection tell it.
func DescribeDecision(d record.Decision) decisionResult {
	return decisionResult{
		Decision: d.Message, Stage: d.Stage.String(), ChangedAt: d.ChangedAt.UnixMilli(), MarkedBy: d.MarkedBy, MarkedAt: d.MarkedAt.UnixMilli(),
		Urgency: d.Urgency.String(), Owner: d.Owner, Deputy: orNothing(d.Deputy), DueAt: d.DueAt.UnixMilli(), Reminders: d.Reminders,
		DraftedBy: orNothing(d.DraftedBy), DraftedAt: whenOrZero(d.DraftedAt), Filing: orNothing(d.Filing),
		CountersignWanted: d.CountersignWanted, CountersignBy: orNothing(d.CountersignBy), CountersignedBy: orNothing(d.CountersignedBy),
		CountersignedAt: whenOrZero(d.CountersignedAt), Corrects: orNothing(d.Corrects), CorrectedBy: orNothing(d.CorrectedBy),
		Act: orNothing(d.Act), Reason: d.Reason,
	}
}

// orNothing leaves a zero id out of an answer.
func orNothing[T interface {
	comparable
	IsZero() bool
}](value T) *T {
	if value.IsZero() {
		return nil
	}
	return &value
}

type decisionsBody struct {
	Decisions []decisionResult `json:"decisions"`
}

func (a *API) listDecisions(ctx context.Context, in *filingsInput) (*output[decisionsBody], error) {
	decisions, err := a.rooms.Decisions.Decisions(ctx, in.Thread, a.session(ctx).Person)
	if err != nil {
		return nil, err
	}
	body := decisionsBody{Decisions: []decisionResult{}}
	for _, one := range decisions {
		body.Decisions = append(body.Decisions, DescribeDecision(one))
	}
	return &output[decisionsBody]{body}, nil
}

type decisionInput struct {
	Thread   id.Thread  `path:"thread"`
	Decision id.Message `path:"decision"`
}

type draftInput struct {
	Thread   id.Thread  `path:"thread"`
	Decision id.Message `path:"decision"`
	Body     struct {
		TakeOver bool `json:"takeOver,omitempty" doc:"even if somebody else is preparing it"`
	}
}

func (a *API) draftDecision(ctx context.Context, in *draftInput) (*output[decisionResult], error) {
	return described(a.rooms.Decisions.Draft(ctx, a.clinician(ctx), in.Thread, in.Decision, in.Body.TakeOver))
}

func (a *API) putBackDecision(ctx context.Context, in *decisionInput) (*output[decisionResult], error) {
	return described(a.rooms.Decisions.PutBack(ctx, a.clinician(ctx), in.Thread, in.Decision))
}

type withdrawInput struct {
	Thread   id.Thread  `path:"thread"`
	Decision id.Message `path:"decision"`
	Body     struct {
		Act       id.Message `json:"act" doc:"the signed message of kind withdraw"`
		Reason    string     `json:"reason" enum:"withdrawn,error,wrong-patient"`
		Assertion []byte     `json:"assertion,omitempty" doc:"the signed patient-assertion; needed once the record has the document"`
	}
}

func (a *API) withdrawDecision(ctx context.Context, in *withdrawInput) (*output[decisionResult], error) {
	return described(a.rooms.Decisions.Withdraw(ctx, a.clinician(ctx), in.Thread, in.Decision,
		record.Withdrawal{Act: in.Body.Act, Reason: in.Body.Reason, Assertion: in.Body.Assertion}))
}

type countersignInput struct {
	Thread   id.Thread  `path:"thread"`
	Decision id.Message `path:"decision"`
	Body     struct {
		Act      id.Message `json:"act" doc:"the signed message of kind countersign"`
		Document id.Hash    `json:"document" doc:"SHA-256 of the document that was countersigned"`
	}
}

func (a *API) countersignDecision(ctx context.Context, in *countersignInput) (*output[decisionResult], error) {
	return described(a.rooms.Decisions.Countersign(ctx, a.clinician(ctx), in.Thread, in.Decision, in.Body.Act, in.Body.Document))
}

func described(d record.Decision, err error) (*output[decisionResult], error) {
	if err != nil {
		return nil, err
	}
	return &output[decisionResult]{DescribeDecision(d)}, nil
}

type worklistInput struct {
	Scope string `query:"scope" enum:"mine,ward,organisation" default:"mine"`
	After string `query:"after" maxLength:"64" doc:"the page before's next"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type worklistItem struct {
	Thread        *id.Thread     `json:"thread,omitempty" doc:"absent for whoever is not in the conversation"`
	Decision      decisionResult `json:"decision"`
	Member        bool           `json:"member"`
	ToCountersign bool           `json:"toCountersign" doc:"the record has it; you were asked to countersign"`
	Code          string         `json:"code,omitempty" doc:"of the last trouble with the record"`
	Reason        string         `json:"reason,omitempty" doc:"the last trouble in plain words"`
	Attempts      int            `json:"attempts,omitempty"`
	NextTryAt     int64          `json:"nextTryAt,omitempty"`
	Retraction    string         `json:"retraction,omitempty" enum:"owed,retracting,retracted,refused" doc:"how far the record knows that it was entered in error"`
	Reference     string         `json:"reference,omitempty" doc:"the record's own name for the document"`
}

type worklistBody struct {
	Items []worklistItem `json:"items"`
	Next  string         `json:"next,omitempty"`
}

func (a *API) worklist(ctx context.Context, in *worklistInput) (*output[worklistBody], error) {
	s := a.session(ctx)
	query := record.WorklistQuery{Scope: record.Scope(in.Scope), Limit: in.Limit}
	query.Person, query.Records = s.Person, slices.Contains(s.Permissions, people.Records)
	if query.Scope == record.Ward {
		person, err := a.rooms.Directory.Person(ctx, s.Person)
		if err != nil {
			return nil, err
		}
		query.Reader.Ward = person.Ward
	}
	var err error
	if query.After, err = readPlace(in.After); err != nil {
		return nil, err
	}
	items, more, err := a.rooms.Decisions.Worklist(ctx, query)
	if err != nil {
		return nil, err
	}
	body := worklistBody{Items: []worklistItem{}}
	for _, one := range items {
		body.Items = append(body.Items, describeItem(one))
	}
	if more {
		last := items[len(items)-1].Decision
		body.Next = writePlace(record.Place{Urgency: uint8(last.Urgency), MarkedAt: last.MarkedAt, Message: last.Message})
	}
	return &output[worklistBody]{body}, nil
}

func describeItem(one record.Item) worklistItem {
	item := worklistItem{
		Decision: DescribeDecision(one.Decision), Member: one.Member, ToCountersign: one.ToCountersign,
		Code: one.Code, Reason: one.Reason, Attempts: one.Attempts, NextTryAt: whenOrZero(one.NextTryAt), Retraction: one.Retraction.String(), Reference: one.Reference,
	}
	if one.Member {
		item.Thread = &one.Decision.Thread
	}
	return item
}

const placeBytes = 1 + 8 + id.Size

func writePlace(p record.Place) string {
	raw := binary.BigEndian.AppendUint64([]byte{p.Urgency}, uint64(p.MarkedAt.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(raw, p.Message.Bytes()...))
}

func readPlace(text string) (*record.Place, error) {
	if text == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != placeBytes {
		return nil, record.ErrCursor
	}
	marked := binary.BigEndian.Uint64(raw[1:9])
	if marked >= 1<<53 {
		return nil, record.ErrCursor
	}
	return &record.Place{Urgency: raw[0], MarkedAt: time.UnixMilli(int64(marked)).UTC(), Message: id.Message(raw[9:])}, nil
}

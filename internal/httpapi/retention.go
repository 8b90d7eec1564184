package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/retention"
)

// Retention says what is kept and proves what is gone.
type Retention interface {
	Schedule(ctx context.Context) (retention.Schedule, error)
	Plan(ctx context.Context, in id.Thread) ([]retention.Line, error)
	Certificate(ctx context.Context, what retention.Subject) (retention.Certificate, error)
}

func (a *API) registerRetention() {
	need := Permission(informationGovernance)
	route(a, "GET /v1/retention/classes", Bound, "listClasses", "How long messages are kept, by space and class", a.listClasses)
	route(a, "GET /v1/retention/plan", need, "planRetention", "What would be destroyed, when and why, and what keeps the rest", a.planRetention)
	route(a, "GET /v1/retention/certificate", need, "certifyDestruction", "A certificate of what was destroyed", a.certifyDestruction)
}

type classResult struct {
	Space  string `json:"space"`
	Class  uint8  `json:"class" doc:"as in create.retention and header.retention"`
	Name   string `json:"name"`
	Days   int64  `json:"days" doc:"0: until it is decided"`
	Reason string `json:"reason"`
	Source string `json:"source"`
}

type classesBody struct {
	Classes []classResult `json:"classes"`
}

func (a *API) listClasses(ctx context.Context, _ *struct{}) (*output[classesBody], error) {
	schedule, err := a.rooms.Retention.Schedule(ctx)
	if err != nil {
		return nil, err
	}
	body := classesBody{Classes: []classResult{}}
	for _, s := range schedule {
		body.Classes = append(body.Classes, classResult{s.Space.String(), uint8(s.Class), s.Class.String(), int64(s.Period), s.Reason, s.Source})
	}
	return &output[classesBody]{body}, nil
}

type planInput struct {
	Thread string `query:"thread" maxLength:"43" doc:"each message of one conversation; empty is everything, in groups"`
}

type planLine struct {
	Space   string      `json:"space"`
	Class   string      `json:"class"`
	Days    int64       `json:"days"`
	Count   int64       `json:"count"`
	Oldest  int64       `json:"oldest"`
	Newest  int64       `json:"newest"`
	Goes    bool        `json:"goes" doc:"at the next sweep"`
	Why     string      `json:"why" enum:"filed,retention"`
	At      int64       `json:"at,omitempty" doc:"when the first of them goes if nothing else keeps it"`
	Reasons []string    `json:"reasons" doc:"everything that keeps it"`
	Message *id.Message `json:"message,omitempty"`
	Seq     uint64      `json:"seq,omitempty"`
}

type planBody struct {
	Lines []planLine `json:"lines"`
}

func (a *API) planRetention(ctx context.Context, in *planInput) (*output[planBody], error) {
	var thread id.Thread
	if in.Thread != "" {
		var err error
		if thread, err = id.ParseDigest[id.Thread](in.Thread); err != nil {
			return nil, retention.ErrThread
		}
	}
	lines, err := a.rooms.Retention.Plan(ctx, thread)
	if err != nil {
		return nil, err
	}
	body := planBody{Lines: []planLine{}}
	for _, l := range lines {
		line := planLine{
			Space: l.Space.String(), Class: l.Class.String(), Days: int64(l.Period), Count: l.Count, Oldest: l.Oldest.UnixMilli(), Newest: l.Newest.UnixMilli(),
			Goes: l.Goes(), Why: l.Why().String(), At: whenOrZero(l.At), Reasons: []string{}, Seq: l.Seq,
		}
		for _, reason := range l.Reasons {
			line.Reasons = append(line.Reasons, string(reason))
		}
		if !l.Message.IsZero() {
			line.Message = &l.Message
		}
		body.Lines = append(body.Lines, line)
	}
	return &output[planBody]{body}, nil
}

type certificateInput struct {
	Filing string `query:"filing" maxLength:"36"`
	Thread string `query:"thread" maxLength:"43"`
	From   int64  `query:"from" minimum:"0" maximum:"9007199254740991"`
	Until  int64  `query:"until" minimum:"0" maximum:"9007199254740991" doc:"not inside"`
}

type certificateBody struct {
	Certificate retention.Certificate `json:"certificate" doc:"check it with wardline retention verify"`
	Page        string                `json:"page" doc:"the same as HTML, to print"`
}

func (a *API) certifyDestruction(ctx context.Context, in *certificateInput) (*output[certificateBody], error) {
	what := retention.Subject{From: in.From, Until: in.Until}
	var err error
	if in.Filing != "" {
		if what.Filing, err = id.Parse[id.Filing](in.Filing); err != nil {
			return nil, retention.ErrSubject
		}
	}
	if in.Thread != "" {
		if what.Thread, err = id.ParseDigest[id.Thread](in.Thread); err != nil {
			return nil, retention.ErrThread
		}
	}
	certificate, err := a.rooms.Retention.Certificate(ctx, what)
	if err != nil {
		return nil, err
	}
	page, err := certificate.Page()
	return &output[certificateBody]{certificateBody{certificate, page}}, err
}

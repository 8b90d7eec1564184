package httpapi

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/retention"
)

// Holds forbids and allows destruction.
type Holds interface {
	Hold(ctx context.Context, by id.Person, scope retention.Scope, reason, requester string) (retention.Hold, error)
	Release(ctx context.Context, by id.Person, which id.Hold, reason string) (retention.Hold, error)
	Holds(ctx context.Context) ([]retention.Hold, error)
	Drill(ctx context.Context, by id.Person, scope retention.Scope) (retention.Report, error)
}

// informationGovernance is the permission of those who answer for disclosure and retention.
const informationGovernance = "information-governance"

func (a *API) registerHolds() {
	need := Permission(informationGovernance)
	route(a, "POST /v1/holds", need, "placeHold", "Forbid destruction in a scope from now on", a.placeHold)
	route(a, "GET /v1/holds", need, "listHolds", "All holds, newest first", a.listHolds)
	route(a, "POST /v1/holds/drill", need, "drillHold", "Show that a hold would win, without keeping or destroying anything", a.drillHold)
	route(a, "POST /v1/holds/{hold}/release", need, "releaseHold", "End a hold, with a reason", a.releaseHold)
}

type holdScope struct {
	Thread    *id.Thread `json:"thread,omitempty"`
	Person    *id.Person `json:"person,omitempty" doc:"everything in conversations that they are or were in"`
	NHSNumber string     `json:"nhsNumber,omitempty" maxLength:"20" doc:"looked up and forgotten"`
	From      int64      `json:"from,omitempty" minimum:"0" maximum:"9007199254740991"`
	Until     int64      `json:"until,omitempty" minimum:"0" maximum:"9007199254740991" doc:"not inside"`
}

func (s holdScope) scope() retention.Scope {
	scope := retention.Scope{NHSNumber: s.NHSNumber, From: timeOrZero(s.From), Until: timeOrZero(s.Until)}
	if s.Thread != nil {
		scope.Thread = *s.Thread
	}
	if s.Person != nil {
		scope.Person = *s.Person
	}
	return scope
}

// timeOrZero is whenOrZero's other way.
func timeOrZero(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

type holdInput struct {
	Body struct {
		Scope     holdScope `json:"scope"`
		Reason    string    `json:"reason" maxLength:"400"`
		Requester string    `json:"requester,omitempty" maxLength:"400" doc:"who asked for it"`
	}
}

type holdResult struct {
	Hold          id.Hold    `json:"hold"`
	Thread        *id.Thread `json:"thread,omitempty"`
	Person        *id.Person `json:"person,omitempty"`
	Patient       bool       `json:"patient" doc:"it covers the conversations about one patient"`
	From          int64      `json:"from,omitempty"`
	Until         int64      `json:"until,omitempty"`
	Reason        string     `json:"reason"`
	Requester     string     `json:"requester,omitempty"`
	PlacedBy      id.Person  `json:"placedBy"`
	PlacedAt      int64      `json:"placedAt"`
	Covered       int64      `json:"covered" doc:"messages that it covered when it was placed"`
	Incomplete    bool       `json:"incomplete,omitempty" doc:"the patient index did not answer: replaced numbers are not covered"`
	ReleasedBy    *id.Person `json:"releasedBy,omitempty"`
	ReleasedAt    int64      `json:"releasedAt,omitempty"`
	ReleaseReason string     `json:"releaseReason,omitempty"`
	Receipt       string     `json:"receipt" doc:"to print, for whoever asked for it"`
}

func (a *API) placeHold(ctx context.Context, in *holdInput) (*output[holdResult], error) {
	hold, err := a.rooms.Holds.Hold(ctx, a.session(ctx).Person, in.Body.Scope.scope(), in.Body.Reason, in.Body.Requester)
	if err != nil {
		return nil, err
	}
	return &output[holdResult]{a.describeHold(hold)}, nil
}

type holdsBody struct {
	Holds []holdResult `json:"holds"`
}

func (a *API) listHolds(ctx context.Context, _ *struct{}) (*output[holdsBody], error) {
	holds, err := a.rooms.Holds.Holds(ctx)
	if err != nil {
		return nil, err
	}
	body := holdsBody{Holds: []holdResult{}}
	for _, one := range holds {
		body.Holds = append(body.Holds, a.describeHold(one))
	}
	return &output[holdsBody]{body}, nil
}

type releaseInput struct {
	Hold id.Hold `path:"hold"`
	Body struct {
		Reason string `json:"reason" maxLength:"400"`
	}
}

func (a *API) releaseHold(ctx context.Context, in *releaseInput) (*output[holdResult], error) {
	hold, err := a.rooms.Holds.Release(ctx, a.session(ctx).Person, in.Hold, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &output[holdResult]{a.describeHold(hold)}, nil
}

type drillInput struct{ Body holdScope }

type drillBody struct {
	Covered int64  `json:"covered"`
	Without int64  `json:"without" doc:"messages in the scope that could go without a hold"`
	With    int64  `json:"with" doc:"and with one: 0, or the answer is drill_failed"`
	Proved  bool   `json:"proved" doc:"there was something for the hold to win against"`
	Report  string `json:"report" doc:"to print"`
}

func (a *API) drillHold(ctx context.Context, in *drillInput) (*output[drillBody], error) {
	report, err := a.rooms.Holds.Drill(ctx, a.session(ctx).Person, in.Body.scope())
	if err != nil {
		return nil, err
	}
	return &output[drillBody]{drillBody{report.Covered, report.Without, report.With, report.Proved, report.String()}}, nil
}

func (a *API) describeHold(h retention.Hold) holdResult {
	result := holdResult{
		Hold: h.ID, Patient: len(h.Patient) > 0, From: whenOrZero(h.From), Until: whenOrZero(h.Until), Reason: h.Reason, Requester: h.Requester,
		PlacedBy: h.PlacedBy, PlacedAt: h.PlacedAt.UnixMilli(), Covered: h.Covered, Incomplete: h.Incomplete,
		ReleasedAt: whenOrZero(h.ReleasedAt), ReleaseReason: h.ReleaseReason, Receipt: h.Receipt(a.about.Organisation),
	}
	if !h.Thread.IsZero() {
		result.Thread = &h.Thread
	}
	if !h.Person.IsZero() {
		result.Person = &h.Person
	}
	if !h.ReleasedBy.IsZero() {
		result.ReleasedBy = &h.ReleasedBy
	}
	return result
}

package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/retention"
)

// Holds forbids and allows destruction.
type Holds interface {
	Hold(ctx context.Context, by id.Person, in id.Thread, reason string) (retention.Hold, error)
	Release(ctx context.Context, by id.Person, which id.Hold, reason string) (retention.Hold, error)
	Holds(ctx context.Context) ([]retention.Hold, error)
}

// informationGovernance is the permission of those who answer for disclosure and retention.
const informationGovernance = "information-governance"

func (a *API) registerHolds() {
	need := Permission(informationGovernance)
	route(a, "POST /v1/holds", need, "placeHold", "Forbid destruction in a conversation from now on", a.placeHold)
	route(a, "GET /v1/holds", need, "listHolds", "All holds, newest first", a.listHolds)
	route(a, "POST /v1/holds/{hold}/release", need, "releaseHold", "End a hold, with a reason", a.releaseHold)
}

type holdInput struct {
	Body struct {
		Thread id.Thread `json:"thread"`
		Reason string    `json:"reason" maxLength:"400"`
	}
}

type holdResult struct {
	Hold          id.Hold    `json:"hold"`
	Thread        id.Thread  `json:"thread"`
	Reason        string     `json:"reason"`
	PlacedBy      id.Person  `json:"placedBy"`
	PlacedAt      int64      `json:"placedAt"`
	ReleasedBy    *id.Person `json:"releasedBy,omitempty"`
	ReleasedAt    int64      `json:"releasedAt,omitempty"`
	ReleaseReason string     `json:"releaseReason,omitempty"`
}

func (a *API) placeHold(ctx context.Context, in *holdInput) (*output[holdResult], error) {
	hold, err := a.rooms.Holds.Hold(ctx, a.session(ctx).Person, in.Body.Thread, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &output[holdResult]{describeHold(hold)}, nil
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
		body.Holds = append(body.Holds, describeHold(one))
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
	return &output[holdResult]{describeHold(hold)}, nil
}

func describeHold(h retention.Hold) holdResult {
	result := holdResult{
		Hold: h.ID, Thread: h.Thread, Reason: h.Reason, PlacedBy: h.PlacedBy, PlacedAt: h.PlacedAt.UnixMilli(),
		ReleasedAt: whenOrZero(h.ReleasedAt), ReleaseReason: h.ReleaseReason,
	}
	if !h.ReleasedBy.IsZero() {
		result.ReleasedBy = &h.ReleasedBy
	}
	return result
}

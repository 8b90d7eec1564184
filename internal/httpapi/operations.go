package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/fault"
)

// Checkpoints is the audit log's newest signed note.
type Checkpoints interface {
	Head(ctx context.Context) (size int64, checkpoint []byte, err error)
}

var errNoCheckpoint = fault.New(fault.NotFound, "checkpoint_missing", "The audit log has no checkpoint yet.")

func (a *API) registerOperations() {
	route(a, "GET /healthz", Open, "health", "The process answers", a.health)
	route(a, "GET /readyz", Open, "readiness", "The server can do its work", a.readiness)
	route(a, "GET /v1/audit/checkpoint", Bound, "getCheckpoint", "The newest signed checkpoint of the audit log (R14)", a.getCheckpoint)
}

type stateBody struct {
	State string `json:"state" enum:"ok"`
}

func (a *API) health(context.Context, *struct{}) (*output[stateBody], error) {
	return &output[stateBody]{stateBody{"ok"}}, nil
}

func (a *API) readiness(ctx context.Context, _ *struct{}) (*output[stateBody], error) {
	if a.rooms.Ready != nil {
		if err := a.rooms.Ready(ctx); err != nil {
			return nil, err
		}
	}
	return &output[stateBody]{stateBody{"ok"}}, nil
}

type checkpointBody struct {
	Checkpoint string `json:"checkpoint" doc:"a signed note"`
}

func (a *API) getCheckpoint(ctx context.Context, _ *struct{}) (*output[checkpointBody], error) {
	_, checkpoint, err := a.rooms.Checkpoints.Head(ctx)
	if err != nil {
		return nil, err
	}
	if len(checkpoint) == 0 {
		return nil, errNoCheckpoint
	}
	return &output[checkpointBody]{checkpointBody{string(checkpoint)}}, nil
}

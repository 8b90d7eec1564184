package httpapi

import "context"

func (a *API) registerOperations() {
	route(a, "GET /healthz", Open, "health", "The process answers", a.health)
	route(a, "GET /readyz", Open, "readiness", "The server can do its work", a.readiness)
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

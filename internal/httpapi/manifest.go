package httpapi

import "context"

// Manifests is the chain of root manifests and the policy that the last one names.
type Manifests interface {
	Manifests(ctx context.Context) (chain [][]byte, policy []byte, err error)
}

func (a *API) registerManifests() {
	route(a, "GET /v1/manifests", Unlocked, "getManifests", "The chain of root manifests and the policy", a.getManifests)
}

type manifestsBody struct {
	Manifests [][]byte `json:"manifests" doc:"signed root-manifest objects, version 1 first"`
	Policy    []byte   `json:"policy" doc:"the policy object named by the last manifest"`
}

type output[B any] struct{ Body B }

func (a *API) getManifests(ctx context.Context, _ *struct{}) (*output[manifestsBody], error) {
	chain, policy, err := a.rooms.Manifests.Manifests(ctx)
	if err != nil {
		return nil, err
	}
	return &output[manifestsBody]{manifestsBody{Manifests: list(chain), Policy: policy}}, nil
}

// list is never nil, because JSON would say null.
func list[E any](of []E) []E {
	if of == nil {
		return []E{}
	}
	return of
}

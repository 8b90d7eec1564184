package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// Epochs are the keys of conversations, sealed to their members.
type Epochs interface {
	Rotate(ctx context.Context, actor thread.Actor, in id.Thread, post thread.EpochPost) (seq uint64, epoch uint32, err error)
	Epochs(ctx context.Context, person id.Person, in id.Thread, from uint32, limit int) ([]thread.Epoch, error)
	Grant(ctx context.Context, actor thread.Actor, in id.Thread, grant thread.Grant) error
	Grants(ctx context.Context, person id.Person, in id.Thread) ([]thread.Grant, error)
}

func (a *API) registerEpochs() {
	route(a, "POST /v1/threads/{thread}/epochs", Bound, "addEpoch",
		"Renew the keys: of two that do it at once one wins, and the same bytes again get the same answer", a.addEpoch, limit(epochBody))
	route(a, "GET /v1/threads/{thread}/epochs", Bound, "listEpochs", "Epoch records with my own envelopes", a.listEpochs)
	route(a, "POST /v1/threads/{thread}/grants", Bound, "addGrant",
		"Give earlier keys to somebody who was added with history", a.addGrant, limit(epochBody))
	route(a, "GET /v1/threads/{thread}/grants", Bound, "listGrants", "Earlier keys that were given to me", a.listGrants)
}

type addEpochInput struct {
	Thread id.Thread `path:"thread"`
	Body   epochPost
}

type epochPlace struct {
	Seq   uint64 `json:"seq"`
	Epoch uint32 `json:"epoch"`
}

func (a *API) addEpoch(ctx context.Context, in *addEpochInput) (*output[epochPlace], error) {
	seq, epoch, err := a.rooms.Epochs.Rotate(ctx, a.device(ctx), in.Thread, in.Body.wire())
	if err != nil {
		return nil, err
	}
	return &output[epochPlace]{epochPlace{seq, epoch}}, nil
}

type epochsInput struct {
	Thread id.Thread `path:"thread"`
	From   uint32    `query:"from" default:"1" maximum:"2147483647"`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type epochsBody struct {
	Epochs []thread.Epoch `json:"epochs"`
}

func (a *API) listEpochs(ctx context.Context, in *epochsInput) (*output[epochsBody], error) {
	epochs, err := a.rooms.Epochs.Epochs(ctx, a.session(ctx).Person, in.Thread, in.From, in.Limit)
	if err != nil {
		return nil, err
	}
	return &output[epochsBody]{epochsBody{list(epochs)}}, nil
}

type addGrantInput struct {
	Thread id.Thread `path:"thread"`
	Body   struct {
		Grant     []byte   `json:"grant" doc:"signed history-grant"`
		Envelopes [][]byte `json:"envelopes" maxItems:"4096" doc:"envelope objects in the order of the grant's records"`
	}
}

func (a *API) addGrant(ctx context.Context, in *addGrantInput) (*struct{}, error) {
	return nil, a.rooms.Epochs.Grant(ctx, a.device(ctx), in.Thread, thread.Grant{Grant: in.Body.Grant, Envelopes: in.Body.Envelopes})
}

type grantsBody struct {
	Grants []thread.Grant `json:"grants"`
}

func (a *API) listGrants(ctx context.Context, in *threadInput) (*output[grantsBody], error) {
	grants, err := a.rooms.Epochs.Grants(ctx, a.session(ctx).Person, in.Thread)
	if err != nil {
		return nil, err
	}
	return &output[grantsBody]{grantsBody{list(grants)}}, nil
}

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
	PresentKeys(ctx context.Context, person id.Person, threads []id.Thread) ([]thread.PresentKeys, error)
	Grant(ctx context.Context, actor thread.Actor, in id.Thread, grant thread.Grant) error
	Grants(ctx context.Context, person id.Person, in id.Thread) ([]thread.Grant, error)
	Complain(ctx context.Context, actor thread.Actor, in id.Thread, complaint []byte) error
	Complaints(ctx context.Context, person id.Person, in id.Thread) ([]thread.Complaint, error)
	ReportConflict(ctx context.Context, actor thread.Actor, in id.Thread, conflict []byte) error
}

func (a *API) registerEpochs() {
	route(a, "POST /v1/threads/{thread}/epochs", Bound, "addEpoch",
		"Renew the keys: of two that do it at once one wins, and the same bytes again get the same answer", a.addEpoch, limit(epochBody))
	route(a, "GET /v1/threads/{thread}/epochs", Bound, "listEpochs", "Epoch records with my own envelopes", a.listEpochs)
	route(a, "POST /v1/threads/keys", Bound, "listKeys",
		"The present keys of many of my conversations at once: one question for a device that has none yet", a.listKeys)
	route(a, "POST /v1/threads/{thread}/grants", Bound, "addGrant",
		"Give earlier keys to somebody who was added with history", a.addGrant, limit(epochBody), gated(a))
	route(a, "GET /v1/threads/{thread}/grants", Bound, "listGrants", "Earlier keys that were given to me", a.listGrants)
	route(a, "POST /v1/threads/{thread}/complaints", Bound, "addComplaint",
		"Say that the keys of an epoch that lists me do not open: once for each epoch", a.addComplaint)
	route(a, "GET /v1/threads/{thread}/complaints", Bound, "listComplaints", "Complaints about keys by members", a.listComplaints)
	route(a, "POST /v1/threads/{thread}/conflicts", Bound, "reportConflict",
		"Report a conversation that contradicts itself or is gone: the answer does not say whether there is one", a.reportConflict)
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

type keysInput struct {
	Body struct {
		Threads []id.Thread `json:"threads" minItems:"1" maxItems:"500"`
	}
}

type keysBody struct {
	Keys []thread.PresentKeys `json:"keys" doc:"of those that I am in, in no order"`
}

func (a *API) listKeys(ctx context.Context, in *keysInput) (*output[keysBody], error) {
	keys, err := a.rooms.Epochs.PresentKeys(ctx, a.session(ctx).Person, in.Body.Threads)
	if err != nil {
		return nil, err
	}
	return &output[keysBody]{keysBody{list(keys)}}, nil
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

type complaintInput struct {
	Thread id.Thread `path:"thread"`
	Body   struct {
		Complaint []byte `json:"complaint" doc:"signed complaint"`
	}
}

func (a *API) addComplaint(ctx context.Context, in *complaintInput) (*struct{}, error) {
	return nil, a.rooms.Epochs.Complain(ctx, a.device(ctx), in.Thread, in.Body.Complaint)
}

type complaintsBody struct {
	Complaints []thread.Complaint `json:"complaints"`
}

func (a *API) listComplaints(ctx context.Context, in *threadInput) (*output[complaintsBody], error) {
	complaints, err := a.rooms.Epochs.Complaints(ctx, a.session(ctx).Person, in.Thread)
	if err != nil {
		return nil, err
	}
	return &output[complaintsBody]{complaintsBody{list(complaints)}}, nil
}

type conflictInput struct {
	Thread id.Thread `path:"thread"`
	Body   struct {
		Conflict []byte `json:"conflict" doc:"signed conflict"`
	}
}

func (a *API) reportConflict(ctx context.Context, in *conflictInput) (*struct{}, error) {
	return nil, a.rooms.Epochs.ReportConflict(ctx, a.device(ctx), in.Thread, in.Body.Conflict)
}

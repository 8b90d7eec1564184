package httpapi

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Ledger is the transparency log as those see it who follow it.
type Ledger interface {
	Settle(ctx context.Context) error
	Newest(ctx context.Context, from int64) (audit.Grown, error)
	Consistency(ctx context.Context, from, to int64) (tlog.TreeProof, error)
	Prove(ctx context.Context, entries []audit.PersonEntry, from int64) (audit.Proofs, error)
}

var errNoCheckpoint = fault.New(fault.NotFound, "checkpoint_missing", "The audit log has no checkpoint yet.")

func (a *API) registerLedger() {
	route(a, "GET /v1/log/checkpoint", Open, "getCheckpoint",
		"The newest signed checkpoint, with the proof from a smaller size (R14)", a.getCheckpoint, limited(a))
	route(a, "GET /v1/log/consistency", Open, "getConsistency",
		"The proof that the log at one size is the beginning of the log at another", a.getConsistency, limited(a))
	route(a, "GET /v1/log/manifests", Open, "getLogManifests",
		"The chain of root manifests, which name the key of the checkpoints", a.getLogManifests, limited(a))
	route(a, "POST /v1/log/compare", Bound, "compareLog",
		"The newest checkpoint, with the proofs from sizes that others say they have seen", a.compareLog)
}

// GrownBody is a checkpoint and the proof from an earlier one. It is exported because it is embedded, and the document would not have it otherwise.
type GrownBody struct {
	Checkpoint  string   `json:"checkpoint,omitempty" doc:"a signed note"`
	Consistency [][]byte `json:"consistency,omitempty" doc:"hashes that lead from the size that was asked about to the checkpoint's (RFC 9162)"`
}

func grownOf(grown audit.Grown) GrownBody {
	return GrownBody{Checkpoint: string(grown.Checkpoint), Consistency: hashesOf(grown.Proof)}
}

// placeBody is where a leaf stands, and what it says beside the entry.
type placeBody struct {
	Index uint64        `json:"index"`
	Actor id.Person     `json:"actor"`
	At    envelope.Time `json:"at"`
	Path  [][]byte      `json:"path"`
}

func placeOf(found *audit.Inclusion) *placeBody {
	if found == nil {
		return nil
	}
	return &placeBody{
		Index: uint64(found.Index), Actor: found.Row.Actor, At: envelope.Time(found.Row.At), Path: list(hashesOf(found.Proof)),
	}
}

func hashesOf[H ~[]tlog.Hash](hashes H) [][]byte {
	var found [][]byte
	for _, hash := range hashes {
		found = append(found, hash[:])
	}
	return found
}

// prove answers with what there is: people can be read about when the log cannot be extended, but clients seal nothing to keys without a proof.
func (a *API) prove(ctx context.Context, heads []audit.PersonEntry, from int64) audit.Proofs {
	err := a.rooms.Ledger.Settle(ctx)
	var proofs audit.Proofs
	if err == nil {
		proofs, err = a.rooms.Ledger.Prove(ctx, heads, from)
	}
	if err != nil {
		a.log.ErrorContext(ctx, "no proofs from the transparency log", "request", requestID(ctx), "code", Fault(err).Code(), "cause", causes(err))
		return audit.Proofs{}
	}
	return proofs
}

type checkpointInput struct {
	From int64 `query:"from" minimum:"0" maximum:"9007199254740991" doc:"a size that was seen before"`
}

func (a *API) getCheckpoint(ctx context.Context, in *checkpointInput) (*output[GrownBody], error) {
	grown, err := a.rooms.Ledger.Newest(ctx, in.From)
	if err != nil {
		return nil, err
	}
	if len(grown.Checkpoint) == 0 {
		return nil, errNoCheckpoint
	}
	return &output[GrownBody]{grownOf(grown)}, nil
}

type consistencyInput struct {
	From int64 `query:"from" minimum:"1" maximum:"9007199254740991" required:"true"`
	To   int64 `query:"to" minimum:"1" maximum:"9007199254740991" required:"true"`
}

type consistencyBody struct {
	Consistency [][]byte `json:"consistency"`
}

func (a *API) getConsistency(ctx context.Context, in *consistencyInput) (*output[consistencyBody], error) {
	proof, err := a.rooms.Ledger.Consistency(ctx, in.From, in.To)
	if err != nil {
		return nil, err
	}
	return &output[consistencyBody]{consistencyBody{list(hashesOf(proof))}}, nil
}

type logManifestsBody struct {
	Manifests [][]byte `json:"manifests" doc:"signed root-manifest objects, version 1 first"`
}

func (a *API) getLogManifests(ctx context.Context, _ *struct{}) (*output[logManifestsBody], error) {
	chain, _, err := a.rooms.Manifests.Manifests(ctx)
	if err != nil {
		return nil, err
	}
	return &output[logManifestsBody]{logManifestsBody{list(chain)}}, nil
}

type compareInput struct {
	Body struct {
		From  int64   `json:"from" minimum:"0" maximum:"9007199254740991" doc:"the size of the newest checkpoint that the asker has seen"`
		Sizes []int64 `json:"sizes" maxItems:"64" doc:"sizes that others have seen"`
	}
}

type compareBody struct {
	GrownBody
	Sizes []sizeBody `json:"sizes" doc:"those that the log has, in the order of the question"`
}

type sizeBody struct {
	Size        int64    `json:"size"`
	Consistency [][]byte `json:"consistency"`
}

func (a *API) compareLog(ctx context.Context, in *compareInput) (*output[compareBody], error) {
	if err := a.rooms.Ledger.Settle(ctx); err != nil {
		return nil, err
	}
	grown, err := a.rooms.Ledger.Newest(ctx, in.Body.From)
	if err != nil {
		return nil, err
	}
	body := compareBody{GrownBody: grownOf(grown), Sizes: []sizeBody{}}
	for _, size := range in.Body.Sizes {
		if size < 1 || size > grown.Size {
			continue
		}
		proof, err := a.rooms.Ledger.Consistency(ctx, size, grown.Size)
		if err != nil {
			return nil, err
		}
		body.Sizes = append(body.Sizes, sizeBody{Size: size, Consistency: list(hashesOf(proof))})
	}
	return &output[compareBody]{body}, nil
}

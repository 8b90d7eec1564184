package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/policy"
)

// Policies is the register of the organisation's policies.
type Policies interface {
	For(ctx context.Context, person id.Person) ([]policy.Standing, error)
	Read(ctx context.Context, which id.Policy, version uint32) (policy.Version, error)
	Accept(ctx context.Context, person id.Person, which id.Policy, version uint32, hash id.Hash) (policy.Acceptance, error)
	Defer(ctx context.Context, person id.Person, which id.Policy, version uint32) (policy.Deferral, error)
	// MayWrite answers policy.ErrNeeded when the person has to accept something first. It must be cheap.
	MayWrite(ctx context.Context, person id.Person) error
}

func (a *API) registerPolicies() {
	route(a, "GET /v1/policies", Bound, "listPolicies", "The policies in force, and what I accepted of them (R36, R43)", a.listPolicies)
	route(a, "GET /v1/policies/{policy}/versions/{version}", Bound, "getPolicy", "One version of a policy with its text", a.getPolicy)
	route(a, "POST /v1/policies/{policy}/versions/{version}/accept", Bound, "acceptPolicy",
		"I have read this text, named by its hash, and accept it; the same again gets the same answer (R36)", a.acceptPolicy)
	route(a, "POST /v1/policies/{policy}/versions/{version}/defer", Bound, "deferPolicy",
		"I am on duty: ask me at the end of it; once, and no longer than the policy allows (R36)", a.deferPolicy)
}

// gated keeps a route from those who have a policy to accept first (R36). Routes that read, and those that an emergency message needs, are
// not gated; the message itself is judged by the thread room, which knows its urgency.
func gated(a *API) option {
	return func(op *huma.Operation) {
		if op.Extensions == nil {
			op.Extensions = map[string]any{}
		}
		op.Extensions[gateExtension] = true
		op.Middlewares = append(op.Middlewares, func(hc huma.Context, next func(huma.Context)) {
			if a.rooms.Policies != nil {
				if err := a.rooms.Policies.MayWrite(hc.Context(), current(hc.Context()).Person); err != nil {
					_, w := humago.Unwrap(hc)
					writeProblem(w, a.problem(hc.Context(), err))
					return
				}
			}
			next(hc)
		})
	}
}

const gateExtension = "x-wardline-after-policies"

type policyBody struct {
	Policy        id.Policy `json:"policy"`
	Version       int64     `json:"version"`
	Title         string    `json:"title"`
	Kind          string    `json:"kind" enum:"guidance,device,information-security,data-protection,other"`
	Summary       string    `json:"summary" doc:"what changed"`
	Supersedes    string    `json:"supersedes,omitempty"`
	EffectiveAt   int64     `json:"effectiveAt"`
	ReviewAt      int64     `json:"reviewAt"`
	Required      bool      `json:"required" doc:"has to be accepted"`
	GraceMillis   int64     `json:"graceMillis" doc:"how long it may wait for the end of a duty; 0: not at all"`
	Hash          id.Hash   `json:"hash" doc:"SHA-256 of the text"`
	AcceptedAt    int64     `json:"acceptedAt,omitempty"`
	DeferredUntil int64     `json:"deferredUntil,omitempty" doc:"it may be over"`
	Needed        bool      `json:"needed" doc:"has to be accepted before I write"`
}

type policiesBody struct {
	Policies []policyBody `json:"policies"`
}

func (a *API) listPolicies(ctx context.Context, _ *struct{}) (*output[policiesBody], error) {
	standings, err := a.rooms.Policies.For(ctx, a.session(ctx).Person)
	if err != nil {
		return nil, err
	}
	body := policiesBody{Policies: []policyBody{}}
	for _, one := range standings {
		body.Policies = append(body.Policies, describePolicy(one))
	}
	return &output[policiesBody]{body}, nil
}

func describePolicy(s policy.Standing) policyBody {
	return policyBody{
		Policy: s.Policy, Version: int64(s.Number), Title: s.Title, Kind: string(s.Kind), Summary: s.Summary, Supersedes: s.Supersedes,
		EffectiveAt: s.EffectiveAt.UnixMilli(), ReviewAt: s.ReviewAt.UnixMilli(), Required: s.Required, GraceMillis: s.Grace.Milliseconds(), Hash: s.Hash,
		AcceptedAt: whenOrZero(s.AcceptedAt), DeferredUntil: whenOrZero(s.DeferredUntil), Needed: s.Needed,
	}
}

type policyReadInput struct {
	Policy      id.Policy `path:"policy"`
	Version     int64     `path:"version" minimum:"1" maximum:"4294967295"`
	IfNoneMatch string    `header:"If-None-Match"`
}

type policyText struct {
	Policy  id.Policy `json:"policy"`
	Version int64     `json:"version"`
	Hash    id.Hash   `json:"hash" doc:"SHA-256 of the text"`
	Text    string    `json:"text" doc:"headings, lists and paragraphs of Markdown; never HTML"`
}

type policyOutput struct {
	Status int
	ETag   string `header:"ETag"`
	Body   policyText
}

func (a *API) getPolicy(ctx context.Context, in *policyReadInput) (*policyOutput, error) {
	v, err := a.rooms.Policies.Read(ctx, in.Policy, uint32(in.Version))
	if err != nil {
		return nil, err
	}
	out := &policyOutput{Status: http.StatusOK, ETag: `"` + v.Hash.String() + `"`}
	if in.IfNoneMatch == out.ETag {
		out.Status = http.StatusNotModified
		return out, nil
	}
	out.Body = policyText{Policy: v.Policy, Version: int64(v.Number), Hash: v.Hash, Text: v.Text}
	return out, nil
}

type acceptPolicyInput struct {
	Policy  id.Policy `path:"policy"`
	Version int64     `path:"version" minimum:"1" maximum:"4294967295"`
	Body    struct {
		Hash id.Hash `json:"hash" doc:"of the text that was shown"`
	}
}

type acceptedBody struct {
	AcceptedAt int64 `json:"acceptedAt"`
}

func (a *API) acceptPolicy(ctx context.Context, in *acceptPolicyInput) (*output[acceptedBody], error) {
	accepted, err := a.rooms.Policies.Accept(ctx, a.session(ctx).Person, in.Policy, uint32(in.Version), in.Body.Hash)
	if err != nil {
		return nil, err
	}
	return &output[acceptedBody]{acceptedBody{accepted.At.UnixMilli()}}, nil
}

type deferPolicyInput struct {
	Policy  id.Policy `path:"policy"`
	Version int64     `path:"version" minimum:"1" maximum:"4294967295"`
	Body    struct {
		Reason string `json:"reason" enum:"on-duty"`
	}
}

type deferredBody struct {
	Until int64 `json:"until"`
}

func (a *API) deferPolicy(ctx context.Context, in *deferPolicyInput) (*output[deferredBody], error) {
	deferred, err := a.rooms.Policies.Defer(ctx, a.session(ctx).Person, in.Policy, uint32(in.Version))
	if err != nil {
		return nil, err
	}
	return &output[deferredBody]{deferredBody{deferred.Until.UnixMilli()}}, nil
}

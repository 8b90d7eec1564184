package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// Marks are how far members got: hints, not signed acts.
type Marks interface {
	MarkNow(ctx context.Context, person id.Person, in id.Thread, reached, seen uint64) error
	Marks(ctx context.Context, person id.Person, in id.Thread) ([]thread.Mark, error)
}

func (a *API) registerMarks() {
	route(a, "POST /v1/threads/{thread}/reached", Bound, "markReached", "My device has stored everything up to here", a.markReached)
	route(a, "POST /v1/threads/{thread}/seen", Bound, "markSeen", "I have seen everything up to here", a.markSeen)
	route(a, "GET /v1/threads/{thread}/marks", Bound, "listMarks", "How far each member got", a.listMarks)
}

type markInput struct {
	Thread id.Thread `path:"thread"`
	Body   struct {
		Seq uint64 `json:"seq" maximum:"9007199254740991"`
	}
}

func (a *API) markReached(ctx context.Context, in *markInput) (*struct{}, error) {
	return nil, a.rooms.Marks.MarkNow(ctx, a.session(ctx).Person, in.Thread, in.Body.Seq, 0)
}

func (a *API) markSeen(ctx context.Context, in *markInput) (*struct{}, error) {
	return nil, a.rooms.Marks.MarkNow(ctx, a.session(ctx).Person, in.Thread, 0, in.Body.Seq)
}

type marksBody struct {
	Marks []thread.Mark `json:"marks"`
}

func (a *API) listMarks(ctx context.Context, in *threadInput) (*output[marksBody], error) {
	marks, err := a.rooms.Marks.Marks(ctx, a.session(ctx).Person, in.Thread)
	if err != nil {
		return nil, err
	}
	return &output[marksBody]{marksBody{list(marks)}}, nil
}

package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// Messages are sent here when there is no live connection.
type Messages interface {
	Send(ctx context.Context, actor thread.Actor, post thread.Post) (thread.Accepted, error)
	Sent(ctx context.Context, person id.Person, in id.Thread, message id.Message) (thread.Accepted, error)
}

func (a *API) registerMessages() {
	route(a, "POST /v1/threads/{thread}/messages", Bound, "sendMessage", "Send a message; the same bytes again get the same answer",
		a.sendMessage, limit(messageBody))
	route(a, "GET /v1/threads/{thread}/messages/{message}", Bound, "getMessage", "Whether a message was accepted, and where it is", a.getMessage)
}

// messageBody is room for the largest message in base64.
const messageBody = 128 << 10

var errHalfLength = fault.New(fault.Invalid, "malformed", "The message arrived damaged, so it was not taken. Please send it again.")

type sendMessageInput struct {
	Thread id.Thread `path:"thread"`
	Body   struct {
		Message []byte `json:"message" doc:"message object"`
		Half    []byte `json:"half" doc:"the 32 bytes of its shred half"`
	}
}

func (a *API) sendMessage(ctx context.Context, in *sendMessageInput) (*output[thread.Accepted], error) {
	if len(in.Body.Half) != 32 {
		return nil, errHalfLength
	}
	accepted, err := a.rooms.Messages.Send(ctx, a.device(ctx), thread.Post{
		Thread: in.Thread, Message: in.Body.Message, Half: [32]byte(in.Body.Half),
	})
	if err != nil {
		return nil, err
	}
	return &output[thread.Accepted]{accepted}, nil
}

type messageInput struct {
	Thread  id.Thread  `path:"thread"`
	Message id.Message `path:"message"`
}

func (a *API) getMessage(ctx context.Context, in *messageInput) (*output[thread.Accepted], error) {
	accepted, err := a.rooms.Messages.Sent(ctx, a.session(ctx).Person, in.Thread, in.Message)
	if err != nil {
		return nil, err
	}
	return &output[thread.Accepted]{accepted}, nil
}

package httpapi

import (
	"context"
	"net/http"

	"github.com/wardline/wardline/internal/thread"
)

// Live is the hub of WebSocket connections. The handler authenticates by ticket and exact origin.
type Live interface {
	Ticket(actor thread.Actor) (string, error)
	http.Handler
}

func (a *API) registerLive() {
	route(a, "POST /v1/live/ticket", Bound, "makeLiveTicket", "A ticket for one WebSocket connection within 30 seconds", a.makeLiveTicket)
	a.raw("GET /v1/live", Open, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.rooms.Live.ServeHTTP(w, r) }))
}

type liveTicketBody struct {
	Ticket string `json:"ticket"`
}

func (a *API) makeLiveTicket(ctx context.Context, _ *struct{}) (*output[liveTicketBody], error) {
	ticket, err := a.rooms.Live.Ticket(a.device(ctx))
	if err != nil {
		return nil, err
	}
	return &output[liveTicketBody]{liveTicketBody{ticket}}, nil
}

package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// Quarantines are conversations that turned out to be linked to the wrong patient. What stops one is a message in it.
type Quarantines interface {
	Quarantine(ctx context.Context, person id.Person, in id.Thread) (thread.Quarantine, error)
	TakeNote(ctx context.Context, person id.Person, in id.Thread) error
}

func (a *API) registerQuarantines() {
	route(a, "GET /v1/threads/{thread}/quarantine", Bound, "getQuarantine",
		"Who has taken note that a conversation is linked to the wrong patient, and what the record has to mark (R51)", a.getQuarantine)
	route(a, "POST /v1/threads/{thread}/quarantine/acknowledgement", Bound, "acknowledgeQuarantine",
		"Take note of it, for those who cannot send the act in the conversation", a.acknowledgeQuarantine)
}

type quarantineReader struct {
	Person         id.Person `json:"person"`
	Left           bool      `json:"left" doc:"not in the conversation any more"`
	Gone           bool      `json:"gone" doc:"does not work here any more: nobody waits for them"`
	AcknowledgedAt int64     `json:"acknowledgedAt,omitempty"`
}

type quarantineFiling struct {
	Filing     id.Filing  `json:"filing"`
	Decision   id.Message `json:"decision"`
	Retraction string     `json:"retraction" enum:"owed,retracting,retracted,refused"`
}

type quarantineBody struct {
	Message id.Message         `json:"message" doc:"the act that stopped the conversation"`
	By      id.Person          `json:"by"`
	Seq     uint64             `json:"seq"`
	At      int64              `json:"at"`
	Readers []quarantineReader `json:"readers" doc:"everybody who was ever in the conversation"`
	Filings []quarantineFiling `json:"filings" doc:"what the record has, or may have, and has to mark as entered in error"`
}

func (a *API) getQuarantine(ctx context.Context, in *threadInput) (*output[quarantineBody], error) {
	known, err := a.rooms.Quarantines.Quarantine(ctx, a.session(ctx).Person, in.Thread)
	if err != nil {
		return nil, err
	}
	body := quarantineBody{
		Message: known.Message, By: known.By, Seq: known.Seq, At: known.At.UnixMilli(), Readers: []quarantineReader{}, Filings: []quarantineFiling{},
	}
	for _, one := range known.Readers {
		body.Readers = append(body.Readers, quarantineReader{one.Person, one.Left, one.Gone, whenOrZero(one.AcknowledgedAt)})
	}
	for _, one := range known.Filings {
		body.Filings = append(body.Filings, quarantineFiling{one.Filing, one.Decision, one.Retraction})
	}
	return &output[quarantineBody]{body}, nil
}

func (a *API) acknowledgeQuarantine(ctx context.Context, in *threadInput) (*struct{}, error) {
	return nil, a.rooms.Quarantines.TakeNote(ctx, a.session(ctx).Person, in.Thread)
}

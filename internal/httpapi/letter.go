package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
)

// recordsPermission is the permission of those who answer for what reaches the health record.
const recordsPermission = "records"

func (a *API) registerLetters() {
	need := Permission(recordsPermission)
	route(a, "GET /v1/filings", need, "listLetters",
		"Filings of the whole organisation by state, in the order of filing: those that wait for a person unless others are asked for", a.listLetters)
	route(a, "GET /v1/filings/{filing}", need, "getLetter", "One filing of the organisation, in whatever state", a.getLetter)
	route(a, "POST /v1/filings/{filing}/replay", need, "replayFiling",
		"Send again what the record refused, after what stood in the way is mended", a.replayFiling)
}

type lettersInput struct {
	State  []string `query:"state" enum:"waiting,filing,received,refused,failed" maxItems:"5" doc:"refused and failed when empty"`
	Cursor string   `query:"cursor" maxLength:"40" doc:"next of the page before"`
	Limit  int      `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// letterResult is a filing and the conversation that it is of.
type letterResult struct {
	Thread id.Thread    `json:"thread"`
	Filing filingResult `json:"filing"`
}

type lettersBody struct {
	Filings []letterResult `json:"filings"`
	Next    string         `json:"next,omitempty" doc:"the cursor of the next page; absent on the last"`
}

var errCursor = fault.New(fault.Invalid, "cursor_invalid", "That list has changed. Please start again.")

func (a *API) listLetters(ctx context.Context, in *lettersInput) (*output[lettersBody], error) {
	var states []record.State
	for _, name := range in.State {
		state, err := record.ParseState(name)
		if err != nil {
			return nil, err
		}
		states = append(states, state)
	}
	after, err := readCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	papers, next, err := a.rooms.Records.Letters(ctx, states, after, in.Limit)
	if err != nil {
		return nil, err
	}
	body := lettersBody{Filings: []letterResult{}, Next: writeCursor(next)}
	for _, paper := range papers {
		body.Filings = append(body.Filings, letterResult{Thread: paper.Thread, Filing: DescribeFiling(paper)})
	}
	return &output[lettersBody]{body}, nil
}

type letterInput struct {
	Filing id.Filing `path:"filing"`
}

func (a *API) getLetter(ctx context.Context, in *letterInput) (*output[letterResult], error) {
	paper, err := a.rooms.Records.Letter(ctx, in.Filing)
	if err != nil {
		return nil, err
	}
	return &output[letterResult]{letterResult{Thread: paper.Thread, Filing: DescribeFiling(paper)}}, nil
}

func (a *API) replayFiling(ctx context.Context, in *letterInput) (*output[letterResult], error) {
	paper, err := a.rooms.Records.Replay(ctx, a.clinician(ctx), in.Filing)
	if err != nil {
		return nil, err
	}
	return &output[letterResult]{letterResult{Thread: paper.Thread, Filing: DescribeFiling(paper)}}, nil
}

// A cursor is a place: eight bytes of time and the filing's id. It holds no secret, and a forged one is only another place.
func writeCursor(at record.LetterPlace) string {
	if at.Filing.IsZero() {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint64(nil, uint64(at.FiledAt.UnixMilli())), at.Filing.Bytes()...))
}

func readCursor(text string) (record.LetterPlace, error) {
	if text == "" {
		return record.LetterPlace{}, nil
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(data) != 24 || data[0] > 0x7f {
		return record.LetterPlace{}, errCursor
	}
	filing, err := id.FromBytes[id.Filing](data[8:])
	if err != nil {
		return record.LetterPlace{}, errCursor
	}
	return record.LetterPlace{FiledAt: time.UnixMilli(int64(binary.BigEndian.Uint64(data))).UTC(), Filing: filing}, nil
}

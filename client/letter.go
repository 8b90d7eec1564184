package client

import (
	"context"
	"net/url"

	"github.com/wardline/wardline/internal/id"
)

// Letter is a filing that waits for a person, with the thread that it is of. All of this needs the permission records.
type Letter struct {
	Thread id.Thread `json:"thread"`
	Filing Filing    `json:"filing"`
}

// Letters are the filings of the whole organisation that the record refused or that failed, in the order of filing. next is where the list goes on, "" at its
// end.
func (s *Session) Letters(ctx context.Context, cursor string) (letters []Letter, next string, err error) {
	if err := s.enter(); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	var body struct {
		Filings []Letter `json:"filings"`
		Next    string   `json:"next"`
	}
	err = s.call(ctx, "GET", "/v1/filings?"+url.Values{"cursor": {cursor}}.Encode(), nil, &body)
	return body.Filings, body.Next, err
}

// Replay sends one of them again.
func (s *Session) Replay(ctx context.Context, filing id.Filing) (Letter, error) {
	if err := s.enter(); err != nil {
		return Letter{}, err
	}
	defer s.mu.Unlock()
	var letter Letter
	err := s.call(ctx, "POST", "/v1/filings/"+filing.String()+"/replay", nil, &letter)
	return letter, err
}

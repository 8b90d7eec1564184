package main

import (
	"context"
	"fmt"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/id"
)

// filingCheck is what became of the filings: the record's own list against what was handed over, and against what those who filed are told.
type filingCheck struct {
	Received int `json:"received"`
	Waiting  int `json:"waiting"` // without a receipt when the time was over
	Refused  int `json:"refused"`
	Lost     int `json:"lost"`    // the record does not have them, and they have a receipt or nobody knows of them
	Doubled  int `json:"doubled"` // the record has them more than once
	Altered  int `json:"altered"` // the record has other bytes
	Unknown  int `json:"unknown"` // the record has them, and nobody handed them over
}

// Good reports whether each is there exactly once, and has its receipt.
func (c filingCheck) Good() bool { return c == filingCheck{Received: c.Received} }

// String implements fmt.Stringer.
func (c filingCheck) String() string {
	if c.Good() {
		return fmt.Sprintf("%d, each exactly once: 0 lost, 0 doubled", c.Received)
	}
	return fmt.Sprintf("NOT AS IT SHOULD BE: %d received, %d waiting, %d refused, %d lost, %d doubled, %d altered, %d unknown",
		c.Received, c.Waiting, c.Refused, c.Lost, c.Doubled, c.Altered, c.Unknown)
}

// compare asks the record what it has and those who filed what they are told, and finishes the report.
func (r *filingRun) compare(ctx context.Context) error {
	told := map[id.Filing]client.Filing{}
	handed := map[id.Filing]id.Hash{}
	for n, w := range r.workers {
		r.progress("checking", int64(n), int64(len(r.workers)))
		for _, document := range w.handed {
			handed[document.Filing] = document.Hash
		}
		for _, thread := range w.threads {
			filings, err := w.session.Filings(ctx, thread)
			if err != nil {
				return fmt.Errorf("checking: %w", err)
			}
			for _, one := range filings {
				told[one.Filing] = one
			}
		}
	}
	var waits []time.Duration
	r.report.Check, waits = judgeFilings(handed, told, r.demo.Hospital().Filed())
	r.report.finish(waits)
	return nil
}

func (r *filingReport) finish(waits []time.Duration) {
	r.ToReceipt, r.ReceivedPerSecond = quantilesOf(waits), perSecond(r.Check.Received, r.seconds)
	exchanges := float64(exchangesOf(r.Path))
	r.Ratios.AcceptedToCommits = ratio(r.AcceptedPerSecond, r.Limits.CommitsPerSecond)
	r.Ratios.ReceivedToCommits = ratio(r.ReceivedPerSecond, r.Limits.CommitsPerSecond)
	r.Ratios.ReceivedToExchanges = ratio(r.ReceivedPerSecond*exchanges, r.Limits.ExchangesPerSecond)
	r.Ratios.CPUToExchanges = ratio(r.CPUSeconds, exchanges*r.Limits.ExchangeCPUSeconds)
}

// judgeFilings compares three accounts of the same filings, and returns how long each took to its receipt.
func judgeFilings(handed map[id.Filing]id.Hash, told map[id.Filing]client.Filing, there []hospital.Filed) (found filingCheck, waits []time.Duration) {
	copies, hashes := map[string]int{}, map[string]id.Hash{}
	for _, document := range there {
		copies[document.Identifier]++
		hashes[document.Identifier] = document.SHA256
	}
	for filing, hash := range handed {
		name := "urn:uuid:" + filing.String()
		said, known := told[filing]
		switch {
		case known && said.State == "received":
			found.Received++
			waits = append(waits, time.Duration(said.ReceivedAt-said.FiledAt)*time.Millisecond)
		case known && (said.State == "waiting" || said.State == "filing"):
			found.Waiting++
		case known:
			found.Refused++
		}
		switch {
		case copies[name] > 1:
			found.Doubled++
		case copies[name] == 1 && hashes[name] != hash:
			found.Altered++
		case copies[name] == 0 && (!known || said.State == "received"):
			found.Lost++
		}
		delete(copies, name)
	}
	found.Unknown = len(copies)
	return found, waits
}

package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/httpapi"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/live"
	"github.com/wardline/wardline/internal/record"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/thread"
)

// announcer tells members what became of filings and of destroyed messages. Those who tell it never wait: it has a queue, and when that is full the
// news is dropped, because a client that comes back asks for it.
type announcer struct {
	threads *thread.Service
	hub     *live.Hub
	db      *store.DB
	log     *slog.Logger
	queue   chan func(context.Context) error
}

const (
	announcements = 1024
	announceTime  = 10 * time.Second
)

func newAnnouncer(threads *thread.Service, hub *live.Hub, db *store.DB, log *slog.Logger) *announcer {
	return &announcer{threads: threads, hub: hub, db: db, log: log, queue: make(chan func(context.Context) error, announcements)}
}

// Filing implements record.Announcer.
func (a *announcer) Filing(paper record.Paper) {
	a.put(func(ctx context.Context) error { return a.filing(ctx, paper.ID) })
}

// Decision implements record.Announcer.
func (a *announcer) Decision(decision record.Decision) {
	a.put(func(ctx context.Context) error { return a.decision(ctx, decision.Thread, decision.Message) })
}

// Destroyed implements retention.Announcer.
func (a *announcer) Destroyed(filing id.Filing, gone []retention.Doomed) {
	a.put(func(ctx context.Context) error {
		messages := make([]id.Message, 0, len(gone))
		for _, one := range gone {
			messages = append(messages, one.Tombstone.Message)
		}
		if err := a.threads.Redeliver(ctx, gone[0].Thread, messages); err != nil {
			return err
		}
		if filing.IsZero() {
			return nil
		}
		return a.filing(ctx, filing)
	})
}

// filing tells where a filing stands now, which may be further than when it was put in the queue.
func (a *announcer) filing(ctx context.Context, filing id.Filing) error {
	paper, _, err := a.db.Paper(ctx, filing)
	if err != nil {
		return err
	}
	people, err := a.threads.Audience(ctx, paper.Thread)
	if err != nil {
		return err
	}
	a.hub.Filed(paper.Thread, people, httpapi.DescribeFiling(paper))
	return a.decided(ctx, paper.Thread, paper.Decision, people)
}

// decision tells where a decision stands now.
func (a *announcer) decision(ctx context.Context, in id.Thread, message id.Message) error {
	people, err := a.threads.Audience(ctx, in)
	if err != nil {
		return err
	}
	return a.decided(ctx, in, message, people)
}

func (a *announcer) decided(ctx context.Context, in id.Thread, message id.Message, people []id.Person) error {
	decision, err := a.db.Decision(ctx, in, message)
	if err != nil {
		return err
	}
	a.hub.Decided(in, people, httpapi.DescribeDecision(decision))
	return nil
}

func (a *announcer) put(tell func(context.Context) error) {
	select {
	case a.queue <- tell:
	default:
		a.log.Warn("an announcement was dropped")
	}
}

func (a *announcer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case tell := <-a.queue:
			within, cancel := context.WithTimeout(ctx, announceTime)
			if err := tell(within); err != nil && ctx.Err() == nil {
				a.log.Warn("an announcement failed", "code", fault.As(err).Code())
			}
			cancel()
		}
	}
}

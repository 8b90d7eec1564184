package record

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// Ahead is what a filing waits for.
type Ahead uint8

const (
	// Clear: nothing.
	Clear Ahead = iota
	// BehindEarlier: an earlier filing of the same patient is on its way. One that was refused, or failed, holds up nobody: a person was told of it, and
	// a later decision must not stay out of the record because of it.
	BehindEarlier
	// BehindCorrected: the filing that this one corrects is on its way, or has failed: what the record holds of it is for a person to find out. One that
	// was refused is not in the record, and what corrects it goes by itself, in place of nothing.
	BehindCorrected
)

// mustWait reports, as the fault that the work is settled with, that others go first. It asks at every attempt, so the order holds across restarts; a
// filing that had to wait is woken by the one before it ([Line.Next]) and asks again by itself in case that was lost. replaces is as [Line.Ahead] says it.
func (d *Desk) mustWait(ctx context.Context, paper Paper) (wait *fault.Error, replaces id.Filing, err error) {
	ahead, replaces, err := d.store.Ahead(ctx, paper.ID)
	switch {
	case err != nil:
		return nil, replaces, err
	case ahead == BehindEarlier:
		wait = errBehind
	case ahead == BehindCorrected:
		wait = errBehindReplaced
	default:
		return nil, replaces, nil
	}
	if paper.Code == wait.Code() {
		return wait, replaces, nil
	}
	paper.Code, paper.Reason, paper.NextTryAt = wait.Code(), wait.Message(), time.Time{}
	if err := d.store.NoteTrouble(ctx, paper, work.Intent{}, nil); err != nil {
		return nil, replaces, err
	}
	d.announce.Filing(paper)
	return wait, replaces, nil
}

// LetterPlace is where a list of filings goes on.
type LetterPlace struct {
	FiledAt time.Time
	Filing  id.Filing
}

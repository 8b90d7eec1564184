package backup

import (
	"context"
	"log/slog"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
)

// Schedule makes backups inside a running server. It keeps no state but the files: the next is due when the newest is old enough, so that neither a
// restart nor a backup made by hand makes one too many or too few.
type Schedule struct {
	Maker   *Maker
	Every   time.Duration
	Keep    time.Duration
	Horizon time.Duration
	Clock   clock.Clock
	Log     *slog.Logger
}

const (
	// lookAgain is how often old files are looked for, whatever the interval of backups is.
	lookAgain = time.Hour
	// retryAfter is how long a backup that failed waits.
	retryAfter = 10 * time.Minute
)

// Run works until ctx ends.
func (s *Schedule) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if clock.Until(ctx, s.Clock, s.Step(ctx)) != nil {
			return
		}
	}
}

// Step makes a backup if one is due, deletes what may not stay, and says when to come again.
func (s *Schedule) Step(ctx context.Context) time.Time {
	now := s.Clock.Now()
	next, err := s.next()
	if err == nil && !now.Before(next) {
		var made Made
		if made, err = s.Maker.Make(ctx); err == nil {
			s.Log.InfoContext(ctx, "a backup was made", "set", made.Set, "rows", made.Main.Rows+made.Shred.Rows, "bytes", made.Main.Bytes+made.Shred.Bytes)
			next, err = s.next()
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "the backup failed", "code", fault.As(err).Code())
		}
		next = now.Add(retryAfter)
	}
	// Halves past the horizon go even when no new backup could be made: that they go is a promise.
	deleted, err := Prune(s.Maker.Dir, s.Keep, s.Horizon, now)
	if err != nil {
		s.Log.ErrorContext(ctx, "old backups were not deleted", "code", fault.As(err).Code())
	}
	for _, file := range deleted {
		s.Log.InfoContext(ctx, "an old backup was deleted", "kind", string(file.Kind), "set", file.Set)
	}
	return s.earliest(now, next)
}

// earliest is when there is something to do: a backup, or a shred file that reaches its horizon.
func (s *Schedule) earliest(now, next time.Time) time.Time {
	if again := now.Add(lookAgain); again.Before(next) {
		next = again
	}
	files, err := Files(s.Maker.Dir)
	if err != nil {
		return next
	}
	for _, file := range files {
		over := file.At.Add(s.Horizon + time.Millisecond)
		if file.Kind == Shred && over.Before(next) && over.After(now) {
			next = over
		}
	}
	return next
}

// next is when the next backup is due: after the newest main file.
func (s *Schedule) next() (time.Time, error) {
	files, err := Files(s.Maker.Dir)
	if err != nil {
		return time.Time{}, err
	}
	for _, file := range files {
		if file.Kind == Main {
			return file.At.Add(s.Every), nil
		}
	}
	return time.Time{}, nil
}

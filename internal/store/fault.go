package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/wardline/wardline/internal/fault"
)

// The faults that any method may answer. Rooms that can say more answer with one of their own.
var (
	// ErrNotFound: the query for one row found none.
	ErrNotFound = fault.New(fault.NotFound, "not_found", "There is nothing here by that name.")
	// ErrDuplicate: a unique index refused the row.
	ErrDuplicate = fault.New(fault.Conflict, "already_exists", "That exists already.")
	// ErrReference: the row names something that is not there, or that something else still names.
	ErrReference = fault.New(fault.Conflict, "reference_refused", "Something that this needs is not there, or something else still needs it. Nothing was changed.")
	// ErrBusy: other transactions kept getting in the way.
	ErrBusy = fault.New(fault.Unavailable, "database_busy", "Too much is happening at once. Please try again.")
	// ErrUnavailable: the database does not answer. A write that ends with it may or may not have happened.
	ErrUnavailable = fault.New(fault.Unavailable, "database_unavailable", "The database does not answer. Please try again shortly.")
	// ErrFull: the database has no room for the write, and nothing of it was kept. Reading goes on.
	ErrFull = fault.New(fault.Unavailable, "storage_full",
		"The server's disk is full: what is there can be read, and nothing new can be kept. Tell whoever runs Wardline, then try again.")
	// ErrClosed: the write came after Close.
	ErrClosed = fault.New(fault.Unavailable, "shutting_down", "Wardline is shutting down. Please try again shortly.")
)

var (
	errWriteInView       = errors.New("store: a View runs SELECT and nothing else")
	errOver              = errors.New("store: used after its transaction ended")
	errCheckpointBlocked = fault.New(fault.Unavailable, "database_busy", "Too much is happening at once. Please try again.").
				Because(errors.New("store: a reader kept the write-ahead log from being emptied"))
	errInternal = fault.New(fault.Internal, "internal", "Something went wrong on our side. It has been recorded.")
)

// cause is what may be logged of a driver's error: which constraint or condition, never a value. The driver's
// own text is dropped here, because PostgreSQL quotes the offending row in it.
type cause string

func (c cause) Error() string { return string(c) }

// translate turns a driver's error into a fault. Faults and the context's own errors pass unchanged.
func (d *dialect) translate(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return contextOnly(err)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if err.Error() == "sql: database is closed" { // database/sql has no exported value for it
		return ErrClosed
	}
	kind, text := d.classify(err)
	switch kind {
	case classDuplicate:
		return ErrDuplicate.Because(cause(text))
	case classReference:
		return ErrReference.Because(cause(text))
	case classContended:
		return ErrBusy.Because(cause(text))
	case classUnavailable:
		return ErrUnavailable.Because(cause(text))
	case classFull:
		return ErrFull.Because(cause(text))
	case classOther:
	}
	return errInternal.Because(cause(text))
}

func isContended(err error) bool { return errors.Is(err, ErrBusy) }

// contextOnly drops what a driver wrapped around the context's error.
func contextOnly(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return context.Canceled
}

package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/store"
)

// place is where a server keeps its keys and its database. Only init and demo make one: a command with the wrong directory changes nothing there.
type place struct {
	Data     string `name:"data" default:"data" placeholder:"DIR" help:"The server's data directory."`
	Database string `name:"database" placeholder:"ADDRESS" help:"Main database; empty is SQLite in the data directory."`
}

var errNoData = fault.New(fault.NotFound, "no_data", "There is no Wardline data in this directory. Say where it is with --data, or make it with \"wardline init\".")

func (p place) keys() string { return filepath.Join(p.Data, "keys") }

// open opens the main database.
func (p place) open(ctx context.Context) (*store.DB, error) {
	if p.Database != "" {
		return store.Open(ctx, p.Database)
	}
	if err := checkData(p.Data); err != nil {
		return nil, err
	}
	return store.Open(ctx, filepath.Join(p.Data, "wardline.db"))
}

// trust is the founding of the server at this place.
func (p place) trust(ctx context.Context, db *store.DB) (*identity.Trust, error) {
	if err := checkData(p.Data); err != nil {
		return nil, err
	}
	keys, err := keyring.Open(p.keys())
	if err != nil {
		return nil, err
	}
	trust, err := identity.CheckFounded(ctx, db, keys)
	return trust, explainFounding(p.Data, err)
}

// checkData refuses a directory that has neither keys nor a database.
func checkData(dir string) error {
	for _, name := range []string{"keys", "wardline.db"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return nil // what is wrong with it, if anything, is said by whoever opens it
		}
	}
	return errNoData.With("data", dir)
}

// explainFounding adds to the error of a server that is not founded whose signatures are missing, where a founding has begun.
func explainFounding(data string, err error) error {
	if err == nil || fault.As(err).Code() != "not_founded" {
		return err
	}
	draft, unread := founding(data).read()
	if unread != nil {
		return err
	}
	kept, unread := founding(data).kept()
	if unread != nil {
		return err
	}
	if missing := draft.Missing(kept...); len(missing) > 0 {
		return fault.As(err).With("missing", missing)
	}
	return err
}

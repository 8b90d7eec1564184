package main

import (
	"context"
	"errors"
	"fmt"
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
	trust, err := identity.CheckFounded(ctx, db, keys.Public())
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

// draftFiles are what init wrote for the officers to sign.
func draftFiles(data string) (manifest, policy string) {
	return filepath.Join(data, "founding", "manifest.bin"), filepath.Join(data, "founding", "policy.bin")
}

func readDraft(data string) (draft identity.Draft, err error) {
	manifest, policy := draftFiles(data)
	if draft.Manifest, err = os.ReadFile(manifest); err != nil {
		return draft, err
	}
	draft.Policy, err = os.ReadFile(policy)
	return draft, err
}

// keptSignatures are those that init --complete took in while others were missing.
func keptSignatures(data string) ([]identity.SeatSignature, error) {
	names, err := filepath.Glob(filepath.Join(data, "founding", "seat-*.sig"))
	if err != nil {
		return nil, err
	}
	return readSignatures(names)
}

func readSignatures(names []string) ([]identity.SeatSignature, error) {
	var signatures []identity.SeatSignature
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		signature, err := identity.ParseSeatSignature(string(text))
		if err != nil {
			return nil, fault.As(err).With("file", name)
		}
		signatures = append(signatures, signature)
	}
	return signatures, nil
}

// collect keeps signatures of this draft beside it, so that the last officer's may come on another day, and returns them all. It takes
// the good ones and names every file that it refuses, with the reason: nothing is passed over in silence.
func (p place) collect(draft identity.Draft, names []string) ([]identity.SeatSignature, error) {
	signatures, err := keptSignatures(p.Data)
	if err != nil {
		return nil, err
	}
	var refused []string
	for _, name := range names {
		signature, err := goodSignature(draft, name)
		if found, ours := errors.AsType[*fault.Error](err); ours {
			refused = append(refused, why(name, found))
			continue
		}
		if err != nil {
			return nil, err // the file cannot be read at all
		}
		kept := filepath.Join(p.Data, "founding", fmt.Sprintf("seat-%d.sig", signature.Index))
		if err := os.WriteFile(kept, []byte(signature.Text()), 0o644); err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	if len(refused) == 0 {
		return signatures, nil
	}
	explained := errSignaturesRefused.With("refused", refused)
	if missing := draft.Missing(signatures...); len(missing) > 0 {
		explained = explained.With("missing", missing)
	}
	return nil, explained
}

var errSignaturesRefused = fault.New(fault.Invalid, "signatures_refused",
	"Nothing was founded: a signature file was refused. Those that are right are kept; ask the officer for the file again.")

func goodSignature(draft identity.Draft, name string) (identity.SeatSignature, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return identity.SeatSignature{}, err
	}
	signature, err := identity.ParseSeatSignature(string(text))
	if err != nil {
		return identity.SeatSignature{}, err
	}
	return signature, draft.Judge(signature)
}

// why says in one line what is the matter with a file.
func why(name string, found *fault.Error) string {
	text := name + ": " + found.Message()
	if seat, ok := found.Details()["seat"]; ok {
		text += fmt.Sprintf(" Seat %v.", seat)
	}
	return text
}

// explainFounding adds to the error of a server that is not founded whose signatures are missing, where a founding has begun.
func explainFounding(data string, err error) error {
	if err == nil || fault.As(err).Code() != "not_founded" {
		return err
	}
	draft, unread := readDraft(data)
	if unread != nil {
		return err
	}
	kept, unread := keptSignatures(data)
	if unread != nil {
		return err
	}
	if missing := draft.Missing(kept...); len(missing) > 0 {
		return fault.As(err).With("missing", missing)
	}
	return err
}

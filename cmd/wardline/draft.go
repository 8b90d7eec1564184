package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/identity"
)

// draftDir is where a manifest lies that the officers have to sign, with their signatures as they come in.
type draftDir string

// founding is version 1's place, nextManifest a later one's. They stay: a database that is restored from before gets its manifest from here again.
func founding(data string) draftDir { return draftDir(filepath.Join(data, "founding")) }

func nextManifest(data string, version uint32) draftDir {
	return draftDir(filepath.Join(data, fmt.Sprintf("manifest-%d", version)))
}

func (d draftDir) manifest() string { return filepath.Join(string(d), "manifest.bin") }
func (d draftDir) policy() string   { return filepath.Join(string(d), "policy.bin") }

// before is the manifest that a later one follows, for officers to compare with.
func (d draftDir) before() string { return filepath.Join(string(d), "before.bin") }

func (d draftDir) exists() bool {
	_, err := os.Stat(d.manifest())
	return !errors.Is(err, fs.ErrNotExist)
}

// write refuses a place that has a manifest already. The manifest comes last: what has one is whole.
func (d draftDir) write(draft identity.Draft) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(d.policy(), draft.Policy, 0o644); err != nil {
		return err
	}
	if draft.Before != nil {
		if err := os.WriteFile(d.before(), draft.Before, 0o644); err != nil {
			return err
		}
	}
	return writeNew(d.manifest(), string(draft.Manifest), 0o644)
}

func (d draftDir) read() (draft identity.Draft, err error) {
	if draft.Manifest, err = os.ReadFile(d.manifest()); err != nil {
		return draft, err
	}
	if draft.Policy, err = os.ReadFile(d.policy()); err != nil {
		return draft, err
	}
	draft.Before, err = os.ReadFile(d.before())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return draft, err
}

// kept are the signatures that were taken in while others were missing.
func (d draftDir) kept() ([]identity.SeatSignature, error) {
	names, err := filepath.Glob(filepath.Join(string(d), "seat-*.sig"))
	if err != nil {
		return nil, err
	}
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
func (d draftDir) collect(draft identity.Draft, names []string) ([]identity.SeatSignature, error) {
	signatures, err := d.kept()
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
		kept := filepath.Join(string(d), fmt.Sprintf("seat-%d.sig", signature.Index))
		if err := os.WriteFile(kept, []byte(signature.Text()), 0o644); err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	if len(refused) == 0 {
		return signatures, nil
	}
	explained := errSignaturesRefused.With("refused", refused)
	if draft.Before != nil {
		explained = errNextRefused.With("refused", refused)
	}
	if missing := draft.Missing(signatures...); len(missing) > 0 {
		explained = explained.With("missing", missing)
	}
	return nil, explained
}

var (
	errSignaturesRefused = fault.New(fault.Invalid, "signatures_refused",
		"Nothing was founded: a signature file was refused. Those that are right are kept; ask the officer for the file again.")
	errNextRefused = fault.New(fault.Invalid, "signatures_refused",
		"Nothing was changed: a signature file was refused. Those that are right are kept; ask the officer for the file again.")
)

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

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// readExport checks the whole log against the checkpoint that was just accepted. A proof between two sizes shows that nothing was changed, and not what
// is there: two entries for one place in a person's log are found here.
func (c *witnessCommand) readExport(ctx context.Context, terminal *terminal, state witnessState, manifests *envelope.Manifests) error {
	if c.Export == "" {
		return nil
	}
	file, err := os.Open(c.Export)
	if err != nil {
		return err
	}
	defer file.Close()
	found, err := audit.Verifier{Keys: manifests.AuditKeys()}.Verify(file)
	if errors.Is(err, audit.ErrTampered) {
		return c.problem(state, "", err)
	}
	if err != nil {
		return err
	}
	if err := c.holdExport(ctx, state, found); err != nil {
		return err
	}
	terminal.print("The export has %d leaves, each read: they are the log that is watched, and nobody's keys are in it twice.\n", found.Leaves)
	return nil
}

// holdExport says whether the export is a beginning of the log that is watched. It was there before the server was asked, so it cannot be longer.
func (c *witnessCommand) holdExport(ctx context.Context, state witnessState, found audit.Report) error {
	if found.Leaves == 0 {
		return nil
	}
	var body struct {
		Consistency [][]byte `json:"consistency"`
	}
	older := envelope.LogHead{Size: uint64(found.Leaves), Root: id.Hash(found.Newest.Root)}
	if older.Size < state.Size {
		if err := c.get(ctx, fmt.Sprintf("/v1/log/consistency?from=%d&to=%d", older.Size, state.Size), &body); err != nil {
			return err
		}
	}
	hashes, err := hashesIn(body.Consistency)
	if err == nil {
		err = envelope.CheckLogGrew(older, envelope.LogHead{Size: state.Size, Root: state.Root}, hashes)
	}
	if err != nil {
		return c.problem(witnessState{Note: string(found.Note)}, state.Note, err)
	}
	return nil
}

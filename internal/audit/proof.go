package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/wardline/wardline/internal/fault"
)

// ErrNoLeaf is the answer when a proof is asked for a leaf or a size that the log does not have (yet).
var ErrNoLeaf = fault.New(fault.NotFound, "no_such_leaf", "The audit log does not hold that entry yet.")

// Inclusion proves that a row is leaf Index of the log that Checkpoint signs.
type Inclusion struct {
	Index      int64
	Row        Row
	Proof      tlog.RecordProof
	Checkpoint []byte
}

// ProveInclusion makes the proof for one leaf against the newest checkpoint.
func ProveInclusion(ctx context.Context, reader Reader, index int64) (Inclusion, error) {
	size, checkpoint, err := reader.Head(ctx)
	if err != nil {
		return Inclusion{}, err
	}
	if index < 0 || index >= size {
		return Inclusion{}, ErrNoLeaf
	}
	rows, err := reader.Rows(ctx, index, 1)
	if err != nil {
		return Inclusion{}, err
	}
	if len(rows) != 1 {
		return Inclusion{}, ErrNoLeaf
	}
	proof, err := tlog.ProveRecord(size, index, hashes(ctx, reader))
	if err != nil {
		return Inclusion{}, fmt.Errorf("audit: proving leaf %d: %w", index, err)
	}
	return Inclusion{Index: index, Row: rows[0], Proof: proof, Checkpoint: checkpoint}, nil
}

// Check verifies the proof under the public key and returns the checkpoint that it rests on.
func (i Inclusion) Check(keys ...[32]byte) (Checkpoint, error) {
	checkpoint, err := OpenCheckpoint(i.Checkpoint, keys...)
	if err != nil {
		return Checkpoint{}, err
	}
	leaf := tlog.RecordHash(i.Row.Leaf())
	if err := tlog.CheckRecord(i.Proof, checkpoint.Size, checkpoint.Root, i.Index, leaf); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: leaf %d is not in it: %w", ErrCheckpoint, i.Index, err)
	}
	return checkpoint, nil
}

// ProveConsistency proves that the log of size older is a beginning of the log of size newer.
func ProveConsistency(ctx context.Context, reader Reader, older, newer int64) (tlog.TreeProof, error) {
	size, _, err := reader.Head(ctx)
	if err != nil {
		return nil, err
	}
	if older < 1 || older > newer || newer > size {
		return nil, ErrNoLeaf
	}
	proof, err := tlog.ProveTree(newer, older, hashes(ctx, reader))
	if err != nil {
		return nil, fmt.Errorf("audit: proving size %d from %d: %w", newer, older, err)
	}
	return proof, nil
}

// CheckConsistency verifies that nothing that older covers was changed or taken away in newer.
func CheckConsistency(older, newer Checkpoint, proof tlog.TreeProof) error {
	if older.Size > newer.Size {
		return fmt.Errorf("%w: the newer log is shorter", ErrCheckpoint)
	}
	if err := tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return fmt.Errorf("%w: the log was rewritten: %w", ErrCheckpoint, err)
	}
	return nil
}

package audit

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// The export is text, one item to a line, in the only order that a [Verifier] accepts:
//
//	wardline-audit-export-v1
//	leaf <number> <base64 of the leaf>
//	hash <position> <base64 of the stored hash>      … all that this leaf completes
//	checkpoint <base64 of the signed note>           … where one covers exactly the leaves so far
//	end <number of leaves>
//
// It is read once from top to bottom; what a reader keeps is a few hundred bytes, and a number for each person.
const exportHeader = "wardline-audit-export-v1\n"

const exportPage = 500

// Export writes the log up to its newest checkpoint.
func Export(ctx context.Context, reader Reader, to io.Writer) error {
	size, _, err := reader.Head(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(to)
	if _, err := out.WriteString(exportHeader); err != nil {
		return err
	}
	e := exporter{ctx: ctx, reader: reader, out: out}
	for from := int64(0); from < size; {
		rows, err := reader.Rows(ctx, from, int(min(exportPage, size-from)))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fmt.Errorf("audit: leaf %d of %d is missing from the store", from, size)
		}
		if err := e.page(from, rows); err != nil {
			return err
		}
		from += int64(len(rows))
	}
	fmt.Fprintf(out, "end %d\n", size)
	return out.Flush()
}

type exporter struct {
	ctx    context.Context
	reader Reader
	out    *bufio.Writer
	notes  []Signed // read ahead, ascending
	last   int64    // the size of the newest note read
	ended  bool
}

func (e *exporter) page(from int64, rows []Row) error {
	first, end := tlog.StoredHashCount(from), tlog.StoredHashCount(from+int64(len(rows)))
	positions := make([]int64, 0, end-first)
	for position := first; position < end; position++ {
		positions = append(positions, position)
	}
	stored, err := e.reader.ReadHashes(e.ctx, positions)
	if err != nil {
		return err
	}
	if len(stored) != len(positions) {
		return errors.New("audit: the store returned another number of hashes than it was asked for")
	}
	for n, row := range rows {
		number := from + int64(n)
		e.out.WriteString(leafLine(number, row.Leaf()))
		for position := tlog.StoredHashCount(number); position < tlog.StoredHashCount(number+1); position++ {
			e.out.WriteString(hashLine(position, stored[position-first]))
		}
		if err := e.checkpointsAt(number + 1); err != nil {
			return err
		}
	}
	return e.out.Flush()
}

// checkpointsAt writes the note of that size, if there is one. A note whose size is in the past is written as well, so that a
// stray row in the store cannot go unseen: the verifier refuses it.
func (e *exporter) checkpointsAt(size int64) error {
	for {
		if len(e.notes) == 0 && !e.ended {
			notes, err := e.reader.Checkpoints(e.ctx, e.last, exportPage)
			if err != nil {
				return err
			}
			if len(notes) == 0 {
				e.ended = true
				return nil
			}
			e.notes, e.last = notes, notes[len(notes)-1].Size
		}
		if len(e.notes) == 0 || e.notes[0].Size > size {
			return nil
		}
		e.out.WriteString(checkpointLine(e.notes[0].Note))
		e.notes = e.notes[1:]
	}
}

func leafLine(number int64, leaf []byte) string {
	return fmt.Sprintf("leaf %d %s\n", number, base64.StdEncoding.EncodeToString(leaf))
}

func hashLine(position int64, hash tlog.Hash) string {
	return fmt.Sprintf("hash %d %s\n", position, hash)
}

func checkpointLine(signed []byte) string {
	return fmt.Sprintf("checkpoint %s\n", base64.StdEncoding.EncodeToString(signed))
}

// CheckCovered reports leaves that no checkpoint covers, as a store has them whose newest checkpoints were taken away: an export ends at the newest
// checkpoint that is left, and would not show it. The sequencer may be at work meanwhile.
func CheckCovered(ctx context.Context, reader Reader) error {
	for {
		size, _, err := reader.Head(ctx)
		if err != nil {
			return err
		}
		beyond, err := reader.Rows(ctx, size, 1)
		if err != nil || len(beyond) == 0 {
			return err
		}
		if now, _, err := reader.Head(ctx); err != nil || now == size {
			return errors.Join(err, fmt.Errorf("%w: there are leaves after the newest checkpoint, of size %d", ErrTampered, size))
		}
	}
}

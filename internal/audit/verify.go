package audit

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrTampered is wrapped by every complaint about an export: what is exported is not what was signed.
var ErrTampered = errors.New("the audit log is not what was signed")

// Verifier checks an export offline. It needs nothing from the server but its public key.
type Verifier struct {
	// Keys are the public keys "audit" of the root manifests, in the order of the versions. Once a later one has signed, an earlier one signs
	// nothing more: whoever kept it could go on with it.
	Keys [][32]byte
	// Remembered are signed notes that were kept elsewhere. Without one, a log that was cut back to an earlier checkpoint
	// looks like a shorter honest log; with one, it does not.
	Remembered [][]byte
}

// Report says what a good export holds.
type Report struct {
	Leaves      int64
	Checkpoints int
	Newest      Checkpoint // zero when the log is empty
	Note        []byte     // the newest checkpoint as it was signed
	Kinds       map[Kind]int64
}

// Verify checks an export under one public key.
func Verify(export io.Reader, key [32]byte) (Report, error) {
	return Verifier{Keys: [][32]byte{key}}.Verify(export)
}

// Verify reads the whole export and returns an error that wraps [ErrTampered] at the first thing that is wrong, be it one byte.
// Reading errors of the export itself are returned as they are.
func (v Verifier) Verify(export io.Reader) (Report, error) {
	run := verification{
		keys: v.Keys, in: bufio.NewReaderSize(export, maxLine), account: newAccount(),
		report: Report{Kinds: map[Kind]int64{}}, remembered: map[int64]tlog.Hash{},
	}
	for _, signed := range v.Remembered {
		checkpoint, err := OpenCheckpoint(signed, v.Keys...)
		if err != nil {
			return Report{}, fmt.Errorf("a remembered checkpoint: %w", err)
		}
		if root, known := run.remembered[checkpoint.Size]; known && root != checkpoint.Root {
			return Report{}, fmt.Errorf("%w: two remembered checkpoints of size %d differ", ErrTampered, checkpoint.Size)
		}
		run.remembered[checkpoint.Size] = checkpoint.Root
	}
	if err := run.all(); err != nil {
		return Report{}, err
	}
	return run.report, nil
}

// maxLine holds the longest leaf in base64.
const maxLine = 16 << 10

type verification struct {
	keys       [][32]byte
	in         *bufio.Reader
	line       int
	frontier   frontier
	account    account
	signedTo   int64
	report     Report
	remembered map[int64]tlog.Hash
}

func (v *verification) all() error {
	header, err := v.next()
	if err != nil {
		return err
	}
	if string(header) != exportHeader {
		return v.wrong("this is not an audit export")
	}
	for {
		line, err := v.next()
		if err != nil {
			return err
		}
		word, rest, _ := bytes.Cut(line, []byte(" "))
		switch string(word) {
		case "leaf":
			err = v.leaf(line, rest)
		case "checkpoint":
			err = v.checkpoint(line, rest)
		case "end":
			return v.end(line)
		default:
			err = v.wrong("an unexpected line")
		}
		if err != nil {
			return err
		}
	}
}

// leaf checks one leaf and the stored hashes that must follow it.
func (v *verification) leaf(line, rest []byte) error {
	number := v.frontier.size
	_, text, _ := bytes.Cut(rest, []byte(" "))
	leaf, err := base64.StdEncoding.AppendDecode(nil, bytes.TrimSuffix(text, []byte("\n")))
	if err != nil || string(line) != leafLine(number, leaf) {
		return v.wrong(fmt.Sprintf("leaf %d is missing, misplaced or misspelt", number))
	}
	row, err := ParseLeaf(leaf)
	if err != nil {
		return v.wrong(fmt.Sprintf("leaf %d: %v", number, err))
	}
	if err := v.account.take(row); err != nil {
		return v.wrong(fmt.Sprintf("leaf %d: %v", number, err))
	}
	position := tlog.StoredHashCount(number)
	for _, hash := range v.frontier.add(leaf) {
		stored, err := v.next()
		if err != nil {
			return err
		}
		if string(stored) != hashLine(position, hash) {
			return v.wrong(fmt.Sprintf("leaf %d and the stored hash %d do not agree", number, position))
		}
		position++
	}
	v.report.Leaves++
	v.report.Kinds[row.Kind]++
	if root, known := v.remembered[v.frontier.size]; known && root != v.frontier.root() {
		return v.wrong(fmt.Sprintf("the first %d leaves are not those of a remembered checkpoint", v.frontier.size))
	}
	return nil
}

func (v *verification) checkpoint(line, rest []byte) error {
	signed, err := base64.StdEncoding.AppendDecode(nil, bytes.TrimSuffix(rest, []byte("\n")))
	if err != nil || string(line) != checkpointLine(signed) {
		return v.wrong("a checkpoint is misspelt")
	}
	checkpoint, by, err := openBy(signed, v.keys)
	if err != nil {
		return v.wrong(err.Error())
	}
	v.keys = v.keys[by:]
	if checkpoint.Size != v.frontier.size {
		return v.wrong(fmt.Sprintf("the checkpoint of size %d stands after leaf %d", checkpoint.Size, v.frontier.size-1))
	}
	if checkpoint.After != v.signedTo {
		return v.wrong(fmt.Sprintf("the checkpoint of size %d follows one of size %d, which is not here", checkpoint.Size, checkpoint.After))
	}
	if checkpoint.Root != v.frontier.root() {
		return v.wrong(fmt.Sprintf("the leaves do not give the root of the checkpoint of size %d", checkpoint.Size))
	}
	v.signedTo = checkpoint.Size
	v.report.Checkpoints++
	v.report.Newest, v.report.Note = checkpoint, signed
	return nil
}

// openBy says which of the keys signed.
func openBy(signed []byte, keys [][32]byte) (checkpoint Checkpoint, by int, err error) {
	err = fmt.Errorf("%w: by another key, or by one that a later one has taken over from", ErrCheckpoint)
	for by, key := range keys {
		if checkpoint, err = OpenCheckpoint(signed, key); err == nil {
			return checkpoint, by, nil
		}
	}
	return Checkpoint{}, 0, err
}

func (v *verification) end(line []byte) error {
	size := v.frontier.size
	if string(line) != fmt.Sprintf("end %d\n", size) {
		return v.wrong("the stated number of leaves is not the number of leaves")
	}
	if v.signedTo != size {
		return v.wrong(fmt.Sprintf("no checkpoint covers leaf %d", size-1))
	}
	for remembered := range v.remembered {
		if remembered > size {
			return v.wrong(fmt.Sprintf("the log has %d leaves and had %d", size, remembered))
		}
	}
	if _, err := v.in.ReadByte(); err != io.EOF {
		return v.wrong("something follows the end")
	}
	return nil
}

func (v *verification) next() ([]byte, error) {
	v.line++
	line, err := v.in.ReadSlice('\n')
	switch {
	case err == nil:
		return bytes.Clone(line), nil
	case errors.Is(err, io.EOF):
		return nil, v.wrong("the export is cut off")
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, v.wrong("a line is too long")
	}
	return nil, err
}

func (v *verification) wrong(what string) error {
	return fmt.Errorf("%w: line %d: %s", ErrTampered, v.line, what)
}

// frontier is the right edge of the tree: the roots of its complete subtrees, largest first. It is all that a reader from left to right must keep.
type frontier struct {
	size  int64
	roots []tlog.Hash
}

// add appends a leaf and returns the hashes that it completes, in the order in which package tlog stores them.
func (f *frontier) add(leaf []byte) []tlog.Hash {
	hash := tlog.RecordHash(leaf)
	completed := []tlog.Hash{hash}
	for size := f.size; size&1 == 1; size >>= 1 {
		hash = tlog.NodeHash(f.roots[len(f.roots)-1], hash)
		f.roots = f.roots[:len(f.roots)-1]
		completed = append(completed, hash)
	}
	f.roots = append(f.roots, hash)
	f.size++
	return completed
}

func (f *frontier) root() tlog.Hash {
	if f.size == 0 {
		return tlog.Hash{}
	}
	hash := f.roots[len(f.roots)-1]
	for n := len(f.roots) - 2; n >= 0; n-- {
		hash = tlog.NodeHash(f.roots[n], hash)
	}
	return hash
}

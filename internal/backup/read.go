package backup

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"io/fs"
	"slices"
	"unicode/utf8"

	"github.com/wardline/wardline/internal/envelope"
)

// Reader reads a stream from its beginning to its end. What it gives out is only to be trusted once it has given io.EOF after the last table: then every
// hash and count was right.
type Reader struct {
	in       *bufio.Reader
	whole    hash.Hash
	table    hash.Hash
	keys     [][32]byte
	manifest Manifest
	next     int // the table that has to come next
	current  *Table
	frame    []byte
	rest     []byte
	rows     uint64
	total    uint64
	row      Row
}

// NewReader reads the manifest. keys are public halves of the server key "audit", one of which has to have signed the whole.
func NewReader(from io.Reader, keys ...[32]byte) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(from, 256<<10), whole: sha256.New(), table: sha256.New(), keys: keys}
	head := make([]byte, len(streamMagic)+1)
	if _, err := io.ReadFull(r.in, head); err != nil {
		return nil, broken(err)
	}
	if string(head[:len(streamMagic)]) != streamMagic {
		return nil, ErrNotBackup
	}
	if head[len(streamMagic)] > streamVersion {
		return nil, ErrNewer
	}
	if head[len(streamMagic)] != streamVersion {
		return nil, ErrNotBackup
	}
	r.whole.Write(head)
	kind, err := r.read()
	if err != nil {
		return nil, err
	}
	if kind != frameManifest || len(r.frame) > maxManifest {
		return nil, damaged("the manifest is not where it has to be")
	}
	decoder := json.NewDecoder(bytes.NewReader(r.frame))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r.manifest); err != nil {
		return nil, damaged("the manifest cannot be read")
	}
	return r, r.manifest.check()
}

// Manifest says what the backup is of.
func (r *Reader) Manifest() Manifest { return r.manifest }

// Table goes to the next table; io.EOF after the last, once everything was found to be right.
func (r *Reader) Table() (Table, error) {
	if r.current != nil {
		return Table{}, errors.New("backup: the table before has rows left")
	}
	before := r.whole.Sum(nil)
	kind, err := r.read()
	if err != nil {
		return Table{}, err
	}
	switch {
	case kind == frameEnd:
		return Table{}, r.end(before)
	case kind != frameTable || len(r.frame) != 2 || int(binary.BigEndian.Uint16(r.frame)) != r.next || r.next >= len(r.manifest.Tables):
		return Table{}, damaged("a table is missing or out of order")
	}
	r.current = &r.manifest.Tables[r.next]
	r.next++
	r.table.Reset()
	r.rows, r.rest = 0, nil
	return *r.current, nil
}

// Row is the next row of the table; io.EOF after the last, once the table was found to be whole. The row is valid until the next call.
func (r *Reader) Row() (Row, error) {
	if r.current == nil {
		return nil, errors.New("backup: no table")
	}
	if len(r.rest) == 0 {
		kind, err := r.read()
		if err != nil {
			return nil, err
		}
		switch {
		case kind == frameTableEnd:
			return nil, r.endTable()
		case kind != frameRows || len(r.frame) == 0:
			return nil, damaged("rows are missing")
		}
		r.table.Write(r.frame)
		r.rest = r.frame
	}
	r.row = r.row[:0]
	for _, column := range r.current.Columns {
		value, err := r.value(column.Kind)
		if err != nil {
			return nil, err
		}
		r.row = append(r.row, value)
	}
	r.rows++
	return r.row, nil
}

func (r *Reader) endTable() error {
	if len(r.frame) != 8+sha256.Size {
		return damaged("the end of a table has another form")
	}
	want := r.table.Sum(binary.BigEndian.AppendUint64(nil, r.rows))
	if !bytes.Equal(want, r.frame) {
		return damaged("a table is not what was written")
	}
	r.total += r.rows
	r.current = nil
	return io.EOF
}

func (r *Reader) end(before []byte) error {
	want := append(binary.BigEndian.AppendUint64(nil, r.total), before...)
	if r.next != len(r.manifest.Tables) || len(r.frame) != len(want)+ed25519.SignatureSize || !bytes.HasPrefix(r.frame, want) {
		return damaged("the whole is not what was written")
	}
	signature := [ed25519.SignatureSize]byte(r.frame[len(want):])
	if !slices.ContainsFunc(r.keys, func(key [32]byte) bool {
		return envelope.VerifyStrict(key, signedText(r.manifest, before), signature) == nil
	}) {
		return ErrOtherServer
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return broken(err)
		}
		return damaged("something follows the end")
	}
	return io.EOF
}

// read reads one frame into r.frame. The memory grows with what has really arrived, not with what a length promises.
func (r *Reader) read() (byte, error) {
	var header [5]byte
	if _, err := io.ReadFull(r.in, header[:]); err != nil {
		return 0, broken(err)
	}
	length := int64(binary.BigEndian.Uint32(header[1:]))
	if length > MaxFrame {
		return 0, damaged("a frame is too long")
	}
	buffer := bytes.NewBuffer(r.frame[:0])
	if _, err := io.CopyN(buffer, r.in, length); err != nil {
		return 0, broken(err)
	}
	r.frame = buffer.Bytes()
	r.whole.Write(header[:])
	r.whole.Write(r.frame)
	return header[0], nil
}

func (r *Reader) value(kind ColumnKind) (any, error) {
	tag, err := r.take(1)
	if err != nil {
		return nil, err
	}
	switch {
	case tag[0] == tagNull:
		return nil, nil
	case tag[0] == tagInteger && kind == Integer:
		number, err := r.take(8)
		if err != nil {
			return nil, err
		}
		return int64(binary.BigEndian.Uint64(number)), nil
	case tag[0] == tagBytes && kind == Bytes:
		return r.long()
	case tag[0] == tagText && kind == Text:
		text, err := r.long()
		if err != nil {
			return nil, err
		}
		if !utf8.Valid(text) {
			return nil, damaged("a text is not UTF-8")
		}
		return string(text), nil
	case tag[0] == tagFalse && kind == Flag:
		return false, nil
	case tag[0] == tagTrue && kind == Flag:
		return true, nil
	}
	return nil, damaged("a value is of another kind than its column")
}

func (r *Reader) long() ([]byte, error) {
	length, err := r.take(4)
	if err != nil {
		return nil, err
	}
	return r.take(int64(binary.BigEndian.Uint32(length)))
}

func (r *Reader) take(n int64) ([]byte, error) {
	if n > int64(len(r.rest)) {
		return nil, damaged("a row is cut off")
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken, nil
}

func damaged(what string) error { return ErrDamaged.Because(errors.New(what)) }

// broken is what an error of the file below means. One of the disk or of a context stays what it is; everything else is age saying in its own words that a
// piece was altered or is missing.
func broken(err error) error {
	if _, disk := errors.AsType[*fs.PathError](err); disk || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("the file is cut off")
	}
	return ErrDamaged.Because(err)
}

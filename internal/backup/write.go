package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"io"
)

// streamWriter writes the frames of one backup.
type streamWriter struct {
	out   *bufio.Writer
	whole hash.Hash
	table hash.Hash
	rows  uint64 // of the table
	total uint64
	frame []byte

	manifest Manifest
	signer   Signer
}

// Signer signs with the server key "audit".
type Signer interface{ Sign(message []byte) [64]byte }

func newStreamWriter(to io.Writer, signer Signer) *streamWriter {
	w := &streamWriter{whole: sha256.New(), table: sha256.New(), signer: signer}
	w.out = bufio.NewWriterSize(io.MultiWriter(to, w.whole), 256<<10)
	return w
}

func (w *streamWriter) begin(m Manifest) error {
	if _, err := w.out.WriteString(streamMagic); err != nil {
		return err
	}
	if err := w.out.WriteByte(streamVersion); err != nil {
		return err
	}
	w.manifest = m
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return w.write(frameManifest, text)
}

func (w *streamWriter) beginTable(number int) error {
	w.table.Reset()
	w.rows = 0
	return w.write(frameTable, binary.BigEndian.AppendUint16(nil, uint16(number)))
}

func (w *streamWriter) row(columns []Column, row Row) error {
	if len(row) != len(columns) {
		return fmt.Errorf("backup: %d values for %d columns", len(row), len(columns))
	}
	var err error
	for n, value := range row {
		if w.frame, err = appendValue(w.frame, columns[n].Kind, value); err != nil {
			return fmt.Errorf("backup: column %s: %w", columns[n].Name, err)
		}
	}
	w.rows++
	if len(w.frame) < fullFrame {
		return nil
	}
	return w.flushRows()
}

func (w *streamWriter) flushRows() error {
	if len(w.frame) == 0 {
		return nil
	}
	w.table.Write(w.frame)
	err := w.write(frameRows, w.frame)
	w.frame = w.frame[:0]
	return err
}

func (w *streamWriter) endTable() error {
	if err := w.flushRows(); err != nil {
		return err
	}
	w.total += w.rows
	return w.write(frameTableEnd, w.table.Sum(binary.BigEndian.AppendUint64(nil, w.rows)))
}

func (w *streamWriter) end() error {
	if err := w.out.Flush(); err != nil {
		return err
	}
	hash := w.whole.Sum(nil)
	signature := w.signer.Sign(signedText(w.manifest, hash))
	payload := append(binary.BigEndian.AppendUint64(nil, w.total), hash...)
	if err := w.write(frameEnd, append(payload, signature[:]...)); err != nil {
		return err
	}
	return w.out.Flush()
}

func (w *streamWriter) write(kind byte, payload []byte) error {
	if len(payload) > MaxFrame {
		return fmt.Errorf("backup: a frame of %d bytes", len(payload))
	}
	header := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(payload)))
	if _, err := w.out.Write(header); err != nil {
		return err
	}
	_, err := w.out.Write(payload)
	return err
}

func appendValue(to []byte, kind ColumnKind, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(to, tagNull), nil
	case int64:
		if kind == Integer {
			return binary.BigEndian.AppendUint64(append(to, tagInteger), uint64(v)), nil
		}
	case []byte:
		if kind == Bytes {
			return append(binary.BigEndian.AppendUint32(append(to, tagBytes), uint32(len(v))), v...), nil
		}
	case string:
		if kind == Text {
			return append(binary.BigEndian.AppendUint32(append(to, tagText), uint32(len(v))), v...), nil
		}
	case bool:
		if kind == Flag {
			return append(to, map[bool]byte{false: tagFalse, true: tagTrue}[v]), nil
		}
	}
	return to, fmt.Errorf("a value of type %T where %s is expected", value, kind)
}

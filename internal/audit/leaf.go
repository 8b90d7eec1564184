package audit

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/wardline/wardline/internal/id"
)

// The leaf, in the notation of docs/protocol.md section 2:
//
//	object 0x0401 audit-leaf
//	  kind u16
//	  at time
//	  actor bytes[16]
//	  subject bytes<64>
//	  body bytes<4096>
//
// and the body:
//
//	details list<32> by key
//	  key text<32>
//	  value text<256>
//
// It holds neither its own number nor a signature: the tree gives the one and the checkpoint the other.
const (
	leafMagic = "WARD"
	leafSuite = 1
	leafType  = 0x0401
	maxTime   = 1 << 53
)

// ErrLeaf is wrapped by every refusal to decode a leaf.
var ErrLeaf = errors.New("not an audit leaf")

// Leaf is the row's canonical encoding, the bytes that the tree hashes.
func (r Row) Leaf() []byte {
	leaf := make([]byte, 0, 7+2+8+id.Size+4+len(r.Subject)+4+len(r.Body))
	leaf = append(leaf, leafMagic...)
	leaf = append(leaf, leafSuite)
	leaf = binary.BigEndian.AppendUint16(leaf, leafType)
	leaf = binary.BigEndian.AppendUint16(leaf, uint16(r.Kind))
	leaf = binary.BigEndian.AppendUint64(leaf, r.At)
	leaf = append(leaf, r.Actor[:]...)
	leaf = appendBytes(leaf, r.Subject)
	return appendBytes(leaf, r.Body)
}

// ParseLeaf decodes a leaf and refuses every other encoding of the same row.
func ParseLeaf(leaf []byte) (Row, error) {
	d := decoder{rest: leaf}
	if string(d.take(4)) != leafMagic || d.u8() != leafSuite || d.u16() != leafType {
		return Row{}, fmt.Errorf("%w: wrong beginning", ErrLeaf)
	}
	row := Row{Kind: Kind(d.u16()), At: d.u64()}
	copy(row.Actor[:], d.take(id.Size))
	row.Subject = d.bytes(MaxSubject)
	row.Body = d.bytes(MaxBody)
	switch {
	case d.failed || len(d.rest) != 0:
		return Row{}, fmt.Errorf("%w: wrong length", ErrLeaf)
	case row.At >= maxTime:
		return Row{}, fmt.Errorf("%w: time out of range", ErrLeaf)
	case !row.Kind.Known():
		return Row{}, fmt.Errorf("%w: unknown kind %04x", ErrLeaf, uint16(row.Kind))
	}
	if _, err := decodeDetails(row.Body); err != nil {
		return Row{}, err
	}
	return row, nil
}

func encodeDetails(details map[string]string) []byte {
	body := binary.BigEndian.AppendUint16(nil, uint16(len(details)))
	for _, key := range sortedKeys(details) {
		body = appendBytes(body, []byte(key))
		body = appendBytes(body, []byte(details[key]))
	}
	return body
}

func decodeDetails(body []byte) (map[string]string, error) {
	d := decoder{rest: body}
	count := int(d.u16())
	if d.failed || count > MaxDetails {
		return nil, fmt.Errorf("%w: wrong number of details", ErrLeaf)
	}
	details := make(map[string]string, count)
	last := ""
	for range count {
		key, value := string(d.bytes(MaxKey)), string(d.bytes(MaxValue))
		if d.failed {
			return nil, fmt.Errorf("%w: a detail is cut off", ErrLeaf)
		}
		if compareKeys(last, key) >= 0 {
			return nil, fmt.Errorf("%w: details out of order", ErrLeaf)
		}
		if !detailKey.MatchString(key) || !detailValue.MatchString(value) {
			return nil, fmt.Errorf("%w: a detail is not a code", ErrLeaf)
		}
		details[key], last = value, key
	}
	if len(d.rest) != 0 {
		return nil, fmt.Errorf("%w: more than its details", ErrLeaf)
	}
	return details, nil
}

func appendBytes(to, b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(b))), b...)
}

// decoder reads fixed layouts; after a failure every read gives zeroes and failed stays set.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) take(n int) []byte {
	if d.failed || n > len(d.rest) {
		d.failed = true
		return make([]byte, min(n, MaxBody))
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) u8() byte    { return d.take(1)[0] }
func (d *decoder) u16() uint16 { return binary.BigEndian.Uint16(d.take(2)) }
func (d *decoder) u64() uint64 { return binary.BigEndian.Uint64(d.take(8)) }

func (d *decoder) bytes(limit int) []byte {
	length := binary.BigEndian.Uint32(d.take(4))
	if length > uint32(limit) {
		d.failed = true
		return nil
	}
	return append([]byte{}, d.take(int(length))...)
}

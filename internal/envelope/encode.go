package envelope

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// Encode writes the one encoding of an object. It refuses what no decoder would accept: text that is not UTF-8, lists out of order,
// anything above its limit.
func Encode(object Object) ([]byte, error) {
	e := &encoder{out: make([]byte, 0, 512)}
	e.out = append(e.out, magic...)
	e.out = append(e.out, SuiteOne)
	e.out = binary.BigEndian.AppendUint16(e.out, uint16(object.Type()))
	object.fields(e)
	if e.err == nil && len(e.out) > MaxObject {
		e.fail("object is above 1 MiB")
	}
	if e.err != nil {
		return nil, e.err
	}
	return e.out, nil
}

type encoder struct {
	out   []byte
	order []ordering
	err   *Refusal
}

// ordering watches that the items of a list ascend. by is its last key field; key fields are the leading fields of an item, so an
// item's key is what lies between its start and the end of that field.
type ordering struct {
	by       string
	start    int
	end      int
	previous []byte
}

func (e *encoder) reading() bool { return false }
func (e *encoder) failed() bool  { return e.err != nil }

func (e *encoder) fail(detail string) {
	if e.err == nil {
		e.err = refuse(Malformed, detail)
	}
}

// wrote notes where a key field of the innermost list ended.
func (e *encoder) wrote(name string) {
	if depth := len(e.order); depth > 0 && e.order[depth-1].by == name {
		e.order[depth-1].end = len(e.out)
	}
}

func (e *encoder) u8(name string, value *uint8) {
	e.out = append(e.out, *value)
	e.wrote(name)
}

func (e *encoder) u16(name string, value *uint16) {
	e.out = binary.BigEndian.AppendUint16(e.out, *value)
	e.wrote(name)
}

func (e *encoder) u32(name string, value *uint32) {
	e.out = binary.BigEndian.AppendUint32(e.out, *value)
	e.wrote(name)
}

func (e *encoder) u64(name string, value *uint64) {
	if *value >= maxCount {
		e.fail(name + ": not below 2^53")
	}
	e.out = binary.BigEndian.AppendUint64(e.out, *value)
	e.wrote(name)
}

func (e *encoder) time(name string, value *Time) {
	e.u64(name, (*uint64)(value))
}

func (e *encoder) fixed(name string, value []byte) {
	e.out = append(e.out, value...)
	e.wrote(name)
}

func (e *encoder) bytes(name string, most int, value *[]byte) {
	if len(*value) > most {
		e.fail(name + ": too long")
		return
	}
	e.out = binary.BigEndian.AppendUint32(e.out, uint32(len(*value)))
	e.out = append(e.out, *value...)
	e.wrote(name)
}

func (e *encoder) text(name string, most int, value *string) {
	if detail := textFault(*value, most); detail != "" {
		e.fail(name + ": " + detail)
		return
	}
	e.out = binary.BigEndian.AppendUint32(e.out, uint32(len(*value)))
	e.out = append(e.out, *value...)
	e.wrote(name)
}

func (e *encoder) enum(name string, labels labels, value *uint8) {
	if !labels.has(*value) {
		e.fail(name + ": not a listed value")
	}
	e.u8(name, value)
}

func (e *encoder) flag(name string, value *bool) {
	bit := uint8(0)
	if *value {
		bit = 1
	}
	e.u8(name, &bit)
}

func (e *encoder) beginOptional(name string, present bool) bool {
	e.flag(name, &present)
	return present
}

func (e *encoder) endOptional() {}

func (e *encoder) beginList(name string, most int, by []string, count int) int {
	if count > most {
		e.fail(name + ": too many")
		count = 0
	}
	e.out = binary.BigEndian.AppendUint16(e.out, uint16(count))
	e.order = append(e.order, newOrdering(by, len(e.out)))
	return count
}

func (e *encoder) endItem() {
	if order := &e.order[len(e.order)-1]; !order.next(e.out) {
		e.fail("list is not ascending by " + order.by)
	}
}

func (e *encoder) endList() { e.order = e.order[:len(e.order)-1] }

func newOrdering(by []string, start int) ordering {
	if len(by) == 0 {
		return ordering{start: start}
	}
	return ordering{by: by[len(by)-1], start: start}
}

// next takes the key of the item that ends at the end of all, and says whether it is above the one before.
func (o *ordering) next(all []byte) bool {
	defer func() { o.start = len(all) }()
	if o.by == "" {
		return true
	}
	key := all[o.start:o.end]
	if o.previous != nil && bytes.Compare(o.previous, key) >= 0 {
		return false
	}
	o.previous = key
	return true
}

func textFault(value string, most int) string {
	switch {
	case len(value) > most:
		return "too long"
	case !utf8.ValidString(value):
		return "not UTF-8"
	case strings.IndexByte(value, 0) >= 0:
		return "contains U+0000"
	}
	return ""
}

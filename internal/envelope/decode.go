package envelope

import (
	"encoding/binary"
)

// Decode reads one object of the given type. It accepts exactly what [Encode] writes; every limit is checked before anything is
// allocated for it; the result shares no memory with data.
func Decode(kind Type, data []byte) (Object, error) {
	object, ok := New(kind)
	if !ok {
		return nil, refuse(Malformed, "unknown type")
	}
	if err := decodeInto(object, data); err != nil {
		return nil, err
	}
	return object, nil
}

// DecodeAny reads one object of whatever type it says it is.
func DecodeAny(data []byte) (Object, error) {
	kind, err := TypeOf(data)
	if err != nil {
		return nil, err
	}
	return Decode(kind, data)
}

// Parse reads one object of the type that the type parameter names, as in Parse[Bind](data).
func Parse[T any, P objectPointer[T]](data []byte) (*T, error) {
	object := new(T)
	if err := decodeInto(P(object), data); err != nil {
		return nil, err
	}
	return object, nil
}

// TypeOf reads the first seven bytes: letters, suite, type. The rest is not looked at.
func TypeOf(data []byte) (Type, error) {
	switch {
	case len(data) > MaxObject:
		return 0, refuse(Malformed, "object is above 1 MiB")
	case len(data) < headLength || string(data[:len(magic)]) != magic:
		return 0, refuse(Malformed, "not an object")
	case data[len(magic)] != SuiteOne:
		return 0, refuse(UnsupportedSuite, "suite is not 0x01")
	}
	return Type(binary.BigEndian.Uint16(data[len(magic)+1:])), nil
}

type objectPointer[T any] interface {
	*T
	Object
}

func decodeInto(object Object, data []byte) error {
	kind, err := TypeOf(data)
	if err != nil {
		return err
	}
	if kind != object.Type() {
		return refuse(Malformed, "not a "+object.Type().Name())
	}
	d := &decoder{data: data, at: headLength}
	object.fields(d)
	if d.err == nil && d.at != len(data) {
		d.fail("trailing bytes")
	}
	if d.err != nil {
		return d.err
	}
	return nil
}

type decoder struct {
	data  []byte
	at    int
	order []ordering
	err   *Refusal
}

func (d *decoder) reading() bool { return true }
func (d *decoder) failed() bool  { return d.err != nil }

func (d *decoder) fail(detail string) {
	if d.err == nil {
		d.err = refuse(Malformed, detail)
	}
}

// take gives the next n bytes, or nil after a failure.
func (d *decoder) take(name string, n int) []byte {
	if d.err != nil {
		return nil
	}
	if n > len(d.data)-d.at {
		d.fail(name + ": truncated")
		return nil
	}
	taken := d.data[d.at : d.at+n]
	d.at += n
	return taken
}

func (d *decoder) read(name string) {
	if depth := len(d.order); depth > 0 && d.order[depth-1].by == name {
		d.order[depth-1].end = d.at
	}
}

func (d *decoder) u8(name string, value *uint8) {
	if raw := d.take(name, 1); raw != nil {
		*value = raw[0]
	}
	d.read(name)
}

func (d *decoder) u16(name string, value *uint16) {
	if raw := d.take(name, 2); raw != nil {
		*value = binary.BigEndian.Uint16(raw)
	}
	d.read(name)
}

func (d *decoder) u32(name string, value *uint32) {
	if raw := d.take(name, 4); raw != nil {
		*value = binary.BigEndian.Uint32(raw)
	}
	d.read(name)
}

func (d *decoder) u64(name string, value *uint64) {
	if raw := d.take(name, 8); raw != nil {
		*value = binary.BigEndian.Uint64(raw)
	}
	if *value >= maxCount {
		d.fail(name + ": not below 2^53")
	}
	d.read(name)
}

func (d *decoder) time(name string, value *Time) {
	d.u64(name, (*uint64)(value))
}

func (d *decoder) fixed(name string, value []byte) {
	copy(value, d.take(name, len(value)))
	d.read(name)
}

func (d *decoder) bytes(name string, most int, value *[]byte) {
	if raw := d.counted(name, most); raw != nil {
		*value = append([]byte{}, raw...)
	}
	d.read(name)
}

func (d *decoder) text(name string, most int, value *string) {
	if raw := d.counted(name, most); raw != nil {
		*value = string(raw)
		if detail := textFault(*value, most); detail != "" {
			d.fail(name + ": " + detail)
		}
	}
	d.read(name)
}

// counted takes bytes that are preceded by their length. The length is compared as u32, before it becomes an int.
func (d *decoder) counted(name string, most int) []byte {
	var length uint32
	if raw := d.take(name, 4); raw != nil {
		length = binary.BigEndian.Uint32(raw)
	}
	if length > uint32(most) {
		d.fail(name + ": too long")
	}
	return d.take(name, int(length))
}

func (d *decoder) enum(name string, labels labels, value *uint8) {
	d.u8(name, value)
	if !labels.has(*value) {
		d.fail(name + ": not a listed value")
	}
}

func (d *decoder) flag(name string, value *bool) {
	var bit uint8
	d.u8(name, &bit)
	if bit > 1 {
		d.fail(name + ": neither 0 nor 1")
	}
	*value = bit == 1
}

func (d *decoder) beginOptional(name string, _ bool) bool {
	var present bool
	d.flag(name, &present)
	return present && d.err == nil
}

func (d *decoder) endOptional() {}

func (d *decoder) beginList(name string, most int, by []string, _ int) int {
	var count uint16
	d.u16(name, &count)
	if int(count) > most {
		d.fail(name + ": too many")
	}
	d.order = append(d.order, newOrdering(by, d.at))
	return int(count)
}

func (d *decoder) endItem() {
	if d.err != nil {
		return
	}
	if order := &d.order[len(d.order)-1]; !order.next(d.data[:d.at]) {
		d.fail("list is not ascending by " + order.by)
	}
}

func (d *decoder) endList() { d.order = d.order[:len(d.order)-1] }

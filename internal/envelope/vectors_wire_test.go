package envelope

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"
)

type wireVectors struct {
	Objects []wireObject  `json:"objects"`
	Refused []wireRefused `json:"refused"`
}

type wireObject struct {
	Type   string         `json:"type"`
	Fields map[string]any `json:"fields"`
	Hex    hexed          `json:"hex"`
	Hash   hexed          `json:"hash"`
}

type wireRefused struct {
	Type string `json:"type"`
	Hex  hexed  `json:"hex"`
	Why  string `json:"why"`
}

// TestWireVectors: every type, written by either side, decodes to the same fields, encodes to the same bytes, hashes to the same hash; and
// what either side refuses, this side refuses.
func TestWireVectors(t *testing.T) {
	bothSides(t, "wire", generateWire, func(t *testing.T, vectors wireVectors) {
		seen := map[string]int{}
		for _, vector := range vectors.Objects {
			seen[vector.Type]++
			checkWireObject(t, vector)
		}
		for _, kind := range Types() {
			if seen[kind.Name()] < 2 {
				t.Errorf("%d vectors of %s", seen[kind.Name()], kind.Name())
			}
		}
		for _, vector := range vectors.Refused {
			if object, err := Decode(typeNamed(vector.Type), vector.Hex); CodeOf(err) == "" {
				t.Errorf("%s with %s was accepted: %+v", vector.Type, vector.Why, object)
			}
		}
		if len(vectors.Refused) < len(seen)*4 {
			t.Errorf("only %d refused vectors", len(vectors.Refused))
		}
	})
}

func checkWireObject(t *testing.T, vector wireObject) {
	t.Helper()
	kind := typeNamed(vector.Type)
	fromJSON, err := objectFromJSON(kind, vector.Fields)
	if err != nil {
		t.Errorf("%s: %v", vector.Type, err)
		return
	}
	same(t, vector.Type+" encoded", mustEncode(t, fromJSON), vector.Hex)
	decoded, err := Decode(kind, vector.Hex)
	if err != nil {
		t.Errorf("%s: %v", vector.Type, err)
		return
	}
	same(t, vector.Type+" encoded again", mustEncode(t, decoded), vector.Hex)
	hash := must(HashBytes(vector.Hex))
	same(t, vector.Type+" hashed", hash[:], vector.Hash)
}

func typeNamed(name string) Type {
	for _, kind := range Types() {
		if kind.Name() == name {
			return kind
		}
	}
	return 0
}

func generateWire(t *testing.T) (vectors wireVectors) {
	for _, kind := range Types() {
		for size := range 3 {
			object, _ := New(kind)
			object.fields(&filler{size: size})
			raw := mustEncode(t, object)
			hash := must(HashBytes(raw))
			vectors.Objects = append(vectors.Objects, wireObject{
				Type: kind.Name(), Fields: fieldsToJSON(object), Hex: raw, Hash: hash[:],
			})
			if size == 1 {
				vectors.Refused = append(vectors.Refused, spoil(t, object, raw)...)
			}
		}
	}
	return vectors
}

// filler is a codec that fills an object: size 0 with zeros and empty lists, 1 with two of everything, 2 with the largest values.
type filler struct {
	size  int
	count uint8
	keys  []drawnKey
}

func (f *filler) reading() bool { return true }
func (f *filler) failed() bool  { return false }

// value is a number that differs from field to field, or the largest.
func (f *filler) value(name string, largest uint64) uint64 {
	if depth := len(f.keys); depth > 0 && f.keys[depth-1].name == name {
		f.keys[depth-1].next++
		return uint64(f.keys[depth-1].next)
	}
	f.count++
	return [...]uint64{0, uint64(f.count), largest}[f.size]
}

func (f *filler) u8(name string, v *uint8)   { *v = uint8(f.value(name, 1<<8-1)) }
func (f *filler) u16(name string, v *uint16) { *v = uint16(f.value(name, 1<<16-1)) }
func (f *filler) u32(name string, v *uint32) { *v = uint32(f.value(name, 1<<32-1)) }
func (f *filler) u64(name string, v *uint64) { *v = f.value(name, maxCount-1) }
func (f *filler) time(name string, v *Time)  { *v = Time(f.value(name, maxCount-1)) }

func (f *filler) fixed(name string, v []byte) {
	value := f.value(name, 255)
	for n := range v {
		v[n] = byte(value) * min(1, byte(f.size)) * byte(1+n%2*min(1, 2-f.size))
	}
	if depth := len(f.keys); depth > 0 && f.keys[depth-1].name == name {
		v[0] = f.keys[depth-1].next
	}
}

func (f *filler) bytes(_ string, most int, v *[]byte) {
	*v = bytes.Repeat([]byte{0xa5, 0, 0xff}, [...]int{0, 3, 300}[f.size])
	*v = (*v)[:min(most, len(*v))]
}

func (f *filler) text(_ string, most int, v *string) {
	*v = strings.Repeat("é", [...]int{0, 1, most / 2}[f.size])
	if f.size == 2 && most >= 4 {
		*v = "𝒲" + strings.Repeat("x", most-4)
	}
}

func (f *filler) enum(name string, labels labels, v *uint8) {
	*v = uint8(min(f.value(name, uint64(len(labels))), uint64(len(labels))))
	*v = max(*v, 1)
}

func (f *filler) flag(_ string, v *bool) { *v = f.size == 2 }

func (f *filler) beginOptional(string, bool) bool { return f.size > 0 }
func (f *filler) endOptional()                    {}

func (f *filler) beginList(_ string, most int, by []string, _ int) int {
	key := drawnKey{}
	if len(by) > 0 {
		key.name = by[0]
	}
	f.keys = append(f.keys, key)
	return min(most, [...]int{0, 2, 3}[f.size])
}

func (f *filler) endItem() {}
func (f *filler) endList() { f.keys = f.keys[:len(f.keys)-1] }

// spoil makes the refused vectors of one good object: those of every type, and one for each rule of each of its fields.
func spoil(t *testing.T, object Object, raw []byte) []wireRefused {
	kind := object.Type()
	var all []wireRefused
	spoiled := func(why string, changed []byte) {
		if _, err := Decode(kind, changed); CodeOf(err) == "" {
			t.Fatalf("%s with %s is not refused", kind.Name(), why)
		}
		all = append(all, wireRefused{Type: kind.Name(), Hex: changed, Why: why})
	}
	at := func(offset int, replacement ...byte) []byte {
		changed := bytes.Clone(raw)
		copy(changed[offset:], replacement)
		return changed
	}
	spoiled("trailing byte", append(bytes.Clone(raw), 0))
	spoiled("truncated", raw[:len(raw)-1])
	spoiled("head only", raw[:headLength])
	spoiled("wrong magic", at(0, 'w'))
	spoiled("suite 0", at(4, 0))
	spoiled("suite 2", at(4, 2))
	spoiled("another type", at(5, 0x7f))
	finder := &spotFinder{encoder: &encoder{out: bytes.Clone(raw[:headLength])}}
	object.fields(finder)
	for _, spot := range finder.spots {
		for _, why := range slices.Sorted(maps.Keys(spot.wrong)) {
			spoiled(spot.name+": "+why, at(spot.at, spot.wrong[why]...))
		}
	}
	for _, list := range finder.lists {
		one, two := raw[list.items[0]:list.items[1]], raw[list.items[1]:list.items[2]]
		if len(one) != len(two) {
			continue
		}
		spoiled(list.name+": an item twice", at(list.items[0], append(bytes.Clone(one), one...)...))
		spoiled(list.name+": not ascending", at(list.items[0], append(bytes.Clone(two), one...)...))
	}
	return all
}

// spotFinder encodes, and notes where in the encoding which rule can be broken.
type spotFinder struct {
	*encoder
	spots []spot
	lists []listSpot
	open  []listSpot
}

type spot struct {
	name  string
	at    int
	wrong map[string][]byte
}

type listSpot struct {
	name    string
	ordered bool
	items   []int // where each item begins, and the end of the last
}

func (f *spotFinder) note(name string, at int, wrong map[string][]byte) {
	f.spots = append(f.spots, spot{name, at, wrong})
}

func (f *spotFinder) u64(name string, v *uint64) {
	f.note(name, len(f.out), map[string][]byte{"2^53": binary.BigEndian.AppendUint64(nil, maxCount)})
	f.encoder.u64(name, v)
}

func (f *spotFinder) time(name string, v *Time) {
	f.note(name, len(f.out), map[string][]byte{"2^64-1": bytes.Repeat([]byte{255}, 8)})
	f.encoder.time(name, v)
}

func (f *spotFinder) enum(name string, labels labels, v *uint8) {
	f.note(name, len(f.out), map[string][]byte{"enum 0": {0}, "enum above": {byte(len(labels) + 1)}})
	f.encoder.enum(name, labels, v)
}

func (f *spotFinder) flag(name string, v *bool) {
	f.note(name, len(f.out), map[string][]byte{"flag 2": {2}})
	f.encoder.flag(name, v)
}

func (f *spotFinder) beginOptional(name string, present bool) bool {
	f.note(name, len(f.out), map[string][]byte{"optional 2": {2}})
	return f.encoder.beginOptional(name, present)
}

func (f *spotFinder) bytes(name string, most int, v *[]byte) {
	f.note(name, len(f.out), map[string][]byte{"too long": binary.BigEndian.AppendUint32(nil, uint32(most+1))})
	f.encoder.bytes(name, most, v)
}

func (f *spotFinder) text(name string, most int, v *string) {
	f.note(name, len(f.out), map[string][]byte{"too long": binary.BigEndian.AppendUint32(nil, uint32(most+1))})
	if len(*v) == 2 {
		f.note(name, len(f.out)+4, map[string][]byte{
			"not UTF-8": {0xff, 0xfe}, "overlong UTF-8": {0xc0, 0xaf}, "half a character": {'x', 0xc3}, "U+0000": {'x', 0},
		})
	}
	f.encoder.text(name, most, v)
}

func (f *spotFinder) beginList(name string, most int, by []string, count int) int {
	f.note(name, len(f.out), map[string][]byte{"too many": binary.BigEndian.AppendUint16(nil, uint16(most+1))})
	count = f.encoder.beginList(name, most, by, count)
	f.open = append(f.open, listSpot{name: name, ordered: len(by) > 0, items: []int{len(f.out)}})
	return count
}

func (f *spotFinder) endItem() {
	f.encoder.endItem()
	f.open[len(f.open)-1].items = append(f.open[len(f.open)-1].items, len(f.out))
}

func (f *spotFinder) endList() {
	f.encoder.endList()
	last := f.open[len(f.open)-1]
	f.open = f.open[:len(f.open)-1]
	if last.ordered && len(last.items) >= 3 {
		f.lists = append(f.lists, last)
	}
}

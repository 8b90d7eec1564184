package envelope

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawer is a codec that fills an object with drawn values, so that every type has arbitrary valid instances without a line of
// its own. Items of a list get ascending values in the first of their key fields, which keeps the list in order.
type drawer struct {
	t    *rapid.T
	keys []drawnKey
}

type drawnKey struct {
	name string
	next uint8
}

// drawObject draws a valid object of a type.
func drawObject(t *rapid.T, kind Type) Object {
	object, ok := New(kind)
	if !ok {
		t.Fatalf("no type %#04x", uint16(kind))
	}
	object.fields(&drawer{t: t})
	return object
}

// ascending is the value for a field that orders the list around it.
func (d *drawer) ascending(name string) (uint8, bool) {
	if depth := len(d.keys); depth > 0 && d.keys[depth-1].name == name {
		d.keys[depth-1].next++
		return d.keys[depth-1].next, true
	}
	return 0, false
}

func (d *drawer) reading() bool { return true }
func (d *drawer) failed() bool  { return false }

func (d *drawer) u8(name string, v *uint8) {
	if key, ok := d.ascending(name); ok {
		*v = key
		return
	}
	*v = rapid.Uint8().Draw(d.t, name)
}

func (d *drawer) u16(name string, v *uint16) { *v = rapid.Uint16().Draw(d.t, name) }

func (d *drawer) u32(name string, v *uint32) {
	*v = rapid.Uint32().Draw(d.t, name)
	if key, ok := d.ascending(name); ok {
		*v = *v&0xffffff | uint32(key)<<24
	}
}

func (d *drawer) u64(name string, v *uint64) { *v = rapid.Uint64Range(0, maxCount-1).Draw(d.t, name) }

func (d *drawer) time(name string, v *Time) {
	*v = Time(rapid.Uint64Range(0, maxCount-1).Draw(d.t, name))
}

func (d *drawer) fixed(name string, v []byte) {
	seed := rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(d.t, name)
	copy(v, bytes.Repeat(seed, len(v)/len(seed)+1))
	if key, ok := d.ascending(name); ok {
		v[0] = key
	}
}

func (d *drawer) bytes(name string, most int, v *[]byte) {
	*v = rapid.SliceOfN(rapid.Byte(), 0, min(most, 40)).Draw(d.t, name)
}

func (d *drawer) text(name string, most int, v *string) {
	drawn := rapid.StringN(0, 10, min(most, 40)).Draw(d.t, name)
	*v = strings.ToValidUTF8(strings.ReplaceAll(drawn, "\x00", ""), "")
}

func (d *drawer) enum(name string, labels labels, v *uint8) {
	if key, ok := d.ascending(name); ok {
		*v = key
		return
	}
	*v = uint8(rapid.IntRange(1, len(labels)).Draw(d.t, name))
}

func (d *drawer) flag(name string, v *bool) { *v = rapid.Bool().Draw(d.t, name) }

func (d *drawer) beginOptional(name string, _ bool) bool { return rapid.Bool().Draw(d.t, name) }
func (d *drawer) endOptional()                           {}

func (d *drawer) beginList(name string, most int, by []string, _ int) int {
	key := drawnKey{}
	if len(by) > 0 {
		key.name = by[0]
	}
	d.keys = append(d.keys, key)
	return rapid.IntRange(0, min(most, 3)).Draw(d.t, name)
}

func (d *drawer) endItem() {}
func (d *drawer) endList() { d.keys = d.keys[:len(d.keys)-1] }

// TestDrawerCoversEveryType keeps the generator honest: what it draws is valid, for every type.
func TestDrawerCoversEveryType(t *testing.T) {
	for _, kind := range Types() {
		rapid.Check(t, func(t *rapid.T) {
			if _, err := Encode(drawObject(t, kind)); err != nil {
				t.Fatalf("%s: %v", kind.Name(), err)
			}
		})
	}
}

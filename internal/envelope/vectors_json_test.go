package envelope

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// jsonWriter and jsonReader are codecs between objects and the JSON of testdata/vectors: small numbers as numbers, u64 and time as decimal
// strings, bytes as hex, enums by name, an absent optional as null.
type jsonWriter struct {
	open  []map[string]any
	names []string
	lists [][]any
}

func fieldsToJSON(object Object) map[string]any {
	w := &jsonWriter{open: []map[string]any{{}}}
	object.fields(w)
	return w.open[0]
}

func (w *jsonWriter) set(name string, value any) { w.open[len(w.open)-1][name] = value }
func (w *jsonWriter) reading() bool              { return false }
func (w *jsonWriter) failed() bool               { return false }

func (w *jsonWriter) u8(name string, v *uint8)            { w.set(name, *v) }
func (w *jsonWriter) u16(name string, v *uint16)          { w.set(name, *v) }
func (w *jsonWriter) u32(name string, v *uint32)          { w.set(name, *v) }
func (w *jsonWriter) u64(name string, v *uint64)          { w.set(name, strconv.FormatUint(*v, 10)) }
func (w *jsonWriter) time(name string, v *Time)           { w.u64(name, (*uint64)(v)) }
func (w *jsonWriter) fixed(name string, v []byte)         { w.set(name, hex.EncodeToString(v)) }
func (w *jsonWriter) bytes(name string, _ int, v *[]byte) { w.set(name, hex.EncodeToString(*v)) }
func (w *jsonWriter) text(name string, _ int, v *string)  { w.set(name, *v) }
func (w *jsonWriter) flag(name string, v *bool)           { w.set(name, *v) }

func (w *jsonWriter) enum(name string, labels labels, v *uint8) { w.set(name, labels.word(*v)) }

func (w *jsonWriter) push(name string) {
	w.open = append(w.open, map[string]any{})
	w.names = append(w.names, name)
}

func (w *jsonWriter) pop() (string, map[string]any) {
	name, top := w.names[len(w.names)-1], w.open[len(w.open)-1]
	w.names, w.open = w.names[:len(w.names)-1], w.open[:len(w.open)-1]
	return name, top
}

func (w *jsonWriter) beginOptional(name string, present bool) bool {
	if !present {
		w.set(name, nil)
		return false
	}
	w.push(name)
	return true
}

func (w *jsonWriter) endOptional() {
	name, top := w.pop()
	w.set(name, top)
}

func (w *jsonWriter) beginList(name string, _ int, _ []string, count int) int {
	w.lists = append(w.lists, []any{})
	w.push(name)
	return count
}

func (w *jsonWriter) endItem() {
	name, item := w.pop()
	w.lists[len(w.lists)-1] = append(w.lists[len(w.lists)-1], item)
	w.push(name)
}

func (w *jsonWriter) endList() {
	name, _ := w.pop()
	w.set(name, w.lists[len(w.lists)-1])
	w.lists = w.lists[:len(w.lists)-1]
}

type jsonReader struct {
	open  []map[string]any
	lists [][]any
	err   error
}

// objectFromJSON makes an object from the JSON of its fields. Every field must be there, and no other.
func objectFromJSON(kind Type, fields map[string]any) (Object, error) {
	object, ok := New(kind)
	if !ok {
		return nil, fmt.Errorf("no type %#04x", uint16(kind))
	}
	r := &jsonReader{open: []map[string]any{fields}}
	object.fields(r)
	return object, r.err
}

func (r *jsonReader) reading() bool { return true }
func (r *jsonReader) failed() bool  { return r.err != nil }

func (r *jsonReader) get(name string) any {
	value, ok := r.open[len(r.open)-1][name]
	if !ok && r.err == nil {
		r.err = fmt.Errorf("no field %q", name)
	}
	return value
}

func (r *jsonReader) number(name string, bits int) uint64 {
	number, _ := r.get(name).(json.Number)
	return r.parse(name, number.String(), bits)
}

func (r *jsonReader) parse(name, text string, bits int) uint64 {
	value, err := strconv.ParseUint(text, 10, bits)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("field %q: %w", name, err)
	}
	return value
}

func (r *jsonReader) hex(name string) []byte {
	text, _ := r.get(name).(string)
	value, err := hex.DecodeString(text)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("field %q: %w", name, err)
	}
	return value
}

func (r *jsonReader) u8(name string, v *uint8)            { *v = uint8(r.number(name, 8)) }
func (r *jsonReader) u16(name string, v *uint16)          { *v = uint16(r.number(name, 16)) }
func (r *jsonReader) u32(name string, v *uint32)          { *v = uint32(r.number(name, 32)) }
func (r *jsonReader) time(name string, v *Time)           { r.u64(name, (*uint64)(v)) }
func (r *jsonReader) bytes(name string, _ int, v *[]byte) { *v = r.hex(name) }
func (r *jsonReader) text(name string, _ int, v *string)  { *v, _ = r.get(name).(string) }
func (r *jsonReader) flag(name string, v *bool)           { *v, _ = r.get(name).(bool) }

func (r *jsonReader) u64(name string, v *uint64) {
	text, _ := r.get(name).(string)
	*v = r.parse(name, text, 64)
}

func (r *jsonReader) fixed(name string, v []byte) {
	if read := r.hex(name); copy(v, read) != len(v) || len(read) != len(v) {
		r.err = fmt.Errorf("field %q: %d bytes", name, len(read))
	}
}

func (r *jsonReader) enum(name string, labels labels, v *uint8) {
	word, _ := r.get(name).(string)
	*v = uint8(slices.Index(labels, word) + 1)
}

func (r *jsonReader) beginOptional(name string, _ bool) bool {
	part, ok := r.get(name).(map[string]any)
	if ok {
		r.open = append(r.open, part)
	}
	return ok
}

func (r *jsonReader) endOptional() { r.open = r.open[:len(r.open)-1] }

func (r *jsonReader) beginList(name string, _ int, _ []string, _ int) int {
	items, _ := r.get(name).([]any)
	r.lists = append(r.lists, items)
	r.openItem()
	return len(items)
}

// openItem opens the first item that is left, or nothing in its place.
func (r *jsonReader) openItem() {
	item := map[string]any{}
	if items := r.lists[len(r.lists)-1]; len(items) > 0 {
		item, _ = items[0].(map[string]any)
		r.lists[len(r.lists)-1] = items[1:]
	}
	r.open = append(r.open, item)
}

func (r *jsonReader) endItem() {
	r.open = r.open[:len(r.open)-1]
	r.openItem()
}

func (r *jsonReader) endList() {
	r.open = r.open[:len(r.open)-1]
	r.lists = r.lists[:len(r.lists)-1]
}

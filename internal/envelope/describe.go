package envelope

import (
	"fmt"
	"strings"
)

// Describe is the layout of an object's type in the words of docs/protocol.md, which a test compares with that document.
func Describe(kind Type) string {
	object, ok := New(kind)
	if !ok {
		return ""
	}
	d := &describer{indent: 1}
	fmt.Fprintf(&d.out, "object 0x%04x %s\n", uint16(kind), kind.Name())
	object.fields(d)
	return d.out.String()
}

type describer struct {
	out    strings.Builder
	indent int
}

func (d *describer) line(name, shape string) {
	fmt.Fprintf(&d.out, "%s%s %s\n", strings.Repeat("  ", d.indent), name, shape)
}

func (d *describer) reading() bool { return false }
func (d *describer) failed() bool  { return false }

func (d *describer) u8(name string, _ *uint8)   { d.line(name, "u8") }
func (d *describer) u16(name string, _ *uint16) { d.line(name, "u16") }
func (d *describer) u32(name string, _ *uint32) { d.line(name, "u32") }
func (d *describer) u64(name string, _ *uint64) { d.line(name, "u64") }
func (d *describer) time(name string, _ *Time)  { d.line(name, "time") }
func (d *describer) flag(name string, _ *bool)  { d.line(name, "flag") }

func (d *describer) fixed(name string, value []byte) {
	d.line(name, fmt.Sprintf("bytes[%d]", len(value)))
}

func (d *describer) bytes(name string, most int, _ *[]byte) {
	d.line(name, fmt.Sprintf("bytes<%d>", most))
}

func (d *describer) text(name string, most int, _ *string) {
	d.line(name, fmt.Sprintf("text<%d>", most))
}

func (d *describer) enum(name string, labels labels, _ *uint8) {
	words := make([]string, len(labels))
	for n, word := range labels {
		words[n] = fmt.Sprintf("%s=%d", word, n+1)
	}
	d.line(name, "enum("+strings.Join(words, " ")+")")
}

func (d *describer) beginOptional(name string, _ bool) bool {
	d.line(name, "optional")
	d.indent++
	return true
}

func (d *describer) endOptional() { d.indent-- }

func (d *describer) beginList(name string, most int, by []string, _ int) int {
	shape := fmt.Sprintf("seq<%d>", most)
	if len(by) > 0 {
		shape = fmt.Sprintf("list<%d> by %s", most, strings.Join(by, ","))
	}
	d.line(name, shape)
	d.indent++
	return 1
}

func (d *describer) endItem() {}
func (d *describer) endList() { d.indent-- }

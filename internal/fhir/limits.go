package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Limits bound what Decode accepts. A zero field takes the value of DefaultLimits.
type Limits struct {
	Bytes  int // length of the text
	Depth  int // objects and arrays inside one another
	Values int // names and values altogether
}

// DefaultLimits suit a patient, a search answer or a document of a few pages. A FHIR resource nests about a dozen deep.
var DefaultLimits = Limits{Bytes: 8 << 20, Depth: 32, Values: 100_000}

// The reasons for which text is refused before its meaning is looked at.
var (
	ErrTooLarge  = errors.New("fhir: more bytes than allowed")
	ErrTooDeep   = errors.New("fhir: nested deeper than allowed")
	ErrTooMany   = errors.New("fhir: more values than allowed")
	ErrNotUTF8   = errors.New("fhir: not UTF-8")
	ErrDuplicate = errors.New("fhir: a name stands twice in one object")
	ErrNotJSON   = errors.New("fhir: not JSON")
	ErrTrailing  = errors.New("fhir: something follows the resource")
	ErrShape     = errors.New("fhir: a value has the wrong shape")
	ErrResource  = errors.New("fhir: another kind of resource than expected")
)

// Decode reads one resource of the kind T. A zero Limits means DefaultLimits.
func Decode[T any, R interface {
	*T
	resource
}](data []byte, limits Limits) (R, error) {
	if err := check(data, limits); err != nil {
		return nil, err
	}
	into := R(new(T))
	if err := json.Unmarshal(data, into); err != nil {
		return nil, plainError(err)
	}
	return into, nil
}

// ReadAll reads r to its end, or fails with ErrTooLarge once it holds more than limit bytes.
func ReadAll(r io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > limit {
		return nil, ErrTooLarge
	}
	return data, nil
}

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = DefaultLimits.Bytes
	}
	if l.Depth == 0 {
		l.Depth = DefaultLimits.Depth
	}
	if l.Values == 0 {
		l.Values = DefaultLimits.Values
	}
	return l
}

// check walks the tokens once and refuses what no shape should ever be asked to hold.
func check(data []byte, limits Limits) error {
	limits = limits.orDefault()
	if len(data) > limits.Bytes {
		return ErrTooLarge
	}
	if !utf8.Valid(data) {
		return ErrNotUTF8
	}
	tokens := json.NewDecoder(bytes.NewReader(data))
	tokens.UseNumber()
	var open []scope
	for values := 0; ; {
		token, err := tokens.Token()
		if err != nil {
			return ErrNotJSON
		}
		delim, isDelim := token.(json.Delim)
		switch {
		case isDelim && (delim == '}' || delim == ']'):
			open = open[:len(open)-1]
		default:
			if values++; values > limits.Values {
				return ErrTooMany
			}
			if len(open) > 0 && open[len(open)-1].takesName() {
				if !open[len(open)-1].name(token.(string)) {
					return ErrDuplicate
				}
				continue
			}
			if isDelim {
				if len(open) == limits.Depth {
					return ErrTooDeep
				}
				open = append(open, newScope(delim == '{'))
				continue
			}
		}
		if len(open) > 0 {
			open[len(open)-1].wantsValue = false
			continue
		}
		if _, err := tokens.Token(); !errors.Is(err, io.EOF) {
			return ErrTrailing
		}
		return nil
	}
}

// scope is one open object or array.
type scope struct {
	names      map[string]bool // nil for an array
	wantsValue bool            // an object that has just had a name
}

func newScope(object bool) scope {
	if object {
		return scope{names: make(map[string]bool)}
	}
	return scope{}
}

func (s *scope) takesName() bool { return s.names != nil && !s.wantsValue }

// name notes a name and reports whether it is the first of its kind here.
func (s *scope) name(name string) bool {
	if s.names[name] {
		return false
	}
	s.names[name] = true
	s.wantsValue = true
	return true
}

// plainError replaces an error of encoding/json, which may quote the value that it could not read.
func plainError(err error) error {
	for _, known := range []error{ErrResource, ErrShape, ErrTooDeep} {
		if errors.Is(err, known) {
			return known
		}
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%w (byte %d)", ErrNotJSON, syntax.Offset)
	}
	return ErrShape
}

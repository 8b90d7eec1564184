package fhir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Unknown holds the fields of an object that its shape does not name, as they arrived.
type Unknown map[string]json.RawMessage

// resource is what has a resourceType.
type resource interface{ ResourceType() string }

// split fills the shape that into points to, by exact name, and keeps every other field in its Unknown.
func split(data []byte, into any) error {
	var fields Unknown
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return ErrShape
	}
	if r, ok := into.(resource); ok {
		var kind string
		if json.Unmarshal(fields["resourceType"], &kind) != nil || kind != r.ResourceType() {
			return ErrResource
		}
		delete(fields, "resourceType")
	}
	shape := reflect.ValueOf(into).Elem()
	plan := planOf(shape.Type())
	for _, field := range plan.fields {
		raw, present := fields[field.name]
		if !present {
			continue
		}
		delete(fields, field.name)
		if bytes.Equal(raw, []byte("null")) {
			continue // FHIR has no null members; absent is what it can only mean
		}
		if err := json.Unmarshal(raw, shape.Field(field.index).Addr().Interface()); err != nil {
			return plainError(err)
		}
	}
	if len(fields) > 0 {
		shape.Field(plan.unknown).Set(reflect.ValueOf(fields))
	} else {
		shape.Field(plan.unknown).SetZero()
	}
	return nil
}

// join writes a shape: resourceType first, then its own fields in their order, then the unknown ones by name.
func join(from any) ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	write := func(name string, value any) error {
		encoded, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("fhir: encode %s: %w", name, err)
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		out.Write(key)
		out.WriteByte(':')
		out.Write(encoded)
		return nil
	}
	shape := reflect.ValueOf(from)
	plan := planOf(shape.Type())
	known := make(map[string]bool, len(plan.fields)+1)
	if r, ok := from.(resource); ok {
		known["resourceType"] = true
		if err := write("resourceType", r.ResourceType()); err != nil {
			return nil, err
		}
	}
	for _, field := range plan.fields {
		known[field.name] = true
		value := shape.Field(field.index)
		if value.IsZero() || (value.Kind() == reflect.Slice && value.Len() == 0) {
			continue
		}
		if err := write(field.name, value.Interface()); err != nil {
			return nil, err
		}
	}
	unknown, _ := shape.Field(plan.unknown).Interface().(Unknown)
	names := make([]string, 0, len(unknown))
	for name := range unknown {
		if !known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := write(name, unknown[name]); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// plan says where a shape keeps what; it is worked out once for each type.
type plan struct {
	fields  []planField
	unknown int
}

type planField struct {
	name  string
	index int
}

var plans sync.Map // reflect.Type → plan

func planOf(t reflect.Type) plan {
	if known, ok := plans.Load(t); ok {
		return known.(plan)
	}
	p := plan{unknown: -1}
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Type == reflect.TypeFor[Unknown]() {
			p.unknown = i
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		p.fields = append(p.fields, planField{name: name, index: i})
	}
	plans.Store(t, p)
	return p
}

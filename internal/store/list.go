package store

import (
	"strconv"
	"strings"
)

// chunks calls fn with pieces of n items, of 64, 16, 4 and 1, so that a query over a list has four texts to
// prepare and not one for every length.
func chunks(n int, fn func(from, to int) error) error {
	from := 0
	for _, size := range [...]int{64, 16, 4, 1} {
		for n-from >= size {
			if err := fn(from, from+size); err != nil {
				return err
			}
			from += size
		}
	}
	return nil
}

// placeholders is "$first, $first+1, …", n of them, for IN (…).
func placeholders(first, n int) string {
	var list strings.Builder
	for i := range n {
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteByte('$')
		list.WriteString(strconv.Itoa(first + i))
	}
	return list.String()
}

// tuples is "($1, $2), ($3, $4), …": rows groups of width parameters, for VALUES.
func tuples(rows, width int) string {
	var list strings.Builder
	for i := range rows {
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteByte('(')
		list.WriteString(placeholders(1+i*width, width))
		list.WriteByte(')')
	}
	return list.String()
}

// blob is the argument for a BYTEA column that may be empty but not NULL: to both drivers a nil slice is NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

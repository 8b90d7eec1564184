package backup

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/wardline/wardline/internal/fault"
)

// inClear is a stream without its encryption.
func inClear(t testing.TB, rows []Row) []byte {
	t.Helper()
	var out bytes.Buffer
	m := &Maker{Signer: key}
	if _, _, err := m.stream(t.Context(), Manifest{Kind: Main, Set: "0", TakenAt: 1}, &shelf{rows: rows}, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func walk(stream []byte) (rows int, err error) {
	r, err := NewReader(bytes.NewReader(stream), key.Public())
	if err != nil {
		return 0, err
	}
	for {
		if _, err := r.Table(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return rows, err
		}
		for {
			if _, err := r.Row(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return rows, err
			}
			rows++
		}
	}
}

// TestEveryAlteredByteOfAStreamIsFound, and every place where it may be cut off: what age protects is protected once more by what the server signed.
func TestEveryAlteredByteOfAStreamIsFound(t *testing.T) {
	stream := inClear(t, []Row{{int64(7), "bed", []byte("body"), true}, {nil, nil, nil, nil}})
	if rows, err := walk(stream); err != nil || rows != 2 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	for n := range stream {
		altered := bytes.Clone(stream)
		altered[n] ^= 1
		if _, err := walk(altered); err == nil {
			t.Errorf("byte %d may be altered", n)
		}
		if _, err := walk(stream[:n]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	if _, err := walk(append(bytes.Clone(stream), 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("something behind the end: %v", err)
	}
	newer := bytes.Clone(stream)
	newer[len(streamMagic)]++
	if _, err := walk(newer); !errors.Is(err, ErrNewer) {
		t.Errorf("a later format: %v", err)
	}
}

// FuzzReader: no stream makes the reader panic or take more memory than it has bytes, and none but a signed one is taken for a backup.
func FuzzReader(f *testing.F) {
	good := inClear(f, []Row{{int64(7), "bed", []byte("body"), true}, {nil, nil, nil, nil}})
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(streamMagic + "\x01\x01\xff\xff\xff\xff"))
	f.Add([]byte(streamMagic + "\x01\x01\x00\x00\x00\x02{}"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		_, err := walk(stream)
		if err == nil && !bytes.Equal(stream, good) {
			t.Fatal("a stream that nobody signed was taken")
		}
		if err != nil && fault.As(err).Kind() == fault.Internal {
			t.Fatalf("an error that says nothing: %v", err)
		}
	})
}

// TestATableIsCheckedByItself: a table that is wrong is found at its end, before what comes after it is read, though the whole is signed.
func TestATableIsCheckedByItself(t *testing.T) {
	for name, spoil := range map[string]func(*streamWriter){
		"its hash": func(w *streamWriter) { w.table.Write([]byte{0}) }, "its number of rows": func(w *streamWriter) { w.rows++ },
	} {
		var out bytes.Buffer
		w := newStreamWriter(&out, key)
		manifest := Manifest{Kind: Main, Set: "0", TakenAt: 1, Schema: 1, Tables: []Table{{Name: "bed", Columns: columns[:1], Rows: 1}}}
		for _, err := range []error{w.begin(manifest), w.beginTable(0), w.row(columns[:1], Row{int64(1)}), w.flushRows()} {
			if err != nil {
				t.Fatal(err)
			}
		}
		spoil(w)
		if err := errors.Join(w.endTable(), w.end()); err != nil {
			t.Fatal(err)
		}
		if rows, err := walk(out.Bytes()); !errors.Is(err, ErrDamaged) || rows != 1 {
			t.Errorf("%s: %d rows, %v", name, rows, err)
		}
	}
}

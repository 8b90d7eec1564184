package envelope

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// Vectors are made by each implementation and read by both: this side writes testdata/vectors/*.go.json with
//
//	go test ./internal/envelope -run 'Vectors|SmallOrder' -update
//
// and checks them and the browser side's *.ts.json. A missing file fails.
var update = flag.Bool("update", false, "write testdata/vectors/*.go.json anew")

const vectorDir = "../../testdata/vectors"

// readVectors decodes one file. Numbers stay text, so that nothing is rounded.
func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(vectorDir, name))
	if err != nil {
		t.Fatalf("vectors are read by both sides, and this file is not there: %v", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func writeVectors(t *testing.T, name string, vectors any) {
	t.Helper()
	raw, err := json.MarshalIndent(vectors, "", " ")
	check(t, err)
	check(t, os.WriteFile(filepath.Join(vectorDir, name), append(raw, '\n'), 0o644))
}

// bothSides runs a check on this side's file, after writing it when asked to, and on the other side's.
func bothSides[T any](t *testing.T, topic string, generate func(t *testing.T) T, verify func(t *testing.T, vectors T)) {
	t.Helper()
	if *update {
		writeVectors(t, topic+".go.json", generate(t))
	}
	for _, side := range []string{"go", "ts"} {
		t.Run(side, func(t *testing.T) {
			var vectors T
			readVectors(t, topic+"."+side+".json", &vectors)
			verify(t, vectors)
		})
	}
}

// hexed are bytes that JSON has as lower-case hex.
type hexed []byte

func (h hexed) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *hexed) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(string(text))
	*h = decoded
	return err
}

// b32 is 32 bytes of it.
func (h hexed) b32(t failer) [32]byte {
	t.Helper()
	if len(h) != 32 {
		t.Fatalf("%d bytes where 32 are wanted", len(h))
	}
	return [32]byte(h)
}

// same fails when two values that should be equal are not.
func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got %x, want %x", what, got, want)
	}
}

package keyring_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/nhs"
)

func created(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := keyring.Create(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t *testing.T, dir string) *keyring.Keyring {
	t.Helper()
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err, fault.As(err).Details())
	}
	return ring
}

// contents are the keys in the order of files, as text.
func contents(t *testing.T, dir string) []string {
	t.Helper()
	var keys []string
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, strings.Fields(string(text))[3])
	}
	return keys
}

func edit(name string, change func(string) string) func(*testing.T, string) {
	return func(t *testing.T, dir string) { rewrite(t, dir, name, change) }
}

func rewrite(t *testing.T, dir, name string, change func(string) string) {
	t.Helper()
	path := filepath.Join(dir, name)
	text, _ := os.ReadFile(path)
	if err := os.WriteFile(path, []byte(change(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, dir, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
		t.Fatal(err)
	}
}

func sign(key signer, message []byte) (signature [64]byte, signed bool) {
	defer func() { signed = recover() == nil }()
	return key.Sign(message), true
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code()
}

func number(t *testing.T) nhs.Number {
	t.Helper()
	parsed, err := nhs.ParseNumber("943 476 5919")
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	key, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

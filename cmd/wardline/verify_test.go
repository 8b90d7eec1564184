package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/store"
)

// command runs the program and returns what it printed.
func command(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(context.Background(), args, nil, &terminal{strings.NewReader(""), &out, &err})
	return out.String() + err.String(), code
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	output, code := command(t, args...)
	if code != 0 {
		t.Fatalf("%v: %d %s", args, code, output)
	}
	return output
}

// founded is a data directory with a founded server and two audited acts, in the log.
func founded(t *testing.T) (data string) {
	t.Helper()
	dir := t.TempDir()
	data = filepath.Join(dir, "data")
	initArgs := []string{"init", "--data", data, "--organisation", "Northfield Hospital"}
	completeArgs := []string{"init", "--data", data}
	for _, name := range []string{"a", "b", "c"} {
		file := filepath.Join(dir, name)
		must(t, "seat", "new", "--name", name, "--out", file)
		initArgs = append(initArgs, "--seat", file+".pub")
		completeArgs = append(completeArgs, "--complete", file+".sig")
	}
	must(t, initArgs...)
	for _, name := range []string{"a", "b", "c"} {
		file := filepath.Join(dir, name)
		must(t, "seat", "sign", "--yes", "--seat", file, "--out", file+".sig", filepath.Join(data, "founding", "manifest.bin"))
	}
	must(t, completeArgs...)
	must(t, "person", "add", "--data", data, "--user-name", "patel", "--name", "Dr A Patel", "--role", "Registrar")
	sequence(t, data)
	return data
}

// sequence does what a running server does: it gives the events their leaves.
func sequence(t *testing.T, data string) {
	t.Helper()
	keys, err := keyring.Open(filepath.Join(data, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), filepath.Join(data, "wardline.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := audit.NewSequencer(db.AuditLog(), keys.ForAudit(), clock.System{}).Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestR14_VerifyFindsOneAlteredByte(t *testing.T) {
	data := founded(t)
	export := filepath.Join(t.TempDir(), "export")
	output := must(t, "verify", "--data", data, "--save", export)
	if !strings.Contains(output, "2 leaves, 1 checkpoints") {
		t.Errorf("%s", output)
	}
	key := regexp.MustCompile(`key (\S+)`).FindStringSubmatch(output)[1]
	must(t, "verify", "--key="+key, export)

	good, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(good); at += max(1, len(good)/40) {
		altered := bytes.Clone(good)
		altered[at] ^= 1
		if err := os.WriteFile(export, altered, 0o600); err != nil {
			t.Fatal(err)
		}
		if output, code := command(t, "verify", "--key="+key, export); code != 1 {
			t.Errorf("byte %d: %d %s", at, code, output)
		}
	}
}

func TestR14_VerifyFindsAnAlteredRow(t *testing.T) {
	data := founded(t)
	path := filepath.Join(data, "wardline.db")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The detail's key in the audit row of the person who was added.
	at := bytes.LastIndex(content, []byte("permissions\x00\x00\x00\x00"))
	if at < 0 {
		t.Fatal("the row is not where it was expected")
	}
	content[at] = 'q'
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if output, code := command(t, "verify", "--data", data); code != 1 || !strings.Contains(output, "not what was signed") {
		t.Errorf("%d %s", code, output)
	}
}

func TestR14_VerifyFindsCheckpointsTakenAway(t *testing.T) {
	data := founded(t)
	db, err := store.Open(t.Context(), filepath.Join(data, "wardline.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM audit_checkpoint WHERE size = (SELECT MAX(size) FROM audit_checkpoint)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if output, code := command(t, "verify", "--data", data); code != 1 || !strings.Contains(output, "after the newest checkpoint") {
		t.Errorf("%d %s", code, output)
	}
}

func TestAServerWithOtherKeysIsRefused(t *testing.T) {
	data, other := founded(t), founded(t)
	if err := os.RemoveAll(filepath.Join(data, "keys")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(other, "keys"), filepath.Join(data, "keys")); err != nil {
		t.Fatal(err)
	}
	if output, code := command(t, "verify", "--data", data); code != 1 || !strings.Contains(output, "bind, remove, assert, audit") {
		t.Errorf("%d %s", code, output)
	}
}

func TestASignatureThatDoesNotVerifyReplacesNoneThatDoes(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	args := []string{"init", "--data", data, "--organisation", "Northfield Hospital"}
	for _, name := range []string{"a", "b", "c"} {
		must(t, "seat", "new", "--name", name, "--out", filepath.Join(dir, name))
		args = append(args, "--seat", filepath.Join(dir, name+".pub"))
	}
	must(t, args...)
	signature := filepath.Join(dir, "a.sig")
	must(t, "seat", "sign", "--yes", "--seat", filepath.Join(dir, "a"), "--out", signature, filepath.Join(data, "founding", "manifest.bin"))
	missing := func(want string) {
		t.Helper()
		if output, code := command(t, "init", "--data", data, "--complete", signature); code != 1 || !strings.Contains(output, "missing: "+want) {
			t.Errorf("%d %s", code, output)
		}
	}
	missing("2 (b), 3 (c)")
	text, err := os.ReadFile(signature)
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	fields[2] = strings.Repeat("A", len(fields[2]))
	if err := os.WriteFile(signature, []byte(strings.Join(fields, " ")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	missing("2 (b), 3 (c)")
	missing("2 (b), 3 (c)") // also from what was kept
}

func TestThePolicyIsTheOneThatWasAskedFor(t *testing.T) {
	c := initCommand{IdleLock: 1e9 * 60, Grace: 0, DeviceLife: 1e9 * 86400}
	want := identity.DefaultPolicy()
	want.IdleLockMillis, want.GraceMillis, want.DeviceLifeMillis = 60_000, 0, 86_400_000
	if got := c.policy(); got != want {
		t.Errorf("%+v", got)
	}

}

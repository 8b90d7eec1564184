package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/internal/store"
)

// renewed has the officers of founded sign the next version, with a new audit key.
func renewed(t *testing.T, data string) {
	t.Helper()
	must(t, "manifest", "propose", "--data", data, "--renew", "audit")
	args := []string{"manifest", "complete", "--data", data}
	for _, name := range []string{"a", "c"} {
		out := filepath.Join(t.TempDir(), name)
		must(t, "seat", "sign", "--yes", "--seat", filepath.Join(filepath.Dir(data), name), "--out", out,
			"--before", filepath.Join(data, "manifest-2", "before.bin"), filepath.Join(data, "manifest-2", "manifest.bin"))
		args = append(args, out)
	}
	must(t, args...)
}

// TestP3_AWitnessFollowsANewAuditKey: the log goes on under the key of the next manifest, and nobody goes back to the one before.
func TestP3_AWitnessFollowsANewAuditKey(t *testing.T) {
	before := watch(t)
	state := filepath.Join(t.TempDir(), "state")
	at := func(w *watched) []string {
		return []string{"witness", "--server", w.URL, "--state", state, "--key=" + before.pin.String()}
	}
	must(t, at(before)...)
	old := before.signer
	renewed(t, before.data)

	after := serve(t, before.data)
	fatal(t, after.ledger.Settle(t.Context()))
	// After the restart the server has another port here.
	remembered, err := os.ReadFile(state)
	fatal(t, err)
	fatal(t, os.WriteFile(state, []byte(strings.Replace(string(remembered), before.URL, after.URL, 1)), 0o600))
	if output := must(t, at(after)...); !strings.Contains(output, "3 leaves and had 2") {
		t.Errorf("%s", output)
	}
	after.lie = func(path string, answer map[string]any) {
		if path == "/v1/log/manifests" {
			answer["manifests"] = answer["manifests"].([]any)[:1]
		}
	}
	if output, code := command(t, at(after)...); code != 1 || !strings.Contains(output, "older than the pinned one") {
		t.Errorf("the manifest before: %d %s", code, output)
	}
	after.lie = func(path string, answer map[string]any) {
		if path == "/v1/log/checkpoint" {
			newest, err := after.ledger.Newest(t.Context(), 0)
			fatal(t, err)
			opened, err := envelope.OpenCheckpoint(newest.Checkpoint, after.signer.Public())
			fatal(t, err)
			answer["checkpoint"] = string(opened.Note(old.Public(), old.Sign([]byte(opened.Text()))))
		}
	}
	if output, code := command(t, at(after)...); code != 1 || !strings.Contains(output, "another key") {
		t.Errorf("a checkpoint by the key before: %d %s", code, output)
	}

	export := filepath.Join(t.TempDir(), "export")
	output := must(t, "verify", "--data", before.data, "--save", export)
	keys := regexp.MustCompile(`key (\S+)`).FindAllStringSubmatch(output, -1)
	if len(keys) != 2 {
		t.Fatalf("%s", output)
	}
	must(t, "verify", "--key="+keys[0][1], "--key="+keys[1][1], export)
	for name, args := range map[string][]string{
		"the new key alone":         {"--key=" + keys[1][1]},
		"the keys the other way on": {"--key=" + keys[1][1], "--key=" + keys[0][1]},
	} {
		if output, code := command(t, append([]string{"verify", export}, args...)...); code != 1 {
			t.Errorf("%s: %d %s", name, code, output)
		}
	}
}

// TestTheNextManifestWaitsForTheServerToStop: a server that is at work would sign the log with a key that nobody believes any more.
func TestTheNextManifestWaitsForTheServerToStop(t *testing.T) {
	data := founded(t)
	lock, err := server.LockData(data)
	fatal(t, err)
	must(t, "manifest", "propose", "--data", data, "--renew", "audit")
	if output, code := command(t, "manifest", "complete", "--data", data); code != 1 || !strings.Contains(output, "Stop it first") {
		t.Errorf("%d %s", code, output)
	}
	fatal(t, lock.Close())
	if output, code := command(t, "manifest", "complete", "--data", data); code != 1 || !strings.Contains(output, "needed: 2") {
		t.Errorf("%d %s", code, output)
	}
}

// TestARestoredDatabaseGetsItsManifestAgain: the keys are in no backup, and the next version's are here already.
func TestARestoredDatabaseGetsItsManifestAgain(t *testing.T) {
	data := founded(t)
	renewed(t, data)
	whole := must(t, "manifest", "show", "--data", data)
	db, err := store.Open(t.Context(), filepath.Join(data, "wardline.db"))
	fatal(t, err)
	fatal(t, db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM manifest WHERE version = 2`)
		return err
	}))
	fatal(t, db.Close())
	if output := must(t, "manifest", "show", "--data", data); !strings.Contains(output, "version 1") {
		t.Errorf("%s", output)
	}
	must(t, "manifest", "complete", "--data", data)
	if output := must(t, "manifest", "show", "--data", data); output != whole {
		t.Errorf("%s\nand before it was lost\n%s", output, whole)
	}
}

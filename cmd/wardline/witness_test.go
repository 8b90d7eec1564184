package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/httpapi"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/store"
)

// watched is a server's real log behind its real routes, and what a test bends of the answers.
type watched struct {
	*httptest.Server
	db     *store.DB
	ledger *audit.Ledger
	signer envelope.Signer
	pin    id.Hash
	lie    func(path string, answer map[string]any)
}

func watch(t *testing.T) *watched {
	t.Helper()
	data := founded(t)
	keys, err := keyring.Open(filepath.Join(data, "keys"))
	fatal(t, err)
	db, err := store.Open(t.Context(), filepath.Join(data, "wardline.db"))
	fatal(t, err)
	t.Cleanup(func() { db.Close() })
	trust, err := identity.CheckFounded(t.Context(), db, keys.Public())
	fatal(t, err)
	sequencer := audit.NewSequencer(db.AuditLog(), keys.ForAudit(), clock.System{})
	w := &watched{db: db, ledger: audit.NewLedger(db.AuditLog(), sequencer, db.Audit, clock.System{}), signer: keys.ForAudit(), pin: trust.Chain.Current().Hash}
	identities := identity.New(identity.Options{Store: db, Keys: keys.ForIdentity(), Trust: trust, Clock: clock.System{}})
	api := httpapi.New(httpapi.Options{Rooms: httpapi.Rooms{Ledger: w.ledger, Manifests: identities}})
	w.Server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		recorded := httptest.NewRecorder()
		api.ServeHTTP(recorded, in)
		var answer map[string]any
		if w.lie == nil || json.Unmarshal(recorded.Body.Bytes(), &answer) != nil {
			out.WriteHeader(recorded.Code)
			_, _ = out.Write(recorded.Body.Bytes())
			return
		}
		w.lie(in.URL.Path, answer)
		_ = json.NewEncoder(out).Encode(answer)
	}))
	t.Cleanup(w.Close)
	return w
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *watched) grow(t *testing.T) {
	t.Helper()
	for range 3 {
		fatal(t, w.db.Audit(t.Context(), audit.Event{Kind: audit.SignIn, At: time.Now()}))
	}
	fatal(t, w.ledger.Settle(t.Context()))
}

func TestAWitnessSeesTheLogGrow(t *testing.T) {
	w, dir := watch(t), t.TempDir()
	state, cosign := filepath.Join(dir, "state"), filepath.Join(dir, "witness.key")
	args := []string{"witness", "--server", w.URL, "--state", state, "--key", w.pin.String(), "--cosign", cosign}
	output := must(t, args...)
	if !strings.Contains(output, "2 leaves and had 0") || !strings.Contains(output, "public key is wardline-witness+") || strings.Count(output, "\u2014 ") != 2 {
		t.Errorf("%s", output)
	}
	must(t, args...)
	w.grow(t)
	if output := must(t, args...); !strings.Contains(output, "5 leaves and had 2") {
		t.Errorf("%s", output)
	}
	if info, err := os.Stat(cosign); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the witness's key: %v, %v", info, err)
	}
}

func TestAWitnessFindsEveryLie(t *testing.T) {
	forged := func(w *watched, size uint64, signer envelope.Signer) string {
		c := envelope.Checkpoint{LogHead: envelope.LogHead{Size: size, Root: id.Hash{7}}, At: envelope.TimeOf(time.Now())}
		return string(c.Note(w.signer.Public(), signer.Sign([]byte(c.Text()))))
	}
	for name, lie := range map[string]func(w *watched, path string, answer map[string]any){
		"a forked log":            func(w *watched, _ string, a map[string]any) { a["checkpoint"] = forged(w, 9, w.signer) },
		"another log of one size": func(w *watched, _ string, a map[string]any) { a["checkpoint"] = forged(w, 2, w.signer) },
		"a log that was cut back": func(w *watched, _ string, a map[string]any) { a["checkpoint"] = forged(w, 1, w.signer) },
		"a proof taken away":      func(_ *watched, _ string, a map[string]any) { delete(a, "consistency") },
		"a checkpoint by another": func(w *watched, _ string, a map[string]any) {
			a["checkpoint"] = forged(w, 9, envelope.NewSigner([32]byte{1}))
		},
		"something that is no note":  func(_ *watched, _ string, a map[string]any) { a["checkpoint"] = "hello" },
		"a hash that is not 32 long": func(_ *watched, _ string, a map[string]any) { a["consistency"] = []string{"AAAA"} },
	} {
		w := watch(t)
		state := filepath.Join(t.TempDir(), "state")
		args := []string{"witness", "--server", w.URL, "--state", state}
		must(t, args...)
		before, err := os.ReadFile(state)
		fatal(t, err)
		w.grow(t)
		w.lie = func(path string, answer map[string]any) {
			if path == "/v1/log/checkpoint" {
				lie(w, path, answer)
			}
		}
		if output, code := command(t, args...); code != 1 || !strings.Contains(output, "state.problem") {
			t.Errorf("%s: %d %s", name, code, output)
		}
		kept, err := os.ReadFile(state + ".problem")
		if err != nil || !strings.Contains(string(kept), envelope.CheckpointOrigin) {
			t.Errorf("%s: the evidence: %q, %v", name, kept, err)
		}
		if after, err := os.ReadFile(state); err != nil || string(after) != string(before) {
			t.Errorf("%s: the state changed", name)
		}
	}
}

func TestAWitnessWithTheWrongSheetOrNoServer(t *testing.T) {
	w, other := watch(t), watch(t)
	state := filepath.Join(t.TempDir(), "state")
	if output, code := command(t, "witness", "--server", w.URL, "--state", state, "--key", other.pin.String()); code != 1 {
		t.Errorf("another manifest than the sheet's: %d %s", code, output)
	}
	must(t, "witness", "--server", w.URL, "--state", state)
	if output, code := command(t, "witness", "--server", other.URL, "--state", state); code != 1 || !strings.Contains(output, "another server") {
		t.Errorf("the state of another server: %d %s", code, output)
	}
	w.lie = func(path string, answer map[string]any) {
		clear(answer)
	}
	if output, code := command(t, "witness", "--server", w.URL, "--state", state); code != 2 {
		t.Errorf("an answer that says nothing: %d %s", code, output)
	}
	w.Close()
	if output, code := command(t, "witness", "--server", w.URL, "--state", state); code != 2 {
		t.Errorf("nobody there: %d %s", code, output)
	}
}

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/audit/audittest"
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
	data   string
	db     *store.DB
	ledger *audit.Ledger
	signer envelope.Signer
	pin    id.Hash
	lie    func(path string, answer map[string]any)
}

func watch(t *testing.T) *watched {
	t.Helper()
	return serve(t, founded(t))
}

// serve serves what a data directory has now, as a start of the server does.
func serve(t *testing.T, data string) *watched {
	t.Helper()
	keys, err := keyring.Open(filepath.Join(data, "keys"))
	fatal(t, err)
	db, err := store.Open(t.Context(), filepath.Join(data, "wardline.db"))
	fatal(t, err)
	t.Cleanup(func() { db.Close() })
	trust, err := identity.CheckFounded(t.Context(), db, keys)
	fatal(t, err)
	sequencer := audit.NewSequencer(db.AuditLog(), keys.ForAudit(), clock.System{}, trust.Chain.AuditKeys()...)
	w := &watched{data: data, db: db, ledger: audit.NewLedger(db.AuditLog(), sequencer, db.Audit, clock.System{}), signer: keys.ForAudit(), pin: trust.Chain.Current().Hash}
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
	args := []string{"witness", "--server", w.URL, "--state", state, "--key=" + w.pin.String(), "--cosign", cosign}
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
	type answer = map[string]any
	// proved is empty where the two signatures alone prove it.
	lies := map[string]struct {
		tell   func(w *watched, a answer)
		proved string
	}{
		"a forked log":               {func(w *watched, a answer) { a["checkpoint"] = forged(w, 9, w.signer) }, ""},
		"another log of one size":    {func(w *watched, a answer) { a["checkpoint"] = forged(w, 2, w.signer) }, ""},
		"a log that was cut back":    {func(w *watched, a answer) { a["checkpoint"] = forged(w, 1, w.signer) }, ""},
		"a proof taken away":         {func(_ *watched, a answer) { delete(a, "consistency") }, "can be of one log"},
		"a checkpoint by another":    {func(w *watched, a answer) { a["checkpoint"] = forged(w, 9, envelope.NewSigner([32]byte{1})) }, "not signed by this key"},
		"something that is no note":  {func(_ *watched, a answer) { a["checkpoint"] = "hello" }, "not signed by this key"},
		"a hash that is not 32 long": {func(_ *watched, a answer) { a["consistency"] = []string{"AAAA"} }, "can be of one log"},
	}
	for name, lie := range lies {
		w := watch(t)
		state := filepath.Join(t.TempDir(), "state")
		args := []string{"witness", "--server", w.URL, "--state", state}
		must(t, args...)
		before, err := os.ReadFile(state)
		fatal(t, err)
		w.grow(t)
		w.lie = func(path string, answer map[string]any) {
			if path == "/v1/log/checkpoint" {
				lie.tell(w, answer)
			}
		}
		if output, code := command(t, args...); code != 1 || !strings.Contains(output, "state.problem") {
			t.Errorf("%s: %d %s", name, code, output)
		}
		kept, err := os.ReadFile(state + ".problem")
		fatal(t, err)
		if evidence, err := envelope.ParseEvidence(kept); err != nil || !strings.Contains(string(evidence.Seen), envelope.CheckpointOrigin) || evidence.Shown == nil {
			t.Errorf("%s: the evidence: %q, %v", name, kept, err)
		}
		key := w.signer.Public()
		output, code := command(t, "verify", "evidence", "--key="+base64.RawURLEncoding.EncodeToString(key[:]), state+".problem")
		if want := lies[name].proved; (code == 0) != (want == "") || !strings.Contains(output, want) {
			t.Errorf("%s: the evidence is judged %d %s", name, code, output)
		}
		if after, err := os.ReadFile(state); err != nil || string(after) != string(before) {
			t.Errorf("%s: the state changed", name)
		}
	}
}

func TestAWitnessWithTheWrongSheetOrNoServer(t *testing.T) {
	w, other := watch(t), watch(t)
	state := filepath.Join(t.TempDir(), "state")
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

// TestAMistypedKeyIsNotAnAttack: a key that is none, the key of another log, and a server that has really changed are told apart. Only the last leaves evidence, and ends
// with 1; a first look at a server with another key than the sheet's believes nothing.
func TestAMistypedKeyIsNotAnAttack(t *testing.T) {
	const check = "This key is not the log's: check how it was typed."
	w, other := watch(t), watch(t)
	state := filepath.Join(t.TempDir(), "state")
	look := func(key string) (string, int) {
		return command(t, "witness", "--server", w.URL, "--state", state, "--key="+key)
	}
	rows := strings.ReplaceAll(strings.Trim(fmt.Sprint(fingerprintRows(w.pin)), "[]"), "] [", " ")
	wrong := []byte(rows)
	wrong[3] = map[bool]byte{true: '1', false: '0'}[wrong[3] == '0']
	malformed := []string{"hello", rows[:len(rows)-1], rows + " 00", strings.Replace(rows, rows[:1], "g", 1), w.pin.String()[:42], w.pin.String() + "="}
	unlike := map[string]string{"one digit is wrong": string(wrong), "another server's": other.pin.String()}
	tried := func(when, said string) {
		t.Helper()
		for _, key := range malformed {
			if output, code := look(key); code != 3 || !strings.Contains(output, check+" A fingerprint is") {
				t.Errorf("%s, %q: %d %s", when, key, code, output)
			}
		}
		for name, key := range unlike {
			if output, code := look(key); code != 3 || !strings.Contains(output, check+" "+said) || !strings.Contains(output, w.pin.String()) {
				t.Errorf("%s, %s: %d %s", when, name, code, output)
			}
		}
		if _, err := os.Stat(state + ".problem"); !os.IsNotExist(err) {
			t.Errorf("%s: evidence against an honest server: %v", when, err)
		}
	}
	tried("at first sight", "If it is as on the sheet, this is not the server")
	if _, err := os.Stat(state); !os.IsNotExist(err) {
		t.Errorf("something was believed: %v", err)
	}
	for _, key := range []string{rows, strings.ToUpper(rows), strings.ReplaceAll(rows, " ", ""), w.pin.String()} {
		if output, code := look(key); code != 0 {
			t.Fatalf("the key itself, as %q: %d %s", key, code, output)
		}
	}
	before, err := os.ReadFile(state)
	fatal(t, err)
	tried("later", "Nothing contradicts what was seen")
	if after, err := os.ReadFile(state); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the state changed: %v", err)
	}

	// The same address, and another founding behind it: that is no slip of the pen, whichever key is given.
	theirs, err := http.Get(other.URL + "/v1/log/manifests")
	fatal(t, err)
	defer theirs.Body.Close()
	var chain map[string]any
	fatal(t, json.NewDecoder(theirs.Body).Decode(&chain))
	w.lie = func(path string, answer map[string]any) {
		if path == "/v1/log/manifests" {
			answer["manifests"] = chain["manifests"]
		}
	}
	for _, key := range []string{w.pin.String(), other.pin.String(), string(wrong)} {
		if output, code := look(key); code != 1 || strings.Contains(output, check) || !strings.Contains(output, "state.problem") {
			t.Errorf("another founding, with the key %q: %d %s", key, code, output)
		}
	}
}

func TestAWitnessWhoseOwnKeyIsUnreadable(t *testing.T) {
	w, dir := watch(t), t.TempDir()
	own := filepath.Join(dir, "witness.key")
	fatal(t, os.WriteFile(own, []byte("PRIVATE+KEY+hello\n"), 0o600))
	output, code := command(t, "witness", "--server", w.URL, "--state", filepath.Join(dir, "state"), "--cosign", own)
	if code != 3 || !strings.Contains(output, "The witness's own key in this file cannot be read") || !strings.Contains(output, own) {
		t.Errorf("%d %s", code, output)
	}
}

// save writes the whole log, as the operator does for an auditor.
func (w *watched) save(t *testing.T) string {
	t.Helper()
	fatal(t, w.ledger.Settle(t.Context()))
	export := filepath.Join(t.TempDir(), "audit.export")
	file, err := os.Create(export)
	fatal(t, err)
	fatal(t, audit.Export(t.Context(), w.db.AuditLog(), file))
	fatal(t, file.Close())
	return export
}

// TestP4_AWitnessReadsTheWholeLog: the proofs are right, and the log says two things about one person, or leaves one out.
func TestP4_AWitnessReadsTheWholeLog(t *testing.T) {
	entry := func(seq string, hash byte) audit.Event {
		return audit.PersonLogEntry(id.Person{}, id.Person{7}, seq, id.Hash{hash}, time.Now())
	}
	for name, test := range map[string]struct {
		entries []audit.Event
		want    string
	}{
		"an honest log": {[]audit.Event{entry("1", 1), entry("2", 2)}, ""},
		"two entries 2": {[]audit.Event{entry("1", 1), entry("2", 2), entry("2", 3)}, "a second entry 2"},
		"a gap":         {[]audit.Event{entry("1", 1), entry("3", 2)}, "entry 3 in the log"},
		"another kind":  {[]audit.Event{{Kind: audit.PersonLog, At: time.Now(), Details: map[string]string{"set": "1"}}}, "other details"},
	} {
		w := watch(t)
		for _, one := range test.entries {
			fatal(t, w.db.Audit(t.Context(), one))
		}
		export, state := w.save(t), filepath.Join(t.TempDir(), "state")
		w.grow(t) // the log goes on while the export travels
		output, code := command(t, "witness", "--server", w.URL, "--state", state, "--export", export)
		if (code == 0) != (test.want == "") || !strings.Contains(output, test.want) {
			t.Errorf("%s: the witness: %d %s", name, code, output)
		}
		if _, err := os.Stat(state); (err == nil) != (test.want == "") {
			t.Errorf("%s: a log that is refused is remembered as good: %v", name, err)
		}
		if output, code := command(t, "verify", "--data", w.data); (code == 0) != (test.want == "") || !strings.Contains(output, test.want) {
			t.Errorf("%s: verify: %d %s", name, code, output)
		}
	}
}

// TestAWitnessIsGivenAnotherLogThanItWatches: an export that verifies by itself, under the same key, and is not the log that the server shows.
func TestAWitnessIsGivenAnotherLogThanItWatches(t *testing.T) {
	w := watch(t)
	state := filepath.Join(t.TempDir(), "state")
	args := []string{"witness", "--server", w.URL, "--state", state}
	must(t, args...)
	other := new(audittest.Memory)
	for range 2 {
		fatal(t, other.Write(t.Context(), audit.Event{Kind: audit.SignOut, At: time.Now()}))
	}
	keys, err := keyring.Open(filepath.Join(w.data, "keys"))
	fatal(t, err)
	fatal(t, audit.NewSequencer(other, keys.ForAudit(), clock.System{}).Drain(t.Context()))
	export := filepath.Join(t.TempDir(), "other.export")
	file, err := os.Create(export)
	fatal(t, err)
	fatal(t, audit.Export(t.Context(), other, file))
	fatal(t, file.Close())
	if output, code := command(t, append(args, "--export", export)...); code != 1 || !strings.Contains(output, "state.problem") {
		t.Errorf("%d %s", code, output)
	}
	key := w.signer.Public()
	text := base64.RawURLEncoding.EncodeToString(key[:])
	if output, code := command(t, "verify", "evidence", "--key="+text, state+".problem"); code != 0 || !strings.Contains(output, "contradict each other") {
		t.Errorf("%d %s", code, output)
	}
}

// TestEvidenceIsHeldAgainstTheWholeLog: two good signatures that can be of one log, and one of them is not of the log that there is.
func TestEvidenceIsHeldAgainstTheWholeLog(t *testing.T) {
	w := watch(t)
	w.grow(t)
	export := w.save(t)
	key := w.signer.Public()
	text := base64.RawURLEncoding.EncodeToString(key[:])
	newest, err := w.ledger.Newest(t.Context(), 0)
	fatal(t, err)
	file := filepath.Join(t.TempDir(), "evidence")
	judge := func(e envelope.Evidence, args ...string) (string, int) {
		t.Helper()
		e.Code = string(envelope.SplitView)
		fatal(t, os.WriteFile(file, []byte(e.Text()), 0o600))
		return command(t, append([]string{"verify", "evidence", "--key=" + text, file}, args...)...)
	}
	first := envelope.Checkpoint{LogHead: envelope.LogHead{Size: 2, Root: id.Hash{9}}, At: envelope.TimeOf(time.Now().Add(-time.Hour))}
	invented := first.Note(key, w.signer.Sign([]byte(first.Text())))
	both := envelope.Evidence{Seen: invented, Shown: newest.Checkpoint}
	if output, code := judge(both); code != 1 || !strings.Contains(output, "can be of one log") {
		t.Errorf("without the log: %d %s", code, output)
	}
	if output, code := judge(both, "--export", export); code != 0 || !strings.Contains(output, "another root at that size") {
		t.Errorf("with it: %d %s", code, output)
	}
	if output, code := judge(envelope.Evidence{Seen: newest.Checkpoint}, "--export", export); code != 1 || !strings.Contains(output, "is of this log") {
		t.Errorf("an honest checkpoint: %d %s", code, output)
	}
	told := envelope.Evidence{Seen: newest.Checkpoint, Told: &envelope.ToldHead{LogHead: first.LogHead, By: id.Person{5}}}
	if output, code := judge(told); code != 1 || !strings.Contains(output, "nobody signed that") {
		t.Errorf("what a colleague's device told: %d %s", code, output)
	}
	if output, code := judge(envelope.Evidence{}); code != 1 || !strings.Contains(output, "no signed checkpoint") {
		t.Errorf("nothing: %d %s", code, output)
	}
	// The colleague's device saved its own side: the two files together prove it.
	theirs := filepath.Join(t.TempDir(), "theirs")
	other := envelope.Checkpoint{LogHead: envelope.LogHead{Size: uint64(newest.Size), Root: id.Hash{9}}, At: envelope.TimeOf(time.Now())}
	fatal(t, os.WriteFile(theirs, []byte(envelope.Evidence{Code: "split_view", Seen: other.Note(key, w.signer.Sign([]byte(other.Text())))}.Text()), 0o600))
	if output, code := judge(told, theirs); code != 0 || !strings.Contains(output, "one size, and two roots") {
		t.Errorf("two devices: %d %s", code, output)
	}
	fatal(t, os.WriteFile(file, []byte("hello"), 0o600))
	if output, code := command(t, "verify", "evidence", "--key="+text, file); code != 1 || !strings.Contains(output, "not a file of evidence") {
		t.Errorf("something else: %d %s", code, output)
	}
}

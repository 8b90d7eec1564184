package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/audit/audittest"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
)

var at = time.Date(2026, 3, 1, 20, 30, 0, 0, time.UTC)

func TestMemoryIsAStore(t *testing.T) {
	audittest.TestStore(t, func(*testing.T) audittest.Opened {
		memory := new(audittest.Memory)
		return audittest.Opened{Store: memory, Write: memory.Write}
	})
}

func TestEventsHoldCodesOnly(t *testing.T) {
	good := audit.Event{Kind: audit.Filing, Actor: id.Person{1}, Subject: audit.About(id.Filing{2}), At: at}
	with := func(change func(*audit.Event)) audit.Event {
		event := good
		change(&event)
		return event
	}
	detail := func(key, value string) audit.Event {
		return with(func(e *audit.Event) { e.Details = map[string]string{key: value} })
	}
	for name, event := range map[string]audit.Event{
		"plain":     good,
		"an id":     detail("decision", id.Decision{3}.String()),
		"a hash":    detail("hash", id.Hash{4}.String()),
		"a url":     detail("reference", "https://record.example/DocumentReference/7/_history/1"),
		"a moment":  detail("due", "1772397000000"),
		"a version": detail("etag", "W/1"[:1]),
	} {
		if _, err := event.Row(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, event := range map[string]audit.Event{
		"no kind":               with(func(e *audit.Event) { e.Kind = 0 }),
		"an unknown kind":       with(func(e *audit.Event) { e.Kind = 0xffff }),
		"no time":               with(func(e *audit.Event) { e.At = time.Time{} }),
		"a long subject":        with(func(e *audit.Event) { e.Subject = make([]byte, audit.MaxSubject+1) }),
		"a name":                detail("name", "SMITH John"),
		"a name with an accent": detail("name", "José"),
		"an NHS number":         detail("n", "9434765919"),
		"a spaced NHS number":   detail("n", "943-476-5919"),
		"a long value":          detail("n", strings.Repeat("a", audit.MaxValue+1)),
		"a line break":          detail("n", "a\n"),
		"a bad key":             detail("Name", "a"),
		"an empty key":          detail("", "a"),
		"too many": with(func(e *audit.Event) {
			e.Details = map[string]string{}
			for n := range audit.MaxDetails + 1 {
				e.Details[fmt.Sprintf("k%d", n)] = "v"
			}
		}),
		"too long together": with(func(e *audit.Event) {
			e.Details = map[string]string{}
			for n := range 20 {
				e.Details[fmt.Sprintf("k%d", n)] = strings.Repeat("v", audit.MaxValue)
			}
		}),
	} {
		if _, err := event.Row(); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestLeafBytes(t *testing.T) {
	row, err := audit.Event{
		Kind: audit.Hold, Actor: id.Person{15: 7}, Subject: []byte{0xaa}, At: time.UnixMilli(0x0102030405),
		Details: map[string]string{"zz": "1", "abc": "2"},
	}.Row()
	if err != nil {
		t.Fatal(err)
	}
	want := "57415244" + "01" + "0401" + "0502" + "0000000102030405" + "00000000000000000000000000000007" + "00000001aa" + "00000019" +
		"0002" + "00000002" + "7a7a" + "00000001" + "31" + "00000003" + "616263" + "00000001" + "32"
	if got := fmt.Sprintf("%x", row.Leaf()); got != want {
		t.Errorf("leaf\n got %s\nwant %s", got, want)
	}
}

func TestRowsSurviveTheirLeaf(t *testing.T) {
	codes := rapid.StringMatching(`[A-Za-z0-9_:/+=@-]{0,40}`).Filter(func(s string) bool { return len(s) < 10 || len(s) > 12 })
	rapid.Check(t, func(t *rapid.T) {
		event := audit.Event{
			Kind:    rapid.SampledFrom([]audit.Kind{audit.SignIn, audit.LookUp, audit.Disposal}).Draw(t, "kind"),
			Actor:   id.Person(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "actor")),
			Subject: rapid.SliceOfN(rapid.Byte(), 1, audit.MaxSubject).Draw(t, "subject"),
			At:      time.UnixMilli(rapid.Int64Range(1, 1<<53-1).Draw(t, "at")).UTC(),
			Details: rapid.MapOfN(rapid.StringMatching(`[a-z][a-z0-9_]{0,31}`), codes, 0, 8).Draw(t, "details"),
		}
		row, err := event.Row()
		if err != nil {
			t.Fatal(err)
		}
		back, err := audit.ParseLeaf(row.Leaf())
		if err != nil {
			t.Fatal(err)
		}
		read, err := back.Event()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(event, read); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzParseLeaf(f *testing.F) {
	row, err := audit.Event{Kind: audit.Hold, At: at, Subject: []byte{1}, Details: map[string]string{"a": "b", "c": "d"}}.Row()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(row.Leaf())
	f.Fuzz(func(t *testing.T, leaf []byte) {
		row, err := audit.ParseLeaf(leaf)
		if err == nil && !bytes.Equal(row.Leaf(), leaf) {
			t.Errorf("%x was read and is written %x", leaf, row.Leaf())
		}
	})
}

func TestR14_OneAlteredByteIsFound(t *testing.T) {
	export, key := smallLog(t, 5)
	if report, err := audit.Verify(bytes.NewReader(export), key.Public()); err != nil || report.Leaves != 5 || report.Checkpoints != 3 {
		t.Fatalf("the untouched log: %+v, %v", report, err)
	}
	for n := range export {
		for _, change := range []byte{0x01, 0x20, 0x80} {
			altered := bytes.Clone(export)
			altered[n] ^= change
			if _, err := audit.Verify(bytes.NewReader(altered), key.Public()); !errors.Is(err, audit.ErrTampered) {
				t.Fatalf("byte %d (%q → %q) was altered unseen: %v", n, export[n], altered[n], err)
			}
		}
	}
}

func TestR14_CutInsertedAndReorderedLogsAreFound(t *testing.T) {
	export, key := smallLog(t, 5)
	lines := strings.SplitAfter(string(export), "\n")
	lines = lines[:len(lines)-1]
	refused := func(what, altered string) {
		t.Helper()
		if _, err := audit.Verify(strings.NewReader(altered), key.Public()); !errors.Is(err, audit.ErrTampered) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for n := range lines {
		refused(fmt.Sprintf("cut before line %d", n+1), strings.Join(lines[:n], ""))
		without := append(append([]string{}, lines[:n]...), lines[n+1:]...)
		refused(fmt.Sprintf("without line %d", n+1), strings.Join(without, ""))
		twice := append(append(append([]string{}, lines[:n+1]...), lines[n]), lines[n+1:]...)
		refused(fmt.Sprintf("line %d twice", n+1), strings.Join(twice, ""))
		if n > 0 {
			swapped := append([]string{}, lines...)
			swapped[n-1], swapped[n] = swapped[n], swapped[n-1]
			refused(fmt.Sprintf("lines %d and %d swapped", n, n+1), strings.Join(swapped, ""))
		}
	}
	refused("something after the end", string(export)+"\n")
	refused("a line without end", "wardline-audit-export-v1\nleaf 0 "+strings.Repeat("A", 1<<20))
	if _, err := audit.Verify(bytes.NewReader(export), audittest.NewKey(2).Public()); !errors.Is(err, audit.ErrTampered) {
		t.Errorf("another organisation's key: %v", err)
	}
}

func TestR14_ARememberedCheckpointFindsARewrittenLog(t *testing.T) {
	full, key := smallLog(t, 5)
	_, note := lastCheckpoint(t, full, key)
	short, _ := smallLog(t, 3)
	verifier := audit.Verifier{Keys: [][32]byte{key.Public()}, Remembered: [][]byte{note}}
	if _, err := verifier.Verify(bytes.NewReader(full)); err != nil {
		t.Errorf("the honest log: %v", err)
	}
	if _, err := verifier.Verify(bytes.NewReader(short)); !errors.Is(err, audit.ErrTampered) {
		t.Errorf("a log cut back to an earlier checkpoint: %v", err)
	}
	other := newLog(t, audittest.NewKey(1))
	for range 6 {
		other.add(t, audit.Event{Kind: audit.SignOut, At: at})
	}
	if _, err := verifier.Verify(bytes.NewReader(other.export(t))); !errors.Is(err, audit.ErrTampered) {
		t.Errorf("a log rewritten from the start and signed again: %v", err)
	}
}

func TestAnEmptyLogVerifies(t *testing.T) {
	export, key := smallLog(t, 0)
	if report, err := audit.Verify(bytes.NewReader(export), key.Public()); err != nil || report.Leaves != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestInclusionProofs(t *testing.T) {
	log := newLog(t, audittest.NewKey(1))
	for n := range 9 {
		log.add(t, audit.PersonLogEntry(id.Person{}, id.Person{byte(n)}, fmt.Sprint(n+1), id.Hash{byte(n)}, at))
	}
	good, err := audit.ProveInclusion(t.Context(), log.store, 4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := good.Check(log.key.Public()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*audit.Inclusion){
		"another entry": func(i *audit.Inclusion) {
			i.Row, _ = audit.PersonLogEntry(id.Person{}, id.Person{4}, "5", id.Hash{99}, at).Row()
		},
		"another place": func(i *audit.Inclusion) { i.Index = 5 },
		"another proof": func(i *audit.Inclusion) { i.Proof = append(tlog.RecordProof{{1}}, i.Proof[1:]...) },
		"another tree": func(i *audit.Inclusion) {
			i.Checkpoint, _ = audit.Checkpoint{Size: 9, At: at}.Sign(log.key)
		},
		"another key": func(i *audit.Inclusion) {
			i.Checkpoint, _ = audit.Checkpoint{Size: 9, At: at}.Sign(audittest.NewKey(2))
		},
	} {
		bad := good
		change(&bad)
		if _, err := bad.Check(log.key.Public()); !errors.Is(err, audit.ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, index := range []int64{-1, 9} {
		if _, err := audit.ProveInclusion(t.Context(), log.store, index); !errors.Is(err, audit.ErrNoLeaf) {
			t.Errorf("leaf %d: %v", index, err)
		}
	}
	if _, err := audit.ProveConsistency(t.Context(), log.store, 3, 10); !errors.Is(err, audit.ErrNoLeaf) {
		t.Errorf("a size that is not there: %v", err)
	}
}

func TestConsistencyFindsARewrittenLog(t *testing.T) {
	first, second := newLog(t, audittest.NewKey(1)), newLog(t, audittest.NewKey(1))
	for n := range 6 {
		first.add(t, audit.Event{Kind: audit.SignIn, Actor: id.Person{byte(n)}, At: at})
		second.add(t, audit.Event{Kind: audit.SignIn, Actor: id.Person{byte(n), 1}, At: at})
	}
	older, newer := first.checkpoint(t, 3), second.checkpoint(t, 6)
	proof, err := audit.ProveConsistency(t.Context(), second.store, 3, 6)
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.CheckConsistency(older, newer, proof); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("a log with another past: %v", err)
	}
	if err := audit.CheckConsistency(newer, older, nil); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("a log that shrank: %v", err)
	}
}

func TestCheckpointsHaveOneSpelling(t *testing.T) {
	key := audittest.NewKey(1)
	good, err := audit.Checkpoint{Size: 3, Root: tlog.Hash{1}, At: at}.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := audit.OpenCheckpoint(good, audittest.NewKey(2).Public(), key.Public())
	if err != nil || opened.Size != 3 || opened.Root != (tlog.Hash{1}) || !opened.At.Equal(at) {
		t.Fatalf("%+v, %v", opened, err)
	}
	other, _ := audit.Checkpoint{Size: 3, Root: tlog.Hash{1}, At: at}.Sign(audittest.NewKey(2))
	_, otherSignature, _ := strings.Cut(string(other), "\n\n")
	for name, bad := range map[string]string{
		"nothing":                           "",
		"a second signature, of a stranger": string(good) + otherSignature,
		"the same signature twice":          string(good) + string(good[bytes.Index(good, []byte("\n\n"))+2:]),
		"cut off":                           string(good[:len(good)-1]),
	} {
		if _, err := audit.OpenCheckpoint([]byte(bad), key.Public()); !errors.Is(err, audit.ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSequencerDoesNotSignOverDamage(t *testing.T) {
	log := newLog(t, audittest.NewKey(1))
	log.add(t, audit.Event{Kind: audit.SignIn, At: at})
	if err := log.store.Write(t.Context(), audit.Event{Kind: audit.SignOut, At: at}); err != nil {
		t.Fatal(err)
	}
	sequencer := audit.NewSequencer(damaged{log.store}, log.key, clock.NewManual(at))
	if _, err := sequencer.Step(t.Context()); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("a damaged tree was extended: %v", err)
	}
}

func TestRunPlacesWhatItIsWokenFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newLog(t, audittest.NewKey(1))
		ctx, stop := context.WithCancel(t.Context())
		sequencer := audit.NewSequencer(log.store, log.key, clock.NewManual(at))
		done := make(chan struct{})
		go func() {
			sequencer.Run(ctx, time.Minute, slog.New(slog.DiscardHandler))
			close(done)
		}()
		synctest.Wait()
		write := func() {
			if err := log.store.Write(ctx, audit.Event{Kind: audit.SignIn, At: at}); err != nil {
				t.Error(err)
			}
		}
		write()
		sequencer.Wake()
		sequencer.Wake()
		synctest.Wait()
		if size, _, _ := log.store.Head(ctx); size != 1 {
			t.Errorf("woken, and the log has %d leaves", size)
		}
		write()
		time.Sleep(time.Minute)
		synctest.Wait()
		if size, _, _ := log.store.Head(ctx); size != 2 {
			t.Errorf("after the interval the log has %d leaves", size)
		}
		stop()
		<-done
	})
}

func TestEveryKindHasItsOwnName(t *testing.T) {
	seen := map[string]audit.Kind{}
	for n := range 1 << 16 {
		kind := audit.Kind(n)
		if !kind.Known() {
			continue
		}
		if other, taken := seen[kind.String()]; taken {
			t.Errorf("%04x and %04x are both called %s", n, uint16(other), kind)
		}
		seen[kind.String()] = kind
	}
	if len(seen) < 40 {
		t.Errorf("only %d kinds are known", len(seen))
	}
	if audit.Kind(0xffff).String() != "kind_ffff" {
		t.Errorf("an unknown kind is called %s", audit.Kind(0xffff))
	}
}

// damaged is a store in which one bit of every stored hash has flipped.
type damaged struct{ audit.Store }

func (d damaged) ReadHashes(ctx context.Context, positions []int64) ([]tlog.Hash, error) {
	read, err := d.Store.ReadHashes(ctx, positions)
	for n := range read {
		read[n][0] ^= 1
	}
	return read, err
}

type testLog struct {
	store *audittest.Memory
	key   audittest.Key
}

func newLog(t *testing.T, key audittest.Key) *testLog {
	t.Helper()
	return &testLog{store: new(audittest.Memory), key: key}
}

func (l *testLog) add(t *testing.T, events ...audit.Event) {
	t.Helper()
	for _, event := range events {
		if err := l.store.Write(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	if err := audit.NewSequencer(l.store, l.key, clock.NewManual(at)).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (l *testLog) export(t *testing.T) []byte {
	t.Helper()
	var export bytes.Buffer
	if err := audit.Export(t.Context(), l.store, &export); err != nil {
		t.Fatal(err)
	}
	return export.Bytes()
}

func (l *testLog) checkpoint(t *testing.T, size int64) audit.Checkpoint {
	t.Helper()
	notes, err := l.store.Checkpoints(t.Context(), size-1, 1)
	if err != nil || len(notes) != 1 {
		t.Fatalf("no checkpoint of size %d: %v", size, err)
	}
	opened, err := audit.OpenCheckpoint(notes[0].Note, l.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// smallLog is a log of a few leaves whose checkpoints cover one or two leaves each.
func smallLog(t *testing.T, leaves int) ([]byte, audittest.Key) {
	t.Helper()
	log := newLog(t, audittest.NewKey(1))
	var batch []audit.Event
	for n := range leaves {
		batch = append(batch, audit.Event{
			Kind: audit.LookUp, Actor: id.Person{byte(n)}, Subject: []byte{1, byte(n)}, At: at.Add(time.Duration(n) * time.Second),
			Details: map[string]string{"n": fmt.Sprint(n)},
		})
		if n%2 == 0 || n == leaves-1 {
			log.add(t, batch...)
			batch = nil
		}
	}
	return log.export(t), log.key
}

func lastCheckpoint(t *testing.T, export []byte, key audittest.Key) (audit.Checkpoint, []byte) {
	t.Helper()
	report, err := audit.Verify(bytes.NewReader(export), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	signed, err := report.Newest.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return report.Newest, signed
}

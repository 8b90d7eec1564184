package ledger_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit/audittest"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/ledger"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// memory is a database's ledger.
type memory struct {
	mu      sync.Mutex
	entries []ledger.Entry
}

func (m *memory) PlaceDestroyed(context.Context) (ledger.Head, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head(), nil
}

func (m *memory) head() ledger.Head {
	if len(m.entries) == 0 {
		return ledger.Head{}
	}
	last := m.entries[len(m.entries)-1]
	return ledger.Head{Number: last.Number, Hash: last.Hash}
}

func (m *memory) LedgerEntries(_ context.Context, after int64, limit int) ([]ledger.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rest := m.entries[min(after, int64(len(m.entries))):]
	return rest[:min(limit, len(rest))], nil
}

func (m *memory) destroy(t *testing.T, count int) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for range count {
		n := int64(len(m.entries)) + 1
		tombstone, err := envelope.Encode(&envelope.Tombstone{
			Thread: id.Thread{1}, Message: id.Message{byte(n), byte(n >> 8)}, DeviceSeq: 1, Reason: envelope.DestroyFiled, Reference: "DOC-1",
		})
		if err != nil {
			t.Fatal(err)
		}
		m.entries = append(m.entries, ledger.Entry{Number: n, Tombstone: tombstone, Hash: ledger.Next(m.head().Hash, n, tombstone)})
	}
}

type place struct {
	*testing.T
	store  *memory
	clock  *clock.Manual
	dir    string
	copier *ledger.Copier
}

var key = audittest.NewKey(1)

func newPlace(t *testing.T) *place {
	p := &place{T: t, store: &memory{}, clock: clock.NewManual(noon), dir: t.TempDir()}
	p.copier = ledger.NewCopier(p.store, key, p.clock, p.dir)
	return p
}

func (p *place) copy(fresh bool) ledger.Head {
	p.Helper()
	head, err := p.copier.Copy(p.Context(), fresh)
	if err != nil {
		p.Fatal(err, errors.Unwrap(err))
	}
	return head
}

func (p *place) content() []byte {
	p.Helper()
	content, err := os.ReadFile(p.copier.Path())
	if err != nil {
		p.Fatal(err)
	}
	return content
}

func (p *place) open() *ledger.File {
	p.Helper()
	file, err := ledger.Open(p.copier.Path(), key.Public())
	if err != nil {
		p.Fatal(err, errors.Unwrap(err))
	}
	return file
}

func TestR20_TheCopyOnlyGrows(t *testing.T) {
	p := newPlace(t)
	p.copy(false)
	before := p.content()
	for round := range 4 {
		p.store.destroy(t, []int{1, 3, 700, 0}[round])
		p.clock.Advance(time.Minute)
		head := p.copy(false)
		after := p.content()
		if !bytes.HasPrefix(after, before) {
			t.Fatal("what was written was changed")
		}
		if got := p.open(); got.Head.Number != int64(len(p.store.entries)) || got.Head != head || got.Beyond != 0 {
			t.Errorf("%+v, want %+v", got, head)
		}
		before = after
	}
	seen := int64(0)
	err := p.open().Each(func(e ledger.Entry) error {
		if seen++; e.Number != seen || e.Hash != p.store.entries[seen-1].Hash {
			t.Errorf("entry %d", e.Number)
		}
		return nil
	})
	if err != nil || seen != 704 {
		t.Errorf("%d entries, %v", seen, err)
	}
	if hash, err := p.open().HashAt(3); err != nil || hash != p.store.entries[2].Hash {
		t.Errorf("%v, %v", hash, err)
	}
	info, err := os.Stat(p.copier.Path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestTheCopySaysHowFreshItIs(t *testing.T) {
	p := newPlace(t)
	p.store.destroy(t, 1)
	p.copy(false)
	size := len(p.content())
	p.clock.Advance(ledger.QuietTime - time.Millisecond)
	p.copy(false)
	if len(p.content()) != size {
		t.Error("a quiet ledger grows at every look")
	}
	p.clock.Advance(time.Millisecond)
	p.copy(false)
	if p.open().Head.At != noon.Add(ledger.QuietTime) {
		t.Error("a quiet ledger does not say that it is fresh")
	}
	p.clock.Advance(time.Second)
	p.copy(true)
	if p.open().Head.At != noon.Add(ledger.QuietTime+time.Second) {
		t.Error("a fresh head was asked for")
	}
}

// TestAWriteThatWasCutOff, at many places, is mended by the next copy, and a reader never counts on what has no signed head.
func TestAWriteThatWasCutOff(t *testing.T) {
	p := newPlace(t)
	p.store.destroy(t, 2)
	p.copy(false)
	whole := len(p.content())
	p.store.destroy(t, 2)
	p.copy(false)
	full := p.content()
	for cut := whole; cut < len(full); cut += 5 {
		if err := os.WriteFile(p.copier.Path(), full[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		file := p.open()
		if file.Head.Number != 2 || file.Beyond < 0 || file.Beyond > 2 {
			t.Fatalf("cut at %d: %+v", cut, file)
		}
		p.copier = ledger.NewCopier(p.store, key, p.clock, p.dir)
		p.copy(false)
		if file := p.open(); file.Head.Number != 4 || file.Beyond != 0 {
			t.Fatalf("after a cut at %d: %+v", cut, file)
		}
	}
	// What was cut off goes also when there is nothing new to write over it.
	if err := os.WriteFile(p.copier.Path(), append(bytes.Clone(full), "entry 5 V0FSRA"...), 0o600); err != nil {
		t.Fatal(err)
	}
	p.copier = ledger.NewCopier(p.store, key, p.clock, p.dir)
	if p.copy(false); !bytes.Equal(p.content(), full) {
		t.Error("a line that was cut off stays")
	}
	for cut := range whole { // and never a torn file that is taken for a whole one
		if err := os.WriteFile(p.copier.Path(), full[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if file, err := ledger.Open(p.copier.Path(), key.Public()); err == nil && file.Head.Number == 4 {
			t.Fatalf("cut at %d: %+v", cut, file)
		}
	}
}

func TestEveryAlteredByteIsFound(t *testing.T) {
	p := newPlace(t)
	p.store.destroy(t, 3)
	p.copy(false)
	content := p.content()
	for n := range content {
		for _, change := range []byte{1, 0x20} {
			altered := bytes.Clone(content)
			altered[n] ^= change
			if err := os.WriteFile(p.copier.Path(), altered, 0o600); err != nil {
				t.Fatal(err)
			}
			if file, err := ledger.Open(p.copier.Path(), key.Public()); err == nil && file.Head.Number == 3 {
				t.Fatalf("byte %d (%q) may be %q", n, content[n], altered[n])
			}
		}
	}
	// Anybody can chain entries; only the key signs a head. One entry was exchanged, and the head of the others put behind.
	forged := []byte("wardline-destruction-ledger-v1\n")
	hash := id.Hash{}
	for n, place := range []int{0, 0, 2} {
		tombstone := p.store.entries[place].Tombstone
		hash = ledger.Next(hash, int64(n)+1, tombstone)
		forged = fmt.Appendf(forged, "entry %d %s %s\n", n+1, base64.StdEncoding.EncodeToString(tombstone), hash)
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	for name, altered := range map[string][]byte{
		"the head of other entries": append(forged, lines[len(lines)-2]...), "the head of more entries": append(bytes.Join(lines[:2], nil), lines[len(lines)-2]...),
		"empty": nil, "another file": []byte("hello\n"), "no head": []byte("wardline-destruction-ledger-v1\n"),
		"a long line":    append(bytes.Clone(content), bytes.Repeat([]byte("x"), 10_000)...),
		"a strange line": append(bytes.Clone(content), "note 1\n"...),
		"an entry twice": append(bytes.Clone(content), bytes.SplitAfter(content, []byte("\n"))[1]...),
		"an older head":  append(bytes.Clone(content), []byte("head "+strings.Repeat("A", 40)+"\n")...),
	} {
		if err := os.WriteFile(p.copier.Path(), altered, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.Open(p.copier.Path(), key.Public()); !errors.Is(err, ledger.ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ledger.Open(filepath.Join(p.dir, "none"), key.Public()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestAnotherServersFileIsNotWrittenTo(t *testing.T) {
	p := newPlace(t)
	p.store.destroy(t, 5)
	p.copy(false)
	content := p.content()
	for name, copier := range map[string]*ledger.Copier{
		"another key": ledger.NewCopier(p.store, audittest.NewKey(2), p.clock, p.dir),
		"fewer":       ledger.NewCopier(&memory{entries: p.store.entries[:4]}, key, p.clock, p.dir),
		"others": func() *ledger.Copier {
			m := &memory{}
			m.destroy(t, 1)
			m.entries[0].Tombstone = p.store.entries[1].Tombstone
			m.entries[0].Hash = ledger.Next(id.Hash{}, 1, m.entries[0].Tombstone)
			m.destroy(t, 6)
			return ledger.NewCopier(m, key, p.clock, p.dir)
		}(),
	} {
		_, err := copier.Copy(t.Context(), true)
		if fault.As(err).Kind() == fault.Internal || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(content, p.content()) {
			t.Fatalf("%s: the file was changed", name)
		}
	}
	// A key that was changed since goes on with the file that the earlier one began.
	next := ledger.NewCopier(p.store, audittest.NewKey(2), p.clock, p.dir, key.Public())
	if _, err := next.Copy(t.Context(), true); err != nil {
		t.Error(err)
	}
	if _, err := ledger.Open(p.copier.Path(), audittest.NewKey(2).Public()); err != nil {
		t.Error(err)
	}
}

func TestTwoCopiersOfOneFile(t *testing.T) {
	p := newPlace(t)
	other := ledger.NewCopier(p.store, key, p.clock, p.dir)
	var group sync.WaitGroup
	for _, copier := range []*ledger.Copier{p.copier, other} {
		group.Go(func() {
			for range 30 {
				p.store.destroy(t, 1)
				if _, err := copier.Copy(context.Background(), true); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if file := p.open(); file.Head.Number != 60 {
		t.Errorf("%+v", file)
	}
}

// TestTheFormIsFixed: a ledger is read years later.
func TestTheFormIsFixed(t *testing.T) {
	p := newPlace(t)
	p.store.destroy(t, 1)
	p.copy(false)
	golden := filepath.Join("testdata", "destruction.ledger")
	if os.Getenv("WARDLINE_TEST_UPDATE") != "" {
		if err := os.WriteFile(golden, p.content(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(want, p.content()) {
		t.Errorf("%v\n%s", err, p.content())
	}
}

func FuzzOpen(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "destruction.ledger"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte("wardline-destruction-ledger-v1\nentry 1 AA== x\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "ledger")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := ledger.Open(path, key.Public())
		if err != nil {
			return
		}
		count := int64(0)
		if err := file.Each(func(ledger.Entry) error { count++; return nil }); err != nil || count != file.Head.Number || count > 1 {
			t.Fatalf("%d of %d entries, %v", count, file.Head.Number, err) // nobody but the key can have signed more than the golden file has
		}
	})
}

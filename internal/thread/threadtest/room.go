package threadtest

import (
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/shredstore"
	"github.com/wardline/wardline/internal/thread"
)

// Room makes a thread room of the world on a database, with a shred store of its own beside it.
func (w *World) Room(t testing.TB, db *store.DB, publisher thread.Publisher) (*thread.Service, *shredstore.Store) {
	t.Helper()
	halves, err := shredstore.Open(t.Context(), filepath.Join(t.TempDir(), "halves.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := halves.Close(); err != nil {
			t.Error(err)
		}
	})
	return w.RoomOn(db, halves.Halves(), publisher), halves
}

// RoomOn is Room with the halves kept elsewhere.
func (w *World) RoomOn(db *store.DB, halves thread.Halves, publisher thread.Publisher) *thread.Service {
	return thread.New(thread.Options{
		Store: db.Threads(), Halves: halves, Keys: w, Staff: w, Links: w, Publisher: publisher, Remover: w.Remover(), Clock: w.Clock,
	})
}

// Told is a publisher that remembers.
type Told struct {
	mu      sync.Mutex
	entries map[id.Person][]*envelope.LogEntry
	changed map[id.Person][]id.Thread
	marks   map[id.Person][]thread.Mark
	grew    map[id.Person][]id.Person
}

var _ thread.Publisher = (*Told)(nil)

// Publish implements thread.Publisher.
func (o *Told) Publish(_ id.Thread, people []id.Person, encoded []byte) {
	entry, err := envelope.Parse[envelope.LogEntry](encoded)
	if err != nil {
		panic(err)
	}
	o.note(func() {
		for _, person := range people {
			o.entries[person] = append(o.entries[person], entry)
		}
	})
}

// Changed implements thread.Publisher.
func (o *Told) Changed(in id.Thread, people []id.Person) {
	o.note(func() {
		for _, person := range people {
			o.changed[person] = append(o.changed[person], in)
		}
	})
}

// Marks implements thread.Publisher.
func (o *Told) Marks(_ id.Thread, people []id.Person, marks []thread.Mark) {
	o.note(func() {
		for _, person := range people {
			o.marks[person] = append(o.marks[person], marks...)
		}
	})
}

// LogGrew implements thread.Publisher.
func (o *Told) LogGrew(person id.Person, people []id.Person) {
	o.note(func() {
		for _, other := range people {
			o.grew[other] = append(o.grew[other], person)
		}
	})
}

// Entries are those that a person was sent.
func (o *Told) Entries(person id.Person) []*envelope.LogEntry {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.entries[person])
}

// ChangedFor are the threads whose change a person was told of.
func (o *Told) ChangedFor(person id.Person) []id.Thread {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.changed[person])
}

// MarksFor are the marks that a person was told of.
func (o *Told) MarksFor(person id.Person) []thread.Mark {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.marks[person])
}

// GrewFor are the people whose log's growth a person was told of.
func (o *Told) GrewFor(person id.Person) []id.Person {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.grew[person])
}

func (o *Told) note(fn func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.entries == nil {
		o.entries, o.changed = map[id.Person][]*envelope.LogEntry{}, map[id.Person][]id.Thread{}
		o.marks, o.grew = map[id.Person][]thread.Mark{}, map[id.Person][]id.Person{}
	}
	fn()
}

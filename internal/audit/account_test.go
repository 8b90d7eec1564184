package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/audit/audittest"
	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/id"
)

func entryOf(person byte, seq string, entry byte) audit.Event {
	return audit.PersonLogEntry(id.Person{}, id.Person{person}, seq, id.Hash{entry}, at)
}

func manifestOf(version string) audit.Event {
	return audit.Event{Kind: audit.Manifest, Subject: audit.About(id.Hash{9}), At: at,
		Details: map[string]string{"version": version, "seats": "3", "threshold": "2"}}
}

// TestP4_AWholeLogHasOneEntryForEachPersonAndSeq: each log is signed as it must be, and says two things, or leaves one out.
func TestP4_AWholeLogHasOneEntryForEachPersonAndSeq(t *testing.T) {
	without := func(event audit.Event, key string) audit.Event {
		delete(event.Details, key)
		return event
	}
	with := func(event audit.Event, key, value string) audit.Event {
		event.Details[key] = value
		return event
	}
	short := entryOf(1, "2", 2)
	short.Subject = short.Subject[:15]
	first := []audit.Event{manifestOf("1"), entryOf(1, "1", 1), entryOf(2, "1", 1)}
	for name, test := range map[string]struct {
		last audit.Event
		want string
	}{
		"the next entry":                 {entryOf(1, "2", 2), ""},
		"the first entry of a third":     {entryOf(3, "1", 2), ""},
		"the next manifest":              {manifestOf("2"), ""},
		"a second entry 1":               {entryOf(1, "1", 2), "a second entry 1"},
		"the same entry twice":           {entryOf(1, "1", 1), "a second entry 1"},
		"a gap":                          {entryOf(1, "3", 2), "entry 3 in the log"},
		"a log that begins with 2":       {entryOf(3, "2", 2), "follows entry 0"},
		"entry 0":                        {entryOf(1, "0", 2), "not a number"},
		"a seq in another spelling":      {entryOf(1, "02", 2), "not a number"},
		"a seq beyond the wire":          {entryOf(1, "42949672980", 2), "not a number"},
		"no seq":                         {without(entryOf(1, "2", 2), "seq"), "other details"},
		"no hash":                        {without(entryOf(1, "2", 2), "entry"), "other details"},
		"one detail more":                {with(entryOf(1, "2", 2), "more", "1"), "other details"},
		"another in its place":           {with(without(entryOf(1, "2", 2), "seq"), "set", "2"), "other details"},
		"a hash that is none":            {with(entryOf(1, "2", 2), "entry", "AAAA"), "hash"},
		"nobody's entry":                 {short, "other details"},
		"a second version 1":             {manifestOf("1"), "version 1 of the manifest follows version 1"},
		"a version left out":             {manifestOf("3"), "version 3 of the manifest follows version 1"},
		"a manifest without its seats":   {without(manifestOf("2"), "seats"), "other details"},
		"a manifest with no seat at all": {with(manifestOf("2"), "seats", "0"), "not a number"},
	} {
		log := newLog(t, audittest.NewKey(1))
		log.add(t, append(append([]audit.Event{}, first...), test.last)...)
		_, err := audit.Verify(bytes.NewReader(log.export(t)), log.key.Public())
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (!errors.Is(err, audit.ErrTampered) || !strings.Contains(fmt.Sprint(err), test.want)):
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestP4_ALeafOfAnUnknownKindIsRefused: the leaf is in the tree and signed; it cannot be read.
func TestP4_ALeafOfAnUnknownKindIsRefused(t *testing.T) {
	for name, change := range map[string]func(*audit.Row){
		"an unknown kind":           func(row *audit.Row) { row.Kind = 0x0fff },
		"details that do not parse": func(row *audit.Row) { row.Body = []byte{0, 9} },
	} {
		log := newLog(t, audittest.NewKey(1))
		row, err := audit.Event{Kind: audit.SignIn, At: at}.Row()
		if err != nil {
			t.Fatal(err)
		}
		change(&row)
		log.store.WriteRow(row)
		log.add(t)
		if _, err := audit.Verify(bytes.NewReader(log.export(t)), log.key.Public()); !errors.Is(err, audit.ErrTampered) || !strings.Contains(err.Error(), "leaf 0") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheKeyOfALaterManifestTakesOver: the log goes on under the new key, and the old one signs nothing after it.
func TestTheKeyOfALaterManifestTakesOver(t *testing.T) {
	old, next := audittest.NewKey(1), audittest.NewKey(2)
	log := newLog(t, old)
	log.add(t, audit.Event{Kind: audit.SignIn, At: at})
	write := func(signer audittest.Key, before ...[32]byte) error {
		t.Helper()
		if err := log.store.Write(t.Context(), audit.Event{Kind: audit.SignOut, At: at}); err != nil {
			t.Fatal(err)
		}
		return audit.NewSequencer(log.store, signer, clock.NewManual(at), before...).Drain(t.Context())
	}
	if err := write(next); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("a log that was signed by a key of no manifest was gone on with: %v", err)
	}
	if err := write(next, old.Public()); err != nil {
		t.Fatal(err)
	}
	if err := write(old); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("a node with the old key went on: %v", err)
	}
	keys := [][32]byte{old.Public(), next.Public()}
	if report, err := (audit.Verifier{Keys: keys}).Verify(bytes.NewReader(log.export(t))); err != nil || report.Checkpoints != 2 {
		t.Errorf("%+v, %v", report, err)
	}
	// Somebody who kept the old key goes on with it.
	if err := write(old, next.Public()); err != nil {
		t.Fatal(err)
	}
	if _, err := (audit.Verifier{Keys: keys}).Verify(bytes.NewReader(log.export(t))); !errors.Is(err, audit.ErrTampered) {
		t.Errorf("the old key signed after the new one: %v", err)
	}
}

// TestANewKeySignsTheLogAtOnce is section 11.2: nothing waits, nothing is old, and the log is signed anew all the same, once.
func TestANewKeySignsTheLogAtOnce(t *testing.T) {
	old, next, now := audittest.NewKey(1), audittest.NewKey(2), clock.NewManual(at)
	log := newLog(t, old)
	log.add(t, audit.Event{Kind: audit.SignIn, At: at})
	ledger := audit.NewLedger(log.store, audit.NewSequencer(log.store, next, now, old.Public()), log.store.Write, now)
	for range 2 {
		if err := ledger.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	size, signed, err := log.store.Head(t.Context())
	if _, opened := audit.OpenCheckpoint(signed, next.Public()); err != nil || opened != nil || size != 2 {
		t.Errorf("%d leaves, %v, %v", size, opened, err)
	}
}

// TestACheckpointNeverStatesAnEarlierTimeThanTheOneBefore: a clock that was put back is no second log.
func TestACheckpointNeverStatesAnEarlierTimeThanTheOneBefore(t *testing.T) {
	log := newLog(t, audittest.NewKey(1))
	log.add(t, audit.Event{Kind: audit.SignIn, At: at})
	if err := log.store.Write(t.Context(), audit.Event{Kind: audit.SignOut, At: at}); err != nil {
		t.Fatal(err)
	}
	if err := audit.NewSequencer(log.store, log.key, clock.NewManual(at.Add(-time.Hour))).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if second := log.checkpoint(t, 2); !second.At.Equal(at) {
		t.Errorf("after %s came %s", at, second.At)
	}
}

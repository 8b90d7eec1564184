package client_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/keyring"
	"github.com/wardline/wardline/internal/server"
)

// fork is a second log by the same server key: what a server needs that shows two people two logs.
type fork struct {
	w      *world
	signer envelope.Signer
	leaves [][]byte
}

func (w *world) fork() *fork {
	keys, err := keyring.Open(server.KeysDir(w.data))
	w.check(err)
	return &fork{w: w, signer: keys.ForAudit()}
}

// checkpoint signs the first so many leaves, of which each differs from every honest one.
func (f *fork) checkpoint(size int, at time.Time) string {
	for len(f.leaves) < size {
		f.leaves = append(f.leaves, []byte{byte(len(f.leaves)), 0xee})
	}
	c := envelope.Checkpoint{LogHead: envelope.LogHead{Size: uint64(size), Root: envelope.MerkleRoot(f.leaves[:size])}, At: envelope.TimeOf(at)}
	return string(c.Note(f.signer.Public(), f.signer.Sign([]byte(c.Text()))))
}

// enter puts a person-log entry into the fork and gives its place, as the API does.
func (f *fork) enter(person id.Person, seq uint32, entry id.Hash) (index int) {
	leaf, err := envelope.Encode(envelope.PersonLeaf(person, seq, entry, id.Person{}, 1))
	f.w.check(err)
	f.leaves = append(f.leaves, leaf)
	return len(f.leaves) - 1
}

func (f *fork) place(index, size int) map[string]any {
	path := []any{}
	for _, hash := range envelope.MerklePath(f.leaves[:size], index) {
		path = append(path, base64.StdEncoding.EncodeToString(hash[:]))
	}
	return map[string]any{"index": json.Number(jsonText(f.w, index)), "actor": id.Person{}.String(), "at": json.Number("1"), "path": path}
}

func jsonText(w *world, value any) string {
	raw, err := json.Marshal(value)
	w.check(err)
	return string(raw)
}

const logs = "/v1/people/logs"

// TestP4_AKeyThatIsNotInTheLogIsNotSealedTo: every way in which a server can leave a key out of the log, or show a log of its own.
func TestP4_AKeyThatIsNotInTheLogIsNotSealedTo(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	identity, err := anita.Identity(w.ctx, leila.Person())
	w.check(err)
	var old string
	anita.wire.bend(rule{method: "POST", path: logs, times: 1, body: func(m map[string]any) { old = m["checkpoint"].(string) }})
	_, err = anita.Identity(w.ctx, tom.Person())
	w.check(err)
	known := anita.Log()
	other := w.fork()
	index := other.enter(leila.Person(), identity.LogSeq, identity.Fingerprint)
	for name, test := range map[string]struct {
		bend func(m map[string]any)
		code envelope.Code
	}{
		"no proof": {func(m map[string]any) { each(m, func(log map[string]any) { delete(log, "proof") }) }, envelope.NotLogged},
		"the proof of another leaf": {func(m map[string]any) {
			each(m, func(log map[string]any) {
				place := log["proof"].(map[string]any)
				place["index"] = json.Number("0")
			})
		}, envelope.NotLogged},
		"another time in the leaf": {func(m map[string]any) {
			each(m, func(log map[string]any) { log["proof"].(map[string]any)["at"] = json.Number("12345") })
		}, envelope.NotLogged},
		"a path that is too long": {func(m map[string]any) {
			each(m, func(log map[string]any) {
				place := log["proof"].(map[string]any)
				place["path"] = append(place["path"].([]any), make([]any, 0)...)
				for range 70 {
					place["path"] = append(place["path"].([]any), base64.StdEncoding.EncodeToString(make([]byte, 32)))
				}
			})
		}, envelope.NotLogged},
		"no checkpoint":                         {func(m map[string]any) { delete(m, "checkpoint") }, envelope.NotLogged},
		"a checkpoint that cannot be read":      {func(m map[string]any) { m["checkpoint"] = "hello" }, envelope.Malformed},
		"a checkpoint by a key of the server's": {func(m map[string]any) { m["checkpoint"] = strangerNote(w, m["checkpoint"].(string)) }, envelope.BadSignature},
		"a log of its own with another entry of hers": {func(m map[string]any) {
			m["checkpoint"], m["consistency"] = other.checkpoint(1, w.clock.Now()), []any{}
			each(m, func(log map[string]any) { log["proof"] = other.place(index, 1) })
		}, envelope.NotLogged},
		"a checkpoint without its consistency": {func(m map[string]any) { delete(m, "consistency") }, envelope.SplitView},
		"an older checkpoint":                  {func(m map[string]any) { m["checkpoint"] = old }, envelope.RolledBack},
		"a forked log of the same age": {func(m map[string]any) {
			m["checkpoint"] = other.checkpoint(int(known.Size)+2, w.clock.Now())
		}, envelope.SplitView},
	} {
		memory := client.Memory{}
		if test.code == envelope.SplitView || test.code == envelope.RolledBack {
			w.enrol("user."+jsonText(w, len(name)), "Somebody New") // so that the log has grown since
			memory = anita.client.Memory()
			memory.Log = known
			if test.code == envelope.RolledBack {
				memory.Log.Size++
			}
		}
		fresh, err := anita.elsewhere(memory, client.DeviceOptions{})
		w.check(err)
		fresh.wire.bend(rule{method: "POST", path: logs, body: test.bend})
		_, err = fresh.CreateDirect(w.ctx, leila.Person())
		w.refused(name, err, test.code)
		alarm, raised := fresh.Alarm()
		if wanted := test.code == envelope.SplitView || test.code == envelope.RolledBack; raised != wanted || raised && len(alarm.OtherNote) == 0 {
			t.Errorf("%s: alarm %v", name, raised)
		}
		if fresh.wire.count("POST", "/v1/threads") != 0 {
			t.Errorf("%s: something was sealed all the same", name)
		}
	}
}

func each(m map[string]any, change func(log map[string]any)) {
	for _, one := range m["logs"].([]any) {
		if log := one.(map[string]any); log["proof"] != nil {
			change(log)
		}
	}
}

// strangerNote has the same text, signed by a key that the manifest does not name, under the right name.
func strangerNote(w *world, note string) string {
	text, _, _ := cutNote(note)
	signer := envelope.NewSigner([32]byte{77})
	c := envelope.Checkpoint{}
	raw := string(c.Note(signer.Public(), signer.Sign([]byte(text))))
	_, signature, _ := cutNote(raw)
	return text + "\n" + signature
}

func cutNote(note string) (text, signature string, ok bool) {
	for n := 0; n+1 < len(note); n++ {
		if note[n] == '\n' && note[n+1] == '\n' {
			return note[:n+1], note[n+2:], true
		}
	}
	return note, "", false
}

// TestTheLogIsProvedOncePerHead: a sign-in asks once, and opening threads asks nothing more.
func TestTheLogIsProvedOncePerHead(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	var threads []id.Thread
	for range 5 {
		threads = append(threads, anita.team(leila))
	}
	leila.sync()
	before := leila.wire.count("POST", logs)
	for _, in := range threads {
		leila.say(in, "here")
	}
	if asked := leila.wire.count("POST", logs) - before; asked > 1 {
		t.Errorf("asked for logs %d times", asked)
	}
	w.clock.Advance(25 * time.Hour)
	w.check(leila.signIn(client.DeviceOptions{}))
	leila.sync()
	leila.wire.bend(rule{method: "POST", path: logs, block: true})
	leila.say(threads[0], "with a new checkpoint")
}

// TestAnOldCheckpointStopsSealing: a server that stands still is noticed after a day.
func TestAnOldCheckpointStopsSealing(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	f := w.fork()
	for name, apart := range map[string]time.Duration{"old": -25 * time.Hour, "from the future": 25 * time.Hour} {
		fresh, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
		w.check(err)
		fresh.wire.bend(rule{method: "POST", path: logs, body: func(m map[string]any) {
			opened, err := envelope.OpenCheckpoint([]byte(m["checkpoint"].(string)), f.signer.Public())
			w.check(err)
			opened.At = envelope.TimeOf(w.clock.Now().Add(apart))
			m["checkpoint"] = string(opened.Note(f.signer.Public(), f.signer.Sign([]byte(opened.Text()))))
		}})
		w.check(fresh.Sync(w.ctx))
		w.refused(name, fresh.Rotate(w.ctx, in), envelope.StaleLog)
	}
}

// TestGossipFindsASplitView: two people who are shown two logs find out by talking to each other.
func TestGossipFindsASplitView(t *testing.T) {
	w := newWorld(t)
	anita, leila, tom := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad"), w.enrol("tom.reid", "Tom Reid")
	in := anita.team(leila, tom)
	anita.say(in, "Theatre 3 is free from four.")
	leila.sync()
	if _, raised := leila.Alarm(); raised || leila.wire.count("POST", "/v1/log/compare") != 1 {
		t.Fatalf("an honest colleague: alarm %v, compared %d times", raised, leila.wire.count("POST", "/v1/log/compare"))
	}
	leila.sync()
	if leila.wire.count("POST", "/v1/log/compare") != 1 {
		t.Error("the same was compared again")
	}

	tom.sync()
	lie := envelope.LogHead{Size: 3, Root: id.Hash{9}}
	_, err := tom.SayRaw(w.ctx, in, envelope.KindText, []byte(`{"v":1,"text":"Bed 4","log":`+jsonText(w, lie)+`}`))
	w.check(err)
	w.refused("a colleague who was shown another log", leila.Sync(w.ctx), envelope.SplitView)
	alarm, raised := leila.Alarm()
	if !raised || alarm.By != tom.Person() || alarm.Other != lie || alarm.Own != leila.Log() || len(alarm.Note) == 0 {
		t.Errorf("%+v, %v", alarm, raised)
	}
	if got := leila.texts(in); !slices.Equal(got, []string{"Theatre 3 is free from four.", "Bed 4"}) {
		t.Errorf("reading stopped: %q", got)
	}
	leila.say(in, "To those whose keys were proved before, one can still write.")
	newcomer := w.enrol("nia.okafor", "Nia Okafor")
	_, err = leila.CreateDirect(w.ctx, newcomer.Person())
	w.refused("a key that came after the alarm", err, envelope.SplitView)

	// A size that the log does not have proves nothing: the colleague may be lying.
	_, err = tom.SayRaw(w.ctx, in, envelope.KindText, []byte(`{"v":1,"text":"Bed 5","log":{"size":9007199254740991,"root":"`+lie.Root.String()+`"}}`))
	w.check(err)
	anita.sync()
	if _, raised := anita.Alarm(); raised {
		t.Error("a size that nobody has raised the alarm")
	}
}

// TestGossipCostsNothingOnTheWire: no message is longer for it.
func TestGossipCostsNothingOnTheWire(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(leila)
	for _, length := range []int{1, 100, 130, 203, 204, 300, 459} {
		text := make([]rune, length)
		for n := range text {
			text[n] = 'x'
		}
		anita.say(in, string(text))
	}
	leila.sync()
	told, sizes := leila.Telling(in)
	for n, length := range []int{1, 100, 130, 203, 204, 300, 459} {
		if want := envelope.PaddedSize(length+len(`{"v":1,"text":""}`)) + 16; sizes[n] != want {
			t.Errorf("message %d has %d bytes, want %d", n, sizes[n], want)
		}
	}
	if told < 3 {
		t.Errorf("%d messages told of the log", told)
	}
}

// TestSafetyWordsAreTheSameOnBothSides also when the two ask in different orders.
func TestSafetyWordsAreTheSameOnBothSides(t *testing.T) {
	w := newWorld(t)
	anita, leila := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	hers, err := anita.SafetyWords(w.ctx, leila.Person())
	w.check(err)
	theirs, err := leila.SafetyWords(w.ctx, anita.Person())
	w.check(err)
	if !slices.Equal(hers[0], theirs[0]) || !slices.Equal(hers[1], theirs[1]) || slices.Equal(hers[0], hers[1]) || len(hers[0]) != 6 {
		t.Errorf("%v and %v", hers, theirs)
	}
}

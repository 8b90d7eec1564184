package retention_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/retention"
	"github.com/wardline/wardline/internal/store"
	"github.com/wardline/wardline/internal/store/storetest"
)

// TestR20_R49_H15_OverRandomHistories is the property of the whole room: over random histories of messages, decisions, filings, sweeps, quarantines, holds of every
// scope, cases, periods, clocks that also go back, a record that comes and goes, and crashes between the steps, nothing that is held, unfiled, unswept or under
// a case is ever destroyed, and everything that is due is destroyed once the sweep has run. The model says what may go; it shares no code with the room.
func TestR20_R49_H15_OverRandomHistories(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db *store.DB) {
		drawn, histories, steps, plans, went := 0, 0, 0, 0, 0
		rapid.Check(t, func(rt *rapid.T) {
			if drawn++; db.Dialect() == "postgres" && drawn%12 != 0 {
				return // the rules are the same SQL; PostgreSQL gets a part of the histories
			}
			histories++
			h := &hospital{t: t, world: newWorld(t, db)}
			h.open()
			rt.Repeat(h.actions(&steps))
			h.sweep(rt)
			plans, went = plans+h.plans, went+h.went
		})
		t.Logf("%d histories, %d steps, %d plans that said of %d messages that they go", histories, steps, plans, went)
	})
}

func (h *hospital) actions(steps *int) map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"say":        h.say,
		"say more":   h.say,
		"decide":     h.decide,
		"answer":     h.answer,
		"quarantine": h.quarantine,
		"episode":    h.episode,
		"file":       h.file,
		"receive":    h.receive,
		"refuse":     h.refuse,
		"take back":  h.takeBack,
		"in error":   h.enterInError,
		"sign":       h.countersign,
		"correct":    h.correct,
		"hold":       h.hold,
		"release":    h.release,
		"old":        h.old,
		"case":       h.openCase,
		"close":      h.closeCase,
		"period":     h.period,
		"forward":    h.forward,
		"weeks":      h.weeks,
		"back":       h.back,
		"record":     h.record,
		"sweep":      h.sweep,
		"crash":      h.crash,
		"":           func(rt *rapid.T) { *steps++; h.check(rt) },
	}
}

// hospital is the model beside the real thing.
type hospital struct {
	*world
	t *testing.T

	threads  []*modelThread
	messages []*modelMessage
	filings  []*modelFiling
	holds    []*modelHold
	periods  map[[2]int]int64
	crashes  int
	plans    int // compared with the sweep that followed
	went     int // as they said
}

type modelThread struct {
	id          id.Thread
	space       envelope.Space
	patient     int // 0: none
	people      []int
	seq         uint64
	swept       uint64
	quarantined bool
}

type modelMessage struct {
	*modelThread
	name     id.Message
	seq      uint64
	class    int
	at, sent time.Time
	decision bool
	unfiled  bool
	inError  bool  // taken back when the record had it
	unsigned bool  // somebody's countersignature is awaited
	state    int64 // as the database says: 0, 1, 2
}

type modelFiling struct {
	id        id.Filing
	decision  *modelMessage
	sources   []*modelMessage
	state     int
	eligible  time.Time
	destroyed bool
}

type modelHold struct {
	id                   id.Hold
	thread               *modelThread
	patient, person      int
	from, until          time.Time
	released             bool
	covered              int64
	coveredWhenItWasMade []*modelMessage
}

var modelSpaces = []envelope.Space{
	envelope.SpacePatient, envelope.SpacePatient, envelope.SpaceTeam, envelope.SpaceDirect, envelope.SpaceAnnouncement, envelope.SpaceSocial,
}

func (h *hospital) open() {
	h.periods = map[[2]int]int64{}
	for _, d := range retention.Defaults {
		h.periods[[2]int{int(d.Space), int(d.Class)}] = int64(d.Period)
	}
	for n, space := range modelSpaces {
		people := [][]int{{1, 2}, {2, 3}, {1, 2, 3}, {1, 3}, {1, 2, 3}, {3}}[n]
		one := &modelThread{space: space, people: people, patient: map[int]int{0: 1, 1: 2}[n], seq: 1}
		one.id = h.newThread(space, one.patient, people)
		h.threads = append(h.threads, one)
	}
}

func (h *hospital) pickThread(rt *rapid.T, of ...envelope.Space) *modelThread {
	var may []*modelThread
	for _, one := range h.threads {
		if len(of) == 0 || slices.Contains(of, one.space) {
			may = append(may, one)
		}
	}
	return may[rapid.IntRange(0, len(may)-1).Draw(rt, "thread")]
}

func (h *hospital) add(rt *rapid.T, in *modelThread, kind envelope.MessageKind, seen uint64) *modelMessage {
	class := rapid.SampledFrom([]int{1, 1, 1, 1, 2}).Draw(rt, "class")
	if in.space == envelope.SpaceSocial {
		class = 1
	}
	sent := h.clock.Now().Add(time.Duration(rapid.IntRange(-60, 5).Draw(rt, "minutes late")) * time.Minute)
	author := in.people[rapid.IntRange(0, len(in.people)-1).Draw(rt, "author")]
	name := h.post(in.id, author, kind, uint8(class), seen, sent)
	in.seq++
	if kind == envelope.KindSweep {
		class, in.swept = 2, max(in.swept, seen)
	}
	m := &modelMessage{modelThread: in, name: name, seq: in.seq, class: class, at: h.clock.Now(), sent: sent}
	m.decision = kind == envelope.KindDecision
	m.unfiled = m.decision
	h.messages = append(h.messages, m)
	return m
}

func (h *hospital) say(rt *rapid.T) { h.add(rt, h.pickThread(rt), envelope.KindText, 0) }

func (h *hospital) decide(rt *rapid.T) {
	h.add(rt, h.pickThread(rt, envelope.SpacePatient), envelope.KindDecision, 0)
}

// episode is how a decision usually goes, as far as it gets: said, decided, filed, received, swept. By single steps it would seldom come that far.
func (h *hospital) episode(rt *rapid.T) {
	in := h.pickThread(rt, envelope.SpacePatient)
	steps := rapid.IntRange(2, 5).Draw(rt, "steps")
	h.add(rt, in, envelope.KindText, 0)
	decision := h.add(rt, in, envelope.KindDecision, 0)
	if steps >= 3 && !in.quarantined { // nothing of a quarantined thread is filed
		f := &modelFiling{decision: decision, state: 1, sources: []*modelMessage{decision}}
		f.id = h.world.file(decision, f.sources)
		h.filings = append(h.filings, f)
		if steps >= 4 {
			f.state, f.eligible, decision.unfiled = 3, h.clock.Now().Add(grace), false
			h.world.receive(f.id, f.eligible)
		}
	}
	if steps != 4 {
		h.add(rt, in, envelope.KindSweep, in.seq)
	}
}

// old is what a sweep is for: something was said and answered for, perhaps somebody holds it, and weeks pass.
func (h *hospital) old(rt *rapid.T) {
	in := h.pickThread(rt)
	h.add(rt, in, envelope.KindText, 0)
	if in.space != envelope.SpaceAnnouncement && in.space != envelope.SpaceSocial {
		h.add(rt, in, envelope.KindSweep, in.seq)
	}
	if rapid.Bool().Draw(rt, "held") {
		h.hold(rt)
	}
	h.clock.Advance(31 * 24 * time.Hour)
	h.sweep(rt)
}

// answer is a sweep: "no decision up to here".
func (h *hospital) answer(rt *rapid.T) {
	in := h.pickThread(rt, envelope.SpacePatient, envelope.SpaceTeam, envelope.SpaceDirect)
	seen := in.seq - min(in.seq, uint64(rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(rt, "behind")))
	h.add(rt, in, envelope.KindSweep, seen)
}

func (h *hospital) quarantine(rt *rapid.T) {
	if rapid.IntRange(0, 5).Draw(rt, "seldom") != 0 {
		return
	}
	in := h.pickThread(rt, envelope.SpacePatient)
	h.add(rt, in, envelope.KindQuarantine, 0)
	in.quarantined = true
	// What waits is stopped, and what was decided there is no decision to file any more (R51).
	for _, f := range h.filings {
		if f.decision.modelThread == in && f.state <= 2 {
			f.state = 6
		}
	}
	for _, m := range h.messages {
		if m.modelThread == in {
			m.unfiled = false
		}
	}
}

func (h *hospital) pick(rt *rapid.T, what string, from []*modelMessage) *modelMessage {
	return from[rapid.IntRange(0, len(from)-1).Draw(rt, what)]
}

func (h *hospital) file(rt *rapid.T) {
	var may []*modelMessage
	for _, m := range h.messages {
		if m.decision && m.unfiled && !m.quarantined && m.state == 0 && !slices.ContainsFunc(h.filings, func(f *modelFiling) bool { return f.decision == m && f.state <= 3 }) {
			may = append(may, m)
		}
	}
	if len(may) == 0 {
		return
	}
	decision := h.pick(rt, "decision", may)
	f := &modelFiling{decision: decision, state: 1}
	for _, m := range h.messages {
		if m.modelThread == decision.modelThread && m.seq < decision.seq && m.state == 0 && !m.decision && rapid.Bool().Draw(rt, "quoted") {
			f.sources = append(f.sources, m)
		}
	}
	f.sources = append(f.sources, decision)
	f.id = h.world.file(decision, f.sources)
	h.filings = append(h.filings, f)
	if rapid.IntRange(0, 2).Draw(rt, "countersign") == 0 {
		decision.unsigned = true
		h.exec(`UPDATE decision SET countersign_wanted = TRUE WHERE thread = $1 AND message = $2`, decision.id, decision.name)
	}
}

func (h *hospital) openFiling(rt *rapid.T) *modelFiling {
	var may []*modelFiling
	for _, f := range h.filings {
		if f.state <= 2 {
			may = append(may, f)
		}
	}
	if len(may) == 0 {
		return nil
	}
	return may[rapid.IntRange(0, len(may)-1).Draw(rt, "filing")]
}

func (h *hospital) receive(rt *rapid.T) {
	if f := h.openFiling(rt); f != nil {
		f.state, f.eligible, f.decision.unfiled = 3, h.clock.Now().Add(grace), false
		h.world.receive(f.id, f.eligible)
	}
}

func (h *hospital) refuse(rt *rapid.T) {
	if f := h.openFiling(rt); f != nil {
		f.state = 4
		h.world.refuse(f.id)
	}
}

// takeBack withdraws a decision of which nothing is filed or under way, as the record room does: it is no longer unfiled.
func (h *hospital) takeBack(rt *rapid.T) {
	for _, m := range h.messages {
		filed := slices.ContainsFunc(h.filings, func(f *modelFiling) bool { return f.decision == m && f.state <= 3 })
		if m.decision && m.unfiled && m.state == 0 && !filed && rapid.Bool().Draw(rt, "this one") {
			m.unfiled = false
			h.exec(`UPDATE thread_log SET unfiled = FALSE WHERE thread = $1 AND message = $2`, m.id, m.name)
			h.exec(`UPDATE decision SET stage = 10 WHERE thread = $1 AND message = $2`, m.id, m.name)
			return
		}
	}
}

// inTheRecord draws a decision that the record has, whose originals are there, and that nobody took back or corrected.
func (h *hospital) inTheRecord(rt *rapid.T) *modelMessage {
	var may []*modelMessage
	for _, f := range h.filings {
		if d := f.decision; f.state == 3 && !f.destroyed && d.state == 0 && !d.inError && !d.quarantined {
			may = append(may, d)
		}
	}
	if len(may) == 0 {
		return nil
	}
	return h.pick(rt, "decision", may)
}

// enterInError takes back what the record has: the originals stay, and what it may have quoted.
func (h *hospital) enterInError(rt *rapid.T) {
	if d := h.inTheRecord(rt); d != nil {
		d.inError = true
		h.exec(`UPDATE decision SET stage = 11 WHERE thread = $1 AND message = $2`, d.id, d.name)
	}
}

func (h *hospital) countersign(rt *rapid.T) {
	if d := h.inTheRecord(rt); d != nil && d.unsigned {
		d.unsigned = false
		h.exec(`UPDATE decision SET stage = 5, countersigned_at = 1 WHERE thread = $1 AND message = $2`, d.id, d.name)
	}
}

// correct is a later decision's receipt: nobody countersigns the earlier one any more.
func (h *hospital) correct(rt *rapid.T) {
	if d := h.inTheRecord(rt); d != nil {
		d.unsigned = false
		h.exec(`UPDATE decision SET stage = 9 WHERE thread = $1 AND message = $2`, d.id, d.name)
	}
}

func (h *hospital) hold(rt *rapid.T) {
	hold := &modelHold{}
	var scope retention.Scope
	which := rapid.IntRange(1, 15).Draw(rt, "scopes")
	if which&1 != 0 {
		hold.thread = h.pickThread(rt)
		scope.Thread = hold.thread.id
	}
	if which&2 != 0 {
		hold.patient = rapid.IntRange(1, 2).Draw(rt, "patient")
		scope.Patient = []id.Tag{{99}, tagOf(hold.patient)}
	}
	if which&4 != 0 {
		hold.person = rapid.IntRange(1, 3).Draw(rt, "person")
		scope.Person = personOf(hold.person)
	}
	if which&8 != 0 {
		day := func(label string, from int) time.Time {
			return h.clock.Now().Add(time.Duration(rapid.IntRange(from, 40).Draw(rt, label)) * -24 * time.Hour).Truncate(time.Millisecond)
		}
		if rapid.Bool().Draw(rt, "from") {
			hold.from = day("days ago", 0)
		}
		if hold.from.IsZero() || rapid.Bool().Draw(rt, "until") {
			hold.until = day("until days ago", -40)
		}
		if !hold.from.IsZero() && !hold.until.IsZero() && !hold.from.Before(hold.until) {
			hold.until = hold.from.Add(24 * time.Hour)
		}
		scope.From, scope.Until = hold.from, hold.until
	}
	placed, err := h.keeper.Hold(h.t.Context(), officer, scope, "Case", "Legal")
	if err != nil {
		rt.Fatal(err)
	}
	hold.id, hold.covered = placed.ID, placed.Covered
	h.holds = append(h.holds, hold)
	for _, m := range h.messages {
		if m.state == 0 && hold.covers(m) {
			hold.coveredWhenItWasMade = append(hold.coveredWhenItWasMade, m)
		}
	}
	if int(placed.Covered) != len(hold.coveredWhenItWasMade) {
		rt.Fatalf("the receipt says %d messages, and it is %d: %+v", placed.Covered, len(hold.coveredWhenItWasMade), scope)
	}
}

func (hold *modelHold) covers(m *modelMessage) bool {
	inside := func(t time.Time) (after, before bool) {
		return hold.from.IsZero() || !t.Before(hold.from), hold.until.IsZero() || t.Before(hold.until)
	}
	afterA, beforeA := inside(m.at)
	afterS, beforeS := inside(m.sent)
	return (hold.thread == nil || hold.thread == m.modelThread) && (hold.patient == 0 || hold.patient == m.patient) &&
		(hold.person == 0 || slices.Contains(m.people, hold.person)) && (afterA || afterS) && (beforeA || beforeS)
}

func (h *hospital) release(rt *rapid.T) {
	var open []*modelHold
	for _, hold := range h.holds {
		if !hold.released {
			open = append(open, hold)
		}
	}
	if len(open) == 0 {
		return
	}
	hold := open[rapid.IntRange(0, len(open)-1).Draw(rt, "hold")]
	if _, err := h.keeper.Release(h.t.Context(), officer, hold.id, "Answered"); err != nil {
		rt.Fatal(err)
	}
	hold.released = true
}

func (h *hospital) openCase(rt *rapid.T) { h.cases[h.pickThread(rt).id] = true }

func (h *hospital) closeCase(rt *rapid.T) { delete(h.cases, h.pickThread(rt).id) }

func (h *hospital) period(rt *rapid.T) {
	d := retention.Defaults[rapid.IntRange(0, len(retention.Defaults)-1).Draw(rt, "class")]
	days := rapid.SampledFrom([]int64{0, 1, 7, 30, 90}).Draw(rt, "days")
	if _, err := h.keeper.SetPeriod(h.t.Context(), officer, d.Space, d.Class, retention.Period(days), "Group"); err != nil {
		rt.Fatal(err)
	}
	h.periods[[2]int{int(d.Space), int(d.Class)}] = days
}

func (h *hospital) forward(rt *rapid.T) {
	h.clock.Advance(time.Duration(rapid.IntRange(1, 72).Draw(rt, "hours")) * time.Hour)
}

func (h *hospital) weeks(rt *rapid.T) {
	h.clock.Advance(time.Duration(rapid.IntRange(10, 45).Draw(rt, "days")) * 24 * time.Hour)
}

func (h *hospital) back(rt *rapid.T) {
	h.clock.Set(h.clock.Now().Add(-time.Duration(rapid.IntRange(1, 20*24).Draw(rt, "hours")) * time.Hour))
}

func (h *hospital) record(rt *rapid.T) { h.down = rapid.Bool().Draw(rt, "down") }

// mayGo is what the model allows at this moment, following from what it has let go already.
func (h *hospital) mayGo() []*modelMessage {
	now := h.clock.Now()
	gone := map[*modelMessage]bool{}
	finished := map[*modelFiling]bool{}
	for _, m := range h.messages {
		gone[m] = m.state != 0 // what a crash left marked goes, whatever has come since
	}
	for _, f := range h.filings {
		finished[f] = f.state == 3 && f.decision.state != 0
	}
	var all []*modelMessage
	for changed := true; changed; {
		changed = false
		for _, f := range h.filings {
			if f.state != 3 || f.destroyed || finished[f] || h.down || now.Before(f.eligible) {
				continue
			}
			var live []*modelMessage
			kept := f.decision.quarantined || f.decision.inError || f.decision.unsigned
			for _, m := range f.sources {
				if m.state == 0 && !gone[m] {
					live = append(live, m)
					kept = kept || h.isHeld(m) || h.cases[m.id]
				}
			}
			if kept {
				continue
			}
			finished[f], changed = true, true
			for _, m := range live {
				gone[m], all = true, append(all, m)
			}
		}
		for _, m := range h.messages {
			period := h.periods[[2]int{int(m.space), m.class}]
			clinical := m.space != envelope.SpaceAnnouncement && m.space != envelope.SpaceSocial
			switch {
			case gone[m], m.state != 0, period == 0, now.Before(m.at.Add(time.Duration(period) * 24 * time.Hour)):
			case h.isHeld(m), h.cases[m.id], m.quarantined, clinical && m.swept < m.seq:
			case slices.ContainsFunc(h.messages, func(d *modelMessage) bool {
				return d.decision && d.modelThread == m.modelThread && d.seq >= m.seq && !gone[d] && (d.unfiled || slices.ContainsFunc(h.filings,
					func(f *modelFiling) bool { return f.decision == d && f.state <= 3 && !f.destroyed && !finished[f] }))
			}):
			default:
				gone[m], changed = true, true
				all = append(all, m)
			}
		}
	}
	return all
}

func (h *hospital) isHeld(m *modelMessage) bool {
	return slices.ContainsFunc(h.holds, func(hold *modelHold) bool { return !hold.released && hold.covers(m) })
}

// sweep has everything done that is due, until nothing more happens, and compares.
func (h *hospital) sweep(rt *rapid.T) {
	allowed := h.mayGo()
	h.planned(rt)
	h.runSweeps(rt)
	h.learn(rt, allowed)
	for _, m := range allowed {
		if m.state != 2 {
			rt.Fatalf("message %d of a %s thread was due and is in state %d", m.seq, m.space, m.state)
		}
	}
	for _, m := range h.messages {
		if m.state == 1 {
			rt.Fatalf("message %d of a %s thread was left half destroyed", m.seq, m.space)
		}
	}
	if left := h.mayGo(); len(left) > 0 {
		rt.Fatalf("%d messages may go and did not", len(left))
	}
}

// planned has one sweep done and compares it with what the plan said: all that was to go has gone, and nothing else, except what waited for nothing but a
// decision that went.
func (h *hospital) planned(rt *rapid.T) {
	lines := map[id.Message]retention.Line{}
	plan := func(in id.Thread) (going int64) {
		each, err := h.keeper.Plan(h.t.Context(), in)
		if err != nil {
			rt.Fatal(reasons(err))
		}
		for _, line := range each {
			if line.Goes() {
				going += line.Count
			}
			if !in.IsZero() {
				lines[line.Message] = line
			}
		}
		return going
	}
	var going int64
	for _, in := range h.threads {
		going += plan(in.id)
	}
	if all := plan(id.Thread{}); len(h.cases) == 0 && all != going {
		rt.Fatalf("%d messages are to go, and by conversation %d", all, going)
	}
	if err := h.sweepOnce(); err != nil {
		rt.Fatal(reasons(err))
	}
	states := h.states()
	for _, m := range h.messages {
		line, told := lines[m.name]
		gone := states[m.name] != 0
		switch {
		case told != (m.state == 0):
			rt.Fatalf("message %d in state %d is in the plan: %t", m.seq, m.state, told)
		case told && line.Goes() && !gone:
			rt.Fatalf("message %d was to go at the next sweep and did not: %+v", m.seq, line)
		case told && !line.Goes() && gone && !slices.Equal(line.Reasons, []retention.Reason{retention.Awaited}):
			rt.Fatalf("message %d went, and the plan said that it stays: %v", m.seq, line.Reasons)
		}
	}
	h.plans++
	h.went += int(going)
}

// crash is a sweep that is killed somewhere.
func (h *hospital) crash(rt *rapid.T) {
	allowed := h.mayGo()
	h.fail = rapid.IntRange(1, 6).Draw(rt, "step")
	err := h.sweepOnce()
	if h.fail == 0 {
		h.crashes++
		if err == nil {
			rt.Fatal("a sweep that was killed says that it is done")
		}
	}
	h.fail = 0
	h.restart()
	h.learn(rt, allowed)
}

// learn reads what has gone, and that all of it was allowed.
func (h *hospital) learn(rt *rapid.T, allowed []*modelMessage) {
	states := h.states()
	for _, m := range h.messages {
		state := states[m.name]
		if state != 0 && m.state == 0 && !slices.Contains(allowed, m) {
			rt.Fatalf("message %d of a %s thread was destroyed: held %t, case %t, quarantined %t, swept to %d, decision %t, unfiled %t, age %v",
				m.seq, m.space, h.isHeld(m), h.cases[m.id], m.quarantined, m.swept, m.decision, m.unfiled, h.clock.Now().Sub(m.at))
		}
		if state < m.state {
			rt.Fatalf("message %d came back from state %d to %d", m.seq, m.state, state)
		}
		m.state = state
	}
	destroyed := h.destroyedFilings()
	for _, f := range h.filings {
		f.destroyed = destroyed[f.id]
	}
}

// check holds after every step.
func (h *hospital) check(rt *rapid.T) {
	states := h.states()
	for _, hold := range h.holds {
		if hold.released {
			continue
		}
		for _, m := range hold.coveredWhenItWasMade {
			if states[m.name] != 0 {
				rt.Fatalf("message %d, which the receipt of a hold counts, is in state %d", m.seq, states[m.name])
			}
		}
	}
	for name, state := range states {
		if half := h.halves[name]; state == 0 && !half || state == 2 && half {
			rt.Fatalf("a message in state %d has its half: %t", state, half)
		}
	}
}

var errKilled = errors.New("killed")

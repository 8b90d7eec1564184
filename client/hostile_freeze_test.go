package client_test

import (
	"errors"
	"slices"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store"
)

// isFrozen checks that a thread is frozen in the way that is expected, that nothing is sent in it by any way, and that this outlives a lock.
func (p *person) isFrozen(in id.Thread, kind envelope.ConflictKind) client.Freeze {
	p.w.t.Helper()
	frozen, ok := p.Frozen()[in]
	if !ok || frozen.Kind != kind {
		p.w.t.Errorf("frozen %v as %v, want %v", ok, frozen.Kind, kind)
		return frozen
	}
	if kept := p.client.Memory().Frozen[p.Person()][in]; kept.Kind != kind {
		p.w.t.Errorf("the machine remembers it as %v", kept.Kind)
	}
	shown, err := p.Thread(in)
	if errors.Is(err, client.ErrThreadUnknown) {
		return frozen // of a thread that was never shown there is nothing to send in
	}
	p.w.check(err)
	if shown.Frozen == nil || shown.Frozen.Kind != kind || !errors.Is(shown.Refused, client.ErrThreadFrozen) {
		p.w.t.Errorf("it is shown as %+v, %v", shown.Frozen, shown.Refused)
	}
	before := [3]int{p.wire.count("POST", "/messages"), p.wire.count("POST", "/epochs"), p.wire.count("POST", "/entries")}
	_, sent := p.Send(p.w.ctx, in, "after")
	for what, err := range map[string]error{
		"sending": sent, "rotating": p.Rotate(p.w.ctx, in), "renaming": p.Rename(p.w.ctx, in, "Another name"),
		"removing": p.Remove(p.w.ctx, in, p.Person(), envelope.RemoveLeftTeam, ""),
	} {
		if client.CodeOf(err) != "thread_frozen" {
			p.w.t.Errorf("%s in it: %v", what, err)
		}
	}
	if before != [3]int{p.wire.count("POST", "/messages"), p.wire.count("POST", "/epochs"), p.wire.count("POST", "/entries")} {
		p.w.t.Error("something was sent in it")
	}
	return frozen
}

// reported checks that the server has one report by this device of this thread, which says what it holds.
func (p *person) reported(in id.Thread, frozen client.Freeze) {
	p.w.t.Helper()
	reports := p.reports(in)
	if len(reports) != 1 {
		p.w.t.Fatalf("%d reports", len(reports))
	}
	said := reports[0]
	var entries []id.Hash
	var authors []id.Person
	for _, one := range said.Entries {
		entries = append(entries, one.Entry)
	}
	for _, one := range said.Authors {
		authors = append(authors, one.Person)
	}
	if said.Kind != frozen.Kind || said.Seq != frozen.Seq || said.Seen != frozen.Seen || said.Shown != frozen.Shown ||
		!slices.Equal(entries, frozen.Entries) || !slices.Equal(authors, frozen.Authors) {
		p.w.t.Errorf("the report says %+v of %+v", said, frozen)
	}
}

func (p *person) reports(in id.Thread) []*envelope.Conflict {
	p.w.t.Helper()
	var all []*envelope.Conflict
	p.w.check(p.w.server.Store().View(p.w.ctx, func(v *store.View) error {
		return v.Each(`SELECT report FROM thread_conflict WHERE thread = $1 AND person = $2`, []any{in, p.Person()}, func(row store.Scanner) error {
			var raw []byte
			if err := row.Scan(&raw); err != nil {
				return err
			}
			signed, err := envelope.Parse[envelope.Signed](raw)
			if err != nil {
				return err
			}
			said, err := envelope.Open[envelope.Conflict](signed)
			if err == nil && said.Device == p.DeviceKeys().ID {
				all = append(all, said)
			}
			return err
		})
	}))
	return all
}

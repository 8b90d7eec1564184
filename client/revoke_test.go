package client_test

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
)

func TestADeviceThatEndedSaysNothingMoreAndWhatItSaidStays(t *testing.T) {
	w := newWorld(t)
	anita, phone := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := anita.team(phone)
	ward, err := phone.elsewhere(client.Memory{}, client.DeviceOptions{Kind: envelope.DeviceShared})
	w.check(err)
	ward.sync()
	ward.say(in, "from the ward PC")
	phone.sync()
	w.check(phone.Revoke(w.ctx, ward.DeviceKeys().ID, envelope.RevokeSignedOut))
	if _, err := ward.Send(w.ctx, in, "still here?"); client.CodeOf(err) != "not_signed_in" || !ward.Locked() {
		t.Errorf("a device that was ended sends: %v", err)
	}
	again, err := phone.elsewhere(client.Memory{}, client.DeviceOptions{Known: known(ward)})
	w.check(err)
	if again.DeviceKeys().ID == ward.DeviceKeys().ID {
		t.Error("a device that was ended was used again")
	}
	anita.sync()
	anita.say(in, "to all of leila's devices")
	fresh, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	for _, one := range []*person{phone, fresh, again} {
		one.sync()
		if got := one.texts(in); !slices.Equal(got, []string{"from the ward PC", "to all of leila's devices"}) {
			t.Errorf("%s reads %q", one.userName, got)
		}
	}
	if epoch := anita.view(in).Epoch; epoch != 2 {
		t.Errorf("after a revocation anita sent under epoch %d", epoch)
	}
}

// TestWhatADeviceSaidBeforeItEndedIsReadByWhoComesLater: the last of it decides, and stands after the rest, perhaps on a later page.
func TestWhatADeviceSaidBeforeItEndedIsReadByWhoComesLater(t *testing.T) {
	w := newWorld(t)
	anita, phone := w.enrol("anita.patel", "Dr Anita Patel"), w.enrol("leila.haddad", "Dr Leila Haddad")
	in := phone.team(anita)
	phone.say(in, "one")
	phone.say(in, "two")
	w.check(phone.Rename(w.ctx, in, "Night team"))
	phone.say(in, "three")
	ward, err := phone.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	w.check(ward.Revoke(w.ctx, phone.DeviceKeys().ID, envelope.RevokeSignedOut))
	for name, page := range map[string]int{"on one page": 200, "on many": 2} {
		fresh, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
		w.check(err)
		fresh.wire.bend(rule{method: "GET", path: "/log", body: func(m map[string]any) {
			if list := listOf(t, m, "entries"); len(list) > page {
				m["entries"], m["more"] = list[:page], true
			}
		}})
		fresh.sync()
		if got := fresh.texts(in); !slices.Equal(got, []string{"one", "two", "three"}) || fresh.view(in).Name != "Night team" {
			t.Errorf("%s: anita reads %q in %q", name, got, fresh.view(in).Name)
		}
	}
}

func TestAfterALostDeviceThePersonIsLeftOutOfNewEpochs(t *testing.T) {
	w := newWorld(t)
	anita, ward, in := w.lost()
	anita.say(in, "after")
	ward.sync()
	if got := ward.texts(in); !slices.Equal(got, []string{"before", "[unopened]"}) {
		t.Errorf("leila reads %q", got)
	}
	own, err := anita.elsewhere(client.Memory{}, client.DeviceOptions{})
	w.check(err)
	w.check(own.Revoke(w.ctx, own.DeviceKeys().ID, envelope.RevokeSignedOut))
	if err := own.Sync(w.ctx); client.CodeOf(err) != "not_signed_in" {
		t.Errorf("after signing this device out: %v", err)
	}
}

// known is a device that signs in as itself.
func known(p *person) *client.DeviceKeys {
	keys := p.DeviceKeys()
	return &keys
}

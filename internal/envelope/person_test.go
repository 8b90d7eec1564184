package envelope

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/internal/id"
)

func TestPersonLogIsFollowed(t *testing.T) {
	w := newWorld(t)
	ann := w.enrol("Ann")
	ann.newGeneration()
	shared := ann.newDevice()
	ann.revoke(shared.id, RevokeSignedOut)
	again, err := VerifyPersonLog(w.manifests, ann.id, ann.log...)
	check(t, err)
	key, ok := again.CurrentGeneration()
	if again.Head() != ann.state.Head() || again.Seq() != 6 || !ok || key.Generation != 2 || key.Seal != ann.keys().Public() {
		t.Error("the state is not the log's")
	}
	if again.DisplayName() != "Ann" || again.Role() != "Registrar" || again.Identity() != ann.identity.Public() {
		t.Error("the names are not the log's")
	}
	if live, ok := again.Device(ann.devices[0].id); !ok || live.CheckNow(w.now) != nil {
		t.Error("the first device is not live")
	}
	gone, _ := again.Device(shared.id)
	refused(t, "a revoked device", gone.CheckNow(w.now), RevokedDevice)
	refused(t, "an expired device", ann.state.devices[ann.devices[0].id].CheckNow(w.now+31*day), RevokedDevice)
	if len(again.Devices()) != 2 {
		t.Error("not both devices are listed")
	}
}

// TestForgedPersonLogEntries tries every way in which section 5.1 says that an entry can be wrong.
func TestForgedPersonLogEntries(t *testing.T) {
	w := newWorld(t)
	ann, bea := w.enrol("Ann"), w.enrol("Bea")
	phone := ann.newDevice()
	stranger := NewSigner(w.seed())
	seats := w.seatStamps(w.seats)
	bindKey, removeKey := ByServer(PurposeBind, w.server[PurposeBind]), ByServer(PurposeRemove, w.server[PurposeRemove])
	generation := ann.generationEntry(GenerationSeed{Generation: 2, Seed: w.seed()})
	device := ann.deviceEntry(deviceSeed{id: newID[id.Device](w), key: stranger})
	revoke := ann.revokeEntry(phone.id, RevokeLost)
	fresh := NewSigner(w.seed())
	reset := ann.resetEntry(fresh)
	byFresh := ByIdentity(ann.id, fresh)
	old := w.manifests.Current().Hash
	tests := map[string]struct {
		signed *Signed
		code   Code
	}{
		"a second bind": {w.sign(ann.bindEntry("Ann"), bindKey, ann.byIdentity()), BrokenChain},
		"a second bind in its place": {w.sign(change(ann.bindEntry("Ann"), func(b *Bind) { b.Seq, b.Previous = ann.next(), ann.state.Head() }),
			bindKey, ann.byIdentity()), BrokenChain},
		"another person's entry":              {w.sign(change(generation, func(g *Generation) { g.Person = bea.id }), ann.byIdentity()), BrokenChain},
		"a seq left out":                      {w.sign(change(generation, func(g *Generation) { g.Seq++ }), ann.byIdentity()), BrokenChain},
		"another predecessor":                 {w.sign(change(generation, func(g *Generation) { g.Previous[0] ^= 1 }), ann.byIdentity()), BrokenChain},
		"a generation left out":               {w.sign(change(generation, func(g *Generation) { g.Generation++ }), ann.byIdentity()), BrokenChain},
		"a generation again (key overwrite)":  {w.sign(change(generation, func(g *Generation) { g.Generation-- }), ann.byIdentity()), BrokenChain},
		"a generation by the server":          {w.sign(generation, bindKey), WrongPurpose},
		"a generation by a device":            {w.sign(generation, ann.byDevice()), WrongPurpose},
		"a generation by another identity":    {w.sign(generation, bea.byIdentity()), WrongPurpose},
		"a generation in another's name":      {w.sign(generation, ByIdentity(ann.id, stranger)), BadSignature},
		"an unsigned generation":              {w.sign(generation), BadSignature},
		"a generation signed twice over":      {w.sign(generation, ann.byIdentity(), bindKey), WrongPurpose},
		"a device by the server":              {w.sign(device, bindKey), WrongPurpose},
		"a device by itself":                  {w.sign(device, ByDevice(device.Device, stranger)), WrongPurpose},
		"a device again (key overwrite)":      {w.sign(change(device, func(d *Device) { d.Device = phone.id }), ann.byIdentity()), BrokenChain},
		"a device that expires first":         {w.sign(change(device, func(d *Device) { d.Expires = d.Issued }), ann.byIdentity()), NotEntitled},
		"a device above the policy":           {w.sign(change(device, func(d *Device) { d.Expires = d.Issued + 90*day + 1 }), ann.byIdentity()), NotEntitled},
		"a shared device above 12 hours":      {w.sign(change(device, func(d *Device) { d.Kind, d.Expires = DeviceShared, d.Issued+day/2+1 }), ann.byIdentity()), NotEntitled},
		"a revocation by the wrong key":       {w.sign(change(revoke, func(r *Revoke) { r.By = RevokeByServer }), bindKey), WrongPurpose},
		"a revocation under another name":     {w.sign(change(revoke, func(r *Revoke) { r.By = RevokeByServer }), ann.byIdentity()), WrongPurpose},
		"a revocation by the device itself":   {w.sign(change(revoke, func(r *Revoke) { r.By = RevokeByDevice }), ByDevice(phone.id, phone.key)), NotEntitled},
		"a revocation by a stranger's device": {w.sign(change(revoke, func(r *Revoke) { r.By = RevokeByDevice }), bea.byDevice()), NotEntitled},
		"an unsigned revocation":              {w.sign(change(revoke, func(r *Revoke) { r.By = RevokeByDevice })), BadSignature},
		"a revocation of nothing":             {w.sign(change(revoke, func(r *Revoke) { r.Device = bea.device().id }), ann.byIdentity()), NotEntitled},
		"a reset without seats":               {w.sign(reset, bindKey, byFresh), WrongPurpose},
		"a reset by one seat":                 {w.sign(reset, bindKey, byFresh, seats[0]), NotEntitled},
		"a reset without the bind key":        {w.sign(reset, byFresh, seats[0], seats[1]), WrongPurpose},
		"a reset by the remove key":           {w.sign(reset, removeKey, byFresh, seats[0], seats[1]), WrongPurpose},
		"a reset that nobody possesses":       {w.sign(reset, bindKey, seats[0], seats[1]), WrongPurpose},
		"a reset by the old identity":         {w.sign(reset, bindKey, ann.byIdentity(), seats[0], seats[1]), BadSignature},
		"a reset to the same identity": {w.sign(change(reset, func(r *Reset) { r.Identity = ann.identity.Public() }),
			bindKey, ann.byIdentity(), seats[0], seats[1]), WrongIdentity},
		"a reset under an unknown manifest": {w.sign(change(reset, func(r *Reset) { r.Manifest[0] ^= 1 }), bindKey, byFresh, seats[0], seats[1]), BrokenChain},
		"something else":                    {w.sign(w.policy, ann.byIdentity()), Malformed},
	}
	for name, test := range tests {
		head := ann.state.Head()
		refused(t, name, ann.state.Append(test.signed), test.code)
		if ann.state.Head() != head || ann.state.lastGeneration != 1 || len(ann.state.devices) != 2 {
			t.Fatalf("%s: refused, and the state has changed", name)
		}
	}
	for name, signed := range map[string]*Signed{
		"a generation": w.sign(generation, ann.byIdentity()), "a device": w.sign(device, ann.byIdentity()),
		"a revocation by the server": w.sign(change(revoke, func(r *Revoke) { r.By = RevokeByServer }), removeKey),
		"a revocation by a device":   w.sign(change(revoke, func(r *Revoke) { r.By = RevokeByDevice }), ByDevice(ann.devices[0].id, ann.devices[0].key)),
		"a reset":                    w.sign(reset, bindKey, byFresh, seats[0], seats[2]),
	} {
		state, err := VerifyPersonLog(w.manifests, ann.id, append(append([]*Signed{}, ann.log...), signed)...)
		if err != nil || state.Seq() != 5 {
			t.Errorf("%s that the forgeries were made from: %v", name, err)
		}
	}
	w.newOfficers(w.seats)
	ann.reset()
	again := w.sign(change(ann.resetEntry(stranger), func(r *Reset) { r.Manifest = old }), bindKey, ByIdentity(ann.id, stranger), seats[0], seats[1])
	refused(t, "a reset under an older manifest", ann.state.Append(again), RolledBack)
}

func TestFirstEntryIsABind(t *testing.T) {
	w := newWorld(t)
	ann := w.enrol("Ann")
	bind := must(Open[Bind](ann.log[0]))
	bindKey := ByServer(PurposeBind, w.server[PurposeBind])
	for name, test := range map[string]struct {
		signed *Signed
		code   Code
	}{
		"not possessed":             {w.sign(bind, bindKey), WrongPurpose},
		"not bound":                 {w.sign(bind, ann.byIdentity()), WrongPurpose},
		"by another key":            {w.sign(bind, ByServer(PurposeAssert, w.server[PurposeAssert]), ann.byIdentity()), WrongPurpose},
		"of another person":         {w.sign(change(bind, func(b *Bind) { b.Person[0] ^= 1 }), bindKey, ann.byIdentity()), BrokenChain},
		"with a predecessor":        {w.sign(change(bind, func(b *Bind) { b.Previous[0] = 1 }), bindKey, ann.byIdentity()), BrokenChain},
		"unknown manifest":          {w.sign(change(bind, func(b *Bind) { b.Manifest[0] ^= 1 }), bindKey, ann.byIdentity()), BrokenChain},
		"a generation":              {ann.log[1], BrokenChain},
		"a generation in its place": {w.sign(&Generation{Person: ann.id, Seq: 1, Generation: 1}, ann.byIdentity()), BrokenChain},
	} {
		_, err := VerifyPersonLog(w.manifests, ann.id, test.signed)
		refused(t, name, err, test.code)
	}
	_, err := VerifyPersonLog(w.manifests, ann.id)
	refused(t, "an empty log", err, BrokenChain)
}

// TestResetVoidsEarlierKeys: the identity, the generation and the devices before a reset count for nothing after it, and what those
// devices signed before stays readable.
func TestResetVoidsEarlierKeys(t *testing.T) {
	w := newWorld(t)
	ann := w.enrol("Ann")
	before := w.now
	device, identity, pinned := ann.device(), ann.byIdentity(), ann.state.IdentityHash()
	ann.reset()
	if _, ok := ann.state.CurrentGeneration(); ok || ann.state.Ready(pinned) || ann.state.Ready(ann.state.IdentityHash()) {
		t.Error("there are keys after a reset")
	}
	if !ann.state.HadIdentity(pinned) || ann.state.IdentityHash() == pinned {
		t.Error("identities are not told apart")
	}
	refused(t, "a generation by the old identity",
		ann.state.Append(w.sign(ann.generationEntry(GenerationSeed{Generation: 2, Seed: w.seed()}), identity)), BadSignature)
	state, _ := ann.state.Device(device.id)
	refused(t, "the old device now", state.CheckNow(w.now), RevokedDevice)
	_, err := ann.state.CheckAct(device.id, Act{At: before})
	check(t, err)
	revoke := ann.revokeEntry(device.id, RevokeOther)
	revoke.By = RevokeByDevice
	ann.newGeneration()
	if key, ok := ann.state.CurrentGeneration(); !ok || key.Generation != 2 {
		t.Error("generations do not go on after a reset")
	}
	phone := ann.newDevice()
	other := change(ann.revokeEntry(phone.id, RevokeOther), func(r *Revoke) { r.By = RevokeByDevice })
	refused(t, "a revocation by a void device", ann.state.Append(w.sign(other, ByDevice(device.id, device.key))), RevokedDevice)
}

// TestR41_BackdatingByARevokedDevice: the time that a revoked device writes counts for nothing; what had been accepted does.
func TestR41_BackdatingByARevokedDevice(t *testing.T) {
	r, ann, bea, _ := ward(t)
	w := r.w
	stolen := bea.device()
	thread := r.membership.Thread()
	last := r.messages[0].Entry
	before := w.now
	late := r.messageInput(bea, "backdated")
	bea.revoke(stolen.id, RevokeStolen, LastAccepted{Thread: thread, DeviceSeq: 1, Entry: last})
	bea.newDevice()
	trust := w.trust()
	if _, err := VerifyMessage(trust, r.epoch().Epoch, r.messages[0].Bytes); err != nil {
		t.Errorf("what was accepted before: %v", err)
	}
	sealed := must(SealMessage(late))
	_, err := VerifyMessage(trust, r.epoch().Epoch, sealed.Bytes)
	refused(t, "a message after the last accepted", err, RevokedDevice)
	late.Header.DeviceSeq, late.Header.Previous = 1, id.Hash{}
	trust.Order = r.log
	_, err = VerifyMessage(trust, r.epoch().Epoch, must(SealMessage(late)).Bytes)
	refused(t, "another message with an accepted number", err, RevokedDevice)
	trust.Order = nil

	for name, test := range map[string]struct {
		act  Act
		want Code
	}{
		"an entry, backdated, with the log at hand": {Act{Thread: thread, At: before, Entry: id.Hash{1}, Order: r.log}, RevokedDevice},
		"the last accepted entry itself":            {Act{Thread: thread, At: before, Entry: last, Order: r.log}, ""},
		"an entry before it":                        {Act{Thread: thread, At: before, Entry: r.epoch().Epoch.Hash, Order: r.log}, ""},
		"an entry, not backdated, without the log":  {Act{Thread: thread, At: w.now}, RevokedDevice},
		"an entry from before, without the log":     {Act{Thread: thread, At: before}, ""},
		"in a thread that is not listed":            {Act{Thread: id.Thread{1}, At: before}, RevokedDevice},
		"a grant after the revocation":              {Act{Thread: thread, At: w.now, Order: r.log}, RevokedDevice},
	} {
		_, err := bea.state.CheckAct(stolen.id, test.act)
		refused(t, name, err, test.want)
	}
	_, err = bea.state.CheckAct(newID[id.Device](w), Act{At: before})
	refused(t, "no device at all", err, RevokedDevice)
	again := bea.revokeEntry(stolen.id, RevokeOther)
	refused(t, "a second revocation", bea.state.Append(w.sign(again, bea.byIdentity())), NotEntitled)

	// A membership entry and a record by the stolen device, backdated.
	head := r.head(ann)
	head.Person, head.Device, head.Issued = bea.id, stolen.id, before
	forged := w.sign(&Rekey{EntryHead: head, Target: ann.id, Identity: ann.state.IdentityHash()}, ByDevice(stolen.id, stolen.key))
	trust.Order = r.log
	refused(t, "a backdated membership entry", r.membership.Append(trust, forged), RevokedDevice)
}

// TestAnyChangedByteInAPersonLogIsRefused is the property: a log with one byte changed does not verify.
func TestAnyChangedByteInAPersonLogIsRefused(t *testing.T) {
	w := newWorld(t)
	ann := w.enrol("Ann")
	ann.revoke(ann.newDevice().id, RevokeReplaced, LastAccepted{Thread: id.Thread{1}, DeviceSeq: 3})
	ann.reset()
	ann.newGeneration()
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(ann.log)-1).Draw(t, "entry")
		log, changed := flipOneByte(t, ann.log, at)
		if !changed {
			return
		}
		if _, err := VerifyPersonLog(w.manifests, ann.id, log...); CodeOf(err) == "" {
			t.Fatalf("a changed entry %d was accepted", at)
		}
	})
}

// flipOneByte changes one byte of one signed object as it travels. A change that no longer decodes counts as refused: false.
func flipOneByte(t *rapid.T, log []*Signed, at int) ([]*Signed, bool) {
	raw := mustEncode(t, log[at])
	raw[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
	altered, err := Parse[Signed](raw)
	if err != nil {
		return nil, false
	}
	changed := append([]*Signed{}, log...)
	changed[at] = altered
	return changed, true
}

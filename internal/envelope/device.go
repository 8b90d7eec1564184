package envelope

import (
	"slices"

	"github.com/wardline/wardline/internal/id"
)

// DeviceState is a device in a verified person log. Identity is the hash of the identity that certified it.
type DeviceState struct {
	Device
	Identity id.Hash

	revoked  *Revoke
	voidFrom *Time
}

// ID is the device's id.
func (d *DeviceState) ID() id.Device { return d.Device.Device }

// Revoked is the revocation, when there is one.
func (d *DeviceState) Revoked() (*Revoke, bool) { return d.revoked, d.revoked != nil }

// CheckNow refuses a device that may not sign anything new at this moment. A server calls it before it accepts; [PersonState.CheckAct] is
// for what was accepted before.
func (d *DeviceState) CheckNow(now Time) error { return d.liveAt(now) }

// liveAt is the rule for what leaves no trace in a thread, and for the present.
func (d *DeviceState) liveAt(at Time) error {
	if d.revoked != nil {
		return refuse(RevokedDevice, "revoked")
	}
	return d.certifiedAt(at)
}

// certifiedAt has no lower bound: clocks differ by minutes, and nobody signs with a key before it exists.
func (d *DeviceState) certifiedAt(at Time) error {
	switch {
	case at >= d.Expires:
		return refuse(RevokedDevice, "expired")
	case d.voidFrom != nil && at >= *d.voidFrom:
		return refuse(RevokedDevice, "void since the person's reset")
	}
	return nil
}

// Order tells where in a thread's log an entry stands. [ThreadLog] is one.
type Order interface {
	Position(entry id.Hash) (seq uint64, ok bool)
}

// Act is something that a device signed in a thread: a membership entry, an epoch record, a grant, a message.
type Act struct {
	Thread id.Thread
	// Entry is its entry hash; zero for what has no place in the log.
	Entry id.Hash
	// At is the time that it gives itself.
	At Time
	// DeviceSeq is the message's count, and 0 for anything else.
	DeviceSeq uint64
	// Order is the thread's log, which decides about entries of a revoked device. Without it only the revocation's deviceSeq and time do.
	Order Order
}

// CheckAct refuses what the device may not have signed. For a revoked device the times that it wrote count for nothing: what counts is
// what had been accepted from it in that thread when it was revoked.
func (p *PersonState) CheckAct(device id.Device, act Act) (*DeviceState, error) {
	state := p.devices[device]
	if state == nil {
		return nil, refuse(RevokedDevice, "no such device")
	}
	if err := state.certifiedAt(act.At); err != nil {
		return nil, err
	}
	if state.revoked == nil {
		return state, nil
	}
	if err := state.acceptedBefore(act); err != nil {
		return nil, err
	}
	return state, nil
}

func (d *DeviceState) acceptedBefore(act Act) error {
	accepted := d.revoked.LastAccepted
	unplaced := act.Order == nil || act.Entry.IsZero()
	at, listed := slices.BinarySearchFunc(accepted, act.Thread, func(a LastAccepted, thread id.Thread) int {
		return a.Thread.Compare(thread)
	})
	switch {
	case !listed:
		return refuse(RevokedDevice, "nothing of this device was accepted in this thread")
	case act.DeviceSeq > accepted[at].DeviceSeq:
		return refuse(RevokedDevice, "after the last message that was accepted")
	case unplaced && act.DeviceSeq == 0 && act.At >= d.revoked.Issued:
		return refuse(RevokedDevice, "after the revocation")
	case unplaced:
		return nil
	}
	last, known := act.Order.Position(accepted[at].Entry)
	this, placed := act.Order.Position(act.Entry)
	if !known || !placed || this > last {
		return refuse(RevokedDevice, "after the last entry that was accepted")
	}
	return nil
}

// Person is whose log this is.
func (p *PersonState) Person() id.Person { return p.person }

// Identity is the current identity key.
func (p *PersonState) Identity() [32]byte { return p.identity }

// IdentityHash is what a thread pins for this person now.
func (p *PersonState) IdentityHash() id.Hash { return IdentityHash(p.person, p.identity) }

// HadIdentity says whether the log ever bound this identity.
func (p *PersonState) HadIdentity(identity id.Hash) bool { return p.identities[identity] }

// DisplayName is the name that the organisation bound to the current identity.
func (p *PersonState) DisplayName() string { return p.displayName }

// Role is the role that the organisation bound to the current identity.
func (p *PersonState) Role() string { return p.role }

// Seq is the number of entries.
func (p *PersonState) Seq() uint32 { return uint32(len(p.entries)) }

// Head is the hash of the last entry, zero before the first.
func (p *PersonState) Head() id.Hash {
	if len(p.entries) == 0 {
		return id.Hash{}
	}
	return p.entries[len(p.entries)-1].hash
}

// HasHead says whether a hash is that of an entry of this log.
func (p *PersonState) HasHead(head id.Hash) bool {
	_, ok := p.byHash[head]
	return ok
}

// CurrentGeneration is the newest sealing key since the last bind or reset.
func (p *PersonState) CurrentGeneration() (GenerationKey, bool) {
	if len(p.entries) == 0 {
		return GenerationKey{}, false
	}
	key, ok := p.generations[p.entries[len(p.entries)-1].generation]
	return key, ok
}

// GenerationKey finds a sealing key by its number, void ones included.
func (p *PersonState) GenerationKey(generation uint32) (GenerationKey, bool) {
	key, ok := p.generations[generation]
	return key, ok
}

// Device finds a device by its id.
func (p *PersonState) Device(device id.Device) (*DeviceState, bool) {
	state, ok := p.devices[device]
	return state, ok
}

// Devices lists the devices, ascending by id.
func (p *PersonState) Devices() []*DeviceState {
	all := make([]*DeviceState, 0, len(p.devices))
	for _, device := range p.devices {
		all = append(all, device)
	}
	slices.SortFunc(all, func(a, b *DeviceState) int { return a.ID().Compare(b.ID()) })
	return all
}

// ready says whether, at an entry, the person can be given keys in a thread that pins this identity: the identity is current, there is
// a sealing key, and no device was lost since it was made.
func (e *personEntry) ready(pinned id.Hash) bool {
	return e.identity == pinned && e.generation != 0 && !e.suspect
}

// Ready says whether the person can be given keys now in a thread that pins this identity.
func (p *PersonState) Ready(pinned id.Hash) bool {
	return len(p.entries) > 0 && p.entries[len(p.entries)-1].ready(pinned)
}

// unreadySince says whether the person was not ready at some entry at or after the given one.
func (p *PersonState) unreadySince(pinned id.Hash, from int) bool {
	return slices.ContainsFunc(p.entries[from:], func(entry personEntry) bool { return !entry.ready(pinned) })
}

// lastBy is the index of the last entry that was issued by a time, and the first entry when there is none.
func (p *PersonState) lastBy(at Time) int {
	for n := len(p.entries) - 1; n > 0; n-- {
		if p.entries[n].issued <= at {
			return n
		}
	}
	return 0
}

// movedSince says whether a generation, revocation or reset came after an entry, for which an epoch is to be made anew.
func (p *PersonState) movedSince(head id.Hash) bool {
	at, ok := p.byHash[head]
	return !ok || slices.ContainsFunc(p.entries[at+1:], func(entry personEntry) bool { return entry.kind != TypeDevice })
}

// People finds verified person logs. The caller fetches them beforehand; a person who is not there is a refusal, not an assumption.
type People interface {
	Person(person id.Person) (*PersonState, bool)
}

// PersonMap is People in memory.
type PersonMap map[id.Person]*PersonState

// Person implements [People].
func (m PersonMap) Person(person id.Person) (*PersonState, bool) {
	state, ok := m[person]
	return state, ok
}

// Trust is what a verifier stands on: the manifests, the person logs, and, where the thread's log is at hand, its order.
type Trust struct {
	Manifests *Manifests
	People    People
	Order     Order
}

func (t Trust) person(person id.Person) (*PersonState, error) {
	state, ok := t.People.Person(person)
	if !ok {
		return nil, refuse(WrongIdentity, "no verified log for a person who is named")
	}
	return state, nil
}

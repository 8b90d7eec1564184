package threadtest

import (
	"encoding/json"
	"maps"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// Talk is a conversation as its members know it: nothing in it comes from the server but the entries that [Talk.Take] verifies.
type Talk struct {
	w          *World
	Thread     id.Thread
	Membership *envelope.Membership
	Epoch      *envelope.EpochKey
	Log        *envelope.ThreadLog
	state      envelope.ThreadState
	devices    map[id.Device]chain
}

// chain is what a device sent here, by its own count, whether or not the log holds it yet.
type chain struct {
	seq    uint64
	entry  id.Hash
	before *chain
}

// Option changes how a thread is created.
type Option func(*envelope.Create)

// OnlyOwnersWrite makes everybody else a reader of it.
func OnlyOwnersWrite(c *envelope.Create) { c.PostBy = envelope.WhoOwner }

// Begin makes a thread of the creator's with these members, and everything that is posted to start it.
func (w *World) Begin(space envelope.Space, creator *Person, others ...*Person) (*Talk, thread.NewThread) {
	w.t.Helper()
	return w.BeginWith(nil, space, creator, others...)
}

// BeginWith is Begin with other rules.
func (w *World) BeginWith(options []Option, space envelope.Space, creator *Person, others ...*Person) (*Talk, thread.NewThread) {
	w.t.Helper()
	create := &envelope.Create{
		Space: space, Person: creator.ID, Device: creator.Device.Device, Identity: creator.State().IdentityHash(), AddBy: envelope.WhoOwner,
		PostBy: envelope.WhoMember, Retention: 1, Manifest: w.chain.Current().Hash, Created: w.now(), Nonce: nonce(),
	}
	if space != envelope.SpacePatient && space != envelope.SpaceDirect {
		create.Name = "Medical take"
	}
	for _, change := range options {
		change(create)
	}
	signed := w.sign(create, creator.byDevice())
	membership, err := envelope.NewMembership(w.Trust(), signed)
	if err != nil {
		w.t.Fatal(err)
	}
	t := &Talk{w: w, Thread: membership.Thread(), Membership: membership, Log: envelope.NewThreadLog(membership.Thread()), devices: map[id.Device]chain{}}
	post := thread.NewThread{Create: encode(w.t, signed)}
	for _, other := range others {
		post.Entries = append(post.Entries, t.Sign(creator, t.Add(creator, other)))
	}
	if space == envelope.SpacePatient {
		post.Entries = append(post.Entries, t.Sign(creator, t.LinkPatient(creator)))
	}
	post.Epoch = t.Rotate(creator)
	return t, post
}

// Head begins the next membership entry.
func (t *Talk) Head(by *Person) envelope.EntryHead {
	return envelope.EntryHead{
		Thread: t.Thread, Seq: t.Membership.Seq() + 1, Previous: t.Membership.Head(), Person: by.ID, Device: by.Device.Device, Issued: t.w.now(),
	}
}

// Add is an entry that adds somebody as a member without history.
func (t *Talk) Add(by, target *Person) *envelope.Add {
	return &envelope.Add{
		EntryHead: t.Head(by), Target: target.ID, Identity: target.State().IdentityHash(), MemberRole: envelope.RoleMember,
		Reason: envelope.AddCareTeam,
	}
}

// Remove is an entry that removes somebody.
func (t *Talk) Remove(by, target *Person) *envelope.Remove {
	return &envelope.Remove{EntryHead: t.Head(by), Target: target.ID, Reason: envelope.RemoveNoLongerInvolved}
}

// LinkPatient looks the patient up and makes the entry that links them.
func (t *Talk) LinkPatient(by *Person) *envelope.Link {
	signed, assertion := t.w.Assert(t.Thread, by.ID)
	t.state.Assertion = &envelope.StateAssertion{Assertion: encode(t.w.t, signed)}
	return &envelope.Link{EntryHead: t.Head(by), Tag: assertion.Tag, Assertion: hash(t.w.t, assertion)}
}

// Relink makes the entry that links the patient again, with an assertion that continues the present one but for what change makes of it. The state of the next epoch has it.
func (t *Talk) Relink(by *Person, change func(*envelope.PatientAssertion)) *envelope.Link {
	present, _ := t.Membership.Link()
	signed, assertion := t.w.AssertWith(t.Thread, by.ID, func(a *envelope.PatientAssertion) {
		a.Continues = present.Assertion
		change(a)
	})
	t.state.Assertion = &envelope.StateAssertion{Assertion: encode(t.w.t, signed)}
	return &envelope.Link{EntryHead: t.Head(by), Tag: assertion.Tag, Assertion: hash(t.w.t, assertion)}
}

// Fork is the same conversation in the eyes of somebody who goes on by themselves.
func (t *Talk) Fork() *Talk {
	t.w.t.Helper()
	membership, err := t.Membership.At(t.Membership.Seq(), t.Membership.Head())
	if err != nil {
		t.w.t.Fatal(err)
	}
	fork := *t
	fork.Membership, fork.devices = membership, maps.Clone(t.devices)
	return &fork
}

// Sign signs an entry, takes it into the membership and returns it as it is posted.
func (t *Talk) Sign(by *Person, entry envelope.Object) []byte {
	t.w.t.Helper()
	signed := t.w.sign(entry, by.byDevice())
	if err := t.Membership.Append(t.w.Trust(), signed); err != nil {
		t.w.t.Fatal(err)
	}
	return encode(t.w.t, signed)
}

// Forge signs anything with a person's device and believes nothing.
func (t *Talk) Forge(by *Person, object envelope.Object) []byte {
	t.w.t.Helper()
	return encode(t.w.t, t.w.sign(object, by.byDevice()))
}

// NewEpoch makes the next epoch without going over to it.
func (t *Talk) NewEpoch(by *Person) (*envelope.MadeEpoch, thread.EpochPost) {
	t.w.t.Helper()
	in := envelope.EpochInput{
		Trust: t.w.Trust(), Membership: t.Membership, State: t.state, Person: by.ID, Device: by.Device.Device, Key: by.Key, Issued: t.w.now(),
	}
	if t.Epoch != nil {
		in.Previous = t.Epoch.Epoch()
	}
	made, err := envelope.NewEpoch(in)
	if err != nil {
		t.w.t.Fatal(err)
	}
	post := thread.EpochPost{Record: encode(t.w.t, made.Signed), SealedState: encode(t.w.t, made.State)}
	for n := range made.Envelopes {
		post.Envelopes = append(post.Envelopes, encode(t.w.t, &made.Envelopes[n]))
	}
	return made, post
}

// Rotate makes the next epoch and goes over to it.
func (t *Talk) Rotate(by *Person) thread.EpochPost {
	t.w.t.Helper()
	made, post := t.NewEpoch(by)
	t.Epoch = made.Key
	return post
}

// Header is that of a person's next message, as if everything that the device sent before had been accepted.
func (t *Talk) Header(by *Person) envelope.Header {
	last := t.devices[by.Device.Device]
	return envelope.Header{
		Person: by.ID, Device: by.Device.Device, DeviceSeq: last.seq + 1, Previous: last.entry, SeenSeq: t.Log.Seq(), SeenHash: t.Log.Hash(),
		Message: id.New[id.Message](t.w.IDs), Time: t.w.now(), Retention: 1, Urgency: envelope.UrgencyRoutine, Kind: envelope.KindText,
	}
}

// Seal seals a message with this header under the present epoch; the device counts on from it.
func (t *Talk) Seal(by *Person, header envelope.Header, text string) thread.Post {
	t.w.t.Helper()
	inner, err := json.Marshal(map[string]any{"v": 1, "text": text})
	if err != nil {
		t.w.t.Fatal(err)
	}
	sealed, err := envelope.SealMessage(envelope.MessageInput{Key: t.Epoch, Header: header, Inner: inner, Device: by.Key})
	if err != nil {
		t.w.t.Fatal(err)
	}
	last := t.devices[by.Device.Device]
	t.devices[by.Device.Device] = chain{header.DeviceSeq, sealed.Entry, &last}
	return thread.Post{Thread: t.Thread, Message: sealed.Bytes, Half: sealed.Half}
}

// Say is a person's next message.
func (t *Talk) Say(by *Person, text string) thread.Post {
	t.w.t.Helper()
	return t.Seal(by, t.Header(by), text)
}

// Unsay forgets a device's last message, which was refused.
func (t *Talk) Unsay(by *Person) { t.devices[by.Device.Device] = *t.devices[by.Device.Device].before }

// Take verifies a served entry with the log's own chain and returns it.
func (t *Talk) Take(encoded []byte) (*envelope.LogEntry, error) {
	entry, err := envelope.Parse[envelope.LogEntry](encoded)
	if err != nil {
		return nil, err
	}
	_, err = t.Log.Append(entry)
	return entry, err
}

// Read opens a served message with a person's own envelope, as it is served too.
func (t *Talk) Read(person *Person, entry *envelope.LogEntry, served thread.Epoch) (string, error) {
	signed, err := envelope.Parse[envelope.Signed](served.Record)
	if err != nil {
		return "", err
	}
	record, err := envelope.Open[envelope.EpochRecord](signed)
	if err != nil {
		return "", err
	}
	core, err := envelope.Parse[envelope.EpochCore](record.Core)
	if err != nil {
		return "", err
	}
	then, err := t.Membership.At(core.MembershipSeq, core.MembershipHead)
	if err != nil {
		return "", err
	}
	recordHash, err := signed.Hash()
	if err != nil {
		return "", err
	}
	coreHash, err := envelope.HashBytes(record.Core)
	if err != nil {
		return "", err
	}
	epoch := &envelope.Epoch{
		Core: *core, Hash: recordHash, CoreHash: coreHash, EnvelopeRoot: record.EnvelopeRoot, Membership: then, Manifest: t.w.chain.Current(),
	}
	return t.open(person, entry, served, epoch)
}

func (t *Talk) open(person *Person, entry *envelope.LogEntry, served thread.Epoch, epoch *envelope.Epoch) (string, error) {
	sealed, err := envelope.Parse[envelope.Envelope](served.Envelope)
	if err != nil {
		return "", err
	}
	proof, err := envelope.Parse[envelope.EnvelopeProof](served.Proof)
	if err != nil {
		return "", err
	}
	listed, _ := epoch.Lists(person.ID)
	key, err := envelope.OpenEpoch(epoch, person.ID, person.Seal(max(1, listed.Generation)), sealed, proof)
	if err != nil {
		return "", err
	}
	verified, err := envelope.VerifyMessage(t.w.Trust(), epoch, entry.Body)
	if err != nil {
		return "", err
	}
	if entry.Half == nil {
		return "", &envelope.Refusal{Code: envelope.BadCommitment, Detail: "no half"}
	}
	opened, err := verified.Open(key, entry.Half.Half)
	if err != nil {
		return "", err
	}
	var inner struct{ Text string }
	err = json.Unmarshal(opened.Inner, &inner)
	return inner.Text, err
}

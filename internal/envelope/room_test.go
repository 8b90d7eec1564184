package envelope

import "github.com/wardline/wardline/internal/id"

// room is one thread with everything that was ever said in it.
type room struct {
	w          *world
	create     *Signed
	membership *Membership
	entries    []*Signed
	epochs     []*MadeEpoch
	messages   []*SealedMessage
	log        *ThreadLog
	served     []*LogEntry
	state      ThreadState
	assertion  *Signed
}

func (w *world) room(space Space, creator *staff) *room {
	create := w.createEntry(space, creator)
	r := &room{w: w, create: w.sign(create, creator.byDevice())}
	r.membership = must(NewMembership(w.trust(), r.create))
	r.log = NewThreadLog(r.membership.Thread())
	r.record(EntryCreate, mustEncode(w.t, r.create), nil)
	return r
}

func (w *world) createEntry(space Space, creator *staff) *Create {
	create := &Create{
		Space: space, Person: creator.id, Device: creator.device().id, Identity: creator.state.IdentityHash(), AddBy: WhoOwner,
		PostBy: WhoMember, Retention: 1, Manifest: w.manifests.Current().Hash, Created: w.tick(),
	}
	if space != SpacePatient && space != SpaceDirect {
		create.Name = "Medical take"
	}
	_, _ = w.entropy.Read(create.Nonce[:])
	return create
}

// record puts an entry in the thread's log as a server would.
func (r *room) record(kind EntryKind, body []byte, half *[32]byte) {
	r.w.t.Helper()
	served := &LogEntry{Thread: r.membership.Thread(), Seq: r.log.Seq() + 1, Kind: kind, At: r.w.now, Body: body}
	if half != nil {
		served.Half = &LogHalf{Half: *half}
	}
	read, err := served.readBody()
	check(r.w.t, err)
	served.LogHash = LogHash(served.Thread, served.Seq, r.log.Hash(), read.entry)
	_, err = r.log.Append(served)
	check(r.w.t, err)
	r.served = append(r.served, served)
}

// head is the beginning of the next membership entry.
func (r *room) head(by *staff) EntryHead {
	return EntryHead{
		Thread: r.membership.Thread(), Seq: r.membership.Seq() + 1, Previous: r.membership.Head(), Person: by.id, Device: by.device().id,
		Issued: r.w.tick(),
	}
}

func (r *room) addEntry(by, target *staff) *Add {
	return &Add{
		EntryHead: r.head(by), Target: target.id, Identity: target.state.IdentityHash(), MemberRole: RoleMember, Reason: AddCareTeam,
	}
}

func (r *room) removeEntry(by, target *staff) *Remove {
	return &Remove{EntryHead: r.head(by), Target: target.id, Reason: RemoveNoLongerInvolved}
}

// append signs an entry as by's device, which must be accepted.
func (r *room) append(by *staff, entry Object) {
	r.w.t.Helper()
	r.take(r.w.sign(entry, by.byDevice()))
}

func (r *room) take(signed *Signed) {
	r.w.t.Helper()
	check(r.w.t, r.membership.Append(r.w.trust(), signed))
	r.entries = append(r.entries, signed)
	r.record(EntryMembership, mustEncode(r.w.t, signed), nil)
}

func (r *room) add(by *staff, targets ...*staff) {
	r.w.t.Helper()
	for _, target := range targets {
		r.append(by, r.addEntry(by, target))
	}
}

// link ties the room to a patient, with an assertion by the server.
func (r *room) link(by *staff) {
	r.w.t.Helper()
	r.linkTo(by, r.w.assertion(r.membership.Thread(), by))
}

// relink says better who the patient is.
func (r *room) relink(by *staff, how func(*PatientAssertion)) {
	r.w.t.Helper()
	before, _ := r.membership.Link()
	r.linkTo(by, change(r.w.assertion(r.membership.Thread(), by), func(a *PatientAssertion) { a.Continues = before.Assertion; how(a) }))
}

func (r *room) linkTo(by *staff, assertion *PatientAssertion) {
	r.w.t.Helper()
	r.assertion = r.w.sign(assertion, ByServer(PurposeAssert, r.w.server[PurposeAssert]))
	r.append(by, &Link{EntryHead: r.head(by), Tag: assertion.Tag, Assertion: fixedHash(assertion)})
	r.state.Assertion = &StateAssertion{Assertion: mustEncode(r.w.t, r.assertion)}
}

func (w *world) assertion(thread id.Thread, by *staff) *PatientAssertion {
	now := w.tick()
	return &PatientAssertion{
		Tag: must(PatientTag([32]byte{9}, "9434765919")), TagKey: 1, Thread: thread, Requester: by.id, NHSNumber: "9434765919",
		Family: "Example", Given: "Ann", BirthDate: "1950-01-31", Reference: "PDS", Version: "3", Issued: now, Expires: now + 900000, IdentifiedBy: IdentifiedByNHSNumber,
	}
}

func (r *room) epochInput(by *staff) EpochInput {
	in := EpochInput{
		Trust: r.w.trust(), Membership: r.membership, State: r.state, Person: by.id, Device: by.device().id, Key: by.device().key,
		Issued: r.w.tick(), Entropy: r.w.entropy,
	}
	if len(r.epochs) > 0 {
		in.Previous = r.epoch().Epoch
	}
	return in
}

// rotate makes the next epoch.
func (r *room) rotate(by *staff) *MadeEpoch {
	r.w.t.Helper()
	made, err := NewEpoch(r.epochInput(by))
	if err != nil {
		r.w.t.Fatal(err)
	}
	r.epochs = append(r.epochs, made)
	r.record(EntryEpoch, mustEncode(r.w.t, made.Signed), nil)
	return made
}

func (r *room) epoch() *MadeEpoch { return r.epochs[len(r.epochs)-1] }

func (r *room) messageInput(by *staff, text string) MessageInput {
	device := r.log.Device(by.device().id)
	return MessageInput{
		Key: r.epoch().Key, Inner: []byte(`{"v":1,"text":"` + text + `"}`), Device: by.device().key, Entropy: r.w.entropy,
		Header: Header{
			Person: by.id, Device: by.device().id, DeviceSeq: device.Seq + 1, Previous: device.Entry, SeenSeq: r.log.Seq(),
			SeenHash: r.log.Hash(), Message: newID[id.Message](r.w), Time: r.w.tick(), Retention: 1, Urgency: UrgencyRoutine,
			Kind: KindText,
		},
	}
}

// send seals a message, checks it as the server does and puts it in the log.
func (r *room) send(by *staff, text string) *SealedMessage {
	r.w.t.Helper()
	sealed, err := SealMessage(r.messageInput(by, text))
	check(r.w.t, err)
	verified, err := VerifyMessage(r.w.trust(), r.epoch().Epoch, sealed.Bytes)
	check(r.w.t, err)
	check(r.w.t, verified.CheckHalf(sealed.Half))
	r.messages = append(r.messages, sealed)
	r.record(EntryMessage, sealed.Bytes, &sealed.Half)
	return sealed
}

// opens is what a member gets out of an epoch with only their own keys.
func (r *room) opens(made *MadeEpoch, who *staff, keys *SealPair) (*EpochKey, error) {
	index, ok := made.Epoch.memberIndex(who.id)
	if !ok {
		return nil, refuse(WrongMembers, "no envelope")
	}
	return OpenEpoch(made.Epoch, who.id, keys, &made.Envelopes[index], &made.Proofs[index])
}

// reads opens a message as a member does, from what the server gives.
func (r *room) reads(who *staff, made *MadeEpoch, sealed *SealedMessage) (string, error) {
	key, err := r.opens(made, who, who.keys())
	if err != nil {
		return "", err
	}
	verified, err := VerifyMessage(r.w.trust(), made.Epoch, sealed.Bytes)
	if err != nil {
		return "", err
	}
	opened, err := verified.Open(key, sealed.Half)
	if err != nil {
		return "", err
	}
	return string(opened.Inner), nil
}

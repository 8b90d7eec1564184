package envelope

import (
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// generateStory makes this side's hospital.
func generateStory(t *testing.T) (story storyVectors) {
	w := newWorld(t)
	ann, bea, cal, dot := w.enrol("Dr Ann Example"), w.enrol("Bea Beispiel"), w.enrol("Cal Cóté"), w.enrol("Dot Dœ")
	w.newOfficers([]officer{w.seats[0], w.seats[1], w.seats[2], w.officer(4)})

	team := w.room(SpaceTeam, ann)
	team.add(ann, bea, cal)
	team.rotate(ann)
	team.send(ann, "bed 4 for theatre at two")
	team.send(bea, "consent is signed")
	team.append(ann, change(team.addEntry(ann, dot), func(a *Add) {
		a.History = true
		a.Note = must(team.epoch().Key.SealNote(a.Seq, "covers from four", w.entropy))
	}))
	team.rotate(bea)
	grants := []storyGrant{story.grant(team, bea, dot, team.epochs[0].Key)}
	team.append(ann, change(team.removeEntry(ann, cal), func(e *Remove) { e.Reason = RemoveLeftTeam }))
	bea.newGeneration()
	team.rotate(bea)
	phone := ann.device()
	team.send(ann, "from the phone")
	ann.newDevice()
	last := team.log.Device(phone.id)
	ann.revoke(phone.id, RevokeReplaced, LastAccepted{Thread: team.membership.Thread(), DeviceSeq: last.Seq, Entry: last.Entry})
	team.rotate(ann)
	team.send(ann, "from the other phone")

	direct := w.room(SpaceDirect, bea)
	direct.add(bea, ann)
	direct.state.Name = "Bea and Ann"
	direct.rotate(bea)
	direct.send(ann, "are you free?")

	patient := w.room(SpacePatient, ann)
	patient.add(ann, bea)
	patient.link(bea)
	patient.rotate(ann)
	patient.send(ann, "potassium 6.1, repeated")
	patient.send(bea, "ECG done, calcium given")
	patient.relink(ann, func(a *PatientAssertion) {
		a.NHSNumber, a.Superseded, a.Tag = "9434765870", "9434765919", must(PatientTag([32]byte{9}, "9434765870"))
	})
	patient.rotate(ann)
	patient.send(ann, "the number has changed")
	patient.destroy(t, 1)

	story.readWorld(t, w, ann, bea, cal, dot)
	for _, r := range []*room{team, direct, patient} {
		story.Threads = append(story.Threads, storyOf(t, r))
	}
	story.Threads[0].Grants = grants
	story.Orders = []storyOrder{generateOrder(t, ann, team, patient)}
	opened := must(must(VerifyMessage(w.trust(), team.epochs[0].Epoch, team.messages[1].Bytes)).Open(team.epochs[0].Key, team.messages[1].Half))
	thread := team.membership.Thread()
	story.Reports = []storyReport{{Thread: thread.Bytes(), Report: must(NewReport(opened))}}
	return story
}

// destroy replaces the nth message of the served log by its tombstone.
func (r *room) destroy(t *testing.T, nth int) {
	for n, entry := range r.served {
		if entry.Kind == EntryMessage {
			if nth--; nth == 0 {
				r.served[n] = bury(t, entry)
			}
		}
	}
}

func (story *storyVectors) grant(r *room, by, target *staff, epochs ...*EpochKey) storyGrant {
	signed, envelopes, err := NewGrant(r.grantInput(by, target, epochs...))
	check(r.w.t, err)
	grant := storyGrant{Grant: mustEncode(r.w.t, signed)}
	for n := range envelopes {
		grant.Envelopes = append(grant.Envelopes, mustEncode(r.w.t, &envelopes[n]))
	}
	return grant
}

func (story *storyVectors) readWorld(t *testing.T, w *world, people ...*staff) {
	story.Policies = []hexed{mustEncode(t, w.policy)}
	for _, signed := range w.chain {
		story.Manifests = append(story.Manifests, mustEncode(t, signed))
	}
	for _, seat := range w.seats {
		story.Seats = append(story.Seats, storySeat{seat.index, seat.signSeed[:], seat.sealSeed[:]})
	}
	for _, s := range people {
		person := storyPerson{Person: s.id.Bytes(), IdentitySeed: s.identitySeed[:]}
		for _, generation := range s.generations {
			person.GenerationSeeds = append(person.GenerationSeeds, storyGeneration{generation.Generation, generation.Seed[:]})
		}
		for _, device := range s.devices {
			person.DeviceSeeds = append(person.DeviceSeeds, storyDevice{device.id.Bytes(), device.seed[:]})
		}
		for _, signed := range s.log {
			person.Log = append(person.Log, mustEncode(t, signed))
		}
		story.People = append(story.People, person)
	}
}

func storyOf(t *testing.T, r *room) storyThread {
	thread := storyThread{
		Create: mustEncode(t, r.create), Grants: []storyGrant{}, Entries: []hexed{}, Messages: []storyMessage{},
	}
	for _, signed := range r.entries {
		thread.Entries = append(thread.Entries, mustEncode(t, signed))
	}
	keys := map[id.Hash]*MadeEpoch{}
	for _, made := range r.epochs {
		epoch := storyEpoch{Record: mustEncode(t, made.Signed), SealedState: mustEncode(t, made.State), Secret: made.Key.random[:]}
		for n := range made.Envelopes {
			epoch.Envelopes = append(epoch.Envelopes, mustEncode(t, &made.Envelopes[n]))
		}
		thread.Epochs = append(thread.Epochs, epoch)
		keys[made.Epoch.Hash] = made
	}
	for _, sealed := range r.messages {
		made := keys[sealed.Header.Record]
		opened := must(must(VerifyMessage(Trust{r.w.manifests, r.w.people, r.log}, made.Epoch, sealed.Bytes)).Open(made.Key, sealed.Half))
		thread.Messages = append(thread.Messages, storyMessage{sealed.Bytes, sealed.Half[:], opened.Inner, sealed.Entry[:]})
	}
	for _, served := range r.served {
		thread.Log = append(thread.Log, mustEncode(t, served))
	}
	if r.assertion != nil {
		assertion := hexed(mustEncode(t, r.assertion))
		thread.Assertion = &assertion
	}
	return thread
}

// generateOrder has k seats open one epoch of each room.
func generateOrder(t *testing.T, requester *staff, rooms ...*room) storyOrder {
	w := requester.w
	caseSeed := w.seed()
	object := w.order(requester, NewSealPair(caseSeed).Public(), rooms...)
	signed := w.sign(object, append(w.seatStamps(w.seats[:2]), requester.byDevice())...)
	order := must(VerifyOrder(w.trust(), signed))
	story := storyOrder{Order: mustEncode(t, signed), CaseSeed: caseSeed[:]}
	for _, r := range rooms {
		for seat := range 2 {
			share := must(OpenForCase(w.officerInput(order, r.epochs[0], seat)))
			story.Shares = append(story.Shares, mustEncode(t, share))
		}
		thread := r.membership.Thread()
		story.Opens = append(story.Opens, storyOpen{thread.Bytes(), 1, r.epochs[0].Key.random[:]})
	}
	return story
}

package envelope

import (
	"testing"

	"github.com/wardline/wardline/internal/id"
)

// storyVectors are one small hospital in full: every key, every log, every thread, and what each of it must open to.
type storyVectors struct {
	Manifests []hexed       `json:"manifests"`
	Policies  []hexed       `json:"policies"`
	Seats     []storySeat   `json:"seats"`
	People    []storyPerson `json:"people"`
	Threads   []storyThread `json:"threads"`
	Orders    []storyOrder  `json:"orders"`
	Reports   []storyReport `json:"reports"`
}

type storySeat struct {
	Index    uint8 `json:"index"`
	SignSeed hexed `json:"signSeed"`
	SealSeed hexed `json:"sealSeed"`
}

type storyPerson struct {
	Person          hexed             `json:"person"`
	IdentitySeed    hexed             `json:"identitySeed"`
	GenerationSeeds []storyGeneration `json:"generationSeeds"`
	DeviceSeeds     []storyDevice     `json:"deviceSeeds"`
	Log             []hexed           `json:"log"`
}

type storyGeneration struct {
	Generation uint32 `json:"generation"`
	Seed       hexed  `json:"seed"`
}

type storyDevice struct {
	Device hexed `json:"device"`
	Seed   hexed `json:"seed"`
}

type storyThread struct {
	Create    hexed          `json:"create"`
	Entries   []hexed        `json:"entries"`
	Epochs    []storyEpoch   `json:"epochs"`
	Messages  []storyMessage `json:"messages"`
	Log       []hexed        `json:"log"`
	Grants    []storyGrant   `json:"grants"`
	Assertion *hexed         `json:"assertion"`
}

type storyEpoch struct {
	Record      hexed   `json:"record"`
	Envelopes   []hexed `json:"envelopes"`
	SealedState hexed   `json:"sealedState"`
	Secret      hexed   `json:"secret"`
}

type storyMessage struct {
	Message   hexed `json:"message"`
	Half      hexed `json:"half"`
	Inner     hexed `json:"inner"`
	EntryHash hexed `json:"entryHash"`
}

type storyGrant struct {
	Grant     hexed   `json:"grant"`
	Envelopes []hexed `json:"envelopes"`
}

type storyOrder struct {
	Order    hexed       `json:"order"`
	CaseSeed hexed       `json:"caseSeed"`
	Shares   []hexed     `json:"shares"`
	Opens    []storyOpen `json:"opens"`
}

type storyOpen struct {
	Thread hexed  `json:"thread"`
	Epoch  uint32 `json:"epoch"`
	Secret hexed  `json:"secret"`
}

type storyReport struct {
	Thread hexed `json:"thread"`
	Report hexed `json:"report"`
}

// TestStoryVectors walks each side's hospital as a client does who has nothing but what the server gives and the keys of the person
// whose turn it is.
func TestStoryVectors(t *testing.T) {
	bothSides(t, "story", generateStory, func(t *testing.T, story storyVectors) {
		reader := &storyReader{t: t, story: story, people: PersonMap{}, keys: map[id.Person]map[uint32]*SealPair{}}
		reader.readManifests()
		reader.readPeople()
		for _, thread := range story.Threads {
			reader.readThread(thread)
		}
		reader.readOrders()
		reader.readReports()
		reader.checkCoverage()
	})
}

type storyReader struct {
	t         *testing.T
	story     storyVectors
	manifests *Manifests
	people    PersonMap
	keys      map[id.Person]map[uint32]*SealPair
	epochs    []*Epoch
	records   []hexed
	envelopes map[id.Hash][]Envelope
	spaces    map[Space]bool
	grants    int
	removed   int
	revoked   int
}

func (s *storyReader) trust() Trust { return Trust{Manifests: s.manifests, People: s.people} }

func (s *storyReader) readManifests() {
	var err error
	s.manifests, err = CheckManifestChain(Pin{}, parsedAll[Signed](s.story.Manifests)...)
	check(s.t, err)
	for _, policy := range s.story.Policies {
		_, err := s.manifests.AddPolicy(policy)
		check(s.t, err)
	}
	for _, seat := range s.story.Seats {
		sign, seal := NewSigner(seat.SignSeed.b32(s.t)).Public(), NewSealPair(seat.SealSeed.b32(s.t)).Public()
		if listed, ok := s.manifests.Current().Seat(seat.Index); !ok || listed.Sign != sign || listed.Seal != seal {
			s.t.Errorf("the keys of seat %d are not the manifest's", seat.Index)
		}
	}
}

func (s *storyReader) readPeople() {
	for _, person := range s.story.People {
		state, err := VerifyPersonLog(s.manifests, id.Person(person.Person), parsedAll[Signed](person.Log)...)
		check(s.t, err)
		s.people[state.Person()] = state
		s.keys[state.Person()] = map[uint32]*SealPair{}
		if state.Identity() != NewSigner(person.IdentitySeed.b32(s.t)).Public() {
			s.t.Errorf("%s has another identity", state.DisplayName())
		}
		for _, generation := range person.GenerationSeeds {
			pair := NewSealPair(generation.Seed.b32(s.t))
			if key, ok := state.GenerationKey(generation.Generation); !ok || key.Seal != pair.Public() {
				s.t.Errorf("%s has another generation %d", state.DisplayName(), generation.Generation)
			}
			s.keys[state.Person()][generation.Generation] = pair
		}
		for _, seed := range person.DeviceSeeds {
			device, ok := state.Device(id.Device(seed.Device))
			if !ok || device.Key != NewSigner(seed.Seed.b32(s.t)).Public() {
				s.t.Errorf("%s has another device %x", state.DisplayName(), seed.Device)
				continue
			}
			if _, revoked := device.Revoked(); revoked {
				s.revoked++
			}
		}
	}
}

func (s *storyReader) readThread(thread storyThread) {
	t := s.t
	create := must(Parse[Signed](thread.Create))
	log := NewThreadLog(id.Thread(must(create.Hash())))
	for _, entry := range thread.Log {
		_, err := log.Append(must(Parse[LogEntry](entry)))
		check(t, err)
	}
	trust := s.trust()
	trust.Order = log
	membership, err := VerifyMembershipLog(trust, append([]*Signed{create}, parsedAll[Signed](thread.Entries)...)...)
	check(t, err)
	if s.spaces == nil {
		s.spaces, s.envelopes = map[Space]bool{}, map[id.Hash][]Envelope{}
	}
	s.spaces[membership.Space()] = true
	for _, entry := range membership.entries {
		if _, ok := entry.(*Remove); ok {
			s.removed++
		}
	}
	var previous *Epoch
	keys := map[id.Hash]*EpochKey{}
	for _, made := range thread.Epochs {
		key := s.readEpoch(trust, membership, previous, made)
		previous = key.epoch
		keys[previous.Hash] = key
	}
	for _, sealed := range thread.Messages {
		s.readMessage(trust, log, keys, sealed)
	}
	for _, grant := range thread.Grants {
		s.readGrant(trust, membership, grant)
	}
}

// readEpoch verifies a record and opens it as every member whose keys the story has.
func (s *storyReader) readEpoch(trust Trust, membership *Membership, previous *Epoch, made storyEpoch) *EpochKey {
	t := s.t
	epoch, err := VerifyEpoch(trust, membership, previous, must(Parse[Signed](made.Record)))
	check(t, err)
	var envelopes []Envelope
	for _, envelope := range parsedAll[Envelope](made.Envelopes) {
		envelopes = append(envelopes, *envelope)
	}
	proofs, err := epoch.CheckEnvelopes(envelopes)
	check(t, err)
	s.epochs, s.records = append(s.epochs, epoch), append(s.records, made.Record)
	s.envelopes[epoch.Hash] = envelopes
	var opened *EpochKey
	for n, member := range epoch.Core.Members {
		pair := s.keys[member.Person][member.Generation]
		if pair == nil {
			t.Errorf("no seed of generation %d", member.Generation)
			continue
		}
		opened, err = OpenEpoch(epoch, member.Person, pair, &envelopes[n], &proofs[n])
		check(t, err)
		same(t, "epoch secret", opened.random[:], made.Secret)
	}
	_, err = opened.OpenState(s.manifests, must(Parse[SealedState](made.SealedState)))
	check(t, err)
	return opened
}

func (s *storyReader) readMessage(trust Trust, log *ThreadLog, keys map[id.Hash]*EpochKey, sealed storyMessage) {
	header := must(Parse[Header](must(Parse[Message](sealed.Message)).Header))
	key := keys[header.Record]
	if key == nil {
		s.t.Error("a message under no record")
		return
	}
	verified, err := VerifyMessage(trust, key.epoch, sealed.Message)
	check(s.t, err)
	opened, err := verified.Open(key, sealed.Half.b32(s.t))
	check(s.t, err)
	same(s.t, "inner", opened.Inner, sealed.Inner)
	same(s.t, "entry hash", verified.Entry[:], sealed.EntryHash)
	if _, ok := log.Position(verified.Entry); !ok {
		s.t.Error("a message that is not in the log, not even as a tombstone")
	}
}

func (s *storyReader) readGrant(trust Trust, membership *Membership, given storyGrant) {
	var envelopes []Envelope
	for _, envelope := range parsedAll[Envelope](given.Envelopes) {
		envelopes = append(envelopes, *envelope)
	}
	object := must(Open[HistoryGrant](must(Parse[Signed](given.Grant))))
	if _, ok := membership.Member(object.Target); !ok {
		return // removed since, and no longer entitled
	}
	grant, err := VerifyGrant(trust, membership, s.epochs, must(Parse[Signed](given.Grant)), envelopes)
	check(s.t, err)
	opened, err := grant.Open(s.keys[grant.Object.Target][grant.Object.Generation])
	check(s.t, err)
	s.grants += len(opened)
}

func (s *storyReader) readOrders() {
	for _, given := range s.story.Orders {
		order, err := VerifyOrder(s.trust(), must(Parse[Signed](given.Order)))
		check(s.t, err)
		casePair := NewSealPair(given.CaseSeed.b32(s.t))
		for _, open := range given.Opens {
			epoch := s.epochOf(id.Thread(open.Thread.b32(s.t)), open.Epoch)
			var shares []CaseShare
			for _, share := range parsedAll[CaseShare](given.Shares) {
				if share.Thread == epoch.Core.Thread && share.Epoch == epoch.Core.Epoch {
					shares = append(shares, *share)
				}
			}
			key, err := CombineForCase(order, epoch, casePair, shares)
			check(s.t, err)
			same(s.t, "combined", key.random[:], open.Secret)
		}
	}
}

func (s *storyReader) readReports() {
	for _, given := range s.story.Reports {
		report := must(Parse[Report](given.Report))
		header := must(Parse[Header](must(Parse[Message](report.Message)).Header))
		_, err := VerifyReport(s.trust(), s.epochOf(header.Thread, header.Epoch), given.Report)
		check(s.t, err)
	}
}

func (s *storyReader) epochOf(thread id.Thread, epoch uint32) *Epoch {
	for _, candidate := range s.epochs {
		if candidate.Core.Thread == thread && candidate.Core.Epoch == epoch {
			return candidate
		}
	}
	s.t.Fatalf("no epoch %d", epoch)
	return nil
}

// checkCoverage: a story that leaves out what the document asks of it proves less than it seems to.
func (s *storyReader) checkCoverage() {
	for _, space := range []Space{SpaceTeam, SpaceDirect, SpacePatient} {
		if !s.spaces[space] {
			s.t.Errorf("no %s thread", space)
		}
	}
	second := false
	for _, keys := range s.keys {
		second = second || len(keys) > 1
	}
	if !second || s.grants == 0 || s.removed == 0 || s.revoked == 0 || len(s.story.Orders) == 0 || len(s.story.Reports) == 0 {
		s.t.Errorf("not in the story: generation %v, grants %d, removals %d, revocations %d", second, s.grants, s.removed, s.revoked)
	}
}

func parsedAll[T any, P objectPointer[T]](all []hexed) []*T {
	var parsed []*T
	for _, raw := range all {
		parsed = append(parsed, must(Parse[T, P](raw)))
	}
	return parsed
}

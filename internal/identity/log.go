package identity

import (
	"context"
	"strconv"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Limits of person logs.
const (
	// MaxLogEntries is the length that no log exceeds; two entries a day for ten years.
	MaxLogEntries = 8192
	// MaxLogsAsked bounds one request for logs.
	MaxLogsAsked = 500
	// statesKept bounds the memory of verified logs.
	statesKept = 20_000
	// clockSkew is how far the clock of a device may be from ours when it signs something that we keep.
	clockSkew = time.Hour
)

var (
	errLogFull      = fault.New(fault.TooLarge, "log_full", "The keys of this account cannot be changed any more. Please call the service desk.")
	errTooManyLogs  = fault.New(fault.TooLarge, "too_many_logs", "Please ask for fewer people at once.")
	errClockWrong   = fault.New(fault.Invalid, "clock_wrong", "The clock of this device is wrong by more than an hour. Please set it and try again.")
	errAgreement    = fault.New(fault.Invalid, "agreement_needed", "To use a device of your own, please read and accept the agreement first.")
	errDeviceLabel  = fault.New(fault.Invalid, "device_label", "Please give this device a shorter name.")
	errNoPersonLog  = fault.New(fault.NotFound, "person_unknown", "There is nobody here by that name.")
	errNotOwnDevice = &envelope.Refusal{Code: envelope.RevokedDevice, Detail: "no such device"}
	errLogMoved     = &envelope.Refusal{Code: envelope.BrokenChain, Detail: "the log has grown meanwhile"}
	errNotAppended  = &envelope.Refusal{Code: envelope.NotEntitled, Detail: "this entry is not for its owner to append"}
)

// State is a person's verified log. It must not be changed. Somebody who has not enrolled is ErrUnknown.
func (s *Service) State(ctx context.Context, person id.Person) (*envelope.PersonState, error) {
	states, err := s.States(ctx, person)
	if err != nil {
		return nil, err
	}
	state, found := states[person]
	if !found {
		return nil, errNoPersonLog
	}
	return state, nil
}

// States are the verified logs of those who have enrolled among these people. They must not be changed.
func (s *Service) States(ctx context.Context, of ...id.Person) (envelope.PersonMap, error) {
	heads, err := s.store.LogHeads(ctx, of)
	if err != nil {
		return nil, err
	}
	states := make(envelope.PersonMap, len(heads))
	for person, head := range heads {
		state := s.cached(person, head)
		if state == nil {
			if state, err = s.verify(ctx, person); err != nil {
				return nil, err
			}
			s.keep(state)
		}
		states[person] = state
	}
	return states, nil
}

// Wanted asks for one person's log from an entry on.
type Wanted struct {
	Person id.Person
	After  uint32
}

// LogPage is the rest of one person's log, up to its head as it was when it was read. Who has not enrolled has no head.
type LogPage struct {
	Entries [][]byte // signed
	Head    Head
}

// Logs returns signed entries, for each person those after the seq that the asker has.
func (s *Service) Logs(ctx context.Context, wanted []Wanted) ([]LogPage, error) {
	if len(wanted) > MaxLogsAsked {
		return nil, errTooManyLogs
	}
	people := make([]id.Person, len(wanted))
	for n, one := range wanted {
		people[n] = one.Person
	}
	heads, err := s.store.LogHeads(ctx, people)
	if err != nil {
		return nil, err
	}
	pages := make([]LogPage, len(wanted))
	for n, one := range wanted {
		head := heads[one.Person]
		pages[n].Head = head
		if one.After >= head.Seq {
			continue
		}
		entries, err := s.store.PersonLog(ctx, one.Person, one.After)
		if err != nil {
			return nil, err
		}
		// The log may have grown since its head was read.
		pages[n].Entries = entries[:min(len(entries), int(head.Seq-one.After))]
	}
	return pages, nil
}

// Appending is an entry that a person adds to their own log.
type Appending struct {
	Entry []byte // signed
	// Agreement and Label belong to a device entry.
	Agreement bool
	Label     string
}

// Append takes in an entry of the person's own log: a generation, a device or a revocation, signed as the protocol says.
func (s *Service) Append(ctx context.Context, person id.Person, a Appending) (seq uint32, err error) {
	state, err := s.fresh(ctx, person)
	if err != nil {
		return 0, err
	}
	entry, effect, err := s.admit(state, person, a)
	if err != nil {
		return 0, err
	}
	var ended []id.Session
	err = s.store.Atomically(ctx, func(ctx context.Context) error {
		ended, err = s.write(ctx, person, entry, effect, a.Agreement)
		return err
	})
	if err != nil {
		return 0, err
	}
	s.grew(state, ended)
	return entry.Seq, nil
}

// admit verifies the entry against the log's state, which it changes, and says what it does beside the log.
func (s *Service) admit(state *envelope.PersonState, person id.Person, a Appending) (Entry, Effect, error) {
	signed, err := envelope.Parse[envelope.Signed](a.Entry)
	if err != nil {
		return Entry{}, Effect{}, err
	}
	kind, err := signed.Kind()
	if err != nil {
		return Entry{}, Effect{}, err
	}
	if state.Seq() >= MaxLogEntries {
		return Entry{}, Effect{}, errLogFull
	}
	effect, issued, err := s.effectOf(kind, signed, a)
	if err != nil {
		return Entry{}, Effect{}, err
	}
	if err := s.checkClock(issued); err != nil {
		return Entry{}, Effect{}, err
	}
	if err := state.Append(signed); err != nil {
		return Entry{}, Effect{}, err
	}
	return Entry{Person: person, Seq: state.Seq(), Hash: state.Head(), At: s.now(), Signed: a.Entry}, effect, nil
}

func (s *Service) effectOf(kind envelope.Type, signed *envelope.Signed, a Appending) (Effect, envelope.Time, error) {
	switch kind {
	case envelope.TypeGeneration:
		generation, err := envelope.Open[envelope.Generation](signed)
		if err != nil {
			return Effect{}, 0, err
		}
		return Effect{}, generation.Issued, nil
	case envelope.TypeDevice:
		device, err := envelope.Open[envelope.Device](signed)
		if err != nil {
			return Effect{}, 0, err
		}
		stored, err := s.deviceOf(device, a.Label)
		return Effect{Device: &stored}, device.Issued, err
	case envelope.TypeRevoke:
		revoke, err := envelope.Open[envelope.Revoke](signed)
		if err != nil {
			return Effect{}, 0, err
		}
		if revoke.By == envelope.RevokeByServer {
			return Effect{}, 0, errNotAppended
		}
		return Effect{Revoke: revoke.Device}, revoke.Issued, nil
	}
	return Effect{}, 0, errNotAppended
}

// write appends inside a transaction, after it has seen to the agreement that a device of one's own needs (R48).
func (s *Service) write(ctx context.Context, person id.Person, entry Entry, effect Effect, agreed bool) ([]id.Session, error) {
	if effect.Device != nil && effect.Device.Kind == envelope.DeviceOwn {
		if err := s.agree(ctx, person, agreed, entry.At); err != nil {
			return nil, err
		}
	}
	ended, appended, err := s.store.AppendEntry(ctx, entry, effect, s.entryEvents(person, entry, effect))
	if err == nil && !appended {
		err = errLogMoved
	}
	return ended, err
}

// agree refuses a device of one's own to somebody who has not agreed to the present text about that, and notes it when they do.
func (s *Service) agree(ctx context.Context, person id.Person, agreed bool, at time.Time) error {
	account, found, err := s.store.AccountOf(ctx, person)
	switch {
	case err != nil:
		return err
	case found && !account.AgreementAt.IsZero() && account.Agreement >= OwnDeviceAgreement:
		return nil
	case !agreed:
		return errAgreement
	}
	return s.store.Agree(ctx, person, OwnDeviceAgreement, at, agreementEvent(person, at))
}

func (s *Service) entryEvents(actor id.Person, entry Entry, effect Effect) []audit.Event {
	events := []audit.Event{audit.PersonLogEntry(actor, entry.Person, strconv.FormatUint(uint64(entry.Seq), 10), entry.Hash, entry.At)}
	if !effect.Revoke.IsZero() {
		events = append(events, audit.Event{Kind: audit.DeviceRevoked, Actor: actor, Subject: audit.About(entry.Person, effect.Revoke), At: entry.At})
	}
	return events
}

// grew publishes the new state after its commit.
func (s *Service) grew(state *envelope.PersonState, ended []id.Session) {
	s.keep(state)
	s.events.LogGrew(state.Person())
	for _, session := range ended {
		s.events.SessionEnded(session)
	}
}

func (s *Service) checkClock(issued envelope.Time) error {
	if apart := s.now().Sub(issued.Time()).Abs(); apart > clockSkew {
		return errClockWrong
	}
	return nil
}

// fresh verifies a log anew, so that the caller may append to the state.
func (s *Service) fresh(ctx context.Context, person id.Person) (*envelope.PersonState, error) {
	state, err := s.verify(ctx, person)
	if err != nil {
		return nil, err
	}
	if state.Seq() == 0 {
		return nil, errNoPersonLog
	}
	return state, nil
}

func (s *Service) verify(ctx context.Context, person id.Person) (*envelope.PersonState, error) {
	entries, err := s.store.PersonLog(ctx, person, 0)
	if err != nil {
		return nil, err
	}
	state := envelope.NewPersonState(s.trust.Chain, person)
	for _, entry := range entries {
		signed, err := envelope.Parse[envelope.Signed](entry)
		if err == nil {
			err = state.Append(signed)
		}
		if err != nil {
			// We verified it when we took it in: the database is not what it was.
			return nil, fault.New(fault.Internal, "person_log_broken", "Something went wrong on our side. It has been recorded.").Because(err)
		}
	}
	return state, nil
}

// cached is the verified state if it is still the whole log.
func (s *Service) cached(person id.Person, head Head) *envelope.PersonState {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.states[person]
	if state == nil || state.Seq() != head.Seq || state.Head() != head.Hash {
		return nil
	}
	return state
}

func (s *Service) keep(state *envelope.PersonState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.states) >= statesKept {
		for person := range s.states { // any of them: it is verified again when it is next wanted
			delete(s.states, person)
			break
		}
	}
	s.states[state.Person()] = state
}

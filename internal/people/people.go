// Package people is the staff: who works here, what they are called, where, as what, and until when.
//
//   - people.go   the person and the service: add, find, leave
//   - listing.go  the whole directory, for the devices that search it by themselves
//   - link.go     one-time enrolment links
//   - fold.go     how names are compared: without case and without diacritics
//
// Invariants: a user name belongs to one person for ever, in whatever case it is typed. A person is never deleted, because logs name
// them; they leave, or their account expires, and from that moment every session of theirs is refused. A link's token is kept as a
// hash only, is spent once, and a newer link voids the ones before it. Nothing here knows a key or a password.
package people

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/work"
)

// Person is one member of staff.
type Person struct {
	ID           id.Person
	UserName     string
	DisplayName  string
	Role         string
	Ward         string
	Organisation string
	Permissions  []string // sorted
	// Enrolled says that the person has keys, so that a thread can be shared with them.
	Enrolled  bool
	AddedAt   time.Time
	LeftAt    time.Time // zero: still here
	ExpiresAt time.Time // zero: no end (R42: bank, locum and student accounts have one)
}

// Active reports whether the person may use Wardline at the given time.
func (p Person) Active(now time.Time) bool {
	return p.LeftAt.IsZero() && (p.ExpiresAt.IsZero() || now.Before(p.ExpiresAt))
}

// The permissions. Everything else that a person may do follows from the threads that they are in.
const (
	// InformationGovernance may place and release holds and open cases.
	InformationGovernance = "information-governance"
	// Records sees the decisions of the whole organisation that the health record does not have, and sends again what it refused.
	Records = "records"
	// ServiceDesk may add people, make links and take people off.
	ServiceDesk = "service-desk"
)

var permissions = []string{InformationGovernance, Records, ServiceDesk}

// LeaveWork is the kind of the durable work that follows somebody leaving: keys revoked, threads left, duties covered. Its subject is the person.
const LeaveWork work.Kind = "people.leave"

// The refusals.
var (
	ErrUnknown       = fault.New(fault.NotFound, "person_unknown", "There is nobody here by that name.")
	ErrNameTaken     = fault.New(fault.Conflict, "user_name_taken", "Somebody has that user name already.")
	ErrInvalid       = fault.New(fault.Invalid, "person_invalid", "Something about this person is missing or not allowed.")
	ErrLeft          = fault.New(fault.Conflict, "person_left", "This person has left.")
	ErrEnrolled      = fault.New(fault.Conflict, "already_enrolled", "This person has enrolled already.")
	errQueryTooLong  = fault.New(fault.Invalid, "query_too_long", "Please search with fewer words.")
	errSinceInFuture = fault.New(fault.Invalid, "since_in_future", "That time has not come yet.")
	errSinceTooOld   = fault.New(fault.Invalid, "since_too_old", "That list is too old. Please start again.")
	errUnknownCursor = fault.New(fault.Invalid, "cursor_unknown", "That list has changed. Please start again.")
)

// Store is what people needs of the database.
type Store interface {
	// AddPerson answers ErrNameTaken when the folded user name is taken.
	AddPerson(ctx context.Context, person Record, event audit.Event) error
	// Person answers ErrUnknown when there is none.
	Person(ctx context.Context, person id.Person) (Person, error)
	// PersonNamed finds by folded user name, or answers ErrUnknown.
	PersonNamed(ctx context.Context, userFold string) (Person, error)
	// FindPeople lists those who are active at the query's time, by name.
	FindPeople(ctx context.Context, query Query) ([]Person, error)
	// ListPeople lists everybody by id, as the listing says.
	ListPeople(ctx context.Context, listing Listing) ([]Person, error)
	// IssueLink stores a link and voids the person's unspent ones.
	IssueLink(ctx context.Context, link Link, event audit.Event) error
	// LeavePerson sets the time of leaving once and writes the work that follows; false when the person had left before.
	LeavePerson(ctx context.Context, person id.Person, at time.Time, then work.Intent, event audit.Event) (bool, error)
}

// Record is a person as the database keeps one, with the folded columns.
type Record struct {
	Person
	UserFold string
	SortName string
	Search   string
}

// Query is one page of the directory.
type Query struct {
	Words []string // folded; each is the beginning of one of the person's words
	After id.Person
	Limit int
	At    time.Time
}

// Service is the room. It is safe for concurrent use.
type Service struct {
	store Store
	clock clock
	ids   *id.Source
}

type clock interface{ Now() time.Time }

// New makes the room.
func New(store Store, now clock) *Service {
	return &Service{store: store, clock: now, ids: id.NewSource(now)}
}

// Add takes a new member of staff on. The actor is zero for the command line, whose operator the host's own log names.
func (s *Service) Add(ctx context.Context, actor id.Person, person Person) (Person, error) {
	person, err := s.tidy(person)
	if err != nil {
		return Person{}, err
	}
	person.ID, person.AddedAt = id.New[id.Person](s.ids), s.now()
	record := Record{
		Person: person, UserFold: FoldUserName(person.UserName), SortName: Fold(person.DisplayName),
		Search: searchable(person.DisplayName, person.UserName, person.Role, person.Ward, person.Organisation),
	}
	event := audit.Event{Kind: audit.PersonAdded, Actor: actor, Subject: audit.About(person.ID), At: person.AddedAt,
		Details: map[string]string{"permissions": strings.Join(person.Permissions, "+")}}
	if err := s.store.AddPerson(ctx, record, event); err != nil {
		return Person{}, err
	}
	return person, nil
}

// Person finds one by id, whether or not they have left: old messages name them.
func (s *Service) Person(ctx context.Context, person id.Person) (Person, error) {
	return s.store.Person(ctx, person)
}

// Named finds one by user name in any case.
func (s *Service) Named(ctx context.Context, userName string) (Person, error) {
	return s.store.PersonNamed(ctx, FoldUserName(userName))
}

// Find lists the directory by name, those only who can be written to at all: neither left nor expired. Every word of the
// text is the beginning of a word of the person's name, user name, role, ward or organisation; no text lists everybody. The next page begins
// after the last person of this one; more says that there is a next page.
func (s *Service) Find(ctx context.Context, text string, after id.Person, limit int) (found []Person, more bool, err error) {
	if len(text) > maxQuery {
		return nil, false, errQueryTooLong
	}
	words := strings.Fields(Fold(text))
	if len(words) > maxWords {
		return nil, false, errQueryTooLong
	}
	limit = min(max(limit, 1), MaxPage)
	if !after.IsZero() {
		if _, err := s.store.Person(ctx, after); err != nil {
			return nil, false, errUnknownCursor
		}
	}
	found, err = s.store.FindPeople(ctx, Query{Words: words, After: after, Limit: limit + 1, At: s.now()})
	if err != nil {
		return nil, false, err
	}
	if len(found) > limit {
		return found[:limit], true, nil
	}
	return found, false, nil
}

// Leave takes somebody off: from the commit on their sessions are refused, and durable work undoes the rest. Leaving twice is no error.
func (s *Service) Leave(ctx context.Context, actor, person id.Person) error {
	now := s.now()
	then := work.Intent{}.Add(work.Due{ID: id.New[id.Work](s.ids), Kind: LeaveWork, At: now, Subject: audit.About(person), Key: person.String()})
	event := audit.Event{Kind: audit.PersonLeft, Actor: actor, Subject: audit.About(person), At: now}
	_, err := s.store.LeavePerson(ctx, person, now, then, event)
	return err
}

// Limits of the directory.
const (
	MaxPage  = 100
	maxQuery = 200
	maxWords = 8
	maxText  = 200
)

// now is cut to what is stored.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

// tidy normalises a new person's words and refuses what cannot be shown, signed or logged.
func (s *Service) tidy(p Person) (Person, error) {
	for _, field := range []struct {
		name     string
		text     *string
		required bool
	}{
		{"displayName", &p.DisplayName, true}, {"role", &p.Role, true}, {"ward", &p.Ward, false}, {"organisation", &p.Organisation, true},
	} {
		*field.text = strings.Join(strings.Fields(norm.NFC.String(*field.text)), " ")
		if !utf8.ValidString(*field.text) || strings.ContainsFunc(*field.text, control) ||
			len(*field.text) > maxText || field.required && *field.text == "" {
			return Person{}, ErrInvalid.With("field", field.name)
		}
	}
	if !userName.MatchString(p.UserName) {
		return Person{}, ErrInvalid.With("field", "userName")
	}
	p.Permissions = slices.Compact(slices.Sorted(slices.Values(p.Permissions)))
	for _, permission := range p.Permissions {
		if !slices.Contains(permissions, permission) {
			return Person{}, ErrInvalid.With("field", "permissions")
		}
	}
	if !p.ExpiresAt.IsZero() {
		p.ExpiresAt = p.ExpiresAt.UTC().Truncate(time.Millisecond)
		if !p.ExpiresAt.After(s.now()) {
			return Person{}, ErrInvalid.With("field", "expiresAt")
		}
	}
	p.Enrolled, p.LeftAt = false, time.Time{}
	return p, nil
}

// userName is what an account may be called: ASCII, so that two names that look alike are alike.
var userName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)

func control(r rune) bool {
	return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

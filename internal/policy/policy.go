// Package policy is the organisation's policies as a register: what is in force, who accepted which text, and who may not write yet (R36, R43).
//
//   - policy.go   the register: publishing, reading, accepting, deferring
//   - gate.go     who may write, answered from memory
//
// Invariants: a published version never changes; a change is the next version. What somebody accepted is the hash of the very text that they were
// shown. Accepting is never taken back. A policy that may wait, waits once for each version and person, and never longer than it says. Nothing
// here stops anybody from reading, or from sending an emergency message.
package policy

import (
	"context"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Kind says which of the organisation's policies it is.
type Kind string

// The kinds.
const (
	Guidance            Kind = "guidance" // on instant messaging itself
	Device              Kind = "device"
	InformationSecurity Kind = "information-security"
	DataProtection      Kind = "data-protection"
	Other               Kind = "other"
)

var kinds = []Kind{Guidance, Device, InformationSecurity, DataProtection, Other}

// Version is one version of one policy.
type Version struct {
	Policy  id.Policy
	Number  uint32 // counts up from 1
	Title   string
	Kind    Kind
	Summary string // what changed, or what it is about
	// Supersedes is what this version takes the place of, in words.
	Supersedes  string
	EffectiveAt time.Time
	ReviewAt    time.Time
	// Required says that it must be accepted; otherwise it is there to be read.
	Required bool
	// Grace is how long somebody who is on duty may put acceptance off; zero: not at all.
	Grace       time.Duration
	PublishedAt time.Time
	// Hash is SHA-256 of the text.
	Hash id.Hash
	// Text is Markdown of which headings, lists and paragraphs are shown. Lists of versions leave it out.
	Text string
}

// Acceptance is one person's word that they have read a text.
type Acceptance struct {
	Person id.Person
	Policy id.Policy
	Number uint32
	Hash   id.Hash
	At     time.Time
}

// Deferral is one person's word that they are on duty.
type Deferral struct {
	Person id.Person
	Policy id.Policy
	Number uint32
	At     time.Time
	Until  time.Time
}

// Standing is a policy in force as it stands with one person.
type Standing struct {
	Version
	AcceptedAt    time.Time // zero: not accepted
	DeferredUntil time.Time // zero: never put off; it may be over
	// Needed says that the person must accept before they write.
	Needed bool
}

// Limits.
const (
	MaxText      = 200_000
	DefaultGrace = 12 * time.Hour
	maxGrace     = 72 * time.Hour
	maxTitle     = 200
	maxSummary   = 1000
)

// The refusals.
var (
	ErrUnknown    = fault.New(fault.NotFound, "policy_unknown", "There is no such policy, or no such version of it.")
	ErrInvalid    = fault.New(fault.Invalid, "policy_invalid", "Something about this policy is missing or not allowed.")
	ErrTooLarge   = fault.New(fault.TooLarge, "policy_too_large", "The text of a policy is at most 200 kB.")
	ErrVersion    = fault.New(fault.Conflict, "policy_version", "A policy is never changed in place: publish its next version.")
	ErrTitleTaken = fault.New(fault.Conflict, "policy_title_taken", "Another policy has that title.")
	// ErrChanged: the text is another than the one that was read. The details say which version is in force.
	ErrChanged = fault.New(fault.Conflict, "policy_changed", "This policy has changed since you read it. Please read it again.")
	// ErrNoWaiting: the policy does not say that it may wait.
	ErrNoWaiting = fault.New(fault.Conflict, "policy_cannot_wait", "This policy cannot wait. Please read it now.")
	// ErrWaited: it has waited as long as it may.
	ErrWaited = fault.New(fault.Conflict, "policy_waited", "This policy has waited as long as it may. Please read it now.")
	// ErrNeeded: the person has to accept the policies in the detail "policies" before they write anything but an emergency message.
	ErrNeeded = fault.New(fault.Forbidden, "policy_needed", "There is a policy to read and accept before you go on. You can still read, and send emergency messages.")
)

// Store is what the room needs of the database.
type Store interface {
	// PublishPolicy adds a version. ErrVersion when it does not follow the last one, ErrTitleTaken when another policy has the title.
	PublishPolicy(ctx context.Context, version Version, titleFold string, event audit.Event) error
	// PolicyVersions are all versions without their texts, by policy and number.
	PolicyVersions(ctx context.Context) ([]Version, error)
	// PolicyVersion is one version with its text, or ErrUnknown.
	PolicyVersion(ctx context.Context, policy id.Policy, number uint32) (Version, error)
	// PolicyRecord is what a person has accepted and put off.
	PolicyRecord(ctx context.Context, person id.Person) ([]Acceptance, []Deferral, error)
	// AcceptPolicy keeps an acceptance, or returns the one that is there.
	AcceptPolicy(ctx context.Context, acceptance Acceptance, event audit.Event) (Acceptance, error)
	// DeferPolicy keeps a deferral, or returns the one that is there.
	DeferPolicy(ctx context.Context, deferral Deferral, event audit.Event) (Deferral, error)
}

// Service is the room. It is safe for concurrent use.
type Service struct {
	store Store
	clock clock
	ids   *id.Source
	gate  gate
}

type clock interface{ Now() time.Time }

// New makes the room.
func New(store Store, now clock) *Service {
	return &Service{store: store, clock: now, ids: id.NewSource(now)}
}

// Publish adds a version to the register. Where Policy is zero, the title says whose next version it is, or that the policy is new. The actor is
// zero for the command line, whose operator the host's own log names.
func (s *Service) Publish(ctx context.Context, actor id.Person, v Version) (Version, error) {
	v, err := s.tidy(v)
	if err != nil {
		return Version{}, err
	}
	all, err := s.store.PolicyVersions(ctx)
	if err != nil {
		return Version{}, err
	}
	last, found := latest(all, func(one Version) bool {
		return one.Policy == v.Policy || v.Policy.IsZero() && fold(one.Title) == fold(v.Title)
	})
	switch {
	case !found && !v.Policy.IsZero():
		return Version{}, ErrUnknown
	case v.Number != last.Number+1:
		return Version{}, ErrVersion.With("next", last.Number+1)
	case found && v.EffectiveAt.Before(last.EffectiveAt):
		return Version{}, ErrInvalid.With("field", "effective")
	case found:
		v.Policy = last.Policy
	default:
		v.Policy = id.New[id.Policy](s.ids)
	}
	if v.Supersedes == "" && found {
		v.Supersedes = "Version " + strconv.FormatUint(uint64(last.Number), 10)
	}
	v.PublishedAt = s.now()
	event := audit.Event{Kind: audit.PolicyPublished, Actor: actor, Subject: audit.About(v.Policy), At: v.PublishedAt, Details: map[string]string{
		"version": number(v.Number), "hash": v.Hash.String(), "required": strconv.FormatBool(v.Required), "effective": millis(v.EffectiveAt),
	}}
	if err := s.store.PublishPolicy(ctx, v, fold(v.Title), event); err != nil {
		return Version{}, err
	}
	s.gate.forget()
	return v, nil
}

// Register is every version there is, without texts, by policy and number.
func (s *Service) Register(ctx context.Context) ([]Version, error) {
	return s.store.PolicyVersions(ctx)
}

// Read is one version with its text.
func (s *Service) Read(ctx context.Context, policy id.Policy, number uint32) (Version, error) {
	return s.store.PolicyVersion(ctx, policy, number)
}

// For is the policies in force, as they stand with one person, in the order in which they took effect.
func (s *Service) For(ctx context.Context, person id.Person) ([]Standing, error) {
	all, err := s.store.PolicyVersions(ctx)
	if err != nil {
		return nil, err
	}
	now := s.now()
	current, _ := inForce(all, now)
	accepted, deferred, err := s.store.PolicyRecord(ctx, person)
	if err != nil {
		return nil, err
	}
	standings := make([]Standing, 0, len(current))
	for _, v := range current {
		standings = append(standings, stand(v, accepted, deferred, now))
	}
	return standings, nil
}

// Accept keeps a person's acceptance of the text that is in force, which they name by its hash. The same again gets the same answer.
func (s *Service) Accept(ctx context.Context, person id.Person, policy id.Policy, version uint32, hash id.Hash) (Acceptance, error) {
	v, before, err := s.current(ctx, person, policy, version)
	if before.AcceptedAt.IsZero() && err != nil {
		return Acceptance{}, err
	}
	if hash != v.Hash {
		return Acceptance{}, changed(v)
	}
	if !before.AcceptedAt.IsZero() {
		return Acceptance{person, policy, version, hash, before.AcceptedAt}, nil
	}
	acceptance := Acceptance{person, policy, version, hash, s.now()}
	event := audit.Event{Kind: audit.PolicyAccepted, Actor: person, Subject: audit.About(person, policy), At: acceptance.At,
		Details: map[string]string{"version": number(version), "hash": hash.String()}}
	return s.store.AcceptPolicy(ctx, acceptance, event)
}

// Defer puts a policy off for somebody who is on duty, as long as the policy allows. Asking again within that time gets the same answer.
func (s *Service) Defer(ctx context.Context, person id.Person, policy id.Policy, version uint32) (Deferral, error) {
	v, before, err := s.current(ctx, person, policy, version)
	now := s.now()
	switch {
	case err != nil:
		return Deferral{}, err
	case !v.Required || v.Grace == 0:
		return Deferral{}, ErrNoWaiting
	case !before.DeferredUntil.IsZero() && !now.Before(before.DeferredUntil):
		return Deferral{}, ErrWaited
	}
	deferral := Deferral{person, policy, version, now, now.Add(v.Grace)}
	event := audit.Event{Kind: audit.PolicyDeferred, Actor: person, Subject: audit.About(person, policy), At: now,
		Details: map[string]string{"version": number(version), "until": millis(deferral.Until), "why": "on_duty"}}
	return s.store.DeferPolicy(ctx, deferral, event)
}

// current is a version as it stands with a person. ErrChanged says that it is not the one in force; what was accepted of it is told all the same.
func (s *Service) current(ctx context.Context, person id.Person, policy id.Policy, version uint32) (Version, Standing, error) {
	all, err := s.store.PolicyVersions(ctx)
	if err != nil {
		return Version{}, Standing{}, err
	}
	at := slices.IndexFunc(all, func(v Version) bool { return v.Policy == policy && v.Number == version })
	if at < 0 {
		return Version{}, Standing{}, ErrUnknown
	}
	accepted, deferred, err := s.store.PolicyRecord(ctx, person)
	if err != nil {
		return Version{}, Standing{}, err
	}
	now := s.now()
	standing := stand(all[at], accepted, deferred, now)
	current, _ := inForce(all, now)
	here := slices.IndexFunc(current, func(v Version) bool { return v.Policy == policy })
	switch {
	case here < 0: // published, and not in force yet
		return all[at], standing, ErrUnknown
	case current[here].Number != version:
		return all[at], standing, changed(current[here])
	}
	return all[at], standing, nil
}

func changed(v Version) error {
	return ErrChanged.With("version", v.Number).With("hash", v.Hash.String())
}

// inForce is, of each policy, the last version that has taken effect, and when that changes next; zero: never.
func inForce(all []Version, now time.Time) (current []Version, turn time.Time) {
	for _, v := range all {
		if v.EffectiveAt.After(now) {
			if turn.IsZero() || v.EffectiveAt.Before(turn) {
				turn = v.EffectiveAt
			}
			continue
		}
		at := slices.IndexFunc(current, func(one Version) bool { return one.Policy == v.Policy })
		if at < 0 {
			current = append(current, v)
		} else if current[at].Number < v.Number {
			current[at] = v
		}
	}
	slices.SortStableFunc(current, func(a, b Version) int { return a.EffectiveAt.Compare(b.EffectiveAt) })
	return current, turn
}

// stand says how a version stands with the person whose record this is.
func stand(v Version, accepted []Acceptance, deferred []Deferral, now time.Time) Standing {
	standing := Standing{Version: v}
	for _, one := range accepted {
		if one.Policy == v.Policy && one.Number == v.Number {
			standing.AcceptedAt = one.At
		}
	}
	for _, one := range deferred {
		if one.Policy == v.Policy && one.Number == v.Number {
			standing.DeferredUntil = one.Until
		}
	}
	standing.Needed = v.Required && standing.AcceptedAt.IsZero() && !now.Before(standing.DeferredUntil)
	return standing
}

func latest(all []Version, which func(Version) bool) (last Version, found bool) {
	for _, v := range all {
		if which(v) && v.Number > last.Number {
			last, found = v, true
		}
	}
	return last, found
}

// tidy normalises a version and refuses what cannot be shown.
func (s *Service) tidy(v Version) (Version, error) {
	for _, field := range []struct {
		name     string
		text     *string
		most     int
		required bool
	}{
		{"title", &v.Title, maxTitle, true}, {"summary", &v.Summary, maxSummary, false}, {"supersedes", &v.Supersedes, maxTitle, false},
	} {
		*field.text = strings.Join(strings.Fields(norm.NFC.String(*field.text)), " ")
		if !showable(*field.text) || len(*field.text) > field.most || field.required && *field.text == "" {
			return Version{}, ErrInvalid.With("field", field.name)
		}
	}
	v.Text = strings.ReplaceAll(strings.TrimPrefix(v.Text, "\ufeff"), "\r\n", "\n")
	v.EffectiveAt, v.ReviewAt = v.EffectiveAt.UTC().Truncate(time.Millisecond), v.ReviewAt.UTC().Truncate(time.Millisecond)
	switch {
	case len(v.Text) > MaxText:
		return Version{}, ErrTooLarge
	case strings.TrimSpace(v.Text) == "" || !showable(v.Text):
		return Version{}, ErrInvalid.With("field", "text")
	case !slices.Contains(kinds, v.Kind):
		return Version{}, ErrInvalid.With("field", "kind")
	case v.EffectiveAt.IsZero():
		return Version{}, ErrInvalid.With("field", "effective")
	case !v.ReviewAt.After(v.EffectiveAt):
		return Version{}, ErrInvalid.With("field", "review")
	case v.Grace < 0 || v.Grace > maxGrace:
		return Version{}, ErrInvalid.With("field", "grace")
	}
	v.Hash = sha256.Sum256([]byte(v.Text))
	return v, nil
}

// showable refuses control characters and those that turn the direction of writing: a text must read as it was written.
func showable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	})
}

func fold(title string) string { return strings.ToLower(title) }

// now is cut to what is stored.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

func number(n uint32) string    { return strconv.FormatUint(uint64(n), 10) }
func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

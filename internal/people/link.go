package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// TokenSize is the length of a link's token in bytes.
const TokenSize = 32

// LinkLife is how long a link can be used when nobody says otherwise.
const LinkLife = 7 * 24 * time.Hour

const maxLinkLife = 30 * 24 * time.Hour

var errLinkLife = fault.New(fault.Invalid, "link_life", "A link lasts from one minute to thirty days.")

// Link is a one-time enrolment link as the database keeps it.
type Link struct {
	ID        id.Enrolment
	Person    id.Person
	TokenHash id.Hash
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// HashToken is how a link is found again; the token itself is kept nowhere.
func HashToken(token []byte) id.Hash { return sha256.Sum256(token) }

// Link makes the one-time link of somebody who has not enrolled yet, and voids an earlier one. The token is returned this once.
func (s *Service) Link(ctx context.Context, actor, person id.Person, life time.Duration) (token [TokenSize]byte, link Link, err error) {
	if life < time.Minute || life > maxLinkLife {
		return token, Link{}, errLinkLife
	}
	found, err := s.store.Person(ctx, person)
	switch {
	case err != nil:
		return token, Link{}, err
	case !found.Active(s.now()):
		return token, Link{}, ErrLeft
	case found.Enrolled:
		return token, Link{}, ErrEnrolled
	}
	rand.Read(token[:])
	now := s.now()
	link = Link{
		ID: id.New[id.Enrolment](s.ids), Person: person, TokenHash: HashToken(token[:]), IssuedAt: now,
		ExpiresAt: now.Add(life).Truncate(time.Millisecond),
	}
	event := audit.Event{Kind: audit.EnrolmentIssued, Actor: actor, Subject: audit.About(person, link.ID), At: now,
		Details: map[string]string{"expires": millis(link.ExpiresAt)}}
	if err := s.store.IssueLink(ctx, link, event); err != nil {
		return [TokenSize]byte{}, Link{}, err
	}
	return token, link, nil
}

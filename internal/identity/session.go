package identity

import (
	"slices"
	"time"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Session is one signed-in browser as the rest of the server sees it. It carries no secret.
type Session struct {
	ID     id.Session
	Person id.Person
	// Device is zero until the browser has proved that it holds a device key.
	Device id.Device
	// Locked sessions are idle past the policy or were locked by hand; only the password opens them again.
	Locked         bool
	Permissions    []string
	NoticeAccepted bool
	IdleLock       time.Duration
	ExpiresAt      time.Time
}

// Can reports whether the person holds a permission.
func (s Session) Can(permission string) bool { return slices.Contains(s.Permissions, permission) }

// The refusals of a session. They are the same whether the session never existed, ended or ran out.
var (
	ErrNotSignedIn   = fault.New(fault.Unauthenticated, "not_signed_in", "Please sign in.")
	ErrSessionLocked = fault.New(fault.Unauthenticated, "session_locked", "Wardline is locked. Enter your password to open it.")
	ErrDeviceNeeded  = fault.New(fault.Forbidden, "device_needed", "This browser has not finished signing in.")
	ErrNotPermitted  = fault.New(fault.Forbidden, "not_permitted", "You are not allowed to do this.")
)

package keyring

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
)

// The signing keys, one type for each purpose. All have Public and Sign, which is what the wire format's signing function takes.
type (
	// Bind signs person-log entries that tie a person to an identity.
	Bind struct{ limited }
	// Revoke is the half of the key "remove" that signs revocations of devices.
	Revoke struct{ limited }
	// Remove is the half of the key "remove" that signs removals from threads.
	Remove struct{ limited }
	// Assert signs patient assertions.
	Assert struct{ limited }
	// Audit signs checkpoints of the audit log, and nothing that begins like an object of the protocol.
	Audit struct{ signing }
)

// hidden keeps bytes where fmt cannot reach. A String method is not enough: fmt cannot call it on a private field of somebody's
// struct and prints what is in there, through pointers too when the verb does not fit. Of a function it prints the address.
type hidden func() []byte

func hide(b []byte) hidden { return func() []byte { return b } }

// signing is an Ed25519 private key.
type signing struct{ private hidden }

// Public is the public key.
func (s signing) Public() [ed25519.PublicKeySize]byte {
	return [ed25519.PublicKeySize]byte(ed25519.PrivateKey(s.private()).Public().(ed25519.PublicKey))
}

// String hides the key from fmt and slog.
func (s signing) String() string { return "[key]" }

// GoString hides the key from %#v.
func (s signing) GoString() string { return "[key]" }

// domain begins everything that is signed under the protocol: docs/protocol.md section 1.1.
const domain = "wardline/v1/"

// limited signs objects of some types only. The name of the type is in what is signed, so that it can be checked here.
type limited struct {
	signing
	types []string
}

// Sign signs a message that begins with "wardline/v1/", the name of an object type of this key's purpose and a NUL. Anything else is a bug of the caller, and
// signing it would be worse than stopping: it panics.
func (l limited) Sign(message []byte) [ed25519.SignatureSize]byte {
	rest, ours := bytes.CutPrefix(message, []byte(domain))
	name, _, ended := bytes.Cut(rest, []byte{0})
	if !ours || !ended || !slices.Contains(l.types, string(name)) {
		panic(fmt.Sprintf("keyring: a key for %q was asked to sign something else", l.types))
	}
	return [ed25519.SignatureSize]byte(ed25519.Sign(l.private(), message))
}

// Sign signs a checkpoint. It panics on an object of the protocol, for the reason given at the other keys.
func (a Audit) Sign(message []byte) [ed25519.SignatureSize]byte {
	if bytes.HasPrefix(message, []byte(domain)) || bytes.IndexByte(message, 0) >= 0 {
		panic("keyring: the audit key was asked to sign something that is not a checkpoint")
	}
	return [ed25519.SignatureSize]byte(ed25519.Sign(a.private(), message))
}

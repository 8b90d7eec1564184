// Package envelope is the wire format and the cryptography of docs/protocol.md: what is signed, hashed, sealed and stored.
//
// It does no I/O, knows no database and no network, and imports nothing of Wardline but the typed ids.
//
// Layout: type.go is the registry of objects; wire_*.go are the objects themselves, each with one fields method, from which
// encode.go, decode.go and describe.go work; the remaining files are the cryptography, one concern each.
//
// Invariants: an object has exactly one encoding. Decoding never panics and allocates no more than the input justifies.
// Signatures are checked over the bytes that arrived, never over something encoded again. Every failed check is a [Refusal].
package envelope

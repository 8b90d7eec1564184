package envelope

import "github.com/wardline/wardline/internal/id"

// AuditLeaf is one leaf of the Merkle log. What Kind, Subject and Body may be is said in section 11 of docs/protocol.md.
type AuditLeaf struct {
	Kind    uint16
	At      Time
	Actor   id.Person
	Subject []byte
	Body    []byte
}

// Type implements [Object].
func (*AuditLeaf) Type() Type { return TypeAuditLeaf }

func (l *AuditLeaf) fields(c codec) {
	c.u16("kind", &l.Kind)
	c.time("at", &l.At)
	c.fixed("actor", l.Actor[:])
	c.bytes("subject", 64, &l.Subject)
	c.bytes("body", 4096, &l.Body)
}

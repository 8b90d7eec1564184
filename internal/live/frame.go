package live

import (
	"encoding/binary"
	"encoding/json"
)

// A frame here is a whole WebSocket message as a server writes it: one final frame, unmasked (RFC 6455 section 5.2), header
// and payload. It is the same for everyone who gets it, so it is made once and shared; nobody may change it.

const (
	finalText   = 0x81
	finalBinary = 0x82
	finalPing   = 0x89
)

var pingFrame = []byte{finalPing, 0}

func binaryFrame(payload []byte) []byte { return frameOf(finalBinary, payload) }

// textFrame encodes one of the events of event.go. They all can be encoded.
func textFrame(event any) []byte {
	payload, err := json.Marshal(event)
	if err != nil {
		panic("live: an event that is not JSON: " + err.Error())
	}
	return frameOf(finalText, payload)
}

func frameOf(first byte, payload []byte) []byte {
	return append(appendHeader(make([]byte, 0, len(payload)+10), first, len(payload)), payload...)
}

func appendHeader(to []byte, first byte, size int) []byte {
	switch {
	case size < 126:
		return append(to, first, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(to, first, 126), uint16(size))
	}
	return binary.BigEndian.AppendUint64(append(to, first, 127), uint64(size))
}

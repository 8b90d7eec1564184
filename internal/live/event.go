package live

import (
	"maps"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// said is a client's text message; which members count depends on the type.
type said struct {
	Type   string               `json:"type"`
	Have   map[id.Thread]uint64 `json:"have"`
	Thread id.Thread            `json:"thread"`
	Seq    uint64               `json:"seq"`
}

type plainEvent struct {
	Type string `json:"type"`
}

type headsEvent struct {
	Type    string        `json:"type"`
	Threads []thread.Head `json:"threads"`
}

type threadEvent struct {
	Type   string    `json:"type"`
	Thread id.Thread `json:"thread"`
}

type marksEvent struct {
	Type   string        `json:"type"`
	Thread id.Thread     `json:"thread"`
	Marks  []thread.Mark `json:"marks"`
}

type filingEvent struct {
	Type   string    `json:"type"`
	Thread id.Thread `json:"thread"`
	Filing any       `json:"filing"`
}

type decisionEvent struct {
	Type     string    `json:"type"`
	Thread   id.Thread `json:"thread"`
	Decision any       `json:"decision"`
}

type logEvent struct {
	Type   string    `json:"type"`
	Person id.Person `json:"person"`
}

type sentEvent struct {
	Type string `json:"type"`
	Ref  uint32 `json:"ref"`
	thread.Accepted
}

var (
	lockedFrame = textFrame(plainEvent{"locked"})
	endedFrame  = textFrame(plainEvent{"ended"})
	resyncFrame = textFrame(plainEvent{"resync"})
	syncedFrame = textFrame(plainEvent{"synced"})
	pongFrame   = textFrame(plainEvent{"pong"})
)

// refusedFrame answers a message that was not accepted: the fault's public half, as in an HTTP problem document.
func refusedFrame(ref uint32, err error) []byte {
	found := fault.As(err)
	members := map[string]any{}
	maps.Copy(members, found.Details())
	members["type"], members["ref"], members["code"], members["detail"] = "refused", ref, found.Code(), found.Message()
	return textFrame(members)
}

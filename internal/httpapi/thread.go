package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// Threads are conversations: starting them, their members, their logs.
type Threads interface {
	Create(ctx context.Context, actor thread.Actor, post thread.NewThread) (made id.Thread, seq uint64, err error)
	Append(ctx context.Context, actor thread.Actor, in id.Thread, entry []byte, epoch *thread.EpochPost) (seq uint64, err error)
	Heads(ctx context.Context, person id.Person) ([]thread.Head, error)
	Head(ctx context.Context, person id.Person, in id.Thread) (thread.Head, error)
	Log(ctx context.Context, person id.Person, in id.Thread, after uint64, limit int) (thread.Page, error)
	Destroyed(ctx context.Context, person id.Person, in id.Thread, after int64) (thread.Gone, error)
}

func (a *API) registerThreads() {
	route(a, "POST /v1/threads", Bound, "createThread",
		"Start a conversation, whole: its members, its patient, its first keys; the same bytes again get the same answer", a.createThread, limit(epochBody), gated(a))
	route(a, "GET /v1/threads", Bound, "listThreads", "My conversations, those with the latest news first", a.listThreads)
	route(a, "GET /v1/threads/{thread}", Bound, "getThread", "One of my conversations", a.getThread)
	route(a, "GET /v1/threads/{thread}/log", Bound, "getThreadLog", "A page of a conversation's log, without gaps", a.getThreadLog)
	route(a, "GET /v1/threads/{thread}/destroyed", Bound, "getDestroyed", "Tombstones of a conversation that came after a time", a.getDestroyed)
	route(a, "POST /v1/threads/{thread}/entries", Bound, "addThreadEntry",
		"Add a membership entry, with the keys that it calls for; the same bytes again get the same answer", a.addThreadEntry, limit(epochBody), gated(a))
}

// epochBody is room for the keys of the largest conversation, in base64.
const epochBody = 8 << 20

type epochPost struct {
	Record      []byte   `json:"record" doc:"signed epoch-record"`
	Envelopes   [][]byte `json:"envelopes" maxItems:"4128" doc:"envelope objects: members ascending, then seats ascending"`
	SealedState []byte   `json:"sealedState" doc:"sealed-state object"`
}

func (p epochPost) wire() thread.EpochPost {
	return thread.EpochPost{Record: p.Record, Envelopes: p.Envelopes, SealedState: p.SealedState}
}

type createThreadInput struct {
	Body struct {
		Create  []byte    `json:"create" doc:"signed create"`
		Entries [][]byte  `json:"entries" maxItems:"4096" doc:"signed membership entries, in order"`
		Epoch   epochPost `json:"epoch" doc:"the first epoch"`
	}
}

type createdThread struct {
	Thread id.Thread `json:"thread"`
	Seq    uint64    `json:"seq" doc:"of the last entry"`
}

func (a *API) createThread(ctx context.Context, in *createThreadInput) (*output[createdThread], error) {
	post := thread.NewThread{Create: in.Body.Create, Entries: in.Body.Entries, Epoch: in.Body.Epoch.wire()}
	made, seq, err := a.rooms.Threads.Create(ctx, a.device(ctx), post)
	if err != nil {
		return nil, err
	}
	return &output[createdThread]{createdThread{made, seq}}, nil
}

type threadsBody struct {
	Threads []thread.Head `json:"threads"`
}

func (a *API) listThreads(ctx context.Context, _ *struct{}) (*output[threadsBody], error) {
	heads, err := a.rooms.Threads.Heads(ctx, a.session(ctx).Person)
	if err != nil {
		return nil, err
	}
	return &output[threadsBody]{threadsBody{list(heads)}}, nil
}

type threadInput struct {
	Thread id.Thread `path:"thread"`
}

func (a *API) getThread(ctx context.Context, in *threadInput) (*output[thread.Head], error) {
	head, err := a.rooms.Threads.Head(ctx, a.session(ctx).Person, in.Thread)
	if err != nil {
		return nil, err
	}
	return &output[thread.Head]{head}, nil
}

type logInput struct {
	Thread id.Thread `path:"thread"`
	After  uint64    `query:"after" maximum:"9007199254740991" doc:"the seq that I have"`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"200"`
}

type logBody struct {
	Entries [][]byte `json:"entries" doc:"log-entry objects; a half is there when I may read the message"`
	More    bool     `json:"more"`
}

func (a *API) getThreadLog(ctx context.Context, in *logInput) (*output[logBody], error) {
	page, err := a.rooms.Threads.Log(ctx, a.session(ctx).Person, in.Thread, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	return &output[logBody]{logBody{list(page.Entries), page.More}}, nil
}

type destroyedInput struct {
	Thread id.Thread `path:"thread"`
	After  int64     `query:"after" minimum:"0" maximum:"9007199254740991" doc:"the time that the last answer gave; 0 at first"`
}

type destroyedBody struct {
	Entries [][]byte `json:"entries" doc:"log-entry objects with tombstones"`
	At      int64    `json:"at" doc:"when the last of them was destroyed"`
	More    bool     `json:"more"`
}

func (a *API) getDestroyed(ctx context.Context, in *destroyedInput) (*output[destroyedBody], error) {
	gone, err := a.rooms.Threads.Destroyed(ctx, a.session(ctx).Person, in.Thread, in.After)
	if err != nil {
		return nil, err
	}
	return &output[destroyedBody]{destroyedBody{list(gone.Entries), gone.At, gone.More}}, nil
}

type entryInput struct {
	Thread id.Thread `path:"thread"`
	Body   struct {
		Entry []byte     `json:"entry" doc:"signed membership entry"`
		Epoch *epochPost `json:"epoch,omitempty" doc:"made for the membership after the entry"`
	}
}

type entryPlace struct {
	Seq uint64 `json:"seq" doc:"of the entry"`
}

func (a *API) addThreadEntry(ctx context.Context, in *entryInput) (*output[entryPlace], error) {
	var epoch *thread.EpochPost
	if in.Body.Epoch != nil {
		post := in.Body.Epoch.wire()
		epoch = &post
	}
	seq, err := a.rooms.Threads.Append(ctx, a.device(ctx), in.Thread, in.Body.Entry, epoch)
	if err != nil {
		return nil, err
	}
	return &output[entryPlace]{entryPlace{seq}}, nil
}

// device is who makes this request, as the thread room wants it.
func (a *API) device(ctx context.Context) thread.Actor {
	s := a.session(ctx)
	return thread.Actor{Person: s.Person, Device: s.Device, Session: s.Session}
}

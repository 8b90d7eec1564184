package httpapi

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
	"github.com/wardline/wardline/internal/people"
)

// Directory finds staff.
type Directory interface {
	Find(ctx context.Context, text string, after id.Person, limit int) (found []people.Person, more bool, err error)
	Person(ctx context.Context, person id.Person) (people.Person, error)
	List(ctx context.Context, after id.Person, since time.Time) (people.Page, error)
}

// PersonLogs keeps person logs.
type PersonLogs interface {
	Logs(ctx context.Context, wanted []identity.Wanted) ([]identity.LogPage, error)
	Append(ctx context.Context, person id.Person, appending identity.Appending) (seq uint32, err error)
}

func (a *API) registerPeople() {
	route(a, "GET /v1/people", Bound, "findPeople", "The directory, by name; a query folds case and diacritics (R29, R30)", a.findPeople)
	route(a, "GET /v1/directory", Bound, "listPeople", "The whole directory in pages, or what has changed in it, for a device that searches it by itself (R29)", a.listPeople)
	route(a, "GET /v1/people/{person}", Bound, "getPerson", "One person, also one who has left", a.getPerson)
	route(a, "POST /v1/people/logs", Bound, "getLogs", "The person logs of several people, with proofs that they are in the transparency log", a.getLogs)
	route(a, "POST /v1/person-log", Unlocked, "appendToLog", "Append a generation, a device or a revocation to one's own log", a.appendToLog, limit(entryBody))
}

type findInput struct {
	Query string    `query:"query" maxLength:"200"`
	After id.Person `query:"after" doc:"the next of the page before"`
	Limit int       `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type personBody struct {
	Person       id.Person `json:"person"`
	UserName     string    `json:"userName"`
	DisplayName  string    `json:"displayName"`
	Role         string    `json:"role"`
	Ward         string    `json:"ward"`
	Organisation string    `json:"organisation"`
	Enrolled     bool      `json:"enrolled" doc:"has keys, so that a thread can be shared with them"`
	Left         bool      `json:"left,omitempty"`
}

type peopleBody struct {
	People []personBody `json:"people"`
	Next   *id.Person   `json:"next,omitempty" doc:"where the next page begins"`
}

func (a *API) findPeople(ctx context.Context, in *findInput) (*output[peopleBody], error) {
	found, more, err := a.rooms.Directory.Find(ctx, in.Query, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	body := peopleBody{People: make([]personBody, len(found))}
	for n, person := range found {
		body.People[n] = personOf(person)
	}
	if more {
		body.Next = &body.People[len(found)-1].Person
	}
	return &output[peopleBody]{body}, nil
}

type listingInput struct {
	After id.Person `query:"after" doc:"the next of the page before"`
	Since int64     `query:"since" minimum:"0" maximum:"9007199254740991" doc:"the asOf of an earlier first page: only who has been added, has enrolled, left or expired since then"`
}

type listingBody struct {
	People []personBody `json:"people" doc:"by id; who has left or expired is marked left, and listed only where changes are asked for"`
	Next   *id.Person   `json:"next,omitempty" doc:"where the next page begins"`
	AsOf   int64        `json:"asOf" doc:"that of the first page is the since of the next time"`
}

func (a *API) listPeople(ctx context.Context, in *listingInput) (*output[listingBody], error) {
	var since time.Time
	if in.Since > 0 {
		since = time.UnixMilli(in.Since)
	}
	page, err := a.rooms.Directory.List(ctx, in.After, since)
	if err != nil {
		return nil, err
	}
	body := listingBody{People: make([]personBody, len(page.People)), AsOf: page.AsOf.UnixMilli()}
	for n, person := range page.People {
		body.People[n] = personOf(person)
		body.People[n].Left = !person.Active(a.clock.Now())
	}
	if page.More {
		body.Next = &body.People[len(body.People)-1].Person
	}
	return &output[listingBody]{body}, nil
}

type personInput struct {
	Person id.Person `path:"person"`
}

func (a *API) getPerson(ctx context.Context, in *personInput) (*output[personBody], error) {
	person, err := a.rooms.Directory.Person(ctx, in.Person)
	if err != nil {
		return nil, err
	}
	return &output[personBody]{personOf(person)}, nil
}

func personOf(p people.Person) personBody {
	return personBody{
		Person: p.ID, UserName: p.UserName, DisplayName: p.DisplayName, Role: p.Role, Ward: p.Ward, Organisation: p.Organisation,
		Enrolled: p.Enrolled, Left: !p.LeftAt.IsZero(),
	}
}

type logsInput struct {
	Body struct {
		People  []wantedLog `json:"people" maxItems:"500"`
		LogFrom int64       `json:"logFrom,omitempty" minimum:"0" maximum:"9007199254740991" doc:"the size of the newest checkpoint that the asker has seen"`
	}
}

type wantedLog struct {
	Person   id.Person `json:"person"`
	AfterSeq int64     `json:"afterSeq" minimum:"0" maximum:"4294967295"`
	Prove    bool      `json:"prove,omitempty" doc:"with the place of the head in the transparency log, also when there is nothing new"`
}

type logsBody struct {
	Logs []personLog `json:"logs"`
	// ManifestVersion has a client that knows an earlier one ask for it, before it judges what was made under it.
	ManifestVersion int `json:"manifestVersion" doc:"of the newest root manifest"`
	GrownBody
}

type personLog struct {
	Person  id.Person  `json:"person"`
	Entries [][]byte   `json:"entries" doc:"signed entries after afterSeq"`
	Proof   *placeBody `json:"proof,omitempty" doc:"of the last entry of the log, under the checkpoint of this answer"`
}

func (a *API) getLogs(ctx context.Context, in *logsInput) (*output[logsBody], error) {
	wanted := make([]identity.Wanted, len(in.Body.People))
	for n, one := range in.Body.People {
		wanted[n] = identity.Wanted{Person: one.Person, After: uint32(one.AfterSeq)}
	}
	pages, err := a.rooms.PersonLogs.Logs(ctx, wanted)
	if err != nil {
		return nil, err
	}
	chain, _, err := a.rooms.Manifests.Manifests(ctx)
	if err != nil {
		return nil, err
	}
	body := logsBody{Logs: make([]personLog, len(pages)), ManifestVersion: len(chain)}
	var heads []audit.PersonEntry
	var whose []int
	for n, page := range pages {
		body.Logs[n] = personLog{Person: wanted[n].Person, Entries: list(page.Entries)}
		if page.Head.Seq > 0 && (in.Body.People[n].Prove || len(page.Entries) > 0) {
			heads = append(heads, audit.PersonEntry{Person: wanted[n].Person, Seq: page.Head.Seq, Hash: page.Head.Hash})
			whose = append(whose, n)
		}
	}
	proofs := a.prove(ctx, heads, in.Body.LogFrom)
	body.GrownBody = grownOf(proofs.Grown)
	for n, one := range proofs.Entries {
		body.Logs[whose[n]].Proof = placeOf(one)
	}
	return &output[logsBody]{body}, nil
}

type appendInput struct {
	Body struct {
		Entry       []byte `json:"entry" doc:"signed"`
		Agreement   bool   `json:"agreement,omitempty" doc:"to using a device of one's own (R48), if it was never given"`
		DeviceLabel string `json:"deviceLabel,omitempty" maxLength:"100"`
	}
}

type seqBody struct {
	Seq int64 `json:"seq"`
}

func (a *API) appendToLog(ctx context.Context, in *appendInput) (*output[seqBody], error) {
	seq, err := a.rooms.PersonLogs.Append(ctx, a.session(ctx).Person,
		identity.Appending{Entry: in.Body.Entry, Agreement: in.Body.Agreement, Label: in.Body.DeviceLabel})
	if err != nil {
		return nil, err
	}
	return &output[seqBody]{seqBody{int64(seq)}}, nil
}

package archtest

// ranks orders the rooms. A room is a folder of internal, or a folder at the top. A room imports only lower ranks.
var ranks = map[string]int{
	// Rank 0: words, rules and the wire. They know nobody.
	"id": 0, "fault": 0, "clock": 0, "nhs": 0, "envelope": 0, "dpop": 0, "fhir": 0, "hl7": 0, "pdf": 0, "web": 0, "docs": 0,
	// Rank 1: what every room leans on.
	"audit": 1, "work": 1, "keyring": 1, "config": 1, "ledger": 1,
	// Rank 2: the hospital's nouns.
	"people": 2, "identity": 2, "thread": 2, "patient": 2, "record": 2, "retention": 2, "alert": 2, "governance": 2, "policy": 2,
	// How it survives: copies of the databases, encrypted.
	"backup": 2,
	// Rank 3: adapters, each to one technology or foreign system.
	"store": 3, "blob": 3, "httpapi": 3, "live": 3, "bus": 3, "ehr": 3, "mllp": 3, "pds": 3, "signon": 3, "push": 3, "sms": 3, "jobs": 3,
	// Rank 4: the wiring, and the other side of the wire.
	"server": 4, "client": 4, "restore": 4,
	// Rank 5 and up: programs.
	"demo": 5, "cmd": 6,
	// Tests of the whole.
	"test": 7, "archtest": 7,
}

// reach narrows what a room imports further than its rank does.
var reach = map[string]struct {
	only   []string
	reason string
}{
	"client": {
		only:   []string{"envelope", "dpop", "id", "nhs"},
		reason: "the client shares with the server the wire format, proofs, ids and patient rules, and reaches the rest over HTTP like anyone else",
	},
	"web": {only: nil, reason: "web only embeds the built pages"},
}

// reachedBy narrows who imports a room further than its rank does.
var reachedBy = map[string]struct {
	only   []string
	reason string
}{
	"demo":    {[]string{"cmd", "test"}, "nothing that runs in a real hospital may depend on the demonstration"},
	"client":  {[]string{"demo", "cmd", "test"}, "the server must not depend on a client"},
	"restore": {[]string{"cmd", "test"}, "a server that runs restores nothing"},
	"web":     {[]string{"httpapi", "server", "cmd", "test"}, "only who serves the pages needs them"},
}

// outside lists imports from outside this module, by beginning, that some rooms must not have.
var outside = []struct {
	path   string
	exact  bool
	within func(room string) bool // where it is allowed
	reason string
}{
	{"net/http", false, notRank0("fhir"), "rank 0 is pure rules and formats: HTTP belongs to an adapter"},
	{"database/sql", true, notRank0(), "rank 0 is pure rules and formats: SQL belongs to store"},
	{"modernc.org/sqlite", false, rooms("store"), "store hides which database it is"},
	{"github.com/jackc/pgx", false, rooms("store"), "store hides which database it is"},
	{"github.com/pressly/goose", false, rooms("store"), "migrations are store's own"},
	{"github.com/danielgtaylor/huma", false, rooms("httpapi"), "httpapi hides the HTTP framework; rooms know nothing of requests"},
	{"github.com/alecthomas/kong", false, rooms("cmd"), "only programs have a command line"},
	{"filippo.io/age", false, rooms("backup", "restore", "server", "cmd"), "backup hides how a copy is encrypted"},
	{"github.com/nats-io", false, rooms("bus"), "bus is the only room that knows NATS"},
	{"github.com/minio", false, rooms("blob"), "blob hides where attachments lie"},
	{"log", true, rooms(), "logs are structured: log/slog"},
	{"github.com/google/uuid", false, rooms(), "ids are those of package id"},
}

// exceptions to the rule about ranks, each with its reason. Keep it short: an exception is a wall that is in the wrong place.
var exceptions = map[edge]string{
	{"envelope", "id"}: "the wire is made of ids: id types of its own would have to be converted at every border of every room",
}

type edge struct{ from, to string }

// timeFree are the ranks in which the present time comes from clock only. Above them sockets need deadlines.
const timeFree = 2

// clockCalls of package time read or wait for the machine's own clock.
var clockCalls = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true, "NewTimer": true, "Tick": true,
}

// badNames say nothing about what is inside.
var badNames = map[string]bool{
	"util": true, "utils": true, "common": true, "helper": true, "helpers": true, "model": true, "models": true, "service": true,
	"services": true, "misc": true, "shared": true, "base": true, "types": true,
}

// maxLines is the length at which a file is two files. Generated files may be longer.
const maxLines = 800

// notRank0 allows everything above rank 0, and the named rooms.
//
// fhir is named for net/http: pds and ehr both speak FHIR and may not import each other, so the small client that they share lives with the format.
func notRank0(but ...string) func(string) bool {
	named := rooms(but...)
	return func(room string) bool { return ranks[room] > 0 || named(room) }
}

func rooms(allowed ...string) func(string) bool {
	set := map[string]bool{}
	for _, room := range allowed {
		set[room] = true
	}
	return func(room string) bool { return set[room] }
}

package httpapi

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// other says what a signed-in person gets of what belongs to someone else.
type other string

const (
	// everyone: the answer is the same for all staff.
	everyone other = "everyone"
	// ownOnly: the handler takes the person from the session, so there is no way to name another's.
	ownOnly other = "own only"
	// membersOnly: anyone who is not a member gets thread_unknown; the room's own tests show it.
	membersOnly other = "members only"
	// bearer: the secret in the request is the authority.
	bearer other = "bearer"
)

type row struct {
	need  Need
	other other
}

// authorisation is the table: every route has a row here, or the test fails.
var authorisation = map[string]row{
	"POST /v1/enrolment/start":    {Open, bearer},
	"POST /v1/enrolment/complete": {Open, bearer},
	"POST /v1/sign-in/parameters": {Open, everyone},
	"POST /v1/sign-in/password":   {Open, everyone},
	"POST /v1/sign-in/code":       {Open, bearer},
	"POST /v1/session/device":     {Unlocked, ownOnly},
	"POST /v1/session/unlock":     {AnySession, ownOnly},
	"GET /v1/session":             {AnySession, ownOnly},
	"POST /v1/session/lock":       {AnySession, ownOnly},
	"POST /v1/session/end":        {AnySession, ownOnly},
	"GET /v1/sessions/devices":    {Bound, ownOnly},

	"POST /v1/sessions/devices/{device}/end": {Bound, ownOnly}, // another person's device is device_unknown
	"POST /v1/sessions/end-others":           {Bound, ownOnly},

	"GET /v1/people":          {Bound, everyone},
	"GET /v1/directory":       {Bound, everyone},
	"GET /v1/people/{person}": {Bound, everyone},
	"POST /v1/people/logs":    {Bound, everyone},
	"POST /v1/person-log":     {Unlocked, ownOnly},
	"GET /v1/manifests":       {Unlocked, everyone},
	"GET /v1/vault":           {Bound, ownOnly},
	"PUT /v1/vault":           {Bound, ownOnly},

	"GET /v1/about":                           {Open, everyone},
	"POST /v1/sign-in/passkey/options":        {Open, everyone},
	"POST /v1/sign-in/passkey":                {Open, bearer},
	"POST /v1/session/unlock/passkey/options": {AnySession, ownOnly},
	"POST /v1/session/unlock/passkey":         {AnySession, ownOnly},
	"POST /v1/session/unlock/pin":             {AnySession, ownOnly},
	"GET /v1/unlockers":                       {Bound, ownOnly},
	"POST /v1/unlockers":                      {Bound, ownOnly},
	"POST /v1/passkeys/options":               {Bound, ownOnly},
	"POST /v1/passkeys":                       {Bound, ownOnly},
	"DELETE /v1/passkeys/{credential}":        {Bound, ownOnly},

	"GET /healthz": {Open, everyone},
	"GET /readyz":  {Open, everyone},

	// For outside witnesses: sizes, hashes and signatures, and the manifests that name the key; nothing about anybody but the officers' seats.
	"GET /v1/log/checkpoint":  {Open, everyone},
	"GET /v1/log/consistency": {Open, everyone},
	"GET /v1/log/manifests":   {Open, everyone},
	"POST /v1/log/compare":    {Bound, everyone},

	"POST /v1/threads":                            {Bound, ownOnly}, // the creator must be the session's own device
	"GET /v1/threads":                             {Bound, ownOnly},
	"GET /v1/threads/{thread}":                    {Bound, membersOnly},
	"GET /v1/threads/{thread}/log":                {Bound, membersOnly},
	"GET /v1/threads/{thread}/destroyed":          {Bound, membersOnly},
	"POST /v1/threads/{thread}/entries":           {Bound, membersOnly},
	"POST /v1/threads/{thread}/epochs":            {Bound, membersOnly},
	"GET /v1/threads/{thread}/epochs":             {Bound, membersOnly},
	"POST /v1/threads/keys":                       {Bound, membersOnly},
	"POST /v1/threads/{thread}/grants":            {Bound, membersOnly},
	"GET /v1/threads/{thread}/grants":             {Bound, membersOnly},
	"POST /v1/threads/{thread}/complaints":        {Bound, membersOnly},
	"GET /v1/threads/{thread}/complaints":         {Bound, membersOnly},
	"POST /v1/threads/{thread}/conflicts":         {Bound, ownOnly}, // a word of one's own: the answer is the same for any thread
	"POST /v1/threads/{thread}/messages":          {Bound, membersOnly},
	"GET /v1/threads/{thread}/messages/{message}": {Bound, membersOnly},
	"POST /v1/threads/{thread}/reached":           {Bound, membersOnly},
	"POST /v1/threads/{thread}/seen":              {Bound, membersOnly},
	"GET /v1/threads/{thread}/marks":              {Bound, membersOnly},
	"GET /v1/threads/{thread}/quarantine":         {Bound, membersOnly},

	"POST /v1/threads/{thread}/quarantine/acknowledgement": {Bound, membersOnly},
	"POST /v1/live/ticket":                                 {Bound, ownOnly},
	"GET /v1/live":                                         {Open, bearer},

	"POST /v1/patients/look-up": {Bound, everyone}, // audited; what it gives away is bounded by three identifiers

	"POST /v1/threads/{thread}/patient/check": {Bound, membersOnly}, // audited

	"POST /v1/threads/{thread}/filings":                {Bound, membersOnly},
	"GET /v1/threads/{thread}/filings":                 {Bound, membersOnly},
	"POST /v1/threads/{thread}/filings/{filing}/retry": {Bound, membersOnly},
	"GET /v1/filings":                                  {Permission(recordsPermission), everyone},
	"GET /v1/filings/{filing}":                         {Permission(recordsPermission), everyone},
	"POST /v1/filings/{filing}/replay":                 {Permission(recordsPermission), everyone},

	"GET /v1/threads/{thread}/decisions":                         {Bound, membersOnly},
	"POST /v1/threads/{thread}/decisions/{decision}/draft":       {Bound, membersOnly},
	"DELETE /v1/threads/{thread}/decisions/{decision}/draft":     {Bound, membersOnly},
	"POST /v1/threads/{thread}/decisions/{decision}/withdraw":    {Bound, membersOnly},
	"POST /v1/threads/{thread}/decisions/{decision}/countersign": {Bound, membersOnly},
	"GET /v1/worklist": {Bound, ownOnly}, // the ward's tells who is not in a conversation that there is a decision, whose and since when; the organisation's wants a permission
	"POST /v1/threads/{thread}/filings/{filing}/retraction": {Bound, membersOnly},

	"GET /v1/policies": {Bound, ownOnly},
	"GET /v1/policies/{policy}/versions/{version}":         {Bound, everyone},
	"POST /v1/policies/{policy}/versions/{version}/accept": {Bound, ownOnly},
	"POST /v1/policies/{policy}/versions/{version}/defer":  {Bound, ownOnly},

	"POST /v1/holds":                {Permission(informationGovernance), everyone},
	"GET /v1/holds":                 {Permission(informationGovernance), everyone},
	"POST /v1/holds/{hold}/release": {Permission(informationGovernance), everyone},
	"POST /v1/holds/drill":          {Permission(informationGovernance), everyone},

	"GET /v1/retention/classes":     {Bound, everyone},
	"GET /v1/retention/plan":        {Permission(informationGovernance), everyone},
	"GET /v1/retention/certificate": {Permission(informationGovernance), everyone},
}

// callers are the kinds of caller, each with the code that it is refused with at a need, or "" where it passes.
var callers = []struct {
	name    string
	cookie  bool
	session oneSession
	refused func(Need) string
}{
	{"anonymous", false, oneSession{}, func(n Need) string { return unless(n == Open, "not_signed_in") }},
	{"ended session", true, oneSession{err: identity.ErrNotSignedIn}, func(n Need) string { return unless(n == Open, "not_signed_in") }},
	{"locked session", true, oneSession{session: identity.Session{Device: id.Device{1}, Locked: true}},
		func(n Need) string { return unless(n == Open || n == AnySession, "session_locked") }},
	{"unbound session", true, oneSession{session: identity.Session{}},
		func(n Need) string { return unless(n == Open || n == AnySession || n == Unlocked, "device_needed") }},
	{"person without permissions", true, oneSession{session: identity.Session{Device: id.Device{1}}},
		func(n Need) string { return unless(n.permission() == "", "not_permitted") }},
}

func unless(passes bool, code string) string {
	if passes {
		return ""
	}
	return code
}

func TestR13_EveryRouteForEveryKindOfCaller(t *testing.T) {
	table := New(Options{}).table
	var names []string
	for _, r := range table {
		name := r.Method + " " + r.Path
		names = append(names, name)
		row, found := authorisation[name]
		if !found {
			t.Errorf("%s has no row in the authorisation table", name)
			continue
		}
		if row.need != r.Need || row.other == "" {
			t.Errorf("%s needs %q, its row says %q", name, r.Need, row.need)
		}
		for _, caller := range callers {
			if got, want := codeFor(t, caller.cookie, caller.session, r), caller.refused(r.Need); got != want {
				t.Errorf("%s by %s: %q instead of %q", name, caller.name, got, want)
			}
		}
		if name := r.Need.permission(); name != "" {
			granted := boundSession
			granted.Permissions = []string{name}
			if got := codeFor(t, true, oneSession{session: granted}, r); got != "" {
				t.Errorf("%s with the permission: %q", name, got)
			}
		}
	}
	for name := range authorisation {
		if !slices.Contains(names, name) {
			t.Errorf("the row %s has no route", name)
		}
	}
	for _, name := range operations(New(Options{}).huma.OpenAPI()) {
		if !slices.Contains(names, name) {
			t.Errorf("%s is in the document and was not declared with route()", name)
		}
	}
}

// codeFor is the code of an authorisation refusal, "" when the caller got past it: what happens after that has no rooms to run on.
func codeFor(t *testing.T, cookie bool, sessions oneSession, r declared) string {
	t.Helper()
	api := New(Options{Rooms: Rooms{Sessions: sessions}, Secure: true})
	path := parameter.ReplaceAllString(r.Path, "x")
	w := call(t, api, r.Method, path, "", func(q *http.Request) {
		if cookie {
			signedIn(q)
		}
	})
	for _, code := range []string{"not_signed_in", "session_locked", "device_needed", "not_permitted"} {
		if strings.Contains(w.Body.String(), `"code":"`+code+`"`) {
			return code
		}
	}
	return ""
}

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

package live_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread/threadtest"
)

// desk is a number as a page draws it.
func desk(letter string) string { return strings.Repeat(letter, 21) + "A" }

func (o *office) at(person *threadtest.Person, desk string) (*socket, *http.Response, error) {
	o.Helper()
	ticket, err := o.hub.Ticket(person.Actor())
	o.must(err)
	return o.dial(ticket+"&desk="+desk, "https://wardline.test")
}

func TestR22_TwoCopiesOfOneBrowserAreNoticed(t *testing.T) {
	o := newOffice(t)
	ann, ben := o.w.Enrol("Ann"), o.w.Enrol("Ben")
	session := ann.Actor().Session
	first, _, err := o.at(ann, desk("a"))
	o.must(err)
	_, _, err = o.at(ann, desk("a"))
	o.must(err) // the same page, again after a bad line
	second, _, err := o.at(ann, desk("b"))
	o.must(err)
	if got := first.until("resync"); got[len(got)-1].Type != "resync" {
		t.Error("the page before was not sent away")
	}
	if len(o.sessions.twice) != 0 {
		t.Fatal("a newer page is no copy")
	}
	_, response, err := o.at(ann, desk("a"))
	if err == nil || response.StatusCode != http.StatusUnauthorized {
		t.Fatalf("an earlier page came in after a later one: %v", err)
	}
	var problem struct{ Code string }
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil || problem.Code != "session_locked" {
		t.Errorf("answered %q, %v", problem.Code, err)
	}
	if !slices.Equal(o.sessions.twice, []id.Session{session}) {
		t.Errorf("noticed %v", o.sessions.twice)
	}
	// A program that says nothing, on a session that a page has used.
	for _, said := range []string{"", "short", desk("!")} {
		if _, _, err := o.at(ann, said); err == nil {
			t.Errorf("%q came in", said)
		}
	}
	if len(o.sessions.twice) != 4 {
		t.Errorf("noticed %d times", len(o.sessions.twice))
	}
	// A lock ends both, and then it begins anew.
	o.hub.SessionLocked(session)
	second.until("locked")
	_, _, err = o.at(ann, desk("a"))
	o.must(err)
	// Another session is not concerned, nor is a program of one's own that never says a number.
	o.connect(ben)
	o.connect(ben)
	if len(o.sessions.twice) != 4 {
		t.Error("somebody was accused")
	}
}

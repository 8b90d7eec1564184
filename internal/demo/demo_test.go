package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
)

func TestADemonstrationSurvivesARestart(t *testing.T) {
	o := Options{Data: t.TempDir(), Addr: "127.0.0.1:0", HospitalAddr: "127.0.0.1:0", Grace: time.Minute, Quiet: true}
	var links []string
	for range 2 {
		d, err := Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		var printed strings.Builder
		d.PrintPeople(&printed)
		for _, one := range d.People() {
			if one.Played {
				continue
			}
			if !strings.Contains(printed.String(), one.Link) || one.Link == "" {
				t.Errorf("%s has no link in the table", one.Name)
			}
			_, fragment, _ := strings.Cut(one.Link, "#")
			links = append(links, fragment)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	half := len(links) / 2
	for n := range half {
		if links[n] != links[half+n] {
			t.Errorf("a link changed over a restart: %s, %s", links[n], links[half+n])
		}
	}
}

func TestOneServerToADataDirectory(t *testing.T) {
	o := Options{Data: t.TempDir(), Addr: "127.0.0.1:0", HospitalAddr: "127.0.0.1:0", Grace: time.Minute, Quiet: true}
	first, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), o); fault.As(err).Code() != "data_in_use" {
		t.Errorf("a second server: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := Start(t.Context(), o)
	if err != nil {
		t.Fatalf("after the first one stopped: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestResetRefusesWhatIsNoDemonstration(t *testing.T) {
	dir := t.TempDir()
	if err := Reset(dir); err != nil {
		t.Errorf("an empty directory: %v", err)
	}
	d, err := Start(t.Context(), Options{Data: dir + "/d", Addr: "127.0.0.1:0", HospitalAddr: "127.0.0.1:0", Grace: time.Minute, Quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Reset(dir); err == nil {
		t.Error("a directory that merely has something in it was deleted")
	}
	if err := Reset(dir + "/d"); err != nil {
		t.Errorf("a demonstration: %v", err)
	}
}

func TestColleaguesTellTheirStoryAndTakeInWhoeverEnrols(t *testing.T) {
	o := Options{Data: t.TempDir(), Addr: "127.0.0.1:0", HospitalAddr: "127.0.0.1:0", Grace: time.Minute}
	d, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	c, err := client.New(client.Config{BaseURL: d.Origin()})
	if err != nil {
		t.Fatal(err)
	}
	anita := d.colleague("anita.patel")
	session, err := c.Enrol(t.Context(), anita.Link, "correct horse battery staple", func(string) (string, error) { return d.nextCode(anita), nil },
		client.DeviceOptions{NoticeAccepted: true})
	if err != nil {
		t.Fatal(err)
	}
	live, err := session.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	seen := map[envelope.Space]bool{}
	for event := range live.Events() {
		if event.Kind == client.EventRefused {
			t.Fatalf("refused: %v", event.Err)
		}
		threads, err := session.Threads()
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range threads {
			for _, message := range one.Messages {
				if message.State == client.Readable && message.Text != "" {
					seen[one.Space] = true
				}
			}
		}
		if seen[envelope.SpaceTeam] && seen[envelope.SpacePatient] && seen[envelope.SpaceDirect] {
			return
		}
	}
	t.Fatalf("the connection ended with %v seen", seen)
}

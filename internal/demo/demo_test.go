package demo

import (
	"strings"
	"testing"
	"time"
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

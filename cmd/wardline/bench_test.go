package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store/pgtest"
)

func TestBenchFilingMeasuresAndChecks(t *testing.T) {
	for _, row := range []struct{ path, database string }{{"iti-65", ""}, {"fhir", ""}, {"hl7", ""}, {"iti-65", pgtest.DSN(t)}} {
		kind := map[bool]string{true: "sqlite", false: "postgres"}[row.database == ""]
		t.Run(row.path+" "+kind, func(t *testing.T) {
			scratch := t.TempDir()
			args := []string{"bench", "filing", "--json", "--path", row.path, "--filings", "7", "--patients", "3", "--workers", "2", "--scratch", scratch,
				"--profile", filepath.Join(t.TempDir(), "profile")}
			if row.database != "" {
				args = append(args, "--database", row.database)
			}
			output, code := command(t, args...)
			_, text, _ := strings.Cut(output, "{")
			text = "{" + text[:strings.LastIndex(text, "}")+1]
			var report filingReport
			if err := json.Unmarshal([]byte(text), &report); code != 0 || err != nil {
				t.Fatalf("%d, %v: %s", code, err, output)
			}
			if report.Filings != 7 || report.Check != (filingCheck{Received: 7}) || report.Machine.Database != kind || report.Path != row.path {
				t.Errorf("%+v", report)
			}
			for what, value := range map[string]float64{
				"accepted": report.AcceptedPerSecond, "received": report.ReceivedPerSecond, "CPU": report.CPUSeconds, "hand-over": report.HandOver.P50,
				"to the receipt": report.ToReceipt.Max, "sync": report.Limits.Sync.P50, "commits": report.Limits.CommitsPerSecond,
				"exchanges": report.Limits.ExchangesPerSecond, "ratio": report.Ratios.ReceivedToCommits, "ratio of exchanges": report.Ratios.ReceivedToExchanges,
			} {
				if value <= 0 {
					t.Errorf("%s: %v", what, value)
				}
			}
			if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// TestBenchFilingEndsInTime: nothing is begun when the time is over, and what was not begun is not missed.
func TestBenchFilingEndsInTime(t *testing.T) {
	output, code := command(t, "bench", "filing", "--filings", "4", "--patients", "1", "--workers", "1", "--duration", "1ns", "--scratch", t.TempDir())
	if code != 0 || !strings.Contains(output, "0 decisions about 1 patients") {
		t.Errorf("%d %s", code, output)
	}
}

func TestBenchStaysOnThisMachineAndWithinItsBounds(t *testing.T) {
	filled := pgtest.DSN(t)
	if output, code := command(t, "bench", "filing", "--filings", "1", "--patients", "1", "--workers", "1", "--database", filled, "--scratch", t.TempDir()); code != 0 {
		t.Fatalf("%d %s", code, output)
	}
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"--addr", "0.0.0.0:0"}, "this machine only"},
		{[]string{"--addr", "wardline.example:8480"}, "this machine only"},
		{[]string{"--addr", ":8480"}, "this machine only"},
		{[]string{"--database", "postgres://db.internal/wardline"}, "this machine only"},
		{[]string{"--database", "postgres://127.0.0.1,db.internal/wardline"}, "this machine only"},
		{[]string{"--database", "postgres://127.0.0.1/wardline?host=db.internal"}, "this machine only"},
		{[]string{"--database", "postgres://127.0.0.1/wardline?service=hospital"}, "this machine only"},
		{[]string{"--database", "postgres:///wardline"}, "this machine only"},
		{[]string{"--database", "wardline.db"}, "this machine only"},
		{[]string{"--database", filled}, "something in this database already"},
		{[]string{"--filings", "0"}, "filings: from 1 to 100000"},
		{[]string{"--patients", "41"}, "patients: from 1 to"},
		{[]string{"--workers", "3", "--patients", "2"}, "workers: from 1 to 2"},
		{[]string{"--duration", "2h"}, "up to an hour"},
		{[]string{"--path", "fax"}, "must be one of"},
	} {
		scratch := t.TempDir()
		output, code := command(t, append([]string{"bench", "filing", "--scratch", scratch}, row.args...)...)
		if code == 0 || !strings.Contains(output, row.want) {
			t.Errorf("%v: %d %s", row.args, code, output)
		}
		if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
			t.Errorf("%v left behind %v, %v", row.args, left, err)
		}
	}
}

// TestBenchFilingMissesNothing: each way in which the record may differ is found.
func TestBenchFilingMissesNothing(t *testing.T) {
	one, two := id.Filing{1}, id.Filing{2}
	named := func(filing id.Filing, content byte) hospital.Filed {
		return hospital.Filed{Identifier: "urn:uuid:" + filing.String(), SHA256: [32]byte{content}}
	}
	said := func(state string) client.Filing { return client.Filing{State: state, FiledAt: 1000, ReceivedAt: 1250} }
	handed := map[id.Filing]id.Hash{one: {1}, two: {2}}
	both := map[id.Filing]client.Filing{one: said("received"), two: said("received")}
	good := []hospital.Filed{named(one, 1), named(two, 2)}
	for name, row := range map[string]struct {
		told  map[id.Filing]client.Filing
		there []hospital.Filed
		want  filingCheck
	}{
		"as it should be":              {both, good, filingCheck{Received: 2}},
		"lost":                         {both, good[:1], filingCheck{Received: 2, Lost: 1}},
		"lost, and nobody knows of it": {map[id.Filing]client.Filing{one: said("received")}, good[:1], filingCheck{Received: 1, Lost: 1}},
		"doubled":                      {both, append(good[:2:2], named(two, 2)), filingCheck{Received: 2, Doubled: 1}},
		"altered":                      {both, []hospital.Filed{good[0], named(two, 9)}, filingCheck{Received: 2, Altered: 1}},
		"somebody else's":              {both, append(good[:2:2], named(id.Filing{3}, 3)), filingCheck{Received: 2, Unknown: 1}},
		"on its way":                   {map[id.Filing]client.Filing{one: said("received"), two: said("filing")}, good[:1], filingCheck{Received: 1, Waiting: 1}},
		"refused":                      {map[id.Filing]client.Filing{one: said("received"), two: said("refused")}, good[:1], filingCheck{Received: 1, Refused: 1}},
	} {
		found, waits := judgeFilings(handed, row.told, row.there)
		if found != row.want || found.Good() != (name == "as it should be") || len(waits) != found.Received || waits[0] != 250*time.Millisecond {
			t.Errorf("%s: %+v, %v", name, found, waits)
		}
	}
}

func TestQuantiles(t *testing.T) {
	var times []time.Duration
	for n := range 200 {
		times = append(times, time.Duration(200-n)*time.Millisecond)
	}
	if got := quantilesOf(times); got != (quantiles{100, 190, 198, 200}) {
		t.Errorf("%+v", got)
	}
	if got := quantilesOf(times[:1]); got != (quantiles{200, 200, 200, 200}) || quantilesOf(nil) != (quantiles{}) {
		t.Errorf("%+v", got)
	}
}

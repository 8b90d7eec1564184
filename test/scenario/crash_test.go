package scenario_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/demo"
	"github.com/wardline/wardline/internal/demo/hospital"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/store/storetest"
	"github.com/wardline/wardline/internal/work"
)

// childVariable makes the test binary a server instead, so that it can be killed like one.
const childVariable = "WARDLINE_SCENARIO_SERVER"

// childConfig is what the parent tells the child.
type childConfig struct {
	Data, Database, Addr, HospitalAddr string
}

// childReady is what the child answers, as one line.
type childReady struct {
	Origin, Record string
	Links          map[string]string
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		if err := beServer(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func beServer(text string) error {
	var c childConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	d, err := demo.Start(ctx, demo.Options{
		Data: c.Data, Database: c.Database, Addr: c.Addr, HospitalAddr: c.HospitalAddr, Grace: time.Hour, Quiet: true, Lease: 2 * time.Second,
		Retry: work.Policy{First: 100 * time.Millisecond, Factor: 1.5, Max: 400 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	ready := childReady{Origin: d.Origin(), Record: d.Hospital().RecordURL(), Links: map[string]string{}}
	for _, one := range d.People() {
		ready.Links[one.UserName] = one.Link
	}
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return err
	}
	<-ctx.Done()
	return d.Close()
}

// victim is a server in a process of its own.
type victim struct {
	t      *testing.T
	config childConfig
	ready  childReady
	cmd    *exec.Cmd
}

func newVictim(t *testing.T, database string) *victim {
	t.Helper()
	if !strings.HasPrefix(database, "postgres") {
		database = ""
	}
	v := &victim{t: t, config: childConfig{Data: t.TempDir(), Database: database, Addr: freeAddr(t), HospitalAddr: freeAddr(t)}}
	v.start()
	t.Cleanup(v.kill)
	return v
}

func (v *victim) start() {
	v.t.Helper()
	text, err := json.Marshal(v.config)
	if err != nil {
		v.t.Fatal(err)
	}
	v.cmd = exec.Command(os.Args[0])
	v.cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	v.cmd.Stderr = os.Stderr
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		v.t.Fatalf("the server did not start: %v", err)
	}
	if err := json.Unmarshal([]byte(line), &v.ready); err != nil {
		v.t.Fatal(err)
	}
}

// kill is kill -9.
func (v *victim) kill() {
	_ = v.cmd.Process.Signal(syscall.SIGKILL) // it may be gone
	_ = v.cmd.Wait()
}

func freeAddr(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (v *victim) enrol(userName string) *client.Session {
	v.t.Helper()
	c, err := client.New(client.Config{BaseURL: v.ready.Origin, HTTPClient: &http.Client{Timeout: 5 * time.Second}})
	if err != nil {
		v.t.Fatal(err)
	}
	session, err := c.Enrol(v.t.Context(), v.ready.Links[userName], "a password of nobody at all", func(secret string) (string, error) {
		return client.TOTP(secret, time.Now())
	}, client.DeviceOptions{NoticeAccepted: true})
	if err != nil {
		v.t.Fatal(err)
	}
	if err := session.AcceptPolicies(v.t.Context()); err != nil {
		v.t.Fatal(err)
	}
	return session
}

// TestR01_KillInTheMiddleOfASend kills the server while messages are sent: what was acknowledged is there, what was not is sent once in the end.
func TestR01_KillInTheMiddleOfASend(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		v := newVictim(t, dsn)
		anita, grace := v.enrol("anita.patel"), v.enrol("grace.owusu")
		thread, err := anita.CreateDirect(t.Context(), grace.Person())
		if err != nil {
			t.Fatal(err)
		}
		said := map[id.Message]string{}
		for round := range 4 {
			var sent atomic.Int64
			go func() {
				for sent.Load() < int64(3+round) {
					time.Sleep(time.Millisecond)
				}
				v.kill()
			}()
			for number := 0; ; number++ {
				text := fmt.Sprintf("round %d, message %d", round, number)
				message, err := anita.Queue(t.Context(), thread, client.Draft{Text: text})
				if err != nil {
					break // the queue needs the server for a new epoch only: nothing was promised
				}
				said[message] = text
				if err := anita.Flush(t.Context(), thread); err != nil {
					break // killed: it stays in the outbox
				}
				sent.Add(1)
			}
			v.start()
			if err := anita.Flush(t.Context(), thread); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		if waiting := anita.Waiting(thread); len(waiting) != 0 {
			t.Fatalf("%d messages are still in the outbox", len(waiting))
		}
		if err := grace.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := grace.Thread(thread)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[id.Message]int{}
		for _, message := range got.Messages {
			if seen[message.ID]++; message.Text != said[message.ID] || message.State != client.Readable {
				t.Errorf("%q arrived as %q, %s", said[message.ID], message.Text, message.State)
			}
		}
		for message, text := range said {
			if seen[message] != 1 {
				t.Errorf("%q arrived %d times", text, seen[message])
			}
		}
		t.Logf("%d messages over 4 kills", len(said))
	})
}

// TestR19_KillInTheMiddleOfAFiling kills the server after a filing was taken, while it is on its way to the record.
func TestR19_KillInTheMiddleOfAFiling(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		v := newVictim(t, dsn)
		anita, grace := v.enrol("anita.patel"), v.enrol("grace.owusu")
		patient := hospital.Patients()[0]
		thread, err := anita.CreatePatient(t.Context(), client.Question{
			NHSNumber: patient.NHSNumber, Family: patient.Family, Given: patient.Given, BirthDate: patient.BirthDate,
		}, []id.Person{grace.Person()})
		if err != nil {
			t.Fatal(err)
		}
		for round, mode := range []hospital.RecordMode{hospital.RecordDelay, hospital.RecordDropAfter, hospital.RecordAccept} {
			v.mode(mode)
			decision, err := anita.Decide(t.Context(), thread, fmt.Sprintf("Decision %d", round), nil, nil, client.PatientCompared)
			if err != nil {
				t.Fatal(err)
			}
			document, err := anita.PrepareFiling(thread, decision.ID, nil, "")
			if err != nil {
				t.Fatal(err)
			}
			filing, err := anita.File(t.Context(), document, client.PatientCompared)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(round) * 15 * time.Millisecond)
			v.kill()
			v.start()
			v.mode(hospital.RecordAccept)
			v.received(anita, thread, filing.Filing)
			if copies := v.copies(filing.Filing); copies != 1 {
				t.Errorf("record %s: %d documents for one filing", mode, copies)
			}
		}
	})
}

func (v *victim) mode(mode hospital.RecordMode) {
	v.t.Helper()
	control := strings.TrimSuffix(v.ready.Record, "/record") + "/control/record"
	response, err := http.Post(control, "application/json", strings.NewReader(`{"mode":"`+string(mode)+`"}`))
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		v.t.Fatalf("POST %s: %s", control, response.Status)
	}
}

func (v *victim) received(session *client.Session, in id.Thread, filing id.Filing) {
	v.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		filings, err := session.Filings(v.t.Context(), in)
		if err != nil {
			v.t.Fatal(err)
		}
		for _, one := range filings {
			if one.Filing == filing && one.State == "received" {
				return
			}
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("no receipt: %+v", filings)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// copies asks the record itself how often it has the document.
func (v *victim) copies(filing id.Filing) int {
	v.t.Helper()
	response, err := http.Get(v.ready.Record + "/DocumentReference?identifier=" + url.QueryEscape("urn:uuid:"+filing.String()))
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	var bundle struct {
		Entry []json.RawMessage `json:"entry"`
	}
	if err := json.Unmarshal(body, &bundle); err != nil {
		v.t.Fatalf("%v: %.200s", err, body)
	}
	return len(bundle.Entry)
}

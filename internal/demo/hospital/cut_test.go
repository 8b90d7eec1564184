package hospital

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/ehr"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/mllp"
	"github.com/wardline/wardline/internal/pds"
	"github.com/wardline/wardline/internal/record"
)

// wire is what lies between Wardline and the hospital: bytes go through it as they are, until the answers are spoiled from one of them on.
type wire struct {
	net.Listener
	t  *testing.T
	to string

	mu    sync.Mutex
	after int                    // how many answers pass before one is spoiled
	spoil func([]byte, net.Conn) // is given an answer and the connection to Wardline, which is closed after it; nil passes everything
	held  chan struct{}
	all   sync.WaitGroup
}

func between(t *testing.T, to string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: listener, t: t, to: to, held: make(chan struct{})}
	w.all.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			w.all.Go(func() { w.carry(near) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		close(w.held)
		w.all.Wait()
	})
	return w
}

// set has answers spoiled, after so many that pass.
func (w *wire) set(after int, spoil func([]byte, net.Conn)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.after, w.spoil = after, spoil
}

// next is what happens to the next answer.
func (w *wire) next() func([]byte, net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.spoil == nil {
		return nil
	}
	if w.after--; w.after >= 0 {
		return nil
	}
	return w.spoil
}

// carry passes one connection on. The hospital writes each answer at once, and it fits into what is read of it.
func (w *wire) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer far.Close()
	w.all.Go(func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	})
	answer := make([]byte, 1<<20)
	for {
		n, err := far.Read(answer)
		if err != nil {
			return
		}
		if spoil := w.next(); spoil != nil {
			spoil(answer[:n], near)
			return
		}
		if _, err := near.Write(answer[:n]); err != nil {
			return
		}
	}
}

// spoilings are the ways in which an answer does not come as it was sent.
func (w *wire) spoilings() map[string]func([]byte, net.Conn) {
	part := func(of func(int) int) func([]byte, net.Conn) {
		return func(answer []byte, to net.Conn) { _, _ = to.Write(answer[:of(len(answer))]) }
	}
	return map[string]func([]byte, net.Conn){
		"cut before the first byte": part(func(int) int { return 0 }),
		"cut after the first byte":  part(func(int) int { return 1 }),
		"cut in the middle":         part(func(n int) int { return n / 2 }),
		"cut before the last byte":  part(func(n int) int { return n - 1 }),
		"garbage":                   func(_ []byte, to net.Conn) { _, _ = to.Write(bytes.Repeat([]byte{0x0b, 0xff, 0x00, 'G'}, 500)) },
		"garbage near its end": func(answer []byte, to net.Conn) { // where an acknowledgement says which message it is of
			copy(answer[max(len(answer)-20, 0):], "\x01\x01\x01\x01\x01\x01\x01\x01")
			_, _ = to.Write(answer)
		},
		"begun and not gone on with": func(answer []byte, to net.Conn) {
			_, _ = to.Write(answer[:len(answer)/2])
			<-w.held
		},
		"never begun": func([]byte, net.Conn) { <-w.held },
	}
}

// impatience is how long Wardline waits for what is held back, and patience for what comes: nothing is asserted of how long anything takes.
const (
	impatience = 250 * time.Millisecond
	patience   = time.Minute
)

// TestR19_H13_AnswersOfTheRecordThatAreCutSlowOrGarbage: whatever becomes of any of the answers on whichever path, there is no receipt, the filing is tried again, the error names
// nobody, and when the answers come whole the document is in the record exactly once.
func TestR19_H13_AnswersOfTheRecordThatAreCutSlowOrGarbage(t *testing.T) {
	for path, answers := range map[string]int{"iti-65": 4, "fhir": 5, "hl7": 1} { // the exchanges of a filing
		h, _ := overMessages(t)
		to := h.listener.Addr().String()
		if path == "hl7" {
			to = h.HL7Addr()
		}
		w := between(t, to)
		hasty, destination := throughWire(t, w, path, impatience), throughWire(t, w, path, patience)
		filed := 0
		for name, spoil := range w.spoilings() {
			for answer := range answers {
				t.Run(fmt.Sprintf("%s, answer %d, %s", path, answer+1, name), func(t *testing.T) {
					document := paper(t)
					w.set(answer, spoil)
					receipt, err := hasty.File(t.Context(), document)
					if err == nil || receipt != (record.Receipt{}) {
						t.Fatalf("a receipt: %+v, %v", receipt, err)
					}
					if kind := fault.As(err).Kind(); kind != fault.Unavailable && kind != fault.Upstream {
						t.Errorf("it is not tried again: %v", err)
					}
					for cause := err; cause != nil; cause = errors.Unwrap(cause) {
						if strings.Contains(cause.Error(), "9434765919") || strings.Contains(cause.Error(), "Smith") {
							t.Errorf("the error names the patient: %v", cause)
						}
					}
					w.set(0, nil)
					receipt, err = destination.File(t.Context(), document)
					if err != nil || receipt.Hash != sha256.Sum256(document.Bytes) {
						t.Fatalf("afterwards: %+v, %v", receipt, err)
					}
					filed++
					if got := len(h.Filed()); got != filed {
						t.Fatalf("%d documents in the record, and %d were filed", got, filed)
					}
				})
			}
		}
	}
}

// throughWire is the record as the server files to it, by one of the paths.
func throughWire(t *testing.T, w *wire, path string, timeout time.Duration) record.Destination {
	t.Helper()
	if path == "hl7" {
		destination, err := mllp.New(mllp.Config{
			Address: w.Addr().String(), Timeout: timeout, Sender: HL7Sender, Receiver: HL7Application, NHSNumberAuthority: HL7NHSAuthority,
			HospitalNumberAuthority: HL7HospitalAuthority, DocumentType: "PN", Clock: clock.NewManual(noon),
		})
		if err != nil {
			t.Fatal(err)
		}
		return destination
	}
	destination, err := ehr.New(ehr.Config{
		Path: ehr.Path(path), BaseURL: "http://" + w.Addr().String() + "/record", Timeout: timeout, HospitalNumberSystem: HospitalNumberSystem,
		Clock: clock.NewManual(noon),
	})
	if err != nil {
		t.Fatal(err)
	}
	return destination.ForRecord("RXX99")
}

// TestR11_H10_AnswersOfTheIndexThatAreCutSlowOrGarbage: nobody is identified, nobody is said not to exist, and nothing is taken for "no namesakes".
func TestR11_H10_AnswersOfTheIndexThatAreCutSlowOrGarbage(t *testing.T) {
	h := open(t, t.TempDir())
	w := between(t, h.listener.Addr().String())
	indexWaiting := func(timeout time.Duration) *pds.Index {
		index, err := pds.New(pds.Config{BaseURL: "http://" + w.Addr().String() + "/index", Timeout: timeout, HospitalNumberSystem: HospitalNumberSystem})
		if err != nil {
			t.Fatal(err)
		}
		return index
	}
	hasty, index := indexWaiting(impatience), indexWaiting(patience)
	asked := map[string]func(*pds.Index) (any, error){
		"a number": func(of *pds.Index) (any, error) {
			found, err := of.LookUp(t.Context(), number(t, "9434765919"))
			return found.Family, err
		},
		"namesakes": func(of *pds.Index) (any, error) {
			found, err := of.Search(t.Context(), pds.Query{Family: "Smith", BirthDate: born(t, "1954-03-12")})
			return len(found), err
		},
	}
	for what, ask := range asked {
		for name, spoil := range w.spoilings() {
			t.Run(what+" "+name, func(t *testing.T) {
				w.set(0, spoil)
				if found, err := ask(hasty); !errors.Is(err, pds.ErrUnavailable) || found != "" && found != 0 {
					t.Errorf("%v, %v", found, err)
				}
				w.set(0, nil)
				if found, err := ask(index); err != nil || found == "" || found == 0 {
					t.Errorf("afterwards: %v, %v", found, err)
				}
			})
		}
	}
}

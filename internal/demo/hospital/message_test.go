package hospital

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/mllp"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/record"
)

// overMessages is a hospital that hears HL7, and Wardline's adapter for it.
func overMessages(t *testing.T) (*Hospital, *mllp.Destination) {
	t.Helper()
	h, err := Start(t.Context(), Config{Addr: "127.0.0.1:0", HL7: "127.0.0.1:0", Dir: t.TempDir(), Clock: clock.NewManual(noon)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	destination, err := mllp.New(mllp.Config{
		Address: h.HL7Addr(), Timeout: 5 * time.Second, Sender: HL7Sender, Receiver: HL7Application, NHSNumberAuthority: HL7NHSAuthority,
		HospitalNumberAuthority: HL7HospitalAuthority, DocumentType: "PN", Clock: clock.NewManual(noon),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, destination
}

func paper(t *testing.T) record.Document {
	t.Helper()
	d := decision(t)
	return record.Document{
		Filing: d.Filing, NHSNumber: d.NHSNumber, HospitalNumber: d.HospitalNumber, Name: d.PatientName, Born: d.BirthDate, Title: d.Title, Bytes: d.Bytes,
		Author: record.Clinician{Person: d.Author.Person, Name: d.Author.Name, Role: d.Author.Role}, DecidedAt: d.CreatedAt, FiledAt: d.SubmittedAt,
	}
}

func TestR11_ATemporaryIdentityOverHL7(t *testing.T) {
	h, destination := overMessages(t)
	document := paper(t)
	document.NHSNumber, document.Born, document.HospitalNumber, document.Name = nhs.Number{}, nhs.BirthDate{}, "N0099001", nhs.Name{Family: "Unknown", Given: "Kestrel"}
	if _, err := destination.File(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	if filed := h.Filed(); len(filed) != 1 || filed[0].Patient != "N0099001" {
		t.Errorf("%+v", filed)
	}
	if err := h.Merge("N0099001", "9992716363"); err != nil {
		t.Fatal(err)
	}
	document.Filing[0]++
	if _, err := destination.File(t.Context(), document); !errors.Is(err, mllp.ErrRefused) {
		t.Errorf("under a number that was merged meanwhile: %v", err)
	}
}

func TestR19_ThroughEveryFaultOfTheRecordOverHL7(t *testing.T) {
	for _, c := range []struct {
		mode    RecordMode
		want    *fault.Error
		arrived int
	}{
		{RecordRefuse, mllp.ErrRefused, 0}, {RecordDropBefore, mllp.ErrUnavailable, 0}, {RecordDropAfter, mllp.ErrUnavailable, 1},
		{RecordDown, mllp.ErrUnavailable, 0}, {RecordGarbage, mllp.ErrUnintelligible, 0}, {RecordDelay, mllp.ErrUnavailable, 1},
		{RecordFalseReceipt, mllp.ErrNoReceipt, 0},
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			h, destination := overMessages(t)
			document := paper(t)
			if err := h.SetRecordMode(c.mode); err != nil {
				t.Fatal(err)
			}
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			switch c.mode {
			case RecordDelay:
				h.shelf.stored = giveUp
			case RecordFalseReceipt: // it goes on waiting for the application
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
				defer cancel()
			}
			if _, err := destination.File(ctx, document); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if got := len(h.Filed()); got != c.arrived {
				t.Errorf("%d arrived", got)
			}
			if err := h.SetRecordMode(RecordAccept); err != nil {
				t.Fatal(err)
			}
			receipt, err := destination.File(t.Context(), document)
			if err != nil || receipt.Hash != sha256.Sum256(document.Bytes) {
				t.Errorf("afterwards: %+v, %v", receipt, err)
			}
			filed := h.Filed()
			if len(filed) != 1 || filed[0].Patient != "9434765919" || filed[0].SHA256 != sha256.Sum256(document.Bytes) || filed[0].Title != document.Title {
				t.Errorf("in the record: %+v", filed)
			}
		})
	}
}

func TestEnteredInErrorAndReplacedOverHL7(t *testing.T) {
	h, destination := overMessages(t)
	first, second := paper(t), paper(t)
	second.Replaces = first.Filing
	for _, document := range []record.Document{first, second} {
		if _, err := destination.File(t.Context(), document); err != nil {
			t.Fatal(err)
		}
	}
	kept, _ := h.shelf.find("2")
	if relates := kept.Reference.RelatesTo; len(relates) != 1 || relates[0].Target.Identifier.Value != "urn:uuid:"+first.Filing.String() {
		t.Errorf("%+v", relates)
	}
	if err := destination.Retract(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if kept, _ := h.shelf.find("1"); kept.Reference.Status != "entered-in-error" {
		t.Errorf("%+v", kept.Reference)
	}
	unknown := first
	unknown.Filing = id.Filing{7}
	if err := destination.Retract(t.Context(), unknown); !errors.Is(err, mllp.ErrRefused) {
		t.Errorf("what was never filed: %v", err)
	}
}

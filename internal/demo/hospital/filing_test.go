package hospital

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/ehr"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/fhir"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/record"
)

// recordOfHospital is Wardline's adapter, configured for the hospital as for a real one.
func recordOfHospital(t *testing.T, h *Hospital) *ehr.Destination {
	t.Helper()
	return recordByPath(t, h, ehr.ITI65)
}

func recordByPath(t *testing.T, h *Hospital, path ehr.Path) *ehr.Destination {
	t.Helper()
	destination, err := ehr.New(ehr.Config{Path: path, BaseURL: h.RecordURL(), HospitalNumberSystem: HospitalNumberSystem, Clock: clock.NewManual(noon)})
	if err != nil {
		t.Fatal(err)
	}
	return destination
}

var filings = id.NewSource(clock.System{})

// decision is a document about John Smith with a filing of its own.
func decision(t *testing.T) ehr.Document {
	t.Helper()
	return ehr.Document{
		Filing: id.New[id.Filing](filings), NHSNumber: number(t, "9434765919"), HospitalNumber: "N0041192",
		PatientName: nhs.Name{Family: "Smith", Given: "John", Title: "Mr"}, BirthDate: born(t, "1954-03-12"),
		Title: "Change to IV flucloxacillin", ContentType: "text/html",
		Bytes:        []byte("<!doctype html><html lang=en-GB><title>Clinical decision</title><p>Change to IV flucloxacillin 2\u00a0g four times a day."),
		Author:       ehr.Author{Person: id.New[id.Person](filings), Name: "Dr Anita Patel", Role: "Medical Registrar"},
		Organisation: "RXX01", CreatedAt: noon.Add(-time.Hour), SubmittedAt: noon,
	}
}

func TestR18_FiledReadBackAndReceived(t *testing.T) {
	h := open(t, t.TempDir())
	record := recordOfHospital(t, h)
	document := decision(t)
	if _, err := record.ReadBack(t.Context(), document.Expected()); !errors.Is(err, ehr.ErrNotInRecord) {
		t.Fatalf("before filing: %v", err)
	}
	submitted, err := record.File(t.Context(), document)
	if err != nil || submitted.Existing || submitted.Document != "DocumentReference/1" {
		t.Fatalf("submitted %+v: %v", submitted, err)
	}
	receipt, err := record.ReadBack(t.Context(), document.Expected())
	if err != nil {
		t.Fatal(err)
	}
	want := ehr.Receipt{Reference: "DOC-7741-2093", Document: "DocumentReference/1", Hash: sha256.Sum256(document.Bytes), At: noon}
	if receipt != want {
		t.Errorf("receipt %+v, want %+v", receipt, want)
	}
	filed := h.Filed()
	if len(filed) != 1 || filed[0].Patient != "9434765919" || filed[0].Author != "Dr Anita Patel" || filed[0].Identifier != ehr.Identifier(document.Filing) ||
		filed[0].SHA256 != sha256.Sum256(document.Bytes) {
		t.Errorf("in the record: %+v", filed)
	}
}

func TestR19_ARepeatedFilingIsFiledOnce(t *testing.T) {
	h := open(t, t.TempDir())
	document := decision(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := recordOfHospital(t, h).File(context.WithoutCancel(t.Context()), document); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	submitted, err := recordOfHospital(t, h).File(t.Context(), document)
	if err != nil || !submitted.Existing {
		t.Errorf("the ninth attempt: %+v, %v", submitted, err)
	}
	if filed := h.Filed(); len(filed) != 1 {
		t.Errorf("%d documents in the record", len(filed))
	}
}

func TestR19_TheRecordSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	document := decision(t)
	if _, err := recordOfHospital(t, h).File(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	_ = h.Close()
	again := open(t, dir)
	receipt, err := recordOfHospital(t, again).ReadBack(t.Context(), document.Expected())
	if err != nil || receipt.Reference != "DOC-7741-2093" {
		t.Fatalf("after a restart: %+v, %v", receipt, err)
	}
	second := decision(t)
	if _, err := recordOfHospital(t, again).File(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	receipt, err = recordOfHospital(t, again).ReadBack(t.Context(), second.Expected())
	if err != nil || receipt.Reference != "DOC-7741-2094" {
		t.Errorf("the next number: %+v, %v", receipt, err)
	}
}

func TestR19_ThroughEveryFaultOfTheRecord(t *testing.T) {
	cases := []struct {
		mode       RecordMode
		file       *fault.Error // what File says, nil for accepted
		kind       fault.Kind
		arrived    int // documents in the record afterwards
		readBack   *fault.Error
		afterwards bool // whether a second attempt, the fault over, ends in a receipt
	}{
		{RecordRefuse, ehr.ErrRefused, fault.Invalid, 0, ehr.ErrNotInRecord, true},
		{RecordDelay, ehr.ErrUnavailable, fault.Unavailable, 1, nil, true},
		{RecordDropBefore, ehr.ErrUnavailable, fault.Unavailable, 0, ehr.ErrNotInRecord, true},
		{RecordDropAfter, ehr.ErrUnavailable, fault.Unavailable, 1, nil, true},
		{RecordDown, ehr.ErrUnavailable, fault.Unavailable, 0, ehr.ErrUnavailable, true},
		{RecordGarbage, ehr.ErrUnintelligible, fault.Upstream, 0, ehr.ErrUnintelligible, true},
		{RecordFalseReceipt, nil, 0, 0, ehr.ErrNotInRecord, true},
		{RecordAlter, nil, 0, 1, ehr.ErrMismatch, false},
		{RecordMisfile, nil, 0, 1, ehr.ErrMismatch, false},
	}
	for n := range 2 * len(cases) {
		c, path := cases[n/2], []ehr.Path{ehr.ITI65, ehr.Plain}[n%2]
		t.Run(string(c.mode)+" "+string(path), func(t *testing.T) {
			h := open(t, t.TempDir())
			record, document := recordByPath(t, h, path), decision(t)
			if err := h.SetRecordMode(c.mode); err != nil {
				t.Fatal(err)
			}
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			if c.mode == RecordDelay {
				h.shelf.stored = giveUp // the document has arrived, the hospital's clock stands still: the caller gives up waiting
			}
			_, err := record.File(ctx, document)
			if c.file == nil {
				if err != nil {
					t.Errorf("File: %v", err)
				}
			} else if !errors.Is(err, c.file) || fault.As(err).Kind() != c.kind {
				t.Errorf("File: %v, want %v", err, c.file)
			}
			if got := len(h.Filed()); got != c.arrived {
				t.Errorf("%d documents arrived, want %d", got, c.arrived)
			}
			_, err = record.ReadBack(t.Context(), document.Expected())
			if c.readBack == nil {
				if err != nil {
					t.Errorf("ReadBack: %v", err)
				}
			} else if !errors.Is(err, c.readBack) {
				t.Errorf("ReadBack: %v, want %v", err, c.readBack)
			}
			if err != nil && strings.Contains(err.Error(), "9434765919") {
				t.Errorf("the error names the patient: %v", err)
			}

			if err := h.SetRecordMode(RecordAccept); err != nil {
				t.Fatal(err)
			}
			if _, err := record.File(t.Context(), document); err != nil {
				t.Errorf("File again: %v", err)
			}
			receipt, err := record.ReadBack(t.Context(), document.Expected())
			if got := err == nil && receipt.Reference == "DOC-7741-2093"; got != c.afterwards {
				t.Errorf("a receipt afterwards: %v (%v)", got, err)
			}
			if got := len(h.Filed()); got != 1 {
				t.Errorf("%d documents in the end", got)
			}
		})
	}
}

func TestH13_AFalseReceiptIsNotAReceipt(t *testing.T) {
	h := open(t, t.TempDir())
	record, document := recordOfHospital(t, h), decision(t)
	if err := h.SetRecordMode(RecordFalseReceipt); err != nil {
		t.Fatal(err)
	}
	submitted, err := record.File(t.Context(), document)
	if err != nil || submitted.Document == "" {
		t.Fatalf("the record should claim to have it: %+v, %v", submitted, err)
	}
	if receipt, err := record.ReadBack(t.Context(), document.Expected()); !errors.Is(err, ehr.ErrNotInRecord) || receipt != (ehr.Receipt{}) {
		t.Errorf("receipt %+v, %v", receipt, err)
	}
}

func TestH12_AMisfiledDocumentGetsNoReceipt(t *testing.T) {
	h := open(t, t.TempDir())
	record, document := recordOfHospital(t, h), decision(t)
	if err := h.SetRecordMode(RecordMisfile); err != nil {
		t.Fatal(err)
	}
	if _, err := record.File(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	_, err := record.ReadBack(t.Context(), document.Expected())
	if !errors.Is(err, ehr.ErrMismatch) || fault.As(err).Details()["what"] != "patient" {
		t.Errorf("error %v, details %v", err, fault.As(err).Details())
	}
}

func TestR19_TheReasonOfARefusalReachesAPerson(t *testing.T) {
	h := open(t, t.TempDir())
	record := recordOfHospital(t, h)
	refused := func(document ehr.Document) string {
		t.Helper()
		_, err := record.File(t.Context(), document)
		if !errors.Is(err, ehr.ErrRefused) {
			t.Fatalf("error = %v", err)
		}
		reason, _ := fault.As(err).Details()["reason"].(string)
		return reason
	}
	if err := h.SetRecordMode(RecordRefuse); err != nil {
		t.Fatal(err)
	}
	if reason := refused(decision(t)); reason != refusal {
		t.Errorf("reason %q", reason)
	}
	if err := h.SetRefusal("<b>No\nway</b>\u202e " + strings.Repeat("x", 1000)); err != nil {
		t.Fatal(err)
	}
	if reason := refused(decision(t)); len([]rune(reason)) > 300 || !strings.HasPrefix(reason, "<b>No way</b> xxx") {
		t.Errorf("reason %q", reason)
	}
	if err := h.SetRecordMode(RecordAccept); err != nil {
		t.Fatal(err)
	}
	stranger := decision(t)
	stranger.NHSNumber = number(t, "9995446391")
	if reason := refused(stranger); !strings.Contains(reason, "no patient with that number") {
		t.Errorf("reason %q", reason)
	}
}

func TestR18_TheRecordAsTheRecordRoomFilesToIt(t *testing.T) {
	h := open(t, t.TempDir())
	d := decision(t)
	paper := record.Document{
		Filing: d.Filing, NHSNumber: d.NHSNumber, Name: d.PatientName, Born: d.BirthDate, Title: d.Title, Bytes: d.Bytes,
		Author: record.Clinician{Person: d.Author.Person, Name: d.Author.Name, Role: d.Author.Role}, DecidedAt: d.CreatedAt, FiledAt: d.SubmittedAt,
	}
	destination := recordOfHospital(t, h).ForRecord("RXX01")
	if err := h.SetRecordMode(RecordFalseReceipt); err != nil {
		t.Fatal(err)
	}
	if receipt, err := destination.File(t.Context(), paper); fault.As(err).Kind() != fault.Unavailable || fault.As(err).Code() != "record_lost_it" {
		t.Errorf("a false receipt: %+v, %v", receipt, err)
	}
	if err := h.SetRecordMode(RecordAccept); err != nil {
		t.Fatal(err)
	}
	receipt, err := destination.File(t.Context(), paper)
	if want := (record.Receipt{Reference: "DOC-7741-2093", Hash: sha256.Sum256(d.Bytes), At: noon, Proof: record.ReadBack}); err != nil || receipt != want {
		t.Errorf("%+v, %v", receipt, err)
	}
	if filed := h.Filed(); len(filed) != 1 || filed[0].Title != d.Title || filed[0].Author != d.Author.Name {
		t.Errorf("%+v", filed)
	}
}

func TestR11_FilingForATemporaryIdentity(t *testing.T) {
	h := open(t, t.TempDir())
	record, document := recordOfHospital(t, h), decision(t)
	document.NHSNumber, document.HospitalNumber = nhs.Number{}, "N0099001"
	document.PatientName, document.BirthDate = nhs.Name{Family: "Unknown", Given: "Kestrel"}, nhs.BirthDate{}
	if _, err := record.File(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	if _, err := record.ReadBack(t.Context(), document.Expected()); err != nil {
		t.Error(err)
	}
	other := document.Expected()
	other.HospitalNumber = "N0099002"
	if _, err := record.ReadBack(t.Context(), other); !errors.Is(err, ehr.ErrMismatch) {
		t.Errorf("read back as somebody else's: %v", err)
	}
}

func TestR19_AnIncompleteDocumentIsNotSent(t *testing.T) {
	h := open(t, t.TempDir())
	document := decision(t)
	document.Bytes = nil
	if _, err := recordOfHospital(t, h).File(t.Context(), document); !errors.Is(err, ehr.ErrIncomplete) || len(h.Filed()) != 0 {
		t.Errorf("error %v, %d filed", err, len(h.Filed()))
	}
}

func TestRecordChecksWhatItIsSent(t *testing.T) {
	h := open(t, t.TempDir())
	for name, body := range map[string]string{
		"nothing":       ``,
		"another thing": `{"resourceType":"Patient"}`,
		"no parts":      `{"resourceType":"Bundle","type":"transaction"}`,
		"not a POST":    `{"resourceType":"Bundle","type":"transaction","entry":[{},{},{}]}`,
	} {
		response, text := page(t, http.MethodPost, h.RecordURL(), strings.NewReader(body), http.Header{"Content-Type": {"application/fhir+json"}})
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(text, "OperationOutcome") {
			t.Errorf("%s: %d %s", name, response.StatusCode, text)
		}
	}
}

func TestRecordRefusesBytesOtherThanThoseDescribed(t *testing.T) {
	h := open(t, t.TempDir())
	bundle, err := fhir.ProvideBundle(fhir.Provision{
		Identifier: "urn:uuid:0198c1de-0000-7000-8000-000000000001", Title: "Decision", ContentType: "text/html", Document: []byte("<p>2 g"),
		Patient: fhir.ProvisionPatient{NHSNumber: "9434765919"}, Author: fhir.ProvisionAuthor{Name: "Dr Anita Patel", PersonID: "1"},
		ODS: "RXX01", Created: noon, Submitted: noon,
	})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := json.Marshal(bundle)
	if err != nil {
		t.Fatal(err)
	}
	coded := func(document string) string { return base64.StdEncoding.EncodeToString([]byte(document)) }
	spoilt := strings.Replace(string(sent), coded("<p>2 g"), coded("<p>1 g"), 1)
	header := http.Header{"Content-Type": {"application/fhir+json"}}
	if response, text := page(t, http.MethodPost, h.RecordURL(), strings.NewReader(spoilt), header); response.StatusCode != http.StatusBadRequest || len(h.Filed()) != 0 {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	if response, text := page(t, http.MethodPost, h.RecordURL(), bytes.NewReader(sent), header); response.StatusCode != http.StatusOK || len(h.Filed()) != 1 {
		t.Errorf("%d %s", response.StatusCode, text)
	}
}

func TestFiledDocumentsAreShownShutOff(t *testing.T) {
	h := open(t, t.TempDir())
	document := decision(t)
	document.Title = `<script>alert(1)</script>`
	document.Bytes = []byte(`<!doctype html><p>Decision<script>alert(1)</script>`)
	if _, err := recordOfHospital(t, h).File(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	_, text := page(t, http.MethodGet, h.URL()+"/", nil, nil)
	if !strings.Contains(text, "DOC-7741-2093") || !strings.Contains(text, "/documents/1") || strings.Contains(text, "<script>") {
		t.Error("the list does not show the document, or does not escape it")
	}
	response, text := page(t, http.MethodGet, h.URL()+"/documents/1", nil, nil)
	if !bytes.Equal([]byte(text), document.Bytes) {
		t.Errorf("shown: %s", text)
	}
	if policy := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox; default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
	if response, _ := page(t, http.MethodGet, h.URL()+"/documents/2", nil, nil); response.StatusCode != http.StatusNotFound {
		t.Errorf("a document that is not there: %d", response.StatusCode)
	}
}

func TestR19_PlainResourcesAreFiledOnceAndReadBack(t *testing.T) {
	h := open(t, t.TempDir())
	record, document := recordByPath(t, h, ehr.Plain), decision(t)
	submitted, err := record.File(t.Context(), document)
	if err != nil || submitted.Existing || submitted.Document != "DocumentReference/1" {
		t.Fatalf("%+v, %v", submitted, err)
	}
	if submitted, err = record.File(t.Context(), document); err != nil || !submitted.Existing {
		t.Fatalf("again: %+v, %v", submitted, err)
	}
	receipt, err := record.ReadBack(t.Context(), document.Expected())
	if err != nil || receipt.Hash != sha256.Sum256(document.Bytes) {
		t.Errorf("%+v, %v", receipt, err)
	}
	// Two servers at once, which both found nothing there.
	second := decision(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := recordByPath(t, h, ehr.Plain).File(context.WithoutCancel(t.Context()), second); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if filed := h.Filed(); len(filed) != 2 {
		t.Errorf("%d documents in the record", len(filed))
	}
}

func TestACorrectionReplacesTheDocumentInTheRecord(t *testing.T) {
	for _, path := range []ehr.Path{ehr.ITI65, ehr.Plain} {
		h := open(t, t.TempDir())
		record, first, second := recordByPath(t, h, path), decision(t), decision(t)
		second.Replaces = first.Filing
		if _, err := record.File(t.Context(), second); !errors.Is(err, ehr.ErrNothingToReplace) || len(h.Filed()) != 0 {
			t.Fatalf("%s: a correction of nothing: %v", path, err)
		}
		for _, document := range []ehr.Document{first, second} {
			if _, err := record.File(t.Context(), document); err != nil {
				t.Fatal(err)
			}
		}
		kept, _ := h.shelf.find("2")
		if relates := kept.Reference.RelatesTo; len(relates) != 1 || relates[0].Code != "replaces" || relates[0].Target.Reference != "DocumentReference/1" {
			t.Errorf("%s: %+v", path, relates)
		}
		if err := record.Retract(t.Context(), first.Filing); err != nil {
			t.Fatal(err)
		}
		documents := h.shelf.all()
		replaced := replacements(documents)
		if status := documents[0].status(replaced["1"]); status != "Entered in error. Replaced by DOC-7741-2094" {
			t.Errorf("%s: the document that was replaced is %q", path, status)
		}
		if status := documents[1].status(replaced["2"]); status != "Current" {
			t.Errorf("%s: the correction is %q", path, status)
		}
	}
}

func TestEnteredInErrorIsMarkedAndReadBack(t *testing.T) {
	h := open(t, t.TempDir())
	destination, document := recordOfHospital(t, h), decision(t)
	if err := destination.Retract(t.Context(), document.Filing); !errors.Is(err, ehr.ErrNotInRecord) {
		t.Fatalf("what was never filed: %v", err)
	}
	if _, err := destination.File(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mode RecordMode
		want *fault.Error
	}{
		{RecordDown, ehr.ErrUnavailable}, {RecordGarbage, ehr.ErrUnintelligible}, {RecordDropBefore, ehr.ErrUnavailable}, {RecordRefuse, ehr.ErrRefused},
		{RecordFalseReceipt, ehr.ErrUnavailable},
	} {
		if err := h.SetRecordMode(c.mode); err != nil {
			t.Fatal(err)
		}
		if err := destination.Retract(t.Context(), document.Filing); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.mode, err)
		}
		if kept, _ := h.shelf.find("1"); kept.Reference.Status != "current" {
			t.Errorf("%s: the document is %s", c.mode, kept.Reference.Status)
		}
	}
	if err := h.SetRecordMode(RecordDropAfter); err != nil {
		t.Fatal(err)
	}
	if err := destination.Retract(t.Context(), document.Filing); !errors.Is(err, ehr.ErrUnavailable) {
		t.Errorf("an answer that was lost: %v", err)
	}
	if err := h.SetRecordMode(RecordAccept); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := destination.Retract(t.Context(), document.Filing); err != nil {
			t.Error(err)
		}
	}
	kept, _ := h.shelf.find("1")
	if kept.Reference.Status != "entered-in-error" || kept.Reference.Meta.VersionID != "2" || len(kept.Reference.Contained) != 2 {
		t.Errorf("%+v", kept.Reference)
	}
	if _, err := destination.ReadBack(t.Context(), document.Expected()); !errors.Is(err, ehr.ErrMismatch) {
		t.Errorf("a receipt for a withdrawn document: %v", err)
	}
}

func TestAWithdrawalDoesNotOverwriteAnotherChange(t *testing.T) {
	h := open(t, t.TempDir())
	destination, document := recordOfHospital(t, h), decision(t)
	if _, err := destination.File(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	kept, _ := h.shelf.find("1")
	sent := *kept.Reference
	sent.Status = "entered-in-error"
	body, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/fhir+json"}, "If-Match": {`W/"7"`}}
	if response, _ := page(t, http.MethodPut, h.RecordURL()+"/DocumentReference/1", bytes.NewReader(body), header); response.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("%d", response.StatusCode)
	}
}

func TestAPDFBesideTheDocumentIsReadBackToo(t *testing.T) {
	h := open(t, t.TempDir())
	record, document := recordByPath(t, h, ehr.Plain), decision(t)
	document.PDF = []byte("%PDF-1.7 the same words")
	if _, err := record.File(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	if _, err := record.ReadBack(t.Context(), document.Expected()); err != nil {
		t.Error(err)
	}
	other := document
	other.PDF = []byte("%PDF-1.7 other words")
	if _, err := record.ReadBack(t.Context(), other.Expected()); !errors.Is(err, ehr.ErrMismatch) || fault.As(err).Details()["what"] != "pdf" {
		t.Errorf("another PDF: %v", err)
	}
	other.PDF = nil
	if _, err := record.ReadBack(t.Context(), other.Expected()); !errors.Is(err, ehr.ErrUnintelligible) {
		t.Errorf("a rendering that nobody sent: %v", err)
	}
}

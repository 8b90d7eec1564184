package httpapi

import (
	"context"
	"strings"
	"testing"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
)

type decisionRoom = Decisions

// inTheRecord is a decision room where the record has every decision.
type inTheRecord struct{ decisionRoom }

func (inTheRecord) Withdraw(_ context.Context, _ record.Clinician, in id.Thread, decision id.Message, w record.Withdrawal) (record.Decision, error) {
	now := record.Decision{Thread: in, Message: decision, Stage: record.InRecord}
	next, _, err := now.TakenBack(w.Reason, now.ChangedAt)
	return next, err
}

// TestR12_WithdrawingWhatIsInTheRecordIsAConflict: with a sentence that says what to do instead; an error is still an error.
func TestR12_WithdrawingWhatIsInTheRecordIsAConflict(t *testing.T) {
	api := New(Options{Rooms: Rooms{Sessions: oneSession{session: boundSession}, Decisions: inTheRecord{}}, Secure: true})
	path := "/v1/threads/" + id.Thread{1}.String() + "/decisions/" + id.Message{2}.String() + "/withdraw"
	w := call(t, api, "POST", path, `{"act":"`+id.Message{3}.String()+`","reason":"withdrawn"}`, signedIn)
	if w.Code != 409 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	p := problemOf(t, w)
	detail, _ := p["detail"].(string)
	if p["code"] != "decision_filed" || p["from"] != "received" || !strings.Contains(detail, "correction") || !strings.Contains(detail, "entered in error") {
		t.Errorf("%v", p)
	}
	for _, reason := range []string{"error", "wrong-patient"} {
		if w := call(t, api, "POST", path, `{"act":"`+id.Message{3}.String()+`","reason":"`+reason+`"}`, signedIn); w.Code != 200 {
			t.Errorf("%s: %d %s", reason, w.Code, w.Body)
		}
	}
}

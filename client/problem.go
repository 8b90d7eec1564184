package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Problem is an answer that says no: an RFC 9457 problem document.
type Problem struct {
	Status int
	// Code is stable, for programs.
	Code   string
	Title  string
	Detail string // a sentence for a person
	// RetryAfter is how long to wait; zero when the server did not say.
	RetryAfter time.Duration
	// Extensions are the further members, as in the epoch beside stale_epoch.
	Extensions map[string]json.RawMessage
}

// Error implements error.
func (p *Problem) Error() string { return fmt.Sprintf("%s (%d): %s", p.Code, p.Status, p.Detail) }

// Extension reads one of the further members.
func (p *Problem) Extension(name string, into any) bool {
	raw, ok := p.Extensions[name]
	return ok && json.Unmarshal(raw, into) == nil
}

// Unanswered says that there was no answer, or one that says nothing: the request may or may not have been carried out.
type Unanswered struct{ Err error }

// Error implements error.
func (u *Unanswered) Error() string { return "no answer: " + u.Err.Error() }

// Unwrap gives the cause.
func (u *Unanswered) Unwrap() error { return u.Err }

// Stopped is what this client does not send, by a rule of its own.
type Stopped struct {
	Code   string
	Detail string
}

// Error implements error.
func (s *Stopped) Error() string { return s.Code + ": " + s.Detail }

// Is matches the same code, whatever the detail.
func (s *Stopped) Is(target error) bool {
	other, ok := target.(*Stopped)
	return ok && other.Code == s.Code
}

// The rules.
var (
	// ErrOtherPatient: a valid NHS number that is not this thread's patient's (R11).
	ErrOtherPatient = &Stopped{"other_patient", "the text has the NHS number of another patient"}
	// ErrNumberOutside: a valid NHS number outside a patient thread (R37).
	ErrNumberOutside = &Stopped{"number_outside", "the text has an NHS number, and this is no patient's thread"}
	// ErrLocked: the keys are gone until the password is given.
	ErrLocked = &Stopped{"locked", "the session is locked"}
	// ErrEnded: the session is over.
	ErrEnded = &Stopped{"ended", "the session is over"}
	// ErrThreadUnknown: no such thread has been synced.
	ErrThreadUnknown = &Stopped{"thread_unknown", "no such thread here"}
	// ErrThreadFrozen: the thread contradicts itself, or what was seen of it before. See [Session.GoOn].
	ErrThreadFrozen = &Stopped{"thread_frozen", "the thread contradicts itself, and nothing is sent in it"}
	// ErrNotFrozen: the thread is in order.
	ErrNotFrozen = &Stopped{"not_frozen", "the thread is in order"}
	// ErrMessageUnknown: no such message that can be read.
	ErrMessageUnknown = &Stopped{"message_unknown", "no such message that can be read here"}
	// ErrNotEnrolled: a person without keys cannot be in a thread.
	ErrNotEnrolled = &Stopped{"not_enrolled", "this person has no keys yet"}
	// ErrMismatch: the identifiers do not agree with the index.
	ErrMismatch = &Stopped{"mismatch", "the three identifiers do not all agree with the patient index"}
	// ErrUnlockerUnknown: the vault lists no such unlocker.
	ErrUnlockerUnknown = &Stopped{"unlocker_unknown", "the vault lists no such unlocker"}
	// ErrText: not a text that can be sent.
	ErrText = &Stopped{"text", "the text is empty, too long or not text"}
	// ErrHiddenMark: a text with a character that nobody sees and that changes what is read.
	ErrHiddenMark = &Stopped{"hidden_mark", "the text has a hidden character that changes the direction of reading"}
	// ErrDecisionFiled: the record has the decision, or may have it soon. It is corrected, or was an error; it is not withdrawn.
	ErrDecisionFiled = &Stopped{"decision_filed", "the record has this decision, or it is on its way: correct it, or say that it was entered in error"}
	// ErrForm: a form that nobody knows, or whose parts are not the words of the decision.
	ErrForm = &Stopped{"form", "the form breaks the rules of forms"}
)

// CodeOf is the stable code of an error: a problem's, a refusal's or a rule's; empty for anything else.
func CodeOf(err error) string {
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem.Code
	}
	if stopped, ok := errors.AsType[*Stopped](err); ok {
		return stopped.Code
	}
	return string(envelope.CodeOf(err))
}

// ThreadError says in which thread something was refused. The others are as they should be.
type ThreadError struct {
	Thread id.Thread
	Err    error
}

// Error implements error.
func (t *ThreadError) Error() string { return "thread " + t.Thread.String() + ": " + t.Err.Error() }

// Unwrap gives the cause.
func (t *ThreadError) Unwrap() error { return t.Err }

// uncertain says whether the request may have been carried out all the same.
func uncertain(err error) bool {
	if _, ok := errors.AsType[*Unanswered](err); ok {
		return true
	}
	problem, ok := errors.AsType[*Problem](err)
	return ok && problem.Status >= http.StatusInternalServerError
}

func hasCode(err error, codes ...string) bool {
	problem, ok := errors.AsType[*Problem](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if problem.Code == code {
			return true
		}
	}
	return false
}

func refuse(code envelope.Code, detail string) error {
	return &envelope.Refusal{Code: code, Detail: detail}
}

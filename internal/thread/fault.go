package thread

import (
	"errors"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
)

// What this room refuses. What the envelope package refuses keeps that package's code.
var (
	// ErrUnknown is the answer for a thread that does not exist, and the same for one that is not the caller's to know of.
	ErrUnknown = fault.New(fault.NotFound, "thread_unknown", "There is no such conversation.")
	// ErrMessageUnknown: the log of the thread has no such message.
	ErrMessageUnknown = fault.New(fault.NotFound, "message_unknown", "There is no such message.")
	// ErrExists: a thread of this id exists, and was made of other bytes.
	ErrExists = fault.New(fault.Conflict, "thread_exists", "That conversation exists already.")
	// ErrDirectExists: two people have one direct thread. The detail "thread" names it.
	ErrDirectExists = fault.New(fault.Conflict, "direct_exists", "You two have a conversation already.")
	// ErrMoved: the membership log has an entry that the caller did not know. The details say where it is now.
	ErrMoved = fault.New(fault.Stale, "membership_moved", "The members have changed. Please try again.")
	// ErrEpochTaken: somebody else made this epoch. The detail "epoch" is the present one.
	ErrEpochTaken = fault.New(fault.Stale, "epoch_taken", "Somebody else renewed the keys first. Please try again.")
	// ErrStaleEpoch: the message is sealed under an epoch that is over. The detail "epoch" is the present one.
	ErrStaleEpoch = fault.New(fault.Stale, "stale_epoch", "The keys have been renewed. Please try again.")
	// ErrLinkNeeded: a patient thread whose beginning names no patient.
	ErrLinkNeeded = fault.New(fault.Invalid, "link_needed", "A patient conversation begins with its patient. Please look the patient up first.")
	// ErrLinkUnproved: the server did not sign the assertion that the link names, for this thread and person.
	ErrLinkUnproved = fault.New(fault.Invalid, "link_unproved", "This patient was not looked up for this conversation.")
	// ErrWrongSender: the object names another person or device than the session's.
	ErrWrongSender = fault.New(fault.Forbidden, "wrong_sender", "This was signed by somebody else, or on another device, so it was not taken. Please load the page again.")
	// ErrMayNotPost: a reader, or a member where only owners write, or a standby member.
	ErrMayNotPost = fault.New(fault.Forbidden, "may_not_post", "You can read here, but not write.")
	// ErrMessageDiffers: a message of this id was accepted, and it was another one.
	ErrMessageDiffers = fault.New(fault.Conflict, "message_differs", "Another message was sent under this number.")
	// ErrOutOfOrder: the message does not follow the device's last one. The details say which that is.
	ErrOutOfOrder = fault.New(fault.Conflict, "device_order", "An earlier message from this device is missing. Please try again.")
	// ErrNotHere: the space does not carry this, such as a decision without a patient, or urgency among friends.
	ErrNotHere = fault.New(fault.Invalid, "not_in_this_space", "This kind of message does not belong in this conversation.")
	// ErrClass: the retention class is shorter than the thread's, or the space does not have it.
	ErrClass = fault.New(fault.Invalid, "retention_class", "This message would be kept for a shorter time than its conversation, or in a way that is not known here, so it was not taken.")
	// ErrWrongHalf: the shred half is not the one that the header commits to.
	ErrWrongHalf = fault.New(fault.Invalid, "wrong_half", "The message arrived damaged, so it was not taken. Please send it again.")
	// ErrTooLarge: above the size that the protocol allows.
	ErrTooLarge = fault.New(fault.TooLarge, "message_too_large", "This message is too long.")
	// ErrFuture: the author's clock is a day or more ahead.
	ErrFuture = fault.New(fault.Invalid, "clock_ahead", "This device's clock is wrong. Please set it right.")
	// ErrEnvelopesWrong: the envelopes are not exactly those of the record.
	ErrEnvelopesWrong = fault.New(fault.Invalid, "wrong_envelopes", "The keys of this conversation did not arrive complete. Please try again.")

	// ErrAlreadyThere is between the room and its store: the very message is in the log.
	ErrAlreadyThere = errors.New("thread: the message is there already")
)

// Moved is ErrMoved with where the membership log is.
func Moved(s State) error {
	return ErrMoved.With("membershipSeq", s.MembershipSeq).With("membershipHead", s.MembershipHead.Bytes())
}

// EpochTaken is ErrEpochTaken with the present epoch.
func EpochTaken(s State) error { return ErrEpochTaken.With("epoch", s.Epoch) }

func staleEpoch(s State) error { return ErrStaleEpoch.With("epoch", s.Epoch) }

// refusal turns what the envelope package refuses into a fault of the same code.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	code := envelope.CodeOf(err)
	if code == "" {
		return err
	}
	kind := fault.Invalid
	switch code {
	case envelope.NotEntitled, envelope.RevokedDevice:
		kind = fault.Forbidden
	case envelope.StaleEpoch, envelope.RolledBack, envelope.BrokenChain:
		kind = fault.Stale
	}
	return fault.New(kind, string(code), "This was refused because it does not follow the rules of this conversation.").Because(err)
}

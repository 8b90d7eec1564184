package store

import (
	"fmt"
	"time"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

const stateColumns = `t.thread, t.space, t.name, t.add_by, t.post_by, t.retention, t.creator, t.seq, t.log_hash, t.membership_seq,
	t.membership_head, t.epoch, t.record, t.epoch_membership_seq, t.epoch_issued, t.epoch_messages, t.epoch_stale, t.link_tag, t.link_assertion, t.link_seq, t.quarantined_seq,
	t.members`

// stateFields are where stateColumns go.
func stateFields(s *thread.State) []any {
	return []any{&s.Thread, (*uint8)(&s.Space), &s.Name, (*uint8)(&s.AddBy), (*uint8)(&s.PostBy), &s.Retention, &s.Creator, &s.Seq, &s.LogHash,
		&s.MembershipSeq, &s.MembershipHead, &s.Epoch, &s.Record, &s.EpochMembershipSeq, (*storedTime)(&s.EpochIssued), &s.EpochMessages,
		&s.EpochStale, &s.Link.Tag, &s.Link.Assertion, &s.LinkSeq, &s.Quarantined, &s.Members}
}

// storedTime reads a BIGINT column of milliseconds into a time.
type storedTime time.Time

// Scan implements sql.Scanner.
func (m *storedTime) Scan(source any) error {
	ms, ok := source.(int64)
	if !ok {
		return fmt.Errorf("store: a time of type %T", source)
	}
	*m = storedTime(time.UnixMilli(ms).UTC())
	return nil
}

func threadState(v *View, in id.Thread) (thread.State, error) {
	var s thread.State
	err := v.Row(`SELECT `+stateColumns+` FROM thread t WHERE t.thread = $1`, in).Scan(stateFields(&s)...)
	return s, unknownThread(err)
}

const memberColumns = `m.person, m.member_role, m.identity, m.standby, m.history, m.until_at, m.joined_seq, m.left_seq, m.left_at,
	m.left_log_hash, m.left_membership_seq, m.left_membership_head, m.left_epoch, m.left_members`

// memberRow is a member's columns, all of which are NULL where an outer join found none.
type memberRow struct {
	person                                  id.Person
	identity, leftLogHash, leftHead         id.Hash
	memberRole                              *uint8
	standby, history                        *bool
	until, leftAt                           *int64
	joined, left                            *uint64
	leftMembershipSeq, leftEpoch, leftCount *uint32
}

func (r *memberRow) fields() []any {
	return []any{&r.person, &r.memberRole, &r.identity, &r.standby, &r.history, &r.until, &r.joined, &r.left, &r.leftAt, &r.leftLogHash,
		&r.leftMembershipSeq, &r.leftHead, &r.leftEpoch, &r.leftCount}
}

func (r *memberRow) member() thread.Member {
	if r.memberRole == nil {
		return thread.Member{}
	}
	m := thread.Member{
		Person: r.person, MemberRole: envelope.ThreadRole(*r.memberRole), Identity: r.identity, Standby: *r.standby, History: *r.history,
		JoinedSeq: *r.joined,
	}
	if *r.until != 0 {
		m.Until = time.UnixMilli(*r.until).UTC()
	}
	if r.left != nil {
		m.Left = &thread.Left{
			Seq: *r.left, At: time.UnixMilli(*r.leftAt).UTC(), LogHash: r.leftLogHash, MembershipSeq: *r.leftMembershipSeq,
			MembershipHead: r.leftHead, Epoch: *r.leftEpoch, Members: int(*r.leftCount),
		}
	}
	return m
}

func scanMember(row Scanner) (thread.Member, error) {
	var r memberRow
	if err := row.Scan(r.fields()...); err != nil {
		return thread.Member{}, err
	}
	return r.member(), nil
}

func currentMembers(v *View, in id.Thread) ([]thread.Member, error) {
	return many(v, scanMember, `SELECT `+memberColumns+` FROM thread_member m WHERE m.thread = $1 AND m.left_seq IS NULL ORDER BY m.person`, in)
}

func untilMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

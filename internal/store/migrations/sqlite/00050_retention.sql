-- +goose Up

-- The class of each message, by which it goes when nobody decided anything about it. A sweep's seen_seq is up to where it answered for the thread.
ALTER TABLE thread_log ADD COLUMN retention SMALLINT;
ALTER TABLE thread_log ADD COLUMN seen_seq BIGINT;
UPDATE thread_log SET retention = 1 WHERE kind = 4; -- all that any client has sent
CREATE INDEX thread_log_due ON thread_log (retention, at) WHERE state = 0 AND retention IS NOT NULL;
CREATE INDEX thread_log_decision ON thread_log (thread, seq) WHERE content = 2;
CREATE INDEX thread_log_sweep ON thread_log (thread, seen_seq) WHERE content = 10;
CREATE INDEX thread_log_quarantine ON thread_log (thread) WHERE content = 11;
CREATE INDEX filing_source_message ON filing_source (message);
CREATE INDEX filing_waiting ON filing (eligible_at) WHERE state = 3 AND destroyed_at = 0;

-- Periods that the organisation has set; the last row of a class and space counts. 0 days is "kept".
CREATE TABLE retention_period (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    class  SMALLINT NOT NULL,
    space  SMALLINT NOT NULL,
    days   BIGINT   NOT NULL,
    reason TEXT     NOT NULL,
    set_by BYTEA    NOT NULL,
    set_at BIGINT   NOT NULL
);

-- One act of destruction within one thread. subject names its leaves in the audit log; digest is over its tombstones, in the second leaf.
CREATE TABLE disposal (
    disposal BYTEA    NOT NULL PRIMARY KEY,
    thread   BYTEA    NOT NULL,
    reason   SMALLINT NOT NULL, -- tombstone.reason
    filing   BYTEA    NOT NULL, -- zero when it went by its class
    class    SMALLINT NOT NULL,
    space    SMALLINT NOT NULL,
    days     BIGINT   NOT NULL, -- the period that was over
    began_at BIGINT   NOT NULL,
    done_at  BIGINT   NOT NULL, -- 0: begun only
    messages BIGINT   NOT NULL,
    subject  BYTEA    NOT NULL
);
CREATE INDEX disposal_thread ON disposal (thread, done_at);
CREATE INDEX disposal_filing ON disposal (filing);
CREATE INDEX disposal_done ON disposal (done_at);
CREATE INDEX disposal_begun ON disposal (began_at) WHERE done_at = 0;
ALTER TABLE destruction ADD COLUMN disposal BYTEA;
CREATE INDEX destruction_disposal ON destruction (disposal);
CREATE INDEX destruction_thread ON destruction (thread, done_at);
CREATE INDEX audit_event_disposal ON audit_event (subject) WHERE kind = 1284;

-- What filings destroyed before there were disposals, each under the filing's own id.
INSERT INTO disposal (disposal, thread, reason, filing, class, space, days, began_at, done_at, messages, subject)
    SELECT f.filing, f.thread, 1, f.filing, 0, 1, 0, MIN(x.at), f.destroyed_at, COUNT(*), f.filing
    FROM destruction x JOIN filing f ON f.filing = x.filing WHERE x.reason = 1 GROUP BY f.filing, f.thread, f.destroyed_at;
UPDATE destruction SET disposal = filing WHERE reason = 1;

-- +goose Up

-- Each decision of a patient thread, and where it stands: record.Stage. Times are 0 and ids NULL for "not yet".
CREATE TABLE decision (
    thread             BYTEA    NOT NULL REFERENCES thread,
    message            BYTEA    NOT NULL,
    entry              BYTEA    NOT NULL,
    seq                BIGINT   NOT NULL,
    marked_by          BYTEA    NOT NULL,
    marked_at          BIGINT   NOT NULL,
    urgency            SMALLINT NOT NULL,
    stage              SMALLINT NOT NULL,
    changed_at         BIGINT   NOT NULL,
    owner              BYTEA    NOT NULL,
    deputy             BYTEA,
    due_at             BIGINT   NOT NULL,
    reminders          BIGINT   NOT NULL,
    drafted_by         BYTEA,
    drafted_at         BIGINT   NOT NULL,
    filing             BYTEA,
    countersign_wanted BOOLEAN  NOT NULL,
    countersign_by     BYTEA,
    countersigned_by   BYTEA,
    countersigned_at   BIGINT   NOT NULL,
    corrects           BYTEA,
    corrected_by       BYTEA,
    act                BYTEA,
    reason             TEXT     NOT NULL,
    PRIMARY KEY (thread, message)
);
-- The worklists: 1 marked, 2 drafted, 3 filed, 8 refused are outstanding.
CREATE INDEX decision_outstanding ON decision (urgency, marked_at, message) WHERE stage IN (1, 2, 3, 8);
CREATE INDEX decision_owner ON decision (owner) WHERE stage IN (1, 2, 3, 8);
CREATE INDEX decision_deputy ON decision (deputy) WHERE stage IN (1, 2, 3, 8);
CREATE INDEX decision_countersign ON decision (countersign_by) WHERE countersign_wanted AND countersigned_at = 0;

-- How far the record has been told that a document was entered in error: record.Retraction.
ALTER TABLE filing ADD COLUMN retraction SMALLINT NOT NULL DEFAULT 0;

-- Decisions from before: the newest filing says where each stands. Those that are outstanding become due when the server starts.
INSERT INTO decision (thread, message, entry, seq, marked_by, marked_at, urgency, stage, changed_at, owner, due_at, reminders, drafted_at, filing,
    countersign_wanted, countersigned_at, reason)
SELECT l.thread, l.message, l.entry, l.seq, l.person, l.at, 1,
    CASE WHEN f.filing IS NULL THEN 1 WHEN f.destroyed_at > 0 THEN 7 WHEN f.state = 3 THEN 4 WHEN f.state IN (4, 5) THEN 8 ELSE 3 END,
    l.at, l.person, l.at + 14400000, 0, 0, f.filing, FALSE, 0, ''
FROM thread_log l
LEFT JOIN filing f ON f.thread = l.thread AND f.decision = l.message
    AND NOT EXISTS (SELECT 1 FROM filing later WHERE later.thread = f.thread AND later.decision = f.decision
        AND (later.filed_at > f.filed_at OR later.filed_at = f.filed_at AND later.filing > f.filing))
WHERE l.content = 2;

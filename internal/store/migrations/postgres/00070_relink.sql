-- +goose Up

-- The assertion whose place one takes; NULL for the first of a thread.
ALTER TABLE patient_assertion ADD COLUMN continues BYTEA;

-- Every link that a thread ever had. seq is its entry in the log, 0 where the thread was made with it. The thread's row has the present one; a hold by
-- patient covers a thread by any, and a document that was filed under an earlier one can be taken back.
CREATE TABLE thread_link (
    thread    BYTEA  NOT NULL REFERENCES thread,
    seq       BIGINT NOT NULL,
    tag       BYTEA  NOT NULL,
    assertion BYTEA  NOT NULL,
    PRIMARY KEY (thread, seq)
);
CREATE INDEX thread_link_by_tag ON thread_link (tag, thread);
INSERT INTO thread_link (thread, seq, tag, assertion)
    SELECT thread, link_seq, link_tag, link_assertion FROM thread WHERE link_tag IS NOT NULL AND link_assertion IS NOT NULL;
DROP INDEX thread_link_tag;

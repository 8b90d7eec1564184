-- +goose Up

-- Who confirmed the patient's identity when, is in the log: header.kind 13 is confirm. It counts from the thread's present link on;
-- link_seq is that link's seq where the thread was linked again later, 0 where it was linked when it was made.
CREATE INDEX thread_log_confirm ON thread_log (thread, person, at) WHERE content = 13;
ALTER TABLE thread ADD COLUMN link_seq BIGINT NOT NULL DEFAULT 0;

-- A thread that is linked to the wrong patient: the message that said so first. 0 in the others.
ALTER TABLE thread ADD COLUMN quarantined_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE thread ADD COLUMN quarantined_at BIGINT NOT NULL DEFAULT 0;

-- Whom a quarantine concerns: everybody who was ever in the thread, until they have taken note.
CREATE TABLE quarantine_reader (
    thread          BYTEA  NOT NULL REFERENCES thread,
    person          BYTEA  NOT NULL,
    told_at         BIGINT NOT NULL,
    acknowledged_at BIGINT NOT NULL, -- 0: not yet
    message         BYTEA, -- the act that says so; NULL where it was said without one, by somebody who may not write
    PRIMARY KEY (thread, person)
);
CREATE INDEX quarantine_reader_person ON quarantine_reader (person) WHERE acknowledged_at = 0;

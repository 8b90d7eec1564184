-- +goose Up

-- A hold covers a message when every scope that it has does: a thread, a patient by keyed tags, a person by every thread that they are or were in,
-- a time. lead is the narrowest of them, by which it is found: 1 thread, 2 patient, 3 neither.
CREATE TABLE hold_scoped (
    hold           BYTEA    NOT NULL PRIMARY KEY,
    thread         BYTEA    REFERENCES thread,
    reason         TEXT     NOT NULL,
    placed_by      BYTEA    NOT NULL,
    placed_at      BIGINT   NOT NULL,
    released_by    BYTEA,
    released_at    BIGINT,
    release_reason TEXT     NOT NULL,
    lead           SMALLINT NOT NULL DEFAULT 1,
    patient        BOOLEAN  NOT NULL DEFAULT FALSE,
    person         BYTEA,
    from_at        BIGINT   NOT NULL DEFAULT 0, -- 0: no beginning
    until_at       BIGINT   NOT NULL DEFAULT 0, -- 0: no end
    requester      TEXT     NOT NULL DEFAULT '', -- who asked for it
    covered        BIGINT   NOT NULL DEFAULT 0 -- messages that it covered when it was placed
);
INSERT INTO hold_scoped SELECT hold, thread, reason, placed_by, placed_at, released_by, released_at, release_reason, 1, FALSE, NULL, 0, 0, '',
    (SELECT COUNT(*) FROM thread_log l WHERE l.thread = hold.thread AND l.kind = 4 AND l.state = 0) FROM hold;
DROP TABLE hold;
ALTER TABLE hold_scoped RENAME TO hold;
CREATE INDEX hold_thread ON hold (thread) WHERE released_at IS NULL;
CREATE INDEX hold_wide ON hold (lead) WHERE released_at IS NULL;

-- The patient of a hold under every version of the index key, and under the numbers that were replaced. The number itself is nowhere.
CREATE TABLE hold_tag (
    tag  BYTEA NOT NULL,
    hold BYTEA NOT NULL,
    PRIMARY KEY (tag, hold)
);
CREATE INDEX hold_tag_hold ON hold_tag (hold);
CREATE INDEX thread_link_tag ON thread (link_tag) WHERE link_tag IS NOT NULL;

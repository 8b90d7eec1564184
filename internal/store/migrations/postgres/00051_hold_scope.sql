-- +goose Up

-- A hold covers a message when every scope that it has does: a thread, a patient by keyed tags, a person by every thread that they are or were in,
-- a time. lead is the narrowest of them, by which it is found: 1 thread, 2 patient, 3 neither.
ALTER TABLE hold ALTER COLUMN thread DROP NOT NULL;
ALTER TABLE hold ADD COLUMN lead SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE hold ADD COLUMN patient BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE hold ADD COLUMN person BYTEA;
ALTER TABLE hold ADD COLUMN from_at BIGINT NOT NULL DEFAULT 0;  -- 0: no beginning
ALTER TABLE hold ADD COLUMN until_at BIGINT NOT NULL DEFAULT 0; -- 0: no end
ALTER TABLE hold ADD COLUMN requester TEXT NOT NULL DEFAULT ''; -- who asked for it
ALTER TABLE hold ADD COLUMN covered BIGINT NOT NULL DEFAULT 0;  -- messages that it covered when it was placed
UPDATE hold SET covered = (SELECT COUNT(*) FROM thread_log l WHERE l.thread = hold.thread AND l.kind = 4 AND l.state = 0);
CREATE INDEX hold_wide ON hold (lead) WHERE released_at IS NULL;

-- The patient of a hold under every version of the index key, and under the numbers that were replaced. The number itself is nowhere.
CREATE TABLE hold_tag (
    tag  BYTEA NOT NULL,
    hold BYTEA NOT NULL,
    PRIMARY KEY (tag, hold)
);
CREATE INDEX hold_tag_hold ON hold_tag (hold);
CREATE INDEX thread_link_tag ON thread (link_tag) WHERE link_tag IS NOT NULL;

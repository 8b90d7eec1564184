-- +goose Up

-- A thread and where it stands. Everything but the rules of its creation follows from thread_log and is kept
-- here so that one row answers "what comes next".
CREATE TABLE thread (
    thread               BYTEA    NOT NULL PRIMARY KEY,
    space                SMALLINT NOT NULL,
    name                 TEXT     NOT NULL,
    add_by               SMALLINT NOT NULL,
    post_by              SMALLINT NOT NULL,
    retention            SMALLINT NOT NULL,
    creator              BYTEA    NOT NULL,
    created_at           BIGINT   NOT NULL,
    seq                  BIGINT   NOT NULL,
    log_hash             BYTEA    NOT NULL,
    membership_seq       BIGINT   NOT NULL,
    membership_head      BYTEA    NOT NULL,
    epoch                BIGINT   NOT NULL, -- 0 before the first
    record               BYTEA,             -- the hash of the current epoch's record
    epoch_membership_seq BIGINT   NOT NULL,
    epoch_issued         BIGINT   NOT NULL,
    epoch_messages       BIGINT   NOT NULL, -- sent under it
    epoch_stale          BOOLEAN  NOT NULL, -- a listed person's keys have moved on
    members              BIGINT   NOT NULL,
    direct_pair          BYTEA    UNIQUE,   -- both people of a direct thread, the lower id first
    link_tag             BYTEA,
    link_assertion       BYTEA,
    last_at              BIGINT   NOT NULL,
    last_kind            SMALLINT NOT NULL
);

-- The one log of a thread: create, membership entries, epoch records and messages. The columns from message on
-- are those of messages only. A message goes from state 0 (live) through 1 (destroying) to 2 (destroyed), when
-- body becomes its tombstone; seq, entry and log_hash stay for ever.
CREATE TABLE thread_log (
    thread     BYTEA    NOT NULL REFERENCES thread,
    seq        BIGINT   NOT NULL,
    kind       SMALLINT NOT NULL, -- log-entry.kind: 1 create, 2 membership, 3 epoch, 4 message
    at         BIGINT   NOT NULL,
    entry      BYTEA    NOT NULL,
    log_hash   BYTEA    NOT NULL,
    state      SMALLINT NOT NULL DEFAULT 0,
    message    BYTEA,
    person     BYTEA,
    device     BYTEA,
    device_seq BIGINT,
    epoch      BIGINT,
    sent_at    BIGINT,   -- the author's own time
    content    SMALLINT, -- header.kind
    unfiled    BOOLEAN  NOT NULL DEFAULT FALSE, -- a decision that the record does not hold yet
    commitment BYTEA,    -- header.shredCommit: names the half in the shred store
    body       BYTEA    NOT NULL,
    PRIMARY KEY (thread, seq)
);
CREATE UNIQUE INDEX thread_log_message ON thread_log (thread, message) WHERE message IS NOT NULL;
CREATE INDEX thread_log_unfiled ON thread_log (thread) WHERE unfiled;
CREATE INDEX thread_log_membership ON thread_log (thread, seq) WHERE kind <= 2;

-- Who is, or was, in a thread: follows from the membership entries, written in the transaction of each.
-- The left columns are the head as it was at the removal, which is all that a former member is told.
CREATE TABLE thread_member (
    thread               BYTEA    NOT NULL REFERENCES thread,
    person               BYTEA    NOT NULL,
    member_role          SMALLINT NOT NULL,
    identity             BYTEA    NOT NULL, -- the identity key's hash that the log pinned
    standby              BOOLEAN  NOT NULL,
    history              BOOLEAN  NOT NULL,
    until_at             BIGINT   NOT NULL, -- 0: no end
    joined_seq           BIGINT   NOT NULL,
    joined_at            BIGINT   NOT NULL,
    reached_seq          BIGINT   NOT NULL DEFAULT 0,
    reached_at           BIGINT   NOT NULL DEFAULT 0,
    seen_seq             BIGINT   NOT NULL DEFAULT 0,
    seen_at              BIGINT   NOT NULL DEFAULT 0,
    left_seq             BIGINT,
    left_at              BIGINT,
    left_log_hash        BYTEA,
    left_membership_seq  BIGINT,
    left_membership_head BYTEA,
    left_epoch           BIGINT,
    left_members         BIGINT,
    PRIMARY KEY (thread, person)
);
CREATE INDEX thread_member_person ON thread_member (person);

-- What was last accepted from each device in a thread: the end of its own chain of messages (0 and NULL before the
-- first), and its last entry of any kind, which a revocation names.
CREATE TABLE thread_device (
    thread     BYTEA  NOT NULL REFERENCES thread,
    device     BYTEA  NOT NULL,
    device_seq BIGINT NOT NULL,
    message    BYTEA,
    entry      BYTEA  NOT NULL,
    PRIMARY KEY (thread, device)
);
CREATE INDEX thread_device_device ON thread_device (device);

-- Epochs; the record itself is thread_log.body at seq.
CREATE TABLE thread_epoch (
    thread       BYTEA  NOT NULL REFERENCES thread,
    epoch        BIGINT NOT NULL,
    seq          BIGINT NOT NULL,
    record       BYTEA  NOT NULL,
    sealed_state BYTEA  NOT NULL,
    PRIMARY KEY (thread, epoch)
);

-- One envelope for each member and each seat of an epoch, with its path to the record's envelope root.
CREATE TABLE thread_envelope (
    thread    BYTEA    NOT NULL,
    epoch     BIGINT   NOT NULL,
    recipient BYTEA    NOT NULL,
    purpose   SMALLINT NOT NULL,
    envelope  BYTEA    NOT NULL,
    proof     BYTEA    NOT NULL,
    PRIMARY KEY (thread, epoch, recipient),
    FOREIGN KEY (thread, epoch) REFERENCES thread_epoch (thread, epoch)
);

-- Earlier epochs given to a member who was added with history. envelopes is the objects one after another.
CREATE TABLE thread_grant (
    thread    BYTEA  NOT NULL REFERENCES thread,
    hash      BYTEA  NOT NULL,
    target    BYTEA  NOT NULL,
    at        BIGINT NOT NULL,
    granted   BYTEA  NOT NULL,
    envelopes BYTEA  NOT NULL,
    PRIMARY KEY (thread, hash)
);
CREATE INDEX thread_grant_target ON thread_grant (thread, target);

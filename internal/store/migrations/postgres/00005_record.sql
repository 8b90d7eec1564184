-- +goose Up

-- Filings. sealed is the document and the patient's identity under the filing key, NULL from the receipt on.
CREATE TABLE filing (
    filing        BYTEA    NOT NULL PRIMARY KEY,
    thread        BYTEA    NOT NULL REFERENCES thread,
    decision      BYTEA    NOT NULL,
    state         SMALLINT NOT NULL, -- 1 waiting, 2 filing, 3 received, 4 refused, 5 failed
    code          TEXT     NOT NULL,
    reason        TEXT     NOT NULL,
    reference     TEXT     NOT NULL,
    document_hash BYTEA    NOT NULL,
    filed_by      BYTEA    NOT NULL,
    filed_at      BIGINT   NOT NULL,
    received_at   BIGINT   NOT NULL, -- 0: not yet; the same for the times that follow
    eligible_at   BIGINT   NOT NULL,
    destroyed_at  BIGINT   NOT NULL,
    next_try_at   BIGINT   NOT NULL,
    attempts      BIGINT   NOT NULL,
    sealed        BYTEA
);
CREATE INDEX filing_thread ON filing (thread, filed_at);
CREATE UNIQUE INDEX filing_decision ON filing (thread, decision) WHERE state <= 3;

CREATE TABLE filing_source (
    filing  BYTEA  NOT NULL REFERENCES filing,
    place   BIGINT NOT NULL,
    message BYTEA  NOT NULL,
    entry   BYTEA  NOT NULL,
    PRIMARY KEY (filing, place)
);

-- While a hold is not released nothing of its thread is destroyed.
CREATE TABLE hold (
    hold           BYTEA  NOT NULL PRIMARY KEY,
    thread         BYTEA  NOT NULL REFERENCES thread,
    reason         TEXT   NOT NULL,
    placed_by      BYTEA  NOT NULL,
    placed_at      BIGINT NOT NULL,
    released_by    BYTEA,
    released_at    BIGINT,
    release_reason TEXT   NOT NULL
);
CREATE INDEX hold_thread ON hold (thread) WHERE released_at IS NULL;

-- The destruction ledger: what was destroyed, and so must stay destroyed when a backup is restored.
CREATE TABLE destruction (
    thread  BYTEA    NOT NULL,
    message BYTEA    NOT NULL,
    entry   BYTEA    NOT NULL,
    filing  BYTEA    NOT NULL,
    reason  SMALLINT NOT NULL, -- tombstone.reason
    at      BIGINT   NOT NULL,
    done_at BIGINT   NOT NULL, -- 0: begun only
    PRIMARY KEY (thread, message)
);

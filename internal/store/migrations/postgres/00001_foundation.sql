-- +goose Up

-- What must be accounted for. A row is written with the act; the sequencer gives it its leaf afterwards.
CREATE TABLE audit_event (
    number  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    actor   BYTEA  NOT NULL,
    subject BYTEA  NOT NULL,
    body    BYTEA  NOT NULL,
    leaf    BIGINT
);
CREATE UNIQUE INDEX audit_event_leaf ON audit_event (leaf);
CREATE INDEX audit_event_waiting ON audit_event (number) WHERE leaf IS NULL;

-- The Merkle tree's stored hashes, in the order of golang.org/x/mod/sumdb/tlog.
CREATE TABLE audit_hash (
    position BIGINT PRIMARY KEY,
    hash     BYTEA NOT NULL
);

CREATE TABLE audit_checkpoint (
    size BIGINT PRIMARY KEY,
    note BYTEA NOT NULL
);

-- What has to happen later. A claimed row is being worked on by its owner until the lease ends; a refused row waits
-- for a person. renewed says that the same was asked for again while it was being done.
CREATE TABLE due (
    work         BYTEA   NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    at           BIGINT  NOT NULL,
    subject      BYTEA   NOT NULL,
    key          TEXT    NOT NULL,
    attempt      BIGINT  NOT NULL,
    code         TEXT    NOT NULL,
    owner        TEXT,
    leased_until BIGINT  NOT NULL,
    renewed      BOOLEAN NOT NULL,
    refused_at   BIGINT
);
CREATE UNIQUE INDEX due_key ON due (kind, key) WHERE key <> '' AND refused_at IS NULL;
CREATE INDEX due_at ON due (at) WHERE refused_at IS NULL;

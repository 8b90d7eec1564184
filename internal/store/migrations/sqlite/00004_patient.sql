-- +goose Up

-- Assertions that were issued: which look-up may be linked to which thread. The patient is here as a keyed tag only.
CREATE TABLE patient_assertion (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    thread     BYTEA  NOT NULL,
    tag        BYTEA  NOT NULL,
    tag_key    BIGINT NOT NULL,
    requester  BYTEA  NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- +goose Up

-- A table with row numbers, and the half in no index: secure_delete zeroes deleted rows of such a table everywhere, but
-- when SQLite moves keys between the pages of an index or of a WITHOUT ROWID table, pieces of old keys stay behind.
CREATE TABLE half (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    thread     BYTEA  NOT NULL,
    message    BYTEA  NOT NULL,
    commitment BYTEA  NOT NULL,
    half       BYTEA  NOT NULL,
    at         BIGINT NOT NULL
);
CREATE UNIQUE INDEX half_message ON half (thread, message, commitment);

-- One row: halves up to this number have been swept for orphans.
CREATE TABLE sweep (number BIGINT NOT NULL);
INSERT INTO sweep (number) VALUES (0);

-- +goose Up

CREATE TABLE half (
    number     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
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

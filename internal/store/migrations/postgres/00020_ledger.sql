-- +goose Up

-- The order of the destruction ledger. place is NULL until the row has its number there, which happens after the transaction that destroyed.
ALTER TABLE destruction ADD COLUMN place BIGINT;
CREATE UNIQUE INDEX destruction_place ON destruction (place);
CREATE INDEX destruction_waiting ON destruction (at) WHERE place IS NULL;

-- The ledger as it is copied off this host: each destroyed message by its tombstone, chained by hash. Rows are only ever added.
CREATE TABLE ledger (
    number    BIGINT  NOT NULL PRIMARY KEY, -- from 1, without gaps
    tombstone BYTEA   NOT NULL,
    hash      BYTEA   NOT NULL
);

-- Each time that this database was made from a backup. Until disposal_from nothing is disposed of, because holds placed after the backup are not in it.
CREATE TABLE restoration (
    at            BIGINT  NOT NULL PRIMARY KEY,
    taken_at      BIGINT  NOT NULL, -- the backup
    ledger        BIGINT  NOT NULL, -- the size of the ledger that was replayed
    disposal_from BIGINT  NOT NULL
);

-- +goose Up

-- When the person last proved themselves in full (a PIN does not count), and by which unlocker the session was last opened.
ALTER TABLE session ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN unlocker BYTEA;
UPDATE session SET proved_at = created_at;

-- The user handle of the person's passkeys, drawn when the first is made.
ALTER TABLE account ADD COLUMN passkey_handle BYTEA;
CREATE UNIQUE INDEX account_passkey_handle ON account (passkey_handle);

-- What the person calls an unlocker; of a PIN the device that it belongs to.
ALTER TABLE unlocker ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE unlocker ADD COLUMN added_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE unlocker ADD COLUMN last_used_at BIGINT;
ALTER TABLE unlocker ADD COLUMN device BYTEA;
UPDATE unlocker SET added_at = COALESCE((SELECT enrolled_at FROM account WHERE account.person = unlocker.person), 0);

-- Passkeys by the id that their authenticator gave them. unlocker is the one that its PRF result opens, NULL when it opens none.
CREATE TABLE passkey (
    credential      BYTEA    NOT NULL PRIMARY KEY,
    person          BYTEA    NOT NULL REFERENCES person,
    public_key      BYTEA    NOT NULL, -- COSE
    sign_count      BIGINT   NOT NULL,
    backup_eligible SMALLINT NOT NULL,
    transports      TEXT     NOT NULL, -- separated by spaces
    unlocker        BYTEA,
    label           TEXT     NOT NULL,
    added_at        BIGINT   NOT NULL,
    last_used_at    BIGINT
);
CREATE INDEX passkey_person ON passkey (person);

-- PINs, one to a device. verifier is a keyed hash and share is sealed, both under the login key, which is in no database. These rows belong in no
-- backup, and a restore empties the table.
CREATE TABLE pin (
    device      BYTEA  NOT NULL PRIMARY KEY,
    person      BYTEA  NOT NULL REFERENCES person,
    unlocker    BYTEA  NOT NULL,
    verifier    BYTEA  NOT NULL,
    key_version BIGINT NOT NULL, -- of the login key that made verifier
    share       BYTEA  NOT NULL,
    tries       BIGINT NOT NULL  -- left
);
CREATE INDEX pin_person ON pin (person);

-- Challenges that were answered, until they would have run out anyway.
CREATE TABLE spent_challenge (
    challenge  BYTEA  NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_challenge_expires ON spent_challenge (expires_at);

-- +goose Up

-- The staff. user_fold, sort_name and search are folded forms of the words beside them; sort_name is BYTEA so that both
-- databases sort it by its bytes. A person is never deleted.
CREATE TABLE person (
    person       BYTEA  NOT NULL PRIMARY KEY,
    user_name    TEXT   NOT NULL,
    user_fold    TEXT   NOT NULL UNIQUE,
    display_name TEXT   NOT NULL,
    role         TEXT   NOT NULL,
    ward         TEXT   NOT NULL,
    organisation TEXT   NOT NULL,
    permissions  TEXT   NOT NULL, -- separated by spaces
    sort_name    BYTEA  NOT NULL,
    search       TEXT   NOT NULL, -- each word with a space before it
    added_at     BIGINT NOT NULL,
    left_at      BIGINT,
    expires_at   BIGINT
);
CREATE INDEX person_sorted ON person (sort_name, person);

-- One-time enrolment links. The token itself is kept nowhere.
CREATE TABLE enrolment (
    enrolment  BYTEA  NOT NULL PRIMARY KEY,
    token_hash BYTEA  NOT NULL UNIQUE,
    person     BYTEA  NOT NULL REFERENCES person,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at   BIGINT
);
CREATE INDEX enrolment_person ON enrolment (person);

-- How a person signs in. auth_key is a keyed hash, totp_secret and vault_share are sealed, all under the login key, which is in no
-- database. totp_step is the last step whose code was taken.
CREATE TABLE account (
    person       BYTEA  NOT NULL PRIMARY KEY REFERENCES person,
    salt         BYTEA  NOT NULL,
    memory_kib   BIGINT NOT NULL,
    passes       BIGINT NOT NULL,
    auth_key     BYTEA  NOT NULL,
    key_version  BIGINT NOT NULL, -- of the login key that made auth_key
    totp_secret  BYTEA  NOT NULL,
    totp_step    BIGINT NOT NULL,
    vault_share  BYTEA  NOT NULL,
    enrolled_at  BIGINT NOT NULL,
    notice_at    BIGINT NOT NULL,
    agreement_at BIGINT -- to using a device of their own
);

CREATE TABLE vault (
    person          BYTEA  NOT NULL PRIMARY KEY REFERENCES person,
    ak_generation   BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    hash            BYTEA  NOT NULL,
    sealed_vault    BYTEA  NOT NULL,
    sealed_identity BYTEA  NOT NULL
);

CREATE TABLE unlocker (
    person   BYTEA    NOT NULL REFERENCES person,
    unlocker BYTEA    NOT NULL,
    kind     SMALLINT NOT NULL,
    blob     BYTEA    NOT NULL,
    ak_wrap  BYTEA    NOT NULL,
    PRIMARY KEY (person, unlocker)
);

-- Each person's log; entry is the signed object.
CREATE TABLE person_log (
    person BYTEA  NOT NULL REFERENCES person,
    seq    BIGINT NOT NULL,
    hash   BYTEA  NOT NULL,
    at     BIGINT NOT NULL,
    entry  BYTEA  NOT NULL,
    PRIMARY KEY (person, seq)
);

-- What the logs say about devices, and the names that people gave them.
CREATE TABLE device (
    device       BYTEA    NOT NULL PRIMARY KEY,
    person       BYTEA    NOT NULL REFERENCES person,
    kind         SMALLINT NOT NULL,
    label        TEXT     NOT NULL,
    issued_at    BIGINT   NOT NULL,
    expires_at   BIGINT   NOT NULL,
    revoked_at   BIGINT,
    last_used_at BIGINT   NOT NULL
);
CREATE INDEX device_person ON device (person);

-- Signed-in browsers. A session without a device has a challenge that the device signs.
CREATE TABLE session (
    session      BYTEA  NOT NULL PRIMARY KEY,
    token_hash   BYTEA  NOT NULL UNIQUE,
    person       BYTEA  NOT NULL REFERENCES person,
    device       BYTEA,
    challenge    BYTEA,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    locked_at    BIGINT,
    ended_at     BIGINT,
    failures     BIGINT NOT NULL -- wrong passwords since it was last opened
);
CREATE INDEX session_person ON session (person);
CREATE INDEX session_expires ON session (expires_at);

-- Failed sign-ins by keyed hash of the folded user name, whether or not there is such a person.
CREATE TABLE sign_in_try (
    name_hash     BYTEA  NOT NULL PRIMARY KEY,
    failures      BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    forget_at     BIGINT NOT NULL
);
CREATE INDEX sign_in_try_forget ON sign_in_try (forget_at);

-- The chain of root manifests, each with the policy that it names.
CREATE TABLE manifest (
    version  INTEGER NOT NULL PRIMARY KEY,
    hash     BYTEA   NOT NULL,
    manifest BYTEA   NOT NULL,
    policy   BYTEA   NOT NULL,
    at       BIGINT  NOT NULL
);

-- +goose Up

-- The organisation's policies, each version for ever as it was published. title_fold is the title in small letters.
CREATE TABLE policy_version (
    policy       BYTEA   NOT NULL,
    version      BIGINT  NOT NULL,
    title        TEXT    NOT NULL,
    title_fold   TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    summary      TEXT    NOT NULL,
    supersedes   TEXT    NOT NULL,
    effective_at BIGINT  NOT NULL,
    review_at    BIGINT  NOT NULL,
    required     BOOLEAN NOT NULL,
    grace_millis BIGINT  NOT NULL,
    published_at BIGINT  NOT NULL,
    hash         BYTEA   NOT NULL, -- SHA-256 of the text
    text         TEXT    NOT NULL,
    PRIMARY KEY (policy, version)
);

CREATE TABLE policy_acceptance (
    person  BYTEA  NOT NULL REFERENCES person,
    policy  BYTEA  NOT NULL,
    version BIGINT NOT NULL,
    hash    BYTEA  NOT NULL, -- of the text that was shown
    at      BIGINT NOT NULL,
    PRIMARY KEY (person, policy, version),
    FOREIGN KEY (policy, version) REFERENCES policy_version
);

-- One for each person and version: a policy is put off once.
CREATE TABLE policy_deferral (
    person         BYTEA  NOT NULL REFERENCES person,
    policy         BYTEA  NOT NULL,
    version        BIGINT NOT NULL,
    at             BIGINT NOT NULL,
    deferred_until BIGINT NOT NULL,
    PRIMARY KEY (person, policy, version),
    FOREIGN KEY (policy, version) REFERENCES policy_version
);

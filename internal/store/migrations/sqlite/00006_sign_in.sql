-- +goose Up

-- Failed sign-ins, each budget by the keyed hash of what it counts: a name at a known browser, a name and a network, a name. Whether there is
-- such a person makes no difference.
CREATE TABLE sign_in_budget (
    budget        BYTEA  NOT NULL PRIMARY KEY,
    failures      BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    renewed_at    BIGINT NOT NULL -- when counting begins anew
);
CREATE INDEX sign_in_budget_renewed ON sign_in_budget (renewed_at);

-- What was counted by name alone is forgotten once.
DROP TABLE sign_in_try;

-- Browsers in which somebody has signed in, by the hash of their token, each with the names that they are known for.
CREATE TABLE known_browser (
    token_hash BYTEA  NOT NULL,
    name_hash  BYTEA  NOT NULL,
    person     BYTEA  NOT NULL REFERENCES person,
    session    BYTEA  NOT NULL, -- the last one with which the person signed in here
    device     BYTEA,           -- of that session, once it is bound
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (token_hash, name_hash)
);
CREATE INDEX known_browser_person ON known_browser (person);
CREATE INDEX known_browser_session ON known_browser (session);
CREATE INDEX known_browser_expires ON known_browser (expires_at);

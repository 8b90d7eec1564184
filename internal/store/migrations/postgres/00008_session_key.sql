-- +goose Up

-- Each session is bound to a key: jkt is its thumbprint (RFC 7638), and equals the one in the device's certificate. A session from before has none and is over.
ALTER TABLE session ADD COLUMN jkt BYTEA;
UPDATE session SET ended_at = last_used_at, challenge = NULL WHERE ended_at IS NULL;

-- The proofs that began a session, until they are too old to begin another.
CREATE TABLE proof_spent (
    proof     BYTEA  NOT NULL PRIMARY KEY,
    forget_at BIGINT NOT NULL
);
CREATE INDEX proof_spent_forget ON proof_spent (forget_at);

-- What is known of a device's state, and by whom: 0 unknown, 1 attested. agreed_at and agreement are when its person agreed to use a device of their
-- own, and to which text; NULL for the others.
ALTER TABLE device ADD COLUMN posture SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN posture_by TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN posture_at BIGINT;
ALTER TABLE device ADD COLUMN agreed_at BIGINT;
ALTER TABLE device ADD COLUMN agreement BIGINT;
ALTER TABLE account ADD COLUMN agreement BIGINT NOT NULL DEFAULT 0;
UPDATE account SET agreement = 1 WHERE agreement_at IS NOT NULL;
UPDATE device SET agreement = 1, agreed_at = (SELECT agreement_at FROM account WHERE account.person = device.person) WHERE kind = 1;

CREATE TABLE schema_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE audit_event (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    actor   BYTEA  NOT NULL,
    subject BYTEA  NOT NULL,
    body    BYTEA  NOT NULL,
    leaf    BIGINT
);
CREATE UNIQUE INDEX audit_event_leaf ON audit_event (leaf);
CREATE INDEX audit_event_waiting ON audit_event (number) WHERE leaf IS NULL;
CREATE TABLE audit_hash (
    position INTEGER PRIMARY KEY,
    hash     BYTEA NOT NULL
);
CREATE TABLE audit_checkpoint (
    size INTEGER PRIMARY KEY,
    note BYTEA NOT NULL
);
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
CREATE TABLE enrolment (
    enrolment  BYTEA  NOT NULL PRIMARY KEY,
    token_hash BYTEA  NOT NULL UNIQUE,
    person     BYTEA  NOT NULL REFERENCES person,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at   BIGINT
);
CREATE INDEX enrolment_person ON enrolment (person);
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
CREATE TABLE person_log (
    person BYTEA  NOT NULL REFERENCES person,
    seq    BIGINT NOT NULL,
    hash   BYTEA  NOT NULL,
    at     BIGINT NOT NULL,
    entry  BYTEA  NOT NULL,
    PRIMARY KEY (person, seq)
);
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
CREATE TABLE sign_in_try (
    name_hash     BYTEA  NOT NULL PRIMARY KEY,
    failures      BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    forget_at     BIGINT NOT NULL
);
CREATE INDEX sign_in_try_forget ON sign_in_try (forget_at);
CREATE TABLE manifest (
    version  INTEGER NOT NULL PRIMARY KEY,
    hash     BYTEA   NOT NULL,
    manifest BYTEA   NOT NULL,
    policy   BYTEA   NOT NULL,
    at       BIGINT  NOT NULL
);
CREATE TABLE thread (
    thread               BYTEA    NOT NULL PRIMARY KEY,
    space                SMALLINT NOT NULL,
    name                 TEXT     NOT NULL,
    add_by               SMALLINT NOT NULL,
    post_by              SMALLINT NOT NULL,
    retention            SMALLINT NOT NULL,
    creator              BYTEA    NOT NULL,
    created_at           BIGINT   NOT NULL,
    seq                  BIGINT   NOT NULL,
    log_hash             BYTEA    NOT NULL,
    membership_seq       BIGINT   NOT NULL,
    membership_head      BYTEA    NOT NULL,
    epoch                BIGINT   NOT NULL, -- 0 before the first
    record               BYTEA,             -- the hash of the current epoch's record
    epoch_membership_seq BIGINT   NOT NULL,
    epoch_issued         BIGINT   NOT NULL,
    epoch_messages       BIGINT   NOT NULL, -- sent under it
    epoch_stale          BOOLEAN  NOT NULL, -- a listed person's keys have moved on
    members              BIGINT   NOT NULL,
    direct_pair          BYTEA    UNIQUE,   -- both people of a direct thread, the lower id first
    link_tag             BYTEA,
    link_assertion       BYTEA,
    last_at              BIGINT   NOT NULL,
    last_kind            SMALLINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE thread_log (
    thread     BYTEA    NOT NULL REFERENCES thread,
    seq        BIGINT   NOT NULL,
    kind       SMALLINT NOT NULL, -- log-entry.kind: 1 create, 2 membership, 3 epoch, 4 message
    at         BIGINT   NOT NULL,
    entry      BYTEA    NOT NULL,
    log_hash   BYTEA    NOT NULL,
    state      SMALLINT NOT NULL DEFAULT 0,
    message    BYTEA,
    person     BYTEA,
    device     BYTEA,
    device_seq BIGINT,
    epoch      BIGINT,
    sent_at    BIGINT,   -- the author's own time
    content    SMALLINT, -- header.kind
    unfiled    BOOLEAN  NOT NULL DEFAULT FALSE, -- a decision that the record does not hold yet
    commitment BYTEA,    -- header.shredCommit: names the half in the shred store
    body       BYTEA    NOT NULL,
    PRIMARY KEY (thread, seq)
);
CREATE UNIQUE INDEX thread_log_message ON thread_log (thread, message) WHERE message IS NOT NULL;
CREATE INDEX thread_log_unfiled ON thread_log (thread) WHERE unfiled;
CREATE INDEX thread_log_membership ON thread_log (thread, seq) WHERE kind <= 2;
CREATE TABLE thread_member (
    thread               BYTEA    NOT NULL REFERENCES thread,
    person               BYTEA    NOT NULL,
    member_role          SMALLINT NOT NULL,
    identity             BYTEA    NOT NULL, -- the identity key's hash that the log pinned
    standby              BOOLEAN  NOT NULL,
    history              BOOLEAN  NOT NULL,
    until_at             BIGINT   NOT NULL, -- 0: no end
    joined_seq           BIGINT   NOT NULL,
    joined_at            BIGINT   NOT NULL,
    reached_seq          BIGINT   NOT NULL DEFAULT 0,
    reached_at           BIGINT   NOT NULL DEFAULT 0,
    seen_seq             BIGINT   NOT NULL DEFAULT 0,
    seen_at              BIGINT   NOT NULL DEFAULT 0,
    left_seq             BIGINT,
    left_at              BIGINT,
    left_log_hash        BYTEA,
    left_membership_seq  BIGINT,
    left_membership_head BYTEA,
    left_epoch           BIGINT,
    left_members         BIGINT,
    PRIMARY KEY (thread, person)
) WITHOUT ROWID;
CREATE INDEX thread_member_person ON thread_member (person);
CREATE TABLE thread_device (
    thread     BYTEA  NOT NULL REFERENCES thread,
    device     BYTEA  NOT NULL,
    device_seq BIGINT NOT NULL,
    message    BYTEA,
    entry      BYTEA  NOT NULL,
    PRIMARY KEY (thread, device)
) WITHOUT ROWID;
CREATE INDEX thread_device_device ON thread_device (device);
CREATE TABLE thread_epoch (
    thread       BYTEA  NOT NULL REFERENCES thread,
    epoch        BIGINT NOT NULL,
    seq          BIGINT NOT NULL,
    record       BYTEA  NOT NULL,
    sealed_state BYTEA  NOT NULL,
    PRIMARY KEY (thread, epoch)
);
CREATE TABLE thread_envelope (
    thread    BYTEA    NOT NULL,
    epoch     BIGINT   NOT NULL,
    recipient BYTEA    NOT NULL,
    purpose   SMALLINT NOT NULL,
    envelope  BYTEA    NOT NULL,
    proof     BYTEA    NOT NULL,
    PRIMARY KEY (thread, epoch, recipient),
    FOREIGN KEY (thread, epoch) REFERENCES thread_epoch (thread, epoch)
);
CREATE TABLE thread_grant (
    thread    BYTEA  NOT NULL REFERENCES thread,
    hash      BYTEA  NOT NULL,
    target    BYTEA  NOT NULL,
    at        BIGINT NOT NULL,
    granted   BYTEA  NOT NULL,
    envelopes BYTEA  NOT NULL,
    PRIMARY KEY (thread, hash)
);
CREATE INDEX thread_grant_target ON thread_grant (thread, target);
CREATE TABLE patient_assertion (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    thread     BYTEA  NOT NULL,
    tag        BYTEA  NOT NULL,
    tag_key    BIGINT NOT NULL,
    requester  BYTEA  NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE filing (
    filing        BYTEA    NOT NULL PRIMARY KEY,
    thread        BYTEA    NOT NULL REFERENCES thread,
    decision      BYTEA    NOT NULL,
    state         SMALLINT NOT NULL, -- 1 waiting, 2 filing, 3 received, 4 refused, 5 failed
    code          TEXT     NOT NULL,
    reason        TEXT     NOT NULL,
    reference     TEXT     NOT NULL,
    document_hash BYTEA    NOT NULL,
    filed_by      BYTEA    NOT NULL,
    filed_at      BIGINT   NOT NULL,
    received_at   BIGINT   NOT NULL, -- 0: not yet; the same for the times that follow
    eligible_at   BIGINT   NOT NULL,
    destroyed_at  BIGINT   NOT NULL,
    next_try_at   BIGINT   NOT NULL,
    attempts      BIGINT   NOT NULL,
    sealed        BYTEA
);
CREATE INDEX filing_thread ON filing (thread, filed_at);
CREATE UNIQUE INDEX filing_decision ON filing (thread, decision) WHERE state <= 3;
CREATE TABLE filing_source (
    filing  BYTEA  NOT NULL REFERENCES filing,
    place   BIGINT NOT NULL,
    message BYTEA  NOT NULL,
    entry   BYTEA  NOT NULL,
    PRIMARY KEY (filing, place)
);
CREATE TABLE hold (
    hold           BYTEA  NOT NULL PRIMARY KEY,
    thread         BYTEA  NOT NULL REFERENCES thread,
    reason         TEXT   NOT NULL,
    placed_by      BYTEA  NOT NULL,
    placed_at      BIGINT NOT NULL,
    released_by    BYTEA,
    released_at    BIGINT,
    release_reason TEXT   NOT NULL
);
CREATE INDEX hold_thread ON hold (thread) WHERE released_at IS NULL;
CREATE TABLE destruction (
    thread  BYTEA    NOT NULL,
    message BYTEA    NOT NULL,
    entry   BYTEA    NOT NULL,
    filing  BYTEA    NOT NULL,
    reason  SMALLINT NOT NULL, -- tombstone.reason
    at      BIGINT   NOT NULL,
    done_at BIGINT   NOT NULL, -- 0: begun only
    PRIMARY KEY (thread, message)
);
INSERT INTO schema_version VALUES (1, 0, 1, '2026-11-22 14:36:48');
INSERT INTO schema_version VALUES (2, 1, 1, '2026-11-22 14:36:48');
INSERT INTO schema_version VALUES (3, 2, 1, '2026-11-22 14:36:48');
INSERT INTO schema_version VALUES (4, 3, 1, '2026-11-22 14:36:48');
INSERT INTO schema_version VALUES (5, 4, 1, '2026-11-22 14:36:48');
INSERT INTO schema_version VALUES (6, 5, 1, '2026-11-22 14:36:48');
INSERT INTO audit_event VALUES (1, 514, 1772366400123, X'01020000000000000000000000000000', X'00ff', X'00010000000361637400000003616464', 0);
INSERT INTO audit_event VALUES (2, 514, 1772366400123, X'01020000000000000000000000000000', X'00ff', X'00010000000361637400000003616464', 1);
INSERT INTO audit_event VALUES (3, 514, 1772366400123, X'01020000000000000000000000000000', X'00ff', X'00010000000361637400000003616464', 2);
INSERT INTO audit_event VALUES (4, 514, 1772366400123, X'01020000000000000000000000000000', X'00ff', X'00010000000361637400000003616464', NULL);
INSERT INTO audit_event VALUES (5, 514, 1772366400123, X'01020000000000000000000000000000', X'00ff', X'00010000000361637400000003616464', NULL);
INSERT INTO audit_event VALUES (6, 514, 1772366400123, X'01020000000000000000000000000000', X'00ff', X'00010000000361637400000003616464', NULL);
INSERT INTO audit_event VALUES (7, 514, 1772366400123, X'01020000000000000000000000000000', X'00ff', X'00010000000361637400000003616464', NULL);
INSERT INTO audit_hash VALUES (0, X'5c34dd9a077c18f616c08685df19b88fdf0ffa5248a567d5be5ad0ff1c641d83');
INSERT INTO audit_hash VALUES (1, X'5c34dd9a077c18f616c08685df19b88fdf0ffa5248a567d5be5ad0ff1c641d83');
INSERT INTO audit_hash VALUES (2, X'df38d31d593de3249e5b1a9d0b2f34f547212ad3c3befc5e6e1436a749794b81');
INSERT INTO audit_hash VALUES (3, X'5c34dd9a077c18f616c08685df19b88fdf0ffa5248a567d5be5ad0ff1c641d83');
INSERT INTO audit_checkpoint VALUES (3, X'776172646c696e652d61756469742d76310a330a6c4674576f716b314b546e5976443439506a7032777774315164456d3139494e684c70794b3352673545673d0a616674657220300a74696d6520313737323336363430303030300a0ae2809420776172646c696e652d61756469742d7631207256796c707472793258326c55504b68393278754d6a32646c66616d37562b37764a6a53556a484d50734171393563522f6d5039755447684c667955737a434c4c3546766234396c32773263623977584442784f46776b597841513d0a');
INSERT INTO due VALUES (X'03000000000000000000000000000000', 'test.seed', 1772366400456, X'07', 'k', 4, '', NULL, 0, 0, NULL);
INSERT INTO person VALUES (X'05000000000000000000000000000000', 'Anita.Patel', 'anita.patel', 'Dr Anita Patel', 'Medical Registrar', 'Ward 7B', 'Northbridge', 'information-governance', X'706174656c20616e697461', ' anita patel', 1772366400789, NULL, NULL);
INSERT INTO thread VALUES (X'0700000000000000000000000000000000000000000000000000000000000000', 1, '', 2, 2, 1, X'05000000000000000000000000000000', 1, 1, X'0400000000000000000000000000000000000000000000000000000000000000', 0, X'0400000000000000000000000000000000000000000000000000000000000000', 1, NULL, 0, 1, 0, 0, 1, NULL, X'0800000000000000000000000000000000000000000000000000000000000000', X'0600000000000000000000000000000000000000000000000000000000000000', 1, 4);
INSERT INTO patient_assertion VALUES (X'0600000000000000000000000000000000000000000000000000000000000000', X'0700000000000000000000000000000000000000000000000000000000000000', X'0800000000000000000000000000000000000000000000000000000000000000', 1, X'05000000000000000000000000000000', 1772366400001, 1772370000001);
INSERT INTO filing VALUES (X'09000000000000000000000000000000', X'0700000000000000000000000000000000000000000000000000000000000000', X'0a000000000000000000000000000000', 1, '', '', '', X'0c00000000000000000000000000000000000000000000000000000000000000', X'05000000000000000000000000000000', 1772366400002, 0, 0, 0, 1772366400002, 0, X'7365616c6564');
INSERT INTO filing_source VALUES (X'09000000000000000000000000000000', 0, X'0a000000000000000000000000000000', X'0b00000000000000000000000000000000000000000000000000000000000000');

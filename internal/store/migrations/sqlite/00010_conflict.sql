-- +goose Up

-- What members say of keys that were made for them and that do not open: one complaint for each person and epoch.
CREATE TABLE thread_complaint (
    thread    BYTEA  NOT NULL REFERENCES thread,
    epoch     BIGINT NOT NULL,
    person    BYTEA  NOT NULL,
    at        BIGINT NOT NULL,
    complaint BYTEA  NOT NULL,
    PRIMARY KEY (thread, epoch, person)
);
CREATE INDEX thread_complaint_person ON thread_complaint (person, at);

-- Reports of threads that contradict themselves. The thread may be one that is not there: that is one of the things to report.
CREATE TABLE thread_conflict (
    conflict BYTEA  NOT NULL PRIMARY KEY, -- the hash of the report
    thread   BYTEA  NOT NULL,
    person   BYTEA  NOT NULL,
    at       BIGINT NOT NULL,
    report   BYTEA  NOT NULL
);
CREATE INDEX thread_conflict_person ON thread_conflict (person, at);

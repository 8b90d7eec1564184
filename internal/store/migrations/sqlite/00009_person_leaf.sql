-- +goose Up

-- Where an entry of a person log stands in the audit log: the event of kind 0x0102 has the person as its subject and number and hash in its body.
-- Every entry was written with its event from the beginning, so there is nothing to fill in.
CREATE INDEX audit_event_person_log ON audit_event (subject, body) WHERE kind = 258;


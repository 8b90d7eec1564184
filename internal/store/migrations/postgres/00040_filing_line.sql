-- +goose Up

-- Filings of one patient go in their order: patient is the keyed tag of the thread's link when it was filed. replaces is the filing that this one corrects.
ALTER TABLE filing ADD COLUMN patient BYTEA;
ALTER TABLE filing ADD COLUMN replaces BYTEA;
UPDATE filing SET patient = (SELECT link_tag FROM thread WHERE thread.thread = filing.thread);
CREATE INDEX filing_patient ON filing (patient, filed_at) WHERE state <= 2;
CREATE INDEX filing_replaces ON filing (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX filing_state ON filing (state, filed_at, filing);

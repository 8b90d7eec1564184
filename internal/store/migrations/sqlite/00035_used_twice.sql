-- +goose Up

-- When two copies of a device's browser were last found in use of one session.
ALTER TABLE device ADD COLUMN used_twice_at BIGINT;

-- +goose Up
-- The name of the API key whose holder made the change. It is NULL where the API was open, and for events that were recorded
-- before this version.
ALTER TABLE events ADD COLUMN key_name text;

-- +goose Down
ALTER TABLE events DROP COLUMN key_name;

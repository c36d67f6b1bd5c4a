-- +goose Up
-- The name of the API key that made the change. It is NULL if the API was open, and for events that an earlier version recorded.
ALTER TABLE events ADD COLUMN key_name TEXT;

-- +goose Down
ALTER TABLE events DROP COLUMN key_name;

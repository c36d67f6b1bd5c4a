-- +goose Up
CREATE INDEX events_by_user ON events (user_id, seq);
-- Only the events of the paths themselves, which are few. They name the job of a path that was deleted.
CREATE INDEX events_by_path ON events (path_id, seq) WHERE path_id IS NOT NULL AND serial_id IS NULL;

-- +goose Down
DROP INDEX events_by_path;
DROP INDEX events_by_user;

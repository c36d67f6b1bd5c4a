-- +goose Up
ALTER TABLE jobs ADD COLUMN due_date TEXT;
ALTER TABLE jobs ADD COLUMN priority TEXT;
ALTER TABLE jobs ADD COLUMN notes TEXT;
ALTER TABLE jobs ADD COLUMN external_id TEXT;
ALTER TABLE jobs ADD COLUMN closed_at INTEGER;
ALTER TABLE jobs ADD COLUMN close_reason TEXT;
-- The default is what models.Job.UrgencyText returns for an open job without a priority and a due date.
ALTER TABLE jobs ADD COLUMN urgency TEXT NOT NULL DEFAULT '0299999999';
-- Whether the job of the path is closed. A command locks the path, so the job cannot be closed or reopened before its commit.
ALTER TABLE paths ADD COLUMN job_closed INTEGER NOT NULL DEFAULT 0;

-- The same for each step, so that the index of steps with work has no steps of closed jobs.
ALTER TABLE steps ADD COLUMN job_closed INTEGER NOT NULL DEFAULT FALSE;
CREATE INDEX steps_by_location ON steps (location) WHERE location IS NOT NULL AND position IS NOT NULL AND job_closed = FALSE;
CREATE INDEX steps_by_assignee ON steps (assigned_to) WHERE assigned_to IS NOT NULL AND position IS NOT NULL AND job_closed = FALSE;
CREATE INDEX steps_by_name ON steps (name) WHERE position IS NOT NULL AND job_closed = FALSE;

CREATE UNIQUE INDEX jobs_by_external_id ON jobs (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX jobs_by_urgency ON jobs (urgency, id);
CREATE INDEX jobs_open ON jobs (id) WHERE closed_at IS NULL;
CREATE INDEX jobs_closed ON jobs (id) WHERE closed_at IS NOT NULL;
-- Partial indexes, so that a job without a due date has no entries in them.
CREATE INDEX jobs_open_by_due_date ON jobs (due_date, id) WHERE closed_at IS NULL AND due_date IS NOT NULL;
CREATE INDEX jobs_closed_by_due_date ON jobs (due_date, id) WHERE closed_at IS NOT NULL AND due_date IS NOT NULL;

-- The steps of a template are JSON, because they are only read and written as a whole.
CREATE TABLE templates (
    id               TEXT PRIMARY KEY,
    name             TEXT NOT NULL,
    advancement_mode TEXT NOT NULL,
    steps            TEXT NOT NULL,
    version          INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE templates;
DROP INDEX jobs_closed_by_due_date;
DROP INDEX jobs_open_by_due_date;
DROP INDEX jobs_closed;
DROP INDEX jobs_open;
DROP INDEX jobs_by_urgency;
DROP INDEX jobs_by_external_id;
DROP INDEX steps_by_name;
DROP INDEX steps_by_assignee;
DROP INDEX steps_by_location;
ALTER TABLE steps DROP COLUMN job_closed;
ALTER TABLE paths DROP COLUMN job_closed;
ALTER TABLE jobs DROP COLUMN urgency;
ALTER TABLE jobs DROP COLUMN close_reason;
ALTER TABLE jobs DROP COLUMN closed_at;
ALTER TABLE jobs DROP COLUMN external_id;
ALTER TABLE jobs DROP COLUMN notes;
ALTER TABLE jobs DROP COLUMN priority;
ALTER TABLE jobs DROP COLUMN due_date;

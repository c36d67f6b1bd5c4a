-- +goose Up
-- Ids sort by time of creation, so the table, which is stored in the order of the ids, lists newest first without another index.
CREATE TABLE jobs (
    id                  TEXT PRIMARY KEY,
    name                TEXT NOT NULL,
    goal_quantity       INTEGER NOT NULL CHECK (goal_quantity > 0),
    jira_ticket_key     TEXT,
    jira_ticket_summary TEXT,
    jira_part_number    TEXT,
    jira_priority       TEXT,
    jira_epic_link      TEXT,
    jira_labels         TEXT,
    search_text         TEXT NOT NULL,
    version             INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Partial indexes, so that a job without a ticket has no entries in them.
CREATE INDEX jobs_by_ticket_key ON jobs (jira_ticket_key, id) WHERE jira_ticket_key IS NOT NULL;
CREATE INDEX jobs_by_part_number ON jobs (jira_part_number, id) WHERE jira_part_number IS NOT NULL;
CREATE INDEX jobs_by_priority ON jobs (jira_priority, id) WHERE jira_priority IS NOT NULL;
CREATE INDEX jobs_by_epic_link ON jobs (jira_epic_link, id) WHERE jira_epic_link IS NOT NULL;

CREATE TABLE job_labels (
    label  TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    PRIMARY KEY (label, job_id)
) STRICT, WITHOUT ROWID;

-- Finds the labels of a job that is deleted.
CREATE INDEX job_labels_by_job ON job_labels (job_id);

-- AUTOINCREMENT never uses a number twice. Otherwise a reader that follows `after` could miss an event.
CREATE TABLE events (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT NOT NULL,
    type      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    user_id   TEXT NOT NULL,
    job_id    TEXT,
    path_id   TEXT,
    serial_id TEXT,
    step_id   TEXT,
    data      TEXT NOT NULL,
    before    TEXT
) STRICT;

CREATE INDEX events_by_job ON events (job_id, seq);
CREATE INDEX events_by_serial ON events (serial_id, seq) WHERE serial_id IS NOT NULL;

-- +goose Down
DROP TABLE events;
DROP TABLE job_labels;
DROP TABLE jobs;

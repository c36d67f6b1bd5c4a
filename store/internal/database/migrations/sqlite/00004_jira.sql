-- +goose Up
-- One row for each job whose progress was written to its ticket at least once.
CREATE TABLE jira_pushes (
    job_id     TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    comment_id TEXT NOT NULL,
    busy_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE jira_pushes;

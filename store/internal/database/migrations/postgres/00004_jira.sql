-- +goose Up
-- One row for each job whose progress was written to its ticket at least once.
CREATE TABLE jira_pushes (
    job_id     text COLLATE "C" PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    comment_id text NOT NULL,
    busy_until bigint NOT NULL
);

-- +goose Down
DROP TABLE jira_pushes;

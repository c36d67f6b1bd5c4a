-- +goose Up
-- Labels are inserted and deleted in the same transaction as their job, and jira_labels of the job names the rows to delete. The
-- foreign key and its index were two of the most expensive parts of creating a job. `routecard check` looks for labels without a job.
CREATE TABLE labels (
    label  TEXT NOT NULL,
    job_id TEXT NOT NULL,
    PRIMARY KEY (label, job_id)
) STRICT, WITHOUT ROWID;
INSERT INTO labels SELECT label, job_id FROM job_labels ORDER BY label, job_id;
DROP TABLE job_labels;
ALTER TABLE labels RENAME TO job_labels;

-- +goose Down
CREATE TABLE labels (
    label  TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    PRIMARY KEY (label, job_id)
) STRICT, WITHOUT ROWID;
INSERT INTO labels SELECT label, job_id FROM job_labels ORDER BY label, job_id;
DROP TABLE job_labels;
ALTER TABLE labels RENAME TO job_labels;
CREATE INDEX job_labels_by_job ON job_labels (job_id);

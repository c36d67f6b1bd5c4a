-- +goose Up
-- Labels come and go with their job, in the same transaction, and are found again by what the job itself says of them. The
-- reference and the index behind it were two of the costliest parts of creating a job, and found nothing that could be
-- wrong; `routecard check` looks for it.
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

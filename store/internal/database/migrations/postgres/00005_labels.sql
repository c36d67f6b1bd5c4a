-- +goose Up
-- Labels come and go with their job, in the same transaction, and are found again by what the job itself says of them. The
-- reference and the index behind it were two of the costliest parts of creating a job, and found nothing that could be
-- wrong; `routecard check` looks for it.
ALTER TABLE job_labels DROP CONSTRAINT job_labels_job_id_fkey;
DROP INDEX job_labels_by_job;

-- +goose Down
CREATE INDEX job_labels_by_job ON job_labels (job_id);
ALTER TABLE job_labels ADD FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE;

-- +goose Up
-- Labels are inserted and deleted in the same transaction as their job, and jira_labels of the job names the rows to delete. The
-- foreign key and its index were two of the most expensive parts of creating a job. `routecard check` looks for labels without a job.
ALTER TABLE job_labels DROP CONSTRAINT job_labels_job_id_fkey;
DROP INDEX job_labels_by_job;

-- +goose Down
CREATE INDEX job_labels_by_job ON job_labels (job_id);
ALTER TABLE job_labels ADD FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE;

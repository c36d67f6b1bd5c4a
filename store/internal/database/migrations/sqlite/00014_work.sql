-- +goose Up
-- The list of work reads the steps from an index in the order of the list. The rank is the place of the step's job among all open
-- jobs, the most urgent first: its urgency, a dot, and its id, see models/job.go. It is NULL for a step of a closed job and for a
-- removed step.
ALTER TABLE steps ADD COLUMN job_rank TEXT;
UPDATE steps SET job_rank = jobs.urgency || '.' || jobs.id FROM paths JOIN jobs ON jobs.id = paths.job_id
WHERE paths.id = steps.path_id AND jobs.closed_at IS NULL AND steps.position IS NOT NULL;

-- to_create is, for the first step of a path, the number of units that must still be created to reach the goal. has_work is true if the
-- step has units or units to create.
ALTER TABLE steps ADD COLUMN to_create INTEGER NOT NULL DEFAULT 0;
ALTER TABLE steps ADD COLUMN has_work INTEGER NOT NULL DEFAULT FALSE;
UPDATE steps SET to_create = paths.goal_quantity - paths.in_progress_count - paths.completed_count
FROM paths WHERE paths.id = steps.path_id AND steps.position = 0;
UPDATE steps SET has_work = part_count > 0 OR to_create > 0;

-- store/counts.go updates has_work when a move changes part_count, because a trigger would make each move 10 % slower. These triggers
-- update it when steps are inserted and when to_create changes.
-- +goose StatementBegin
CREATE TRIGGER new_steps_have_work AFTER INSERT ON steps WHEN NEW.has_work <> (NEW.part_count > 0 OR NEW.to_create > 0)
BEGIN
    UPDATE steps SET has_work = NOT has_work WHERE id = NEW.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER steps_have_work AFTER UPDATE OF to_create ON steps WHEN NEW.has_work <> (NEW.part_count > 0 OR NEW.to_create > 0)
BEGIN
    UPDATE steps SET has_work = NOT has_work WHERE id = NEW.id;
END;
-- +goose StatementEnd

DROP INDEX steps_by_name;
DROP INDEX steps_by_assignee;
DROP INDEX steps_by_location;
ALTER TABLE steps DROP COLUMN job_closed;
CREATE INDEX steps_by_rank ON steps (job_rank, path_id, position) WHERE job_rank IS NOT NULL AND has_work = TRUE;
CREATE INDEX steps_by_location ON steps (location, job_rank, path_id, position)
WHERE location IS NOT NULL AND job_rank IS NOT NULL AND has_work = TRUE;
CREATE INDEX steps_by_assignee ON steps (assigned_to, job_rank, path_id, position)
WHERE assigned_to IS NOT NULL AND job_rank IS NOT NULL AND has_work = TRUE;
CREATE INDEX steps_by_name ON steps (name, job_rank, path_id, position) WHERE job_rank IS NOT NULL AND has_work = TRUE;

-- The search also finds the external id. lower() converts only ASCII letters here; the next change of the job converts the others.
UPDATE jobs SET search_text = search_text || char(10) || lower(external_id) WHERE external_id IS NOT NULL;

-- +goose Down
UPDATE jobs SET search_text = substr(search_text, 1, length(search_text) - length(external_id) - 1) WHERE external_id IS NOT NULL;
DROP TRIGGER steps_have_work;
DROP TRIGGER new_steps_have_work;
DROP INDEX steps_by_name;
DROP INDEX steps_by_assignee;
DROP INDEX steps_by_location;
DROP INDEX steps_by_rank;
ALTER TABLE steps ADD COLUMN job_closed INTEGER NOT NULL DEFAULT FALSE;
UPDATE steps SET job_closed = paths.job_closed FROM paths WHERE paths.id = steps.path_id;
ALTER TABLE steps DROP COLUMN has_work;
ALTER TABLE steps DROP COLUMN to_create;
ALTER TABLE steps DROP COLUMN job_rank;
CREATE INDEX steps_by_location ON steps (location) WHERE location IS NOT NULL AND position IS NOT NULL AND job_closed = FALSE;
CREATE INDEX steps_by_assignee ON steps (assigned_to) WHERE assigned_to IS NOT NULL AND position IS NOT NULL AND job_closed = FALSE;
CREATE INDEX steps_by_name ON steps (name) WHERE position IS NOT NULL AND job_closed = FALSE;

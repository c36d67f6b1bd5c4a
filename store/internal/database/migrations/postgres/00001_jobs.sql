-- +goose Up
-- Text that is compared and sorted has the collation "C", which compares bytes, as SQLite does. Ids must sort by their bytes.
CREATE TABLE jobs (
    id                  text COLLATE "C" PRIMARY KEY,
    name                text NOT NULL,
    goal_quantity       bigint NOT NULL CHECK (goal_quantity > 0),
    jira_ticket_key     text COLLATE "C",
    jira_ticket_summary text,
    jira_part_number    text COLLATE "C",
    jira_priority       text COLLATE "C",
    jira_epic_link      text COLLATE "C",
    jira_labels         text,
    search_text         text NOT NULL,
    version             bigint NOT NULL,
    created_at          bigint NOT NULL,
    updated_at          bigint NOT NULL
);

-- Partial indexes, so that a job without a ticket has no entries in them.
CREATE INDEX jobs_by_ticket_key ON jobs (jira_ticket_key, id) WHERE jira_ticket_key IS NOT NULL;
CREATE INDEX jobs_by_part_number ON jobs (jira_part_number, id) WHERE jira_part_number IS NOT NULL;
CREATE INDEX jobs_by_priority ON jobs (jira_priority, id) WHERE jira_priority IS NOT NULL;
CREATE INDEX jobs_by_epic_link ON jobs (jira_epic_link, id) WHERE jira_epic_link IS NOT NULL;

CREATE TABLE job_labels (
    label  text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    PRIMARY KEY (label, job_id)
);

-- Finds the labels of a job that is deleted.
CREATE INDEX job_labels_by_job ON job_labels (job_id);

CREATE TABLE events (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id        text NOT NULL,
    type      text NOT NULL,
    at        bigint NOT NULL,
    user_id   text NOT NULL,
    job_id    text COLLATE "C",
    path_id   text COLLATE "C",
    serial_id text COLLATE "C",
    step_id   text COLLATE "C",
    data      text NOT NULL,
    before    text
);

CREATE INDEX events_by_job ON events (job_id, seq);
CREATE INDEX events_by_serial ON events (serial_id, seq) WHERE serial_id IS NOT NULL;

-- A sequence assigns numbers before the commit. If transactions committed in another order, a reader that follows `after` would miss
-- an event that becomes visible late. A transaction that appends events therefore takes this lock before its first number and holds
-- it until the commit, so that events become visible in the order of their numbers. A trigger takes the lock, so that no caller can
-- forget it. The statement that appends is the last one of its transaction, so the lock is held for little more than the commit. The
-- number only identifies the lock.
-- +goose StatementBegin
CREATE FUNCTION events_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7203154018);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER events_in_order BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION events_in_order();

-- +goose Down
DROP TABLE events;
DROP FUNCTION events_in_order();
DROP TABLE job_labels;
DROP TABLE jobs;

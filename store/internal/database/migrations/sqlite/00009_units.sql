-- +goose Up
-- done_count is the number of units, in progress or completed, that have done the step: their marks contain the number of the step
-- followed by c. stood_ahead lists the steps at which units still owe this step, because it was ahead of them before it was moved.
ALTER TABLE steps ADD COLUMN done_count INTEGER NOT NULL DEFAULT 0 CHECK (done_count >= 0);
ALTER TABLE steps ADD COLUMN stood_ahead TEXT NOT NULL DEFAULT '';
UPDATE steps SET done_count = (
    SELECT count(*) FROM serials
    WHERE path_id = steps.path_id AND status <> 'scrapped'
        AND (marks GLOB steps.no || 'c*' OR marks GLOB '*[a-z]' || steps.no || 'c*')
);

-- occurred_at is when the change happened, according to the caller. at is when it was recorded.
ALTER TABLE events ADD COLUMN occurred_at INTEGER;

-- Serial numbers that differ only in case are the same. The table is rebuilt because SQLite cannot drop the index of a
-- UNIQUE column.
CREATE TABLE units (
    no                INTEGER PRIMARY KEY,
    id                TEXT NOT NULL,
    number            INTEGER UNIQUE,
    job_id            TEXT NOT NULL,
    path_id           TEXT NOT NULL REFERENCES paths (id),
    status            TEXT NOT NULL,
    step_id           TEXT,
    marks             TEXT NOT NULL,
    known_step_no     INTEGER NOT NULL,
    force_completed   INTEGER NOT NULL,
    force_reason      TEXT,
    scrap_reason      TEXT,
    scrap_explanation TEXT,
    ended_by          TEXT,
    ended_at          INTEGER,
    last_event_id     TEXT,
    version           INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;
INSERT INTO units (no, id, number, job_id, path_id, status, step_id, marks, known_step_no, force_completed, force_reason,
    scrap_reason, scrap_explanation, ended_by, ended_at, last_event_id, version, created_at, updated_at)
SELECT no, id, number, job_id, path_id, status, step_id, marks, known_step_no, force_completed, force_reason,
    scrap_reason, scrap_explanation, ended_by, ended_at, last_event_id, version, created_at, updated_at
FROM serials ORDER BY no;
DROP TABLE serials;
ALTER TABLE units RENAME TO serials;
CREATE UNIQUE INDEX serials_by_id ON serials (lower(id));
CREATE INDEX serials_by_job ON serials (job_id, no);
CREATE INDEX serials_by_path ON serials (path_id, no);
CREATE INDEX serials_by_step ON serials (step_id, no) WHERE step_id IS NOT NULL;
CREATE INDEX serials_by_status ON serials (status, no);

-- A serial number such as sn-00005 also uses the number 5, as SN-00005 does.
UPDATE serials SET number = CAST(substr(id, 4) AS INTEGER)
WHERE number IS NULL AND id GLOB '[Ss][Nn]-[0-9][0-9][0-9][0-9][0-9]*' AND substr(id, 4) NOT GLOB '*[^0-9]*'
    AND (length(id) = 8 OR length(id) <= 21 AND substr(id, 4, 1) <> '0') AND substr(id, 4) <> '00000';

-- The serial numbers of deleted units, which are not used again.
CREATE TABLE deleted_serials (
    id     TEXT NOT NULL,
    number INTEGER
) STRICT;

CREATE UNIQUE INDEX deleted_serials_by_id ON deleted_serials (lower(id));
CREATE INDEX deleted_serials_by_number ON deleted_serials (number);

-- +goose Down
DROP TABLE deleted_serials;
CREATE TABLE units (
    no                INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    number            INTEGER UNIQUE,
    job_id            TEXT NOT NULL,
    path_id           TEXT NOT NULL REFERENCES paths (id),
    status            TEXT NOT NULL,
    step_id           TEXT,
    marks             TEXT NOT NULL,
    known_step_no     INTEGER NOT NULL,
    force_completed   INTEGER NOT NULL,
    force_reason      TEXT,
    scrap_reason      TEXT,
    scrap_explanation TEXT,
    ended_by          TEXT,
    ended_at          INTEGER,
    last_event_id     TEXT,
    version           INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;
INSERT INTO units (no, id, number, job_id, path_id, status, step_id, marks, known_step_no, force_completed, force_reason,
    scrap_reason, scrap_explanation, ended_by, ended_at, last_event_id, version, created_at, updated_at)
SELECT no, id, number, job_id, path_id, status, step_id, marks, known_step_no, force_completed, force_reason,
    scrap_reason, scrap_explanation, ended_by, ended_at, last_event_id, version, created_at, updated_at
FROM serials ORDER BY no;
DROP TABLE serials;
ALTER TABLE units RENAME TO serials;
CREATE INDEX serials_by_job ON serials (job_id, no);
CREATE INDEX serials_by_path ON serials (path_id, no);
CREATE INDEX serials_by_step ON serials (step_id, no) WHERE step_id IS NOT NULL;
CREATE INDEX serials_by_status ON serials (status, no);
ALTER TABLE events DROP COLUMN occurred_at;
ALTER TABLE steps DROP COLUMN stood_ahead;
ALTER TABLE steps DROP COLUMN done_count;

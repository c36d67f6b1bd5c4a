-- +goose Up
-- The counts change in the same transaction as the units, so they always equal a count of the units. Reading progress takes the same
-- time for any number of units.
CREATE TABLE paths (
    id                TEXT PRIMARY KEY,
    job_id            TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    name              TEXT NOT NULL,
    goal_quantity     INTEGER NOT NULL CHECK (goal_quantity > 0),
    advancement_mode  TEXT NOT NULL,
    last_step_no      INTEGER NOT NULL,
    in_progress_count INTEGER NOT NULL DEFAULT 0 CHECK (in_progress_count >= 0),
    completed_count   INTEGER NOT NULL DEFAULT 0 CHECK (completed_count >= 0),
    scrapped_count    INTEGER NOT NULL DEFAULT 0 CHECK (scrapped_count >= 0),
    version           INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX paths_by_job ON paths (job_id, id);

CREATE TABLE steps (
    id              TEXT PRIMARY KEY,
    path_id         TEXT NOT NULL REFERENCES paths (id) ON DELETE CASCADE,
    no              INTEGER NOT NULL,
    position        INTEGER,
    name            TEXT NOT NULL,
    location        TEXT,
    assigned_to     TEXT,
    optional        INTEGER NOT NULL,
    dependency_type TEXT NOT NULL,
    part_count      INTEGER NOT NULL DEFAULT 0 CHECK (part_count >= 0)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX steps_by_path ON steps (path_id, no);

-- no orders the units by creation. number is the n of SN-n; it is NULL for a unit whose serial number has another form.
CREATE TABLE serials (
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

CREATE INDEX serials_by_job ON serials (job_id, no);
CREATE INDEX serials_by_path ON serials (path_id, no);
CREATE INDEX serials_by_step ON serials (step_id, no) WHERE step_id IS NOT NULL;
CREATE INDEX serials_by_status ON serials (status, no);

-- The last used numbers: no for all units, serial for SN-n. They are a row and not a sequence, so that a batch that fails leaves no
-- gap, and the lock on the row gives each batch consecutive numbers.
CREATE TABLE counters (
    no     INTEGER NOT NULL,
    serial INTEGER NOT NULL
) STRICT;
INSERT INTO counters (no, serial) VALUES (0, 0);

-- +goose Down
DROP TABLE counters;
DROP TABLE serials;
DROP TABLE steps;
DROP TABLE paths;

-- +goose Up
-- The counts change in the same transaction as the units, so they always equal a count of the units. Reading progress takes the same
-- time for any number of units.
CREATE TABLE paths (
    id                text COLLATE "C" PRIMARY KEY,
    job_id            text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    name              text NOT NULL,
    goal_quantity     bigint NOT NULL CHECK (goal_quantity > 0),
    advancement_mode  text COLLATE "C" NOT NULL,
    last_step_no      bigint NOT NULL,
    in_progress_count bigint NOT NULL DEFAULT 0 CHECK (in_progress_count >= 0),
    completed_count   bigint NOT NULL DEFAULT 0 CHECK (completed_count >= 0),
    scrapped_count    bigint NOT NULL DEFAULT 0 CHECK (scrapped_count >= 0),
    version           bigint NOT NULL,
    created_at        bigint NOT NULL,
    updated_at        bigint NOT NULL
);

CREATE INDEX paths_by_job ON paths (job_id, id);

CREATE TABLE steps (
    id              text COLLATE "C" PRIMARY KEY,
    path_id         text COLLATE "C" NOT NULL REFERENCES paths (id) ON DELETE CASCADE,
    no              bigint NOT NULL,
    position        bigint,
    name            text NOT NULL,
    location        text,
    assigned_to     text,
    optional        boolean NOT NULL,
    dependency_type text NOT NULL,
    part_count      bigint NOT NULL DEFAULT 0 CHECK (part_count >= 0)
);

CREATE UNIQUE INDEX steps_by_path ON steps (path_id, no);

-- no orders the units by creation. number is the n of SN-n; it is NULL for a unit whose serial number has another form.
CREATE TABLE serials (
    no                bigint PRIMARY KEY,
    id                text COLLATE "C" NOT NULL UNIQUE,
    number            bigint UNIQUE,
    job_id            text COLLATE "C" NOT NULL,
    path_id           text COLLATE "C" NOT NULL REFERENCES paths (id),
    status            text COLLATE "C" NOT NULL,
    step_id           text COLLATE "C",
    marks             text NOT NULL,
    known_step_no     bigint NOT NULL,
    force_completed   boolean NOT NULL,
    force_reason      text,
    scrap_reason      text,
    scrap_explanation text,
    ended_by          text,
    ended_at          bigint,
    last_event_id     text COLLATE "C",
    version           bigint NOT NULL,
    created_at        bigint NOT NULL,
    updated_at        bigint NOT NULL
);

CREATE INDEX serials_by_job ON serials (job_id, no);
CREATE INDEX serials_by_path ON serials (path_id, no);
CREATE INDEX serials_by_step ON serials (step_id, no) WHERE step_id IS NOT NULL;
CREATE INDEX serials_by_status ON serials (status, no);

-- The last used numbers: no for all units, serial for SN-n. They are a row and not a sequence, so that a batch that fails leaves no
-- gap, and the lock on the row gives each batch consecutive numbers.
CREATE TABLE counters (
    no     bigint NOT NULL,
    serial bigint NOT NULL
);
INSERT INTO counters (no, serial) VALUES (0, 0);

-- +goose Down
DROP TABLE counters;
DROP TABLE serials;
DROP TABLE steps;
DROP TABLE paths;

-- +goose Up
ALTER TABLE serials ADD COLUMN entered_at bigint NOT NULL DEFAULT 0;

-- The moves that were not undone, see models/move.go. An undo deletes the move.
CREATE TABLE moves (
    at           bigint NOT NULL,
    event_id     text COLLATE "C" NOT NULL,
    type         text COLLATE "C" NOT NULL,
    job_id       text COLLATE "C" NOT NULL,
    from_step_id text COLLATE "C",
    entered_at   bigint,
    to_step_id   text COLLATE "C",
    scrap_reason text COLLATE "C",
    PRIMARY KEY (at, event_id)
);

-- A unit entered the first step of a move at the time of the move before it: the moves of a unit form a chain.
INSERT INTO moves
SELECT coalesce(occurred_at, at), id, type, job_id,
    CASE type WHEN 'serial.created' THEN NULL WHEN 'serial.advanced' THEN data::json ->> 'fromStepId' ELSE step_id END,
    lag(coalesce(occurred_at, at)) OVER (PARTITION BY serial_id ORDER BY seq),
    CASE WHEN type IN ('serial.created', 'serial.advanced') THEN step_id END,
    CASE type WHEN 'serial.scrapped' THEN data::json ->> 'reason' END
FROM events
WHERE type IN ('serial.created', 'serial.advanced', 'serial.completed', 'serial.force_completed', 'serial.scrapped')
    AND NOT EXISTS (
        SELECT 1 FROM events undone
        WHERE undone.type = 'serial.undone' AND undone.serial_id = events.serial_id AND undone.data::json ->> 'eventId' = events.id)
    AND NOT EXISTS (SELECT 1 FROM events gone WHERE gone.type = 'serial.deleted' AND gone.serial_id = events.serial_id);

UPDATE serials SET entered_at = coalesce((
    SELECT m.at FROM events e JOIN moves m ON m.at = coalesce(e.occurred_at, e.at) AND m.event_id = e.id
    WHERE e.serial_id = serials.id AND m.to_step_id IS NOT NULL
    ORDER BY e.seq DESC LIMIT 1), created_at);

-- Partial indexes, so that an advance has no entries in them.
CREATE INDEX moves_of_ends ON moves (at, type) WHERE type <> 'serial.advanced';
CREATE INDEX moves_of_jobs ON moves (job_id, at, type) WHERE type <> 'serial.advanced';

-- The number of units that were created, completed, and scrapped in each quarter of an hour.
CREATE TABLE quarter_hours (
    start           bigint PRIMARY KEY,
    created         bigint NOT NULL,
    completed       bigint NOT NULL,
    force_completed bigint NOT NULL,
    scrapped        bigint NOT NULL
);

INSERT INTO quarter_hours
SELECT at - at % 900000,
    count(CASE WHEN type = 'serial.created' THEN 1 END),
    count(CASE WHEN type IN ('serial.completed', 'serial.force_completed') THEN 1 END),
    count(CASE WHEN type = 'serial.force_completed' THEN 1 END),
    count(CASE WHEN type = 'serial.scrapped' THEN 1 END)
FROM moves WHERE type <> 'serial.advanced' GROUP BY 1;

-- +goose Down
DROP TABLE quarter_hours;
DROP TABLE moves;
ALTER TABLE serials DROP COLUMN entered_at;

-- +goose Up
ALTER TABLE serials ADD COLUMN entered_at INTEGER NOT NULL DEFAULT 0;

-- The moves that were not undone, see models/move.go. An undo deletes the move. The table is stored in the order of the times, so that
-- a period is one range.
CREATE TABLE moves (
    at           INTEGER NOT NULL,
    event_id     TEXT NOT NULL,
    type         TEXT NOT NULL,
    job_id       TEXT NOT NULL,
    from_step_id TEXT,
    entered_at   INTEGER,
    to_step_id   TEXT,
    scrap_reason TEXT,
    PRIMARY KEY (at, event_id)
) STRICT, WITHOUT ROWID;

-- A unit entered the first step of a move at the time of the move before it: the moves of a unit form a chain.
INSERT INTO moves
SELECT coalesce(occurred_at, at), id, type, job_id,
    CASE type WHEN 'serial.created' THEN NULL WHEN 'serial.advanced' THEN json_extract(data, '$.fromStepId') ELSE step_id END,
    lag(coalesce(occurred_at, at)) OVER (PARTITION BY serial_id ORDER BY seq),
    CASE WHEN type IN ('serial.created', 'serial.advanced') THEN step_id END,
    CASE type WHEN 'serial.scrapped' THEN json_extract(data, '$.reason') END
FROM events
WHERE type IN ('serial.created', 'serial.advanced', 'serial.completed', 'serial.force_completed', 'serial.scrapped')
    AND id NOT IN (SELECT json_extract(data, '$.eventId') FROM events WHERE type = 'serial.undone')
    AND serial_id NOT IN (SELECT serial_id FROM events WHERE type = 'serial.deleted');

UPDATE serials SET entered_at = coalesce((
    SELECT m.at FROM events e JOIN moves m ON m.at = coalesce(e.occurred_at, e.at) AND m.event_id = e.id
    WHERE e.serial_id = serials.id AND m.to_step_id IS NOT NULL
    ORDER BY e.seq DESC LIMIT 1), created_at);

-- Partial indexes, so that an advance has no entries in them.
CREATE INDEX moves_of_ends ON moves (at, type) WHERE type <> 'serial.advanced';
CREATE INDEX moves_of_jobs ON moves (job_id, at, type) WHERE type <> 'serial.advanced';

-- The number of units that were created, completed, and scrapped in each quarter of an hour.
CREATE TABLE quarter_hours (
    start           INTEGER PRIMARY KEY,
    created         INTEGER NOT NULL,
    completed       INTEGER NOT NULL,
    force_completed INTEGER NOT NULL,
    scrapped        INTEGER NOT NULL
) STRICT;

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

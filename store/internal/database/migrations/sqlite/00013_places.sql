-- +goose Up
-- For each location, assignee, and step name: the number of steps of open jobs that have it, and the number of units at these steps.
-- The id consists of the kind and the name, see models/place.go.
CREATE TABLE places (
    id      TEXT NOT NULL PRIMARY KEY,
    steps   INTEGER NOT NULL,
    waiting INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO places
SELECT id, count(*), sum(part_count) FROM (
    SELECT 'step:' || name AS id, part_count FROM steps WHERE position IS NOT NULL AND job_closed = FALSE
    UNION ALL
    SELECT 'location:' || location, part_count FROM steps
    WHERE location IS NOT NULL AND position IS NOT NULL AND job_closed = FALSE
    UNION ALL
    SELECT 'assignee:' || assigned_to, part_count FROM steps
    WHERE assigned_to IS NOT NULL AND position IS NOT NULL AND job_closed = FALSE
) AS open_steps GROUP BY id;

-- A row stays when no open job uses its name any more.
CREATE INDEX places_in_use ON places (id) WHERE steps > 0;

-- +goose Down
DROP TABLE places;

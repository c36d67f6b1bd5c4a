-- +goose Up
-- How many steps of open jobs each location, assignee, and step name has, and how many units stand at these steps. The id is the
-- kind and the name, see models/place.go.
CREATE TABLE places (
    id      text COLLATE "C" PRIMARY KEY,
    steps   bigint NOT NULL,
    waiting bigint NOT NULL
);

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

-- The rows of names that no open job uses any more stay.
CREATE INDEX places_in_use ON places (id) WHERE steps > 0;

-- +goose Down
DROP TABLE places;

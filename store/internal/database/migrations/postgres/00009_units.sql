-- +goose Up
-- done_count is the number of units, in progress or completed, that have done the step: their marks contain the number of the step
-- followed by c. stood_ahead lists the steps at which units still owe this step, because it was ahead of them before it was moved.
ALTER TABLE steps ADD COLUMN done_count bigint NOT NULL DEFAULT 0 CHECK (done_count >= 0);
ALTER TABLE steps ADD COLUMN stood_ahead text NOT NULL DEFAULT '';
UPDATE steps SET done_count = counted.units
FROM (
    SELECT path_id, done[1]::bigint AS no, count(*) AS units
    FROM serials, regexp_matches(marks, '([0-9]+)c', 'g') AS done
    WHERE status <> 'scrapped'
    GROUP BY 1, 2
) AS counted
WHERE steps.path_id = counted.path_id AND steps.no = counted.no;

-- occurred_at is when the change happened, according to the caller. at is when it was recorded.
ALTER TABLE events ADD COLUMN occurred_at bigint;

-- Serial numbers that differ only in case are the same. They are ASCII, for which lower() gives the same result in every locale.
ALTER TABLE serials DROP CONSTRAINT serials_id_key;
CREATE UNIQUE INDEX serials_by_id ON serials (lower(id));

-- A serial number such as sn-00005 also uses the number 5, as SN-00005 does.
UPDATE serials SET number = substr(id, 4)::bigint
WHERE number IS NULL AND id ~ '^[Ss][Nn]-([0-9]{5}|[1-9][0-9]{5,17})$' AND id !~ '-00000$';

-- The serial numbers of deleted units, which are not used again.
CREATE TABLE deleted_serials (
    id     text COLLATE "C" NOT NULL,
    number bigint
);

CREATE UNIQUE INDEX deleted_serials_by_id ON deleted_serials (lower(id));
CREATE INDEX deleted_serials_by_number ON deleted_serials (number);

-- +goose Down
DROP TABLE deleted_serials;
DROP INDEX serials_by_id;
ALTER TABLE serials ADD CONSTRAINT serials_id_key UNIQUE (id);
ALTER TABLE events DROP COLUMN occurred_at;
ALTER TABLE steps DROP COLUMN stood_ahead;
ALTER TABLE steps DROP COLUMN done_count;

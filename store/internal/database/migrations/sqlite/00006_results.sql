-- +goose Up
-- The result of each change that was requested with an Idempotency-Key, for 24 hours. The receipts of earlier versions held
-- rendered responses and cannot be converted, so an upgrade forgets the keys of the last 24 hours.
DROP TABLE receipts;
CREATE TABLE stored_results (
    caller    TEXT NOT NULL,
    key       TEXT NOT NULL,
    operation TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    result    TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX stored_results_by_age ON stored_results (at);

-- +goose Down
DROP TABLE stored_results;
CREATE TABLE receipts (
    caller    TEXT NOT NULL,
    key       TEXT NOT NULL,
    operation TEXT NOT NULL,
    hash      TEXT NOT NULL,
    status    INTEGER NOT NULL,
    headers   TEXT NOT NULL,
    body      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX receipts_by_age ON receipts (at);

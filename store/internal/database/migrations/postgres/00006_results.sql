-- +goose Up
-- The result of each change that was requested with an Idempotency-Key, for 24 hours. The receipts of earlier versions held
-- rendered responses and cannot be converted, so an upgrade forgets the keys of the last 24 hours.
DROP TABLE receipts;
CREATE TABLE stored_results (
    caller    text COLLATE "C" NOT NULL,
    key       text COLLATE "C" NOT NULL,
    operation text NOT NULL,
    body_hash text NOT NULL,
    result    text NOT NULL,
    at        bigint NOT NULL,
    PRIMARY KEY (caller, key)
);

CREATE INDEX stored_results_by_age ON stored_results (at);

-- +goose Down
DROP TABLE stored_results;
CREATE TABLE receipts (
    caller    text COLLATE "C" NOT NULL,
    key       text COLLATE "C" NOT NULL,
    operation text NOT NULL,
    hash      text NOT NULL,
    status    bigint NOT NULL,
    headers   text NOT NULL,
    body      text NOT NULL,
    at        bigint NOT NULL,
    PRIMARY KEY (caller, key)
);

CREATE INDEX receipts_by_age ON receipts (at);

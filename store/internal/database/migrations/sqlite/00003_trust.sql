-- +goose Up
-- The responses to requests with an Idempotency-Key, for 24 hours.
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

-- Only the hash of a key is stored. The row of a revoked key stays, because the API is open only until the first key is created.
CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE api_keys;
DROP TABLE receipts;

-- +goose Up
-- The responses to requests with an Idempotency-Key, for 24 hours.
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

-- Only the hash of a key is stored. The row of a revoked key stays, because the API is open only until the first key is created.
CREATE TABLE api_keys (
    id         text COLLATE "C" PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE,
    role       text NOT NULL,
    hash       text NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    revoked_at bigint
);

-- +goose Down
DROP TABLE api_keys;
DROP TABLE receipts;

-- +goose Up
-- The hash of a seal covers the hash of the seal before it and the events since then, see store/seal.go. Two seals cannot have the same
-- number, so two servers cannot both append to the chain.
CREATE TABLE seals (
    number    bigint PRIMARY KEY,
    first_seq bigint NOT NULL,
    last_seq  bigint NOT NULL,
    events    bigint NOT NULL,
    hash      text NOT NULL,
    at        bigint NOT NULL
);

-- One row. The epoch changes when the database is restored from a backup.
CREATE TABLE feed (
    epoch text NOT NULL
);
INSERT INTO feed (epoch) VALUES (replace(gen_random_uuid()::text, '-', ''));

-- +goose Down
DROP TABLE feed;
DROP TABLE seals;

-- +goose Up
-- The hash of a seal covers the hash of the seal before it and the events since then, see store/seal.go. Two seals cannot have the same
-- number, so two servers cannot both append to the chain.
CREATE TABLE seals (
    number    INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    events    INTEGER NOT NULL,
    hash      TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

-- One row. The epoch changes when the database is restored from a backup.
CREATE TABLE feed (
    epoch TEXT NOT NULL
) STRICT;
INSERT INTO feed (epoch) VALUES (lower(hex(randomblob(16))));

-- +goose Down
DROP TABLE feed;
DROP TABLE seals;

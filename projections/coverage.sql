-- name: tables
CREATE TABLE gap (
    id         uuid PRIMARY KEY,
    street     text        NOT NULL COLLATE "C",
    name       text        NOT NULL,
    households bigint      NOT NULL,
    found_at   timestamptz NOT NULL,
    remedy     text,
    community  text        COLLATE "C",
    closed_at  timestamptz
);

-- name: indexes
CREATE INDEX IF NOT EXISTS gap_by_time ON gap (found_at, id);
CREATE INDEX IF NOT EXISTS open_gap_by_street ON gap (street) WHERE closed_at IS NULL;

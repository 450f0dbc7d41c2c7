-- name: tables
CREATE TABLE worker (
    id            uuid PRIMARY KEY,
    community     text        NOT NULL COLLATE "C",
    label         text        NOT NULL COLLATE "C",
    name          bytea,
    contact       bytea,
    grid          text,
    serving_since timestamptz,
    published_at  timestamptz,
    registered_at timestamptz NOT NULL
);

-- name: indexes
CREATE INDEX IF NOT EXISTS worker_by_community ON worker (community, id);
CREATE INDEX IF NOT EXISTS worker_by_label ON worker (label, id);
CREATE INDEX IF NOT EXISTS worker_by_grid ON worker (grid) WHERE grid IS NOT NULL;

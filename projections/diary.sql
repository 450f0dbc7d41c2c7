-- name: tables
CREATE TABLE entry (
    id           uuid PRIMARY KEY,
    topic        text        NOT NULL,
    grid         text        NOT NULL COLLATE "C",
    household    bytea,
    written_at   timestamptz NOT NULL,
    actor        text        NOT NULL,
    corrected_at timestamptz
);
CREATE TABLE line (
    entry        uuid        NOT NULL,
    number       bigint      NOT NULL,
    kind         text        NOT NULL,
    corrects     bigint,
    corrected_by bigint,
    need         bigint,
    source       text,
    words        bytea,
    written_at   timestamptz NOT NULL,
    actor        text        NOT NULL,
    position     bigint      NOT NULL,
    PRIMARY KEY (entry, number)
);

-- name: indexes
CREATE INDEX IF NOT EXISTS entry_by_time ON entry (written_at, id);
CREATE INDEX IF NOT EXISTS entry_by_grid ON entry (grid, written_at);

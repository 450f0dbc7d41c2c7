-- name: tables
CREATE TABLE look (
    id        uuid PRIMARY KEY,
    register  text        NOT NULL,
    entry     uuid        NOT NULL,
    grid      text        NOT NULL COLLATE "C",
    purpose   text        NOT NULL,
    actor     text        NOT NULL,
    role      text        NOT NULL,
    unit      text        NOT NULL,
    looked_at timestamptz NOT NULL,
    position  bigint      NOT NULL
);

-- name: indexes
CREATE INDEX IF NOT EXISTS look_by_entry ON look (entry, position);
CREATE INDEX IF NOT EXISTS look_by_grid ON look (grid, position);
CREATE INDEX IF NOT EXISTS look_by_position ON look (position);
CREATE INDEX IF NOT EXISTS look_by_actor ON look (actor, position);

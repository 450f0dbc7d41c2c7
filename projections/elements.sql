-- name: tables
CREATE TABLE element (
    id            uuid PRIMARY KEY,
    kind          text        NOT NULL,
    grid          text        NOT NULL COLLATE "C",
    name          bytea,
    address       bytea,
    registered_at timestamptz NOT NULL,
    corrected_at  timestamptz,
    retired_at    timestamptz
);
CREATE TABLE coverage (
    grid          text PRIMARY KEY COLLATE "C",
    community     text    NOT NULL COLLATE "C",
    persons       bigint  NOT NULL,
    places        bigint  NOT NULL,
    things        bigint  NOT NULL,
    matters       bigint  NOT NULL,
    organisations bigint  NOT NULL,
    kinds         bigint  NOT NULL,
    active        boolean NOT NULL
);

-- name: indexes
CREATE INDEX IF NOT EXISTS element_by_grid ON element (grid, id);
CREATE INDEX IF NOT EXISTS coverage_by_gaps ON coverage (kinds, grid) WHERE active;

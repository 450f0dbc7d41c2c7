-- name: tables
CREATE TABLE campaign (
    id             uuid PRIMARY KEY,
    place          text        NOT NULL COLLATE "C",
    name           text        NOT NULL,
    opened_at      timestamptz NOT NULL,
    grid_count     bigint      NOT NULL,
    finished_grids bigint      NOT NULL,
    households     bigint      NOT NULL,
    settled        bigint      NOT NULL,
    persons        bigint      NOT NULL,
    closed_at      timestamptz
);
CREATE TABLE screening (
    id          uuid PRIMARY KEY,
    campaign    uuid        NOT NULL,
    grid        text        NOT NULL COLLATE "C",
    households  bigint      NOT NULL,
    begun_at    timestamptz NOT NULL,
    settled     bigint      NOT NULL,
    met         bigint      NOT NULL,
    refused     bigint      NOT NULL,
    vacant      bigint      NOT NULL,
    knocks      bigint      NOT NULL,
    persons     bigint      NOT NULL,
    finished_at timestamptz
);
CREATE TABLE door (
    screening   uuid        NOT NULL,
    household   bigint      NOT NULL,
    grid        text        NOT NULL COLLATE "C",
    knocks      bigint      NOT NULL,
    knocked_at  timestamptz NOT NULL,
    outcome     text        NOT NULL,
    finding     bytea,
    PRIMARY KEY (screening, household)
);
CREATE TABLE person (
    screening   uuid        NOT NULL,
    version     bigint      NOT NULL,
    grid        text        NOT NULL COLLATE "C",
    household   bigint      NOT NULL,
    screened_at timestamptz NOT NULL,
    finding     bytea       NOT NULL,
    PRIMARY KEY (screening, version)
);

-- name: indexes
CREATE INDEX IF NOT EXISTS campaign_by_opening ON campaign (opened_at, id);
CREATE INDEX IF NOT EXISTS screening_by_campaign ON screening (campaign, grid);
CREATE INDEX IF NOT EXISTS screening_by_grid ON screening (grid, id);

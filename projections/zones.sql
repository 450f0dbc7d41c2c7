-- name: tables
CREATE TABLE zone (
    id             uuid PRIMARY KEY,
    code           text        NOT NULL UNIQUE COLLATE "C",
    name           text        NOT NULL,
    above          text        COLLATE "C",
    established_at timestamptz NOT NULL,
    moved_at       timestamptz
);
CREATE TABLE power (
    zone         uuid        NOT NULL,
    power        text        NOT NULL,
    above        text        NOT NULL COLLATE "C",
    devolved_at  timestamptz NOT NULL,
    withdrawn_at timestamptz,
    PRIMARY KEY (zone, power)
);

-- name: indexes
CREATE INDEX IF NOT EXISTS zone_by_above ON zone (above, code);

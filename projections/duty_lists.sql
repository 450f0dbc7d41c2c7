-- name: tables
CREATE TABLE duty_list (
    id        uuid PRIMARY KEY,
    street    text        NOT NULL UNIQUE COLLATE "C",
    opened_at timestamptz NOT NULL,
    standing  bigint      NOT NULL,
    retired   bigint      NOT NULL
) WITH (fillfactor = 80);
CREATE TABLE item (
    id            uuid PRIMARY KEY,
    duty_list     uuid        NOT NULL,
    number        bigint      NOT NULL,
    street        text        NOT NULL COLLATE "C",
    core_duty     text        NOT NULL,
    name          text        NOT NULL,
    basis         text        NOT NULL,
    catalogued_at timestamptz NOT NULL,
    retired_at    timestamptz,
    reason        bytea
) WITH (fillfactor = 80);

-- name: indexes
CREATE INDEX IF NOT EXISTS item_by_list ON item (duty_list, number);
CREATE INDEX IF NOT EXISTS item_by_street ON item (street, number);

-- name: tables
CREATE TABLE burden (
    id        uuid PRIMARY KEY,
    community text        NOT NULL UNIQUE COLLATE "C",
    opened_at timestamptz NOT NULL,
    load      bigint      NOT NULL,
    running   bigint      NOT NULL,
    admitted  bigint      NOT NULL,
    refused   bigint      NOT NULL
) WITH (fillfactor = 80);
CREATE TABLE task (
    id         uuid PRIMARY KEY,
    burden     uuid        NOT NULL,
    number     bigint      NOT NULL,
    position   bigint      NOT NULL,
    community  text        NOT NULL COLLATE "C",
    department uuid,
    body       text        COLLATE "C",
    name       text        NOT NULL,
    hours      bigint      NOT NULL,
    state      text        NOT NULL,
    decided_at timestamptz NOT NULL,
    ended_at   timestamptz,
    reason     bytea
) WITH (fillfactor = 80);

-- name: indexes
CREATE INDEX IF NOT EXISTS burden_by_load ON burden (load, community);
CREATE INDEX IF NOT EXISTS task_by_position ON task (position);
CREATE INDEX IF NOT EXISTS task_by_community ON task (community, position);
CREATE INDEX IF NOT EXISTS task_by_burden ON task (burden, number);
CREATE INDEX IF NOT EXISTS task_by_department ON task (department) WHERE department IS NOT NULL;

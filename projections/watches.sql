-- name: tables
CREATE TABLE watch (
    id          uuid PRIMARY KEY,
    grid        text        NOT NULL COLLATE "C",
    household   bigint      NOT NULL,
    person      uuid,
    watcher     uuid,
    need        bytea,
    since       timestamptz NOT NULL,
    ended_at    timestamptz,
    first       text        NOT NULL,
    days        text        NOT NULL,
    next_check  text,
    next_day    text,
    next_due_at timestamptz,
    looks       bigint      NOT NULL,
    concerns    bigint      NOT NULL,
    looked_at   timestamptz
);
CREATE TABLE look (
    watch       uuid        NOT NULL,
    version     bigint      NOT NULL,
    grid        text        NOT NULL COLLATE "C",
    check_kind  text        NOT NULL,
    day         text        NOT NULL,
    amiss       boolean     NOT NULL,
    looked_at   timestamptz NOT NULL,
    finding     bytea,
    PRIMARY KEY (watch, version)
);
CREATE TABLE concern (
    id          uuid PRIMARY KEY,
    watch       uuid        NOT NULL,
    grid        text        NOT NULL COLLATE "C",
    household   bigint      NOT NULL,
    cause       text        NOT NULL,
    check_kind  text,
    day         text,
    rule        text,
    raised_at   timestamptz NOT NULL,
    finding     bytea
);

-- name: indexes
CREATE INDEX IF NOT EXISTS watch_by_grid ON watch (grid, household);
CREATE INDEX IF NOT EXISTS watch_by_due ON watch ((coalesce(next_due_at, 'infinity')), id);
CREATE INDEX IF NOT EXISTS concern_by_time ON concern (raised_at, id);
CREATE INDEX IF NOT EXISTS concern_by_grid ON concern (grid, raised_at, id);
CREATE INDEX IF NOT EXISTS concern_by_watch ON concern (watch, raised_at, id);

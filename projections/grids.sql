-- name: tables
CREATE TABLE grid (
    id          uuid PRIMARY KEY,
    code        text        NOT NULL UNIQUE COLLATE "C",
    community   text        NOT NULL COLLATE "C",
    name        text        NOT NULL COLLATE "C",
    households  bigint      NOT NULL,
    synthetic   boolean     NOT NULL,
    worker      uuid,
    vacant_since timestamptz,
    drawn_at    timestamptz NOT NULL,
    retired_at  timestamptz
);

-- name: indexes
CREATE INDEX IF NOT EXISTS grid_by_name ON grid (name, code);
CREATE INDEX IF NOT EXISTS grid_by_vacancy ON grid ((coalesce(vacant_since, 'infinity')), code);
CREATE INDEX IF NOT EXISTS grid_by_worker ON grid (worker) WHERE worker IS NOT NULL;

-- name: overdue
SELECT w.place, (SELECT count(*) FROM cases.case_row c
                 WHERE c.open AND c.due_at < $2 AND c.place >= w.place AND c.place < w.place || '~') AS overdue
FROM unnest($1::text[]) AS w (place)

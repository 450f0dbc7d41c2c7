-- name: tables
CREATE TABLE patrol (
    id          uuid PRIMARY KEY,
    grid        text        NOT NULL COLLATE "C",
    walker      text        NOT NULL,
    started_at  timestamptz NOT NULL,
    visit_count bigint      NOT NULL,
    met         bigint      NOT NULL,
    finished_at timestamptz
);
CREATE TABLE visit (
    patrol      uuid        NOT NULL,
    number      bigint      NOT NULL,
    grid        text        NOT NULL COLLATE "C",
    household   bigint      NOT NULL,
    outcome     text        NOT NULL,
    visited_at  timestamptz NOT NULL,
    finding     bytea,
    PRIMARY KEY (patrol, number)
);

-- name: indexes
CREATE INDEX IF NOT EXISTS patrol_by_start ON patrol (started_at, id);
CREATE INDEX IF NOT EXISTS patrol_by_grid ON patrol (grid, started_at, id);
CREATE INDEX IF NOT EXISTS visit_by_grid ON visit (grid, visited_at);

-- name: coverage
SELECT g.code AS grid,
       g.households,
       count(DISTINCT v.household) AS knocked,
       count(DISTINCT v.household) FILTER (WHERE v.outcome = 'MET') AS met,
       count(v.household) AS visits,
       count(DISTINCT v.patrol) AS patrols,
       $2::timestamptz AS since,
       $3::timestamptz AS until
FROM grids.grid g
LEFT JOIN patrols.visit v ON v.grid = g.code AND v.visited_at >= $2 AND v.visited_at < $3
WHERE g.retired_at IS NULL AND g.code >= $1::text AND g.code < $1::text || '~'
GROUP BY g.code, g.households
ORDER BY g.code

-- name: tables
CREATE TABLE duty (
    id          uuid PRIMARY KEY,
    place       text        NOT NULL COLLATE "C",
    steward     uuid        NOT NULL,
    duty        text        NOT NULL,
    day         date        NOT NULL,
    logged_at   timestamptz NOT NULL,
    note        bytea       NOT NULL
);

-- name: indexes
CREATE INDEX IF NOT EXISTS duty_by_time ON duty (logged_at, id);
CREATE INDEX IF NOT EXISTS duty_by_place ON duty (place, day);

-- name: activity
SELECT d.steward,
       max(d.place) AS place,
       count(*) FILTER (WHERE d.duty = 'PATROL') AS patrols,
       count(*) FILTER (WHERE d.duty = 'VISIT') AS visits,
       count(*) FILTER (WHERE d.duty = 'NOTE') AS notes,
       count(*) FILTER (WHERE d.duty = 'FIX') AS fixes,
       count(*) FILTER (WHERE d.duty = 'REPORT') AS reports,
       count(DISTINCT d.day) FILTER (WHERE d.duty = 'PATROL') AS patrolled_days,
       ($3::date - $2::date + 1)::bigint AS days,
       $2::date AS since,
       $3::date AS until
FROM duties.duty d
WHERE d.place >= $1::text AND d.place < $1::text || '~' AND d.day >= $2 AND d.day <= $3
GROUP BY d.steward
ORDER BY d.steward

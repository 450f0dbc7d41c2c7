-- name: containment
-- A line for each severity and level: $1 the place, $2 to before $3 the period, $4 and $5 the days it is named by,
-- $6 the severities and $7 the levels, lowest first.
WITH closed AS (
    SELECT severity, settled, count(*) AS cases FROM cases.case_row
    WHERE closed_at >= $2 AND closed_at < $3 AND place >= $1::text AND place < $1::text || '~'
    GROUP BY severity, settled
), resolved AS (
    SELECT severity, settled, count(*) AS cases FROM cases.case_row
    WHERE resolved_at >= $2 AND resolved_at < $3 AND place >= $1::text AND place < $1::text || '~'
    GROUP BY severity, settled
)
SELECT (s.number - 1) * cardinality($7::text[]) + l.number AS rank,
       $1::text AS place, $4::date AS since, $5::date AS until, s.severity, l.level,
       coalesce(c.cases, 0) AS closed,
       coalesce(sum(c.cases) OVER up_to, 0)::bigint AS closed_up_to,
       coalesce(sum(c.cases) OVER alike, 0)::bigint AS closed_in_all,
       coalesce(r.cases, 0) AS resolved,
       coalesce(sum(r.cases) OVER up_to, 0)::bigint AS resolved_up_to,
       coalesce(sum(r.cases) OVER alike, 0)::bigint AS resolved_in_all
FROM unnest($6::text[]) WITH ORDINALITY AS s (severity, number)
CROSS JOIN unnest($7::text[]) WITH ORDINALITY AS l (level, number)
LEFT JOIN closed c ON c.severity = s.severity AND c.settled = l.level
LEFT JOIN resolved r ON r.severity = s.severity AND r.settled = l.level
WINDOW alike AS (PARTITION BY s.number), up_to AS (PARTITION BY s.number ORDER BY l.number)

-- name: issue_loop
-- A line for each stage: $1 the place, $2 to before $3 the period, $4 and $5 its days, $6 the stages in order.
WITH found AS (
    SELECT furthest, stands, count(*) AS cases FROM cases.case_row
    WHERE reported_at >= $2 AND reported_at < $3 AND place >= $1::text AND place < $1::text || '~'
    GROUP BY furthest, stands
)
SELECT s.rank, $1::text AS place, $4::date AS since, $5::date AS until, s.stage,
       coalesce(sum(f.cases), 0)::bigint AS cases,
       coalesce(sum(f.cases) FILTER (WHERE f.furthest >= s.rank), 0)::bigint AS reached,
       coalesce(sum(f.cases) FILTER (WHERE f.stands = s.rank), 0)::bigint AS standing,
       coalesce(sum(f.cases) FILTER (WHERE f.stands = 0), 0)::bigint AS gone
FROM unnest($6::text[]) WITH ORDINALITY AS s (stage, rank)
LEFT JOIN found f ON true
GROUP BY s.rank, s.stage

-- name: grid_loop
-- The same for the grid loop: its second stage is reached with acceptance, its third with assignment, its
-- fourth by whatever was ever with the street and several units, its fifth with the resolution.
WITH found AS (
    SELECT furthest, joint, grid_stands, count(*) AS cases FROM cases.case_row
    WHERE reported_at >= $2 AND reported_at < $3 AND place >= $1::text AND place < $1::text || '~'
    GROUP BY furthest, joint, grid_stands
)
SELECT s.rank, $1::text AS place, $4::date AS since, $5::date AS until, s.stage,
       coalesce(sum(f.cases), 0)::bigint AS cases,
       coalesce(sum(f.cases) FILTER (
           WHERE CASE s.rank WHEN 1 THEN true WHEN 2 THEN f.furthest >= 2 WHEN 3 THEN f.furthest >= 4
                             WHEN 4 THEN f.joint ELSE f.furthest >= 5 END
       ), 0)::bigint AS reached,
       coalesce(sum(f.cases) FILTER (WHERE f.grid_stands = s.rank), 0)::bigint AS standing,
       coalesce(sum(f.cases) FILTER (WHERE f.grid_stands = 0), 0)::bigint AS gone
FROM unnest($6::text[]) WITH ORDINALITY AS s (stage, rank)
LEFT JOIN found f ON true
GROUP BY s.rank, s.stage

-- name: overnight
-- A line for the place $1, and one for each place below it, whose codes have $6 characters; found from $2 to
-- before $3, the days $4 and $5; asked at $7.
SELECT row_number() OVER (ORDER BY grouping(left(c.place, $6::integer)) DESC, left(c.place, $6::integer)) AS rank,
       CASE grouping(left(c.place, $6::integer)) WHEN 1 THEN $1::text ELSE left(c.place, $6::integer) END AS place,
       grouping(left(c.place, $6::integer)) = 0 AS below,
       $4::date AS since, $5::date AS until,
       count(*) AS found,
       count(*) FILTER (WHERE coalesce(c.taken_up_at, $7::timestamptz) >= c.night_at) AS overnight,
       count(*) FILTER (WHERE c.taken_up_at IS NULL AND $7::timestamptz >= c.night_at) AS waiting
FROM cases.case_row c
WHERE c.reported_at >= $2 AND c.reported_at < $3 AND c.place >= $1::text AND c.place < $1::text || '~'
  AND c.night_at IS NOT NULL
GROUP BY GROUPING SETS ((), (left(c.place, $6::integer)))

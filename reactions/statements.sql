-- name: begin
INSERT INTO reaction (log, name, position)
SELECT $1, name, coalesce((SELECT position FROM event WHERE log = $1 ORDER BY position DESC LIMIT 1), 0)
FROM unnest($2::text[]) AS name
ON CONFLICT (log, name) DO NOTHING

-- name: positions
SELECT name, position FROM reaction WHERE log = $1 AND name = ANY($2) AND status = 'live'

-- name: advance
UPDATE reaction SET position = $3, updated_at = now() WHERE log = $1 AND name = ANY($2) AND position < $3

-- name: refused
INSERT INTO reaction_refused (log, reaction, position, number, command, code)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (log, reaction, position, number) DO UPDATE SET command = $5, code = $6, refused_at = now()

-- name: stop
UPDATE reaction SET status = 'stopped', error = $3, position = $4, updated_at = now()
WHERE log = $1 AND name = $2

-- name: go_on
UPDATE reaction SET status = 'live', error = NULL, updated_at = now(), position = position + $3
WHERE log = $1 AND name = $2 AND status = 'stopped'

-- name: standings
SELECT r.name, r.position, r.status, r.error,
       coalesce((SELECT position FROM event WHERE log = r.log ORDER BY position DESC LIMIT 1), 0) AS head,
       (SELECT count(*) FROM reaction_refused f WHERE f.log = r.log AND f.reaction = r.name) AS refused
FROM reaction r WHERE r.log = $1 ORDER BY r.name

-- name: refusals
SELECT f.reaction, f.position, e.type, f.command, f.code, f.refused_at
FROM reaction_refused f JOIN event e ON e.log = f.log AND e.position = f.position
WHERE f.log = $1 ORDER BY f.position, f.reaction, f.number

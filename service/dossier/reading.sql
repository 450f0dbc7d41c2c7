-- name: case_of_number
-- A case's number is the position of its first event.
SELECT stream FROM event WHERE log = $1 AND position = $2::numeric AND type = ANY($3)

-- name: names
-- What places, departments and grid workers are called, by code or identifier.
SELECT code AS key, name FROM divisions.division WHERE code = ANY($1)
UNION ALL SELECT code, name FROM grids.grid WHERE code = ANY($1)
UNION ALL SELECT id::text, name FROM departments.department WHERE id::text = ANY($1)
UNION ALL SELECT id::text, label FROM workers.worker WHERE id::text = ANY($1)
